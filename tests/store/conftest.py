"""Databases and stores on PostgreSQL for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from genmux.store.postgres import PostgresStore
from genmux.testing.postgres import Postgres
from genmux.testing.store_suite import NOW

MakeStores = Callable[[int], Awaitable[list[PostgresStore]]]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """The URL of a migrated, empty database."""
    with postgres.database() as url:
        yield url


@pytest.fixture
async def stores(url: str) -> AsyncIterator[MakeStores]:
    """Open so many stores on one database, each as a process of its own has it."""
    opened: list[PostgresStore] = []

    async def make(count: int) -> list[PostgresStore]:
        for _ in range(count):
            store = PostgresStore(url, clock=lambda: NOW)
            await store.open()
            opened.append(store)
        return opened[-count:]

    yield make
    for store in opened:
        await store.close()


@pytest.fixture
async def store(stores: MakeStores) -> PostgresStore:
    """One open store."""
    return (await stores(1))[0]
