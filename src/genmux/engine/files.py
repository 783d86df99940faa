"""Local files, opened without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal


@asynccontextmanager
async def opened(path: Path, mode: Literal["rb", "wb", "xb"]) -> AsyncIterator[BinaryIO]:
    """Yield a file, opened by a thread and closed in the end. Raises `OSError`.

    Who is cancelled while the thread opens it leaves no open file behind, nor one that comes into
    being after he has deleted it.
    """
    opening = asyncio.ensure_future(asyncio.to_thread(path.open, mode))
    try:
        file = await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(OSError):
            (await opening).close()
        raise
    with file:
        yield file
