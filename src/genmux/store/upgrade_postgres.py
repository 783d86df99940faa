"""Brings a PostgreSQL database to the newest schema, one process at a time."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.dialects.postgresql import Insert, insert

from genmux.domain.errors import Unavailable
from genmux.domain.text import same
from genmux.store.compiled import Db
from genmux.store.schema import HEAD, OLDEST_CODE, meta
from genmux.store.upgrade import known, run_scripts

OLDEST: Final = 130_000
"""The first server whose statements ours are."""

ENCODING: Final = "UTF8"
SERVES: Final = "oldest_code"
_LOCK: Final = "SELECT pg_advisory_xact_lock(1735226744)"


def revision(db: Db) -> str | None:
    """Return the stored revision, None for a database that was never migrated."""
    if db.execute("SELECT to_regclass('alembic_version')").fetchone()[0] is None:
        return None
    row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def upgrade(db: Db, url: str) -> bool:
    """Migrate to `HEAD` in one transaction; return False when the database was there already.

    Several processes may ask at once: one migrates, the others wait for it. Raises `Unavailable` when
    the server is too old, the database's encoding is not UTF-8, or a genmux has written it that is newer
    by more than one release: what is newer by one still serves us.
    """
    version = int(db.execute("SHOW server_version_num").fetchone()[0])
    if version < OLDEST:
        raise Unavailable(same(f"The PostgreSQL server is {version // 10_000}; genmux needs 13 or newer."))
    encoding = db.execute("SHOW server_encoding").fetchone()[0]
    if encoding != ENCODING:
        raise Unavailable(
            same(f"The database has the encoding {encoding}; genmux needs one made with {ENCODING}.")
        )
    found = revision(db)
    if found == HEAD:
        return False
    if found is not None and not known(found):
        if (serves(db) or found) <= HEAD:
            return False
        raise Unavailable(same(f"The database is at revision {found}; this genmux knows up to {HEAD}."))
    migrate(url)
    return True


def serves(db: Db) -> str | None:
    """Return the oldest revision whose code may run on the database, as its newest code has written."""
    row = db.execute("SELECT value FROM meta WHERE key = %s", (SERVES,)).fetchone()
    return None if row is None else str(row[0])


def migrate(url: str, to: str = "head") -> None:
    """Run the scripts up to the revision `to` in one transaction."""
    import psycopg
    from sqlalchemy import NullPool, create_engine

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(url, prepare_threshold=None)  # a pooler may be in between

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(_LOCK)
        run_scripts(connection, to)
        if to == "head":
            connection.execute(_put(SERVES, OLDEST_CODE))
        connection.commit()


def _put(key: str, value: str) -> Insert:
    put = insert(meta).values(key=key, value=value)
    return put.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": put.excluded.value})
