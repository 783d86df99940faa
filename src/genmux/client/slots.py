"""How many tasks of a kind one client lets run at once, and in which order the others get their turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import Final

from genmux.domain.spec import Kind

NEXT_SECONDS: Final = 0.1
"""How soon whoever is next in line looks again; those behind it look less often."""
LONGEST_SECONDS: Final = 5.0


class Ticket:
    """A place in the line of one kind."""

    __slots__ = ("kind",)

    def __init__(self, kind: Kind) -> None:
        self.kind = kind


class Slots:
    """The running tasks of each kind that has a limit, and the line of creates that wait for one to end.

    Safe to share between threads; nothing here ever waits.
    """

    def __init__(self, limits: Mapping[Kind, int]) -> None:
        """`limits` are numbers of tasks; a kind without one has no line."""
        self._limits = dict(limits)
        self._lines: dict[Kind, deque[Ticket]] = {kind: deque() for kind in limits}
        self._starting = dict.fromkeys(limits, 0)
        self._running: dict[Kind, set[str]] = {kind: set() for kind in limits}
        self._lock = Lock()

    def line_up(self, kind: Kind) -> Ticket | None:
        """Return a new last place in line, None where there is no limit."""
        if kind not in self._limits:
            return None
        ticket = Ticket(kind)
        with self._lock:
            self._lines[kind].append(ticket)
        return ticket

    def place(self, ticket: Ticket) -> int:
        """Return how many others are before this place."""
        with self._lock:
            return self._lines[ticket.kind].index(ticket)

    def enter(self, ticket: Ticket) -> bool:
        """Let the first in line start a task if there is room; its ticket is used up then."""
        kind = ticket.kind
        with self._lock:
            full = self._starting[kind] + len(self._running[kind]) >= self._limits[kind]
            if full or self._lines[kind][0] is not ticket:
                return False
            self._lines[kind].popleft()
            self._starting[kind] += 1
            return True

    def give_up(self, ticket: Ticket) -> None:
        """Leave the line."""
        with self._lock:
            if ticket in self._lines[ticket.kind]:
                self._lines[ticket.kind].remove(ticket)

    def started(self, kind: Kind, task_id: str | None) -> None:
        """End a start: the task now runs until `ended`, or None was made."""
        if kind not in self._limits:
            return
        with self._lock:
            self._starting[kind] -= 1
            if task_id is not None:
                self._running[kind].add(task_id)

    def ended(self, kind: Kind, task_id: str) -> None:
        """Give the room of a task back, if it had any."""
        if kind in self._limits:
            with self._lock:
                self._running[kind].discard(task_id)

    def running(self, kind: Kind) -> tuple[str, ...]:
        """Return the ids of the tasks that take up room."""
        with self._lock:
            return tuple(self._running.get(kind, ()))


def patience(place: int) -> float:
    """Return the seconds until whoever has so many others before it looks again."""
    return min(LONGEST_SECONDS, NEXT_SECONDS * (1 + place))
