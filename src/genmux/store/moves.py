"""Single moves asked for from outside the loops: frozen inputs, cancels, late finds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import case, func, null, select, update

from genmux.domain.spec import decode_error
from genmux.domain.states import REOPENABLE, Event, TaskState
from genmux.engine.ports import InputRow, NewEvent
from genmux.store import dependants, events, media, outbox, rows
from genmux.store.compiled import Db, arg, greatest, number, sql
from genmux.store.schema import attempts, task_inputs, tasks

_S = TaskState
_c = tasks.c
_i = task_inputs.c

REOPEN_GRACE_MS: Final = 3_600_000
"""A task found late has at least an hour to be collected, whatever its deadline was."""

CANCEL_REQUESTED: Final = "cancel_requested"
"""The timeline's word for a cancel that the engine still has to act on."""

_FREEZE: Final = sql(
    update(task_inputs)
    .values(sha256=arg("digest"), media_key=arg("stored_as"), probe=arg("facts"), error=null())
    .where(_i.task_seq == arg("task"), _i.n == arg("place"), _i.sha256.is_(None))
)
_OPEN_INPUTS: Final = sql(
    select(*rows.INPUT).where(_i.task_seq == arg("task"), _i.sha256.is_(None)).order_by(_i.n)
)
_STATE: Final = sql(select(_c.state, _c.id, _c.cancel_at).where(_c.seq == arg("task")).with_for_update())
_CANCEL: Final = sql(
    update(tasks)
    .values(
        state=number(_S.CANCELLED),
        revision=_c.revision + 1,
        cancel_at=func.coalesce(_c.cancel_at, arg("now")),
        finished_at=arg("now"),
        due_at=null(),
        worker_id=null(),
    )
    .where(_c.seq == arg("task"))
)
_MARK: Final = sql(
    update(tasks)
    .values(
        cancel_at=arg("now"),
        revision=_c.revision + 1,
        due_at=case((_c.worker_id.is_(None), arg("now")), else_=_c.due_at),
    )
    .where(_c.seq == arg("task"), _c.state < number(_S.SUCCEEDED), _c.cancel_at.is_(None))
)
_FAILED: Final = sql(
    select(_c.error, func.coalesce(_c.channel_id, attempts.c.channel_id), _c.attempt)
    .select_from(tasks.outerjoin(attempts, (attempts.c.task_seq == _c.seq) & (attempts.c.n == _c.attempt)))
    .where(_c.seq == arg("task"), _c.state == number(_S.FAILED))
    .with_for_update(of=tasks)
)
_REOPEN: Final = sql(
    update(tasks)
    .values(
        state=number(_S.COLLECTING),
        revision=_c.revision + 1,
        channel_id=arg("ch"),
        upstream_ref=arg("ref"),
        accepted_at=func.coalesce(_c.accepted_at, arg("now")),
        finished_at=null(),
        error=null(),
        due_at=arg("now"),
        deadline_at=greatest(_c.deadline_at, arg("grace_end")),
    )
    .where(_c.seq == arg("task"))
)
_REOPEN_ATTEMPT: Final = sql(
    update(attempts)
    .values(upstream_ref=arg("ref"), outcome=arg("word"), closed_at=null(), due_at=null())
    .where(attempts.c.task_seq == arg("task"), attempts.c.n == arg("place"))
)


def freeze_input(db: Db, seq: int, n: int, sha256: bytes, media_key: str, probe: str, now: int) -> bool:
    """Record a fetched input; return True when it was the last one and the task is queued now."""
    media.naming(db)
    db.execute(_FREEZE, {"task": seq, "place": n, "digest": sha256, "stored_as": media_key, "facts": probe})
    return bool(dependants.queue_ready(db, (seq,), now))


def open_inputs(db: Db, seq: int) -> tuple[InputRow, ...]:
    """Return the inputs that are not frozen yet."""
    return tuple(rows.entry(row) for row in db.execute(_OPEN_INPUTS, {"task": seq}).fetchall())


def request_cancel(db: Db, seq: int, now: int) -> TaskState | None:
    """Cancel a waiting or queued task, mark any other that is not final; return its state now."""
    row = db.execute(_STATE, {"task": seq}).fetchone()
    if row is None:
        return None
    state, task_id, cancel_at = TaskState(row[0]), row[1], row[2]
    if state in (_S.WAITING, _S.QUEUED):
        db.execute(_CANCEL, {"task": seq, "now": now})
        events.append(db, [(seq, NewEvent(Event.CANCELLED.value, now))])
        dependants.settle(db, [(seq, task_id, _S.CANCELLED)], now)
        return _S.CANCELLED
    if not state.final and cancel_at is None:
        db.execute(_MARK, {"task": seq, "now": now})
        events.append(db, [(seq, NewEvent(CANCEL_REQUESTED, now))])
    return state


def reopen(db: Db, seq: int, upstream_ref: str, now: int, made: str | None = None) -> bool:
    """Bring a task that failed for want of an answer back to collecting; its last attempt opens again.

    What was told of its failure no longer holds, so its next end is told anew.
    False when the task did not fail that way or never reached a channel.
    """
    row = db.execute(_FAILED, {"task": seq}).fetchone()
    if row is None or row[1] is None or decode_error(row[0]).code not in REOPENABLE:
        return False
    grace_end = now + REOPEN_GRACE_MS
    ref = made or upstream_ref
    db.execute(_REOPEN, {"task": seq, "ch": row[1], "ref": ref, "now": now, "grace_end": grace_end})
    found = Event.FOUND.value
    db.execute(_REOPEN_ATTEMPT, {"task": seq, "place": row[2], "ref": upstream_ref, "word": found})
    events.append(db, [(seq, NewEvent(found, now))])
    outbox.withdraw(db, seq)
    return True
