"""Writes timelines: the events of a task are numbered from 1 in the order they were written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, insert, select

from genmux.engine.ports import NewEvent
from genmux.store.compiled import Batch, Db, given
from genmux.store.schema import events

_v = given("task_seq", "k", "at", "kind", "data")
_last = (
    select(func.coalesce(func.max(events.c.n), 0)).where(events.c.task_seq == _v.c.task_seq).scalar_subquery()
)
APPEND: Final = Batch(
    _v,
    insert(events).from_select(
        ["task_seq", "n", "at", "kind", "data"],
        select(_v.c.task_seq, _last + _v.c.k, _v.c.at, _v.c.kind, _v.c.data).where(
            _v.c.task_seq.is_not(None)
        ),
    ),
)


def append(db: Db, lines: Sequence[tuple[int, NewEvent]]) -> None:
    """Add (task seq, event) lines at the end of their tasks' timelines."""
    for start in range(0, len(lines), APPEND.most):
        place: Counter[int] = Counter()
        rows = []
        for seq, line in lines[start : start + APPEND.most]:
            place[seq] += 1
            rows.append((seq, place[seq], line.at, line.kind, line.data))
        APPEND.run(db, rows)
