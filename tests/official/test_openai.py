"""`openai`, unpatched, over loopback: films, pictures, models, errors and answers that get lost."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
import openai
import pytest
from msgspec.structs import replace
from openai import AsyncOpenAI, OpenAI
from tests.e2e.serving import Running, get

from genmux.dialects.exchange import WireReply
from genmux.web.app import App, Receive, Scope
from genmux.web.server import HttpServer, bind

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")

MODEL = "pixverse-v6"
FILM: dict[str, Any] = {"model": MODEL, "prompt": "flowing red silk", "seconds": "1", "size": "320x180"}
PICTURE: dict[str, Any] = {"model": "kling-3.0", "prompt": "flowing blue silk", "size": "512x512"}


@dataclass(slots=True)
class Losing:
    """The server's own application behind a wire that can lose answers."""

    inner: App
    lose: int = 0
    seen: list[tuple[str, str | None]] = field(default_factory=list)

    async def answer(self, scope: Scope, receive: Receive) -> WireReply | None:
        """Answer one request; an answer that is lost ends in its middle."""
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.seen.append((scope["path"], headers.get("x-stainless-retry-count")))
        reply = await self.inner.answer(scope, receive)
        if not self.lose or reply is None:
            return reply
        self.lose -= 1
        return replace(reply, stream=half(reply.body), length=len(reply.body))


async def half(body: bytes) -> AsyncIterator[bytes]:
    """A body that breaks off."""
    yield body[: len(body) // 2]


@dataclass(slots=True)
class Served:
    """The address of the mounted dialect, and the server behind it."""

    running: Running
    app: Losing
    url: str

    def client(self, **fields: Any) -> OpenAI:
        said: dict[str, Any] = {"api_key": self.running.client.token, "base_url": self.url, **fields}
        return OpenAI(**said)


@pytest.fixture(scope="module")
def served(official: Running) -> Iterator[Served]:
    app = Losing(official.server.parts.app)

    async def start() -> HttpServer:
        http = HttpServer(app, bind("127.0.0.1", 0))  # type: ignore[arg-type]
        await http.start()
        return http

    http = official.do(start())
    host, port = http.address
    yield Served(official, app, f"http://{host}:{port}/v1")
    official.do(http.stop())


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[OpenAI]:
    with served.client() as client:
        yield client


@pytest.fixture(scope="module")
def film(client: OpenAI) -> Any:
    return client.videos.create_and_poll(**FILM)


def png(size: int = 64) -> bytes:
    """A square picture of one colour."""
    rows = (b"\0" + b"\x20\x60\xa0" * size) * size

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


# ---------------------------------------------------------------- films


def test_a_film_is_made_polled_and_downloaded(client: OpenAI, film: Any) -> None:
    assert (film.status, film.progress, film.error) == ("completed", 100, None)
    assert (film.object, film.model, film.seconds, film.size) == ("video", MODEL, "1", "320x180")
    assert film.prompt == FILM["prompt"]
    assert film.created_at <= film.completed_at < film.expires_at
    content = client.videos.download_content(film.id)
    data = content.read()
    assert data[4:8] == b"ftyp"
    assert content.response.headers["content-type"] == "video/mp4"
    part = client.videos.download_content(film.id, extra_headers={"Range": "bytes=0-9"})
    assert part.read() == data[:10]


def test_a_film_from_a_picture(client: OpenAI) -> None:
    made = client.videos.create(**FILM, input_reference=("first.png", png(), "image/png"))
    assert made.status in ("queued", "in_progress")
    assert client.videos.poll(made.id).status == "completed"


def test_a_film_is_remixed_into_another_that_begins_as_it_does(client: OpenAI, film: Any) -> None:
    made = client.videos.remix(film.id, prompt="a storm rises over the silk")
    assert (made.remixed_from_video_id, made.prompt) == (film.id, "a storm rises over the silk")
    done = client.videos.poll(made.id)
    assert (done.status, done.model, done.seconds, done.size) == ("completed", MODEL, "1", "320x180")
    old, new = (first_frame(client.videos.download_content(v.id).read()) for v in (film, done))
    assert np.mean((old - new) ** 2) < 0.01 * np.mean((old - np.mean(old)) ** 2)


def test_what_cannot_be_remixed_is_refused_in_openai_s_words(client: OpenAI, film: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.videos.remix("video_" + "0" * 32, prompt="x")
    with pytest.raises(openai.BadRequestError, match="size") as unknown:
        client.videos.remix(film.id, prompt="x", extra_body={"size": "320x180"})
    assert unknown.value.param == "size"
    other = client.videos.create(**{**FILM, "model": "kling-3.0", "seconds": "5"})
    with pytest.raises(openai.BadRequestError, match="takes no reference video") as refused:
        client.videos.remix(other.id, prompt="x")
    assert refused.value.param == "video_id"


def first_frame(data: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    with av.open(io.BytesIO(data), "r") as box:
        frame = next(box.decode(video=0))
        return np.asarray(frame.to_ndarray(format="gray"), np.float64)


def test_films_are_listed(client: OpenAI, film: Any) -> None:
    listed = client.videos.list(limit=100)
    assert film.id in [video.id for video in listed]
    ids = [video.id for video in client.videos.list(limit=1)]  # follows the pages
    assert ids == [video.id for video in listed]
    assert [video.id for video in client.videos.list(order="asc", limit=2)] == ids[::-1]


def test_a_film_is_cancelled_by_deleting_it(client: OpenAI) -> None:
    made = client.videos.create(**{**FILM, "seconds": "15", "size": "1280x720"})
    gone = client.videos.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "video.deleted", True)
    ended = client.videos.poll(made.id)
    assert ended.status == "failed"
    assert ended.error is not None
    assert ended.error.code == "cancelled"


def test_a_film_has_a_thumbnail_but_no_spritesheet(client: OpenAI, film: Any) -> None:
    thumbnail = client.videos.download_content(film.id, variant="thumbnail")
    assert thumbnail.response.headers["content-type"] == "image/jpeg"
    assert thumbnail.read()[:3] == b"\xff\xd8\xff"
    with pytest.raises(openai.NotFoundError) as missing:
        client.videos.download_content(film.id, variant="spritesheet")
    assert missing.value.code == "variant_not_found"


# ---------------------------------------------------------------- pictures


def test_a_picture_by_url(client: OpenAI) -> None:
    raw = client.images.with_raw_response.generate(**PICTURE)
    answer = raw.parse()
    assert (answer.size, answer.output_format) == ("512x512", "png")
    assert answer.data is not None
    (image,) = answer.data
    assert image.url is not None
    found = get(image.url)
    assert (found.status, found.headers["content-type"]) == (200, "image/png")
    assert raw.headers["x-genmux-task-id"].startswith("task_")
    assert raw.headers["x-request-id"]
    assert int(raw.headers["openai-processing-ms"]) > 0


def test_a_picture_by_value(client: OpenAI) -> None:
    answer = client.images.generate(**PICTURE, response_format="b64_json", output_format="webp", n=2)
    assert answer.data is not None
    assert len(answer.data) == 2
    for image in answer.data:
        assert base64.b64decode(image.b64_json or "")[8:12] == b"WEBP"
    assert answer.output_format == "webp"


@pytest.mark.parametrize("count", [1, 2])
def test_an_edit(client: OpenAI, count: int) -> None:
    files = [("a.png", png(), "image/png")] * count
    image: Any = files if count > 1 else files[0]
    answer = client.images.edit(model="kling-3.0-omni", prompt="older", image=image, size="512x512")
    assert answer.data is not None
    assert answer.data[0].url


# ---------------------------------------------------------------- errors


def test_errors_are_of_the_clients_own_kinds(client: OpenAI, served: Served) -> None:
    with pytest.raises(openai.BadRequestError) as wrong:
        client.videos.create(**{**FILM, "seconds": "99"})
    assert (wrong.value.code, wrong.value.param, wrong.value.type) == (
        "invalid_value",
        "seconds",
        "invalid_request_error",
    )
    assert wrong.value.request_id
    with pytest.raises(openai.NotFoundError, match="Did you mean 'sora-2'") as unknown:
        client.videos.create(model="sora2", prompt="x")
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve("video_" + "0" * 32)
    with pytest.raises(openai.AuthenticationError) as nobody, served.client(api_key="sk-wrong") as stranger:
        stranger.models.list()
    assert nobody.value.code == "invalid_api_key"
    with pytest.raises(openai.BadRequestError, match="stream"):
        client.images.generate(**PICTURE, stream=True)
    with pytest.raises(openai.BadRequestError, match="no picture"):
        client.images.edit(prompt="x", image=b"no picture")


def test_what_cannot_be_mended_is_sent_once(client: OpenAI, served: Served) -> None:
    key = {"Idempotency-Key": "official"}
    first = client.videos.create(**FILM, extra_headers=key)
    assert client.videos.create(**FILM, extra_headers=key).id == first.id
    before = len(served.app.seen)
    with pytest.raises(openai.ConflictError):
        client.videos.create(**{**FILM, "prompt": "other"}, extra_headers=key)
    with pytest.raises(openai.ConflictError):
        client.videos.download_content(client.videos.create(**FILM).id)
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(prompt="x [[genmux violation=true]]", model="kling-3.0")
    assert refused.value.code == "moderation_blocked"
    assert len(served.app.seen) == before + 4


def test_a_lost_answer_repeats_no_work(client: OpenAI, served: Served) -> None:
    before = served.running.newest()
    served.app.lose = 2
    picture = client.images.generate(**PICTURE)
    assert picture.data is not None
    assert [tries for _, tries in served.app.seen[-3:]] == ["0", "1", "2"]
    assert served.running.newest() == before + 1
    newest = {client.videos.create(**FILM).id}
    served.app.lose = 1
    assert client.videos.create(**FILM).id not in newest
    assert served.running.newest() == before + 3


def test_equal_wishes_are_each_made(client: OpenAI, served: Served) -> None:
    assert client.videos.create(**FILM).id != client.videos.create(**FILM).id


# ---------------------------------------------------------------- models, and the other client


def test_models(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {"sora-2", "gpt-image-2", MODEL} <= {*names}
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nothing")


async def test_the_asynchronous_client(served: Served) -> None:
    async with AsyncOpenAI(api_key=served.running.client.token, base_url=served.url) as client:
        film = await client.videos.create_and_poll(**FILM)
        assert film.status == "completed"
        content = await client.videos.download_content(film.id)
        assert (await content.aread())[4:8] == b"ftyp"
        picture = await client.images.generate(**PICTURE)
        assert picture.data is not None
        assert picture.data[0].url
