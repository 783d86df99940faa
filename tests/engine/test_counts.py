"""Counts that are dear are made seldom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from genmux.domain.states import TaskState
from genmux.engine.counts import TaskCounts


class Slow:
    """Counts its counts; each of them takes `seconds` of a clock of its own."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 0.0
        self.counted = 0

    async def count(self) -> Mapping[TaskState, int]:
        self.counted += 1
        self.now += self.seconds
        await asyncio.sleep(0)
        return {TaskState.QUEUED: self.counted}


async def test_what_is_cheap_is_counted_for_everybody() -> None:
    slow = Slow(0.01)
    counts = TaskCounts(slow.count, lambda: slow.now)
    assert [(await counts.look())[TaskState.QUEUED] for _ in range(3)] == [1, 2, 3]


async def test_what_is_dear_costs_a_tenth_at_most() -> None:
    slow = Slow(2.0)
    counts = TaskCounts(slow.count, lambda: slow.now)
    await asyncio.gather(*(counts.look() for _ in range(20)))
    assert slow.counted == 1
    slow.now += 19
    await counts.look()
    assert slow.counted == 1
    slow.now += 2
    assert (await counts.look())[TaskState.QUEUED] == 2


async def test_a_count_that_failed_is_made_again() -> None:
    failures = [OSError("away")]

    async def count() -> Mapping[TaskState, int]:
        if failures:
            raise failures.pop()
        return {TaskState.QUEUED: 7}

    counts = TaskCounts(count)
    assert isinstance((await asyncio.gather(counts.look(), return_exceptions=True))[0], OSError)
    assert (await counts.look())[TaskState.QUEUED] == 7
