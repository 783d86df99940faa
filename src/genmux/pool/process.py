"""One worker process as the server sees it: started, given one job at a time, stopped, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from genmux.engine.ports import WorkerDied
from genmux.pool import frames
from genmux.pool.limits import worker_environment

COMMAND: Final = (sys.executable, "-P", "-m", "genmux.pool.worker")
_READY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 1.0  # how long a cancelled job may take to notice
_LEAVE_SECONDS: Final = 0.5  # how long a worker may take to leave once its pipe is closed

OnProgress = Callable[[int, int], None]


class JobFailed(WorkerDied):
    """The job raised inside the worker, which lives on."""


class NotStarted(WorkerDied):
    """No worker process could be started."""


class Worker:
    """A live worker process. Not for two jobs at once: `Lane` sees to that."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answer: asyncio.Future[frames.Answer] | None = asyncio.get_running_loop().create_future()
        self._on_progress: OnProgress | None = None
        self._next_number = 0
        self._doomed = False
        self._reader = asyncio.create_task(self._read_reports())

    @classmethod
    async def start(cls, command: Sequence[str], memory_bytes: int) -> Worker:
        """Spawn a process and wait until it is ready. Cancelling leaves none behind.

        Raises `NotStarted` when the system refuses, or when the process ends before it is ready.
        """
        starting = asyncio.ensure_future(_spawn(command, memory_bytes))
        try:
            worker = cls(await asyncio.shield(starting))
        except OSError as error:
            raise NotStarted(f"no worker could be started: {error}") from error
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):
                await cls(await starting).end()
            raise
        try:
            await worker._be_ready()
        except BaseException:
            worker.kill()
            await worker.end()
            raise
        return worker

    async def _be_ready(self) -> None:
        assert self._answer is not None
        try:
            await asyncio.wait_for(self._answer, _READY_SECONDS)
        except WorkerDied as error:
            raise NotStarted(f"no worker could be started: {error}") from error
        except TimeoutError as error:
            raise NotStarted(f"no worker was ready within {_READY_SECONDS:g} s") from error

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def dead(self) -> bool:
        """Whether it has ended, is about to, or can no longer be heard."""
        return self._doomed or self._process.returncode is not None or self._reader.done()

    async def run(
        self, make: Callable[[int], frames.Work], seconds: float, on_progress: OnProgress | None = None
    ) -> frames.Answer:
        """Do one job and return its answer.

        Raises `WorkerDied` when the process ends or needs more than `seconds`. If this is
        cancelled, or `on_progress` raises, the job is stopped (within a second or so, by force if
        need be) before the exception leaves.
        """
        number = self._next_number
        self._next_number += 1
        self._on_progress = on_progress
        self._answer = answer = asyncio.get_running_loop().create_future()
        try:
            if self.dead:
                raise WorkerDied(self._cause())
            self._write(make(number))
            async with asyncio.timeout(seconds):
                return await asyncio.shield(answer)
        except TimeoutError as error:
            self.kill()
            raise WorkerDied(f"a worker needed more than {seconds:g} s and was ended") from error
        except BaseException:
            await self._stop(number, answer)
            raise
        finally:
            self._answer = self._on_progress = None

    async def _stop(self, number: int, answer: asyncio.Future[frames.Answer]) -> None:
        if self.dead or (answer.done() and not answer.exception()):
            return
        answer = self._answer = asyncio.get_running_loop().create_future()
        self._on_progress = None
        try:
            self._write(frames.Cancel(number))
            await asyncio.wait_for(answer, _STOP_SECONDS)
        except (TimeoutError, WorkerDied):
            self.kill()
        except asyncio.CancelledError:
            self.kill()
            raise

    def kill(self) -> None:
        """End the process now, whatever it does; `end` must still be awaited."""
        self._doomed = True
        if self._process.returncode is None:
            _kill(self._process)

    async def end(self) -> None:
        """Close its pipe, give it a moment, kill it; return when it is gone."""
        stdin = self._process.stdin
        if stdin is not None:
            stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _LEAVE_SECONDS)
        except TimeoutError:
            self.kill()
            await self._process.wait()
        except asyncio.CancelledError:
            self.kill()
            raise
        await self._reader

    def _write(self, order: frames.Order) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(frames.pack(order))
        except (ConnectionError, RuntimeError) as error:  # uvloop's word for a closed pipe
            self._doomed = True
            raise WorkerDied(f"a worker hung up: {error}") from error

    async def _read_reports(self) -> None:
        """Hand every report to the running job until the pipe ends, then fail what still waits."""
        stdout = self._process.stdout
        assert stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError):
            while True:
                header = await stdout.readexactly(frames.HEADER_BYTES)
                self._deliver(frames.parse_report(await stdout.readexactly(frames.body_length(header))))
        self._doomed = True
        try:
            await asyncio.wait_for(self._process.wait(), _LEAVE_SECONDS)
        except TimeoutError:  # it is not leaving: it spoke nonsense
            self.kill()
            await self._process.wait()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WorkerDied(self._cause()))
            self._answer.exception()  # somebody may have stopped waiting: that is no leak

    def _deliver(self, report: frames.Report) -> None:
        answer = self._answer
        if answer is None or answer.done():
            return
        if not isinstance(report, frames.Progress):
            answer.set_result(report)
        elif self._on_progress is not None:
            try:
                self._on_progress(report.done, report.total)
            except Exception as error:
                answer.set_exception(error)

    def _cause(self) -> str:
        code = self._process.returncode
        if code == frames.OUT_OF_MEMORY_EXIT:
            return "a worker ran out of memory"
        if code is not None and code < 0:
            return f"a worker was ended by signal {-code}"
        return f"a worker ended with code {code}"


async def _spawn(command: Sequence[str], memory_bytes: int) -> Process:
    return await asyncio.create_subprocess_exec(
        *command,
        str(memory_bytes),
        str(os.getpid()),
        stdin=PIPE,
        stdout=PIPE,
        env=worker_environment(dict(os.environ)),
        start_new_session=True,
    )


def _kill(process: Process) -> None:
    """Kill without `Popen.kill`, which may take the exit code away from asyncio's own watcher."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
