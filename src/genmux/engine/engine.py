"""The engine: runs the loops, wakes them by signals, and drains them gracefully."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from genmux.domain.states import TaskState
from genmux.engine.abandoned import Abandoned
from genmux.engine.collect import Collector
from genmux.engine.dispatch import Dispatcher
from genmux.engine.fetch import Fetcher
from genmux.engine.janitor import Janitor
from genmux.engine.notify import Notifier
from genmux.engine.poll import Poller
from genmux.engine.ports import Clock, Store
from genmux.engine.submits import CANCEL, SubmitDesk

log = structlog.get_logger(__name__)

IDLE_SECONDS: Final = 1.0
JANITOR_SECONDS: Final = 5.0
BEAT_SECONDS: Final = 10.0
PROGRESS_SECONDS: Final = 0.5
ERROR_PAUSE_SECONDS: Final = 1.0

Step = Callable[[], Awaitable[int]]


@dataclass(slots=True)
class Loop:
    """One step function, run when its signal is set or `idle_seconds` have passed."""

    name: str
    step: Step
    idle_seconds: float
    signal: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Step for ever; a step that fails is logged and tried again, never fatal."""
        while True:
            self.signal.clear()
            try:
                handled = await self.step()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("loop step failed", loop=self.name)
                await asyncio.sleep(ERROR_PAUSE_SECONDS)
                continue
            if not handled:
                await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self.signal.wait(), self.idle_seconds)
        except TimeoutError:
            return

    def wake(self) -> None:
        """Make the loop look again now."""
        self.signal.set()


class Engine:
    """All loops of one process over one store."""

    def __init__(
        self,
        *,
        store: Store,
        submits: SubmitDesk,
        dispatcher: Dispatcher,
        poller: Poller,
        collector: Collector,
        fetcher: Fetcher,
        janitor: Janitor,
        abandoned: Abandoned,
        notifier: Notifier,
        clock: Clock,
        drain_seconds: float,
        owns_store: bool,
        paused: bool = False,
    ) -> None:
        self._store = store
        self._submits = submits
        self._clock = clock
        self._drain_seconds = drain_seconds
        self._owns_store = owns_store
        self.dispatch = Loop("dispatch", dispatcher.step, IDLE_SECONDS)
        self.poll = Loop("poll", poller.step, IDLE_SECONDS)
        self.collect = Loop("collect", collector.step, IDLE_SECONDS)
        self.fetch = Loop("fetch", fetcher.step, IDLE_SECONDS)
        self.janitor = Loop("janitor", janitor.step, JANITOR_SECONDS)
        self.abandoned = Loop("abandoned", abandoned.step, JANITOR_SECONDS)
        self.notify = Loop("notify", notifier.step, IDLE_SECONDS)
        self._notifier = notifier
        self._beat = Loop("beat", self._step_beat, BEAT_SECONDS)
        self._progress = Loop("progress", self._step_progress, PROGRESS_SECONDS)
        self._starting = (self.janitor,) if paused else (self.dispatch, self.fetch, self.janitor)
        self._rest = (self.poll, self.collect, self.abandoned, self.notify, self._beat, self._progress)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Take over what a dead owner left leased, then run the loops."""
        if self._owns_store:
            released = await self._store.release_all_leases(self._clock())
            if released:
                log.info("leases of the last owner taken over", tasks=released)
        for loop in (*self._starting, *self._rest):
            self._tasks[loop.name] = asyncio.create_task(loop.run(), name=f"loop-{loop.name}")

    async def stop(self) -> None:
        """Start nothing new, give free work back, wait for paid answers, then stop the loops."""
        await self._end([loop.name for loop in self._starting])
        await self._submits.drain(self._drain_seconds)
        await self._end([self.notify.name])
        await self._notifier.drain(self._drain_seconds)
        await self._end(list(self._tasks))

    async def _end(self, names: list[str]) -> None:
        tasks = [self._tasks.pop(name) for name in names if name in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def notice(self, state: TaskState, seq: int) -> None:
        """A task entered `state`: wake the loop that cares."""
        match state:
            case TaskState.QUEUED:
                self.dispatch.wake()
            case TaskState.WAITING:
                self.fetch.wake()
            case TaskState.RUNNING | TaskState.UNKNOWN:
                self.poll.wake()
            case TaskState.COLLECTING:
                self.collect.wake()
            case TaskState.CANCELLED:
                self._submits.stop(seq, CANCEL)
                self.poll.wake()
                self.collect.wake()
                self.dispatch.wake()
                self.notify.wake()
            case _:
                self.dispatch.wake()
                self.notify.wake()

    async def _step_beat(self) -> int:
        await self._submits.beat()
        return 0

    async def _step_progress(self) -> int:
        await self._submits.tell_progress()
        return 0
