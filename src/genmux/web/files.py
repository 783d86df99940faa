"""Result files at signed, expiring URLs: GET and HEAD with Range, ETag, right type, inline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.ranges import Unsatisfiable, parse_range
from genmux.engine.ports import ArtifactRow, Clock, MediaStore, Store
from genmux.media.urls import FileRef, FileUrls

TEXT: Final = "text/plain; charset=utf-8"


class FileRoute:
    """Serves `/files/…`; the signature in the URL is the only permission it asks for."""

    def __init__(self, *, urls: FileUrls, store: Store, media: MediaStore, clock: Clock) -> None:
        self._urls = urls
        self._store = store
        self._media = media
        self._clock = clock

    async def handle(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> WireReply:
        """Answer one request for a file."""
        if method not in ("GET", "HEAD"):
            return WireReply(405, b"only GET and HEAD\n", TEXT, [("allow", "GET, HEAD")])
        ref = self._urls.parse(path, query, self._clock() // 1000)
        if not isinstance(ref, FileRef):
            return WireReply(403, f"the URL is {ref.value}\n".encode(), TEXT)
        artifact = await self._artifact(ref)
        kept = artifact is not None and artifact.media_key
        size = await self._media.size(kept) if kept else None
        if artifact is None or size is None:
            return WireReply(404, b"the file is no longer kept\n", TEXT)
        return self._reply(method, headers, ref, artifact, size)

    async def _artifact(self, ref: FileRef) -> ArtifactRow | None:
        row = await self._store.get(bytes.fromhex(ref.task_hex))
        if row is None:
            return None
        found = await self._store.artifacts(row.seq)
        return next((a for a in found if a.n == ref.n and a.role == "result"), None)

    def _reply(
        self, method: str, headers: Mapping[str, str], ref: FileRef, artifact: ArtifactRow, size: int
    ) -> WireReply:
        etag = f'"{artifact.sha256.hex()}"'
        common = [
            ("etag", etag),
            ("accept-ranges", "bytes"),
            ("cache-control", "private, max-age=3600, immutable"),
            ("content-disposition", f'inline; filename="{ref.task_hex}-{ref.n}.{ref.extension}"'),
            ("x-content-type-options", "nosniff"),
        ]
        known = headers.get("if-none-match", "")
        if etag in known or known.strip() == "*":
            return WireReply(304, b"", artifact.content_type, common)
        try:
            wanted = self._wanted_range(headers, etag, size)
        except Unsatisfiable:
            return WireReply(416, b"", TEXT, [*common, ("content-range", f"bytes */{size}")])
        start, length = wanted or (0, size)
        if wanted is not None:
            common.append(("content-range", f"bytes {start}-{start + length - 1}/{size}"))
        wanted_bytes = 0 if method == "HEAD" else length
        stream = self._media.stream(artifact.media_key, start, wanted_bytes)
        return WireReply(
            206 if wanted is not None else 200,
            b"",
            artifact.content_type,
            common,
            stream=stream,
            length=length,
        )

    def _wanted_range(self, headers: Mapping[str, str], etag: str, size: int) -> tuple[int, int] | None:
        condition = headers.get("if-range", etag)
        header = headers.get("range")
        return parse_range(header, size) if header and condition == etag else None
