"""The dispatch loop: takes queued work, lane by lane, fairly by tenant, as fast as channels allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from genmux.domain.spec import encode_json
from genmux.engine.channels import Channel, Router
from genmux.engine.ports import ClaimOrder, Clock, Store
from genmux.engine.submits import SubmitDesk

MAX_CLAIMS: Final = 64
HORIZON_US: Final = 200_000
"""Send slots are reserved at most this far ahead."""


@dataclass(slots=True)
class Dispatcher:
    """Claims queued tasks and starts their attempts."""

    store: Store
    router: Router
    submits: SubmitDesk
    clock: Clock
    worker_id: str
    _cursors: dict[tuple[str, int], int] = field(default_factory=dict)
    _first_lane: int = 0

    async def step(self) -> int:
        """Do one round over all lanes with due work; return how many attempts were started."""
        lanes = await self.store.queued_lanes(self.clock())
        if not lanes:
            return 0
        self._first_lane = (self._first_lane + 1) % len(lanes)
        started = 0
        for lane in (*lanes[self._first_lane :], *lanes[: self._first_lane]):
            for channel in self.router.serving(lane):
                started += await self._claim(lane, channel)
        return started

    async def _claim(self, lane: str, channel: Channel) -> int:
        cursor_name = (lane, channel.id)
        order = ClaimOrder(
            channel_id=channel.id,
            lane=lane,
            worker_id=self.worker_id,
            now=self.clock(),
            lease_ms=channel.lease_ms,
            want=min(MAX_CLAIMS, channel.slots),
            slots=channel.slots,
            pace_name=channel.pace_name,
            interval_us=channel.interval_us,
            horizon_us=HORIZON_US,
            after_tenant=self._cursors.get(cursor_name, 0),
            frozen=encode_json({"channel": channel.name, **channel.frozen}),
        )
        round_ = await self.store.claim_queued(order)
        self._cursors[cursor_name] = round_.after_tenant
        for claim in round_.claims:
            self.submits.start(claim, channel)
        return len(round_.claims)
