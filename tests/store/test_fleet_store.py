"""What processes tell each other through their database, on both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from genmux.compose.clock import now_ms
from genmux.compose.secret import prove_key
from genmux.engine.fleet import Permit, Role, WorkerRow
from genmux.store.keyring import Keyring, MasterKeyError
from genmux.store.postgres import PostgresStore
from genmux.store.sql_store import SqlStore
from genmux.store.sqlite import SqliteStore
from genmux.testing.postgres import Postgres

NOW = 1_795_000_000_000
MASTER, OTHER = bytes(range(32)), bytes(32)


@pytest.fixture(params=["sqlite", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    if request.param == "sqlite":
        yield SqliteStore(tmp_path / "fleet.sqlite3", clock=lambda: NOW)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database() as url:
        yield PostgresStore(url, clock=lambda: NOW)


@pytest.fixture
async def store(made: SqlStore) -> AsyncIterator[SqlStore]:
    await made.open()
    yield made
    await made.close()


async def test_the_clock_of_the_database(store: SqlStore) -> None:
    told = await store.server_time()
    assert abs(told.store_ms - now_ms()) < 5_000
    assert abs(told.monotonic_ms - time.monotonic_ns() / 1e6) < 5_000
    assert 0 <= told.round_trip_ms < 1_000


async def test_who_is_alive(store: SqlStore) -> None:
    one, two = WorkerRow("b", Role.ALL, "h1", NOW, NOW), WorkerRow("a", Role.API, "h2", NOW + 1, NOW + 1)
    assert await store.beat(one, NOW - 10) == (one,)
    assert await store.beat(two, NOW - 10) == (one, two)
    later = replace(two, seen_at=NOW + 60)
    assert await store.beat(later, NOW + 50) == (later,)
    assert await store.alive(0) == (one, later)
    await store.leave("a")
    assert await store.alive(0) == (one,)
    assert await store.beat(replace(two, seen_at=NOW + 10**6), NOW + 10**6) != ()
    assert await store.alive(0) == (replace(two, seen_at=NOW + 10**6),), "the long dead are struck off"


async def test_instants_are_given_once(store: SqlStore) -> None:
    now_us = NOW * 1000
    given = await asyncio.gather(*(store.reserve("p", 20_000, n, now_us) for n in (1, 2, 3, 4)))
    taken = sorted(
        first + place * 20_000 for n, first in zip((1, 2, 3, 4), given, strict=True) for place in range(n)
    )
    assert taken == [now_us + place * 20_000 for place in range(10)]
    assert await store.reserve("p", 20_000, 1, now_us + 10**6) == now_us + 10**6, "unused ones are lost"
    await store.hold("p", now_us + 5 * 10**6)
    await store.hold("p", now_us)
    assert await store.reserve("p", 20_000, 1, now_us) == now_us + 5 * 10**6


async def test_no_second_lets_more_through_than_its_limit(store: SqlStore) -> None:
    wishes = [Permit("k:Create", 7, 3, 10), Permit("a:Create", 7, 3, 2)]
    granted = [await store.permit(wishes) for _ in range(4)]
    assert granted == [[3, 2], [3, 0], [3, 0], [1, 0]]
    assert await store.permit(wishes) == [0, 0]
    assert await store.permit([replace(wishes[0], second=8)]) == [3]


async def test_a_mark_tells_a_revoked_key_and_a_changed_channel(store: SqlStore) -> None:
    marks = [await store.marks()]
    keys = Keyring(store, MASTER, lambda: NOW, store.tenant)
    made, _, _ = await keys.create("a", None)
    assert await store.marks() == marks[0], "new keys are looked up anyway"
    await keys.revoke(made.secret_id)
    marks.append(await store.marks())
    await store.put_channel("c", "preview", "{}", True)
    marks.append(await store.marks())
    await store.put_credential("name:c", b"x", NOW)
    marks.append(await store.marks())
    await store.put_credential("name:c", b"y", NOW + 1)
    marks.append(await store.marks())
    await store.put_credential("0123", b"y", NOW + 2)
    assert await store.marks() == marks[-1], "what attempts name never changes"
    assert len({str(mark) for mark in marks}) == len(marks)


async def test_what_was_learnt_since(store: SqlStore) -> None:
    await store.put_learnt([("slots:1", "a"), ("1/video", "b")], NOW)
    await store.put_learnt([("health:1", "c")], NOW + 5)
    assert await store.learnt_since(NOW) == (("health:1", "c", NOW + 5),)
    assert len(await store.learnt_since(0)) == 3


async def test_a_small_fact_is_kept_by_the_first_to_come(store: SqlStore) -> None:
    assert set(await asyncio.gather(*(store.keep_meta("k", value) for value in "abc"))) == {"a"}


async def test_a_retry_finds_the_try_that_nobody_else_repeats(store: SqlStore) -> None:
    first = await store.begin_try(b"m", 0, NOW)
    assert await store.claim_try(b"n", 1, NOW, 0) is None
    assert await store.claim_try(b"m", 0, NOW, 0) is None
    assert await store.claim_try(b"m", 1, NOW + 1, NOW) == (first, None)
    assert await store.claim_try(b"m", 1, NOW + 1, NOW) is None, "one retry repeats it"
    assert await store.tried(first) == (None,)
    await store.settle_try(first, "task")
    assert await store.tried(first) == ("task",)
    assert await store.claim_try(b"m", 2, NOW + 2, NOW + 2) is None, "too old"
    assert await store.claim_try(b"m", 2, NOW + 2, NOW) == (first, "task")
    second = await store.begin_try(b"m", 0, NOW + 3)
    await store.settle_try(second, None)
    assert await store.tried(second) is None
    await store.tidy(NOW + 3, 0)
    assert await store.tried(first) is None


async def test_what_a_refused_create_made_is_told_once(store: SqlStore) -> None:
    for _ in range(2):
        await store.begin_try(b"m", 0, NOW)
    assert await store.take_answer(b"m", NOW) is None
    await store.answer_tries(b"m", NOW, "made")
    assert await store.take_answer(b"m", NOW) == "made"
    assert await store.take_answer(b"m", NOW) is None


async def test_another_secret_key_is_refused(store: SqlStore) -> None:
    await prove_key(store, MASTER)
    await prove_key(store, MASTER)
    with pytest.raises(MasterKeyError, match="GENMUX_SECRET_KEY"):
        await prove_key(store, OTHER)


async def test_the_key_of_an_older_database_is_tried_on_what_it_sealed(store: SqlStore) -> None:
    await Keyring(store, MASTER, lambda: NOW, store.tenant).create("a", None)
    with pytest.raises(MasterKeyError, match="GENMUX_SECRET_KEY"):
        await prove_key(store, OTHER)
    await prove_key(store, MASTER)
