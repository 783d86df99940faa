"""Brings a database to the newest schema; Alembic is imported only when there is something to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from genmux.domain.errors import Unavailable
from genmux.domain.text import same
from genmux.store.compiled import Db
from genmux.store.schema import HEAD

SCRIPTS: Final = Path(__file__).parent / "migrations"


def revision(db: Db) -> str | None:
    """Return the stored revision, None for a database that was never migrated."""
    try:
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return None if row is None else str(row[0])


def known(revision: str) -> bool:
    """Return whether a revision is one of ours."""
    return any((SCRIPTS / "versions").glob(f"{revision}_*.py"))


def upgrade(db: Db, path: Path) -> bool:
    """Migrate to `HEAD` in one transaction; return False when the database was there already.

    Raises `Unavailable` when a newer genmux has written the database.
    """
    found = revision(db)
    if found == HEAD:
        return False
    if found is not None and not known(found):
        raise Unavailable(
            same(f"The database {path} is at revision {found}; this genmux knows up to {HEAD}.")
        )
    migrate(path)
    return True


def migrate(path: Path, to: str = "head") -> None:
    """Run the scripts up to the revision `to` in one transaction."""
    from sqlalchemy import NullPool, create_engine

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        run_scripts(connection, to)
        connection.commit()


def run_scripts(connection: Connection, to: str) -> None:
    """Run the scripts up to a revision in the transaction that the caller has begun."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
