"""A PostgreSQL for benches: one that waits for its disk, on the load generator's core."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from bench import machine
from genmux.testing.postgres import Postgres, postgres_server

DURABLE: Final = ("fsync = on", "full_page_writes = on", "synchronous_commit = on")
"""What tests turn off, since a test's database may be lost with the machine."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `pid` is that of its first process, None where it runs elsewhere."""

    postgres: Postgres
    version: str
    pid: int | None

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of all its processes so far, None where that cannot be told."""
        return None if self.pid is None else machine.family_cpu_seconds(self.pid)

    def cpu_us(self, before: float | None, count: int) -> float | None:
        """Return the CPU µs it has used for each of so many since `before`."""
        now = self.cpu_seconds()
        return None if now is None or before is None else (now - before) * 1e6 / count


@contextmanager
def durable_server(directory: Path, core: int | None = None) -> Iterator[Server]:
    """Yield the server that `--database` names, as it is, or one of our own that is stopped afterwards.

    Its files lie beside `directory`, where the user that it runs as may go; it runs on the load
    generator's core unless another is said.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="genmux-bench-postgres-", dir=directory.parent)
        )
        with machine.pinned(machine.generator_core() if core is None else core):
            postgres = stack.enter_context(postgres_server(Path(folder)))
        admin = stack.enter_context(psycopg.connect(postgres.url, autocommit=True))
        own = first_row(admin, "SHOW data_directory")[0] == folder
        if own:
            for setting in DURABLE:
                admin.execute(f"ALTER SYSTEM SET {setting}".encode())
            admin.execute("SELECT pg_reload_conf()")
        pid = int(Path(folder, "postmaster.pid").read_text().split()[0]) if own else None
        yield Server(postgres, str(first_row(admin, "SHOW server_version")[0]).split()[0], pid)


def first_row(db: psycopg.Connection[Any], statement: str) -> tuple[Any, ...]:
    """Return the first row of what a statement returns, which returns one."""
    row = db.execute(statement.encode()).fetchone()
    assert row is not None
    return tuple(row)
