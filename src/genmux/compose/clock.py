"""The time of day, that of a shared database, and an emulator's that can run ahead of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from genmux.engine.fleet import FleetStore, ServerTime
from genmux.engine.ports import Clock


def now_ms() -> int:
    """Return now in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> float:
    """Return the milliseconds of a clock that nobody sets."""
    return time.monotonic_ns() / 1_000_000


class StoreClock:
    """The clock of a shared store, as this process hears of it: leases mean the same everywhere.

    Between two measurements it goes on by the machine's monotonic clock, so what the machine takes for
    the time of day does not matter, nor when somebody sets it. Until the first one it is that time.
    """

    def __init__(self, monotonic: Callable[[], float] = monotonic_ms, of_day: Clock = now_ms) -> None:
        self._monotonic = monotonic
        self._of_day = of_day
        self._ahead_ms = of_day() - monotonic()

    def __call__(self) -> int:
        return int(self._monotonic() + self._ahead_ms)

    @property
    def offset_ms(self) -> float:
        """How far the store's clock is ahead of this machine's time of day."""
        return self._monotonic() + self._ahead_ms - self._of_day()

    async def measure(self, store: FleetStore) -> ServerTime:
        """Ask the store for its time and go by it from now on."""
        told = await store.server_time()
        self._ahead_ms = told.store_ms - told.monotonic_ms
        return told


class EmulatorClock:
    """A clock, and how far an emulator was told to run ahead of it."""

    def __init__(self, base: Clock = now_ms) -> None:
        self._base = base
        self._ahead_ms = 0

    def __call__(self) -> int:
        return self._base() + self._ahead_ms

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass at once: URLs, sessions and deadlines expire. Return the new now."""
        self._ahead_ms += int(seconds * 1000)
        return self()
