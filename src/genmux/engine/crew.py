"""A bounded number of things under way at once, none of which waits for the slowest."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Crew:
    """Runs coroutines in the background, at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    @property
    def free(self) -> int:
        """How many more may start."""
        return self._size - len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work`; what it raises is logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ended.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("background work failed", work=task.get_name(), exc_info=task.exception())

    async def room(self) -> None:
        """Return when one more may start."""
        while self.free <= 0:
            self._ended.clear()
            await self._ended.wait()

    async def rest(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Cancel what is under way and wait for its end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
