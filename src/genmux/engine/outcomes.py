"""What a flow's outcome means for a task: one pure table from outcome to event, error and next look."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from genmux.domain.error_classes import ERROR_CODE, ErrorClass
from genmux.domain.spec import TaskError, encode_json
from genmux.domain.states import Event, TaskState, advance
from genmux.engine.ports import Change, NewEvent, TaskDetail, TaskRow
from genmux.providers.seam import (
    Ambiguous,
    Finished,
    Forgotten,
    NotSent,
    Outcome,
    Output,
    Pending,
    Puzzling,
    Recovery,
    Refused,
)

RETRYABLE: Final = frozenset(
    {
        *(ErrorClass.RATE, ErrorClass.CONCURRENCY, ErrorClass.CAPACITY, ErrorClass.TRANSIENT),
        *(ErrorClass.AUTH, ErrorClass.QUOTA),
    }
)
"""Refusals of a submit that are the channel's, not the task's: nothing was made, so it may go on.

The channel's breaker decides when it is asked again; another channel may take the task at once.
"""
AT_ONCE: Final = frozenset({ErrorClass.AUTH, ErrorClass.QUOTA})
"""After these the task is due at once: the channel itself is closed."""
CALL_ONLY: Final = frozenset({ErrorClass.AUTH, ErrorClass.QUOTA, ErrorClass.RATE})
"""Refusals of a poll: they are about the call and say nothing of the task."""
MAY_FAIL_OVER: Final = frozenset({ErrorClass.CAPACITY, ErrorClass.INTERNAL, ErrorClass.TRANSIENT})
"""Failures of an accepted task after which another channel may be tried, if the operator opted in."""

FIRST_RETRY_MS: Final = 2_000
LONGEST_RETRY_MS: Final = 60_000
MAX_WORKER_DEATHS: Final = 2


@dataclass(frozen=True, slots=True)
class Settled:
    """What to write for an outcome: the event, and what goes with it."""

    event: Event | None  # None: the state stays, only the next look moves
    due_in_ms: int | None = None
    error: TaskError | None = None
    attempt_outcome: str | None = None
    upstream_ref: str | None = None
    source_expires_at: int | None = None
    progress: int | None = None
    note_kind: str = ""
    note: dict[str, Any] | None = None
    lane: str | None = None


def retry_delay_ms(attempt: int) -> int:
    """Return how long to wait before attempt number `attempt` + 1 (doubling, at most a minute)."""
    return int(min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(max(attempt - 1, 0), 10)))


def made_ref(ref: str | None, outputs: tuple[Output, ...]) -> str:
    """Return what `tasks.upstream_ref` holds while the result is collected."""
    return encode_json({"ref": ref, "outputs": outputs})


def parse_made(upstream_ref: str | None) -> tuple[str | None, tuple[Output, ...]]:
    """Read back `made_ref`; a plain reference (bound, or found by an operator) has no outputs yet."""
    try:
        raw = json.loads(upstream_ref or "")
    except ValueError:
        return upstream_ref, ()
    if not isinstance(raw, dict) or "outputs" not in raw:
        return upstream_ref, ()
    return raw.get("ref"), msgspec.convert(raw["outputs"], tuple[Output, ...])


def settle_submit(outcome: Outcome, recovery: Recovery, attempt: int, on_unknown: str = "hold") -> Settled:
    """Return what the end of a submit (or of a lookup) means. `Accepted` is bound, not settled.

    `on_unknown` is the channel's policy for outcomes that can never be found out.
    """
    match outcome:
        case Finished():
            return _made(outcome, None)
        case Refused(error_class, code, message) if error_class in RETRYABLE:
            return Settled(
                Event.NOT_SENT,
                due_in_ms=_again_in_ms(outcome, attempt),
                attempt_outcome="refused",
                note_kind="retry",
                note={"class": error_class, "code": code, "message": message},
            )
        case Refused():
            return _refused(Event.REFUSED, outcome)
        case NotSent(message):
            return Settled(
                Event.NOT_SENT,
                due_in_ms=retry_delay_ms(attempt),
                attempt_outcome="not_sent",
                note_kind="retry",
                note={"message": message},
            )
        case Ambiguous(message) | Forgotten(message) | Puzzling(message):
            return settle_lost(message, recovery, on_unknown)
        case _:
            return settle_lost("the submit ended without an answer", recovery, on_unknown)


def _again_in_ms(refusal: Refused, attempt: int) -> int:
    if refusal.error_class in AT_ONCE:
        return 0
    asked = int((refusal.retry_after_seconds or 0) * 1000)
    return max(asked, retry_delay_ms(attempt))


def _made(outcome: Finished, ref: str | None) -> Settled:
    return Settled(
        Event.MADE,
        due_in_ms=0,
        upstream_ref=made_ref(ref, outcome.outputs),
        source_expires_at=outcome.source_expires_at,
        note_kind="made",
        note=outcome.notes,
    )


def with_expiry(outcome: Outcome, result_hours: float, now: int) -> Outcome:
    """Return a result with the time when its URLs die: as told, else as the provider usually does."""
    if not isinstance(outcome, Finished) or outcome.source_expires_at is not None:
        return outcome
    if not any(output.url and not output.spool for output in outcome.outputs):
        return outcome
    return replace(outcome, source_expires_at=now + int(result_hours * 3_600_000))


def settle_lost(message: str, recovery: Recovery, on_unknown: str = "hold") -> Settled:
    """Return what to do with a submit nobody knows the outcome of.

    The recovery fact decides alone; where nothing can be found out, the operator's policy does.
    """
    match recovery, on_unknown:
        case Recovery.FREE, _:
            return _lost_again(message)
        case Recovery.LOOKUP, _:
            return Settled(Event.AMBIGUOUS, due_in_ms=0, note_kind="unknown", note={"message": message})
        case _, "fail":
            return failed(Event.REFUSED, UNKNOWN_ERROR, "unknown")
        case _, "resubmit":
            return _lost_again(message)
        case _:
            return Settled(Event.AMBIGUOUS, due_in_ms=None, note_kind="unknown", note={"message": message})


def _lost_again(message: str) -> Settled:
    return Settled(
        Event.NOT_SENT,
        due_in_ms=0,
        attempt_outcome="lost",
        note_kind="retry",
        note={"message": message},
    )


def settle_poll(
    outcome: Outcome, ref: str | None, next_poll_ms: int, *, attempt: int = 1, other_lane: str | None = None
) -> Settled:
    """Return what a poll's answer means for a running task. A poll that failed says nothing.

    `other_lane` is where the task may go on if this channel has failed it: None unless the
    operator opted in and another channel makes the model.
    """
    match outcome:
        case Finished():
            return _made(outcome, ref)
        case Refused(error_class) if error_class in CALL_ONLY:
            asked = int((outcome.retry_after_seconds or 0) * 1000)
            return Settled(None, due_in_ms=max(asked, next_poll_ms))
        case Refused(ErrorClass.LOST, code, message):
            return _expired(code, message)
        case Refused(ErrorClass.CONCURRENCY, code, message):
            return _redone(outcome, "overflow", retry_delay_ms(attempt), None)
        case Refused(error_class) if error_class in MAY_FAIL_OVER and other_lane is not None:
            return _redone(outcome, "failed", 0, other_lane)
        case Refused():
            return _refused(Event.UPSTREAM_FAILED, outcome)
        case Forgotten(message):
            return _expired("", message)
        case Pending(progress, _):
            return Settled(None, due_in_ms=next_poll_ms, progress=progress)
        case Puzzling(message):
            return Settled(
                None, due_in_ms=next_poll_ms, note_kind="puzzling_status", note={"message": message}
            )
        case _:
            return Settled(None, due_in_ms=next_poll_ms)


def _redone(refusal: Refused, word: str, due_in_ms: int, lane: str | None) -> Settled:
    note = {"class": refusal.error_class, "code": refusal.code, "message": refusal.message}
    return Settled(
        Event.REDO,
        due_in_ms=due_in_ms,
        attempt_outcome=word,
        note_kind="retry" if lane is None else "failover",
        note=note,
        lane=lane,
    )


def _refused(event: Event, refusal: Refused) -> Settled:
    error = TaskError(
        code=ERROR_CODE[refusal.error_class],
        message=refusal.message,
        message_zh=refusal.message_zh,
        upstream_code=refusal.code,
    )
    return Settled(event, error=error, attempt_outcome="refused", note_kind="failed", note=_error_note(error))


def _expired(code: str, message: str) -> Settled:
    error = TaskError(
        code="upstream_expired",
        message=message or "The upstream no longer knows the task.",
        message_zh="上游已不再保存该任务。",
        upstream_code=code,
    )
    return Settled(
        Event.UPSTREAM_EXPIRED,
        error=error,
        attempt_outcome="expired",
        note_kind="failed",
        note=_error_note(error),
    )


def _error_note(error: TaskError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message}


def failed(event: Event, error: TaskError, attempt_outcome: str | None) -> Settled:
    """Return the settlement of a task that ends in failure for a reason of our own."""
    return Settled(
        event, error=error, attempt_outcome=attempt_outcome, note_kind="failed", note=_error_note(error)
    )


def once(settled: Settled, detail: TaskDetail) -> Settled:
    """Return a settlement without its note if the timeline ends with the same one: no line per poll."""
    last = detail.events[-1] if detail.events else None
    said = (last.kind, last.data) if last is not None else None
    if settled.event is not None or said != (settled.note_kind, encode_json(settled.note or {})):
        return settled
    return replace(settled, note_kind="", note=None)


UNKNOWN_ERROR: Final = TaskError(
    code="outcome_unknown",
    message="outcome unknown: may have been made and billed",
    message_zh="结果未知:任务可能已在上游生成并计费。",
)


def resolution(outcome: str) -> Settled | None:
    """Return what an operator's word about an unknown task means, None for any other word."""
    match outcome:
        case "accepted":
            return Settled(Event.ACCEPTED)
        case "not_accepted":
            return Settled(
                Event.NOT_SENT,
                due_in_ms=0,
                attempt_outcome="not_sent",
                note_kind="resolved",
                note={"outcome": outcome},
            )
        case "give_up":
            return failed(Event.GIVEN_UP, UNKNOWN_ERROR, "given_up")
        case _:
            return None


def cancelled(attempt_outcome: str | None = "cancelled") -> Settled:
    """Return the settlement of a task its caller wants no more.

    Without `attempt_outcome` the attempt stays open: the upstream goes on, holds its slot and is
    watched to its end.
    """
    return Settled(Event.CANCELLED, attempt_outcome=attempt_outcome, note_kind="cancelled", note={})


def change_for(row: TaskRow, settled: Settled, now: int, *, fence: int | None = None) -> Change:
    """Return the fenced write that carries a settlement. Raises `IllegalMove`."""
    to = advance(row.state, settled.event).state if settled.event is not None else row.state
    events: tuple[NewEvent, ...] = ()
    if settled.note_kind:
        events = (NewEvent(settled.note_kind, now, encode_json(settled.note or {})),)
    return Change(
        seq=row.seq,
        fence=row.fence if fence is None else fence,
        state=row.state,
        to=to,
        now=now,
        due_at=_due(settled, to, now),
        visible=to is not row.state or settled.progress is not None,
        progress=settled.progress,
        upstream_ref=settled.upstream_ref,
        source_expires_at=settled.source_expires_at,
        error=encode_json(settled.error) if settled.error is not None else None,
        attempt_outcome=settled.attempt_outcome,
        lane=settled.lane,
        events=events,
    )


def _due(settled: Settled, to: TaskState, now: int) -> int | None:
    if to.final or settled.due_in_ms is None:
        return None
    return now + settled.due_in_ms
