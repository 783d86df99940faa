"""The distributed store: one PostgreSQL database that any number of processes write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Final, TypeVar

import psycopg

from genmux.domain.errors import Unavailable
from genmux.domain.text import Text
from genmux.engine.ports import ArtifactRow, Clock, IdempotencyClaim, Repeat, TaskDetail, TaskRow
from genmux.store import creates, reads
from genmux.store.compiled import Db, Sql
from genmux.store.creates import Creates
from genmux.store.point_reader import PointReader, Question
from genmux.store.postgres_connection import PgDb, judge
from genmux.store.readers import Readers
from genmux.store.sql_store import SqlStore
from genmux.store.upgrade_postgres import upgrade
from genmux.store.writer import Driver, Writer, closed

T = TypeVar("T")

DRIVER: Final = Driver("BEGIN", psycopg.Error, psycopg.OperationalError, judge)
READERS: Final = 2
SCANNERS: Final = 1
"""Connections for reads by an index that are not by key, and for those of whole tables."""
_NUMBERS: Final = Sql.spelt(
    "",
    "SELECT nextval(pg_get_serial_sequence('tasks', 'seq')) FROM generate_series(1, %s) ORDER BY 1",
)


def numbers(db: Db, wanted: int) -> list[int]:
    """Give so many new seqs, in their order; those of a transaction that fails are never used."""
    return [row[0] for row in db.execute(_NUMBERS, (wanted,)).fetchall()]


class PostgresStore(SqlStore):
    """The `Store` port on one PostgreSQL database (13 or newer), which many processes may share.

    `url` is a libpq connection string or URL. `pooled` says whether a pooler that hands sessions around
    (PgBouncer in transaction mode) is in between; None finds out.

    Seqs are given before they are committed: a task with a lower seq may appear after one with a higher
    seq. A listing from the newest on may so miss a task that was being written beside its first row; one
    that goes upwards, and whoever remembers "everything up to here", must look a few seconds back.
    """

    def __init__(self, url: str, *, clock: Clock, pooled: bool | None = None) -> None:
        super().__init__(clock=clock)
        self._url = url
        self._db: PgDb | None = None
        self._points: PointReader | None = None
        self._scanners: Readers | None = None
        self._details: PointReader | None = None
        self._told_pooled = pooled

    @property
    def pooled(self) -> bool:
        """Whether a pooler is between us and the server; known once the store is open."""
        return bool(self._db is not None and self._db.pooled)

    async def open(self) -> None:
        """Migrate the database and open the connections. Raises `Unavailable` if it cannot."""
        loop = asyncio.get_running_loop()
        db, point, other = await loop.run_in_executor(None, self._prepare)
        self._db = db
        self._points = PointReader(point, loop, DRIVER)
        self._details = PointReader(other, loop, DRIVER)
        self._creates = Creates(numbers).write
        self._writer = Writer(db, loop, DRIVER)

    def connect(self) -> PgDb:
        """Open one more connection, which belongs to the caller. Raises `psycopg.Error`."""
        pooled = self._told_pooled if self._db is None else self._db.pooled
        return PgDb(self._url, pooled=pooled)

    def _prepare(self) -> tuple[PgDb, PgDb, PgDb]:
        opened: list[PgDb] = []
        try:
            db = PgDb(self._url, pooled=self._told_pooled, by_key=True)
            opened.append(db)
            upgrade(db, self._url)
            by_key = partial(PgDb, self._url, pooled=db.pooled, by_key=True)
            opened += [by_key(), by_key()]
            self._readers = Readers(by_key, READERS, DRIVER)
            self._scanners = Readers(self.connect, SCANNERS, DRIVER)
        except BaseException as error:
            for one in (*opened, self._readers):
                if one is not None:
                    one.close()
            self._readers = None
            if isinstance(error, psycopg.Error):
                raise unreachable(error) from error
            raise
        return opened[0], opened[1], opened[2]

    def _shut(self) -> None:
        super()._shut()
        for one in (self._points, self._details, self._scanners, self._db):
            if one is not None:
                one.close()
        self._db = self._points = self._details = self._scanners = None

    async def _scan(self, read: Callable[[Db], T]) -> T:
        if self._scanners is None:
            raise closed()
        return await self._scanners.run(read)

    # reads by key: what many ask for at the same time is asked for at once

    async def _ask(self, question: Question, key: Hashable) -> Any:
        if self._points is None:
            raise closed()
        return await self._points.ask(question, key)

    async def find_repeat(self, tenant_id: int, claim: IdempotencyClaim, now: int) -> Repeat | None:
        """Return what a create with this key would repeat, None while the key is free."""
        found = await self._ask(creates.find_many, creates.key_of(tenant_id, claim))
        return creates.repeated(found, claim, now)

    async def get(self, task_id: bytes) -> TaskRow | None:
        """Return the hot row of a task."""
        row: TaskRow | None = await self._ask(reads.get_many, task_id)
        return row

    async def get_seq(self, seq: int) -> TaskRow | None:
        """Return the hot row of a task by its seq."""
        row: TaskRow | None = await self._ask(reads.get_seqs, seq)
        return row

    async def artifacts(self, seq: int) -> tuple[ArtifactRow, ...]:
        """Return a task's artifacts by number, the result before any other role."""
        made: tuple[ArtifactRow, ...] = await self._ask(reads.made_many, seq)
        return made

    async def detail(self, task_id: bytes) -> TaskDetail | None:
        """Return a task with everything of it, as it was at one instant."""
        if self._details is None:
            raise closed()
        found: TaskDetail | None = await self._details.ask(reads.details, task_id)
        return found


def unreachable(error: Exception) -> Unavailable:
    """Return the error of a database that could not be opened."""
    said = " ".join(str(error).split()).rstrip(".")
    return Unavailable(
        Text(f"The PostgreSQL database cannot be opened: {said}.", f"无法打开 PostgreSQL 数据库：{said}。")
    )
