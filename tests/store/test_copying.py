"""Everything of one store arrives in another, and comes back as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.store.conftest import MakeStores

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.engine.ports import (
    EventConfig,
    EventMode,
    IdempotencyClaim,
    KeyRow,
    NewInput,
    UploadRow,
)
from genmux.store import copying
from genmux.store.copying import copy_store
from genmux.store.sql_store import SqlStore
from genmux.store.sqlite import SqliteStore
from genmux.testing.store_suite import (
    HOUR,
    NOW,
    artifact,
    claim_order,
    made,
    new_task,
    running,
    succeed,
    waiting_for,
)

Rows = dict[str, list[Any]]


@pytest.fixture
async def folder_store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "genmux.db", clock=lambda: NOW)
    await store.open()
    yield store
    await store.close()


async def rows_of(store: SqlStore) -> Rows:
    """Return every row of every table, but for what is each database's own."""
    found: Rows = {}
    for table in copying.TABLES:
        query = f"SELECT * FROM {table.name}"
        rows = await store._read(lambda db, query=query: db.execute(query, ()).fetchall())  # type: ignore[misc]
        found[table.name] = sorted((tuple(row) for row in rows if row[0] != "oldest_code"), key=repr)
    return found


async def live(store: SqlStore) -> None:
    """Write something into every table."""
    held = NewInput("style", "value", sha256=b"h" * 32, media_key="inputs/a", probe="{}")
    key = IdempotencyClaim("http", "k", b"b", NOW + HOUR)
    producer = new_task(
        inputs=(held,), idempotency=key, extra='{"webhook":"https://a.example"}', wire="vod", sub_app_id=7
    )
    await made(store, producer)
    await made(store, waiting_for(producer.id, tenant_id=3))
    await succeed(
        store, producer, artifact(seconds=5.04, file_id=1 << 60), artifact(1, role="thumbnail", seconds=None)
    )
    await running(store, new_task(spec='{"prompt":"雨中的猫 \\\\ \\"x\\" {a,b} NULL 🐈"}'))
    for _ in range(5):
        await made(store, new_task())
    await store.claim_queued(claim_order(want=2, interval_us=10_000))
    gone = await made(store, new_task())
    await store.request_cancel(gone, NOW - HOUR)
    await store.prune(NOW - 1, 10)
    await store.keep_upload(UploadRow(1, b"u" * 32, "inputs/u", "{}", NOW + HOUR))
    await store.tenant("studio")
    await store.add_key(KeyRow(0, 1, "key", "AKID", b"\0\xff", b"t" * 32, NOW, None))
    await store.put_channel("c", "mps", "{}", True)
    await store.put_credential("id", b"\x00sealed", NOW)
    await store.put_learnt([("name", "{}")], NOW)
    await store.put_meta("fact", "value")
    await store.begin_try(b"mark", 1, NOW)
    await store.put_event_config(EventConfig(1, 7, EventMode.PUSH, NOW, "https://a.example", b"sealed"))


async def test_there_and_back_again(
    folder_store: SqliteStore, stores: MakeStores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "STEP", 3)
    await live(folder_store)
    before = await rows_of(folder_store)
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    (distributed,) = await stores(1)
    told: list[tuple[str, int, int]] = []
    copied = await copy_store(folder_store, distributed, lambda *step: told.append(step))
    assert copied == {name: len(rows) for name, rows in before.items()}
    assert await rows_of(distributed) == before
    assert {(name, done, total) for name, done, total in told if done == total} >= {
        (name, len(rows), len(rows)) for name, rows in before.items()
    }
    back = SqliteStore(tmp_path / "back.db", clock=lambda: NOW)
    await back.open()
    await copy_store(distributed, back)
    assert await rows_of(back) == before
    for store in (folder_store, distributed, back):
        assert await made(store, new_task()) == 10
        assert await store.tenant("another") == 2
    await back.close()


async def test_a_target_that_is_not_empty_is_refused(folder_store: SqliteStore, stores: MakeStores) -> None:
    (target,) = await stores(1)
    await target.put_meta("fact", "1")
    await made(folder_store, new_task())
    with pytest.raises(Unavailable, match="table meta has rows"):
        await copy_store(folder_store, target)
    with pytest.raises(Unavailable, match="table events has rows"):
        await copy_store(target, folder_store)
    assert (await target.counts())[TaskState.QUEUED] == 0


async def test_a_copy_that_fails_leaves_nothing(
    folder_store: SqliteStore, stores: MakeStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live(folder_store)
    (target,) = await stores(1)
    monkeypatch.setattr(copying._COPIERS[-1].__class__, "number_on", fail)
    with pytest.raises(Unavailable, match="disk I/O error"):
        await copy_store(folder_store, target)
    assert not any((await rows_of(target)).values())
    assert isinstance(await target.create(new_task()), int)


def fail(*_: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")
