"""The poll loop: asks upstreams how running tasks go, and looks up the ones nobody is sure of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from genmux.domain.catalog import Catalogue
from genmux.domain.states import Event, TaskState
from genmux.engine.channels import Channel, Router
from genmux.engine.flows import FlowRunner
from genmux.engine.outcomes import Settled, cancelled, change_for, settle_poll, settle_submit
from genmux.engine.planner import first_poll_delay_ms, next_poll_delay_ms
from genmux.engine.ports import Binding, Clock, Store, TaskRow
from genmux.engine.work import build_work
from genmux.providers.seam import Accepted, Flow, Forgotten, Outcome, Puzzling, Recovery, Stopped

log = structlog.get_logger(__name__)

POLL_LEASE_MS: Final = 60_000
POLL_BATCH: Final = 64
LOOKUP_GRACE_MS: Final = 30_000
"""How long after the submit a lookup may still miss a task that did arrive."""


def ignore_progress(percent: int) -> None:
    """Polls carry their progress in the outcome, not in calls."""


@dataclass(slots=True)
class Poller:
    """Leases due rows, runs one flow for each, and writes back what it learnt."""

    store: Store
    router: Router
    runner: FlowRunner
    catalogue: Catalogue
    clock: Clock
    worker_id: str
    on_settled: Callable[[TaskState, int], None]

    async def step(self) -> int:
        """Poll every due running task and look up every due unknown one; return how many."""
        handled = 0
        for channel in self.router.channels:
            for state in (TaskState.RUNNING, TaskState.UNKNOWN):
                rows = await self.store.take_due(
                    state, channel.id, self.worker_id, self.clock(), POLL_LEASE_MS, POLL_BATCH
                )
                await asyncio.gather(*(self._look(row, channel) for row in rows))
                handled += len(rows)
        return handled

    async def _look(self, row: TaskRow, channel: Channel) -> None:
        settled: Settled | None
        if row.cancel_at is not None:
            settled = await self._cancel(row, channel)
        elif row.state is TaskState.RUNNING:
            settled = await self._poll(row, channel)
        else:
            settled = await self._lookup(row, channel)
        if settled is not None:
            await self._write(row, settled)

    async def _cancel(self, row: TaskRow, channel: Channel) -> Settled:
        """End the task for its caller now; its attempt ends too only if nothing is made any more."""
        if row.state is TaskState.UNKNOWN:
            return cancelled("unknown")
        outcome = await self._run(row, channel, "cancel")
        return cancelled("cancelled" if isinstance(outcome, Stopped) else None)

    async def _run(self, row: TaskRow, channel: Channel, verb: str) -> Outcome:
        detail = await self.store.detail(row.id)
        if detail is None:
            return Puzzling("the task vanished")
        work = build_work(detail, self.catalogue, row.attempt)
        flow: Flow | None = getattr(channel.provider, verb)(work)
        if flow is None:
            return Puzzling(f"the provider cannot {verb}")
        try:
            return await self.runner.run(flow, channel, work.inputs, ignore_progress)
        except Exception as error:
            log.exception("provider flow failed", seq=row.seq, channel=channel.name, verb=verb)
            return Puzzling(f"the {verb} flow raised {type(error).__name__}")

    async def _poll(self, row: TaskRow, channel: Channel) -> Settled:
        outcome = await self._run(row, channel, "poll")
        age = self.clock() - (row.accepted_at or row.created_at)
        return settle_poll(outcome, row.upstream_ref, next_poll_delay_ms(age))

    async def _lookup(self, row: TaskRow, channel: Channel) -> Settled | None:
        """Resolve an unknown outcome where the upstream can be asked; otherwise leave it held."""
        if channel.provider.recovery is not Recovery.LOOKUP:
            return Settled(None, due_in_ms=None)
        outcome = await self._run(row, channel, "lookup")
        if isinstance(outcome, Forgotten) and self._past_grace(row):
            outcome = await self._resend(row, channel)
        return await self._settle_lookup(row, outcome)

    def _past_grace(self, row: TaskRow) -> bool:
        return self.clock() - (row.submitted_at or row.created_at) >= LOOKUP_GRACE_MS

    async def _resend(self, row: TaskRow, channel: Channel) -> Outcome:
        """Send the same attempt key again: an upstream with lookup makes it at most once."""
        return await self._run(row, channel, "submit")

    async def _settle_lookup(self, row: TaskRow, outcome: Outcome) -> Settled | None:
        if isinstance(outcome, Accepted):
            now = self.clock()
            binding = Binding(row.seq, row.attempt, outcome.upstream_ref, now, now + first_poll_delay_ms())
            await self.store.bind([binding])
            self.on_settled(TaskState.RUNNING, row.seq)
            return None
        age = self.clock() - (row.submitted_at or row.created_at)
        if isinstance(outcome, (Forgotten, Puzzling)):
            return Settled(None, due_in_ms=next_poll_delay_ms(age))
        settled = settle_submit(outcome, Recovery.LOOKUP, row.attempt)
        if settled.event is Event.AMBIGUOUS:
            return Settled(None, due_in_ms=next_poll_delay_ms(age))
        return settled

    async def _write(self, row: TaskRow, settled: Settled) -> None:
        change = change_for(row, settled, self.clock())
        landed = await self.store.apply([change])
        if row.seq in landed and change.to is not row.state:
            self.on_settled(change.to, row.seq)
