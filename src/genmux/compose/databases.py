"""What an operator does with a database as a whole: look at it, bring it to the newest schema, move it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from genmux.compose.clock import now_ms
from genmux.compose.database import DATABASE_NAME, shown
from genmux.compose.membership import ALIVE_MS
from genmux.domain.errors import Unavailable
from genmux.domain.text import Text
from genmux.engine.fleet import WorkerRow
from genmux.settings import Settings
from genmux.settings.fleet import SCHEMES
from genmux.store.compiled import Db, Sql
from genmux.store.fleet import alive, clock_time
from genmux.store.ownership import Ownership
from genmux.store.schema import HEAD, metadata
from genmux.store.sql_store import SqlStore

Told = Callable[[str, int, int], None]
"""Hears of a table, how many of its rows are copied, and how many there are."""

_COUNT: Final = "SELECT count(*) FROM {}"
_PG_SIZES: Final = Sql.spelt(
    "",
    "SELECT relname, pg_total_relation_size(oid), greatest(reltuples, 0)::bigint FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 2 DESC, 1",
)
COUNTED_BYTES: Final = 16_000_000
"""Rows of smaller tables are counted; of larger ones PostgreSQL's own estimate is told."""
_PG_SIZE: Final = Sql.spelt("", "SELECT pg_database_size(current_database())")


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table: bytes with its indexes (None: not known), and about how many rows."""

    name: str
    bytes: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be said of a database; times in milliseconds, sizes in bytes.

    `clock_offset_ms` is how far its clock is ahead of this machine's. `workers` are the processes that
    are alive. Everything but the first lines is empty where the schema is not ours.
    """

    database: str
    kind: str  # sqlite | postgresql
    version: str
    revision: str | None
    newest: str
    pooled: bool
    latency_ms: float
    clock_offset_ms: float
    bytes: int
    tables: tuple[TableSize, ...] = ()
    workers: tuple[WorkerRow, ...] = ()

    @property
    def current(self) -> bool:
        """Whether the schema is the one that this version works on."""
        return self.revision == self.newest

    def told(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {**asdict(self), "current": self.current}


def look_at(settings: Settings) -> Report:
    """Connect and look; nothing is changed. Raises `Unavailable`."""
    if settings.database:
        return _look_at_postgres(settings)
    return _look_at_sqlite(settings.data / DATABASE_NAME)


def _look_at_sqlite(path: Path) -> Report:
    import sqlite3

    from genmux.store.connections import open_reader
    from genmux.store.upgrade import revision

    if not path.exists():
        raise _no_database(path)
    db = open_reader(path)
    try:
        return Report(
            database=str(path),
            kind="sqlite",
            version=sqlite3.sqlite_version,
            revision=(found := revision(db)),
            newest=HEAD,
            pooled=False,
            latency_ms=_latency_ms(db),
            clock_offset_ms=0.0,
            bytes=path.stat().st_size,
            tables=_counted(db) if found == HEAD else (),
        )
    finally:
        db.close()


def _latency_ms(db: Db) -> float:
    began = time.perf_counter()
    db.execute("SELECT 1").fetchone()
    return (time.perf_counter() - began) * 1000


def _counted(db: Db) -> tuple[TableSize, ...]:
    found = [TableSize(name, None, db.execute(_COUNT.format(name)).fetchone()[0]) for name in metadata.tables]
    return tuple(sorted(found, key=lambda size: (-size.rows, size.name)))


def _sized(db: Db) -> tuple[TableSize, ...]:
    sizes = [TableSize(*row) for row in db.execute(_PG_SIZES).fetchall()]
    return tuple(
        replace(size, rows=db.execute(_COUNT.format(size.name)).fetchone()[0])
        if size.name in metadata.tables and (size.bytes or 0) < COUNTED_BYTES
        else size
        for size in sizes
    )


def _look_at_postgres(settings: Settings) -> Report:
    from genmux.store.upgrade_postgres import revision

    with _postgres(settings.database, settings.pooled) as db:
        told = clock_time(db)
        ahead = told.store_ms + time.monotonic_ns() / 1_000_000 - told.monotonic_ms - time.time() * 1000
        found = revision(db)
        ours = found == HEAD
        return Report(
            database=shown(settings.database),
            kind="postgresql",
            version=str(db.execute("SHOW server_version").fetchone()[0]),
            revision=found,
            newest=HEAD,
            pooled=bool(db.pooled),
            latency_ms=told.round_trip_ms,
            clock_offset_ms=ahead,
            bytes=db.execute(_PG_SIZE).fetchone()[0],
            tables=_sized(db) if ours else (),
            workers=alive(db, int(told.store_ms) - ALIVE_MS) if ours else (),
        )


@contextmanager
def _postgres(url: str, pooled: bool | None) -> Iterator[Any]:
    """Yield a connection of its own. Raises `Unavailable`."""
    import psycopg

    from genmux.store.postgres import unreachable
    from genmux.store.postgres_connection import PgDb

    try:
        db = PgDb(url, pooled=pooled)
    except psycopg.Error as error:
        raise unreachable(error) from None
    try:
        yield db
    finally:
        db.close()


def upgrade(settings: Settings) -> tuple[str | None, str]:
    """Bring the database to the newest schema; return the revisions before and after.

    Raises `Unavailable`, and `AlreadyOwned` for a data directory that is served.
    """
    if settings.database:
        return _upgrade_postgres(settings)
    ownership = Ownership.take(settings.data)
    try:
        return _upgrade_sqlite(settings.data / DATABASE_NAME)
    finally:
        ownership.release()


def _upgrade_sqlite(path: Path) -> tuple[str | None, str]:
    from genmux.store import upgrade as steps
    from genmux.store.connections import open_writer

    db = open_writer(path)
    try:
        before = steps.revision(db)
        steps.upgrade(db, path)
        return before, HEAD
    finally:
        db.close()


def _upgrade_postgres(settings: Settings) -> tuple[str | None, str]:
    from genmux.store import upgrade_postgres as steps

    with _postgres(settings.database, settings.pooled) as db:
        before = steps.revision(db)
        steps.upgrade(db, settings.database)
        return before, HEAD


# ---------------------------------------------------------------- moving


async def copy(source: str, target: str, told: Told) -> dict[str, int]:
    """Copy everything from one database into another, empty one; return the rows by table.

    Each is a PostgreSQL URL or a data directory, of which this process is the owner meanwhile. Media
    and the secret key stay where they are. Raises `Unavailable`, `AlreadyOwned`.
    """
    from genmux.store.copying import copy_store

    with ExitStack() as owned:
        origin, goal = _store_at(source, owned, made=False), _store_at(target, owned, made=True)
        await origin.open()
        try:
            await goal.open()
            try:
                for store, name in ((origin, source), (goal, target)):
                    await _refuse_served(store, name)
                return await copy_store(origin, goal, told)
            finally:
                await goal.close()
        finally:
            await origin.close()


def _store_at(place: str, owned: ExitStack, *, made: bool) -> SqlStore:
    """Return the store at a URL or in a directory, which is owned until the stack is left."""
    if place.startswith(SCHEMES):
        from genmux.store.postgres import PostgresStore

        return PostgresStore(place, clock=now_ms)
    from genmux.store.sqlite import SqliteStore

    directory = Path(place).expanduser()
    path = directory / DATABASE_NAME
    if not made and not path.exists():
        raise _no_database(path)
    ownership = Ownership.take(directory)
    owned.callback(ownership.release)
    return SqliteStore(path, clock=now_ms)


async def _refuse_served(store: SqlStore, place: str) -> None:
    now = (await store.server_time()).store_ms
    workers = await store.alive(int(now) - ALIVE_MS)
    if workers:
        named = shown(place) if place.startswith(SCHEMES) else place
        raise Unavailable(
            Text(
                f"{named} is at work: {len(workers)} processes, on {workers[0].host} among others; stop them "
                f"first (a killed one counts for {ALIVE_MS // 1000} s).",
                f"{named} 正在使用中：{len(workers)} 个进程（如主机 {workers[0].host}）；请先停止它们"
                f"（被强制结束的进程 {ALIVE_MS // 1000} 秒内仍计入）。",
            )
        )


def _no_database(path: Path) -> Unavailable:
    return Unavailable(
        Text(f"{path} is not there; is it the right data directory?", f"{path} 不存在；数据目录是否正确？")
    )
