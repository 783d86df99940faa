"""Writes of what cannot be had again: tried until the store takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from genmux.domain.errors import Unavailable

T = TypeVar("T")

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 900.0
"""A database that is away for longer is not waited for."""


async def persist(write: Callable[[], Awaitable[T]], what: str) -> T:
    """Return what `write` returns, trying again while the store is unavailable. Raises `Unavailable`.

    For the answers of paid calls: the store may be restarted, or another server take its place, while
    they are on their way.
    """
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + PATIENCE_SECONDS, FIRST_PAUSE_SECONDS
    while True:
        try:
            return await write()
        except Unavailable as trouble:
            if loop.time() >= until:
                raise
            log.warning("not written yet", what=what, reason=str(trouble), again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
