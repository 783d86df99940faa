"""Spacing of calls: evenly, a little slower than the limit, and slower still after a complaint."""

from __future__ import annotations

import asyncio
from collections import deque
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
WINDOW_SECONDS: Final = 1.005
"""The second in which calls are counted as they leave, and what the way there may shift them."""
LOOK_SECONDS: Final = 0.01
SLOWEST_FACTOR: Final = 32.0
RECOVERY: Final = 0.98
"""What is left of a slow-down after each good second."""


@dataclass(slots=True)
class Lane:
    """The calls of one limit of one channel; times are seconds of a monotonic clock.

    `out` counts the calls that were let go and have not left yet: they still wait for a connection.
    """

    interval: float
    most: int = 1  # calls in any second
    free_at: float = 0.0
    waiting: int = 0
    out: int = 0
    left: deque[float] = field(default_factory=deque)
    factor: float = 1.0  # how much slower than configured
    eased_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def room_in(self, now: float) -> float:
        """Return the seconds until one more call keeps every second within the limit.

        Whoever left within the last second, whoever is on the way out, and this one.
        """
        while self.left and now - self.left[0] >= WINDOW_SECONDS:
            self.left.popleft()
        excess = len(self.left) + self.out + 1 - self.most
        if excess <= 0:
            return 0.0
        return self.left[excess - 1] + WINDOW_SECONDS - now if excess <= len(self.left) else LOOK_SECONDS

    def spacing(self, now: float) -> float:
        """Return the seconds between two calls now; a slow-down fades with time."""
        if self.factor > 1.0:
            self.factor = max(1.0, self.factor * RECOVERY ** max(0.0, now - self.eased_at))
        self.eased_at = max(now, self.eased_at)
        return self.interval * self.factor


@dataclass(slots=True)
class Turn:
    """The leave that one call was given; `left` says, once, that it is on the wire."""

    lane: Lane | None
    now: Callable[[], float]

    def left(self) -> None:
        """Note when the call left; one that never did counts as if it had."""
        if self.lane is not None:
            self.lane.out -= 1
            self.lane.left.append(self.now())
            self.lane = None


NAME: Final = "pace:{}:{}"
"""Under which name a slow-down is kept for other processes."""


class Pacer:
    """Holds calls back so that no sliding second holds more of them than the channel's limit."""

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self._now = now
        self._lanes: dict[tuple[int, str], Lane] = {}

    def _time(self) -> float:
        return self._now() if self._now is not None else asyncio.get_running_loop().time()

    def _lane(self, channel: Channel, pace: str) -> Lane | None:
        """Return the lane of a pace, of its part before the colon, or None where nothing is limited."""
        name = paced_as(channel, pace)
        if not name:
            return None
        rate = channel.rates[name]
        lane = self._lanes.setdefault((channel.id, name), Lane(0.0))
        lane.interval = 1.0 / (rate * SHARE)
        lane.most = max(1, int(rate))
        return lane

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

    async def turn(self, channel: Channel, pace: str) -> Turn:
        """Return when the call may leave, in the order they asked; say `left` when it has."""
        lane = self._lane(channel, pace) if pace else None
        if lane is None:
            return Turn(None, self._time)
        lane.waiting += 1
        try:
            async with lane.lock:
                await asyncio.sleep(max(0.0, lane.free_at - self._time()))
                wait = lane.room_in(self._time())
                while wait > 0:
                    await asyncio.sleep(wait)
                    wait = lane.room_in(self._time())
                now = self._time()
                lane.free_at = max(lane.free_at, now - LATE_SECONDS) + lane.spacing(now)
                lane.out += 1
        finally:
            lane.waiting -= 1
        return Turn(lane, self._time)

    def slow_down(self, channel: Channel, pace: str, retry_after_seconds: float | None) -> None:
        """Take a complaint to heart: twice the spacing, and nothing before what was asked for."""
        lane = self._lane(channel, pace)
        if lane is None:
            return
        now = self._time()
        lane.spacing(now)
        lane.factor = min(SLOWEST_FACTOR, lane.factor * 2)
        lane.free_at = max(lane.free_at, now + (retry_after_seconds or 0.0))

    async def tell(self, channel: Channel, pace: str, retry_after_seconds: float | None) -> None:
        """Let other processes slow down too; alone there is nobody to tell."""

    def factor(self, channel: Channel, pace: str) -> float:
        """Return how many times slower than configured such calls leave at the moment."""
        lane = self._lane(channel, pace)
        if lane is None:
            return 1.0
        lane.spacing(self._time())
        return lane.factor


def paced_as(channel: Channel, pace: str) -> str:
    """Return the limit that holds for a pace: its own, else that of what is before the colon, else ""."""
    names = (pace, pace.partition(":")[0])
    return next((name for name in names if name and channel.rates.get(name)), "")
