"""The poll loop: asks upstreams how running tasks go, and looks up the ones nobody is sure of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from genmux.domain.catalog import Catalogue
from genmux.domain.polling.planner import next_poll_delay_ms
from genmux.domain.spec import Kind
from genmux.domain.states import Event, TaskState
from genmux.engine.asking import ask
from genmux.engine.channels import Channel, Router, parse_lane
from genmux.engine.crew import Crew
from genmux.engine.flows import FlowRunner
from genmux.engine.handover import Handover
from genmux.engine.learning import Plans
from genmux.engine.leases import Leases
from genmux.engine.outcomes import (
    CALL_ONLY,
    Settled,
    cancelled,
    change_for,
    once,
    settle_poll,
    settle_submit,
    with_expiry,
)
from genmux.engine.ports import Clock, Store, TaskDetail, TaskRow
from genmux.engine.standing import Standing
from genmux.engine.submits import accepted_binding
from genmux.engine.work import build_work
from genmux.providers.seam import (
    Accepted,
    Finished,
    Forgotten,
    Outcome,
    Pending,
    Puzzling,
    Recovery,
    Refused,
    Stopped,
    Work,
)

log = structlog.get_logger(__name__)

POLL_BATCH: Final = 64
CREW: Final = 256
HELD_SECONDS: Final = 0.5
"""Polls are not taken while one more would wait this long for its turn."""
LOOKUP_GRACE_MS: Final = 30_000
"""How long after the submit a lookup may still miss a task that did arrive."""


@dataclass(slots=True)
class Poller:
    """Leases due rows, runs one flow for each, and writes back what it learnt."""

    store: Store
    router: Router
    runner: FlowRunner
    standing: Standing
    plans: Plans
    catalogue: Catalogue
    clock: Clock
    leases: Leases
    worker_id: str
    on_settled: Callable[[TaskState, int], None]
    handover: Handover
    crew: Crew = field(default_factory=lambda: Crew(CREW))

    async def step(self) -> int:
        """Start polls of due running tasks and lookups of due unknown ones; return how many."""
        handled = 0
        for channel in self.router.channels:
            for state in (TaskState.RUNNING, TaskState.UNKNOWN):
                handled += await self._start(state, channel)
        await self.plans.tick()
        return handled

    async def _start(self, state: TaskState, channel: Channel) -> int:
        most = min(POLL_BATCH, self.crew.free, self._room(channel))
        if most <= 0:
            return 0
        lease_ms = self.leases.lease_ms
        rows = await self.store.take_due(state, channel.id, self.worker_id, self.clock(), lease_ms, most)
        for row in rows:
            self.crew.start(self._look(row, channel), f"poll-{row.seq}")
        return len(rows)

    def _room(self, channel: Channel) -> int:
        """Return how many more polls would leave soon; taking more would only hold their leases."""
        rooms = []
        for kind in Kind:
            pace = f"describe:{kind}"
            interval = self.standing.pacer.interval_us(channel, pace)
            left = HELD_SECONDS - self.standing.pacer.held_seconds(channel, pace)
            rooms.append(POLL_BATCH if not interval else int(left * 1_000_000 / interval) + (left > 0))
        return max(rooms)

    async def _look(self, row: TaskRow, channel: Channel) -> None:
        with self.leases.held(row.seq, row.fence):
            await self._look_leased(row, channel)

    async def _look_leased(self, row: TaskRow, channel: Channel) -> None:
        detail = await self.store.detail(row.id)
        if detail is None:
            return
        settled: Settled | None
        if row.cancel_at is not None:
            settled = await self._cancel(row, detail, channel)
        elif row.state is TaskState.RUNNING:
            settled = await self._poll(row, detail, channel)
        else:
            settled = await self._lookup(row, detail, channel)
        if settled is not None:
            await self._write(row, once(settled, detail))

    async def _cancel(self, row: TaskRow, detail: TaskDetail, channel: Channel) -> Settled:
        """End the task for its caller now; its attempt ends too only if nothing is made any more."""
        self.plans.forget(row.seq)
        if row.state is TaskState.UNKNOWN:
            return cancelled("unknown")
        outcome = await self._ask(row, detail, channel, "cancel")
        return cancelled("cancelled" if isinstance(outcome, Stopped) else None)

    async def _ask(self, row: TaskRow, detail: TaskDetail, channel: Channel, verb: str) -> Outcome:
        work = build_work(detail, self.catalogue, row.attempt)
        pinned = self.router.pinned(channel, work.account)
        try:
            outcome = await ask(self.runner, pinned, work, verb)
        except Exception as error:
            log.exception("provider flow failed", seq=row.seq, channel=channel.name, verb=verb)
            return Puzzling(f"the {verb} flow raised {type(error).__name__}")
        await self.standing.asked(channel, row.kind, outcome)
        return outcome

    async def _poll(self, row: TaskRow, detail: TaskDetail, channel: Channel) -> Settled:
        self.plans.looking(row.seq, channel, row.kind)
        outcome = await self._ask(row, detail, channel, "poll")
        now = self.clock()
        outcome = with_expiry(outcome, channel.provider.facts.result_hours, now)
        if isinstance(outcome, Pending):
            self.plans.seen_running(row.seq, now)
        if _ends(outcome):
            self.plans.ended(detail, channel, outcome, now)
            next_ms, lane = 0, self._other_lane(detail, channel)  # never polled here again
        else:
            next_ms, lane = self.plans.next(detail, channel), None
        return settle_poll(outcome, row.upstream_ref, next_ms, attempt=row.attempt, other_lane=lane)

    def _other_lane(self, detail: TaskDetail, channel: Channel) -> str | None:
        """Return the queue of the channels of the same model that have not failed the task yet."""
        if not channel.failover:
            return None
        spec = build_work(detail, self.catalogue, detail.task.attempt).spec
        excluded = (*parse_lane(detail.task.lane).excluded, channel.id)
        lane = self.router.lane(spec, excluded=excluded)
        return str(lane) if lane is not None and self.router.serving(str(lane)) else None

    async def _lookup(self, row: TaskRow, detail: TaskDetail, channel: Channel) -> Settled | None:
        """Resolve an unknown outcome where the upstream can be asked; otherwise leave it held."""
        work = build_work(detail, self.catalogue, row.attempt)
        if self.router.pinned(channel, work.account).provider.recovery is not Recovery.LOOKUP:
            return Settled(None, due_in_ms=None)
        outcome = await self._ask(row, detail, channel, "lookup")
        if isinstance(outcome, Forgotten) and self._past_grace(work):
            outcome = await self._ask(row, detail, channel, "submit")  # the same key: made at most once
            settled = self._settle_resent(row, outcome)
            if settled is not None:
                return settled
        if isinstance(outcome, Accepted):
            await self._found(row, detail, channel, outcome)
            return None
        return Settled(None, due_in_ms=next_poll_delay_ms(self.clock() - work.submitted_at))

    def _past_grace(self, work: Work) -> bool:
        return self.clock() - work.submitted_at >= LOOKUP_GRACE_MS

    def _settle_resent(self, row: TaskRow, outcome: Outcome) -> Settled | None:
        """Return what a second send proves; a mere "not now" leaves the task with its key."""
        if not isinstance(outcome, (Finished, Refused)):
            return None
        settled = settle_submit(outcome, Recovery.LOOKUP, row.attempt)
        return None if settled.event is Event.NOT_SENT else settled

    async def _found(self, row: TaskRow, detail: TaskDetail, channel: Channel, accepted: Accepted) -> None:
        now = self.clock()
        first = now + self.plans.first(detail, channel)
        await self.store.bind([accepted_binding(row.seq, row.attempt, accepted, now, first)])
        self.on_settled(TaskState.RUNNING, row.seq)

    async def _write(self, row: TaskRow, settled: Settled) -> None:
        change = change_for(row, settled, self.clock())
        if await self.handover.write(change) and change.to is not row.state:
            self.on_settled(change.to, row.seq)


def _ends(outcome: Outcome) -> bool:
    """Return whether the answer is about the task and final, not about the call that asked."""
    if isinstance(outcome, Refused):
        return outcome.error_class not in CALL_ONLY
    return isinstance(outcome, (Finished, Forgotten))
