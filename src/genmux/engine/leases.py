"""What this process has leased, prolonged together for as long as the work on it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from genmux.engine.ports import Clock, Store

BEATS: Final = 4
"""So often a lease is prolonged before it would run out."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """One lease; `on_lost` is called when somebody else has it."""

    seq: int
    fence: int
    on_lost: Callable[[], object] | None = None


@dataclass(slots=True)
class Leases:
    """Leases of `lease_ms` by the seq of their task. A process that dies beats no more, and others go on."""

    store: Store
    clock: Clock
    lease_ms: int = 60_000
    _held: dict[int, Held] = field(default_factory=dict)

    @property
    def beat_seconds(self) -> float:
        """How often to beat."""
        return self.lease_ms / BEATS / 1000

    def hold(self, seq: int, fence: int, on_lost: Callable[[], object] | None = None) -> Held:
        """Prolong this lease from now on, in the place of an older one of the task."""
        held = self._held[seq] = Held(seq, fence, on_lost)
        return held

    def let_go(self, held: Held | None) -> None:
        """Prolong this lease no more, unless somebody here has taken it over."""
        if held is not None and self._held.get(held.seq) is held:
            del self._held[held.seq]

    @contextmanager
    def held(self, seq: int, fence: int) -> Iterator[None]:
        """Prolong a lease while the block runs."""
        held = self.hold(seq, fence)
        try:
            yield
        finally:
            self.let_go(held)

    async def beat(self) -> None:
        """Prolong every lease; those that are another's by now are told so and let go."""
        asked = dict(self._held)
        if not asked:
            return
        ends = self.clock() + self.lease_ms
        kept = await self.store.extend([(seq, held.fence) for seq, held in asked.items()], ends)
        for seq, held in asked.items():
            if seq not in kept and self._held.get(seq) is held:
                del self._held[seq]
                if held.on_lost is not None:
                    held.on_lost()

    async def give_back(self) -> None:
        """End every lease now, so that others need not wait for it."""
        held, self._held = self._held, {}
        if held:
            await self.store.extend([(seq, one.fence) for seq, one in held.items()], self.clock())
