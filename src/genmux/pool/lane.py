"""A queue in front of a few worker processes: first come, first served, started late, ended when idle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from genmux.engine.ports import WorkerDied
from genmux.pool import frames
from genmux.pool.process import OnProgress, Worker


class PoolClosed(WorkerDied):
    """The pool is closed; no job is begun any more."""


class Lane:
    """Up to `width` workers of one purpose. The last one used is the first one used again."""

    def __init__(self, command: Sequence[str], *, width: int, memory_bytes: int, idle_seconds: float) -> None:
        self._command = command
        self._width = width
        self._memory_bytes = memory_bytes
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(width)
        self._idle: dict[Worker, asyncio.TimerHandle] = {}
        self._busy: set[Worker] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._closed = asyncio.Event()

    def pids(self) -> frozenset[int]:
        """Return the processes that are alive now."""
        return frozenset(worker.pid for worker in (*self._idle, *self._busy) if not worker.dead)

    async def run(
        self, make: Callable[[int], frames.Work], seconds: float, on_progress: OnProgress | None = None
    ) -> frames.Answer:
        """Wait for a worker and have it do one job, as `Worker.run` promises."""
        self._check_open()  # `close` keeps the slots
        async with self._slots:
            self._check_open()
            worker = await self._take()
            try:
                return await worker.run(make, seconds, on_progress)
            finally:
                self._give_back(worker)

    async def close(self) -> None:
        """End every worker, jobs and all; return when the last process is gone."""
        if self._closed.is_set():
            return
        self._closed.set()
        for worker in tuple(self._idle):
            self._retire(worker)
        for worker in self._busy:
            worker.kill()
        for _ in range(self._width):  # with every slot in hand, no job is left
            await self._slots.acquire()
        await asyncio.gather(*self._endings)

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise PoolClosed("the pool is closed")

    async def _take(self) -> Worker:
        while self._idle:
            worker, timer = self._idle.popitem()
            timer.cancel()
            if not worker.dead:
                self._busy.add(worker)
                return worker
            self._end(worker)
        worker = await Worker.start(self._command, self._memory_bytes)
        self._busy.add(worker)
        if self._closed.is_set():  # while it started
            worker.kill()
        return worker

    def _give_back(self, worker: Worker) -> None:
        self._busy.discard(worker)
        if worker.dead or self._closed.is_set():
            self._end(worker)
            return
        later = asyncio.get_running_loop().call_later
        self._idle[worker] = later(self._idle_seconds, self._retire, worker)

    def _retire(self, worker: Worker) -> None:
        timer = self._idle.pop(worker, None)
        if timer is not None:
            timer.cancel()
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        ending = asyncio.create_task(worker.end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
