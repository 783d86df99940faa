"""When to look at which task, from what was learnt of tasks like it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from genmux.engine.channels import Channel
from genmux.engine.planner import first_poll_delay_ms, next_poll_delay_ms
from genmux.engine.ports import Clock, Store, TaskDetail
from genmux.providers.seam import Outcome

NEWS_MS: Final = 2_000


@dataclass(slots=True)
class Plans:
    """Plans polls per channel; learns from every end that is seen."""

    store: Store
    clock: Clock
    _seen: dict[int, int] = field(default_factory=dict)

    async def remember(self) -> None:
        """Take over what was learnt before this process."""

    def first(self, detail: TaskDetail, channel: Channel) -> int:
        """Return the milliseconds from acceptance to the first poll."""
        return first_poll_delay_ms()

    def next(self, detail: TaskDetail, channel: Channel) -> int:
        """Return the milliseconds to the next poll of a running task."""
        return next_poll_delay_ms(self.clock() - (detail.task.accepted_at or detail.task.created_at))

    def seen_running(self, seq: int, now: int) -> None:
        """Remember when a task was last seen running."""
        self._seen[seq] = now

    def forget(self, seq: int) -> None:
        """Nobody asks for this task any more."""
        self._seen.pop(seq, None)

    def ended(self, detail: TaskDetail, channel: Channel, outcome: Outcome, now: int) -> None:
        """Learn from an end."""
        self.forget(detail.task.seq)

    def news_interval_ms(self, channel: Channel, in_flight: int) -> int:
        """Return how long to wait between two looks at many tasks at once."""
        return NEWS_MS

    async def tick(self) -> None:
        """Write down what was learnt since the last time."""
