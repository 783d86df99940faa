"""Lends connections that only read to a few threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

from genmux.store.compiled import Db
from genmux.store.troubles import Patience, Trouble, never
from genmux.store.writer import Driver, unreadable

T = TypeVar("T")
Judge: TypeAlias = Callable[[Exception], Trouble]


def patiently(read: Callable[[Db], T], db: Db, judge: Judge = never) -> T:
    """Return what `read` returns; it is run again on a new connection when the old one was lost."""
    patience = Patience()
    while True:
        try:
            return read(db)
        except Exception as error:
            trouble = judge(error)
            if trouble is Trouble.LOST:
                db.close()
            if not patience.again(trouble):
                raise


class Readers:
    """Runs reads that are too heavy for the event loop, each on a connection of its own."""

    def __init__(self, connect: Callable[[], Db], count: int, driver: Driver) -> None:
        self._driver = driver
        self._all: list[Db] = []
        self._free: SimpleQueue[Db] = SimpleQueue()
        try:
            for _ in range(count):
                self._all.append(connect())
        except BaseException:
            for db in self._all:
                db.close()
            raise
        for db in self._all:
            self._free.put(db)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="genmux-reader")

    async def run(self, read: Callable[[Db], T]) -> T:
        """Return what `read` returns, from another thread. Raises `Unavailable` for a lost database."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._lend, read)

    def close(self) -> None:
        """Wait for running reads and close the connections."""
        self._threads.shutdown(wait=True)
        for db in self._all:
            db.close()

    def _lend(self, read: Callable[[Db], T]) -> T:
        db = self._free.get()
        try:
            return patiently(read, db, self._driver.judge)
        except self._driver.errors as error:
            if self._driver.judge(error) is Trouble.OWN:
                raise
            raise unreadable(error) from error
        finally:
            self._free.put(db)
