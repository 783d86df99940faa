"""Turns SQLAlchemy Core statements into the text that hot paths execute on the driver, for both databases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final, Protocol, TypeAlias, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    any_,
    column,
    func,
    literal_column,
    table,
)
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.functions import GenericFunction

from genmux.store.arrays import SPELL

Values: TypeAlias = tuple[Any, ...]

VARIABLES: Final = 30_000
"""Bound values one statement may carry (SQLite allows 32,766)."""

BATCH_ROWS: Final = 4_096
"""Rows that one statement of PostgreSQL carries: each of its columns is one bound array."""

_SQLITE: Final = SQLiteDialect_pysqlite(paramstyle="named")
_POSTGRES: Final[Any] = PGDialect_psycopg(paramstyle="pyformat")  # type: ignore[no-untyped-call]

_TEXTS: Final = (
    *("wire", "kind", "lane", "scope", "key", "role", "source", "url", "media_key", "probe", "content_type"),
    *("spec", "extra", "data", "ref", "error", "used", "frozen", "word", "handle"),
)
_BINARIES: Final = ("id", "task_id", "from_task", "sha256", "body_sha256")
_TYPES: Final = {
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(_BINARIES, "bytea"),
    "seconds": "double precision",
}
"""PostgreSQL's type of a batch's columns by name; all others are bigint."""


class Rows(Protocol):
    """What a statement returned."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, None at the end."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        ...


class Db(Protocol):
    """A connection of a driver: `sqlite3.Connection`, or `postgres_connection.PgDb`.

    Statements run in whatever transaction the connection's owner has begun.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, statement: str, values: Any = ..., /) -> Rows:
        """Run one statement; an `Sql` is run in the words of this database."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Sql(str):
    """One statement: SQLite's words, and in `postgres` those of PostgreSQL."""

    anew: bool = False
    """Whether PostgreSQL makes a plan each time: none that was made early would do later."""

    _statement: ClauseElement | None
    _postgres: str | None
    _positional: tuple[str, ...]

    @classmethod
    def of(cls, statement: ClauseElement, *positional: str) -> Sql:
        """Compile a Core statement; the arguments named in `positional` are bound by position."""
        text = _text(statement, _SQLITE)
        for name in positional:
            text = text.replace(f":{name}", "?")
        made = cls(text)
        made._statement, made._postgres, made._positional = statement, None, positional
        return made

    @classmethod
    def spelt(cls, sqlite: str, postgres: str) -> Sql:
        """Return a statement that is written out for both databases."""
        made = cls(sqlite)
        made._statement, made._postgres, made._positional = None, postgres, ()
        return made

    @cached_property
    def postgres(self) -> str:
        """PostgreSQL's words, with psycopg's placeholders."""
        if self._statement is None:
            return cast(str, self._postgres)
        text = _text(self._statement, _POSTGRES)
        for name in self._positional:
            text = text.replace(f"%({name})s", "%s")
        return text

    @cached_property
    def postgres_bytes(self) -> bytes:
        """The same as psycopg sends it."""
        return self.postgres.encode()


def _text(statement: ClauseElement, dialect: Any) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def sql(statement: ClauseElement, *positional: str) -> Sql:
    """Return the text of a Core statement: `arg`s stay bound, every other value is spelt out."""
    return Sql.of(statement, *positional)


class _Arg(ColumnElement[Any]):
    """A value that is bound by name when the statement runs."""

    inherit_cache = True

    def __init__(self, name: str, of_type: str | None) -> None:
        self.name = name
        self.of_type = of_type


@compiles(_Arg)
def _spell_arg(element: _Arg, compiler: Any, **_: Any) -> str:
    return f":{element.name}"


@compiles(_Arg, "postgresql")
def _spell_arg_for_postgres(element: _Arg, compiler: Any, **_: Any) -> str:
    cast_to = f"::{element.of_type}" if element.of_type else ""
    return f"%({element.name})s{cast_to}"


def arg(name: str, of_type: str | None = None) -> Any:
    """Return a value that is bound by name when the statement runs.

    PostgreSQL is told its type where nothing beside it tells.
    """
    return _Arg(name, of_type)


def number(value: int) -> ColumnElement[int]:
    """Return a literal number: partial indexes are matched by text, so states are never bound."""
    return literal_column(str(int(value)))


def unset(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return whether a time is NULL, in words that no partial index is matched by.

    PostgreSQL would rather read a small partial index whole than look rows up by their key, and a plan
    that was made while it was small is kept.
    """
    return func.coalesce(column, number(0)) == number(0)


class greatest(GenericFunction[Any]):  # noqa: N801 - SQLAlchemy finds functions by these names
    """The greater of its arguments."""

    inherit_cache = True


class least(GenericFunction[Any]):  # noqa: N801
    """The smaller of its arguments."""

    inherit_cache = True


@compiles(greatest, "sqlite")
def _spell_greatest(element: Any, compiler: Any, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"


@compiles(least, "sqlite")
def _spell_least(element: Any, compiler: Any, **kw: Any) -> str:
    return f"min({compiler.process(element.clauses, **kw)})"


class has_url(GenericFunction[Any]):  # noqa: N801
    """Whether a JSON object, stored as compact text, has an http URL of this name."""

    inherit_cache = True


@compiles(has_url, "sqlite")
def _spell_has_url(element: Any, compiler: Any, **kw: Any) -> str:
    of, name = element.clauses.clauses
    of = compiler.process(of, **kw)
    return f"CASE WHEN json_valid({of}) THEN json_extract({of}, '$.{name.value}') END LIKE 'http%'"


@compiles(has_url, "postgresql")
def _spell_has_url_for_postgres(element: Any, compiler: Any, **kw: Any) -> str:
    # Reading one value fails where any text of the object has a NUL, which a caller may well have sent.
    of, name = element.clauses.clauses
    of = compiler.process(of, **kw)
    return (
        f"CASE WHEN {of} NOT LIKE '{{%%' THEN false"
        f" WHEN strpos({of}, '\\u0000') > 0 THEN strpos({of}, '\"{name.value}\":\"http') > 0"
        f" ELSE {of}::json ->> '{name.value}' LIKE 'http%%' END"
    )


class new_handle(GenericFunction[Any]):  # noqa: N801
    """A word that nobody can guess, another for every row."""

    inherit_cache = True


@compiles(new_handle, "sqlite")
def _spell_handle(element: Any, compiler: Any, **kw: Any) -> str:
    return "lower(hex(randomblob(16)))"


@compiles(new_handle, "postgresql")
def _spell_handle_for_postgres(element: Any, compiler: Any, **kw: Any) -> str:
    return "replace(gen_random_uuid()::text, '-', '')"


class _Among(ColumnElement[bool]):
    """Whether a column is among what a query finds; the query runs once."""

    inherit_cache = False

    def __init__(self, of: ColumnElement[Any], query: Select[Any]) -> None:
        self.plain = of.in_(query)
        # IN may run a query with a LIMIT more than once, and then it finds more than its limit.
        self.once = of == any_(func.array(query.scalar_subquery()))


@compiles(_Among)
def _spell_among(element: _Among, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.plain, **kw))


@compiles(_Among, "postgresql")
def _spell_among_for_postgres(element: _Among, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.once, **kw))


def among(of: ColumnElement[Any], query: Select[Any]) -> ColumnElement[bool]:
    """Return whether a column is among what `query` finds, leaving out what other transactions hold."""
    return _Among(of, query.with_for_update(skip_locked=True))


def among_held(of: ColumnElement[Any], query: Select[Any]) -> ColumnElement[bool]:
    """Return whether a column is among what `query` finds, which leaves out itself what others hold."""
    return _Among(of, query)


def given(*columns: str) -> TableClause:
    """Return the table `v` that a `Batch` joins with: its columns are the values of each row."""
    return table("v", *(column(name) for name in columns))


class Batch:
    """One statement over many rows at once: `WITH v(…) AS (VALUES …) statement`.

    A step of a driver gives up the interpreter lock and has to win it back, so a batch is one
    statement, not one per row. For SQLite rows are padded with NULLs to a power of two, so that few
    texts are prepared; the statement must ignore rows of `v` whose first column is NULL. PostgreSQL is
    given one array per column, and visits rows in their order where another process may meet it.
    """

    def __init__(
        self,
        v: TableClause,
        statement: ClauseElement,
        types: Mapping[str, str] = _TYPES,
        *,
        anew: bool = False,
    ) -> None:
        names = [c.name for c in v.c]
        kinds = [types.get(name, "bigint") for name in names]
        self._width = len(names)
        self._statement = Sql.of(statement)
        self._anew = anew
        self._head = f"WITH v({', '.join(names)}) AS (VALUES "
        self._row = f"({', '.join('?' * self._width)})"
        self._arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        self._spell = [SPELL[kind] for kind in kinds]
        self._names = ", ".join(names)
        self._texts: dict[int, str] = {}
        self.most = 1 << (VARIABLES // self._width).bit_length() - 1

    def text(self, size: int) -> str:
        """Return SQLite's statement for exactly `size` rows."""
        found = self._texts.get(size)
        if found is None:
            rows = ",".join([self._row] * size)
            found = self._texts[size] = f"{self._head}{rows}) {self._statement}"
        return found

    @cached_property
    def postgres(self) -> Sql:
        """PostgreSQL's statement, for any number of rows."""
        given_rows = f"WITH v({self._names}) AS (SELECT * FROM unnest({self._arrays}))"  # noqa: S608 - our own names
        made = Sql.spelt("", f"{given_rows} {self._statement.postgres}")
        made.anew = self._anew
        return made

    def run(self, db: Db, rows: Sequence[Iterable[Any]]) -> list[Values]:
        """Execute for all `rows` and return what the statement returns, in no particular order."""
        if not rows:
            return []
        if shared(db):
            return self._run_arrays(db, rows)
        found: list[Values] = []
        for start in range(0, len(rows), self.most):
            chunk = rows[start : start + self.most]
            size = 1 << (len(chunk) - 1).bit_length()
            values = [value for row in chunk for value in row]
            values += [None] * ((size - len(chunk)) * self._width)
            found += db.execute(self.text(size), values).fetchall()
        return found

    def _run_arrays(self, db: Db, rows: Sequence[Iterable[Any]]) -> list[Values]:
        found: list[Values] = []
        for start in range(0, len(rows), BATCH_ROWS):
            columns = zip(*rows[start : start + BATCH_ROWS], strict=True)
            arrays = [spell(values) for spell, values in zip(self._spell, columns, strict=True)]
            found += db.execute(self.postgres, arrays).fetchall()
        return found


def shared(db: Db) -> bool:
    """Return whether this is PostgreSQL: other processes write the same rows, and batches are arrays."""
    return _is_shared(type(db))


@cache
def _is_shared(kind: type[Db]) -> bool:
    return bool(getattr(kind, "shared", False))
