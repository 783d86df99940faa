"""Attempts in flight in this process: submit flows, their leases and their progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import structlog

from genmux.domain.catalog import Catalogue
from genmux.domain.spec import TaskError, decode_spec, encode_json
from genmux.domain.states import Event, TaskState
from genmux.engine.channels import Channel, Router, parse_lane
from genmux.engine.flows import FlowRunner
from genmux.engine.handover import Handover
from genmux.engine.learning import Plans
from genmux.engine.leases import Held, Leases
from genmux.engine.outcomes import (
    MAX_WORKER_DEATHS,
    Settled,
    cancelled,
    change_for,
    failed,
    retry_delay_ms,
    settle_lost,
    settle_submit,
    with_expiry,
)
from genmux.engine.persist import persist
from genmux.engine.ports import (
    Binding,
    Change,
    Claim,
    Clock,
    NewEvent,
    Store,
    TaskDetail,
    TaskRow,
    WorkerDied,
)
from genmux.engine.standing import Standing
from genmux.engine.work import build_work
from genmux.providers.seam import Accepted, ErrorClass, Outcome, Recovery, Refused, Work

log = structlog.get_logger(__name__)


class Stop(Enum):
    """Why a submit in flight is stopped."""

    CANCEL = "cancel"
    DRAIN = "drain"
    LEASE_LOST = "lease lost"


@dataclass(slots=True)
class InFlight:
    """One submit that runs here; `progress` is the last percentage somebody reported."""

    seq: int
    fence: int
    channel: Channel
    held: Held | None = None
    detail: TaskDetail | None = None  # as it was when the attempt began
    task: asyncio.Task[None] | None = None
    stop_reason: Stop | None = None
    begun: bool = False  # a task that is cancelled before its first step would never settle
    progress: int | None = None
    told_progress: int | None = None


@dataclass(slots=True)
class SubmitDesk:
    """Runs submit flows to their end and writes what came of them, exactly once."""

    store: Store
    router: Router
    runner: FlowRunner
    standing: Standing
    plans: Plans
    catalogue: Catalogue
    clock: Clock
    leases: Leases
    validation: str
    on_settled: Callable[[TaskState, int], None]
    handover: Handover
    flights: dict[int, InFlight] = field(default_factory=dict)

    def start(self, claim: Claim, channel: Channel) -> None:
        """Begin the attempt a claim opened."""
        flight = InFlight(claim.seq, claim.fence, channel)
        self.flights[claim.seq] = flight
        flight.held = self.leases.hold(claim.seq, claim.fence, lambda: self._lost(flight))
        flight.task = asyncio.create_task(self._fly(flight, claim), name=f"submit-{claim.seq}")

    def on(self, channel_id: int) -> int:
        """Return how many submits to a channel are in flight here."""
        return sum(flight.channel.id == channel_id for flight in self.flights.values())

    def renew(self, seq: int, fence: int) -> bool:
        """Go on under a new fence with a submit whose lease ran out unnoticed; False if it is not here."""
        flight = self.flights.get(seq)
        if flight is None:
            return False
        flight.fence = fence
        flight.held = self.leases.hold(seq, fence, lambda: self._lost(flight))
        return True

    def _lost(self, flight: InFlight) -> None:
        """Somebody else does free work again; the answer of a paid call is bound whoever has the lease."""
        if self.flights.get(flight.seq) is flight and flight.channel.provider.recovery is Recovery.FREE:
            self.stop(flight.seq, Stop.LEASE_LOST)

    def stop(self, seq: int, reason: Stop) -> bool:
        """Stop a submit whose work costs nothing to drop; return whether it was stopped.

        A paid submit is never stopped: its answer is waited for.
        """
        flight = self.flights.get(seq)
        if flight is None or flight.task is None:
            return False
        if reason is not Stop.LEASE_LOST and flight.channel.provider.recovery is not Recovery.FREE:
            return False
        flight.stop_reason = flight.stop_reason or reason
        if flight.begun:
            flight.task.cancel()
        return True

    async def drain(self, seconds: float) -> None:
        """Put free work back into the queue and wait for the answers of paid submits."""
        for seq in list(self.flights):
            self.stop(seq, Stop.DRAIN)
        tasks = [f.task for f in self.flights.values() if f.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    async def tell_progress(self) -> None:
        """Write progress that changed since the last call, in one transaction."""
        changed = [f for f in self.flights.values() if f.progress != f.told_progress]
        if not changed:
            return
        now = self.clock()
        for flight in changed:
            flight.told_progress = flight.progress
        await self.store.apply(
            [
                Change(
                    seq=f.seq,
                    fence=f.fence,
                    state=TaskState.SUBMITTING,
                    to=TaskState.SUBMITTING,
                    now=now,
                    keep_lease=True,
                    progress=f.progress,
                )
                for f in changed
            ]
        )

    # ------------------------------------------------------------ one flight

    async def _fly(self, flight: InFlight, claim: Claim) -> None:
        try:
            settled = await self._attempt(flight, claim)
            if settled is not None:
                await self._write(flight, settled)
        except Exception:
            log.exception("submit could not be settled", seq=flight.seq)
        finally:
            if self.flights.get(flight.seq) is flight:
                del self.flights[flight.seq]
            self.leases.let_go(flight.held)
            self.on_settled(TaskState.QUEUED, flight.seq)

    async def _attempt(self, flight: InFlight, claim: Claim) -> Settled | None:
        """Run the flow; None when there is nothing to write any more."""
        channel = flight.channel
        flight.begun = True
        if flight.stop_reason is not None:
            self.standing.health.undecided(channel.id)
            return self._stopped(flight)
        try:
            outcome = await self._run(flight, claim)
        except asyncio.CancelledError:
            self.standing.health.undecided(channel.id)
            return self._stopped(flight)
        except WorkerDied as death:
            return await self._worker_died(flight, str(death))
        except Exception as error:
            log.exception("provider flow failed", seq=flight.seq, channel=channel.name)
            self.standing.health.undecided(channel.id)
            return _broke(channel, error)
        if isinstance(outcome, Settled):
            self.standing.health.undecided(channel.id)
            return outcome
        kind = flight.detail.task.kind if flight.detail is not None else ""
        await self.standing.submitted(channel, kind, outcome)
        if isinstance(outcome, Accepted):
            await self._bind(flight, claim, outcome)
            return None
        outcome = with_expiry(outcome, channel.provider.facts.result_hours, self.clock())
        return settle_submit(outcome, channel.provider.recovery, claim.attempt, channel.on_unknown)

    async def _run(self, flight: InFlight, claim: Claim) -> Outcome | Settled:
        wait_us = claim.send_at_us - self.clock() * 1000
        if wait_us > 0:
            await asyncio.sleep(wait_us / 1_000_000)
        detail = await self.store.detail(claim.id)
        if detail is None:
            raise LookupError(f"task {claim.seq} vanished while it was claimed")
        flight.detail = detail
        if detail.task.cancel_at is not None:  # asked for before the flight was known: nothing was sent
            flight.stop_reason = flight.stop_reason or Stop.CANCEL
            raise asyncio.CancelledError
        work = build_work(detail, self.catalogue, claim.attempt)
        moved = self._moved(flight.channel, detail, work)
        if moved is not None:
            return moved
        refusal = self._late_refusal(detail)
        if refusal is not None:
            return refusal
        flow = flight.channel.provider.submit(work)

        def report(percent: int) -> None:
            flight.progress = percent

        return await self.runner.run(flow, flight.channel, work.account, work.inputs, report)

    def _moved(self, channel: Channel, detail: TaskDetail, work: Work) -> Settled | None:
        """Return where a task goes whose queue this channel serves only since the channels were edited."""
        if channel.provider.serves(work.spec):
            return None
        excluded = parse_lane(detail.task.lane).excluded
        lane = self.router.lane(work.spec, excluded=excluded)
        due = 0 if lane is not None and str(lane) != detail.task.lane else retry_delay_ms(work.attempt)
        return Settled(
            Event.NOT_SENT,
            due_in_ms=due,
            attempt_outcome="not_sent",
            note_kind="retry",
            note={"message": f"the channel {channel.name} cannot say everything that was asked for"},
            lane=str(lane) if lane is not None else None,
        )

    def _late_refusal(self, detail: TaskDetail) -> Refused | None:
        """With `validation = "platform"`, what the catalogue refuses fails as a task, as Tencent does."""
        if self.validation != "platform":
            return None
        spec = decode_spec(detail.spec)
        violations = () if spec.step is not None else self.catalogue.check(spec, surface=detail.task.wire)
        if not violations:
            return None
        text = violations[0].text
        return Refused(ErrorClass.INVALID, "InvalidParameterValue", text.en, text.zh)

    def _stopped(self, flight: InFlight) -> Settled | None:
        match flight.stop_reason:
            case Stop.CANCEL:
                return cancelled()
            case Stop.DRAIN:
                return Settled(
                    Event.NOT_SENT, due_in_ms=0, attempt_outcome="drained", note_kind="retry", note={}
                )
            case _:
                return None

    async def _worker_died(self, flight: InFlight, why: str) -> Settled:
        deaths = (await self.store.attempt_outcomes(flight.seq)).count("worker_died") + 1
        if deaths >= MAX_WORKER_DEATHS:
            error = TaskError(
                code="internal",
                message=f"The worker failed {deaths} times on this task: {why}",
                message_zh=f"处理该任务的工作进程已失败 {deaths} 次。",
            )
            return failed(Event.BROKE, error, "worker_died")
        return Settled(
            Event.NOT_SENT,
            due_in_ms=0,
            attempt_outcome="worker_died",
            note_kind="retry",
            note={"message": why},
        )

    async def _bind(self, flight: InFlight, claim: Claim, accepted: Accepted) -> None:
        now = self.clock()
        first = self.plans.first(flight.detail, flight.channel) if flight.detail is not None else 0
        binding = accepted_binding(claim.seq, claim.attempt, accepted, now, now + first)
        await persist(lambda: self.store.bind([binding]), "what the upstream calls a task")
        self.on_settled(TaskState.RUNNING, flight.seq)

    async def _write(self, flight: InFlight, settled: Settled) -> None:
        row = await persist(lambda: self.store.get_seq(flight.seq), "how a submit has ended")
        if row is None or row.state is not TaskState.SUBMITTING:
            return
        if settled.event is Event.NOT_SENT and row.cancel_at is not None:
            settled = cancelled()
        change = change_for(row, settled, self.clock(), fence=flight.fence)
        if await persist(lambda: self.handover.write(change), "how a submit has ended"):
            self.on_settled(change.to, flight.seq)


def accepted_binding(seq: int, attempt: int, accepted: Accepted, now: int, first_poll_at: int) -> Binding:
    """Return the write that records what the upstream calls an attempt."""
    note = {**accepted.notes, "ref": accepted.upstream_ref}
    events = (NewEvent(Event.ACCEPTED.value, now, encode_json(note)),)
    return Binding(seq, attempt, accepted.upstream_ref, now, first_poll_at, events)


def _broke(channel: Channel, error: Exception) -> Settled:
    """Settle a flow that raised: our own bug if the work was free, an unknown outcome if it was paid."""
    recovery = channel.provider.recovery
    if recovery is not Recovery.FREE:
        return settle_lost(f"the flow raised {type(error).__name__}", recovery, channel.on_unknown)
    task_error = TaskError(
        code="internal",
        message=f"The built-in renderer failed ({type(error).__name__}).",
        message_zh=f"内置渲染器出错({type(error).__name__})。",
    )
    return failed(Event.BROKE, task_error, "broke")


def is_local(flights: dict[int, InFlight], row: TaskRow) -> bool:
    """Return whether a leased row is in flight in this very process."""
    flight = flights.get(row.seq)
    return flight is not None and flight.fence == row.fence
