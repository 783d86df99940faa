"""Turns SQLAlchemy Core statements into the SQLite text that hot paths execute on the driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, TableClause, column, literal_column, table
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql import ClauseElement

Db: TypeAlias = sqlite3.Connection
"""The driver's connection; statements run in whatever transaction its owner has begun."""
Values: TypeAlias = tuple[Any, ...]

VARIABLES: Final = 30_000
"""Bound values one statement may carry (SQLite allows 32,766)."""

_DIALECT: Final = SQLiteDialect_pysqlite(paramstyle="named")


def sql(statement: ClauseElement) -> str:
    """Return the SQLite text of a Core statement: `arg`s stay bound, every other value is spelt out."""
    return str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def arg(name: str) -> Any:
    """Return a value that is bound by name when the statement runs."""
    return literal_column(f":{name}")


def number(value: int) -> ColumnElement[int]:
    """Return a literal number: partial indexes are matched by text, so states are never bound."""
    return literal_column(str(int(value)))


def given(*columns: str) -> TableClause:
    """Return the table `v` that a `Batch` joins with: its columns are the values of each row."""
    return table("v", *(column(name) for name in columns))


class Batch:
    """One statement over many rows at once: `WITH v(…) AS (VALUES …) statement`.

    A SQLite step gives up the interpreter lock and has to win it back, so a batch is one
    statement, not one per row. Rows are padded with NULLs to a power of two, so that few texts are
    prepared; the statement must ignore rows of `v` whose first column is NULL.
    """

    def __init__(self, v: TableClause, statement: ClauseElement) -> None:
        self._width = len(v.c)
        self._head = f"WITH v({', '.join(c.name for c in v.c)}) AS (VALUES "
        self._tail = f") {sql(statement)}"
        self._row = f"({', '.join('?' * self._width)})"
        self._texts: dict[int, str] = {}
        self.most = 1 << (VARIABLES // self._width).bit_length() - 1

    def text(self, size: int) -> str:
        """Return the statement for exactly `size` rows."""
        found = self._texts.get(size)
        if found is None:
            found = self._texts[size] = self._head + ",".join([self._row] * size) + self._tail
        return found

    def run(self, db: Db, rows: Sequence[Iterable[Any]]) -> list[Values]:
        """Execute for all `rows` and return what the statement returns, in no particular order."""
        found: list[Values] = []
        for start in range(0, len(rows), self.most):
            chunk = rows[start : start + self.most]
            size = 1 << (len(chunk) - 1).bit_length()
            values = [value for row in chunk for value in row]
            values += [None] * ((size - len(chunk)) * self._width)
            found += db.execute(self.text(size), values).fetchall()
        return found
