"""Lends connections that only read to a few threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from genmux.store.compiled import Db

T = TypeVar("T")


class Readers:
    """Runs reads that are too heavy for the event loop, each on a connection of its own."""

    def __init__(self, connect: Callable[[], Db], count: int) -> None:
        self._all = [connect() for _ in range(count)]
        self._free: SimpleQueue[Db] = SimpleQueue()
        for db in self._all:
            self._free.put(db)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="genmux-reader")

    async def run(self, read: Callable[[Db], T]) -> T:
        """Return what `read` returns, from another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._lend, read)

    def close(self) -> None:
        """Wait for running reads and close the connections."""
        self._threads.shutdown(wait=True)
        for db in self._all:
            db.close()

    def _lend(self, read: Callable[[Db], T]) -> T:
        db = self._free.get()
        try:
            return read(db)
        finally:
            self._free.put(db)
