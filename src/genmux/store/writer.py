"""The one thread that writes: it owns the write connection and commits waiting work in groups."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeAlias, TypeVar

from genmux.domain.errors import Unavailable
from genmux.domain.text import Text
from genmux.store.compiled import Db
from genmux.store.troubles import Patience, Trouble, never

T = TypeVar("T")
Work = Callable[[Db], Any]
Together: TypeAlias = Callable[[Db, Sequence[Any]], Sequence[Any]]
"""Does one thing for several callers at once: a wish of each comes in, an answer for each goes out."""
Turn: TypeAlias = tuple[int, str]
"""What kind of lock an operation takes of what everybody wants, and the name of it."""


CREATES: Final = (-1, "")
FIRST: Final = (0, "")


@dataclass(slots=True)
class _Order:
    """One waiting operation, and later its outcome: work of its own, or a wish among those of others."""

    future: asyncio.Future[Any]
    turn: Turn
    work: Work | None = None
    together: Together | None = None
    wish: Any = None
    result: Any = None
    error: Exception | None = None


def closed() -> Unavailable:
    """Return the error of every call on a store that is not open."""
    return Unavailable(Text("The store is not open.", "存储未打开。"))


def broken(error: Exception) -> Unavailable:
    """Return the error of a transaction that the database did not take."""
    return Unavailable(Text(f"The store could not write: {error}.", f"存储无法写入：{error}。"))


def unreadable(error: Exception) -> Unavailable:
    """Return the error of a read that the database did not answer."""
    return Unavailable(Text(f"The store could not read: {error}.", f"存储无法读取：{error}。"))


def uncertain(error: Exception) -> Unavailable:
    """Return the error of a transaction whose COMMIT was sent and never answered."""
    return Unavailable(
        Text(
            f"The connection to the database was lost during a commit; it was written or not: {error}.",
            f"提交期间与数据库的连接中断，写入结果未知：{error}。",
        )
    )


@dataclass(frozen=True, slots=True)
class Driver:
    """What differs between the drivers: the words that begin a transaction that writes, and their errors.

    `errors` are all they raise; `faults` those of the database, not of what was asked. `judge` says
    which of them pass.
    """

    begin: str
    errors: type[Exception]
    faults: type[Exception]
    judge: Callable[[Exception], Trouble] = never


class Writer:
    """Group commit: whatever waits when a transaction starts shares its COMMIT.

    Answers are given after COMMIT, in one call into the event loop per transaction. An operation that
    raises fails alone: its transaction is rolled back and run again with a savepoint around each
    operation. Operations of one transaction run by turn, then in the order they came; what is wished
    together runs where the first of its kind stands.

    Where others write too, a transaction that met them is rolled back and its operations are run one
    by one, each several times if need be. A connection that was lost before COMMIT is opened again and
    the transaction run anew; one lost during COMMIT fails everything in it, for nobody knows.
    """

    def __init__(self, db: Db, loop: asyncio.AbstractEventLoop, driver: Driver) -> None:
        self._db = db
        self._loop = loop
        self._driver = driver
        self._waiting: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="genmux-writer", daemon=True)
        self._open = True
        self.commits = 0
        self._thread.start()

    def run(self, work: Callable[[Db], T], turn: Turn = FIRST) -> asyncio.Future[T]:
        """Queue `work` and return its future; `work` may run several times, only the last run counts.

        Work that takes a lock that all processes want runs late, in the order of its `turn`: it is held
        shortest then, and two groups never wait for each other.
        """
        return self._put(_Order(self._future(), turn, work))

    def join(self, together: Together, wish: Any, turn: Turn = FIRST) -> asyncio.Future[Any]:
        """Queue a wish that `together` fulfils with all others that wait for it; return its future.

        A statement for many rows costs little more than one for a single row. `together` may run
        several times, like work.
        """
        return self._put(_Order(self._future(), turn, together=together, wish=wish))

    def stop(self) -> None:
        """Finish what waits, refuse what comes later, and end the thread."""
        if self._open:
            self._open = False
            self._waiting.put(None)
        self._thread.join()

    def _future(self) -> asyncio.Future[Any]:
        if not self._open:
            raise closed()
        return self._loop.create_future()

    def _put(self, order: _Order) -> asyncio.Future[Any]:
        self._waiting.put(order)
        return order.future

    def _serve(self) -> None:
        stopping = False
        while not stopping:
            orders, stopping = self._take()
            if orders:
                orders.sort(key=_turn)
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
        try:
            self._persist(orders)
        except Exception as error:  # nothing may end this thread
            self._roll_back()
            told = broken(error) if isinstance(error, self._driver.errors) else error
            for order in orders:
                order.error = told

    def _persist(self, orders: list[_Order]) -> None:
        patience = Patience()
        while True:
            try:
                self._transact(orders)
                return
            except self._driver.errors as error:
                self._roll_back()
                trouble = self._driver.judge(error)
                if trouble is Trouble.LOST:
                    self._db.close()
                if trouble is Trouble.CONFLICT and len(orders) > 1:
                    break
                if not patience.again(trouble):
                    raise
        for order in orders:
            self._commit([order])

    def _transact(self, orders: list[_Order]) -> None:
        for order in orders:
            order.error = None
        self._db.execute(self._driver.begin)
        try:
            self._together(orders)
        except Exception as error:  # whatever one operation did, the others go on without it
            if self._passes(error):
                raise
            self._roll_back()
            self._db.execute(self._driver.begin)
            self._apart(orders)
        self._end()
        self.commits += 1

    def _end(self) -> None:
        try:
            self._db.execute("COMMIT")
        except self._driver.errors as error:
            if self._driver.judge(error) is Trouble.LOST:
                self._db.close()
                raise uncertain(error) from error
            raise

    def _passes(self, error: Exception) -> bool:
        return isinstance(error, self._driver.errors) and self._driver.judge(error) is not Trouble.OWN

    def _roll_back(self) -> None:
        with suppress(self._driver.errors):  # a connection that is lost has nothing to roll back
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _together(self, orders: list[_Order]) -> None:
        joined: dict[Together, list[_Order]] = {}
        for order in orders:
            if order.together is not None:
                joined.setdefault(order.together, []).append(order)
        for order in orders:
            if order.work is not None:
                order.result = order.work(self._db)
            elif order.together is not None and (group := joined.pop(order.together, None)):
                results = order.together(self._db, [one.wish for one in group])
                for one, result in zip(group, results, strict=True):
                    one.result = result

    def _apart(self, orders: list[_Order]) -> None:
        for order in orders:
            self._db.execute("SAVEPOINT one")
            try:
                self._together([order])
            except Exception as error:
                if not self._db.in_transaction or self._passes(error):
                    raise
                order.error = broken(error) if isinstance(error, self._driver.faults) else error
                self._db.execute("ROLLBACK TO one")
            self._db.execute("RELEASE one")


def _turn(order: _Order) -> Turn:
    return order.turn


def _answer(orders: list[_Order]) -> None:
    for order in orders:
        if order.future.done():
            continue
        if order.error is not None:
            order.future.set_exception(order.error)
        else:
            order.future.set_result(order.result)
