"""How late ends are noticed on simulated accounts, by the planner and by a fixed interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Final, Protocol

from bench.table import print_table
from genmux.domain.polling.planner import Load, batch_interval_ms, phase_of, plan
from genmux.domain.polling.timings import TimingBook, timing_names
from genmux.domain.spec import GenerationSpec, Kind, ModelRef
from genmux.engine.pace import SHARE

SECONDS: Final = 1_800.0
"""So many simulated seconds are measured, after as many that are not."""
LEAST_SECONDS: Final = 300.0
DESCRIBES: Final = 50 * SHARE
"""Looks per second: the account's limit, as far as the engine uses it."""
FIXED_MS: Final = 5_000.0
LISTED: Final = 100
"""A list call tells of so many ended tasks at most."""
SEED: Final = 20_261_120
HEAD: Final = (
    "upstream takes",
    "creates/s",
    "in flight",
    "fixed 5 s: mean s",
    "p99 s",
    "planner: mean s",
    "p99 s",
    "looks/s",
    "fixed / planner",
    "with lists: mean s",
    "p99 s",
    "looks/s",
    "lists/s",
)

Durations = Callable[[Random], float]
"""Draws the milliseconds that one task takes."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a channel: what the planner knows its tasks by, and how long they take."""

    names: tuple[str, ...]
    durations: Durations


def model(family: str, version: str, durations: Durations) -> Model:
    """Return a model whose tasks are films of five seconds."""
    spec = GenerationSpec(kind=Kind.VIDEO, model=ModelRef(family, version), duration=5.0, resolution="720P")
    return Model(timing_names(1, spec), durations)


def log_normal(mean_seconds: float, deviation_seconds: float) -> Durations:
    """Return durations of this mean and standard deviation."""
    variance = math.log(1.0 + (deviation_seconds / mean_seconds) ** 2)
    middle = math.log(mean_seconds * 1_000.0) - variance / 2.0
    return lambda random: random.lognormvariate(middle, math.sqrt(variance))


def two_peaks(share: float, first: Durations, second: Durations) -> Durations:
    """Return durations of which `share` are like `first`, the others like `second`."""
    return lambda random: first(random) if random.random() < share else second(random)


UPSTREAMS: Final[dict[str, Durations]] = {
    "240 s ± 40 s": log_normal(240, 40),
    "60 % 90 s ± 15 s, 40 % 300 s ± 40 s": two_peaks(0.6, log_normal(90, 15), log_normal(300, 40)),
}
CREATES: Final = (10.0, 1.0)
KLING: Final = model("Kling", "2.1", UPSTREAMS["240 s ± 40 s"])
VIDU: Final = model("Vidu", "q2", UPSTREAMS["60 % 90 s ± 15 s, 40 % 300 s ± 40 s"])
HAILUO: Final = model("Hailuo", "02", log_normal(120, 30))
WAN: Final = model("Wan", "2.5", log_normal(45, 10))
POOL: Final = KLING.names[-1]
CHANNELS: Final[tuple[tuple[str, float, tuple[Model, ...]], ...]] = (
    ("1: Kling", 10.0, (KLING,)),
    ("2: Kling, Vidu", 8.0, (KLING, VIDU)),
    ("3: Kling, Hailuo, Wan", 10.0, (KLING, HAILUO, WAN)),
    ("4: all four", 10.0, (KLING, VIDU, HAILUO, WAN)),
    ("5: Vidu, Wan", 6.0, (VIDU, WAN)),
    ("6: Hailuo", 4.0, (HAILUO,)),
    ("7: all four", 2.0, (KLING, VIDU, HAILUO, WAN)),
    ("8: Wan", 1.0, (WAN,)),
)
"""Accounts of different load, the models each as likely; every account has a quota of its own."""
CHANNELS_HEAD: Final = (
    *("channel", "creates/s", "in flight", "fixed 5 s: mean s", "p99 s"),
    *("planner: mean s", "p99 s", "looks/s", "fixed / planner"),
)


@dataclass(slots=True)
class Task:
    """One task in flight; times in simulated milliseconds."""

    seq: int
    accepted_at: float
    ends_at: float
    names: tuple[str, ...]
    due_at: float = 0.0
    running_age: float = 0.0  # its age when it was last seen running


@dataclass(slots=True)
class Situation:
    """What a policy may know of its account: how many tasks are in flight, and how late the looks are."""

    in_flight: int = 0
    late_ms: float = 0.0


class Policy(Protocol):
    """Decides when to look; it is never told how long tasks take, only what its looks show."""

    def delay_ms(self, task: Task, age_ms: float, situation: Situation) -> float:
        """Return the wait before the next look at a task."""
        ...

    def looked(self, late_ms: float) -> None:
        """Take in that a look was made so late."""
        ...

    def ended(self, task: Task, age_ms: float) -> None:
        """Take in that a look at this age showed the end of a task."""
        ...

    def list_ms(self, situation: Situation) -> float:
        """Return the wait before the next list call, infinity where there is none."""
        ...


class Fixed:
    """The seeds' poller: every task, every five seconds."""

    def delay_ms(self, task: Task, age_ms: float, situation: Situation) -> float:
        """Return the interval."""
        return FIXED_MS

    def looked(self, late_ms: float) -> None:
        """Do not mind."""

    def ended(self, task: Task, age_ms: float) -> None:
        """Learn nothing."""

    def list_ms(self, situation: Situation) -> float:
        """Make no list calls."""
        return math.inf


@dataclass(slots=True)
class Planned:
    """The engine's planner, from cold; with `batch` list calls tell what has ended."""

    batch: bool = False
    book: TimingBook = field(default_factory=TimingBook)

    def load(self, situation: Situation, names: tuple[str, ...]) -> Load:
        """Return the load as the engine would tell it."""
        rate = self.book.effort_rate(names)
        return Load(situation.in_flight, DESCRIBES, rate, situation.late_ms, self.batch)

    def delay_ms(self, task: Task, age_ms: float, situation: Situation) -> float:
        """Return what the planner says."""
        outlook = self.book.outlook(task.names)
        return plan(outlook, age_ms, self.load(situation, task.names), phase_of(task.seq, age_ms)).delay_ms

    def looked(self, late_ms: float) -> None:
        """Let the strain follow."""
        self.book.looked(POOL, late_ms)

    def ended(self, task: Task, age_ms: float) -> None:
        """Learn from the interval in which the task must have ended."""
        self.book.learn(task.names, task.running_age, age_ms)

    def list_ms(self, situation: Situation) -> float:
        """Return what the planner says."""
        return batch_interval_ms(self.load(situation, KLING.names)) if self.batch else math.inf


@dataclass(slots=True)
class Measured:
    """What was seen of the ends, and done, within the measured time; lags in seconds."""

    begin: float
    end: float
    lags: list[float] = field(default_factory=list)
    unseen: int = 0  # ends that nobody has noticed yet
    looks: int = 0
    lists: int = 0
    in_flight: list[int] = field(default_factory=list)  # at each look

    def covers(self, at: float) -> bool:
        """Return whether a moment belongs to the measured time."""
        return self.begin <= at < self.end

    def per_second(self, calls: int) -> float:
        """Return how many that were per second."""
        return calls * 1_000.0 / (self.end - self.begin)

    @property
    def mean(self) -> float:
        """The mean lag."""
        return fmean(self.lags)

    @property
    def p99(self) -> float:
        """The lag that one end in a hundred exceeds."""
        return sorted(self.lags)[int(len(self.lags) * 0.99)]


class Simulation:
    """One account: tasks come and end, and calls are made one by one in the order in which they are due."""

    def __init__(self, policy: Policy, models: Sequence[Model], creates_per_second: float, ms: float) -> None:
        self.policy, self.models, self.creates_per_second = policy, models, creates_per_second
        self.measured = Measured(ms, 2.0 * ms)
        self.situation = Situation()
        self.now = 0.0
        self._random = Random(SEED)
        self._seqs = count(1)
        self._running: dict[int, Task] = {}
        self._due: list[tuple[float, int]] = []  # heaps; entries that a list call overtook are stale
        self._ends: list[tuple[float, int]] = []
        self._next_create = 0.0
        self._next_list = policy.list_ms(self.situation)

    def run(self) -> Measured:
        """Simulate until every end within the measured time was noticed."""
        while self.now < self.measured.end or self.measured.unseen:
            while self._next_create <= self.now:
                self._create(self._next_create)
                self._next_create += self._random.expovariate(self.creates_per_second / 1_000.0)
            if self._next_list <= self.now:
                self._list()
                self.now += 1_000.0 / DESCRIBES
            elif self._due and self._due[0][0] <= self.now:
                self._look(*heappop(self._due))
            else:
                first_due = self._due[0][0] if self._due else math.inf
                self.now = min(self._next_create, self._next_list, first_due)
        return self.measured

    def _create(self, at: float) -> None:
        made = self.models[0] if len(self.models) == 1 else self._random.choice(self.models)
        task = Task(next(self._seqs), at, at + made.durations(self._random), made.names)
        self._running[task.seq] = task
        self.situation.in_flight = len(self._running)
        self.measured.unseen += self.measured.covers(task.ends_at)
        heappush(self._ends, (task.ends_at, task.seq))
        self._plan(task, 0.0)

    def _plan(self, task: Task, age_ms: float) -> None:
        task.due_at = self.now + self.policy.delay_ms(task, age_ms, self.situation)
        heappush(self._due, (task.due_at, task.seq))

    def _look(self, due_at: float, seq: int) -> None:
        task = self._running.get(seq)
        if task is None or task.due_at != due_at:
            return
        self.situation.late_ms = self.now - due_at
        self.policy.looked(self.situation.late_ms)
        if self.measured.covers(self.now):
            self.measured.looks += 1
            self.measured.in_flight.append(self.situation.in_flight)
        age = self.now - task.accepted_at
        if task.ends_at <= self.now:
            self._end(task, age)
        else:
            task.running_age = age
            self._plan(task, age)
        self.now += 1_000.0 / DESCRIBES

    def _end(self, task: Task, age_ms: float) -> None:
        del self._running[task.seq]
        self.situation.in_flight = len(self._running)
        self.policy.ended(task, age_ms)
        if self.measured.covers(task.ends_at):
            self.measured.unseen -= 1
            self.measured.lags.append((self.now - task.ends_at) / 1_000.0)

    def _list(self) -> None:
        """Have the ended tasks looked at now; a full page is followed by another call at once."""
        told = 0
        while told < LISTED and self._ends and self._ends[0][0] <= self.now:
            _, seq = heappop(self._ends)
            task = self._running.get(seq)
            told += 1
            if task is not None:
                task.due_at = self.now
                heappush(self._due, (self.now, seq))
        self.measured.lists += self.measured.covers(self.now)
        if told < LISTED:
            self._next_list = self.now + self.policy.list_ms(self.situation)


def simulate(policy: Policy, models: Sequence[Model], creates_per_second: float, seconds: float) -> Measured:
    """Return what a policy does on one account, measured for `seconds` after as long a time from cold.

    Each task is of one of the `models`, all as likely.
    """
    return Simulation(policy, models, creates_per_second, seconds * 1_000.0).run()


def _row(name: str, creates_per_second: float, seconds: float) -> tuple[str, ...]:
    models = (model("Kling", "2.1", UPSTREAMS[name]),)
    fixed, planned, listed = (
        simulate(policy, models, creates_per_second, seconds)
        for policy in (Fixed(), Planned(), Planned(batch=True))
    )
    return (
        name,
        f"{creates_per_second:.0f}",
        f"{fmean(planned.in_flight):,.0f}",
        f"{fixed.mean:.1f}",
        f"{fixed.p99:.1f}",
        f"{planned.mean:.2f}",
        f"{planned.p99:.1f}",
        f"{planned.per_second(planned.looks):.1f}",
        f"{fixed.mean / planned.mean:.1f}",
        f"{listed.mean:.2f}",
        f"{listed.p99:.2f}",
        f"{listed.per_second(listed.looks):.1f}",
        f"{listed.per_second(listed.lists):.2f}",
    )


def _channel_rows(seconds: float) -> list[tuple[str, ...]]:
    """Simulate every channel by both pollers; the last row is all of them together."""
    every: list[tuple[Measured, Measured]] = []
    rows = []
    for name, creates, models in CHANNELS:
        fixed, planned = (simulate(policy, models, creates, seconds) for policy in (Fixed(), Planned()))
        every.append((fixed, planned))
        rows.append(_channel_row(name, creates, [fixed], [planned]))
    together = sum(creates for _, creates, _ in CHANNELS)
    rows.append(_channel_row("all eight", together, [f for f, _ in every], [p for _, p in every]))
    return rows


def _channel_row(
    name: str, creates: float, fixed: Sequence[Measured], planned: Sequence[Measured]
) -> tuple[str, ...]:
    slow, quick = (sorted(lag for one in found for lag in one.lags) for found in (fixed, planned))
    return (
        name,
        f"{creates:.0f}",
        f"{sum(fmean(one.in_flight) for one in planned):,.0f}",
        f"{fmean(slow):.1f}",
        f"{slow[int(len(slow) * 0.99)]:.1f}",
        f"{fmean(quick):.2f}",
        f"{quick[int(len(quick) * 0.99)]:.1f}",
        f"{sum(one.per_second(one.looks) for one in planned):.1f}",
        f"{fmean(slow) / fmean(quick):.1f}",
    )


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the tables; time is simulated and random numbers are seeded, so one round tells all."""
    measured = max(LEAST_SECONDS, SECONDS if seconds is None else seconds)
    rows = [_row(name, creates, measured) for creates in CREATES for name in UPSTREAMS]
    limits = f"{DESCRIBES:.0f} looks per second at most, {measured / 60.0:.0f} min measured"
    print_table(f"Seconds until an end is noticed, {limits}", HEAD, rows)
    title = f"Eight channels, mixed models, each channel {limits}"
    print_table(title, CHANNELS_HEAD, _channel_rows(measured))
