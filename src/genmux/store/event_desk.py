"""VOD events for clients that pull them, and how each application wants them, kept in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from genmux.dialects.notices import sign_key_name
from genmux.dialects.vod_events import PulledEvent
from genmux.engine.ports import Clock, EventConfig, EventMode, Store
from genmux.engine.service import Caller
from genmux.wires import vod

LENT_MS: Final = 30_000
"""How long a pulled event waits to be confirmed before it is told again (documented)."""
LOOK_SECONDS: Final = 0.25


class StoredEvents:
    """The `EventDesk` of the VOD dialect over the outbox."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seal: Callable[[str, str], bytes],
        unseal: Callable[[bytes, str], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self._unseal = unseal

    async def pull(
        self, caller: Caller, sub_app_id: int, limit: int, wait_seconds: float
    ) -> Sequence[PulledEvent]:
        """Lend the oldest unconfirmed events for 30 seconds, waiting for the first if there is none."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_seconds
        while True:
            now = self._clock()
            rows = await self._store.pull_events(caller.tenant_id, sub_app_id, now, limit, now + LENT_MS)
            if rows or loop.time() >= until:
                return [PulledEvent(row.handle or "", row.task_id) for row in rows]
            await asyncio.sleep(min(LOOK_SECONDS, max(0.0, until - loop.time())))

    async def confirm(self, caller: Caller, handles: Sequence[str]) -> int:
        """End the events lent under these handles; return how many of the handles were good."""
        return await self._store.confirm_events(caller.tenant_id, handles, self._clock())

    async def config(self, caller: Caller, sub_app_id: int) -> vod.EventConfig:
        """Return how an application wants its events, the defaults for one that never said."""
        kept = await self._store.event_config(caller.tenant_id, sub_app_id)
        if kept is None:
            return vod.EventConfig()
        name = sign_key_name(caller.tenant_id, sub_app_id)
        return vod.EventConfig(
            mode=kept.mode,
            notification_url=kept.notification_url,
            upload_switch=_word(kept.upload_switch),
            delete_switch=_word(kept.delete_switch),
            persistence_switch=_word(kept.persistence_switch),
            sign_key=self._unseal(kept.sign_key, name) if kept.sign_key else "",
        )

    async def set_config(self, caller: Caller, sub_app_id: int, config: vod.EventConfig) -> None:
        """Keep how an application wants its events; its SignKey is sealed."""
        name = sign_key_name(caller.tenant_id, sub_app_id)
        kept = EventConfig(
            tenant_id=caller.tenant_id,
            sub_app_id=sub_app_id,
            mode=EventMode(config.mode),
            updated_at=self._clock(),
            notification_url=config.notification_url,
            sign_key=self._seal(config.sign_key, name) if config.sign_key else None,
            upload_switch=config.upload_switch == "ON",
            delete_switch=config.delete_switch == "ON",
            persistence_switch=config.persistence_switch == "ON",
        )
        await self._store.put_event_config(kept)


def _word(switch: bool) -> str:
    return "ON" if switch else "OFF"
