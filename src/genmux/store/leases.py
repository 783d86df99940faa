"""Takes, prolongs and gives back the leases of due tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select, union_all, update

from genmux.domain.states import TaskState
from genmux.engine.ports import TaskRow
from genmux.store import rows
from genmux.store.claims import distinct
from genmux.store.compiled import Batch, Db, Sql, among, arg, given, number, sql
from genmux.store.schema import tasks

LEASABLE: Final = (
    TaskState.WAITING,
    TaskState.SUBMITTING,
    TaskState.RUNNING,
    TaskState.UNKNOWN,
    TaskState.COLLECTING,
)
"""States in which due work is leased; queued tasks are claimed instead."""

_has_due = tasks.c.due_at.is_not(None)


def _any_channel() -> ColumnElement[bool]:
    found = distinct(tasks.c.channel_id, None, _has_due)
    return tasks.c.channel_id.in_(select(found.c.x).where(found.c.x.is_not(None)))


def _order(state: TaskState) -> tuple[ColumnElement[Any], ...]:
    """Return what is taken first: results whose source dies soonest, else what is due the longest."""
    if state is TaskState.COLLECTING:
        return (tasks.c.source_expires_at.is_(None), tasks.c.source_expires_at, tasks.c.due_at)
    return (tasks.c.due_at,)


def _take(state: TaskState, channel: ColumnElement[bool]) -> Sql:
    due = (
        select(tasks.c.seq)
        .where(channel, tasks.c.state == number(state), tasks.c.due_at <= arg("now"))
        .order_by(*_order(state))
        .limit(arg("most"))
    )
    taking = update(tasks).values(fence=tasks.c.fence + 1, worker_id=arg("worker"), due_at=arg("lease_end"))
    return sql(taking.where(among(tasks.c.seq, due)).returning(*rows.TASK))


_no_channel = tasks.c.channel_id.is_(None)
_of_channel = tasks.c.channel_id == arg("ch")
TAKE: Final = {state: _take(state, _of_channel) for state in LEASABLE[1:]}
TAKE_ANY: Final = {state: _take(state, _any_channel()) for state in LEASABLE[1:]}
TAKE_WAITING: Final = _take(TaskState.WAITING, _no_channel)

_v = given("seq", "fence", "lease_end")
EXTEND: Final = Batch(
    _v,
    update(tasks)
    .values(due_at=_v.c.lease_end)
    .where(tasks.c.seq == _v.c.seq, tasks.c.fence == _v.c.fence, tasks.c.worker_id.is_not(None))
    .returning(tasks.c.seq),
)

_leased = and_(_has_due, tasks.c.worker_id.is_not(None))
_held = union_all(
    select(tasks.c.seq).where(
        _any_channel(), tasks.c.state.in_([number(state) for state in LEASABLE[1:]]), _leased
    ),
    select(tasks.c.seq).where(_no_channel, tasks.c.state == number(TaskState.WAITING), _leased),
)
RELEASE: Final = sql(
    update(tasks)
    .values(worker_id=None, due_at=arg("now"))
    .where(tasks.c.seq.in_(_held))
    .returning(tasks.c.seq)
)


def _earliest(state: TaskState, channel: ColumnElement[bool]) -> Any:
    return select(func.min(tasks.c.due_at)).where(channel, tasks.c.state == number(state), _has_due)


_channel = distinct(tasks.c.channel_id, None, _has_due)
_soonest = union_all(
    _earliest(TaskState.WAITING, _no_channel),
    *(
        select(
            _earliest(state, tasks.c.channel_id == _channel.c.x).correlate(_channel).scalar_subquery()
        ).select_from(_channel)
        for state in LEASABLE[1:]
    ),
).subquery("soonest")
NEXT_DUE: Final = sql(select(func.min(next(iter(_soonest.c)))))


def take_due(
    db: Db, state: TaskState, channel_id: int | None, worker_id: str, now: int, lease_ms: int, limit: int
) -> tuple[TaskRow, ...]:
    """Lease the `limit` most urgent due rows of one state; return them in order of seq.

    `channel_id` None means any channel. Raises `ValueError` for a state that is not leased.
    """
    if state not in LEASABLE:
        raise ValueError(
            f"{state.word} tasks are not leased; one of {', '.join(s.word for s in LEASABLE)} is"
        )
    if state is TaskState.WAITING:
        statement = TAKE_WAITING
    else:
        statement = TAKE_ANY[state] if channel_id is None else TAKE[state]
    wanted = {"now": now, "most": limit, "worker": worker_id, "lease_end": now + lease_ms, "ch": channel_id}
    found = db.execute(statement, wanted).fetchall()
    return tuple(rows.task(row) for row in sorted(found))


def extend(db: Db, held: Sequence[tuple[int, int]], due_at: int) -> set[int]:
    """Move the end of (seq, fence) leases; return the seqs that are still held."""
    return {row[0] for row in EXTEND.run(db, [(seq, fence, due_at) for seq, fence in held])}


def release_all(db: Db, now: int) -> int:
    """End every lease now; return how many there were."""
    return len(db.execute(RELEASE, {"now": now}).fetchall())


def next_due(db: Db, now: int) -> int | None:
    """Return when the earliest row that is neither queued nor final becomes due (`now` or earlier: it is)."""
    due: int | None = db.execute(NEXT_DUE).fetchone()[0]
    return due
