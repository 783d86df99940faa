"""Spacing of calls that several processes make on one account: instants are taken from the store."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Final

import msgspec

from genmux.domain.spec import encode_json
from genmux.engine.channels import Channel
from genmux.engine.fleet import FleetStore
from genmux.engine.pace import LATE_SECONDS, NAME, RECOVERY, Lane, Pacer, Turn, paced_as
from genmux.engine.ports import Clock, Store

HORIZON_US: Final = 200_000
"""Instants are taken at most this far ahead; those that nobody uses are lost."""
LEAD_KEPT: Final = 0.9
"""What is left of the memory of a slow answer of the store with each answer."""
LATE_US: Final = int(LATE_SECONDS * 1_000_000)
MOST_MISSED: Final = 8
"""After so many instants that were missed a call leaves all the same: this machine is overloaded."""


class Told(msgspec.Struct, frozen=True):
    """A slow-down, as processes tell each other of it; `at` in milliseconds on the store's clock."""

    factor: float
    at: int


class SharedPacer(Pacer):
    """A pacer whose limits hold for all processes together.

    Each call leaves at an instant of its own out of the `pace` table. One that missed its instant by
    more than `LATE_SECONDS` takes another, so that no sliding second upstream holds one too many,
    whichever processes its calls came from.
    """

    def __init__(
        self, store: FleetStore, keeper: Store, clock: Clock, now: Callable[[], float] | None = None
    ) -> None:
        """`keeper` keeps what was learnt; it is the same store."""
        super().__init__(now)
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._instants: defaultdict[str, deque[int]] = defaultdict(deque)
        self._lead_us = 0.0  # how long the store takes to answer: an instant before would be missed

    async def turn(self, channel: Channel, pace: str) -> Turn:
        """Return when the call may leave; say `left` when it has."""
        lane = self._lane(channel, pace) if pace else None
        if lane is None:
            return Turn(None, self._time)
        name = f"channel:{channel.id}:{paced_as(channel, pace)}:turn"
        lane.waiting += 1
        try:
            async with lane.lock:
                for _ in range(MOST_MISSED):
                    at_us = await self._instant(name, lane)
                    await asyncio.sleep(max(0.0, at_us - self._now_us()) / 1_000_000)
                    await asyncio.sleep(lane.room_in(self._time()))
                    if self._now_us() - at_us <= LATE_US:
                        break
                lane.out += 1
        finally:
            lane.waiting -= 1
        return Turn(lane, self._time)

    async def _instant(self, name: str, lane: Lane) -> int:
        """Return the next instant that is not over, in microseconds of the store's clock."""
        known = self._instants[name]
        while known:
            at_us = known.popleft()
            if at_us >= self._now_us() - LATE_US:
                return at_us
        interval_us = max(1, int(lane.spacing(self._time()) * 1_000_000))
        wanted = max(1, min(lane.waiting, HORIZON_US // interval_us))
        asked_us = self._now_us()
        first = await self._store.reserve(name, interval_us, wanted, asked_us + int(self._lead_us))
        took_us = min(HORIZON_US, self._now_us() - asked_us)
        self._lead_us = max(took_us, self._lead_us * LEAD_KEPT)
        known.extend(first + place * interval_us for place in range(1, wanted))
        free_in = (first + wanted * interval_us - self._now_us()) / 1_000_000
        lane.free_at = max(lane.free_at, self._time() + free_in)
        return first

    def _now_us(self) -> int:
        return self._clock() * 1000

    async def tell(self, channel: Channel, pace: str, retry_after_seconds: float | None) -> None:
        """Let other processes slow down too: at once by the table, within a second by the factor."""
        name, lane = paced_as(channel, pace), self._lane(channel, pace)
        if lane is None:
            return
        if retry_after_seconds:
            until_us = self._now_us() + int(retry_after_seconds * 1_000_000)
            for table_name in (f"{name}:turn", pace):
                await self._store.hold(f"channel:{channel.id}:{table_name}", until_us)
        told = encode_json(Told(lane.factor, self._clock()))
        await self._keeper.put_learnt([(NAME.format(channel.id, name), told)], self._clock())

    def adopt(self, channel_id: int, name: str, text: str) -> None:
        """Slow down as another process told; what it told fades as its own does."""
        lane = self._lanes.setdefault((channel_id, name), Lane(0.0))
        told = msgspec.json.decode(text, type=Told)
        age_seconds = max(0, self._clock() - told.at) / 1000
        lane.spacing(self._time())
        lane.factor = max(lane.factor, told.factor * RECOVERY**age_seconds)
