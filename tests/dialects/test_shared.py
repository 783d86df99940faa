"""Rates and retries of several processes: two dialects' worth of memory on one database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from genmux.dialects.openai_retries import WINDOW_MS, Wishes
from genmux.dialects.shared_rates import SharedWindow
from genmux.dialects.shared_tries import SharedTries
from genmux.dialects.tencent_rates import REPEAT_MS, RateGate, Repeats, RetryMemory
from genmux.engine.fleet import Fleet
from genmux.store.sqlite import SqliteStore
from genmux.testing.harness import FrozenClock
from genmux.wires.tencent import WireError

CREATE = "CreateAigcVideoTask"
KEY = (1, 1, b"x")


def fleet(name: str) -> Fleet:
    return Fleet(name, (), ("a", "b"), shared=True)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "shared.sqlite3", clock=FrozenClock())
    await store.open()
    yield store
    await store.close()


async def admitted(gate: RateGate, calls: int) -> int:
    found = await asyncio.gather(
        *(gate.admit(1, CREATE, patient=False) for _ in range(calls)), return_exceptions=True
    )
    assert all(one is None or isinstance(one, WireError) for one in found)
    return sum(one is None for one in found)


@pytest.mark.parametrize("rate", [1, 2, 20])
async def test_two_processes_let_one_rate_through(store: SqliteStore, rate: int) -> None:
    clock = FrozenClock()
    gates = [RateGate({CREATE: rate}, clock, SharedWindow(store, fleet(name))) for name in "ab"]
    for _ in range(3):
        clock.advance(1)
        both = await asyncio.gather(*(admitted(gate, 2 * rate) for gate in gates))
        assert sum(both) == rate
    clock.advance(1)
    assert await admitted(gates[0], rate) == rate, "one alone gets all of it"
    assert await admitted(gates[1], 1) == 0


async def test_alone_nobody_is_asked(store: SqliteStore) -> None:
    commits = store.commits
    gate = RateGate({CREATE: 2}, FrozenClock(), SharedWindow(store, Fleet("a", (), ("a",), shared=True)))
    assert await admitted(gate, 5) == 2
    assert store.commits == commits


async def test_a_refused_create_that_is_repeated_elsewhere_is_made_once(store: SqliteStore) -> None:
    clock = FrozenClock()
    one, two = (Repeats(RetryMemory(clock), SharedTries(store, fleet(name))) for name in "ab")
    key = one.memory.key(1, CREATE, "SDK_PYTHON_3.1.194", b"{}")
    assert not two.empty
    await one.refused(key)
    assert await two.recall(key) is None
    await two.made(key, {"TaskId": "first"})
    assert await one.recall(key) == {"TaskId": "first"}
    assert await two.recall(key) is None, "a third repeat is a new wish"
    await one.refused(key)
    clock.advance(REPEAT_MS / 1000 + 1)
    await two.made(key, {"TaskId": "late"})
    assert await one.recall(key) is None


async def test_a_numbered_retry_elsewhere_finds_its_task(store: SqliteStore) -> None:
    one, two = (Wishes(shared=SharedTries(store, fleet(name))) for name in "ab")
    settle = await one.begin(KEY, 0, 0)
    waiting = asyncio.ensure_future(two.repeated(KEY, 1, 10))
    await asyncio.sleep(0.05)
    assert not waiting.done(), "it is still being made"
    await settle(b"task")
    assert await waiting == b"task"
    assert await one.repeated(KEY, 1, 20) is None
    assert await one.repeated(KEY, 2, 20) == b"task"
    nothing = await two.begin(KEY, 0, 30)
    await nothing(None)
    assert await one.repeated(KEY, 1, 40) is None
    assert await one.repeated(KEY, 3, 20 + WINDOW_MS + 1) is None
