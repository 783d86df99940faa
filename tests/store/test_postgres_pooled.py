"""Behind a pooler in transaction mode nothing is kept in a session, and everything works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.store.conftest import MakeStores
from tests.store.pooler import Pooler, left_behind

from genmux.domain.states import TaskState
from genmux.engine.ports import Binding, IdempotencyClaim, NewInput, Repeat
from genmux.store.postgres import PostgresStore
from genmux.store.postgres_connection import LIMITS
from genmux.testing.store_suite import (
    HOUR,
    NOW,
    artifact,
    claim_order,
    detail_of,
    made,
    new_task,
    row_of,
    succeed,
    waiting_for,
)

S = TaskState


@pytest.fixture
def pooler(url: str) -> Iterator[Pooler]:
    with Pooler(url) as pooler:
        yield pooler


@pytest.fixture
async def pooled(pooler: Pooler, url: str) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(pooler.url_of(url), clock=lambda: NOW)
    await store.open()
    yield store
    await store.close()


async def test_a_pooler_is_found_out(pooled: PostgresStore, stores: MakeStores) -> None:
    (direct,) = await stores(1)
    assert (pooled.pooled, direct.pooled) == (True, False)


async def test_a_life_behind_a_pooler(pooled: PostgresStore, pooler: Pooler) -> None:
    before = left_behind(pooler.sessions[0])
    key = IdempotencyClaim("http", "k", b"b", NOW + HOUR)
    for _ in range(6):
        await pooled.create(new_task(tenant_id=2))
    producer = new_task(idempotency=key)
    await pooled.create(producer)
    assert await pooled.create(new_task(idempotency=key)) == Repeat(producer.id, True)
    waiting = await made(pooled, waiting_for(producer.id))
    held = NewInput("style", "value", sha256=b"h" * 32, media_key="inputs/a", probe="{}")
    await pooled.hold_media("inputs/a", b"h" * 32)
    await made(pooled, new_task(inputs=(held,), lane="other"))
    await succeed(pooled, producer, artifact())
    assert (await row_of(pooled, waiting)).state is S.QUEUED
    order = claim_order(interval_us=1_000, worker_id="x")
    rounds = await asyncio.gather(*(pooled.claim_queued(order) for _ in range(5)))
    (claim,) = [claim for round_ in rounds for claim in round_.claims]
    assert await pooled.bind([Binding(claim.seq, claim.attempt, "up", NOW, NOW)]) == {claim.seq}
    assert len(await pooled.take_due(S.RUNNING, 7, "w", NOW, 1_000, 9)) == 1
    assert (await detail_of(pooled, producer)).artifacts
    await pooled.prune(NOW + 1, 10)
    assert pooler.turns > 20
    for session in pooler.sessions:
        assert left_behind(session) == {**before, "prepared": 0, "locks": 0, "channels": 0}


async def test_limits_hold_within_each_transaction(pooled: PostgresStore) -> None:
    shown = await pooled._write(lambda db: db.execute("SHOW lock_timeout", ()).fetchone())
    assert shown == (f"{LIMITS['lock_timeout'] // 1000}s",)


async def test_a_caller_may_say_that_there_is_a_pooler(url: str) -> None:
    store = PostgresStore(url, clock=lambda: NOW, pooled=True)
    await store.open()
    assert store.pooled
    for _ in range(6):
        await store.create(new_task())
    prepared = await store._write(
        lambda db: db.execute("SELECT 1 FROM pg_prepared_statements", ()).fetchall()
    )
    assert prepared == []
    await store.close()
