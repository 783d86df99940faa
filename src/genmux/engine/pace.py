"""Spacing of calls: evenly, a little slower than the limit, and slower still after a complaint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from genmux.engine.channels import Channel

SHARE: Final = 0.98
"""How much of a limit is used: the rest covers what leaves late, see `LATE_SECONDS`."""
LATE_SECONDS: Final = 0.015
"""A call that leaves this late does not move the ones after it.

Of calls spaced by `1 / (0.98 limit)`, any `limit + 1` span 1.02 seconds, so none may be later than
20 ms or a sliding second would hold one too many; 5 ms are left to the network.
"""
SLOWEST_FACTOR: Final = 32.0
RECOVERY: Final = 0.98
"""What is left of a slow-down after each good second."""


@dataclass(slots=True)
class Lane:
    """The calls of one limit of one channel; times are seconds of a monotonic clock."""

    interval: float
    free_at: float = 0.0
    waiting: int = 0
    factor: float = 1.0  # how much slower than configured
    eased_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def spacing(self, now: float) -> float:
        """Return the seconds between two calls now; a slow-down fades with time."""
        if self.factor > 1.0:
            self.factor = max(1.0, self.factor * RECOVERY ** max(0.0, now - self.eased_at))
        self.eased_at = max(now, self.eased_at)
        return self.interval * self.factor


class Pacer:
    """Holds calls back so that no sliding second holds more of them than the channel's limit."""

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self._now = now
        self._lanes: dict[tuple[int, str], Lane] = {}

    def _time(self) -> float:
        return self._now() if self._now is not None else asyncio.get_running_loop().time()

    def _lane(self, channel: Channel, pace: str) -> Lane | None:
        """Return the lane of a pace, of its part before the colon, or None where nothing is limited."""
        for name in (pace, pace.partition(":")[0]):
            rate = channel.rates.get(name)
            if name and rate:
                lane = self._lanes.setdefault((channel.id, name), Lane(0.0))
                lane.interval = 1.0 / (rate * SHARE)
                return lane
        return None

    def interval_us(self, channel: Channel, pace: str) -> int:
        """Return the microseconds between two such calls at the moment, 0 where they are not paced."""
        lane = self._lane(channel, pace)
        return 0 if lane is None else int(lane.spacing(self._time()) * 1_000_000)

    def held_seconds(self, channel: Channel, pace: str) -> float:
        """Return how long such a call would wait now."""
        lane = self._lane(channel, pace)
        if lane is None:
            return 0.0
        now = self._time()
        return max(0.0, lane.free_at - now) + lane.waiting * lane.spacing(now)

    async def turn(self, channel: Channel, pace: str) -> None:
        """Return when the call may leave; calls leave in the order they asked."""
        lane = self._lane(channel, pace) if pace else None
        if lane is None:
            return
        lane.waiting += 1
        try:
            async with lane.lock:
                await asyncio.sleep(max(0.0, lane.free_at - self._time()))
                now = self._time()
                lane.free_at = max(lane.free_at, now - LATE_SECONDS) + lane.spacing(now)
        finally:
            lane.waiting -= 1

    def slow_down(self, channel: Channel, pace: str, retry_after_seconds: float | None) -> None:
        """Take a complaint to heart: twice the spacing, and nothing before what was asked for."""
        lane = self._lane(channel, pace)
        if lane is None:
            return
        now = self._time()
        lane.spacing(now)
        lane.factor = min(SLOWEST_FACTOR, lane.factor * 2)
        lane.free_at = max(lane.free_at, now + (retry_after_seconds or 0.0))

    def factor(self, channel: Channel, pace: str) -> float:
        """Return how many times slower than configured such calls leave at the moment."""
        lane = self._lane(channel, pace)
        if lane is None:
            return 1.0
        lane.spacing(self._time())
        return lane.factor
