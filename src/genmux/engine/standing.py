"""How channels stand: what their answers mean for their breakers, their pace and their slots."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import structlog

from genmux.engine.channels import Channel
from genmux.engine.health import Health
from genmux.engine.pace import Pacer
from genmux.engine.ports import Clock, Store
from genmux.engine.slots import Slots
from genmux.providers.seam import ErrorClass, Finished, Outcome, Puzzling, Refused

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Standing:
    """Takes note of every answer; dispatch asks it how much a channel may be given."""

    store: Store
    clock: Clock
    pacer: Pacer
    health: Health = field(default_factory=Health)
    slots: Slots = field(default_factory=Slots)
    puzzled: Counter[str] = field(default_factory=Counter)  # answers nobody understood, by channel

    async def remember(self) -> None:
        """Take over what was learnt before this process."""
        self.slots.remember(await self.store.learnt())

    def room(self, channel: Channel) -> int | None:
        """Return how many attempts the channel's health lets start; None is any number."""
        return self.health.room(channel.id, self.clock())

    async def submitted(self, channel: Channel, kind: str, outcome: Outcome) -> None:
        """Note how a submit ended."""
        before = self.health.view(channel.id, self.clock()).state
        self.health.learn(channel.id, outcome, self.clock())
        self._tell(channel, before)
        await self._heed(channel, f"create:{kind}", outcome)

    async def asked(self, channel: Channel, kind: str, outcome: Outcome) -> None:
        """Note how a poll or a lookup ended."""
        before = self.health.view(channel.id, self.clock()).state
        self.health.accuse(channel.id, outcome, self.clock())
        self._tell(channel, before)
        if isinstance(outcome, Puzzling):
            self.puzzled[channel.name] += 1
            log.warning("upstream is not understood", channel=channel.name, why=outcome.message)
        await self._heed(channel, f"describe:{kind}", outcome)

    async def _heed(self, channel: Channel, pace: str, outcome: Outcome) -> None:
        match outcome:
            case Refused(ErrorClass.RATE):
                self.pacer.slow_down(channel, pace, outcome.retry_after_seconds)
                log.warning("upstream says: too fast", channel=channel.name, pace=pace)
            case Refused(ErrorClass.CONCURRENCY) if channel.learns:
                if self.slots.overflowed(channel, await self._in_use(channel)):
                    await self._keep(channel)
            case Finished() if channel.learns:
                if self.slots.ended(channel, await self._in_use(channel)):
                    await self._keep(channel)

    async def _in_use(self, channel: Channel) -> int:
        used = await self.store.slots_used()
        return sum(n for (channel_id, _), n in used.items() if channel_id == channel.id)

    async def _keep(self, channel: Channel) -> None:
        await self.store.put_learnt([self.slots.told(channel.id)], self.clock())

    def _tell(self, channel: Channel, before: str) -> None:
        view = self.health.view(channel.id, self.clock())
        if view.state != before:
            log.warning("channel health", channel=channel.name, state=view.state, why=view.why)
