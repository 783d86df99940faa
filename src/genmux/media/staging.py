"""URLs from which upstreams fetch the inputs we hold: out of a staging bucket, or from this server."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from genmux.engine.ports import Clock, MediaStore
from genmux.media.objects import Place
from genmux.media.urls import INPUT_KEY, INPUTS, InputUrls

PRESIGNED_SECONDS: Final = 7 * 3600
"""URLs are kept for an hour, so six hours are left of the oldest."""
_HOUR_MS: Final = 3_600_000
_MAX_KEPT: Final = 10_000
_LOCKS: Final = 64


@dataclass(frozen=True, slots=True)
class _Kept:
    hour: int
    url: str


class InputStaging:
    """The `Staging` port: equal URLs within an hour, each good for at least six.

    With `bucket`, inputs are copied there under `staging/<day>/…` and opened by presigned URLs; a
    copy is used for the day it was made on, so a rule that deletes what is two days old breaks
    nothing. Without one, URLs are `public_url` and our own signed route. `key` makes the names of
    copies unguessable. A bucket that cannot presign is a `ValueError`.
    """

    def __init__(
        self,
        *,
        media: MediaStore,
        urls: InputUrls,
        clock: Clock,
        key: bytes,
        bucket: Place | None = None,
        public_url: str = "",
    ) -> None:
        if bucket is not None and not bucket.presigns:
            raise ValueError("a staging bucket must be able to presign URLs, as COS and S3 do")
        self._media = media
        self._urls = urls
        self._clock = clock
        self._key = key
        self._bucket = bucket
        self._public_url = public_url.rstrip("/")
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._locks = [asyncio.Lock() for _ in range(_LOCKS)]

    @property
    def available(self) -> bool:
        """Whether anybody outside can fetch from us."""
        return self._bucket is not None or bool(self._public_url)

    async def url(self, media_key: str) -> str:
        """Return a URL of a frozen input. Raises `OSError`, of which `FileNotFoundError` when it is gone."""
        if self._bucket is None:
            return self._own_url(media_key)
        async with self._locks[hash(media_key) % _LOCKS]:  # one upload of it at a time
            return await self._staged_url(self._bucket, media_key)

    def _own_url(self, media_key: str) -> str:
        if not self._public_url:
            raise OSError("this server has neither a staging bucket nor a public URL")
        until = (self._clock() // _HOUR_MS + 1) * 3600 + PRESIGNED_SECONDS
        return self._public_url + self._urls.path(media_key, until)

    async def _staged_url(self, bucket: Place, media_key: str) -> str:
        hour = self._clock() // _HOUR_MS
        kept = self._kept.get(media_key)
        if kept is not None and kept.hour == hour:
            return kept.url
        path = self._staged_path(media_key)
        await self._copy(bucket, media_key, path)
        url = await bucket.presign(path, PRESIGNED_SECONDS)
        assert url is not None
        self._keep(media_key, _Kept(hour, url))
        return url

    async def _copy(self, bucket: Place, media_key: str, path: str) -> None:
        size = await self._media.size(media_key)
        if size is None:
            raise FileNotFoundError(media_key)
        if await bucket.size(path) != size:
            await bucket.put(self._media.stream(media_key, 0, size), path, size)

    def _staged_path(self, media_key: str) -> str:
        match = INPUT_KEY.match(media_key)
        if match is None:
            raise ValueError(f"not the key of an input: {media_key[:80]!r}")
        day = datetime.fromtimestamp(self._clock() // 1000, UTC).strftime("%Y%m%d")
        secret = hmac.new(self._key, f"{day}/{media_key}".encode(), hashlib.sha256).hexdigest()
        name = match[1].removeprefix(INPUTS).replace("/", "-")
        return f"staging/{day}/{name}-{secret[:32]}.{match[2]}"

    def _keep(self, media_key: str, kept: _Kept) -> None:
        self._kept[media_key] = kept
        self._kept.move_to_end(media_key)
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
