"""Inputs: from what the caller wrote to bytes frozen in our media store."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Final, Protocol

from genmux.domain.errors import InvalidInput
from genmux.domain.spec import GenerationSpec, Medium, Reference, encode_json
from genmux.domain.text import Text
from genmux.domain.words import EXTENSIONS
from genmux.engine.ports import (
    FetchFailed,
    MediaFacts,
    MediaRefused,
    MediaStore,
    NewInput,
    Pool,
    Spool,
    Store,
    TaskFilter,
    TaskRow,
    WorkerDied,
)

UPLOAD_PREFIX: Final = "sha256:"
_DATA_URL: Final = re.compile(r"data:(image/(?:png|jpeg|jpg|webp))?(;[^,;]*)*;base64,", re.ASCII)
FILE_PREFIX: Final = "file:"
_FILE: Final = re.compile(r"file:(\d{1,18})/(\d{1,18})\Z", re.ASCII)


class OwnUrls(Protocol):
    """Recognises our own signed file URLs by parsing and signature."""

    def recognise(self, url: str) -> tuple[bytes, int] | None:
        """Return (task id, artifact number) of a live URL of ours, None for anybody else's.

        Raises `InvalidInput` for one of ours that has expired.
        """
        ...


class CheckUrl(Protocol):
    """Checks a URL's form, and that no literal private address is in it."""

    def __call__(self, url: str, *, allow_private: bool = False) -> object:
        """Return if the URL may be fetched later. Raises `FetchFailed`."""
        ...


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What an input picture may be at most."""

    max_bytes: int = 10 * 1024 * 1024
    max_pixels: int = 50_000_000
    fetch_seconds: float = 20.0
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """The inputs of a new task, and its spec with bytes replaced by their hashes."""

    spec: GenerationSpec
    inputs: tuple[NewInput, ...]

    @property
    def frozen(self) -> bool:
        """True when every input is in our hands already."""
        return all(i.sha256 is not None for i in self.inputs)


def facts_json(facts: MediaFacts) -> str:
    """Return what is kept of a checked input: what flows read of it."""
    return encode_json(size_facts(facts.width, facts.height, facts.content_type, facts.size))


def size_facts(width: int, height: int, content_type: str, size: int) -> dict[str, Any]:
    """Return the facts that a flow reads of an input; `size` in bytes."""
    return {"width": width, "height": height, "content_type": content_type, "bytes": size}


class InputDesk:
    """Checks, freezes and fetches inputs."""

    def __init__(
        self,
        *,
        store: Store,
        media: MediaStore,
        pool: Pool,
        spool: Spool,
        own_urls: OwnUrls,
        check_url: CheckUrl,
        limits: InputLimits,
    ) -> None:
        self._store = store
        self._media = media
        self._pool = pool
        self._spool = spool
        self._own_urls = own_urls
        self._check_url = check_url
        self.limits = limits

    async def resolve(self, spec: GenerationSpec, tenant_id: int, now: int) -> Resolved:
        """Settle every picture reference of `spec` as far as it can be without a foreign server.

        Bytes by value and our own artifacts are checked and frozen here, uploads of the tenant are
        found; foreign URLs are checked for form only. Films and sounds stay URLs: no built-in
        channel takes them.
        Raises `InvalidInput` whose `field` is `references.<n>` in the order of `all_references`.
        """
        if not spec.references and not spec.subjects:
            return Resolved(spec, ())
        inputs: list[NewInput] = []
        sources: dict[int, str] = {}
        for n, reference in enumerate(spec.all_references()):
            try:
                found = await self._resolve_one(reference, tenant_id, now)
            except InvalidInput as refusal:
                refusal.field = f"references.{n}"
                raise
            if found is not None:
                inputs.append(found)
                if found.source == "value" and found.sha256 is not None:
                    sources[n] = f"sha256:{found.sha256.hex()}"
        return Resolved(spec.with_sources(sources), tuple(inputs))

    def all_public(self, spec: GenerationSpec) -> bool:
        """Return whether every picture came as somebody else's URL, which an upstream can fetch itself."""
        return all(
            reference.source.startswith(("http://", "https://")) and not self._is_own(reference.source)
            for reference in spec.all_references()
            if reference.medium is Medium.IMAGE
        )

    def _is_own(self, url: str) -> bool:
        try:
            return self._own_urls.recognise(url) is not None
        except InvalidInput:
            return True

    async def examine(self, spec: GenerationSpec, tenant_id: int, now: int) -> tuple[InvalidInput, ...]:
        """Return everything that `resolve` would raise; nothing is kept."""
        found: list[InvalidInput] = []
        for n, reference in enumerate(spec.all_references()):
            try:
                if reference.medium is Medium.IMAGE and reference.source.startswith("data:"):
                    await self._check(decode_data_url(reference.source, self.limits.max_bytes))
                else:
                    await self._resolve_one(reference, tenant_id, now)
            except InvalidInput as refusal:
                refusal.field = f"references.{n}"
                found.append(refusal)
        return tuple(found)

    async def _resolve_one(self, reference: Reference, tenant_id: int, now: int) -> NewInput | None:
        source = reference.source
        if reference.medium is not Medium.IMAGE:
            if not source.startswith("data:") and not _FILE.match(source):
                self._refuse_bad_url(source)
            return None
        if source.startswith(UPLOAD_PREFIX):
            return await self._upload(reference, tenant_id, now)
        if source.startswith("data:"):
            facts, key = await self.freeze(decode_data_url(source, self.limits.max_bytes))
            return NewInput(
                role=reference.role,
                source="value",
                sha256=facts.sha256,
                media_key=key,
                probe=facts_json(facts),
            )
        if source.startswith(FILE_PREFIX):
            return await self._own_file(reference, tenant_id)
        own = self._own_urls.recognise(source)
        if own is not None:
            return await self._own_artifact(reference, *own)
        self._refuse_bad_url(source)
        return NewInput(role=reference.role, source="url", url=source)

    def _refuse_bad_url(self, url: str) -> None:
        try:
            self._check_url(url, allow_private=self.limits.allow_private)
        except FetchFailed as failure:
            raise InvalidInput(
                Text(
                    f"The URL cannot be used: {failure.reason}. "
                    "Give an http or https URL that is reachable from the public network.",
                    f"URL 不可用:{failure.reason}。请使用公网可访问的 http 或 https 地址。",
                )
            ) from None

    async def _own_file(self, reference: Reference, tenant_id: int) -> NewInput:
        """Return the permanent artifact that a `file:<SubAppId>/<FileId>` source names."""
        match = _FILE.match(reference.source)
        rows: tuple[TaskRow, ...] = ()
        if match is not None:
            wanted = TaskFilter(tenant_id=tenant_id, sub_app_id=int(match[1]), file_id=int(match[2]), limit=1)
            rows = await self._store.list_tasks(wanted)
        artifacts = await self._store.artifacts(rows[0].seq) if rows else ()
        named = next((a for a in artifacts if match is not None and a.file_id == int(match[2])), None)
        if named is None:
            raise InvalidInput(
                Text("There is no such file in this application.", "该应用中不存在此文件。"), field="file_id"
            )
        return await self._own_artifact(reference, rows[0].id, named.n)

    async def _own_artifact(self, reference: Reference, task_id: bytes, n: int) -> NewInput:
        row = await self._store.get(task_id)
        artifacts = await self._store.artifacts(row.seq) if row is not None else ()
        artifact = next((a for a in artifacts if a.n == n and a.role == "result"), None)
        if artifact is None or not artifact.media_key or not artifact.content_type.startswith("image/"):
            raise InvalidInput(
                Text(
                    "The URL names a result of this server that is not a picture or is no longer kept.",
                    "该 URL 指向的本服务结果不是图片,或已不再保存。",
                )
            )
        probe = size_facts(artifact.width, artifact.height, artifact.content_type, artifact.size)
        return NewInput(
            role=reference.role,
            source="artifact",
            from_task=task_id,
            from_n=n,
            sha256=artifact.sha256,
            media_key=artifact.media_key,
            probe=encode_json(probe),
        )

    async def _upload(self, reference: Reference, tenant_id: int, now: int) -> NewInput:
        try:
            sha256 = bytes.fromhex(reference.source.removeprefix(UPLOAD_PREFIX))
        except ValueError:
            sha256 = b""
        upload = await self._store.find_upload(tenant_id, sha256, now)
        if upload is None:
            raise InvalidInput(
                Text(
                    "The source names no upload of yours that is still kept; upload the picture again.",
                    "该 source 不对应您仍在保留期内的上传;请重新上传图片。",
                )
            )
        return NewInput(
            role=reference.role,
            source="value",
            sha256=upload.sha256,
            media_key=upload.media_key,
            probe=upload.probe,
        )

    async def freeze(self, data: bytes) -> tuple[MediaFacts, str]:
        """Decode a picture in a worker and keep it; return its facts and media key.

        Raises `InvalidInput` for anything that is not a whole, reasonable picture.
        """
        facts, kept = await self._check(data)
        key = f"inputs/{facts.sha256.hex()}.{EXTENSIONS[facts.content_type]}"
        path = self._spool.new(".input")
        try:
            await asyncio.to_thread(path.write_bytes, kept)
            await self._media.publish(path, key)
        finally:
            self._spool.drop(path)
        return facts, key

    async def _check(self, data: bytes) -> tuple[MediaFacts, bytes]:
        if len(data) > self.limits.max_bytes:
            raise InvalidInput(too_large(self.limits.max_bytes))
        try:
            return await self._pool.check_image(data, self.limits.max_pixels)
        except MediaRefused as refusal:
            raise InvalidInput(
                Text(f"The picture cannot be used: {refusal.reason}.", f"图片不可用:{refusal.reason}。")
            ) from None
        except WorkerDied:
            raise InvalidInput(
                Text("The picture cannot be decoded.", "图片无法解码。"),
            ) from None


def too_large(limit: int) -> Text:
    """Return the sentence for an input over `limit` bytes."""
    megabytes = limit // (1024 * 1024)
    return Text(f"The picture is larger than {megabytes} MB.", f"图片大于 {megabytes} MB。")


def decode_data_url(source: str, max_bytes: int) -> bytes:
    """Return the bytes of a base64 `data:` URL. Raises `InvalidInput`."""
    match = _DATA_URL.match(source)
    if match is None:
        raise InvalidInput(
            Text(
                "The data URL must read data:image/png;base64,… (or jpeg, webp).",
                "data URL 的格式应为 data:image/png;base64,…(或 jpeg、webp)。",
            )
        )
    if (len(source) - match.end()) * 3 // 4 > max_bytes + 2:
        raise InvalidInput(too_large(max_bytes))
    try:
        return base64.b64decode(source[match.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            Text("The data URL is not valid base64.", "data URL 不是有效的 base64。")
        ) from None
