"""The tally of a batch: how many lines stand where, how fast they end, and when they may all have ended."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from genmux.domain.text import Text


class Mark(StrEnum):
    """Where a line stands, as people are shown it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


ENDED: Final = frozenset({Mark.DONE, Mark.FAILED, Mark.UNKNOWN})
WORDS: Final = {
    Mark.WAITING: Text("waiting", "等待"),
    Mark.RUNNING: Text("running", "进行中"),
    Mark.DONE: Text("done", "完成"),
    Mark.FAILED: Text("failed", "失败"),
    Mark.UNKNOWN: Text("unknown", "未知"),
}
FEWEST_ENDS: Final = 3
"""From how many ends on a time to the end is told."""
MOST_ENDS: Final = 100
"""Of how many last ends the rate is."""


@dataclass(frozen=True, slots=True)
class News:
    """A line has moved: `detail` is its task, its files, or what went wrong."""

    name: str
    mark: Mark
    detail: str = ""


class Tally:
    """Counts lines by where they stand; times are seconds of any clock."""

    def __init__(self, now: float) -> None:
        self._marks: dict[int, Mark] = {}
        self._counts: Counter[Mark] = Counter()
        self._began = now
        self._ends: deque[float] = deque([now], maxlen=MOST_ENDS)

    def place(self, n: int, mark: Mark) -> None:
        """Say where line `n` stands when a run begins."""
        old = self._marks.get(n)
        if old is not None:
            self._counts[old] -= 1
        self._marks[n] = mark
        self._counts[mark] += 1

    def move(self, n: int, mark: Mark, now: float) -> None:
        """Say that line `n` has moved."""
        self.place(n, mark)
        if mark in ENDED:
            self._ends.append(now)

    def mark(self, n: int) -> Mark | None:
        """Return where line `n` stands, None for one that was never placed."""
        return self._marks.get(n)

    def count(self, mark: Mark) -> int:
        """Return how many lines stand there."""
        return self._counts[mark]

    @property
    def total(self) -> int:
        """How many lines there are."""
        return len(self._marks)

    def rate(self, now: float) -> float | None:
        """Return how many lines end in a second, None while too few have."""
        ends = len(self._ends) - 1
        return ends / (now - self._ends[0]) if ends >= FEWEST_ENDS and now > self._ends[0] else None

    def seconds_left(self, now: float) -> float | None:
        """Return when all will have ended if they go on as they do, None where nobody can tell."""
        rate = self.rate(now)
        left = self._counts[Mark.WAITING] + self._counts[Mark.RUNNING]
        return None if rate is None else left / rate

    def seconds_gone(self, now: float) -> float:
        """Return how long this run has taken so far."""
        return now - self._began
