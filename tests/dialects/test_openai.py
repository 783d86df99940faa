"""OpenAI's images and videos over the real service: every endpoint, every refusal, nobody else's tasks."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.openai import (
    INTERNAL,
    NOT_SERVED,
    PREFIX,
    TOO_LARGE,
    WRONG_METHOD,
    OpenAiDialect,
)
from genmux.dialects.openai_content import FAILED, NO_VARIANT, NOT_READY
from genmux.dialects.openai_images import EXPIRED, LATE, LATE_STATUS
from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.states import TaskState
from genmux.engine.ports import TaskFilter
from genmux.engine.service import Caller, Draft, TaskView
from genmux.media.urls import FileUrls
from genmux.providers.seam import Recovery
from genmux.store.keyring import Keyring
from genmux.testing.harness import OPERATOR, Harness
from genmux.testing.scripted import ScriptedProvider, ScriptedUpstream, tiny_png
from genmux.wires.openai import FAILURES, PROBLEMS
from genmux.wires.openai_form import FormLimits, Upload, render_multipart

Headers = Mapping[str, str] | None

BASE = "http://genmux.test"
PICTURE: dict[str, Any] = {"prompt": "a cat"}
FILM: dict[str, Any] = {"prompt": "a cat", "model": "sora-2", "seconds": "4", "size": "1280x720"}
MISSING = "video_" + "0" * 32


def tiny_mp4() -> bytes:
    """A film of half a second, 64x48."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level * 40, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


@dataclass(slots=True)
class FilmUpstream(ScriptedUpstream):
    """An upstream whose results are films where the prompt says so."""

    film: bytes = b""

    def file(self, url: str) -> bytes:
        ref = url.rpartition("/")[2].partition(".")[0]
        return self.film if "film" in self._tasks.get(ref, "").split() else ScriptedUpstream.file(self, url)


@dataclass
class Client:
    """One bearer token at the dialect."""

    dialect: OpenAiDialect
    token: str

    async def send(self, method: str, path: str, body: Any = None, headers: Headers = None) -> WireReply:
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        known = {"authorization": f"Bearer {self.token}"} if self.token else {}
        request = WireRequest(method, PREFIX + path, query, {**known, **(headers or {})}, raw, BASE)
        return await self.dialect.handle(request)

    async def form(self, path: str, fields: dict[str, Any], headers: Headers = None) -> WireReply:
        content_type, body = render_multipart(fields, "x8Yz0")
        return await self.send("POST", path, body, {"content-type": content_type, **(headers or {})})

    async def ask(self, method: str, path: str, body: Any = None, headers: Headers = None) -> Any:
        reply = await self.send(method, path, body, headers)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    async def error(
        self, method: str, path: str, body: Any = None, headers: Headers = None
    ) -> tuple[int, str, str | None]:
        """Return (status, code, param) of a refusal, having checked its shape."""
        return refusal(await self.send(method, path, body, headers))


def refusal(reply: WireReply) -> tuple[int, str, str | None]:
    error = json.loads(reply.body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert error["type"]
    assert header(reply, "x-request-id")
    assert header(reply, "openai-processing-ms") is not None
    assert header(reply, "x-should-retry") in ("true", "false")
    return reply.status, error["code"], error["param"]


def header(reply: WireReply, name: str) -> str | None:
    return next((value for key, value in reply.headers if key == name), None)


async def body_of(reply: WireReply) -> bytes:
    assert reply.stream is not None
    return b"".join([chunk async for chunk in reply.stream])


@dataclass
class World:
    """An engine to step by hand, and two tenants."""

    engine: Harness
    film: bytes
    dialect: OpenAiDialect
    ann: Client
    bob: Client
    nobody: Client

    async def answer(self, pending: asyncio.Task[WireReply]) -> WireReply:
        """Run the engine until a waiting picture is answered."""
        while not pending.done():
            await self.engine.step()
            self.engine.clock.advance(2)
            await asyncio.sleep(0.01)
        return pending.result()

    async def picture(self, body: Any, headers: Headers = None) -> WireReply:
        path = "/images/generations"
        return await self.answer(asyncio.create_task(self.ann.send("POST", path, body, headers)))

    async def arrived(self) -> bytes:
        """Wait until a create is stored; return its task's id."""
        stored = asyncio.Event()
        self.engine.service.listen(lambda state, seq: stored.set())
        rows = await self.engine.service.list_tasks(OPERATOR, TaskFilter())
        if not rows:
            await stored.wait()
            rows = await self.engine.service.list_tasks(OPERATOR, TaskFilter())
        return rows[0].id

    async def tasks(self) -> int:
        return len(await self.engine.service.list_tasks(OPERATOR, TaskFilter(limit=100)))

    async def film_of(self, prompt: str = "film") -> str:
        video_id: str = (await self.ann.ask("POST", "/videos", {**FILM, "prompt": prompt}))["id"]
        await self.engine.settle()
        return video_id


@pytest.fixture(scope="module")
def film() -> bytes:
    return tiny_mp4()


@pytest.fixture
async def world(tmp_path: Path, film: bytes) -> AsyncIterator[World]:
    engine = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), validation="early")
    engine.net.upstream = FilmUpstream(film=film)
    keyring = Keyring(engine.store, bytes(32), engine.clock, engine.store.tenant)
    urls = FileUrls(b"k" * 32)

    def result_urls(base: str, view: TaskView) -> tuple[str, ...]:
        until = view.row.created_at // 1000 + 3600
        return tuple(base + urls.path(view.row.id.hex(), a.n, a.extension, until) for a in view.artifacts)

    dialect = OpenAiDialect(
        service=engine.service,
        keys=keyring,
        clock=engine.clock,
        result_urls=result_urls,
        media=engine.media,
        aliases={"house-film": "Kling/3.0"},
        limits=FormLimits(max_part_bytes=100_000),
    )
    tokens = [(await keyring.create(name, name))[2] for name in ("ann", "bob")]
    yield World(engine, film, dialect, *(Client(dialect, token) for token in (*tokens, "")))
    await engine.close()


# ---------------------------------------------------------------- pictures


async def test_a_picture_is_answered_once_it_is_made(world: World) -> None:
    reply = await world.picture({**PICTURE, "model": "kling-3.0", "user": "u"})
    assert reply.status == 200
    answer = json.loads(reply.body)
    assert (answer["size"], answer["output_format"]) == ("8x8", "png")
    (image,) = answer["data"]
    assert image["url"].startswith(f"{BASE}/files/")
    assert (header(reply, "x-genmux-task-id") or "").startswith("task_")
    (row,) = await world.engine.service.list_tasks(OPERATOR, TaskFilter())
    assert (row.wire, row.lane) == ("openai", "image/Kling/3.0")
    assert header(reply, "x-genmux-task-id") == "task_" + row.id.hex()


@pytest.mark.parametrize("body", [{"model": "gpt-image-2"}, {"response_format": "b64_json"}])
async def test_a_picture_by_value(world: World, body: dict[str, str]) -> None:
    reply = await world.picture({**PICTURE, **body})
    (image,) = json.loads(reply.body)["data"]
    assert set(image) == {"b64_json"}
    assert base64.b64decode(image["b64_json"]) == tiny_png()


async def test_several_pictures_are_answered_in_order(world: World) -> None:
    reply = await world.picture({"prompt": "a cat count=3", "n": 3, "model": "kling-3.0"})
    urls = [image["url"] for image in json.loads(reply.body)["data"]]
    assert [url.partition("?")[0].rpartition("/")[2] for url in urls] == ["0.png", "1.png", "2.png"]


async def test_an_edit_takes_files_in_a_form(world: World) -> None:
    fields = {
        "prompt": "older",
        "model": "kling-3.0-omni",
        "image": [Upload(tiny_png(), "image/png")] * 2,
        "n": "1",
    }
    reply = await world.answer(asyncio.create_task(world.ann.form("/images/edits", fields)))
    assert reply.status == 200, reply.body
    (row,) = await world.engine.service.list_tasks(OPERATOR, TaskFilter())
    detail = await world.engine.service.detail(OPERATOR, row.id)
    assert [(i.role, i.source) for i in detail.inputs] == [("reference", "value")] * 2


async def test_broken_inputs_are_refused_by_their_name(world: World) -> None:
    wrong = {"prompt": "x", "image": [Upload(tiny_png(), "image/png"), Upload(b"no picture", "image/png")]}
    assert refusal(await world.ann.form("/images/edits", wrong)) == (400, "invalid_image_file", "image[1]")
    film = {"prompt": "x", "input_reference": Upload(b"no picture", "image/png")}
    assert refusal(await world.ann.form("/videos", film)) == (400, "invalid_image_file", "input_reference")
    big = {"prompt": "x", "image": Upload(bytes(100_001))}
    assert refusal(await world.ann.form("/images/edits", big)) == (400, "invalid_request", None)
    assert await world.tasks() == 0


@pytest.mark.parametrize(
    ("prompt", "status", "code"),
    [
        ("content", 400, "moderation_blocked"),
        ("refuse", 400, "invalid_value"),
        ("fails", 502, "upstream_failed"),
        ("forgotten", 502, "upstream_expired"),
        ("gone", 502, "source_gone"),
    ],
)
async def test_a_failed_picture_is_an_error_that_is_not_sent_again(
    world: World, prompt: str, status: int, code: str
) -> None:
    reply = await world.picture({"prompt": prompt})
    assert refusal(reply) == (status, code, None)
    assert header(reply, "x-should-retry") == "false"
    assert header(reply, "x-genmux-task-id")


async def test_a_cancelled_picture_says_so(world: World) -> None:
    pending = asyncio.create_task(world.ann.send("POST", "/images/generations", PICTURE))
    await world.engine.service.cancel(OPERATOR, await world.arrived())
    assert refusal(await pending) == (409, "cancelled", None)


async def test_an_outcome_given_up_is_not_sent_again(world: World) -> None:
    pending = asyncio.create_task(world.ann.send("POST", "/images/generations", {"prompt": "lost"}))
    task_id = await world.arrived()
    await world.engine.settle()
    assert (await world.engine.state(task_id)) is TaskState.UNKNOWN
    await world.engine.service.resolve(OPERATOR, task_id, "give_up")
    reply = await pending
    assert refusal(reply) == (502, "outcome_unknown", None)
    assert header(reply, "x-should-retry") == "false"


@pytest.mark.parametrize(
    ("headers", "retry"),
    [({}, "false"), ({"idempotency-key": "k"}, "true"), ({"x-stainless-retry-count": "0"}, "true")],
)
async def test_a_wait_that_is_too_long_names_the_task(
    world: World, headers: dict[str, str], retry: str
) -> None:
    path = "/images/generations"
    pending = asyncio.create_task(world.ann.send("POST", path, PICTURE, headers))
    await world.arrived()
    world.engine.clock.advance(591)
    reply = await pending
    assert refusal(reply) == (504, "still_in_progress", None)
    assert header(reply, "x-should-retry") == retry
    assert (header(reply, "x-genmux-task-id") or "?") in json.loads(reply.body)["error"]["message"]
    if retry == "true":
        again = {name: value.replace("0", "1") for name, value in headers.items()}
        later = await world.picture(PICTURE, again)
        assert later.status == 200
        assert header(later, "x-genmux-task-id") == header(reply, "x-genmux-task-id")
        assert await world.tasks() == 1


# ---------------------------------------------------------------- one request, one task


async def test_an_idempotency_key_finds_the_same_picture_again(world: World) -> None:
    key = {"idempotency-key": "once"}
    first, again = await world.picture(PICTURE, key), await world.picture(PICTURE, key)
    assert header(first, "x-genmux-task-id") == header(again, "x-genmux-task-id")
    assert json.loads(first.body) == json.loads(again.body)
    assert await world.tasks() == 1
    assert await world.ann.error("POST", "/images/generations", {"prompt": "a dog"}, key) == (
        409,
        "idempotency_key_reused",
        "Idempotency-Key",
    )
    assert (await world.ann.error("POST", "/videos", {"prompt": "a cat"}, key))[0] == 409
    too_long = {"idempotency-key": "k" * 256}
    assert (await world.ann.error("POST", "/videos", FILM, too_long))[2] == "Idempotency-Key"


async def test_a_retry_of_the_official_client_finds_the_task_of_its_forerunner(world: World) -> None:
    tries = [{"x-stainless-retry-count": str(n)} for n in range(3)]
    ids = [(await world.ann.ask("POST", "/videos", FILM, tries[n]))["id"] for n in (0, 0, 1, 1, 1, 2, 2)]
    first, second, again, before, extra, *last = ids
    assert (again, before) == (second, first)
    assert extra not in (first, second)  # two wishes, and a retry whose forerunner never arrived
    assert last == [extra, second]
    assert (await world.bob.ask("POST", "/videos", FILM, tries[1]))["id"] not in ids
    other = await world.ann.ask("POST", "/videos", {**FILM, "seconds": "8"}, tries[1])
    assert other["id"] not in ids
    world.engine.clock.advance(30 * 60)
    assert (await world.ann.ask("POST", "/videos", FILM, tries[1]))["id"] not in ids


async def test_a_retry_of_a_refused_create_is_a_create(world: World) -> None:
    world.engine.service.draining = True
    refused = await world.ann.send("POST", "/videos", FILM, {"x-stainless-retry-count": "0"})
    assert refusal(refused)[:2] == (503, "service_unavailable")
    assert header(refused, "x-should-retry") == "true"
    assert header(refused, "retry-after") == "5"
    world.engine.service.draining = False
    assert (await world.ann.ask("POST", "/videos", FILM, {"x-stainless-retry-count": "1"}))["id"]
    assert await world.tasks() == 1


async def test_a_form_cut_anew_is_the_same_request(world: World) -> None:
    ids = set()
    for boundary in ("abc", "def"):
        content_type, body = render_multipart(FILM, boundary)
        headers = {"content-type": content_type, "idempotency-key": "k"}
        ids.add((await world.ann.ask("POST", "/videos", body, headers))["id"])
    assert len(ids) == 1


# ---------------------------------------------------------------- films


async def test_a_film_is_created_watched_and_downloaded(world: World) -> None:
    made = await world.ann.ask("POST", "/videos", {**FILM, "prompt": "film"})
    assert made["object"] == "video"
    assert (made["status"], made["progress"], made["error"]) == ("queued", 0, None)
    assert (made["model"], made["seconds"], made["size"], made["prompt"]) == (
        "sora-2",
        "4",
        "1280x720",
        "film",
    )
    live = await world.ann.send("GET", f"/videos/{made['id']}")
    assert header(live, "openai-poll-after-ms") == "1000"
    early = await world.ann.send("GET", f"/videos/{made['id']}/content")
    assert refusal(early)[:2] == (409, "video_not_ready")
    assert header(early, "x-should-retry") == "false"
    await world.engine.settle()
    done = await world.ann.send("GET", f"/videos/{made['id']}")
    assert header(done, "openai-poll-after-ms") is None
    shown = json.loads(done.body)
    assert (shown["status"], shown["progress"], shown["size"]) == ("completed", 100, "64x48")
    assert shown["created_at"] <= shown["completed_at"] < shown["expires_at"]
    whole = await world.ann.send("GET", f"/videos/{made['id']}/content")
    assert (whole.status, whole.content_type, whole.length) == (200, "video/mp4", len(world.film))
    assert await body_of(whole) == world.film


async def test_a_range_of_a_film(world: World) -> None:
    path = f"/videos/{await world.film_of()}/content"
    part = await world.ann.send("GET", path, headers={"range": "bytes=10-19"})
    assert (part.status, header(part, "content-range")) == (206, f"bytes 10-19/{len(world.film)}")
    assert await body_of(part) == world.film[10:20]
    tail = await world.ann.send("GET", path, headers={"range": "bytes=-5"})
    assert await body_of(tail) == world.film[-5:]
    odd = await world.ann.send("GET", path, headers={"range": "lines=1-2"})
    assert odd.status == 200
    assert (await world.ann.send("GET", path, headers={"range": "bytes=999999999-"})).status == 416
    head = await world.ann.send("HEAD", path)
    assert (head.length, await body_of(head)) == (len(world.film), b"")


async def test_what_a_film_does_not_have(world: World) -> None:
    path = f"/videos/{await world.film_of()}/content?variant="
    assert await world.ann.error("GET", path + "spritesheet") == (404, "variant_not_found", None)
    assert await world.ann.error("GET", path + "poster") == (400, "invalid_value", "variant")
    failed = await world.film_of("fails")
    assert await world.ann.error("GET", f"/videos/{failed}/content") == (404, "video_failed", None)
    world.engine.clock.advance(6 * 24 * 3600)
    assert (await world.ann.send("GET", path + "video")).status == 200
    world.engine.clock.advance(2 * 24 * 3600)
    assert (await world.ann.error("GET", path + "video"))[0] == 404


async def test_failed_and_cancelled_films_read_failed(world: World) -> None:
    failed = await world.ann.ask("GET", f"/videos/{await world.film_of('content')}")
    assert (failed["status"], failed["error"]["code"]) == ("failed", "moderation_blocked")
    made = await world.ann.ask("POST", "/videos", FILM)
    gone = await world.ann.ask("DELETE", f"/videos/{made['id']}")
    assert gone == {"id": made["id"], "object": "video.deleted", "deleted": True}
    reply = await world.ann.send("GET", f"/videos/{made['id']}")
    assert json.loads(reply.body)["error"]["code"] == "cancelled"
    assert json.loads(reply.body)["status"] == "failed"
    assert header(reply, "x-should-retry") == "false"


async def test_a_finished_film_may_be_deleted_and_stays_until_it_expires(world: World) -> None:
    video_id = await world.film_of()
    assert (await world.ann.ask("DELETE", f"/videos/{video_id}"))["deleted"] is True
    assert (await world.ann.ask("GET", f"/videos/{video_id}"))["status"] == "completed"


async def test_films_are_listed_newest_first_a_page_at_a_time(world: World) -> None:
    ids = [(await world.ann.ask("POST", "/videos", FILM))["id"] for _ in range(3)]
    await world.engine.create("no film", tenant=1)
    page = await world.ann.ask("GET", "/videos?limit=2")
    assert [video["id"] for video in page["data"]] == ids[:0:-1]
    assert (page["has_more"], page["first_id"], page["last_id"]) == (True, ids[2], ids[1])
    rest = await world.ann.ask("GET", f"/videos?limit=2&after={ids[1]}&order=desc")
    assert ([video["id"] for video in rest["data"]], rest["has_more"]) == ([ids[0]], False)
    upwards = await world.ann.ask("GET", f"/videos?order=asc&after={ids[0]}")
    assert [video["id"] for video in upwards["data"]] == ids[1:]
    assert (await world.bob.ask("GET", "/videos"))["data"] == []
    for query in ("limit=0", "limit=x", "order=up", f"after={MISSING}", "after=1"):
        param = query.partition("=")[0]
        assert (await world.ann.error("GET", f"/videos?{query}"))[::2] == (400, param)


async def test_what_was_not_said_is_told_by_the_catalogue(world: World) -> None:
    film = await world.ann.ask("POST", "/videos", {"prompt": "x", "model": "hailuo-2.3"})
    assert (film["seconds"], film["size"]) == ("6", "1366x768")
    reference = {"image_url": "https://a.example/x.png"}
    follows = await world.ann.ask(
        "POST", "/videos", {"prompt": "x", "model": "hailuo-2.3", "input_reference": reference}
    )
    assert follows["size"] is None


async def test_a_film_made_through_another_wire_is_shown(world: World) -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, prompt="x", duration=5.0, resolution="720P", aspect_ratio="16:9")
    tenant = await world.engine.store.tenant("ann")
    draft = Draft("mps", "mps", spec, model_name="Kling", model_version="3.0", extra={"model": 7})
    created = await world.engine.service.create(Caller(tenant), draft)
    film = await world.ann.ask("GET", f"/videos/video_{created.task_id.hex()}")
    assert (film["model"], film["seconds"], film["size"]) == ("house-film", "5", "1280x720")


# ---------------------------------------------------------------- who, what and where


async def test_nobody_and_others_see_nothing(world: World) -> None:
    made = await world.ann.ask("POST", "/videos", FILM)
    path = f"/videos/{made['id']}"
    for ask in (("GET", path), ("DELETE", path), ("GET", path + "/content")):
        assert (await world.bob.error(*ask))[:2] == (404, "not_found")
        assert (await world.nobody.error(*ask))[:2] == (401, "invalid_api_key")
    wrong = await Client(world.dialect, "sk-wrong").send("GET", "/models")
    assert refusal(wrong)[0] == 401
    assert header(wrong, "www-authenticate")
    assert (await world.ann.ask("GET", path))["status"] == "queued"
    picture = await world.engine.create("a cat", tenant=await world.engine.store.tenant("ann"))
    for name in (MISSING, "video_1", "task_" + picture.hex(), "video_" + picture.hex()):
        assert (await world.ann.error("GET", f"/videos/{name}"))[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/videos", {"prompt": "x", "seconds": "5", "model": "sora-2"}, (400, "invalid_value", "seconds")),
        ("/videos", {"prompt": "x", "sconds": "5"}, (400, "invalid_value", "sconds")),
        ("/videos", {"model": "sora-2"}, (400, "missing_required_parameter", "prompt")),
        ("/videos", {"prompt": "x", "model": "sora-9"}, (404, "model_not_found", "model")),
        ("/videos", {"prompt": "x", "model": "kling-9"}, (404, "model_not_found", "model")),
        ("/videos", {"prompt": "x", "model": "gpt-image-2"}, (404, "model_not_found", "model")),
        ("/images/generations", {"prompt": "x", "n": 99, "model": "kling-3.0"}, (400, "invalid_value", "n")),
        (
            "/images/generations",
            {"prompt": "x", "output_format": "tiff"},
            (400, "invalid_value", "output_format"),
        ),
        (
            "/images/generations",
            {"prompt": "x", "model": "gpt-image-2", "size": "256x256"},
            (400, "invalid_value", "size"),
        ),
        ("/images/generations", {"prompt": "x", "stream": True}, (400, "unsupported", "stream")),
        ("/images/edits", {"prompt": "x"}, (400, "missing_required_parameter", "image")),
        ("/images/generations", b"{", (400, "invalid_request", None)),
    ],
)
async def test_a_bad_create_makes_nothing(
    world: World, path: str, body: Any, expected: tuple[int, str, str | None]
) -> None:
    assert await world.ann.error("POST", path, body) == expected
    assert await world.tasks() == 0


async def test_an_unknown_model_is_told_the_nearest_names(world: World) -> None:
    reply = await world.ann.send("POST", "/videos", {"prompt": "x", "model": "Sora2"})
    message = json.loads(reply.body)["error"]["message"]
    assert message.startswith("The model 'Sora2' does not exist or is not served here. Did you mean 'sora-2'")


async def test_models(world: World) -> None:
    listed = await world.ann.ask("GET", "/models")
    names = [model["id"] for model in listed["data"]]
    assert {"sora-2", "veo-3.1", "gpt-image-2", "dall-e-3", "kling-3.0", "hunyuan-3.0", "house-film"} <= {
        *names
    }
    assert len(names) == len({*names})
    one = await world.ann.ask("GET", "/models/Kling-3.0")
    assert one == {"id": "kling-3.0", "object": "model", "created": 0, "owned_by": "genmux"}
    assert await world.ann.error("GET", "/models/kling-3.1") == (404, "model_not_found", "model")


async def test_paths_and_methods_that_are_not_served(world: World) -> None:
    for path in NOT_SERVED:
        assert (await world.ann.error("POST", path.replace("{id}", "x")))[:2] == (400, "unsupported")
    assert (await world.ann.error("GET", "/nothing"))[:2] == (404, "not_found")
    wrong = await world.ann.send("PUT", "/videos")
    assert (refusal(wrong)[0], header(wrong, "allow")) == (405, "POST, GET")
    request = WireRequest("POST", PREFIX + "/videos", "", {}, b"", BASE)
    assert refusal(world.dialect.too_large(request, 10))[:2] == (413, "request_too_large")


async def test_a_store_that_does_not_answer_is_worth_another_try(world: World) -> None:
    await world.engine.store.close()
    reply = await world.ann.send("GET", f"/videos/{MISSING}")
    assert refusal(reply)[:2] == (503, "service_unavailable")
    assert header(reply, "x-should-retry") == "true"
    await world.engine.store.open()


async def test_our_own_fault_is_a_server_error(world: World) -> None:
    video_id = await world.film_of()
    (world.engine.directory / "media").rename(world.engine.directory / "elsewhere")
    (world.engine.directory / "media").write_bytes(b"no directory")
    reply = await world.ann.send("GET", f"/videos/{video_id}/content")
    assert refusal(reply)[:2] == (500, "server_error")
    assert header(reply, "x-should-retry") == "false"


def test_every_code_is_documented_with_its_status() -> None:
    text = (Path(__file__).parents[2] / "docs/openai.md").read_text("utf-8")
    documented = {(code, int(status)) for code, status in re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.M)}
    own = (EXPIRED, NOT_READY, FAILED, NO_VARIANT, INTERNAL, TOO_LARGE, WRONG_METHOD)
    problems = [*PROBLEMS.values(), *FAILURES.values(), *own]
    assert documented == {(p.code, p.status) for p in problems} | {(LATE, LATE_STATUS)}
