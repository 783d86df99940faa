"""One process among those that share a database: it beats, sees what others changed, and hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import structlog

from genmux.compose.clock import StoreClock
from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.engine.fleet import Fleet, FleetStore, Marks, TryStore, WorkerRow
from genmux.engine.ports import Clock

log = structlog.get_logger(__name__)

BEAT_SECONDS: Final = 3.0
ALIVE_MS: Final = 12_000
"""Who was not seen for so long counts as dead."""
LOOK_SECONDS: Final = 1.0
JOINED: Final = "fleet"
"""The word for: a process has come."""
THE_TIDY: Final = 1
"""What `Fleet.keeps` is asked."""
TRIES_MS: Final = 3_600_000
PERMITS_SECONDS: Final = 60
SILENT_SECONDS: Final = 10.0
"""A database that has not answered for so long is not there."""
CLOCK_SECONDS: Final = 30.0
LEARNT_MARGIN_MS: Final = 5_000
"""Rows may become visible in another order than they are dated."""


class SharedStore(FleetStore, TryStore, Protocol):
    """What processes share through their database."""


class Heard(Protocol):
    """What other processes did, as far as they told; see `store.postgres_news`."""

    @property
    def states(self) -> frozenset[TaskState]: ...
    @property
    def tasks(self) -> tuple[tuple[TaskState, int], ...]: ...
    @property
    def words(self) -> frozenset[str]: ...
    @property
    def all(self) -> bool: ...


class News(Protocol):
    """Tells other processes what happened here."""

    @property
    def trouble(self) -> Text | None: ...
    def start(self) -> None: ...
    def tell(self, state: TaskState, seq: int = 0) -> None: ...
    def say(self, word: str) -> None: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Reactions:
    """What is done here about what others did.

    `notice` hears of one task in a state (0: some task), `wake_all` that something was missed.
    `rekey` and `reroute` hear that keys or channels are others now, `adopt` gets what was learnt,
    `flights` says which submits are under way here, `stop` that one of them was cancelled elsewhere.
    """

    notice: Callable[[TaskState, int], None]
    wake_all: Callable[[], None]
    rekey: Callable[[], None]
    reroute: Callable[[], Awaitable[None]]
    adopt: Callable[[Mapping[str, str]], None]
    flights: Callable[[], list[int]]
    stop: Callable[[int], None]


@dataclass(slots=True)
class Membership:
    """Runs beside the loops of a process for as long as it shares a database.

    `clock` is what leases are dated by; `marks` are of before keys and channels were read; `on_hosts`
    is told when machines come or go.
    """

    store: SharedStore
    fleet: Fleet
    me: WorkerRow
    store_clock: StoreClock
    clock: Clock
    reactions: Reactions
    on_hosts: Callable[[frozenset[str]], None]
    marks: Marks
    news: News | None = None
    _learnt: dict[str, str] = field(default_factory=dict)
    _learnt_at: int = 0
    _hosts: frozenset[str] = frozenset()
    _trouble: Text | None = None
    _answered_at: float = 0.0
    _measured_at: float = 0.0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _newcomer: asyncio.Event = field(default_factory=asyncio.Event)
    _stopped: bool = False

    async def join(self) -> None:
        """Count among the living, and know who else does, before the loops begin."""
        await self._beat()

    def start(self) -> None:
        """Begin to beat, to look and to hear, and let the others count us in at once."""
        beating, looking = _ever(self._beat, BEAT_SECONDS, self._newcomer), _ever(self._look, LOOK_SECONDS)
        self._tasks += [
            asyncio.create_task(beating, name="fleet-beat"),
            asyncio.create_task(looking, name="fleet-look"),
        ]
        if self.news is not None:
            self.news.start()
            self.news.say(JOINED)

    async def stop(self) -> None:
        """Count among the dead; what waits is still told. Once is enough."""
        if self._stopped:
            return
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.news is not None:
            await self.news.close()
        with suppress(Unavailable):
            await self.store.leave(self.me.id)

    def answering(self) -> bool:
        """Return whether the database has answered lately."""
        return asyncio.get_running_loop().time() - self._answered_at < SILENT_SECONDS

    # ------------------------------------------------------------ alive

    async def _beat(self) -> None:
        loop_time = asyncio.get_running_loop().time()
        if loop_time - self._measured_at >= CLOCK_SECONDS:
            await self.store_clock.measure(self.store)
            self._measured_at = loop_time
            await self._tidy()
        now = self.clock()
        me = WorkerRow(self.me.id, self.me.role, self.me.host, self.me.started_at, now)
        alive = await self.store.beat(me, now - ALIVE_MS)
        self._answered_at = asyncio.get_running_loop().time()
        if self.fleet.take_in(alive):
            log.info("fleet", engines=len(self.fleet.engines), apis=len(self.fleet.apis))
        hosts = frozenset(worker.host for worker in alive)
        if hosts != self._hosts:
            self._hosts = hosts
            self.on_hosts(hosts)

    async def _tidy(self) -> None:
        if self.fleet.keeps(THE_TIDY):
            now = self.clock()
            await self.store.tidy(now - TRIES_MS, now // 1000 - PERMITS_SECONDS)
        if self.news is not None and self.news.trouble != self._trouble:
            self._trouble = self.news.trouble
            if self._trouble is not None:
                log.warning("news are late", reason=self._trouble.en)

    # ------------------------------------------------------------ see

    async def _look(self) -> None:
        """See what others changed, whether or not a word of it came through."""
        marks = await self.store.marks()
        before, self.marks = self.marks, marks
        if before.revoked != marks.revoked:
            self.reactions.rekey()
        if (before.channels, before.sealed) != (marks.channels, marks.sealed):
            await self.reactions.reroute()
        await self._look_at_learnt()
        flights = self.reactions.flights()
        for seq in await self.store.cancelled(flights) if flights else ():
            self.reactions.stop(seq)

    async def _look_at_learnt(self) -> None:
        rows = await self.store.learnt_since(self._learnt_at - LEARNT_MARGIN_MS)
        fresh = {name: data for name, data, _ in rows if self._learnt.get(name) != data}
        if rows:
            self._learnt_at = max(self._learnt_at, *(at for _, _, at in rows))
        self._learnt = {name: data for name, data, at in rows if at > self._learnt_at - LEARNT_MARGIN_MS}
        if fresh:
            self.reactions.adopt(fresh)

    # ------------------------------------------------------------ hear

    def hear(self, heard: Heard) -> None:
        """Do at once what would be done within seconds."""
        if JOINED in heard.words:
            self._newcomer.set()
        if heard.all:
            self.reactions.wake_all()
        for state in heard.states:
            self.reactions.notice(state, 0)
        for state, seq in heard.tasks:
            self.reactions.notice(state, seq)


async def _ever(
    step: Callable[[], Awaitable[Any]], seconds: float, sooner: asyncio.Event | None = None
) -> None:
    sooner = sooner or asyncio.Event()
    while True:
        sooner.clear()
        try:
            await step()
        except Unavailable as trouble:
            log.warning("the database does not answer", reason=str(trouble))
        except Exception:
            log.exception("a look at the fleet failed")
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await sooner.wait()
