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
from genmux.engine.fleet import Fleet
from genmux.engine.flows import FlowRunner
from genmux.engine.handover import Handover
from genmux.engine.inputs import InputDesk
from genmux.engine.janitor import Janitor
from genmux.engine.learning import Plans
from genmux.engine.leases import Leases
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
    lease_ms: int = 60_000
    fit_inputs: bool = True
    limits: CollectLimits = field(default_factory=CollectLimits)


@dataclass(slots=True)
class Loops:
    """Every loop of one process, and what they share."""

    leases: Leases
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
    fleet: Fleet | None = None,
    pacer: Pacer | None = None,
) -> Loops:
    """Return the loops, none of them running yet."""
    fleet, pacer = fleet or Fleet(), pacer or Pacer()
    store, media, clock, worker = outside.store, outside.media, outside.clock, fleet.me
    leases, handover = Leases(store, clock, rules.lease_ms), Handover(store)
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
        shared=fleet.shared,
    )
    standing = Standing(store, clock, pacer, fleet)
    plans = Plans(store, clock)
    submits = SubmitDesk(
        *(store, router, runner, standing, plans, catalogue, clock, leases),
        *(rules.validation, on_settled, handover),
    )
    collector = Collector(
        *(store, router, runner, media, outside.pool, outside.net, outside.spool, catalogue, clock, leases),
        *(worker, rules.limits, on_settled, fleet.shared),
    )
    if fleet.shared:
        handover.keep = collector.keep
    return Loops(
        leases=leases,
        runner=runner,
        standing=standing,
        plans=plans,
        submits=submits,
        dispatcher=Dispatcher(store, router, submits, standing, clock, leases, worker),
        poller=Poller(
            store, router, runner, standing, plans, catalogue, clock, leases, worker, on_settled, handover
        ),
        newsroom=Newsroom(store, router, runner, plans, clock, fleet, on_settled),
        collector=collector,
        fetcher=Fetcher(store, outside.net, inputs, clock, leases, worker, on_settled),
        janitor=Janitor(
            store, media, router, submits, clock, leases, fleet, worker, rules.keep_ms, on_settled
        ),
        abandoned=Abandoned(store, router, runner, catalogue, clock, on_settled),
    )
