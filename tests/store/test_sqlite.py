"""The SQLite store keeps the contract of every store, and the promises that are its own."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.store.grouped_writes import GroupedWrites

from genmux.domain.errors import Unavailable
from genmux.domain.states import TaskState
from genmux.engine.ports import Binding, Change, Clock, IdempotencyClaim, Store
from genmux.store.connections import check_version
from genmux.store.schema import HEAD
from genmux.store.sqlite import SqliteStore
from genmux.store.upgrade import SCRIPTS, revision
from genmux.testing.store_suite import HOUR, NOW, StoreSuite, artifact, change, claim_order, new_task


class TestSqliteStore(StoreSuite):
    def make(self, folder: Path, clock: Clock) -> Store:
        return SqliteStore(folder / "genmux.db", clock=clock)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "data" / "genmux.db", clock=lambda: NOW)
    await store.open()
    yield store
    await store.close()


class TestSqliteWrites(GroupedWrites):
    refusal = sqlite3.IntegrityError


async def test_a_lone_create_does_not_wait_for_company(store: SqliteStore) -> None:
    before = store.commits
    await store.create(new_task())
    assert store.commits - before == 1


async def test_another_writer_makes_the_store_unavailable(store: SqliteStore) -> None:
    other = sqlite3.connect(store.path, isolation_level=None)
    await store.put_meta("a", "1")
    await store._write(lambda db: db.execute("PRAGMA busy_timeout = 0").fetchall())
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        await store.put_meta("a", "2")
    other.execute("ROLLBACK")
    other.close()
    await store.put_meta("a", "3")
    assert await store.meta("a") == "3"


# ---------------------------------------------------------------- opening


async def test_the_database_is_durable_and_concurrent(store: SqliteStore) -> None:
    pragmas = ("journal_mode", "synchronous")
    found = await store._write(lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas])
    assert found == ["wal", 2]


@pytest.mark.parametrize(("version", "fine"), [((3, 34, 1), False), ((3, 35, 0), True), ((3, 40, 1), True)])
def test_an_old_sqlite_is_refused(version: tuple[int, int, int], fine: bool) -> None:
    if fine:
        check_version(version)
    else:
        with pytest.raises(Unavailable, match=r"3\.34\.1; genmux needs 3\.35\.0"):
            check_version(version)


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "genmux.db"
    store = SqliteStore(path, clock=lambda: NOW)
    await store.open()
    await store._write(lambda db: db.execute("UPDATE alembic_version SET version_num = '9999'").fetchall())
    await store.close()
    with pytest.raises(Unavailable, match="revision 9999"):
        await store.open()
    await store.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "genmux.db"
    path.write_bytes(b"not a database at all" * 100)
    store = SqliteStore(path, clock=lambda: NOW)
    with pytest.raises(Unavailable, match="not a database"):
        await store.open()


async def test_a_new_database_is_at_the_newest_script(store: SqliteStore) -> None:
    newest = sorted((SCRIPTS / "versions").glob("*.py"))[-1]
    assert newest.name.startswith(f"{HEAD}_")
    assert await store._write(revision) == HEAD


# ---------------------------------------------------------------- beyond the port


async def test_tenants_are_made_once(store: SqliteStore) -> None:
    first = await store.tenant("a")
    assert await store.tenant("b") != first
    assert await store.tenant("a") == first


async def test_facts_are_remembered(store: SqliteStore) -> None:
    assert await store.meta("x") is None
    await store.put_meta("x", "1")
    await store.put_meta("x", "2")
    assert await store.meta("x") == "2"


async def test_prune_forgets_expired_idempotency_keys(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "genmux.db", clock=lambda: NOW + HOUR)
    await store.open()
    await store.create(new_task(idempotency=IdempotencyClaim("http", "old", b"b", NOW + HOUR)))
    await store.create(new_task(idempotency=IdempotencyClaim("http", "live", b"b", NOW + HOUR + 1)))
    await store.prune(NOW, 1)
    assert await store._read(lambda db: db.execute("SELECT key FROM idempotency").fetchall()) == [("live",)]
    await store.close()


async def test_an_abandoned_attempt_is_polled_until_it_is_closed(store: SqliteStore) -> None:
    seq = await store.create(new_task())
    assert isinstance(seq, int)
    (claim,) = (await store.claim_queued(claim_order())).claims
    await store.bind([Binding(seq, 1, "up", NOW, NOW)])
    cancelled = Change(seq, claim.fence, TaskState.RUNNING, TaskState.CANCELLED, NOW, due_at=NOW + 5)
    assert await store.apply([cancelled]) == {seq}
    assert await store.take_due_attempts(NOW, 10, 10) == ()
    ((of, attempt),) = await store.take_due_attempts(NOW + 5, 10, 10)
    assert (of, attempt.n, attempt.upstream_ref, attempt.closed_at) == (seq, 1, "up", None)
    assert await store.take_due_attempts(NOW + 5, 10, 10) == ()
    assert len(await store.take_due_attempts(NOW + 15, 10, 10)) == 1
    assert await store.close_attempt(seq, 1, "cancelled", NOW + 16) is True
    assert await store.close_attempt(seq, 1, "cancelled", NOW + 16) is False
    assert await store.take_due_attempts(NOW + HOUR, 10, 10) == ()


async def test_a_closed_attempt_is_not_polled(store: SqliteStore) -> None:
    await store.create(new_task())
    (claim,) = (await store.claim_queued(claim_order())).claims
    collect = change(claim, TaskState.COLLECTING, upstream_ref="r", keep_lease=True)
    done = change(
        claim, TaskState.SUCCEEDED, state=TaskState.COLLECTING, attempt_outcome="ok", artifacts=(artifact(),)
    )
    assert await store.apply([collect, done]) == {claim.seq}
    assert await store.take_due_attempts(NOW + HOUR, 10, 10) == ()
