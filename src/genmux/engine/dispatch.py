"""The dispatch loop: takes queued work, lane by lane, fairly by tenant, as fast as channels allow."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from genmux.domain.spec import encode_json
from genmux.engine.channels import Channel, Lane, Router, account_of, parse_lane
from genmux.engine.leases import Leases
from genmux.engine.ports import ClaimOrder, Clock, Store
from genmux.engine.standing import Standing
from genmux.engine.submits import SubmitDesk

MAX_CLAIMS: Final = 64
SHARED_CLAIMS: Final = 8
"""How many tasks channels of one priority divide among them before others get their turn."""
HORIZON_US: Final = 200_000
"""Send slots are reserved at most this far ahead."""
FULL_SECONDS: Final = 0.01
"""While nothing that waits can be taken, it is looked at so seldom: every new task would ask again."""
ANY_NUMBER: Final = 1_000_000
"""What the store is told of slots that each process counts for itself."""


@dataclass(slots=True)
class Dispatcher:
    """Claims queued tasks and starts their attempts."""

    store: Store
    router: Router
    submits: SubmitDesk
    standing: Standing
    clock: Clock
    leases: Leases
    worker_id: str
    chance: random.Random = field(default_factory=random.Random)
    _cursors: dict[tuple[str, int], int] = field(default_factory=dict)
    _first_lane: int = 0

    async def step(self) -> int:
        """Do one round over all lanes with due work; return how many attempts were started.

        A round that could take nothing of it rests for a moment.
        """
        lanes = await self.store.queued_lanes(self.clock())
        if not lanes:
            return 0
        self._first_lane = (self._first_lane + 1) % len(lanes)
        started = 0
        for lane in (*lanes[self._first_lane :], *lanes[: self._first_lane]):
            for _, group in groupby(self.router.serving(lane), key=lambda channel: channel.priority):
                for channel, want in shares(list(group), self.chance):
                    started += await self._claim(lane, channel, want)
        if not started:
            await asyncio.sleep(FULL_SECONDS)
        return started

    async def _claim(self, lane: str, channel: Channel, want: int) -> int:
        wanted = parse_lane(lane)
        most = self._room(channel, wanted, want)
        if most <= 0:
            return 0
        cursor_name = (lane, channel.id)
        round_ = await self.store.claim_queued(self._order(lane, wanted, channel, most))
        self._cursors[cursor_name] = round_.after_tenant
        for claim in round_.claims:
            self.standing.health.started(channel.id)
            self.submits.start(claim, channel)
        return len(round_.claims)

    def _room(self, channel: Channel, lane: Lane, want: int) -> int:
        """Return how many tasks the channel may take now by health, pace and slots."""
        held = self.standing.pacer.held_seconds(channel, f"create:{lane.kind}")
        if held * 1_000_000 > HORIZON_US:
            return 0
        if channel.own_slots:
            want = min(want, channel.slots - self.submits.on(channel.id))
        healthy = self.standing.room(channel)
        return want if healthy is None else min(want, healthy)

    def _order(self, lane: str, wanted: Lane, channel: Channel, most: int) -> ClaimOrder:
        pace = f"create:{wanted.kind}"
        return ClaimOrder(
            channel_id=channel.id,
            lane=lane,
            worker_id=self.worker_id,
            now=self.clock(),
            lease_ms=self.leases.lease_ms,
            want=most,
            slots=ANY_NUMBER if channel.own_slots else self.standing.slots.limit(channel),
            pace_name=f"channel:{channel.id}:{pace}",
            interval_us=self.standing.pacer.interval_us(channel, pace),
            horizon_us=HORIZON_US,
            after_tenant=self._cursors.get((lane, channel.id), 0),
            frozen=encode_json(account_of(channel, wanted.path)),
            kind=wanted.kind,
            kind_slots=channel.kind_slots.get(wanted.kind),
        )


def shares(group: Sequence[Channel], chance: random.Random) -> list[tuple[Channel, int]]:
    """Return channels of one priority in a random order by weight, each with how much it may take.

    A channel alone takes all there is; several divide a small number, so that rounds even out.
    """
    if len(group) == 1:
        return [(group[0], min(MAX_CLAIMS, max(group[0].slots, MAX_CLAIMS if group[0].learns else 1)))]
    total = sum(channel.weight for channel in group)
    order = sorted(group, key=lambda c: chance.random() ** (1.0 / max(c.weight, 1)), reverse=True)
    return [(channel, max(1, SHARED_CLAIMS * channel.weight // max(total, 1))) for channel in order]
