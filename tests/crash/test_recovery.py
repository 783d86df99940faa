"""kill -9 between the upstream's acceptance and our note of it: the recovery fact alone decides."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from genmux.domain.states import TaskState
from genmux.providers.seam import Recovery
from genmux.testing.harness import FrozenClock, Harness
from genmux.testing.scripted import ScriptedProvider


class Crash(NamedTuple):
    """What the dead process left."""

    directory: Path
    ledger: Path
    task_id: bytes

    def accepted(self) -> list[str]:
        """Return the attempt keys that the upstream took on, and would bill."""
        return [json.loads(line)["key"] for line in self.ledger.read_text().splitlines()]


def crash(home: Path, recovery: Recovery) -> Crash:
    """Let a process die in `submitting`."""
    directory, ledger = home / "engine", home / "ledger.jsonl"
    directory.mkdir()
    died = subprocess.run(
        [sys.executable, Path(__file__).with_name("deadly_upstream.py"), directory, ledger, recovery.value],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    found = Crash(directory, ledger, bytes.fromhex(died.stdout.strip()))
    assert len(found.accepted()) == 1
    return found


@asynccontextmanager
async def restarted(left: Crash, recovery: Recovery) -> AsyncIterator[Harness]:
    """Open the directory again, as a server does: its leases are taken over and its loops run."""
    clock = FrozenClock()
    clock.advance(1)
    provider = ScriptedProvider(recovery)
    harness = await Harness.open(left.directory, provider=provider, ledger=left.ledger, clock=clock)
    try:
        assert await harness.state(left.task_id) is TaskState.SUBMITTING
        await harness.store.release_all_leases(clock())
        await harness.janitor.step()
        await harness.settle()
        yield harness
    finally:
        await harness.close()


async def kinds(harness: Harness, task_id: bytes) -> list[str]:
    return [event.kind for event in (await harness.detail(task_id)).events]


async def test_free_work_is_done_again(tmp_path: Path) -> None:
    left = crash(tmp_path, Recovery.FREE)
    async with restarted(left, Recovery.FREE) as harness:
        assert await harness.state(left.task_id) is TaskState.SUCCEEDED
        assert len(left.accepted()) == 2
        assert (await kinds(harness, left.task_id)).count("succeeded") == 1


async def test_what_can_be_looked_up_is_looked_up(tmp_path: Path) -> None:
    left = crash(tmp_path, Recovery.LOOKUP)
    async with restarted(left, Recovery.LOOKUP) as harness:
        assert await harness.state(left.task_id) is TaskState.SUCCEEDED
        assert len(left.accepted()) == 1
        assert harness.upstream.calls["/lookup"] >= 1
        assert harness.upstream.calls["/create"] == 0
        assert (await kinds(harness, left.task_id)).count("succeeded") == 1


async def test_what_can_be_neither_becomes_unknown(tmp_path: Path) -> None:
    left = crash(tmp_path, Recovery.NEVER)
    async with restarted(left, Recovery.NEVER) as harness:
        assert await harness.state(left.task_id) is TaskState.UNKNOWN
        assert len(left.accepted()) == 1
        assert not harness.upstream.calls
        assert "unknown" in await kinds(harness, left.task_id)


@pytest.mark.parametrize("recovery", list(Recovery))
async def test_the_answer_is_the_same_after_another_restart(tmp_path: Path, recovery: Recovery) -> None:
    left = crash(tmp_path, recovery)
    async with restarted(left, recovery) as harness:
        first, billed = await harness.state(left.task_id), left.accepted()
    again = await Harness.open(
        left.directory, provider=ScriptedProvider(recovery), ledger=left.ledger, clock=harness.clock
    )
    try:
        await again.store.release_all_leases(again.clock())
        await again.janitor.step()
        await again.settle()
        assert await again.state(left.task_id) is first
        assert left.accepted() == billed
    finally:
        await again.close()
