"""The news loop: asks upstreams about many tasks in one call, and takes what they tell us as hints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from msgspec.structs import replace

from genmux.domain.states import TaskState
from genmux.engine.channels import Channel, Router
from genmux.engine.fleet import Fleet
from genmux.engine.flows import FlowRunner
from genmux.engine.learning import Plans, watches
from genmux.engine.ports import Clock, Store
from genmux.providers.seam import Account, Flow, News, Outcome

log = structlog.get_logger(__name__)

LOOK_BACK_MS: Final = 600_000
"""How far before the start of this process the first look reaches."""
ERROR_PAUSE_MS: Final = 10_000


@dataclass(slots=True)
class Newsroom:
    """Makes tasks due that their upstream says have ended; the next poll finds out whether it is so."""

    store: Store
    router: Router
    runner: FlowRunner
    plans: Plans
    clock: Clock
    fleet: Fleet
    on_settled: Callable[[TaskState, int], None]
    _next_at: dict[int, int] = field(default_factory=dict)
    _since: dict[int, int] = field(default_factory=dict)

    async def step(self) -> int:
        """Ask every channel whose time has come; return how many tasks became due.

        Of several engines one alone asks a channel: what it reads from a queue of events is gone.
        """
        now = self.clock()
        ours = [c for c in self.router.channels if self.fleet.keeps(c.id)]
        due = [c for c in ours if self._next_at.get(c.id, 0) <= now and watches(c)]
        if not due:
            return 0
        used = Counter[int]()
        for (channel_id, _), n in (await self.store.slots_used()).items():
            used[channel_id] += n
        return sum([await self._look(c, used[c.id]) for c in due if used[c.id]])

    async def _look(self, channel: Channel, in_flight: int) -> int:
        now = self.clock()
        options = {**channel.account.options, "events": channel.events}
        account = replace(channel.account, options=options)
        flow = channel.provider.watch(account, self._since.get(channel.id, now - LOOK_BACK_MS))
        if flow is None:
            return 0
        self._next_at[channel.id] = now + self.plans.news_interval_ms(channel, in_flight)
        outcome = await self._run(flow, channel, account)
        if not isinstance(outcome, News):
            log.warning("no news", channel=channel.name, why=str(outcome)[:300])
            self._next_at[channel.id] = now + ERROR_PAUSE_MS
            return 0
        if outcome.since is not None:
            self._since[channel.id] = outcome.since
        return await self.hear(channel, account, outcome)

    async def _run(self, flow: Flow, channel: Channel, account: Account) -> Outcome | str:
        try:
            return await self.runner.run(flow, channel, account)
        except Exception as error:
            log.exception("news flow failed", channel=channel.name)
            return type(error).__name__

    async def hear(self, channel: Channel, account: Account, news: News) -> int:
        """Take hints: our tasks among them become due, and their events are confirmed."""
        if not news.refs and not news.keys:
            return 0
        ours = await self.store.hasten(channel.id, news.refs, news.keys, self.clock())
        if ours:
            self.on_settled(TaskState.RUNNING, 0)
        receipts = tuple(receipt for ref, receipt in news.receipts if ref in ours)
        flow = channel.provider.confirm(account, receipts) if receipts else None
        if flow is not None:
            await self._run(flow, channel, account)
        return len(ours)

    async def called_back(self, channel_name: str, headers: dict[str, str], body: bytes) -> int | None:
        """Take an upstream's call to us as hints; return how many of our tasks it names.

        None where there is no such channel. Raises `ValueError` when the provider cannot read it.
        """
        channel = self.router.by_name(channel_name)
        if channel is None:
            return None
        return await self.hear(channel, channel.account, channel.provider.parse_callback(headers, body))
