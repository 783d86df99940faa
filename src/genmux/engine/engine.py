"""The engine: runs the loops, wakes them by signals, and drains them gracefully."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.engine.fleet import Fleet
from genmux.engine.joined import Loops
from genmux.engine.notify import Notifier
from genmux.engine.ports import Clock, Store
from genmux.engine.submits import Stop

log = structlog.get_logger(__name__)

IDLE_SECONDS: Final = 1.0
SHORTEST_NAP_SECONDS: Final = 0.05
NEWS_SECONDS: Final = 0.25
JANITOR_SECONDS: Final = 5.0
RESCUE_SECONDS: Final = 1.0
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
    nap: Callable[[], Awaitable[float]] | None = None  # the longest pause now, where it is known

    async def run(self) -> None:
        """Step for ever; a step that fails is logged and tried again, never fatal."""
        while True:
            self.signal.clear()
            try:
                if not await self.step():
                    await self._pause()
            except asyncio.CancelledError:
                raise
            except Unavailable as trouble:
                log.warning("the store is unavailable", loop=self.name, reason=str(trouble))
                await asyncio.sleep(ERROR_PAUSE_SECONDS)
            except Exception:
                log.exception("loop step failed", loop=self.name)
                await asyncio.sleep(ERROR_PAUSE_SECONDS)

    async def _pause(self) -> None:
        seconds = self.idle_seconds
        if self.nap is not None:
            seconds = min(seconds, await self.nap())
        # Not wait_for: before Python 3.12 it forgets a cancel that comes together with the signal.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.signal.wait()

    def wake(self) -> None:
        """Make the loop look again now."""
        self.signal.set()


class Engine:
    """All loops of one process over one store."""

    def __init__(
        self,
        *,
        store: Store,
        loops: Loops,
        notifier: Notifier,
        clock: Clock,
        drain_seconds: float,
        fleet: Fleet,
        paused: bool = False,
    ) -> None:
        self._store = store
        self._fleet = fleet
        self._leases = loops.leases
        self._submits = loops.submits
        self._collector = loops.collector
        self._clock = clock
        self._drain_seconds = drain_seconds
        self.dispatch = Loop("dispatch", loops.dispatcher.step, IDLE_SECONDS)
        self.poll = Loop("poll", loops.poller.step, IDLE_SECONDS, nap=self._until_due)
        self.news = Loop("news", loops.newsroom.step, NEWS_SECONDS)
        self.collect = Loop("collect", loops.collector.step, IDLE_SECONDS)
        self.fetch = Loop("fetch", loops.fetcher.step, IDLE_SECONDS)
        self.janitor = Loop("janitor", loops.janitor.step, JANITOR_SECONDS)
        self.abandoned = Loop("abandoned", loops.abandoned.step, JANITOR_SECONDS)
        self.notify = Loop("notify", notifier.step, IDLE_SECONDS)
        self._notifier = notifier
        self._standing, self._plans = loops.standing, loops.plans
        self._crews = (loops.poller.crew, loops.collector.crew)
        self._rescue = Loop("rescue", loops.janitor.rescue, RESCUE_SECONDS)
        self._beat = Loop("beat", self._step_beat, loops.leases.beat_seconds)
        self._progress = Loop("progress", self._step_progress, PROGRESS_SECONDS)
        self._starting = (self.janitor,) if paused else (self.dispatch, self.fetch, self.janitor)
        self._rest = (
            *(self.poll, self.news, self.collect, self.abandoned, self.notify),
            *(self._beat, self._progress, *((self._rescue,) if fleet.shared else ())),
        )
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Take over what a dead owner left leased, then run the loops.

        On a shared store the leases of the dead run out by themselves.
        """
        if not self._fleet.shared:
            released = await self._store.release_all_leases(self._clock())
            if released:
                log.info("leases of the last owner taken over", tasks=released)
        await self._standing.remember()
        await self._plans.remember()
        for loop in (*self._starting, *self._rest):
            self._tasks[loop.name] = asyncio.create_task(loop.run(), name=f"loop-{loop.name}")

    async def stop(self) -> None:
        """Start nothing new, give free work back, wait for paid answers, then stop the loops."""
        await self._end([loop.name for loop in self._starting])
        await self._submits.drain(self._drain_seconds)
        await self._end([self.notify.name])
        await self._notifier.drain(self._drain_seconds)
        if self._fleet.shared:
            await self._end([self.collect.name])
            await self._collector.drain(self._drain_seconds)
        await self._end(list(self._tasks))
        for crew in self._crews:
            await crew.stop()
        if self._fleet.shared:
            await self._leases.give_back()

    async def _until_due(self) -> float:
        """Return the seconds until something is due; what cannot be taken now is not waited for busily."""
        due = await self._store.next_due(self._clock())
        left = (due - self._clock()) / 1000 if due is not None else IDLE_SECONDS
        return max(SHORTEST_NAP_SECONDS, left)

    async def _end(self, names: list[str]) -> None:
        tasks = [self._tasks.pop(name) for name in names if name in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake_all(self) -> None:
        """Let every loop look: nobody knows what was missed."""
        for loop in (*self._starting, *self._rest):
            loop.wake()

    def notice(self, state: TaskState, seq: int) -> None:
        """A task entered `state`: wake the loop that cares."""
        match state:
            case TaskState.QUEUED:
                self.dispatch.wake()
            case TaskState.WAITING:
                self.fetch.wake()
                self.dispatch.wake()  # what it waits for may have ended before it was written
            case TaskState.RUNNING | TaskState.UNKNOWN:
                self.poll.wake()
            case TaskState.COLLECTING:
                self.collect.wake()
            case TaskState.CANCELLED:
                self._submits.stop(seq, Stop.CANCEL)
                self.poll.wake()
                self.collect.wake()
                self.dispatch.wake()
                self.notify.wake()
            case _:
                self.dispatch.wake()
                self.notify.wake()

    async def _step_beat(self) -> int:
        await self._leases.beat()
        return 0

    async def _step_progress(self) -> int:
        await self._submits.tell_progress()
        return 0
