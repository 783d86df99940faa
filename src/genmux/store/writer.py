"""The one thread that writes: it owns the write connection and commits waiting work in groups."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from genmux.domain.errors import Unavailable
from genmux.domain.text import Text
from genmux.engine.ports import NewTask, Repeat
from genmux.store.compiled import Db

T = TypeVar("T")
Work = Callable[[Db], Any]
Group = Sequence[NewTask]
Create = Callable[[Db, Sequence[Group]], Sequence[int | Repeat]]


@dataclass(slots=True)
class _Order:
    """One waiting operation, and later its outcome; a create carries its tasks instead of work."""

    future: asyncio.Future[Any]
    tasks: Group
    work: Work | None
    result: Any = None
    error: Exception | None = None


def closed() -> Unavailable:
    """Return the error of every call on a store that is not open."""
    return Unavailable(Text("The store is not open.", "存储未打开。"))


def broken(error: Exception) -> Unavailable:
    """Return the error of a transaction that the database did not take."""
    return Unavailable(Text(f"The store could not write: {error}.", f"存储无法写入：{error}。"))


@dataclass(frozen=True, slots=True)
class Driver:
    """What differs between the drivers: the words that begin a transaction that writes, and their errors.

    `errors` are all they raise; `faults` those of the database, not of what was asked.
    """

    begin: str
    errors: type[Exception]
    faults: type[Exception]


class Writer:
    """Group commit: whatever waits when a transaction starts shares its COMMIT.

    Answers are given after COMMIT, in one call into the event loop per transaction. A failed
    COMMIT fails everything in it. An operation that raises fails alone: its transaction is rolled
    back and run again with a savepoint around each operation. Operations of one transaction run
    creates first, the rest in the order they came.
    """

    def __init__(self, db: Db, create: Create, loop: asyncio.AbstractEventLoop, driver: Driver) -> None:
        self._db = db
        self._create = create
        self._loop = loop
        self._driver = driver
        self._waiting: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="genmux-writer", daemon=True)
        self._open = True
        self.commits = 0
        self._thread.start()

    def create(self, tasks: Group) -> asyncio.Future[int | Repeat]:
        """Queue the create of a task, last in its group, and return its future."""
        return self._put(tasks, None)

    def run(self, work: Callable[[Db], T]) -> asyncio.Future[T]:
        """Queue `work` and return its future; `work` may run twice, only the last run counts."""
        return self._put((), work)

    def stop(self) -> None:
        """Finish what waits, refuse what comes later, and end the thread."""
        if self._open:
            self._open = False
            self._waiting.put(None)
        self._thread.join()

    def _put(self, tasks: Group, work: Work | None) -> asyncio.Future[Any]:
        if not self._open:
            raise closed()
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.put(_Order(future, tasks, work))
        return future

    def _serve(self) -> None:
        stopping = False
        while not stopping:
            orders, stopping = self._take()
            if orders:
                self._commit(orders)
                with suppress(RuntimeError):  # the loop was closed first: nobody waits any more
                    self._loop.call_soon_threadsafe(_answer, orders)

    def _take(self) -> tuple[list[_Order], bool]:
        orders: list[_Order] = []
        order = self._waiting.get()
        try:
            while order is not None:
                orders.append(order)
                order = self._waiting.get_nowait()
        except Empty:
            return orders, False
        return orders, True

    def _commit(self, orders: list[_Order]) -> None:
        db = self._db
        try:
            db.execute(self._driver.begin)
            try:
                self._together(orders)
            except Exception:  # whatever one operation did, the others go on without it
                self._roll_back()
                db.execute(self._driver.begin)
                self._apart(orders)
            db.execute("COMMIT")
            self.commits += 1
        except Exception as error:  # nothing may end this thread
            self._roll_back()
            told = broken(error) if isinstance(error, self._driver.errors) else error
            for order in orders:
                order.error = told

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _together(self, orders: list[_Order]) -> None:
        creates = [order for order in orders if order.tasks]
        if creates:
            results = self._create(self._db, [order.tasks for order in creates])
            for order, result in zip(creates, results, strict=True):
                order.result = result
        for order in orders:
            if order.work is not None:
                order.result = order.work(self._db)

    def _apart(self, orders: list[_Order]) -> None:
        for order in orders:
            self._db.execute("SAVEPOINT one")
            try:
                self._together([order])
            except Exception as error:
                if not self._db.in_transaction:
                    raise
                order.error = broken(error) if isinstance(error, self._driver.faults) else error
                self._db.execute("ROLLBACK TO one")
            self._db.execute("RELEASE one")


def _answer(orders: list[_Order]) -> None:
    for order in orders:
        if order.future.done():
            continue
        if order.error is not None:
            order.future.set_exception(order.error)
        else:
            order.future.set_result(order.result)
