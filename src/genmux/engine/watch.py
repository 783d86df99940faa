"""Waiting for a task to change, without a loop per waiter."""

from __future__ import annotations

import asyncio
from collections import defaultdict


class Watch:
    """Wakes those who wait for one task; a wake-up that nobody waits for costs a dictionary look."""

    def __init__(self) -> None:
        self._waiters: defaultdict[int, set[asyncio.Future[None]]] = defaultdict(set)

    async def wait(self, seq: int, seconds: float) -> None:
        """Return when the task is woken, or after `seconds`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[seq].add(waiter)
        try:
            await asyncio.wait((waiter,), timeout=seconds)
        finally:
            self._waiters[seq].discard(waiter)
            if not self._waiters[seq]:
                del self._waiters[seq]

    def wake_all(self) -> None:
        """Wake everybody: nobody knows what was missed."""
        for seq in list(self._waiters):
            self.wake(seq)

    def wake(self, seq: int) -> None:
        """Wake everybody who waits for the task."""
        for waiter in self._waiters.get(seq, ()):
            if not waiter.done():
                waiter.set_result(None)
