"""What a simulated shard is made of: cores, a database with a log, processes that share their commits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from random import Random

Then = Callable[[float], None]
"""What happens next, told the simulated second."""


class Agenda:
    """What will happen when, in simulated seconds; equal moments keep their order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._numbers = count()
        self._events: list[tuple[float, int, Then]] = []

    def at(self, when: float, then: Then) -> None:
        """Have `then` happen at a moment that is not over yet."""
        heappush(self._events, (when, next(self._numbers), then))

    def run(self, until: float) -> None:
        """Let everything happen up to a moment."""
        while self._events and self._events[0][0] <= until:
            self.now, _, then = heappop(self._events)
            then(self.now)
        self.now = until


class Servers:
    """Some cores, or one disk, that work in the order in which work comes."""

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.busy = 0.0
        self._free = [0.0] * cores
        heapify(self._free)

    def serve(self, at: float, seconds: float) -> float:
        """Take on work that comes at `at`; return when it is done."""
        end = max(at, heappop(self._free)) + seconds
        heappush(self._free, end)
        self.busy += seconds
        return end


class Crowd:
    """Small work that comes by chance, so often per second, and is only worth its time."""

    def __init__(self, random: Random, rate: float, seconds: float) -> None:
        self._random, self._rate, self._seconds = random, rate, seconds
        self._next = random.expovariate(rate) if rate else float("inf")

    def arrive(self, until: float, servers: Servers) -> int:
        """Have served what came until a moment; return how many that were."""
        came = 0
        while self._next <= until:
            servers.serve(self._next, self._seconds)
            self._next += self._random.expovariate(self._rate)
            came += 1
        return came


class Database:
    """A primary: a transaction takes a core, then its log is written and flushed."""

    def __init__(self, cores: int, log_bytes_per_second: float, flush_seconds: float, crowd: Crowd) -> None:
        self.cores = Servers(cores)
        self.log = Servers(1)
        self._log_rate = log_bytes_per_second
        self._flush = flush_seconds
        self._crowd = crowd

    def commit(self, at: float, seconds: float, log_bytes: float) -> float:
        """Return when a transaction that begins at `at` is durable."""
        self._crowd.arrive(at, self.cores)
        done = self.cores.serve(at, seconds)
        return self.log.serve(done, log_bytes / self._log_rate) + self._flush


@dataclass(frozen=True, slots=True)
class Row:
    """One row's part of a transaction, and what happens when it is durable."""

    seconds: float
    log_bytes: float
    then: Then


class Process:
    """One process: a core, and one connection that writes; what waits meanwhile shares the next commit."""

    def __init__(self, agenda: Agenda, database: Database, crowd: Crowd | None = None) -> None:
        self.core = Servers(1)
        self.rows = self.commits = 0
        self._agenda, self._database, self._crowd = agenda, database, crowd
        self._waiting: list[Row] = []
        self._writing = False

    def work(self, at: float, seconds: float) -> float:
        """Return when work that comes at `at` is done."""
        if self._crowd is not None:
            self._crowd.arrive(at, self.core)
        return self.core.serve(at, seconds)

    def write(self, at: float, row: Row) -> None:
        """Have a row written by the next commit."""
        self._waiting.append(row)
        if not self._writing:
            self._commit(at)

    def _commit(self, at: float) -> None:
        rows, self._waiting = self._waiting, []
        self._writing = True
        self.rows += len(rows)
        self.commits += 1
        seconds, log_bytes = sum(row.seconds for row in rows), sum(row.log_bytes for row in rows)
        self._agenda.at(self._database.commit(at, seconds, log_bytes), lambda now: self._committed(now, rows))

    def _committed(self, now: float, rows: list[Row]) -> None:
        self._writing = False
        for row in rows:
            row.then(now)
        if self._waiting and not self._writing:
            self._commit(now)
