"""Copies everything from one store into an empty one, whichever databases they are on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import psycopg
from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    insert,
    select,
    true,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from genmux.domain.errors import Unavailable
from genmux.domain.text import Text as Said
from genmux.store.compiled import Batch, Db, Sql, Values, arg, given, shared, sql
from genmux.store.reads import AT_ONE_INSTANT
from genmux.store.schema import meta, metadata
from genmux.store.sql_store import SqlStore
from genmux.store.upgrade_postgres import SERVES
from genmux.store.writer import broken

STEP: Final = 2_000
"""Rows that are read and written at a time."""

Told = Callable[[str, int, int], None]
"""Hears of progress: the table, the rows of it that are copied, and how many there are."""

OF_PROCESSES: Final = ("workers", "permits")
"""Tables that say what the processes on one database do just now; nothing of it is true of another."""
TABLES: Final = tuple(table for table in metadata.sorted_tables if table.name not in OF_PROCESSES)
_KINDS: Final[tuple[tuple[type[TypeEngine[Any]], str], ...]] = (
    (Text, "text"),
    (LargeBinary, "bytea"),
    (SmallInteger, "smallint"),
    (BigInteger, "bigint"),
    (Integer, "bigint"),
)


def _kind(of: TypeEngine[Any]) -> str:
    return next((word for kind, word in _KINDS if isinstance(of, kind)), "double precision")


class _Copier:
    """The statements of one table."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        key = list(table.primary_key.columns)
        self._places = [list(table.c).index(column) for column in key]
        columns = [column.name for column in table.c]
        v = given(*columns)
        fill = insert(table).from_select(columns, select(*v.c).where(v.c[key[0].name].is_not(None)))
        self._fill = Batch(v, fill, {column.name: _kind(column.type) for column in table.c})
        ours = table.c.key != SERVES if table is meta else true()  # each database has its own of that
        page = select(*table.c).where(ours).order_by(*key).limit(arg("most"))
        after = [arg(f"after_{n}", _kind(column.type)) for n, column in enumerate(key)]
        self._first = sql(page)
        self._next = sql(page.where(tuple_(*key) > tuple_(*after)))
        self._count = sql(select(func.count()).select_from(table).where(ours))
        self._serial = next((c.name for c in key if c.autoincrement is True), None)

    def count(self, db: Db) -> int:
        """Return how many rows there are."""
        return int(db.execute(self._count, {}).fetchone()[0])

    def pages(self, db: Db) -> Iterator[list[Values]]:
        """Yield all rows in the order of their key."""
        rows = db.execute(self._first, {"most": STEP}).fetchall()
        while rows:
            yield rows
            last = rows[-1]
            after = {f"after_{n}": last[place] for n, place in enumerate(self._places)}
            rows = db.execute(self._next, {"most": STEP, **after}).fetchall()

    def fill(self, db: Db, rows: Sequence[Values]) -> None:
        """Insert rows as they are."""
        self._fill.run(db, rows)

    def number_on(self, source: Db, target: Db) -> None:
        """Let new rows get numbers beyond all that were ever given."""
        if self._serial is None:
            return
        top = _highest(source, self.name, self._serial)
        if not shared(target):
            if target.execute(_LISTED, (self.name,)).fetchone() is not None:
                target.execute(_RAISE_LISTED, (top, self.name))
            elif target.execute(_HAS_LIST, (self.name,)).fetchone() is not None:
                target.execute(_LIST, (self.name, top))
        elif top:
            target.execute(_RAISE, (self.name, self._serial, top)).fetchall()


# SQLite lists the highest number of tables whose numbers are never used again; PostgreSQL has sequences.
_LISTED: Final = "SELECT seq FROM sqlite_sequence WHERE name = ?"
_HAS_LIST: Final = "SELECT 1 FROM sqlite_master WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'"
_LIST: Final = "INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)"
_RAISE_LISTED: Final = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?"
_GIVEN: Final = Sql.spelt("", "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)")
_RAISE: Final = Sql.spelt("", "SELECT setval(pg_get_serial_sequence(%s, %s), %s)")


def _highest(db: Db, table: str, column: str) -> int:
    """Return the highest number that was ever given in a table, as far as its database knows."""
    most = select(func.max(metadata.tables[table].c[column]))
    held = db.execute(sql(most), {}).fetchone()[0]
    if shared(db):
        given_out = db.execute(_GIVEN, (table, column)).fetchone()[0]
    else:
        row = db.execute(_LISTED, (table,)).fetchone()
        given_out = None if row is None else row[0]
    return max(held or 0, given_out or 0)


_COPIERS: Final = tuple(map(_Copier, TABLES))
_LOCK: Final = f"LOCK TABLE {', '.join(table.name for table in TABLES)} IN EXCLUSIVE MODE"
_PATIENT: Final = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


async def copy_store(source: SqlStore, target: SqlStore, told: Told | None = None) -> dict[str, int]:
    """Copy every row of an open store into another one, which is empty; return how many, by table.

    All of it is read as it was at one instant and written in one transaction: when this raises, the
    target is as empty as before. Numbers go on where they ended, so no seq is given twice; for that the
    target is closed and opened once. `told` is called in the event loop. What is written to the source
    meanwhile is not copied: nobody should. Raises `Unavailable` for a target that is not empty, or
    counts that differ in the end.
    """
    loop = asyncio.get_running_loop()

    def tell(table: str, done: int, total: int) -> None:
        if told is not None:
            loop.call_soon_threadsafe(told, table, done, total)

    try:
        read = await loop.run_in_executor(None, source.connect)
        try:
            copied = await target._write(lambda write: _copy(read, write, tell))
        finally:
            await loop.run_in_executor(None, read.close)
    except (sqlite3.Error, psycopg.Error) as error:
        raise broken(error) from error
    await target.close()  # it has counted on from the numbers that it had when it was opened
    await target.open()
    return copied


def _copy(source: Db, target: Db, tell: Told) -> dict[str, int]:
    source.execute(AT_ONE_INSTANT)
    try:
        _make_ready(source, target)
        copied = {copier.name: _copy_table(copier, source, target, tell) for copier in _COPIERS}
        for copier in _COPIERS:
            copier.number_on(source, target)
        return copied
    finally:
        if source.in_transaction:
            source.execute("ROLLBACK")


def _make_ready(source: Db, target: Db) -> None:
    for db in (source, target):
        if shared(db):
            for setting in _PATIENT.split("; "):
                db.execute(setting, ())
    if shared(target):
        target.execute(_LOCK, ())
    for copier in _COPIERS:
        if rows := copier.count(target):
            raise Unavailable(
                Said(
                    f"The target is not empty: its table {copier.name} has rows ({rows}). "
                    "Copy into a database that nothing was ever written to.",
                    f"目标数据库不为空：表 {copier.name} 已有 {rows} 行。请复制到一个从未写入过的数据库。",
                )
            )


def _copy_table(copier: _Copier, source: Db, target: Db, tell: Told) -> int:
    total, done = copier.count(source), 0
    tell(copier.name, 0, total)
    for rows in copier.pages(source):
        copier.fill(target, rows)
        done += len(rows)
        tell(copier.name, done, total)
    there = copier.count(target)
    if not total == done == there:
        raise Unavailable(
            Said(
                f"The copy is not whole: of {total} rows of {copier.name}, {done} were read and {there} "
                "are there now. Nothing was kept.",
                f"复制不完整：表 {copier.name} 共 {total} 行，读取 {done} 行，写入 {there} 行。"
                "未保留任何数据。",
            )
        )
    return done
