"""The PostgreSQL store keeps the contract of every store, and the promises that are its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from genmux.engine.ports import Clock, Store
from genmux.store.postgres import PostgresStore
from genmux.testing.postgres import Postgres, empty
from genmux.testing.store_suite import StoreSuite


class TestPostgresStore(StoreSuite):
    @pytest.fixture(autouse=True)
    def _database(self, postgres: Postgres) -> Iterator[None]:
        self.folder: Path | None = None
        with postgres.database() as self.url:
            yield

    def make(self, folder: Path, clock: Clock) -> Store:
        if self.folder not in (None, folder):
            empty(self.url)
        self.folder = folder
        return PostgresStore(self.url, clock=clock)
