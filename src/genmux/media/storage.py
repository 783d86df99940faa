"""Artifacts and inputs on OpenDAL: whole and durable, or not there at all."""

from __future__ import annotations

import asyncio
import os
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from opendal import AsyncOperator, exceptions
from opendal.exceptions import NotFound
from opendal.layers import RetryLayer, TimeoutLayer

BLOCK_BYTES: Final = 1 << 20
CHUNK_BYTES: Final = 256 << 10
_IN_THE_WAY: Final = ("AlreadyExists", "NotADirectory", "IsADirectory")
_UNFINISHED: Final = ".unfinished"
_STALE_SECONDS: Final = 24 * 3600
_KEY: Final = re.compile(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*\Z", re.ASCII)
_MAX_KEY_CHARACTERS: Final = 512
_MAX_PATH_BYTES: Final = 850  # of a COS object key
_MAX_NAME_BYTES: Final = 255  # of a file name

# They have no base class of their own.
_OPENDAL_ERRORS: Final = tuple(
    item for item in vars(exceptions).values() if isinstance(item, type) and issubclass(item, Exception)
)


class OpendalStore:
    """The `MediaStore` port on a local directory, with named output buckets that are directories too."""

    def __init__(self, root: Path, buckets: Mapping[str, Path]) -> None:
        self._place = Place(root)
        self._buckets = {name: Place(path) for name, path in buckets.items()}

    async def publish(self, spool: Path, key: str) -> None:
        """Copy a spooled file to `key`: whole, of the right size and on the disk when this returns.

        Does nothing when the same bytes are there already. Until it is done, nothing can be seen
        at `key`, whatever fails.
        """
        await self._place.put_file(spool, checked_key(key))

    async def size(self, key: str) -> int | None:
        """Return how many bytes the object has, None when there is none."""
        return await self._place.size(checked_key(key))

    async def read(self, key: str) -> bytes:
        """Return a whole object; `FileNotFoundError` when there is none."""
        return b"".join([block async for block in self._place.blocks(checked_key(key), BLOCK_BYTES)])

    async def stream(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """Yield `length` bytes from `start` in chunks of up to 256 KiB.

        Raises `FileNotFoundError`, and `OSError` when the object ends before `start + length`.
        """
        if await self.size(key) is None:
            raise FileNotFoundError(key)
        async for chunk in self._place.range(key, start, length):
            yield chunk

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is fine."""
        await self._place.delete(checked_key(key))

    def check_output(self, bucket: str, path: str) -> None:
        """Raise `ValueError` when `copy_out` would refuse this bucket, or names in this folder."""
        if bucket not in self._buckets:
            raise ValueError(f"no output bucket is called {bucket[:80]!r}")
        if folder := path.strip("/"):
            checked_path(f"{folder}/{'0' * 40}.mp4")

    async def copy_out(self, key: str, bucket: str, path: str) -> None:
        """Write the object to `path` of a named bucket as well, whole or not at all.

        `path` is the caller's: a leading slash means the bucket's root, as in COS; anything that
        could lead elsewhere is a `ValueError`, and so is a bucket we do not have.
        """
        if bucket not in self._buckets:
            raise ValueError(f"no output bucket is called {bucket[:80]!r}")
        target = checked_path(path)
        await self._buckets[bucket].copy_from(self._place, checked_key(key), target)

    def buckets(self) -> frozenset[str]:
        """Return the names `copy_out` takes."""
        return frozenset(self._buckets)


class Place:
    """One directory behind an OpenDAL operator, written to in the one way that is safe.

    OpenDAL's writers commit on leaving `async with`, even by an exception, so they are closed by
    hand and only after the last byte. Its files are not synced, so that is done here. What fails
    is an `OSError`.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root = root.resolve()
        operator = AsyncOperator("fs", root=str(self._root), atomic_write_dir=str(self._root / _UNFINISHED))
        retrying = operator.layer(RetryLayer(max_times=3, jitter=True, min_delay=0.1))
        self._operator = retrying.layer(TimeoutLayer(timeout=30, io_timeout=60))
        sweep_unfinished(self._root / _UNFINISHED, time.time() - _STALE_SECONDS)

    async def put_file(self, source: Path, path: str) -> None:
        """Copy a local file in, unless it is there with the same bytes."""
        with await asyncio.to_thread(source.open, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not await self._same(file, path, size):
                file.seek(0)
                await self._write(_file_blocks(file), path, size)
        await asyncio.to_thread(_settle, self._root, path)

    async def copy_from(self, other: Place, key: str, path: str) -> None:
        """Copy another place's object in, over what is there."""
        size = await other.size(key)
        if size is None:
            raise FileNotFoundError(key)
        await self._write(other.blocks(key, BLOCK_BYTES), path, size)
        await asyncio.to_thread(_settle, self._root, path)

    async def size(self, path: str) -> int | None:
        """Return an object's size, None when there is none."""
        try:
            with _os_errors(path):
                return (await self._operator.stat(path)).content_length
        except FileNotFoundError:
            return None

    async def delete(self, path: str) -> None:
        """Delete an object, if there."""
        with _os_errors(path):
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
        """Yield part of an object; an early end, or no object, is an `OSError`."""
        with _os_errors(path):
            reader = await self._operator.open(path, "rb")
        try:
            if start:
                await reader.seek(start)
            while length:
                with _os_errors(path):
                    chunk = await reader.read(min(chunk_bytes, length))
                if not chunk:
                    raise OSError(f"{path} ends {length} bytes too early")
                length -= len(chunk)
                yield chunk
        finally:
            await reader.close()

    async def _same(self, file: BinaryIO, path: str, size: int) -> bool:
        if await self.size(path) != size:
            return False
        async for block in self.range(path, 0, size, BLOCK_BYTES):
            if await asyncio.to_thread(file.read, len(block)) != block:
                return False
        return True

    async def _write(self, blocks: AsyncIterator[bytes], path: str, size: int) -> None:
        with _os_errors(path):
            writer = await self._operator.open(path, "wb")
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


async def _file_blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
        yield block


def checked_key(key: str) -> str:
    """Return `key`, or raise `ValueError` when it is not one of ours."""
    if len(key) > _MAX_KEY_CHARACTERS or not _KEY.match(key):
        raise ValueError(f"not a media key: {key[:80]!r}")
    return key


def checked_path(path: str) -> str:
    """Return a caller's object path without leading slashes, or raise `ValueError`.

    Any script is allowed; control characters, backslashes, empty names, and names that begin with
    a dot are not.
    """
    path = path.lstrip("/")
    names = path.split("/")
    if "\\" in path or any(unicodedata.category(character)[0] == "C" for character in path):
        raise ValueError("an output path has no backslash and no control character")
    if any(not name or name.startswith(".") or len(name.encode()) > _MAX_NAME_BYTES for name in names):
        raise ValueError("no name in an output path is empty, too long, or begins with a dot")
    if len(path.encode()) > _MAX_PATH_BYTES:
        raise ValueError(f"an output path has at most {_MAX_PATH_BYTES} bytes")
    return path


def sweep_unfinished(directory: Path, before_seconds: float) -> int:
    """Delete what broken-off writes left behind before a time; return how many files went.

    Younger ones may belong to a live process that shares the directory.
    """
    swept = 0
    for path in directory.glob("*"):
        if path.is_file() and path.stat().st_mtime < before_seconds:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


@contextmanager
def _os_errors(path: str) -> Iterator[None]:
    """Turn OpenDAL's errors into `FileNotFoundError`, `FileExistsError` and `OSError`.

    A path through an existing file comes as a plain `OSError` that says so in words only.
    """
    try:
        yield
    except OSError as error:
        if str(error).startswith(_IN_THE_WAY):
            raise FileExistsError(f"{path} leads through something that is no folder") from error
        raise
    except NotFound as error:
        raise FileNotFoundError(path) from error
    except _OPENDAL_ERRORS as error:
        raise OSError(f"{path}: {str(error).splitlines()[0][:300]}") from error


def _settle(root: Path, path: str) -> None:
    """Force a file and every directory entry that leads to it onto the disk."""
    file = root / path
    flags = os.O_RDWR if os.name == "nt" else os.O_RDONLY
    _sync(file, flags)
    if os.name != "nt":
        for directory in file.parents:
            _sync(directory, flags)
            if directory == root:
                break


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
