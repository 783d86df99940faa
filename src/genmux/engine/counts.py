"""How many tasks are in each state, counted seldom where counting is dear."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from genmux.domain.states import TaskState

DEAR_SECONDS: Final = 0.1
"""What takes less is done for everybody who asks."""
REST: Final = 10
"""A dear count is told for so many times as long as it took, so counting costs a tenth at most."""


class TaskCounts:
    """Counts tasks by state. The store reads every task for it, which takes seconds where millions are kept.

    Who asks while a count is made waits for it, too.
    """

    def __init__(
        self,
        count: Callable[[], Awaitable[Mapping[TaskState, int]]],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._seconds = seconds
        self._alone = asyncio.Lock()
        self._counted: Mapping[TaskState, int] = {}
        self._good_until = -math.inf

    async def look(self) -> Mapping[TaskState, int]:
        """Return how many tasks are in each state; every state is named."""
        async with self._alone:
            began = self._seconds()
            if began >= self._good_until:
                self._counted = await self._count()
                took = self._seconds() - began
                self._good_until = began + took * (1 + REST) if took >= DEAR_SECONDS else began
            return self._counted
