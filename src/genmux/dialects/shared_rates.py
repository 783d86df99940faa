"""Rates that several processes keep together: calls of a second are let through in blocks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from genmux.engine.fleet import Fleet, FleetStore, Permit

FIRST_SHARE: Final = 2
LATER_SHARE: Final = 4
"""The first block of a process is its share of the rate divided by the first, a later one by the second."""


@dataclass(slots=True)
class _Blocks:
    """What one process may still let through of one name in the current second."""

    left: int = 0
    blocks: int = 0
    made: int = 0
    spent: bool = False  # nobody may let anything more through
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class SharedWindow:
    """Counts calls per name in each whole second, over all processes; `RateWindow` is that of one.

    No second sees more calls than the rate. A call may be refused a little early, where another
    process holds the last ones and does not use them.
    """

    store: FleetStore
    fleet: Fleet
    _second: int = -1
    _names: dict[str, _Blocks] = field(default_factory=dict)

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to share with."""
        return len(self.fleet.apis) > 1

    async def admit(self, name: str, per_second: int, now_ms: int) -> int | None:
        """Count one call; None when it fits, else how many calls the name has made, as far as we know."""
        if per_second <= 0:
            return None
        second = now_ms // 1000
        if second != self._second:
            self._second, self._names = second, {}
        blocks = self._names.setdefault(name, _Blocks())
        blocks.made += 1
        async with blocks.lock:
            if not blocks.left and not blocks.spent:
                await self._ask(blocks, name, per_second, second)
            if not blocks.left:
                return per_second + max(1, blocks.made - per_second)
            blocks.left -= 1
            return None

    async def _ask(self, blocks: _Blocks, name: str, per_second: int, second: int) -> None:
        share = FIRST_SHARE if not blocks.blocks else LATER_SHARE
        wanted = max(1, per_second // (share * max(1, len(self.fleet.apis))))
        (granted,) = await self.store.permit([Permit(name, second, wanted, per_second)])
        blocks.blocks += 1
        blocks.left += granted
        blocks.spent = not granted
