"""How channels stand: what their answers mean for their breakers, their pace and their slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from genmux.engine.channels import Channel
from genmux.engine.fleet import Fleet
from genmux.engine.health import Health, HealthView
from genmux.engine.pace import Pacer
from genmux.engine.ports import Clock, Store
from genmux.engine.shared_pace import SharedPacer
from genmux.engine.slots import Slots
from genmux.providers.seam import ErrorClass, Finished, Outcome, Puzzling, Refused

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Standing:
    """Takes note of every answer; dispatch asks it how much a channel may be given."""

    store: Store
    clock: Clock
    pacer: Pacer
    fleet: Fleet = field(default_factory=Fleet)
    health: Health = field(default_factory=Health)
    slots: Slots = field(default_factory=Slots)
    puzzled: Counter[str] = field(default_factory=Counter)  # answers nobody understood, by channel

    async def remember(self) -> None:
        """Take over what was learnt before this process."""
        self.adopt(await self.store.learnt())

    def adopt(self, learnt: Mapping[str, str]) -> None:
        """Take over what this or another process has learnt; names of other records are passed over."""
        self.slots.remember(learnt)
        for name, text in learnt.items() if self.fleet.shared else ():
            kind, _, rest = name.partition(":")
            channel, _, pace = rest.partition(":")
            if kind == "health":
                self.health.adopt(int(channel), text)
            elif kind == "pace" and isinstance(self.pacer, SharedPacer):
                self.pacer.adopt(int(channel), pace, text)

    def room(self, channel: Channel) -> int | None:
        """Return how many attempts the channel's health lets start; None is any number.

        Of several engines one alone tries whether a trouble is over.
        """
        room = self.health.room(channel.id, self.clock())
        return room if room is None or self.fleet.keeps(channel.id) else 0

    async def submitted(self, channel: Channel, kind: str, outcome: Outcome) -> None:
        """Note how a submit ended."""
        before = self.health.view(channel.id, self.clock())
        self.health.learn(channel.id, outcome, self.clock())
        await self._tell(channel, before)
        await self._heed(channel, f"create:{kind}", outcome)

    async def asked(self, channel: Channel, kind: str, outcome: Outcome) -> None:
        """Note how a poll or a lookup ended."""
        before = self.health.view(channel.id, self.clock())
        self.health.accuse(channel.id, outcome, self.clock())
        await self._tell(channel, before)
        if isinstance(outcome, Puzzling):
            self.puzzled[channel.name] += 1
            log.warning("upstream is not understood", channel=channel.name, why=outcome.message)
        await self._heed(channel, f"describe:{kind}", outcome)

    async def _heed(self, channel: Channel, pace: str, outcome: Outcome) -> None:
        match outcome:
            case Refused(ErrorClass.RATE):
                self.pacer.slow_down(channel, pace, outcome.retry_after_seconds)
                await self.pacer.tell(channel, pace, outcome.retry_after_seconds)
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

    async def forgive(self, channel_id: int) -> None:
        """Forget what stands against a channel: its operator has changed it."""
        self.health.forgive(channel_id)
        await self._share(channel_id)

    async def _tell(self, channel: Channel, before: HealthView) -> None:
        view = self.health.view(channel.id, self.clock())
        if view.state != before.state:
            log.warning("channel health", channel=channel.name, state=view.state, why=view.why)
        if (view.state, view.open_until) != (before.state, before.open_until):
            await self._share(channel.id)

    async def _share(self, channel_id: int) -> None:
        if self.fleet.shared:
            await self.store.put_learnt([self.health.told(channel_id)], self.clock())
