"""The embedded store: one SQLite file, one writer thread, reads beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import column, func, select, table

from genmux.engine.ports import Clock
from genmux.store.compiled import Db, Sql, sql
from genmux.store.connections import READERS, check_version, open_reader, open_writer
from genmux.store.creates import Creates, Numbers
from genmux.store.readers import Readers
from genmux.store.schema import tasks
from genmux.store.sql_store import SqlStore
from genmux.store.upgrade import upgrade
from genmux.store.writer import Driver, Writer, broken, closed

T = TypeVar("T")

DRIVER: Final = Driver("BEGIN IMMEDIATE", sqlite3.Error, sqlite3.OperationalError)

_sequence = table("sqlite_sequence", column("name"), column("seq"))
_highest = select(func.coalesce(func.max(tasks.c.seq), 0)).scalar_subquery()
_given = func.coalesce(select(_sequence.c.seq).where(_sequence.c.name == "tasks").scalar_subquery(), 0)
_TOP: Final[Sql] = sql(select(func.max(_highest, _given)))
"""The highest seq that was ever given, pruned ones included."""


def numbers(db: Db) -> Numbers:
    """Return what numbers new tasks: nobody else writes this file, so counting in memory is enough."""
    seqs = count(db.execute(_TOP).fetchone()[0] + 1)
    return lambda db, wanted: list(islice(seqs, wanted))


class SqliteStore(SqlStore):
    """The `Store` port on one SQLite database file, which belongs to one process at a time.

    Reads by key run on the caller's thread (microseconds); the others on two threads.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.path = path
        self._point: Db | None = None
        self._db: Db | None = None

    async def open(self) -> None:
        """Create or migrate the database and start the threads. Raises `Unavailable` if it cannot."""
        check_version()
        loop = asyncio.get_running_loop()
        db, creates = await loop.run_in_executor(None, self._prepare)
        self._db = db
        self._point = open_reader(self.path)
        self._readers = Readers(partial(open_reader, self.path), READERS, DRIVER)
        self._creates = creates.write
        self._writer = Writer(db, loop, DRIVER)

    def connect(self) -> Db:
        """Open one more connection that reads, which belongs to the caller."""
        return open_reader(self.path)

    def _prepare(self) -> tuple[Db, Creates]:
        try:
            db = open_writer(self.path)
            try:
                upgrade(db, self.path)
                return db, Creates(numbers(db))
            except BaseException:
                db.close()
                raise
        except sqlite3.Error as error:
            raise broken(error) from error

    def _shut(self) -> None:
        super()._shut()
        for db in (self._point, self._db):
            if db is not None:
                db.close()
        self._point = self._db = None

    async def _near(self, read: Callable[[Db], T]) -> T:
        if self._point is None:
            raise closed()
        return read(self._point)
