"""The route of results and inputs: who may fetch what, from here or from the storage service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from genmux.dialects.exchange import WireReply
from genmux.media.storage import OpendalStore
from genmux.media.urls import FileUrls, InputUrls
from genmux.providers import preview
from genmux.testing.harness import Harness
from genmux.web.files import REDIRECT_SECONDS, FileRoute

KEY = b"k" * 32
FILES, INPUTS = FileUrls(KEY), InputUrls(KEY)
PICTURE = b"\x89PNG and so on"
INPUT = f"inputs/{sha256(PICTURE).hexdigest()}.png"
NOW = 1_795_000_000


@dataclass(slots=True)
class Elsewhere:
    """A storage service with URLs of its own."""

    asked: list[tuple[str, int, str, str]] = field(default_factory=list)
    url: str | None = "https://films.s3.example.com/a?signed"

    async def presign(
        self, key: str, seconds: int, *, filename: str = "", content_type: str = ""
    ) -> str | None:
        self.asked.append((key, seconds, filename, content_type))
        return self.url


@dataclass(slots=True)
class World:
    """One finished picture and one input, with every way to ask for them."""

    harness: Harness
    media: OpendalStore
    task_hex: str

    async def get(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        presigner: Elsewhere | None = None,
    ) -> WireReply:
        route = FileRoute(
            urls=FILES,
            store=self.harness.store,
            media=self.media,
            clock=lambda: NOW * 1000,
            inputs=INPUTS,
            presigner=presigner,
        )
        path, _, query = url.partition("?")
        return await route.handle(method, path, query, headers or {})

    def result(self, seconds: int = 3600) -> str:
        return FILES.path(self.task_hex, 0, "png", NOW + seconds)


async def body(reply: WireReply) -> bytes:
    assert reply.stream is not None
    return b"".join([chunk async for chunk in reply.stream])


def said(reply: WireReply) -> dict[str, Any]:
    return dict(reply.headers)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    harness = await Harness.open(tmp_path, provider=preview.provider)
    task_id = await harness.create("a lake")
    await harness.settle()
    assert (await harness.detail(task_id)).artifacts[0].content_type == "image/png"
    (tmp_path / "picture").write_bytes(PICTURE)
    await harness.media.publish(tmp_path / "picture", INPUT)
    yield World(harness, harness.media, task_id.hex())
    await harness.close()


async def test_an_input_is_served_to_who_has_its_url(world: World) -> None:
    reply = await world.get(INPUTS.path(INPUT, NOW + 1))
    assert (reply.status, reply.content_type, reply.length) == (200, "image/png", len(PICTURE))
    assert await body(reply) == PICTURE
    assert said(reply)["etag"] == f'"{sha256(PICTURE).hexdigest()}"'
    assert said(reply)["x-content-type-options"] == "nosniff"


async def test_a_result_is_served_to_who_was_given_it_as_an_input(world: World) -> None:
    (artifact,) = (await world.harness.detail(bytes.fromhex(world.task_hex))).artifacts
    reply = await world.get(INPUTS.path(artifact.media_key, NOW + 1))
    assert (reply.status, reply.content_type, reply.length) == (200, "image/png", artifact.size)
    assert world.task_hex in said(reply)["etag"]


async def test_an_input_may_be_fetched_in_parts_or_only_looked_at(world: World) -> None:
    url = INPUTS.path(INPUT, NOW + 1)
    part = await world.get(url, headers={"range": "bytes=1-3"})
    assert (part.status, await body(part)) == (206, b"PNG")
    assert said(part)["content-range"] == f"bytes 1-3/{len(PICTURE)}"
    head = await world.get(url, method="HEAD")
    assert (head.status, head.length, await body(head)) == (200, len(PICTURE), b"")
    known = await world.get(url, headers={"if-none-match": said(head)["etag"]})
    assert known.status == 304
    assert (await world.get(url, method="PUT")).status == 405


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (INPUTS.path(INPUT, NOW), 403),
        (INPUTS.path(INPUT, NOW + 1)[:-1] + "_", 403),
        (INPUTS.path(INPUT, NOW + 1) + "&a=b", 403),
        (f"/{INPUT}", 403),
        (InputUrls(b"o" * 32).path(INPUT, NOW + 1), 403),
        (INPUTS.path(f"inputs/{'00' * 32}.png", NOW + 1), 404),
        ("/inputs/../tasks/a.png?e=9&s=" + "A" * 22, 403),
    ],
)
async def test_no_other_url_opens_an_input(world: World, url: str, status: int) -> None:
    assert (await world.get(url)).status == status


async def test_a_route_without_inputs_serves_none(world: World) -> None:
    route = FileRoute(urls=FILES, store=world.harness.store, media=world.media, clock=lambda: NOW * 1000)
    path, _, query = INPUTS.path(INPUT, NOW + 1).partition("?")
    assert (await route.handle("GET", path, query, {})).status == 403


async def test_a_result_is_served_from_here_by_default(world: World) -> None:
    reply = await world.get(world.result())
    assert (reply.status, reply.content_type) == (200, "image/png")
    assert (await body(reply)).startswith(b"\x89PNG")


async def test_a_result_is_redirected_where_that_is_wanted(world: World) -> None:
    elsewhere = Elsewhere()
    reply = await world.get(world.result(60), presigner=elsewhere)
    assert (reply.status, said(reply)["location"]) == (302, elsewhere.url)
    assert said(reply)["cache-control"] == "no-store"
    await world.get(world.result(REDIRECT_SECONDS + 60), presigner=elsewhere)
    artifact = (await world.harness.detail(bytes.fromhex(world.task_hex))).artifacts[0]
    filename = f"{world.task_hex}-0.png"
    assert elsewhere.asked == [
        (artifact.media_key, 60, filename, "image/png"),
        (artifact.media_key, REDIRECT_SECONDS, filename, "image/png"),
    ]


async def test_what_is_not_redirected(world: World) -> None:
    elsewhere = Elsewhere()
    head = await world.get(world.result(), method="HEAD", presigner=elsewhere)
    signed = await world.get(world.result(), headers={"authorization": "Token x"}, presigner=elsewhere)
    read = await world.get(INPUTS.path(INPUT, NOW + 1), presigner=elsewhere)
    gone = await world.get(FILES.path("f" * 32, 0, "png", NOW + 60), presigner=elsewhere)
    late = await world.get(world.result(0), presigner=elsewhere)
    assert [head.status, signed.status, read.status, gone.status, late.status] == [200, 200, 200, 404, 403]
    assert elsewhere.asked == []


async def test_a_service_without_urls_is_served_from_here(world: World) -> None:
    assert (await world.get(world.result(), presigner=Elsewhere(url=None))).status == 200
