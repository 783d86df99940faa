"""What both stores promise of writes that share a transaction: subclass `GroupedWrites`, with a `store`."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest
from msgspec.structs import replace

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.engine.ports import IdempotencyClaim, Repeat
from genmux.store.sql_store import SqlStore
from genmux.testing.store_suite import HOUR, NOW, new_task


class GroupedWrites:
    """Group commit, as callers see it; `refusal` is what the driver raises for a row that is not allowed."""

    refusal: ClassVar[type[Exception]]

    async def test_creates_that_wait_together_share_commits(self, store: SqlStore) -> None:
        before = store.commits
        await asyncio.gather(*(store.create(new_task()) for _ in range(64)))
        assert store.commits - before <= 8

    async def test_an_operation_that_fails_fails_alone(self, store: SqlStore) -> None:
        bad = [new_task(priority=99), new_task(spec=None), new_task(sub_app_id=1 << 70)]
        good = [new_task(idempotency=IdempotencyClaim("http", f"k{i}", b"b", NOW + HOUR)) for i in range(20)]
        twin = replace(new_task(), id=good[0].id)
        answers = await asyncio.gather(
            *(store.create(task) for task in (*good, *bad, twin)),
            store.put_meta("a", "b"),
            return_exceptions=True,
        )
        assert all(isinstance(answer, int) for answer in answers[:20])
        assert all(isinstance(answer, Exception) for answer in answers[20:24])
        assert (await store.counts())[TaskState.QUEUED] == 20
        assert await store.meta("a") == "b"

    async def test_a_refused_create_leaves_its_key_free(self, store: SqlStore) -> None:
        claim = IdempotencyClaim("http", "k", b"b", NOW + HOUR)
        with pytest.raises(self.refusal):
            await store.create(new_task(priority=99, idempotency=claim))
        assert await store.find_repeat(1, claim, NOW) is None
        task = new_task(idempotency=claim)
        assert isinstance(await store.create(task), int)
        assert await store.create(new_task(idempotency=claim)) == Repeat(task.id, True)

    async def test_a_caller_that_left_does_not_stop_its_batch(self, store: SqlStore) -> None:
        gone = asyncio.ensure_future(store.create(new_task()))
        await asyncio.sleep(0)
        gone.cancel()
        assert isinstance(await store.create(new_task()), int)
        with pytest.raises(asyncio.CancelledError):
            await gone

    async def test_close_commits_what_waits_and_refuses_what_comes_later(self, store: SqlStore) -> None:
        waiting = [asyncio.ensure_future(store.create(new_task())) for _ in range(10)]
        await asyncio.sleep(0)
        await store.close()
        assert len(set(await asyncio.gather(*waiting))) == 10
        for call in (store.create(new_task()), store.counts(), store.get(b""), store.put_meta("a", "b")):
            with pytest.raises(Unavailable, match="not open"):
                await call
        await store.close()
