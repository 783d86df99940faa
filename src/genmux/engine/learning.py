"""When to look at which task, from what was learnt of tasks like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from genmux.domain.polling.planner import Load, batch_interval_ms, phase_of, plan
from genmux.domain.polling.timings import TimingBook, timing_names
from genmux.domain.spec import decode_spec
from genmux.engine.channels import Channel
from genmux.engine.lag import LagStats
from genmux.engine.pace import SHARE
from genmux.engine.ports import Clock, Store, TaskDetail
from genmux.providers.seam import Finished, Outcome

COUNT_MS: Final = 2_000
"""How old the number of tasks in flight may be."""
KEEP_MS: Final = 10_000
"""What was learnt is written down this often."""
CALM: Final = 0.9
"""What is left of the memory of late polls with each poll that is made."""


@dataclass(slots=True)
class Seen:
    """What this process knows of a running task: when it last was running, and its next look; both ms."""

    running_at: int | None = None
    due_at: int | None = None


@dataclass(slots=True)
class Plans:
    """Plans polls per channel; learns from every end that is seen."""

    store: Store
    clock: Clock
    book: TimingBook = field(default_factory=TimingBook)
    lags: defaultdict[str, LagStats] = field(default_factory=lambda: defaultdict(LagStats))
    _seen: dict[int, Seen] = field(default_factory=dict)
    _late_ms: dict[tuple[int, str], float] = field(default_factory=dict)
    _in_flight: dict[tuple[int, str], int] = field(default_factory=dict)
    _counted_at: int = 0
    _kept_at: int = 0

    async def remember(self) -> None:
        """Take over what was learnt before this process."""
        self.adopt(await self.store.learnt())

    def adopt(self, learnt: Mapping[str, str]) -> None:
        """Take over what this or another process has learnt; names of other records are passed over."""
        self.book.load((name, text) for name, text in learnt.items() if name[:1].isdigit())

    def first(self, detail: TaskDetail, channel: Channel) -> int:
        """Return the milliseconds from acceptance to the first poll."""
        return self._plan(detail, channel, 0)

    def next(self, detail: TaskDetail, channel: Channel) -> int:
        """Return the milliseconds to the next poll of a running task."""
        return self._plan(detail, channel, self.clock() - accepted_at(detail))

    def _plan(self, detail: TaskDetail, channel: Channel, age_ms: int) -> int:
        task = detail.task
        names = timing_names(channel.id, decode_spec(detail.spec))
        load = self.load(channel, task.kind, names)
        delay = plan(self.book.outlook(names), age_ms, load, phase_of(task.seq, age_ms)).delay_ms
        self._seen.setdefault(task.seq, Seen()).due_at = self.clock() + delay
        return delay

    def load(self, channel: Channel, kind: str, names: tuple[str, ...]) -> Load:
        """Return what the polls of a channel's tasks of one kind have to share."""
        rate = channel.rates.get(f"describe:{kind}") or channel.rates.get("describe") or 0.0
        return Load(
            in_flight=max(1, self._in_flight.get((channel.id, kind), 0)),
            describes_per_second=rate * SHARE,
            effort_rate=self.book.effort_rate(names),
            late_ms=self._late_ms.get((channel.id, kind), 0.0),
            batch=watches(channel),
            ceiling_ms=float(channel.poll_ceiling_ms or 0),
        )

    def looking(self, seq: int, channel: Channel, kind: str) -> None:
        """A poll is made now: note how late it is."""
        seen = self._seen.get(seq)
        if seen is not None and seen.due_at is not None:
            late = float(max(0, self.clock() - seen.due_at))
            pool = (channel.id, kind)
            self._late_ms[pool] = self._late_ms.get(pool, 0.0) * CALM + late * (1.0 - CALM)
            self.book.looked(f"{channel.id}/{kind}", late)

    def seen_running(self, seq: int, now: int) -> None:
        """Remember when a task was last seen running."""
        self._seen.setdefault(seq, Seen()).running_at = now

    def forget(self, seq: int) -> None:
        """Nobody asks for this task any more."""
        self._seen.pop(seq, None)

    def ended(self, detail: TaskDetail, channel: Channel, outcome: Outcome, now: int) -> None:
        """Learn from an end: only results tell how long a generation takes."""
        seen = self._seen.pop(detail.task.seq, Seen())
        if not isinstance(outcome, Finished):
            return
        accepted = accepted_at(detail)
        after = until = outcome.finished_at
        if until is None or after is None or not accepted <= until <= now:
            after, until = seen.running_at or accepted, now
        names = timing_names(channel.id, decode_spec(detail.spec))
        believed = self.book.learn(names, float(after - accepted), float(until - accepted))
        self.lags[channel.name].add(now - accepted - believed)

    def news_interval_ms(self, channel: Channel, in_flight: int) -> int:
        """Return how long to wait between two looks at many tasks at once."""
        rate = channel.rates.get("list") or channel.rates.get("describe") or 0.0
        return batch_interval_ms(Load(in_flight, rate * SHARE, batch=True))

    async def tick(self) -> None:
        """Count the tasks in flight, and write down what was learnt, when it is time for that."""
        now = self.clock()
        if now - self._counted_at >= COUNT_MS:
            self._counted_at = now
            self._in_flight = await self.store.slots_used()
        if now - self._kept_at >= KEEP_MS:
            self._kept_at = now
            learnt = self.book.changed()
            if learnt:
                await self.store.put_learnt(learnt, now)


def accepted_at(detail: TaskDetail) -> int:
    """Return when the upstream took the task on."""
    task = detail.task
    return task.accepted_at or task.submitted_at or task.created_at


def watches(channel: Channel) -> bool:
    """Return whether the channel's upstream can be asked for many tasks at once."""
    flow = channel.provider.watch(channel.account, 0)
    if flow is None:
        return False
    flow.close()
    return True
