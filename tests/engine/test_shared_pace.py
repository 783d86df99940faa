"""Pacing by several processes: together they keep the limit, and together they slow down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from genmux.engine.channels import Channel
from genmux.engine.pace import SHARE
from genmux.engine.shared_pace import SharedPacer
from genmux.providers.preview import provider
from genmux.store.sqlite import SqliteStore

LIMIT = 40.0


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "pace.sqlite3", clock=now_ms)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def channel() -> Channel:
    return Channel(3, "c", provider, rates={"describe": LIMIT})


async def test_two_processes_keep_one_limit_and_use_it(store: SqliteStore, channel: Channel) -> None:
    pacers = [SharedPacer(store, store, now_ms) for _ in range(2)]
    left: list[float] = []
    until = time.monotonic() + 2.5

    async def call(pacer: SharedPacer) -> None:
        while time.monotonic() < until:
            turn = await pacer.turn(channel, "describe:image")
            left.append(time.monotonic())
            turn.left()

    await asyncio.gather(*(call(pacer) for pacer in pacers for _ in range(4)))
    left.sort()
    most = max(sum(start <= one < start + 1.0 for one in left) for start in left)
    assert most <= LIMIT
    assert len(left) > 0.7 * LIMIT * SHARE * 2.5


async def test_a_call_that_nobody_limits_asks_nobody(store: SqliteStore, channel: Channel) -> None:
    commits = store.commits
    (await SharedPacer(store, store, now_ms).turn(channel, "list")).left()
    assert store.commits == commits


async def test_a_complaint_slows_all_of_them_down(store: SqliteStore, channel: Channel) -> None:
    one, two = (SharedPacer(store, store, now_ms) for _ in range(2))
    one.slow_down(channel, "describe:image", 5.0)
    await one.tell(channel, "describe:image", 5.0)
    assert two.factor(channel, "describe:image") == 1.0
    for name, text in (await store.learnt()).items():
        _, number, pace = name.split(":", 2)
        two.adopt(int(number), pace, text)
    assert two.factor(channel, "describe:image") == pytest.approx(2.0, abs=0.1)
    asked = now_ms()
    first = await store.reserve("channel:3:describe:turn", 1, 1, asked * 1000)
    assert first / 1000 - asked == pytest.approx(5_000, abs=500)
