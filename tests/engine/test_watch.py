"""Waiting for a task to change."""

from __future__ import annotations

import asyncio
from pathlib import Path

from genmux.domain.states import TaskState
from genmux.engine.watch import Watch
from genmux.providers.seam import Recovery
from genmux.testing.harness import OPERATOR, Harness
from genmux.testing.scripted import ScriptedProvider


async def test_everybody_who_waits_is_woken() -> None:
    watch = Watch()
    waiting = [asyncio.create_task(watch.wait(1, 60)) for _ in range(3)]
    await asyncio.sleep(0)
    watch.wake(2)
    watch.wake(1)
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert not watch._waiters


async def test_a_wait_ends_by_itself_and_when_cancelled() -> None:
    watch = Watch()
    await watch.wait(1, 0.01)
    waiting = asyncio.create_task(watch.wait(1, 60))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not watch._waiters


async def test_changed_returns_with_the_change(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    task_id = await harness.create("a cat")
    row = (await harness.service.find(OPERATOR, task_id)).row
    assert await harness.service.queue_position(await harness.service.find(OPERATOR, task_id)) == 0
    waiting = asyncio.create_task(harness.service.changed(task_id, row.revision, 60))
    await asyncio.sleep(0)
    await harness.service.cancel(OPERATOR, task_id)
    after = await asyncio.wait_for(waiting, 5)
    assert after is not None
    assert after.state is TaskState.CANCELLED
    assert await harness.service.changed(task_id, after.revision, 60) == after
    assert await harness.service.changed(bytes(16), 0, 60) is None
    await harness.close()
