"""Results and inputs at signed, expiring URLs: GET and HEAD with Range, ETag, right type, inline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from genmux.dialects.exchange import WireReply
from genmux.dialects.ranges import Unsatisfiable, parse_range
from genmux.domain.words import content_type_of
from genmux.engine.ports import ArtifactRow, Clock, MediaStore, Store
from genmux.media.urls import INPUTS, FileRef, FileUrls, InputRef, InputUrls, UrlFault

TEXT: Final = "text/plain; charset=utf-8"
REDIRECT_SECONDS: Final = 6 * 3600
"""How long a URL lives at most that a result is redirected to; never longer than the result's own."""


class Presigner(Protocol):
    """A media store that may have URLs of its own."""

    async def presign(
        self, key: str, seconds: int, *, filename: str = "", content_type: str = ""
    ) -> str | None:
        """Return a URL that opens the object for `seconds`, None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Served:
    """One object as it is sent to whoever holds its URL; `size` in bytes."""

    media_key: str
    size: int
    etag: str
    content_type: str
    filename: str

    def headers(self) -> list[tuple[str, str]]:
        """Return what every answer about it says."""
        return [
            ("etag", self.etag),
            ("accept-ranges", "bytes"),
            ("cache-control", "private, max-age=3600, immutable"),
            ("content-disposition", f'inline; filename="{self.filename}"'),
            ("x-content-type-options", "nosniff"),
        ]


class FileRoute:
    """Serves `/files/…` and `/inputs/…`; the signature in the URL is the only permission it asks for.

    With a `presigner`, a GET of a result is redirected to the storage service where that has URLs
    of its own. A request with an `Authorization` header is not: clients may carry the header along,
    and storage services refuse a request that is signed twice.
    """

    def __init__(
        self,
        *,
        urls: FileUrls,
        store: Store,
        media: MediaStore,
        clock: Clock,
        inputs: InputUrls | None = None,
        presigner: Presigner | None = None,
    ) -> None:
        self._urls = urls
        self._store = store
        self._media = media
        self._clock = clock
        self._inputs = inputs
        self._presigner = presigner

    async def handle(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> WireReply:
        """Answer one request for a result or an input."""
        if method not in ("GET", "HEAD"):
            return WireReply(405, b"only GET and HEAD\n", TEXT, [("allow", "GET, HEAD")])
        ref = self._parse(path, query)
        if isinstance(ref, UrlFault):
            return WireReply(403, f"the URL is {ref.value}\n".encode(), TEXT)
        served = await (self._input(ref) if isinstance(ref, InputRef) else self._result(ref))
        if served is None:
            return WireReply(404, b"the file is no longer kept\n", TEXT)
        if isinstance(ref, FileRef) and method == "GET" and "authorization" not in headers:
            elsewhere = await self._elsewhere(ref, served)
            if elsewhere:
                return WireReply(302, b"", TEXT, [("location", elsewhere), ("cache-control", "no-store")])
        return self._reply(method, headers, served)

    def _parse(self, path: str, query: str) -> FileRef | InputRef | UrlFault:
        now = self._clock() // 1000
        if path.startswith("/inputs/") and self._inputs is not None:
            return self._inputs.parse(path, query, now)
        return self._urls.parse(path, query, now)

    async def _result(self, ref: FileRef) -> Served | None:
        artifact = await self._artifact(ref)
        size = await self._media.size(artifact.media_key) if artifact and artifact.media_key else None
        if artifact is None or size is None:
            return None
        return Served(
            media_key=artifact.media_key,
            size=size,
            etag=f'"{artifact.sha256.hex()}"',
            content_type=artifact.content_type,
            filename=f"{ref.task_hex}-{ref.n}.{ref.extension}",
        )

    async def _artifact(self, ref: FileRef) -> ArtifactRow | None:
        row = await self._store.get(bytes.fromhex(ref.task_hex))
        if row is None:
            return None
        found = await self._store.artifacts(row.seq)
        return next((a for a in found if a.n == ref.n and a.role == "result"), None)

    async def _input(self, ref: InputRef) -> Served | None:
        size = await self._media.size(ref.media_key)
        if size is None:
            return None
        name, _, extension = ref.media_key.removeprefix(INPUTS).rpartition(".")
        tag = name.replace("/", "-")  # what a key names never changes
        content_type = content_type_of(ref.media_key)
        return Served(ref.media_key, size, f'"{tag}"', content_type, f"{tag}.{extension}")

    async def _elsewhere(self, ref: FileRef, served: Served) -> str | None:
        if self._presigner is None:
            return None
        left = ref.expires_at - self._clock() // 1000
        return await self._presigner.presign(
            served.media_key,
            min(left, REDIRECT_SECONDS),
            filename=served.filename,
            content_type=served.content_type,
        )

    def _reply(self, method: str, headers: Mapping[str, str], served: Served) -> WireReply:
        common = served.headers()
        known = headers.get("if-none-match", "")
        if served.etag in known or known.strip() == "*":
            return WireReply(304, b"", served.content_type, common)
        try:
            wanted = _wanted_range(headers, served)
        except Unsatisfiable:
            return WireReply(416, b"", TEXT, [*common, ("content-range", f"bytes */{served.size}")])
        start, length = wanted or (0, served.size)
        if wanted is not None:
            common.append(("content-range", f"bytes {start}-{start + length - 1}/{served.size}"))
        wanted_bytes = 0 if method == "HEAD" else length
        return WireReply(
            206 if wanted is not None else 200,
            b"",
            served.content_type,
            common,
            stream=self._media.stream(served.media_key, start, wanted_bytes),
            length=length,
        )


def _wanted_range(headers: Mapping[str, str], served: Served) -> tuple[int, int] | None:
    condition = headers.get("if-range", served.etag)
    header = headers.get("range")
    return parse_range(header, served.size) if header and condition == served.etag else None
