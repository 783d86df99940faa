"""The time of day, and an emulator's that can run ahead of it."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return now in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class EmulatorClock:
    """The time of day, and how far an emulator was told to run ahead of it."""

    def __init__(self) -> None:
        self._ahead_ms = 0

    def __call__(self) -> int:
        return now_ms() + self._ahead_ms

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass at once: URLs, sessions and deadlines expire. Return the new now."""
        self._ahead_ms += int(seconds * 1000)
        return self()
