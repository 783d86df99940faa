"""What was acknowledged survives a kill."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from genmux.store.sqlite import SqliteStore
from genmux.testing.store_suite import NOW

CHILD = """
import asyncio, sys
from pathlib import Path
from genmux.store.sqlite import SqliteStore
from genmux.testing.store_suite import NOW, new_task

async def client(store):
    while True:
        task = new_task()
        await store.create(task)
        sys.stdout.write(task.id.hex() + "\\n")
        sys.stdout.flush()

async def main():
    store = SqliteStore(Path(sys.argv[1]), clock=lambda: NOW)
    await store.open()
    await asyncio.gather(*(client(store) for _ in range(8)))

asyncio.run(main())
"""


def kill_after(path: Path, answers: int) -> list[str]:
    """Return what a child process was told about its creates before it was killed in their midst."""
    told: list[str] = []
    command = [sys.executable, "-c", CHILD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            told.append(line.strip())
            if len(told) == answers:
                child.send_signal(signal.SIGKILL)
    return told


async def test_every_acknowledged_task_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "genmux.db"
    told = await asyncio.to_thread(kill_after, path, 300)
    assert len(told) >= 300
    store = SqliteStore(path, clock=lambda: NOW)
    await store.open()
    whole = [bytes.fromhex(known) for known in told if len(known) == 32]
    missing = [known for known in whole if await store.get(known) is None]
    await store.close()
    assert missing == []
