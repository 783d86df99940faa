"""Attempts that outlived their task: they hold a slot until their upstream is done with them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import null, select, update

from genmux.engine.ports import AttemptRow
from genmux.store import rows
from genmux.store.compiled import Batch, Db, arg, given, sql, unset
from genmux.store.schema import attempts

_c = attempts.c

DUE: Final = sql(
    select(_c.task_seq, *rows.ATTEMPT)
    .where(_c.due_at.is_not(None), _c.due_at <= arg("now"))
    .order_by(_c.due_at)
    .limit(arg("most"))
    .with_for_update(skip_locked=True)
)
_v = given("task_seq", "n", "later")
_POSTPONE: Final = Batch(
    _v, update(attempts).values(due_at=_v.c.later).where(_c.task_seq == _v.c.task_seq, _c.n == _v.c.n)
)
_CLOSE: Final = sql(
    update(attempts)
    .values(outcome=arg("word"), closed_at=arg("now"), due_at=null())
    .where(_c.task_seq == arg("task"), _c.n == arg("place"), unset(_c.closed_at))
    .returning(_c.n)
)


def take(db: Db, now: int, lease_ms: int, limit: int) -> tuple[tuple[int, AttemptRow], ...]:
    """Return (task seq, attempt) that are due and make them due again when the lease ends."""
    found = db.execute(DUE, {"now": now, "most": limit}).fetchall()
    _POSTPONE.run(db, [(seq, place, now + lease_ms) for seq, place, *_ in found])
    return tuple((row[0], rows.attempt(row[1:])) for row in found)


def close(db: Db, seq: int, n: int, outcome: str, now: int) -> bool:
    """End an open attempt and free its slot; False when it was closed already."""
    return bool(db.execute(_CLOSE, {"task": seq, "place": n, "word": outcome, "now": now}).fetchall())
