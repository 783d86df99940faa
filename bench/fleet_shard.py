"""One shard of a fleet, event by event: every task from its create to its end, at accounts with quotas."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Final

from bench.fleet_model import SEED, Costs, Demand, Layout
from bench.fleet_parts import Agenda, Crowd, Database, Process, Row, Servers, Then
from bench.polling import KLING, LISTED, Durations, Measured, Planned, Situation, Task, log_normal, simulate
from genmux.engine.pace import SHARE

HORIZON_SECONDS: Final = 0.2
"""So long before it may be sent a task is claimed."""
LESSON_SECONDS: Final = 900.0
"""So long, twice, has an account been polled before the simulation begins."""
FIRST_SECONDS: Final = 20.0
MS: Final = 1e-3
US: Final = 1e-6


class Stage(StrEnum):
    """Where a task is."""

    CREATING = "creating"
    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    COLLECTING = "collecting"
    DONE = "done"


@dataclass(slots=True)
class Seen:
    """What happened within the measured time; seconds, sorted by nobody."""

    begin: float
    end: float
    creates: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    lists: int = 0

    def covers(self, now: float) -> bool:
        """Return whether a moment counts."""
        return self.begin <= now < self.end


@dataclass(slots=True)
class Account:
    """One account at an upstream: when it may be called next, what it makes for us, what it has taught us."""

    policy: Planned
    situation: Situation = field(default_factory=Situation)
    create_at: float = 0.0
    look_at: float = 0.0
    running: dict[int, Task] = field(default_factory=dict)
    ends: list[tuple[float, int]] = field(default_factory=list)


def durations_of(demand: Demand) -> Durations:
    """Return how long tasks take."""
    return log_normal(demand.upstream_seconds, demand.upstream_deviation)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A poller that knows its upstream, and how it asked one account; with `lists` for what has ended."""

    policy: Planned
    account: Measured

    @classmethod
    def learn(cls, demand: Demand, *, lists: bool, seconds: float = LESSON_SECONDS) -> Lesson:
        """Poll one account for a while."""
        policy = Planned(batch=lists)
        return cls(
            policy,
            simulate(
                policy,
                (replace(KLING, durations=durations_of(demand)),),
                demand.creates / demand.accounts,
                seconds,
            ),
        )

    def calls(self, demand: Demand) -> float:
        """Return how many looks and lists per second all accounts get together."""
        return demand.accounts * self.account.per_second(self.account.looks + self.account.lists)


class Shard:
    """A database, its gateways and engines, and accounts; tasks come by chance from second 0 on.

    At second 0 as many tasks are in flight as there would be after a long time. It is measured from
    a third of the time to its end.
    """

    def __init__(self, demand: Demand, costs: Costs, layout: Layout, lesson: Lesson, measured: float) -> None:
        self.demand, self.costs, self.layout = demand, costs, layout
        self.random = Random(SEED)
        self.durations = durations_of(demand)
        self.lists, self.lags = lesson.policy.batch, lesson.account.lags
        self.agenda = Agenda()
        self.seen = Seen(measured / 2.0, measured * 1.5)
        self.stages = dict.fromkeys(Stage, 0)
        self.created = self.present = 0
        asked = demand.statuses / layout.apis
        self.database = Database(
            layout.database_cores,
            layout.log_mb * 1e6,
            layout.flush_ms * MS,
            Crowd(self.random, 0.0 if layout.replicas else demand.statuses, costs.sql_status * US),
        )
        self.apis = [
            Process(self.agenda, self.database, Crowd(self.random, asked, costs.api_status * US))
            for _ in range(layout.apis)
        ]
        self.engines = [Process(self.agenda, self.database) for _ in range(layout.engines)]
        self.checks = Servers(layout.checks)
        self.accounts = [Account(deepcopy(lesson.policy)) for _ in range(demand.accounts)]
        self._seqs = count(1)
        self._delays: dict[int, float] = {}

    # ------------------------------------------------------------ the run

    def run(self) -> Seen:
        """Simulate half of the measured time unmeasured, then all of it; return what was seen."""
        self._populate()
        self.agenda.at(self.random.expovariate(self.demand.creates), self._arrive)
        if self.lists:
            for account in self.accounts:
                self.agenda.at(self.random.random(), partial(self._list, account))
        self.agenda.run(self.seen.begin)
        self._idle()
        self.agenda.run(self.seen.end)
        return self.seen

    def _idle(self) -> None:
        for servers in self.servers().values():
            for each in servers:
                each.busy = 0.0

    def servers(self) -> dict[str, list[Servers]]:
        """Return what can be busy, by what it is."""
        return {
            "gateways": [process.core for process in self.apis],
            "database cores": [self.database.cores],
            "database log": [self.database.log],
            "engines": [process.core for process in self.engines],
            "checks": [self.checks],
        }

    def busy(self) -> dict[str, float]:
        """Return how busy everything was within the measured time, 1 for all of the time."""
        seconds = self.seen.end - self.seen.begin
        return {
            name: sum(each.busy for each in found) / sum(each.cores for each in found) / seconds
            for name, found in self.servers().items()
        }

    def _populate(self) -> None:
        """Put those tasks into flight that came before second 0 and whose end has not been seen."""
        found, when = list[tuple[Task, float]](), 0.0
        oldest = -(self.demand.upstream_seconds + 8.0 * self.demand.upstream_deviation)
        while when > oldest:
            when -= self.random.expovariate(self.demand.creates)
            task = Task(
                next(self._seqs), when * 1_000.0, when * 1_000.0 + self.durations(self.random), KLING.names
            )
            seen = task.ends_at + self.random.choice(self.lags) * 1_000.0
            if seen > 0.0:
                found.append((task, self._first_delay(task, seen)))
        stretch = self._stretch(found)
        for task, delay in found:
            self._run(task, self._account(task), 0.0, delay * (stretch if task.ends_at > 0.0 else 1.0))
        self.present = len(found)

    def _first_delay(self, task: Task, seen: float) -> float:
        """Return when a task of before is looked at next: each was looked at last at a time of its own."""
        part = self.random.random()
        if task.ends_at <= 0.0:
            task.running_age = max(0.0, task.ends_at - task.accepted_at - part * (seen - task.ends_at))
            return seen
        age = -task.accepted_at
        second = int(age) // 1_000
        if second not in self._delays:
            usual = Situation(round(self.demand.in_flight / len(self.accounts)))
            self._delays[second] = self.accounts[0].policy.delay_ms(task, second * 1_000.0, usual)
        task.running_age = max(0.0, age - (1.0 - part) * self._delays[second])
        return self._delays[second] * part

    def _stretch(self, found: list[tuple[Task, float]]) -> float:
        """Return what makes the first looks at running tasks as many as the quota leaves."""
        soon = [task.ends_at > 0.0 for task, delay in found if delay < FIRST_SECONDS * 1_000.0]
        allowed = len(self.accounts) * self.demand.account_looks * SHARE * FIRST_SECONDS
        left = max(1.0, allowed - soon.count(False))
        return max(1.0, soon.count(True) / left)

    # ------------------------------------------------------------ one task

    def _account(self, task: Task) -> Account:
        return self.accounts[task.seq % len(self.accounts)]

    def _engine(self, task: Task) -> Process:
        return self.engines[task.seq % len(self.engines)]

    def _move(self, source: Stage | None, target: Stage) -> None:
        if source is not None:
            self.stages[source] -= 1
        self.stages[target] += 1

    def _arrive(self, now: float) -> None:
        self.created += 1
        self._move(None, Stage.CREATING)
        api = self.apis[self.random.randrange(len(self.apis))]
        row = Row(self.costs.sql_create * US, self.costs.log_create, partial(self._queue, now))
        self.agenda.at(api.work(now, self.costs.api_create * US), lambda done: api.write(done, row))
        self.agenda.at(now + self.random.expovariate(self.demand.creates), self._arrive)

    def _queue(self, asked: float, now: float) -> None:
        if self.seen.covers(now):
            self.seen.creates.append(now - asked)
        self._move(Stage.CREATING, Stage.QUEUED)
        task = Task(next(self._seqs), 0.0, 0.0, KLING.names)
        account = self._account(task)
        slot = max(now, account.create_at)
        account.create_at = slot + 1.0 / (self.demand.account_creates * SHARE)
        self.agenda.at(max(now, slot - HORIZON_SECONDS), partial(self._claim, task, now, slot))

    def _claim(self, task: Task, since: float, slot: float, now: float) -> None:
        then = partial(self._submit, task, since, slot)
        self._engine(task).write(
            now, Row(self.costs.sql_submit * US / 2.0, self.costs.log_submit / 2.0, then)
        )

    def _submit(self, task: Task, since: float, slot: float, now: float) -> None:
        self._move(Stage.QUEUED, Stage.SUBMITTING)
        sent = self._engine(task).work(max(now, slot), self.costs.engine_submit * US)
        if self.seen.covers(sent):
            self.seen.queued.append(sent - since)
        row = Row(
            self.costs.sql_submit * US / 2.0, self.costs.log_submit / 2.0, partial(self._accepted, task)
        )
        self.agenda.at(sent + self._trip(), lambda done: self._engine(task).write(done, row))

    def _trip(self) -> float:
        return self.layout.upstream_ms * MS * (0.5 + self.random.random())

    def _accepted(self, task: Task, now: float) -> None:
        self._move(Stage.SUBMITTING, Stage.RUNNING)
        self.stages[Stage.RUNNING] -= 1  # `_run` counts it, as it does those that were there before
        task.accepted_at = now * 1_000.0
        task.ends_at = task.accepted_at + self.durations(self.random)
        self._run(task, self._account(task), now)

    def _run(self, task: Task, account: Account, now: float, delay: float | None = None) -> None:
        self.stages[Stage.RUNNING] += 1
        account.running[task.seq] = task
        account.situation.in_flight = len(account.running)
        if self.lists:
            heappush(account.ends, (task.ends_at, task.seq))
        self._plan(task, account, now, delay)

    def _plan(self, task: Task, account: Account, now: float, delay: float | None = None) -> None:
        if delay is None:
            delay = account.policy.delay_ms(task, now * 1_000.0 - task.accepted_at, account.situation)
        task.due_at = now * 1_000.0 + delay
        self.agenda.at(task.due_at * MS, partial(self._due, task, account, task.due_at))

    # ------------------------------------------------------------ looks

    def _call(self, account: Account, now: float) -> float:
        """Return when the account may be called next; the calls keep their distance."""
        slot = max(now, account.look_at)
        account.look_at = slot + 1.0 / (self.demand.account_looks * SHARE)
        return slot

    def _due(self, task: Task, account: Account, due: float, now: float) -> None:
        if task.due_at == due and task.seq in account.running:
            task.due_at = 0.0  # nobody else looks meanwhile
            self.agenda.at(self._call(account, now), partial(self._take, task, account, due))

    def _take(self, task: Task, account: Account, due: float, now: float) -> None:
        self._engine(task).write(now, self._look_row(partial(self._look, task, account, due)))

    def _look_row(self, then: Then) -> Row:
        return Row(self.costs.sql_look * US / 2.0, self.costs.log_look / 2.0, then)

    def _look(self, task: Task, account: Account, due: float, now: float) -> None:
        sent = self._engine(task).work(now, self.costs.engine_look * US)
        late = max(0.0, sent - due * MS)
        account.situation.late_ms = late * 1_000.0
        account.policy.looked(late * 1_000.0)
        if self.seen.covers(sent):
            self.seen.late.append(late)
        self.agenda.at(sent + self._trip(), partial(self._answer, task, account))

    def _answer(self, task: Task, account: Account, now: float) -> None:
        age = now * 1_000.0 - task.accepted_at
        if task.ends_at <= now * 1_000.0:
            self._end(task, account, now, age)
            return
        task.running_age = age
        self._engine(task).write(now, self._look_row(lambda at: self._plan(task, account, at)))

    def _list(self, account: Account, now: float) -> None:
        """Have ended tasks looked at now; a full page is followed by another call at once."""
        sent = self._call(account, now)
        told = 0
        while told < LISTED and account.ends and account.ends[0][0] <= sent * 1_000.0:
            _, seq = heappop(account.ends)
            task = account.running.get(seq)
            told += 1
            if task is not None and task.due_at:
                task.due_at = sent * 1_000.0
                self.agenda.at(sent, partial(self._due, task, account, task.due_at))
        if self.seen.covers(sent):
            self.seen.lists += 1
        wait = 0.0 if told == LISTED else account.policy.list_ms(account.situation) * MS
        self.agenda.at(sent + wait, partial(self._list, account))

    # ------------------------------------------------------------ the end

    def _end(self, task: Task, account: Account, now: float, age: float) -> None:
        del account.running[task.seq]
        account.situation.in_flight = len(account.running)
        account.policy.ended(task, age)
        if self.seen.covers(now):
            self.seen.lags.append(now - task.ends_at * MS)
        self._move(Stage.RUNNING, Stage.COLLECTING)
        self._end_row(task, now, partial(self._collect, task))

    def _end_row(self, task: Task, now: float, then: Then) -> None:
        self._engine(task).write(now, Row(self.costs.sql_end * US / 2.0, self.costs.log_end / 2.0, then))

    def _collect(self, task: Task, now: float) -> None:
        film = self.random.random() < self.demand.film_share
        size = self.demand.film_mb if film else self.demand.picture_mb
        here = self.costs.engine_end * US + (self.costs.file + self.costs.file_mb * size) * MS
        moved = self._engine(task).work(now, here)
        check = (self.costs.check_film if film else self.costs.check_picture) * MS
        self.agenda.at(moved, lambda at: self._check(task, check, at))

    def _check(self, task: Task, seconds: float, now: float) -> None:
        checked = self.checks.serve(now, seconds)
        self.agenda.at(checked, lambda at: self._end_row(task, at, self._done))

    def _done(self, now: float) -> None:
        self._move(Stage.COLLECTING, Stage.DONE)
