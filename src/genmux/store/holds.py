"""Holds rows before several of them are changed, where other processes write the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from genmux.store.arrays import SPELL
from genmux.store.compiled import Db, Sql, shared

TASKS: Final = Sql.spelt("", "SELECT seq FROM tasks WHERE seq = ANY(%s::bigint[]) ORDER BY seq FOR UPDATE")


def hold(db: Db, seqs: Iterable[int]) -> None:
    """Hold tasks until the end of the transaction, lowest seq first, so that no two holders wait in a ring.

    Whoever holds a task sees all that others wrote of it before, and may number its events.
    SQLite has one writer: there is nothing to hold.
    """
    if shared(db):
        wanted = sorted(set(seqs))
        if wanted:
            db.execute(TASKS, (SPELL["bigint"](wanted),)).fetchall()
