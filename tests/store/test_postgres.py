"""The PostgreSQL store keeps the contract of every store, and the promises that are its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from tests.store.grouped_writes import GroupedWrites

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.engine.ports import Clock, IdempotencyClaim, Repeat, Store, UploadRow
from genmux.store.postgres import PostgresStore
from genmux.testing.postgres import Postgres, empty
from genmux.testing.store_suite import (
    HOUR,
    NOW,
    StoreSuite,
    change,
    claim_order,
    new_task,
)


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


class TestPostgresWrites(GroupedWrites):
    refusal = psycopg.errors.CheckViolation


# ---------------------------------------------------------------- reads


async def test_many_reads_by_key_cost_few_statements(store: PostgresStore) -> None:
    tasks = [new_task() for _ in range(64)]
    seqs = await asyncio.gather(*map(store.create, tasks))
    points = store._points
    assert points is not None
    before = points.statements
    rows = await asyncio.gather(
        *(store.get(task.id) for task in tasks), *(store.get(task.id) for task in tasks)
    )
    assert [row and row.seq for row in rows] == [*seqs, *seqs]
    assert points.statements - before <= 8


async def test_a_read_that_fails_fails_alone(store: PostgresStore) -> None:
    task = new_task()
    await store.create(task)
    wrong: bytes = "text"  # type: ignore[assignment]
    found, trouble = await asyncio.gather(store.artifacts(1), store.get(wrong), return_exceptions=True)
    assert found == ()
    assert isinstance(trouble, Exception)
    row = await store.get(task.id)
    assert row is not None


# ---------------------------------------------------------------- what PostgreSQL cannot store


async def test_a_nul_in_what_a_caller_sends_stops_nothing(store: PostgresStore) -> None:
    extra = '{"SessionContext":"a\\u0000b","webhook":"https://a.example/hook"}'
    task = new_task(extra=extra, idempotency=IdempotencyClaim("vod", "k\0", b"b", NOW + HOUR))
    assert isinstance(await store.create(task), int)
    assert await store.create(replace(task, id=b"2" * 16)) == Repeat(task.id, True)
    plain = new_task(extra='{"SessionContext":"a\\u0000b"}', lane="a\0lane")
    await store.create(plain)
    (claim,) = (await store.claim_queued(claim_order())).claims
    assert await store.apply([change(claim, TaskState.CANCELLED)]) == {claim.seq}
    found = await store.get(plain.id)
    assert found is not None
    assert found.lane == "a\ufffdlane"
    assert await store.request_cancel(found.seq, NOW) is TaskState.CANCELLED
    told = await store._read(lambda db: db.execute("SELECT task_id, sink FROM outbox").fetchall())
    assert told == [(task.id, "webhook")]


async def test_lengths_are_stored_as_they_are(store: PostgresStore) -> None:
    await store._write(
        lambda db: db.execute(
            "INSERT INTO artifacts(task_seq, n, role, seconds) VALUES (1, 0, 'result', 5.04)"
        )
    )
    (made,) = await store.artifacts(1)
    assert made.seconds == 5.04


# ---------------------------------------------------------------- opening


async def test_a_database_that_is_not_there_is_unavailable(url: str) -> None:
    for wrong in (url.replace("genmux_", "nobody_"), "postgresql://127.0.0.1:1/x", "postgresql://x/y?what=1"):
        with pytest.raises(Unavailable, match="cannot be opened"):
            await PostgresStore(wrong, clock=lambda: NOW).open()


async def test_uploads_live_as_long_as_the_longest(store: PostgresStore) -> None:
    for expires_at in (NOW + 30, NOW + 10):
        await store.keep_upload(UploadRow(1, b"a" * 32, "inputs/a", "{}", expires_at))
    found = await store.find_upload(1, b"a" * 32, NOW)
    assert found is not None
    assert found.expires_at == NOW + 30
