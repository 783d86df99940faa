"""Local copies of media objects, for as long as somebody works on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from genmux.engine.files import opened
from genmux.engine.ports import MediaStore, Spool


@asynccontextmanager
async def local_copies(
    media: MediaStore, spool: Spool, keys: Sequence[str]
) -> AsyncIterator[tuple[Path, ...]]:
    """Yield a spool file for each media key; they are gone afterwards, whatever happens.

    Objects are streamed, never held in memory. Raises `OSError` for one that cannot be read.
    """
    copies: dict[str, Path] = {}
    try:
        for key in dict.fromkeys(keys):
            copies[key] = spool.new(Path(key).suffix)
            await copy_object(media, key, copies[key])
        yield tuple(copies[key] for key in keys)
    finally:
        for path in copies.values():
            spool.drop(path)


async def copy_object(media: MediaStore, key: str, path: Path) -> None:
    """Copy a media object into a new file. Raises `OSError`: `FileNotFoundError` if it is not there."""
    size = await media.size(key)
    if size is None:
        raise FileNotFoundError(key)
    async with opened(path, "xb") as file:
        async for chunk in media.stream(key, 0, size):
            await asyncio.to_thread(file.write, chunk)
