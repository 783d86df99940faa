"""Which database a server works on: the file in its data directory, or one that many share."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from genmux.engine.ports import Clock
from genmux.settings import Settings
from genmux.store.sql_store import SqlStore
from genmux.store.sqlite import SqliteStore

DATABASE_NAME: Final = "genmux.sqlite3"


def choose_store(settings: Settings, clock: Clock) -> SqlStore:
    """Return the store of the settings, not open yet."""
    if not settings.database:
        return SqliteStore(settings.data / DATABASE_NAME, clock=clock)
    from genmux.store.postgres import PostgresStore  # loads libpq: only where it is wanted

    return PostgresStore(settings.database, clock=clock, pooled=settings.pooled)


def shown(database: str) -> str:
    """Return the address of a database as it may be printed: without any password."""
    parts = urlsplit(database)
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    options = [(name, value) for name, value in parse_qsl(parts.query) if "password" not in name]
    query = f"?{urlencode(options, safe='/:')}" if options else ""
    return f"{parts.scheme}://{user}{parts.hostname or ''}{port}{parts.path}{query}"
