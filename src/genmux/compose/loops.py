"""Joins the engine's loops to each other and to the service's signals."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping

from genmux.domain.states import TaskState
from genmux.engine.abandoned import Abandoned
from genmux.engine.collect import CollectLimits, Collector
from genmux.engine.dispatch import Dispatcher
from genmux.engine.engine import Engine
from genmux.engine.fetch import Fetcher
from genmux.engine.flows import FlowRunner
from genmux.engine.janitor import Janitor
from genmux.engine.notify import Notifier, SinkRenderer
from genmux.engine.poll import Poller
from genmux.engine.ports import MediaStore, Net, Pool, Sink, Spool, Store
from genmux.engine.service import TaskService
from genmux.engine.submits import SubmitDesk
from genmux.settings import Settings


def build_engine(
    settings: Settings,
    store: Store,
    service: TaskService,
    media: MediaStore,
    pool: Pool,
    net: Net,
    spool: Spool,
    renderers: Mapping[Sink, SinkRenderer],
) -> Engine:
    """Return all loops over one store, waking each other and whoever waits for a task."""
    worker_id = f"{socket.gethostname()}-{os.getpid()}"
    signals: list[Callable[[TaskState, int], None]] = []

    def on_settled(state: TaskState, seq: int) -> None:
        for signal in signals:
            signal(state, seq)

    router, catalogue, clock = service.router, service.catalogue, service.clock
    runner = FlowRunner(net, pool, media, clock)
    submits = SubmitDesk(store, runner, catalogue, clock, settings.validation, on_settled)
    keep_ms = settings.keep_days * 24 * 3_600_000
    engine = Engine(
        store=store,
        submits=submits,
        dispatcher=Dispatcher(store, router, submits, clock, worker_id),
        poller=Poller(store, router, runner, catalogue, clock, worker_id, on_settled),
        collector=Collector(
            store,
            router,
            runner,
            media,
            pool,
            net,
            spool,
            catalogue,
            clock,
            worker_id,
            CollectLimits(keep_ms=keep_ms),
            on_settled,
        ),
        fetcher=Fetcher(store, net, service.inputs, clock, worker_id, on_settled),
        janitor=Janitor(store, media, router, submits, clock, worker_id, keep_ms, on_settled),
        abandoned=Abandoned(store, router, runner, catalogue, clock, on_settled),
        notifier=Notifier(store, net, clock, renderers, allow_private=settings.allow_private_callbacks),
        clock=clock,
        drain_seconds=float(settings.drain_seconds),
        owns_store=True,
        paused=settings.paused,
    )
    signals += [engine.notice, service.notice]
    service.listen(engine.notice)
    return engine
