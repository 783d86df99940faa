"""Files are closed however it ends."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from genmux.engine.files import opened


class Slow:
    """A path whose file opens when it is let."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begun = threading.Event()
        self.let = threading.Event()
        self.file: BinaryIO | None = None

    def open(self, mode: str) -> BinaryIO:
        """Open it."""
        self.begun.set()
        self.let.wait(10)
        file: Any = self.path.open(mode)
        self.file = file
        return self.file


async def test_a_file_is_closed_after_its_block(tmp_path: Path) -> None:
    async with opened(tmp_path / "a", "xb") as file:
        file.write(b"x")
    assert file.closed
    assert (tmp_path / "a").read_bytes() == b"x"
    with pytest.raises(FileExistsError):
        async with opened(tmp_path / "a", "xb"):
            raise AssertionError


async def test_who_is_cancelled_while_it_opens_leaves_none_open(tmp_path: Path) -> None:
    slow = Slow(tmp_path / "a")

    async def use() -> None:
        async with opened(slow, "xb"):  # type: ignore[arg-type]
            raise AssertionError

    using = asyncio.create_task(use())
    await asyncio.to_thread(slow.begun.wait, 10)
    using.cancel()
    await asyncio.sleep(0)
    assert not using.done()  # the file will be there, so whoever deletes it has to wait
    slow.let.set()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert slow.file is not None
    assert slow.file.closed
