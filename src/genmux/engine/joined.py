"""The engine's loops, joined to each other over one set of ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from genmux.domain.catalog import Catalogue
from genmux.domain.states import TaskState
from genmux.engine.abandoned import Abandoned
from genmux.engine.channels import Router
from genmux.engine.collect import CollectLimits, Collector
from genmux.engine.dispatch import Dispatcher
from genmux.engine.fetch import Fetcher
from genmux.engine.flows import FlowRunner
from genmux.engine.inputs import InputDesk
from genmux.engine.janitor import Janitor
from genmux.engine.learning import Plans
from genmux.engine.news import Newsroom
from genmux.engine.pace import Pacer
from genmux.engine.poll import Poller
from genmux.engine.ports import Clock, Credentials, MediaStore, Net, Pool, Spool, Staging, Store
from genmux.engine.standing import Standing
from genmux.engine.submits import SubmitDesk


@dataclass(frozen=True, slots=True)
class Outside:
    """The ports that the loops work on."""

    store: Store
    media: MediaStore
    pool: Pool
    net: Net
    spool: Spool
    staging: Staging
    credentials: Credentials
    clock: Clock


@dataclass(frozen=True, slots=True)
class EngineRules:
    """What the loops are told by the settings; `keep_ms` is how long finished tasks are kept."""

    validation: str = "early"
    keep_ms: int = 7 * 24 * 3_600_000
    worker_id: str = "worker-1"
    fit_inputs: bool = True
    limits: CollectLimits = field(default_factory=CollectLimits)


@dataclass(slots=True)
class Loops:
    """Every loop of one process, and what they share."""

    runner: FlowRunner
    standing: Standing
    plans: Plans
    submits: SubmitDesk
    dispatcher: Dispatcher
    poller: Poller
    newsroom: Newsroom
    collector: Collector
    fetcher: Fetcher
    janitor: Janitor
    abandoned: Abandoned


def join_loops(
    outside: Outside,
    router: Router,
    catalogue: Catalogue,
    inputs: InputDesk,
    rules: EngineRules,
    on_settled: Callable[[TaskState, int], None],
) -> Loops:
    """Return the loops, none of them running yet."""
    store, media, clock, worker = outside.store, outside.media, outside.clock, rules.worker_id
    pacer = Pacer()
    runner = FlowRunner(
        net=outside.net,
        pool=outside.pool,
        media=media,
        spool=outside.spool,
        store=store,
        staging=outside.staging,
        credentials=outside.credentials,
        pacer=pacer,
        clock=clock,
        fit_inputs=rules.fit_inputs,
    )
    standing = Standing(store, clock, pacer)
    plans = Plans(store, clock)
    submits = SubmitDesk(
        store, router, runner, standing, plans, catalogue, clock, rules.validation, on_settled
    )
    return Loops(
        runner=runner,
        standing=standing,
        plans=plans,
        submits=submits,
        dispatcher=Dispatcher(store, router, submits, standing, clock, worker),
        poller=Poller(store, router, runner, standing, plans, catalogue, clock, worker, on_settled),
        newsroom=Newsroom(store, router, runner, plans, clock, on_settled),
        collector=Collector(
            store,
            router,
            runner,
            media,
            outside.pool,
            outside.net,
            outside.spool,
            catalogue,
            clock,
            worker,
            rules.limits,
            on_settled,
        ),
        fetcher=Fetcher(store, outside.net, inputs, clock, worker, on_settled),
        janitor=Janitor(store, media, router, submits, clock, worker, rules.keep_ms, on_settled),
        abandoned=Abandoned(store, router, runner, catalogue, clock, on_settled),
    )
