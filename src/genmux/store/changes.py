"""Writes back what workers did: fenced changes, unfenced bindings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, null, or_, select, update

from genmux.domain.states import TaskState
from genmux.engine.ports import Binding, Change, NewArtifact
from genmux.store import dependants, events
from genmux.store.compiled import Batch, Db, Values, given, number, unset
from genmux.store.holds import hold
from genmux.store.joining import write_joined
from genmux.store.schema import artifacts, attempts, tasks

_S = TaskState
_c = tasks.c

# One row of `v` per change; `mode` says what becomes of the lease and of what the attempt left.
_KEEP, _YIELD, _REQUEUE, _FINISH = range(4)
_v = given(
    *("seq", "fence", "was", "goal", "mode", "visible", "now", "due", "progress"),
    *("ref", "source_end", "error", "used", "lane"),
)


def _newest(new: ColumnElement[object], stored: ColumnElement[object]) -> ColumnElement[object]:
    """Return what a task remembers of its upstream: the new value if there is one, nothing in the queue."""
    return case((_v.c.mode != number(_REQUEUE), func.coalesce(new, stored)))


CHANGE: Final = Batch(
    _v,
    update(tasks)
    .values(
        state=_v.c.goal,
        revision=_c.revision + _v.c.visible,
        due_at=case(
            (_v.c.mode == number(_KEEP), _c.due_at),
            (_v.c.mode == number(_YIELD), _v.c.due),
            (_v.c.mode == number(_REQUEUE), func.coalesce(_v.c.due, _v.c.now)),
        ),
        worker_id=case((_v.c.mode == number(_KEEP), _c.worker_id)),
        channel_id=case((_v.c.mode != number(_REQUEUE), _c.channel_id)),
        progress=_newest(_v.c.progress, _c.progress),
        upstream_ref=_newest(_v.c.ref, _c.upstream_ref),
        source_expires_at=_newest(_v.c.source_end, _c.source_expires_at),
        error=func.coalesce(_v.c.error, _c.error),
        usage=func.coalesce(_v.c.used, _c.usage),
        lane=func.coalesce(_v.c.lane, _c.lane),
        finished_at=case((_v.c.mode == number(_FINISH), _v.c.now)),
    )
    .where(_c.seq == _v.c.seq, _c.fence == _v.c.fence, _c.state == _v.c.was)
    .returning(_c.seq, _c.id, _c.attempt),
)

_end = given("task_seq", "n", "word", "at", "due")
END: Final = Batch(
    _end,
    update(attempts)
    .values(
        outcome=func.coalesce(_end.c.word, attempts.c.outcome),
        closed_at=case((_end.c.word.is_not(None), _end.c.at)),
        due_at=case((_end.c.word.is_(None), _end.c.due)),
    )
    .where(
        attempts.c.task_seq == _end.c.task_seq,
        attempts.c.n == _end.c.n,
        unset(attempts.c.closed_at),
    ),
)

_made = given(
    *("task_seq", "n", "role", "file_id", "media_key", "sha256", "bytes", "content_type"),
    *("width", "height", "seconds", "probe", "expires_at"),
)
_STORE: Final = Batch(
    _made,
    insert(artifacts).from_select(
        [c.name for c in _made.c], select(*_made.c).where(_made.c.task_seq.is_not(None))
    ),
)

_bound = given("task_seq", "n", "ref", "now", "first")
_this_attempt = and_(attempts.c.task_seq == _bound.c.task_seq, attempts.c.n == _bound.c.n)
NAME: Final = Batch(
    _bound,
    update(attempts)
    .values(upstream_ref=_bound.c.ref, outcome=func.coalesce(attempts.c.outcome, "accepted"))
    .where(_this_attempt, attempts.c.upstream_ref.is_(None)),
)
RUN: Final = Batch(
    _bound,
    update(tasks)
    .values(
        state=number(_S.RUNNING),
        revision=_c.revision + 1,
        upstream_ref=_bound.c.ref,
        accepted_at=_bound.c.now,
        worker_id=null(),
        due_at=case((_c.cancel_at.is_not(None), _bound.c.now), else_=_bound.c.first),
    )
    .where(
        _c.seq == _bound.c.task_seq,
        _c.attempt == _bound.c.n,
        or_(_c.state == number(_S.SUBMITTING), _c.state == number(_S.UNKNOWN)),
    )
    .returning(_c.seq, _c.attempt),
)
_still_ours = exists().where(
    _c.seq == _bound.c.task_seq,
    _c.attempt == _bound.c.n,
    or_(_c.state == number(_S.RUNNING), _c.state == number(_S.COLLECTING)),
)
ABANDON: Final = Batch(
    _bound,
    update(attempts)
    .values(due_at=_bound.c.first)
    .where(_this_attempt, unset(attempts.c.closed_at), ~_still_ours),
)


def apply(db: Db, changes: Sequence[Change]) -> set[int]:
    """Write every change whose fence and state still match; return the seqs that landed.

    Several changes of one task are written in their order; it is returned if the last one landed.
    """
    landed: set[int] = set()
    for turn in _turns(changes):
        hit = _apply_once(db, turn)
        landed = (landed - {change.seq for change in turn}) | hit
    return landed


def _turns(changes: Sequence[Change]) -> list[list[Change]]:
    """Split changes so that each part names a task once, and the parts keep a task's order."""
    turns: list[list[Change]] = []
    seen: dict[int, int] = {}
    for change in changes:
        turn = seen.get(change.seq, 0)
        seen[change.seq] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(change)
    return turns


def _apply_once(db: Db, changes: list[Change]) -> set[int]:
    changes.sort(key=lambda change: change.seq)
    hits = {
        seq: (task_id, attempt) for seq, task_id, attempt in CHANGE.run(db, [_values(c) for c in changes])
    }
    landed = [change for change in changes if change.seq in hits]
    _STORE.run(db, [_artifact(c.seq, made) for c in landed for made in c.artifacts])
    events.append(db, [(c.seq, line) for c in landed for line in c.events])
    END.run(db, [_ended(c, hits[c.seq][1]) for c in landed if c.to.final or c.attempt_outcome is not None])
    ended = [(c.seq, hits[c.seq][0], c.to) for c in landed if c.to.final]
    if ended:
        dependants.settle(db, ended, max(c.now for c in landed))
    return set(hits)


def _mode(change: Change) -> int:
    if change.to.final:
        return _FINISH
    if change.to is _S.QUEUED:
        return _REQUEUE
    return _KEEP if change.keep_lease else _YIELD


def _values(c: Change) -> Values:
    return (
        *(c.seq, c.fence, int(c.state), int(c.to), _mode(c), int(c.visible), c.now, c.due_at, c.progress),
        *(c.upstream_ref, c.source_expires_at, c.error, c.usage, c.lane),
    )


def _artifact(seq: int, made: NewArtifact) -> Values:
    return (
        *(seq, made.n, made.role, made.file_id, made.media_key, made.sha256, made.size, made.content_type),
        *(made.width, made.height, made.seconds, made.probe, made.expires_at),
    )


def _ended(c: Change, attempt: int) -> Values:
    """Return the end of an attempt, or of our interest in it: without an outcome it stays open and due."""
    due = c.now if c.due_at is None else c.due_at
    return (c.seq, attempt, c.attempt_outcome, c.now, due)


def bind(db: Db, bindings: Sequence[Binding]) -> set[int]:
    """Record upstream references on their attempts; return the seqs whose task runs now.

    An attempt whose task went another way stays open and becomes due at its first poll. A task
    with a cancel request is due at once.
    """
    hold(db, [b.seq for b in bindings])
    rows = sorted((b.seq, b.attempt, b.upstream_ref, b.now, b.first_poll_at) for b in bindings)
    NAME.run(db, rows)
    moved = set(RUN.run(db, rows))
    ABANDON.run(db, [row for row in rows if row[:2] not in moved])
    events.append(db, [(b.seq, line) for b in bindings for line in b.events])
    return {seq for seq, _ in moved}


apply_joined: Final = partial(write_joined, apply)
bind_joined: Final = partial(write_joined, bind)
"""The same for several callers at once: a sequence of what each of them wants, and what landed for each."""
