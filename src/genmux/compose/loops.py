"""Joins the engine's loops to the service's signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from genmux.domain.states import TaskState
from genmux.engine.collect import CollectLimits
from genmux.engine.engine import Engine
from genmux.engine.fleet import Fleet
from genmux.engine.joined import EngineRules, Loops, Outside, join_loops
from genmux.engine.notify import Notifier, SinkRenderer
from genmux.engine.ports import Sink
from genmux.engine.service import TaskService
from genmux.engine.shared_pace import SharedPacer
from genmux.settings import Settings
from genmux.store.sql_store import SqlStore


def build_loops(
    settings: Settings, store: SqlStore, outside: Outside, service: TaskService, fleet: Fleet
) -> tuple[Loops, Signals]:
    """Return all loops over one store, and the signals that their moves give."""
    signals = Signals()
    keep_ms = settings.keep_days * 24 * 3_600_000
    rules = EngineRules(
        validation=settings.validation,
        keep_ms=keep_ms,
        lease_ms=settings.lease_seconds * 1000,
        fit_inputs=settings.fit_inputs,
        limits=CollectLimits(
            max_bytes=settings.result_max_mb * 1024 * 1024,
            download_seconds=float(settings.result_fetch_seconds),
            keep_ms=keep_ms,
        ),
    )
    pacer = SharedPacer(store, store, outside.clock) if fleet.shared else None
    loops = join_loops(
        outside, service.router, service.catalogue, service.inputs, rules, signals, fleet, pacer
    )
    return loops, signals


def build_engine(
    settings: Settings,
    outside: Outside,
    service: TaskService,
    loops: Loops,
    signals: Signals,
    renderers: Mapping[Sink, SinkRenderer],
    fleet: Fleet,
) -> Engine:
    """Return the loops as one engine, waking each other and whoever waits for a task."""
    notifier = Notifier(
        outside.store,
        outside.net,
        outside.clock,
        renderers,
        allow_private=settings.allow_private_callbacks,
    )
    engine = Engine(
        store=outside.store,
        loops=loops,
        notifier=notifier,
        clock=outside.clock,
        drain_seconds=float(settings.drain_seconds),
        fleet=fleet,
        paused=settings.paused,
    )
    signals.listeners += [engine.notice, service.notice]
    service.listen(engine.notice)
    return engine


class Signals:
    """Passes every move of a task on to whoever listens."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[TaskState, int], None]] = []

    def __call__(self, state: TaskState, seq: int) -> None:
        for listener in self.listeners:
            listener(state, seq)
