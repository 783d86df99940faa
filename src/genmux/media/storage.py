"""Artifacts and inputs under keys of ours, and copies of them in the operator's output buckets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from genmux.media.objects import BLOCK_BYTES, Place
from genmux.media.places import disk_place

_KEY: Final = re.compile(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*\Z", re.ASCII)
_MAX_KEY_CHARACTERS: Final = 512
_MAX_PATH_BYTES: Final = 850  # of a COS object key
_MAX_NAME_BYTES: Final = 255  # of a file name


class OpendalStore:
    """The `MediaStore` port on one place, with named output buckets that are places too.

    A path stands for a directory.
    """

    def __init__(self, media: Place | Path, buckets: Mapping[str, Place | Path]) -> None:
        self._place = _opened(media)
        self._buckets = {name: _opened(place) for name, place in buckets.items()}

    async def publish(self, spool: Path, key: str) -> None:
        """Copy a spooled file to `key`: whole, of the right size and durable when this returns.

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

    async def presign(
        self, key: str, seconds: int, *, filename: str = "", content_type: str = ""
    ) -> str | None:
        """Return a URL of the storage service that opens the object for `seconds`, None where it has none.

        Nothing is said about whether the object is there. `filename` and `content_type` are what
        the download is called and is, where the service lets a URL say so.
        """
        return await self._place.presign(
            checked_key(key), seconds, filename=filename, content_type=content_type
        )

    def check_output(self, bucket: str, path: str, region: str = "") -> None:
        """Raise `ValueError` when `copy_out` would refuse this bucket, or names in this folder.

        A `region` that the caller names must be the bucket's, if the operator said where it is.
        """
        own = self._bucket(bucket).region
        if own and region and region != own:
            raise ValueError(f"the output bucket {bucket} is in the region {own}, not in {region[:80]!r}")
        if folder := path.strip("/"):
            checked_path(f"{folder}/{'0' * 40}.mp4")

    async def copy_out(self, key: str, bucket: str, path: str) -> None:
        """Write the object to `path` of a named bucket as well, whole or not at all.

        `path` is the caller's: a leading slash means the bucket's root, as in COS; anything that
        could lead elsewhere is a `ValueError`, and so is a bucket we do not have.
        """
        target = self._bucket(bucket)
        await target.copy_from(self._place, checked_key(key), checked_path(path))

    async def presign_bucket(self, bucket: str, path: str, seconds: int) -> str | None:
        """Return a URL that opens what `copy_out` wrote, as `presign` does for our own objects."""
        return await self._bucket(bucket).presign(checked_path(path), seconds)

    def buckets(self) -> frozenset[str]:
        """Return the names `copy_out` takes."""
        return frozenset(self._buckets)

    def _bucket(self, name: str) -> Place:
        if name not in self._buckets:
            raise ValueError(f"no output bucket is called {name[:80]!r}")
        return self._buckets[name]


def _opened(place: Place | Path) -> Place:
    return place if isinstance(place, Place) else disk_place(place)


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
