"""The parts of an owned data directory at work: started, drained and closed, whoever carries their calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from genmux.compose.parts import Parts, build_parts, close_parts
from genmux.domain.states import TaskState
from genmux.engine.outcomes import parse_made
from genmux.engine.ports import TaskFilter
from genmux.settings import Settings
from genmux.store.ownership import Ownership
from genmux.store.sql_store import SqlStore


class Works:
    """Everything that makes what is asked for; a server adds the socket.

    On a shared database it may work without owning the directory.
    """

    def __init__(self, ownership: Ownership | None, parts: Parts) -> None:
        self.ownership = ownership
        self.parts = parts
        self._greeting: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        settings: Settings,
        environ: Mapping[str, str],
        ownership: Ownership | None,
        admin_token: str,
        process: int = 0,
    ) -> Works:
        """Join the parts of a directory. Raises `SettingsError`, `MasterKeyError`, `OSError`."""
        return cls(ownership, await build_parts(settings, environ, admin_token, process))

    async def start(self, address: str) -> None:
        """Start the engine; `address` is where clients reach us unless the settings say it."""
        parts = self.parts
        parts.base.url = parts.base.url or address
        parts.spool.sweep(await spools_in_use(parts.store))
        if parts.membership is not None:
            await parts.membership.join()
        if parts.role.works:
            await parts.engine.start()
            self._greeting = asyncio.create_task(parts.greeting(), name="greeting")
        if parts.membership is not None:
            parts.membership.start()

    async def drain(self) -> None:
        """Accept nothing new and finish what cannot be given back."""
        self.parts.app.ready = False
        self.parts.service.draining = True
        if self._greeting is not None:
            self._greeting.cancel()
            await asyncio.gather(self._greeting, return_exceptions=True)
        await self.parts.engine.stop()
        if self.parts.membership is not None:
            await self.parts.membership.stop()

    async def close(self) -> None:
        """Close what is drained and give the directory up."""
        await close_parts(self.parts)
        if self.ownership is not None:
            self.ownership.release()


async def spools_in_use(store: SqlStore) -> frozenset[str]:
    """Return the spool files that collecting tasks still need; all others are swept."""
    names: set[str] = set()
    before: int | None = None
    while True:
        rows = await store.list_tasks(
            TaskFilter(states=(TaskState.COLLECTING,), before_seq=before, limit=500)
        )
        for row in rows:
            names.update(o.spool for o in parse_made(row.upstream_ref)[1] if o.spool)
        if len(rows) < 500:
            return frozenset(names)
        before = rows[-1].seq
