"""What is kept about upstreams: sealed credentials, what was learnt, and whose task a reference is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, func, or_, select, update

from genmux.domain.states import TaskState
from genmux.store.compiled import Batch, Db, arg, given, number, sql, unset
from genmux.store.directory import put_statement
from genmux.store.holds import hold
from genmux.store.schema import attempts, credentials, learnt, task_specs, tasks

_a, _t = attempts.c, tasks.c

_PUT_CREDENTIAL: Final = sql(put_statement(credentials, "id", "sealed", "created_at"))
_CREDENTIAL: Final = sql(select(credentials.c.sealed).where(credentials.c.id == arg("wanted")))
_CREDENTIALS: Final = sql(select(credentials.c.id).order_by(credentials.c.created_at, credentials.c.id))
_DROP_CREDENTIAL: Final = sql(delete(credentials).where(credentials.c.id == arg("wanted")))
_PUT_LEARNT: Final = sql(put_statement(learnt, "name", "data", "updated_at"))
_LEARNT: Final = sql(select(learnt.c.name, learnt.c.data))
_SLOTS: Final = sql(
    select(_a.channel_id, _t.kind, func.count())
    .select_from(attempts.join(tasks, _t.seq == _a.task_seq))
    .where(_a.closed_at.is_(None))
    .group_by(_a.channel_id, _t.kind)
)
_FROZEN: Final = sql(select(_a.frozen).distinct())

_by_ref = given("ref", "ch")
OPEN_BY_REF: Final = Batch(
    _by_ref,
    select(_a.task_seq, _a.n, _a.upstream_ref)
    .select_from(_by_ref.join(attempts, _a.upstream_ref == _by_ref.c.ref))
    .where(_a.channel_id == _by_ref.c.ch, _a.closed_at.is_(None)),
    anew=True,
)
_by_key = given("key", "ch")
OPEN_BY_KEY: Final = Batch(
    _by_key,
    select(_a.task_seq, _a.n, _a.key)
    .select_from(_by_key.join(attempts, _a.key == _by_key.c.key))
    .where(_a.channel_id == _by_key.c.ch, unset(_a.closed_at)),
)
_now = given("task_seq", "n", "now")
_HASTEN: Final = Batch(
    _now,
    update(tasks)
    .values(due_at=_now.c.now)
    .where(
        _t.seq == _now.c.task_seq,
        _t.attempt == _now.c.n,
        or_(_t.state == number(TaskState.RUNNING), _t.state == number(TaskState.UNKNOWN)),
        _t.worker_id.is_(None),
    ),
)
_HASTEN_ATTEMPT: Final = Batch(
    _now,
    update(attempts)
    .values(due_at=_now.c.now)
    .where(_a.task_seq == _now.c.task_seq, _a.n == _now.c.n, ~unset(_a.due_at)),
)

UNCLAIMED: Final = sql(
    select(_t.seq, _t.lane, task_specs.c.spec)
    .select_from(tasks.join(task_specs, task_specs.c.task_seq == _t.seq))
    .where(
        or_(_t.state == number(TaskState.WAITING), _t.state == number(TaskState.QUEUED)),
        _t.seq > arg("after"),
    )
    .order_by(_t.seq)
    .limit(arg("most"))
)
_v = given("seq", "lane")
_RELANE: Final = Batch(
    _v,
    update(tasks)
    .values(lane=_v.c.lane)
    .where(
        _t.seq == _v.c.seq,
        or_(_t.state == number(TaskState.WAITING), _t.state == number(TaskState.QUEUED)),
    )
    .returning(_t.seq),
)


def put_credential(db: Db, credential_id: str, sealed: bytes, now: int) -> None:
    """Keep a sealed credential under its id."""
    db.execute(_PUT_CREDENTIAL, {"id": credential_id, "sealed": sealed, "created_at": now})


def credential(db: Db, credential_id: str) -> bytes | None:
    """Return a sealed credential."""
    row = db.execute(_CREDENTIAL, {"wanted": credential_id}).fetchone()
    return None if row is None else bytes(row[0])


def credentials_kept(db: Db) -> tuple[str, ...]:
    """Return the ids of all credentials, oldest first."""
    return tuple(row[0] for row in db.execute(_CREDENTIALS).fetchall())


def drop_credential(db: Db, credential_id: str) -> None:
    """Forget a credential."""
    db.execute(_DROP_CREDENTIAL, {"wanted": credential_id})


def accounts(db: Db) -> tuple[str, ...]:
    """Return the different accounts (JSON) of all attempts."""
    return tuple(row[0] for row in db.execute(_FROZEN).fetchall())


def put_learnt(db: Db, found: Sequence[tuple[str, str]], now: int) -> None:
    """Keep what was learnt, by name."""
    for name, data in sorted(found):
        db.execute(_PUT_LEARNT, {"name": name, "data": data, "updated_at": now})


def all_learnt(db: Db) -> dict[str, str]:
    """Return everything learnt, by name."""
    return dict(db.execute(_LEARNT).fetchall())


def slots_used(db: Db) -> dict[tuple[int, str], int]:
    """Return how many attempts are open on each channel for each kind, where there are any."""
    return {(channel_id, kind): n for channel_id, kind, n in db.execute(_SLOTS).fetchall()}


def hasten(db: Db, channel_id: int, refs: Sequence[str], keys: Sequence[str], now: int) -> tuple[str, ...]:
    """Make the tasks of these references and attempt keys due now; return those that are ours.

    A task that somebody looks at right now keeps its lease.
    """
    found: list[Any] = OPEN_BY_REF.run(db, [(ref, channel_id) for ref in refs])
    found += OPEN_BY_KEY.run(db, [(key, channel_id) for key in keys])
    due = sorted({(seq, place, now) for seq, place, _ in found})
    hold(db, [seq for seq, _, _ in due])
    _HASTEN.run(db, due)
    _HASTEN_ATTEMPT.run(db, due)
    return tuple(dict.fromkeys(name for _, _, name in found))


def unclaimed(db: Db, after_seq: int, limit: int) -> tuple[tuple[int, str, str], ...]:
    """Return (seq, lane, spec) of tasks that no channel has taken, in order of seq."""
    return tuple(db.execute(UNCLAIMED, {"after": after_seq, "most": limit}).fetchall())


def relane(db: Db, moves: Sequence[tuple[int, str]]) -> set[int]:
    """Put unclaimed tasks (seq, lane) into other lanes; return those that were still unclaimed."""
    hold(db, [seq for seq, _ in moves])
    return {row[0] for row in _RELANE.run(db, moves)}
