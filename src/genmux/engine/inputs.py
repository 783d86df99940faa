"""Inputs: from what the caller wrote to bytes frozen in our media store."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from genmux.domain.errors import InvalidInput, Unavailable
from genmux.domain.spec import GenerationSpec, Medium, Reference, encode_json
from genmux.domain.text import Text
from genmux.domain.words import EXTENSIONS, content_type_of
from genmux.engine.caller import Caller
from genmux.engine.files import opened
from genmux.engine.ports import (
    FetchFailed,
    MediaFacts,
    MediaRefused,
    MediaStore,
    NewInput,
    Pool,
    Spool,
    Store,
    WorkerDied,
)
from genmux.engine.producers import MISFITS, NOTHING_COMING, Coming, OwnUrls, Producers

UPLOAD_PREFIX: Final = "sha256:"
_WEB: Final = ("http://", "https://")
_DATA_URL: Final = re.compile(r"data:(image/(?:png|jpeg|jpg|webp))?(;[^,;]*)*;base64,", re.ASCII)


NOT_HERE: Final = Text(
    "A step works on media that are held here: give task:<id>, a result URL of this server, or "
    "sha256:<hex> of an upload.",
    "步骤只处理本服务持有的媒体：请使用 task:<任务 ID>、本服务的结果 URL，或上传所得的 sha256:<hex>。",
)
NOBODY_LOOKS: Final = Text(
    "Nobody can look at the file at the moment; send it again later.", "当前无法检查该文件，请稍后重试。"
)


class CheckUrl(Protocol):
    """Checks a URL's form, and that no literal private address is in it."""

    def __call__(self, url: str, *, allow_private: bool = False) -> object:
        """Return if the URL may be fetched later. Raises `FetchFailed`."""
        ...


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What an input may be at most: a picture, and a film that is uploaded."""

    max_bytes: int = 10 * 1024 * 1024
    max_film_bytes: int = 200 * 1024 * 1024
    max_pixels: int = 50_000_000
    fetch_seconds: float = 20.0
    stall_seconds: float = 60.0  # without a byte of an upload until it is given up
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
        self._producers = Producers(store, own_urls)
        self._check_url = check_url
        self.limits = limits

    async def resolve(
        self, spec: GenerationSpec, caller: Caller, now: int, coming: Coming = NOTHING_COMING
    ) -> Resolved:
        """Settle every reference of `spec` as far as it can be without a foreign server.

        Bytes by value are checked and frozen here, uploads of the tenant and results of its tasks
        are found; foreign URLs are checked for form only. Foreign films and sounds stay URLs, which
        no step can work on. `coming` are tasks that will be written together with this one.
        Raises `InvalidInput` whose `field` is `references.<n>` in the order of `all_references`.
        """
        if not spec.references and not spec.subjects:
            return Resolved(spec, ())
        inputs: list[NewInput] = []
        sources: dict[int, str] = {}
        for n, reference in enumerate(spec.all_references()):
            try:
                found = await self._resolve_one(n, reference, caller, now, coming)
                if found is None and spec.step is not None:
                    raise InvalidInput(NOT_HERE)
            except InvalidInput as refusal:
                refusal.field = f"references.{n}"
                raise
            if found is not None:
                inputs.append(found)
                if found.source == "value" and found.sha256 is not None:
                    sources[n] = f"sha256:{found.sha256.hex()}"
        return Resolved(spec.with_sources(sources), tuple(inputs))

    def held(self, spec: GenerationSpec) -> dict[int, Medium]:
        """Return the inputs that only we can give, by their places: no upstream can fetch them itself."""
        return {n: r.medium for n, r in enumerate(spec.all_references()) if self._is_held(r)}

    def _is_held(self, reference: Reference) -> bool:
        source, medium = reference.source, reference.medium
        if medium is Medium.IMAGE and not source.startswith(_WEB):
            return True
        if medium is Medium.VIDEO and source.startswith(UPLOAD_PREFIX):
            return True
        return medium is not Medium.AUDIO and self._producers.holds(reference)

    async def examine(
        self, spec: GenerationSpec, caller: Caller, now: int, coming: Coming = NOTHING_COMING
    ) -> tuple[InvalidInput, ...]:
        """Return everything that `resolve` would raise; nothing is kept."""
        found: list[InvalidInput] = []
        for n, reference in enumerate(spec.all_references()):
            try:
                if reference.medium is Medium.IMAGE and reference.source.startswith("data:"):
                    await self._check(decode_data_url(reference.source, self.limits.max_bytes))
                else:
                    found_here = await self._resolve_one(n, reference, caller, now, coming)
                    if found_here is None and spec.step is not None:
                        raise InvalidInput(NOT_HERE)
            except InvalidInput as refusal:
                refusal.field = f"references.{n}"
                found.append(refusal)
        return tuple(found)

    async def _resolve_one(
        self, n: int, reference: Reference, caller: Caller, now: int, coming: Coming
    ) -> NewInput | None:
        source, picture = reference.source, reference.medium is Medium.IMAGE
        if source.startswith("data:"):
            return await self._by_value(n, reference) if picture else None
        if source.startswith(UPLOAD_PREFIX):
            return await self._upload(n, reference, caller.tenant_id, now)
        ours = await self._producers.find(n, reference, caller, now, coming)
        if ours is not None:
            return ours
        self._refuse_bad_url(source)
        return NewInput(reference.role, "url", url=source, n=n) if picture else None

    async def _by_value(self, n: int, reference: Reference) -> NewInput:
        facts, key = await self.freeze(decode_data_url(reference.source, self.limits.max_bytes))
        return NewInput(
            role=reference.role,
            source="value",
            sha256=facts.sha256,
            media_key=key,
            probe=facts_json(facts),
            n=n,
        )

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

    async def _upload(self, n: int, reference: Reference, tenant_id: int, now: int) -> NewInput:
        try:
            sha256 = bytes.fromhex(reference.source.removeprefix(UPLOAD_PREFIX))
        except ValueError:
            sha256 = b""
        upload = await self._store.find_upload(tenant_id, sha256, now)
        if upload is None:
            raise InvalidInput(
                Text(
                    "The source names no upload of yours that is still kept; upload the file again.",
                    "该 source 不对应您仍在保留期内的上传;请重新上传文件。",
                )
            )
        if content_type_of(upload.media_key).partition("/")[0] != reference.medium:
            raise InvalidInput(MISFITS[reference.medium])
        return NewInput(
            role=reference.role,
            source="value",
            sha256=upload.sha256,
            media_key=upload.media_key,
            probe=upload.probe,
            n=n,
        )

    async def freeze(self, data: bytes) -> tuple[MediaFacts, str]:
        """Decode a picture in a worker and keep it; return its facts and media key.

        Raises `InvalidInput` for anything that is not a whole, reasonable picture, `Unavailable` where
        no worker can look.
        """
        facts, kept = await self._check(data)
        key = f"inputs/{facts.sha256.hex()}.{EXTENSIONS[facts.content_type]}"
        path = self._spool.new(".input")
        try:
            await asyncio.to_thread(path.write_bytes, kept)
            await self._store.hold_media(key, facts.sha256)
            await self._media.publish(path, key)
        finally:
            self._spool.drop(path)
        return facts, key

    async def freeze_film(self, blocks: AsyncIterator[bytes]) -> tuple[MediaFacts, str]:
        """Spool a film as it comes, decode all of it in a worker and keep it; return as `freeze` does.

        Raises `InvalidInput` for anything that is no whole film within the limit.
        """
        path = self._spool.new(".film")
        try:
            await self._spooled(blocks, path)
            facts = await self._pool.check_film(path)
            key = f"inputs/{facts.sha256.hex()}.{EXTENSIONS[facts.content_type]}"
            await self._store.hold_media(key, facts.sha256)
            await self._media.publish(path, key)
        except MediaRefused as refusal:
            raise InvalidInput(
                Text(f"The film cannot be used: {refusal.reason}.", f"视频不可用：{refusal.reason}。")
            ) from None
        except WorkerDied:
            raise Unavailable(NOBODY_LOOKS) from None
        finally:
            self._spool.drop(path)
        return facts, key

    async def _spooled(self, blocks: AsyncIterator[bytes], path: Path) -> None:
        size, most = 0, self.limits.max_film_bytes
        async with opened(path, "xb") as file:
            while (block := await self._next(blocks)) is not None:
                size += len(block)
                if size > most:
                    raise InvalidInput(film_too_large(most))
                await asyncio.to_thread(file.write, block)

    async def _next(self, blocks: AsyncIterator[bytes]) -> bytes | None:
        """Return the next block of an upload, None at its end; one that stalls holds nothing for ever."""
        try:
            async with asyncio.timeout(self.limits.stall_seconds):
                return await anext(blocks, None)
        except TimeoutError:
            raise InvalidInput(stalled(self.limits.stall_seconds)) from None

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
            raise Unavailable(NOBODY_LOOKS) from None


def too_large(limit: int) -> Text:
    """Return the sentence for an input over `limit` bytes."""
    megabytes = limit // (1024 * 1024)
    return Text(f"The picture is larger than {megabytes} MB.", f"图片大于 {megabytes} MB。")


def film_too_large(limit: int) -> Text:
    """Return the sentence for an uploaded film over `limit` bytes."""
    megabytes = limit // (1024 * 1024)
    return Text(f"The film is larger than {megabytes} MB.", f"视频大于 {megabytes} MB。")


def stalled(seconds: float) -> Text:
    """Return the sentence for an upload that stopped coming."""
    return Text(
        f"Nothing more of the film came for {seconds:g} s; upload it again.",
        f"已有 {seconds:g} 秒未收到视频数据，请重新上传。",
    )


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
