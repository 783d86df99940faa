"""Joins a process to the others on its database: who it is, what it tells, and what it does about theirs."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from genmux.compose.clock import StoreClock
from genmux.compose.loops import Signals
from genmux.compose.membership import Membership, News, Reactions
from genmux.domain.states import TaskState
from genmux.engine.engine import Engine
from genmux.engine.fleet import Fleet, Marks, Role, WorkerRow
from genmux.engine.joined import Loops
from genmux.engine.ports import Clock
from genmux.engine.service import TaskService
from genmux.settings import Settings
from genmux.store.keyring import Keyring
from genmux.store.sql_store import SqlStore

log = structlog.get_logger(__name__)

WOKEN: Final = frozenset({TaskState.QUEUED, TaskState.WAITING})
"""States that make work for whoever hears of them; what is already under way goes on where it is."""
ONLY_LOCAL: Final = (
    "only right if every machine shares that directory; otherwise set media to a bucket (S3, COS, …) or to "
    "a directory that all machines share"
)


def worker_of(settings: Settings, now: int, process: int) -> WorkerRow:
    """Return who this process is: a name that no process before it had."""
    host = socket.gethostname()
    name = f"{host}-{os.getpid()}-{process}-{secrets.token_hex(4)}"
    return WorkerRow(name, Role(settings.role), host, now, now)


def react(
    engine: Engine,
    service: TaskService,
    keyring: Keyring,
    loops: Loops,
    reroute: Callable[[], Awaitable[None]],
) -> Reactions:
    """Return what is done here about what others did."""

    def notice(state: TaskState, seq: int) -> None:
        service.notice(state, seq)
        if state in WOKEN or (state is TaskState.CANCELLED and seq):
            engine.notice(state, seq)
        elif state.final:
            engine.dispatch.wake()  # a slot is free

    def wake_all() -> None:
        service.wake_all()
        engine.wake_all()

    def adopt(learnt: Mapping[str, str]) -> None:
        loops.standing.adopt(learnt)
        loops.plans.adopt(learnt)

    return Reactions(
        notice=notice,
        wake_all=wake_all,
        rekey=keyring.forget,
        reroute=reroute,
        adopt=adopt,
        flights=lambda: list(loops.submits.flights),
        stop=lambda seq: engine.notice(TaskState.CANCELLED, seq),
    )


def join_fleet(
    settings: Settings,
    store: SqlStore,
    fleet: Fleet,
    me: WorkerRow,
    store_clock: StoreClock,
    clock: Clock,
    reactions: Reactions,
    marks: Marks,
) -> Membership:
    """Return this process's part in the fleet, not begun yet."""
    membership = Membership(
        store=store,
        fleet=fleet,
        me=me,
        store_clock=store_clock,
        clock=clock,
        reactions=reactions,
        on_hosts=lambda hosts: warn_of_disk(settings, hosts),
        marks=marks,
    )
    membership.news = open_news(settings, membership)
    return membership


def open_news(settings: Settings, membership: Membership) -> News:
    """Return what carries words between processes."""
    from genmux.store.postgres_news import PostgresNews  # loads libpq: only where it is wanted

    url = settings.database_direct or settings.database
    return PostgresNews(url, membership.hear, direct=bool(settings.database_direct))


def tell_others(membership: Membership, signals: Signals, service: TaskService) -> None:
    """Tell other processes of every move of a task here."""
    news, fleet = membership.news, membership.fleet

    def tell(state: TaskState, seq: int) -> None:
        if news is not None and not fleet.alone:
            news.tell(state, 0 if state in WOKEN else seq)

    signals.listeners.append(tell)
    service.listen(tell)


def warn_of_disk(settings: Settings, hosts: frozenset[str]) -> None:
    """Say that media on a local disk are only right where it is the only machine, or the disk is shared."""
    if not settings.media and (settings.role != Role.ALL or len(hosts) > 1):
        log.warning("media lie in the data directory", machines=len(hosts), advice=ONLY_LOCAL)
