"""The figures of one moment, gathered from the store and from what the loops have learnt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genmux.dialects.metrics import ChannelView, Lag
from genmux.domain.states import TaskState
from genmux.engine.channels import Channel, Router
from genmux.engine.counts import TaskCounts
from genmux.engine.learning import Plans
from genmux.engine.ports import Store
from genmux.engine.standing import Standing


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """What is told of one channel; `slow_downs` is by pace name, 1 where calls leave as configured."""

    name: str
    health: str
    open_attempts: Mapping[str, int]
    slots: int
    slow_downs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """The `Figures` port of the metrics page."""

    store: Store
    counts: TaskCounts
    router: Router
    standing: Standing
    plans: Plans

    async def tasks(self) -> Mapping[TaskState, int]:
        """Return how many tasks there are in each state."""
        return await self.counts.look()

    async def channels(self) -> Iterable[ChannelView]:
        """Return how every channel fares."""
        used = await self.store.slots_used()
        return [self._channel(channel, used) for channel in self.router.channels]

    def _channel(self, channel: Channel, used: Mapping[tuple[int, str], int]) -> ChannelFigures:
        standing = self.standing
        return ChannelFigures(
            name=channel.name,
            health=standing.health.view(channel.id, standing.clock()).state
            if channel.enabled
            else "disabled",
            open_attempts={kind: n for (number, kind), n in used.items() if number == channel.id},
            slots=standing.slots.limit(channel),
            slow_downs={pace: standing.pacer.factor(channel, pace) for pace in channel.rates},
        )

    def puzzled(self) -> Mapping[str, int]:
        """Return by channel how many answers were not understood."""
        return self.standing.puzzled

    def lags(self) -> Mapping[str, Lag]:
        """Return by channel how late ends were noticed since this process began."""
        return dict(self.plans.lags)
