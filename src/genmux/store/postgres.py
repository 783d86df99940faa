"""The distributed store: one PostgreSQL database that any number of processes write."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import psycopg

from genmux.engine.ports import Clock
from genmux.store.compiled import Db, Sql
from genmux.store.creates import Creates
from genmux.store.postgres_connection import PgDb
from genmux.store.readers import Readers
from genmux.store.sql_store import SqlStore
from genmux.store.upgrade_postgres import upgrade
from genmux.store.writer import Driver, Writer, broken

DRIVER: Final = Driver("BEGIN", psycopg.Error, psycopg.OperationalError)
READERS: Final = 4
_NUMBERS: Final = Sql.spelt(
    "",
    "SELECT nextval(pg_get_serial_sequence('tasks', 'seq')) FROM generate_series(1, %s) ORDER BY 1",
)


def numbers(db: Db, wanted: int) -> list[int]:
    """Give so many new seqs, in their order; those of a transaction that fails are never used."""
    return [row[0] for row in db.execute(_NUMBERS, (wanted,)).fetchall()]


class PostgresStore(SqlStore):
    """The `Store` port on one PostgreSQL database (13 or newer), which many processes may share.

    `url` is a libpq connection string or URL. `pooled` says that a pooler that hands sessions around
    (PgBouncer in transaction mode) is in between: nothing is kept in a session then.
    """

    def __init__(self, url: str, *, clock: Clock, pooled: bool = False) -> None:
        super().__init__(clock=clock)
        self._connect = partial(PgDb, url, pooled=pooled)
        self._url = url
        self._db: Db | None = None

    async def open(self) -> None:
        """Migrate the database and open the connections. Raises `Unavailable` if it cannot."""
        loop = asyncio.get_running_loop()
        db = await loop.run_in_executor(None, self._prepare)
        self._db = db
        self._writer = Writer(db, Creates(numbers).write, loop, DRIVER)

    def _prepare(self) -> Db:
        try:
            db = self._connect()
            try:
                upgrade(db, self._url)
                self._readers = Readers(self._connect, READERS)
            except BaseException:
                db.close()
                raise
        except psycopg.Error as error:
            raise broken(error) from error
        return db

    def _shut(self) -> None:
        super()._shut()
        if self._db is not None:
            self._db.close()
        self._db = None
