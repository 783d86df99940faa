"""Brings a PostgreSQL database to the newest schema, one process at a time."""

from __future__ import annotations

from typing import Final

from genmux.domain.errors import Unavailable
from genmux.domain.text import same
from genmux.store.compiled import Db
from genmux.store.schema import HEAD
from genmux.store.upgrade import known, run_scripts

OLDEST: Final = 130_000
"""The first server whose statements ours are."""

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
    the server is too old, or a newer genmux has written the database.
    """
    version = int(db.execute("SHOW server_version_num").fetchone()[0])
    if version < OLDEST:
        raise Unavailable(same(f"The PostgreSQL server is {version // 10_000}; genmux needs 13 or newer."))
    found = revision(db)
    if found == HEAD:
        return False
    if found is not None and not known(found):
        raise Unavailable(same(f"The database is at revision {found}; this genmux knows up to {HEAD}."))
    migrate(url)
    return True


def migrate(url: str, to: str = "head") -> None:
    """Run the scripts up to the revision `to` in one transaction."""
    import psycopg
    from sqlalchemy import NullPool, create_engine

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(_LOCK)
        run_scripts(connection, to)
        connection.commit()
