"""Asks for what many want to know by key in one statement."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeAlias

from genmux.store.compiled import Db
from genmux.store.readers import patiently
from genmux.store.troubles import Trouble
from genmux.store.writer import Driver, closed, unreadable

Question: TypeAlias = Callable[[Db, Sequence[Any]], Mapping[Any, Any]]
"""Answers many keys in one statement; a key that is not in the answer has none."""

MOST_KEYS: Final = 1_000
"""So many are asked for at once."""


@dataclass(slots=True)
class _Asked:
    question: Question
    key: Hashable
    future: asyncio.Future[Any]
    answer: Any = None
    error: Exception | None = None


class PointReader:
    """One thread that reads by key: whatever waits when it looks is asked for in one statement.

    Many who ask at the same time so cost one round trip; one who asks alone waits for nobody.
    """

    def __init__(self, db: Db, loop: asyncio.AbstractEventLoop, driver: Driver) -> None:
        self._db = db
        self._loop = loop
        self._driver = driver
        self._waiting: SimpleQueue[_Asked | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="genmux-point-reader", daemon=True)
        self._open = True
        self.statements = 0
        self._thread.start()

    def ask(self, question: Question, key: Hashable) -> asyncio.Future[Any]:
        """Return the future answer about `key`, None where there is none."""
        if not self._open:
            raise closed()
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.put(_Asked(question, key, future))
        return future

    def close(self) -> None:
        """Answer what waits, refuse what comes later, and close the connection."""
        if self._open:
            self._open = False
            self._waiting.put(None)
        self._thread.join()
        self._db.close()

    def _serve(self) -> None:
        stopping = False
        while not stopping:
            asked, stopping = self._take()
            by_question: dict[Question, list[_Asked]] = {}
            for one in asked:
                by_question.setdefault(one.question, []).append(one)
            for question, group in by_question.items():
                self._answer(question, group)
            if asked:
                with suppress(RuntimeError):  # the loop was closed first: nobody waits any more
                    self._loop.call_soon_threadsafe(_tell, asked)

    def _take(self) -> tuple[list[_Asked], bool]:
        asked: list[_Asked] = []
        one = self._waiting.get()
        try:
            while one is not None:
                asked.append(one)
                if len(asked) == MOST_KEYS:
                    return asked, False
                one = self._waiting.get_nowait()
        except Empty:
            return asked, False
        return asked, True

    def _answer(self, question: Question, group: list[_Asked]) -> None:
        keys = list(dict.fromkeys(one.key for one in group))
        self.statements += 1
        try:
            found = patiently(lambda db: question(db, keys), self._db, self._driver.judge)
            for one in group:
                one.answer = found.get(one.key)
        except Exception as error:  # nothing may end this thread
            passes = self._driver.judge(error) is not Trouble.OWN
            for one in group:
                one.error = unreadable(error) if passes else error


def _tell(asked: list[_Asked]) -> None:
    for one in asked:
        if one.future.done():
            continue
        if one.error is not None:
            one.future.set_exception(one.error)
        else:
            one.future.set_result(one.answer)
