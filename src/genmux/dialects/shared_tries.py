"""Tries of creates that several processes remember together: a retry may come to another one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from genmux.engine.fleet import Fleet, TryStore

LOOK_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 20.0
"""A try that has come to nothing by then is believed to have died with its process."""


@dataclass(frozen=True, slots=True)
class SharedTries:
    """What `TryStore` keeps, asked only where there is anybody to share with."""

    store: TryStore
    fleet: Fleet

    @property
    def wanted(self) -> bool:
        """Whether another process may get the retry."""
        return len(self.fleet.apis) > 1

    async def repeat(self, mark: bytes, number: int, now: int, window_ms: int) -> str | None:
        """Return what the try made that this one repeats, waiting for it while it is under way."""
        claimed = await self.store.claim_try(mark, number, now, now - window_ms)
        if claimed is None or claimed[1] is not None:
            return claimed[1] if claimed is not None else None
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while loop.time() < until:
            await asyncio.sleep(LOOK_SECONDS)
            found = await self.store.tried(claimed[0])
            if found is None or found[0] is not None:
                return found[0] if found is not None else None
        return None
