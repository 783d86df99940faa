"""One storage place behind an OpenDAL operator: objects are there whole, or not at all."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

from opendal import AsyncOperator, exceptions
from opendal.exceptions import NotFound
from opendal.layers import RetryLayer, TimeoutLayer
from opendal.options import WriteKwargs

from genmux.domain.words import content_type_of
from genmux.engine.files import opened

BLOCK_BYTES: Final = 1 << 20
CHUNK_BYTES: Final = 256 << 10
PART_BYTES: Final = 8 << 20
"""One part of an upload in parts; S3 takes 10,000 of them per object."""
_CACHE_CONTROL: Final = "private, max-age=3600"
_IN_THE_WAY: Final = ("AlreadyExists", "NotADirectory", "IsADirectory")
_CONTEXT: Final = re.compile(r", context: \{.*?\}(?= =>|, source:|$)", re.DOTALL)
_SOURCE: Final = re.compile(r"\nSource:\s+(.+)")

# They have no base class of their own.
_OPENDAL_ERRORS: Final = tuple(
    item for item in vars(exceptions).values() if isinstance(item, type) and issubclass(item, Exception)
)


class Place:
    """Where objects live, written to in the one way that is safe.

    OpenDAL's writers commit on leaving `async with`, even by an exception, so they are closed by
    hand and only after the last byte. `settle` makes a finished object durable where the service
    does not do so itself. What fails is an `OSError`. `region` is what the operator calls the
    place's region, "" for none.
    """

    def __init__(
        self, operator: AsyncOperator, *, settle: Callable[[str], None] | None = None, region: str = ""
    ) -> None:
        # In this order every single try has its time limit, and none is cut off from outside.
        timed = operator.layer(TimeoutLayer(timeout=30, io_timeout=60))
        self._operator = timed.layer(RetryLayer(max_times=4, jitter=True, min_delay=0.1))
        self._capability = self._operator.capability()
        self._settle = settle
        self.region = region

    @property
    def presigns(self) -> bool:
        """Whether it can make URLs that open an object for a while."""
        return self._capability.presign_read

    async def put_file(self, source: Path, path: str) -> None:
        """Copy a local file in, unless it is there with the same bytes."""
        async with opened(source, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not await self._same(file, path, size):
                file.seek(0)
                await self._write(_file_blocks(file), path, size)
        await self._settled(path)

    async def put(self, blocks: AsyncIterator[bytes], path: str, size: int) -> None:
        """Write `size` bytes from a stream, over what is there; any other number is an `OSError`."""
        await self._write(blocks, path, size)
        await self._settled(path)

    async def copy_from(self, other: Place, key: str, path: str) -> None:
        """Copy another place's object in, over what is there."""
        size = await other.size(key)
        if size is None:
            raise FileNotFoundError(key)
        await self.put(other.range(key, 0, size, BLOCK_BYTES), path, size)

    async def size(self, path: str) -> int | None:
        """Return an object's size, None when there is none."""
        try:
            with os_errors(path):
                return (await self._operator.stat(path)).content_length
        except FileNotFoundError:
            return None

    async def delete(self, path: str) -> None:
        """Delete an object, if there."""
        with os_errors(path):
            await self._operator.delete(path)

    async def blocks(self, path: str, block_bytes: int) -> AsyncIterator[bytes]:
        """Yield a whole object."""
        size = await self.size(path)
        if size is None:
            raise FileNotFoundError(path)
        async for block in self.range(path, 0, size, block_bytes):
            yield block

    async def range(
        self, path: str, start: int, length: int, chunk_bytes: int = CHUNK_BYTES
    ) -> AsyncIterator[bytes]:
        """Yield part of an object in one request; an early end, or no object, is an `OSError`."""
        if not length:
            return
        with os_errors(path):
            reader = await self._operator.open(path, "rb", offset=start, size=length)
        try:
            while length:
                with os_errors(path):
                    chunk = await reader.read(min(chunk_bytes, length))
                if not chunk:
                    raise OSError(f"{path} ends {length} bytes too early")
                length -= len(chunk)
                yield chunk
        finally:
            await reader.close()

    async def presign(
        self, path: str, seconds: int, *, filename: str = "", content_type: str = ""
    ) -> str | None:
        """Return a URL that opens an object for `seconds`, None where the service has no such URLs.

        `filename` and `content_type` replace what was said when it was written, where the service
        lets a URL do so: S3 does, COS through OpenDAL does not.
        """
        if not self.presigns:
            return None
        disposition = inline(filename) if filename else None
        with os_errors(path):
            request = await self._operator.presign_read(
                path, seconds, content_type=content_type or None, content_disposition=disposition
            )
        return request.url

    async def _same(self, file: BinaryIO, path: str, size: int) -> bool:
        if await self.size(path) != size:
            return False
        async for block in self.range(path, 0, size, BLOCK_BYTES):
            if await asyncio.to_thread(file.read, len(block)) != block:
                return False
        return True

    async def _write(self, blocks: AsyncIterator[bytes], path: str, size: int) -> None:
        with os_errors(path):
            writer = await self._operator.open(path, "wb", **self._described(path))
            written = 0
            async for block in blocks:
                await writer.write(block)
                written += len(block)
            if written != size:
                raise OSError(f"{path}: {written} bytes came, {size} were expected")
            await writer.close()
        stored = await self.size(path)
        if stored != size:
            raise OSError(f"{path}: {stored} bytes are stored, {size} were written")

    async def _settled(self, path: str) -> None:
        if self._settle is not None:
            await asyncio.to_thread(self._settle, path)

    def _described(self, path: str) -> WriteKwargs:
        """Return how an object is written, with the headers it is served with where they can be kept."""
        options: WriteKwargs = {}
        if self._capability.write_multi_max_size:
            options["chunk"] = PART_BYTES
        if self._capability.write_with_content_type:
            options["content_type"] = content_type_of(path)
        if self._capability.write_with_content_disposition:
            options["content_disposition"] = inline(path.rpartition("/")[2])
        if self._capability.write_with_cache_control:
            options["cache_control"] = _CACHE_CONTROL
        return options


def inline(filename: str) -> str:
    """Return the Content-Disposition of a file that browsers show and save under its name (RFC 6266)."""
    if re.fullmatch(r"[A-Za-z0-9._-]+", filename, re.ASCII):
        return f'inline; filename="{filename}"'
    return f"inline; filename*=UTF-8''{quote(filename, safe='')}"


@contextmanager
def os_errors(path: str) -> Iterator[None]:
    """Turn OpenDAL's errors into `FileNotFoundError`, `FileExistsError` and `OSError`.

    A path through an existing file comes as a plain `OSError` that says so in words only.
    """
    try:
        yield
    except NotFound as error:
        raise FileNotFoundError(path) from error
    except OSError as error:
        if str(error).startswith(_IN_THE_WAY):
            raise FileExistsError(f"{path} leads through something that is no folder") from error
        if "context: {" in str(error):
            raise OSError(f"{path}: {_reason(error)}") from error
        raise
    except _OPENDAL_ERRORS as error:
        raise OSError(f"{path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return what went wrong without OpenDAL's own surroundings, such as addresses and headers."""
    text = str(error).partition("\nBacktrace")[0]
    source = _SOURCE.search(text)
    head = _CONTEXT.sub("", text.splitlines()[0])
    return (f"{head}: {source[1]}" if source else head)[:300]


async def _file_blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
        yield block
