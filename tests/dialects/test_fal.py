"""fal's queue over the real service: every endpoint, every trap of its clients, nobody else's requests."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.fal import FalDialect
from genmux.dialects.fal_call import Desk
from genmux.domain.spec import decode_spec
from genmux.engine.ports import TaskFilter, TaskRow
from genmux.engine.service import TaskView
from genmux.media.urls import FileUrls
from genmux.net.guard import check_url
from genmux.providers.seam import Recovery
from genmux.store.keyring import Keyring
from genmux.testing.harness import OPERATOR, Harness
from genmux.testing.scripted import ScriptedProvider

BASE = "https://genmux.test"
APP = "/fal-ai/qwen-image"
CREATE: dict[str, Any] = {"prompt": "a cat"}
MISSING = "/fal-ai/qwen-image/requests/00000000-0000-0000-0000-000000000000"


def result_urls(base_url: str, view: TaskView) -> tuple[str, ...]:
    urls = FileUrls(b"k" * 32)
    return tuple(base_url + urls.path(view.row.id.hex(), a.n, a.extension, 1) for a in view.artifacts)


@dataclass
class Client:
    """One credential at the dialect; every answer is checked for what fal's clients rely on."""

    dialect: FalDialect
    authorization: str

    async def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> WireReply:
        path, _, query = path.removeprefix(BASE).partition("?")
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        known = {"authorization": self.authorization} if self.authorization else {}
        reply = await self.dialect.handle(
            WireRequest(method, path, query, {**known, **(headers or {})}, raw, BASE)
        )
        assert reply.status not in (408, 409)
        assert header(reply, "X-Fal-Request-Id")
        if reply.status >= 400:
            assert header(reply, "X-Fal-Retryable") in ("true", "false")
            assert header(reply, "X-Fal-Error-Type")
        return reply

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = await self.send(method, path, body, named)
        assert reply.status < 300, reply.body
        return json.loads(reply.body)

    async def refusal(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Return the status and the error, of either shape: {"msg", "type"} with or without "loc"."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = await self.send(method, path, body, named)
        assert reply.status >= 400, reply.body
        told = json.loads(reply.body)
        if isinstance(told["detail"], str):
            return reply.status, {"msg": told["detail"], "type": told.get("error_type")}
        (problem,) = told["detail"]
        assert set(problem) == {"loc", "msg", "type"}
        return reply.status, problem


@dataclass
class World:
    """An engine to step by hand and two tenants."""

    engine: Harness
    keyring: Keyring
    dialect: FalDialect
    ann: Client
    bob: Client
    nobody: Client


def header(reply: WireReply, name: str) -> str | None:
    return next((value for key, value in reply.headers if key.lower() == name.lower()), None)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    engine = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), validation="early")
    keyring = Keyring(engine.store, bytes(32), engine.clock, engine.store.tenant)
    dialect = FalDialect(Desk(engine.service, keyring, engine.clock, result_urls, check_url), run_seconds=60)
    tokens = [(await keyring.create(name, name))[2] for name in ("ann", "bob")]
    clients = [Client(dialect, f"Key {token}") for token in tokens]
    yield World(engine, keyring, dialect, clients[0], clients[1], Client(dialect, ""))
    await engine.close()


async def detail_of(world: World, request_id: str) -> Any:
    return await world.engine.service.detail(OPERATOR, uuid.UUID(request_id).bytes)


# ---------------------------------------------------------------- the queue


async def test_a_request_is_submitted_followed_and_fetched(world: World) -> None:
    made = await world.ann.ask("POST", APP, {**CREATE, "seed": 7})
    root = f"{BASE}/fal-ai/qwen-image/requests/{made['request_id']}"
    assert made == {
        "status": "IN_QUEUE",
        "request_id": str(uuid.UUID(made["request_id"])),
        "response_url": root,
        "status_url": root + "/status",
        "cancel_url": root + "/cancel",
        "logs": None,
        "metrics": {},
        "queue_position": 0,
    }
    waiting = await world.ann.send("GET", made["status_url"])
    assert waiting.status == 202
    status, refusal = await world.ann.refusal("GET", made["response_url"])
    assert (status, refusal["msg"]) == (400, "Request is still in progress")
    await world.engine.settle()
    done = await world.ann.send("GET", made["status_url"] + "?logs=1")
    told = json.loads(done.body)
    assert (done.status, told["status"]) == (200, "COMPLETED")
    assert told["logs"][0]["message"] == "created"
    assert told["logs"][0]["source"] == "USER"
    assert told["metrics"]["inference_time"] >= 0
    assert "error" not in told
    result = await world.ann.send("GET", made["response_url"])
    output = json.loads(result.body)
    (image,) = output["images"]
    assert header(result, "X-Fal-Request-Id") == made["request_id"]
    assert image["url"].startswith(f"{BASE}/files/")
    assert (image["content_type"], image["width"], image["height"]) == ("image/png", 8, 8)
    assert image["file_name"].endswith(".png")
    assert image["file_size"] > 0
    assert (output["prompt"], output["seed"]) == ("a cat", 7)


async def test_positions_in_the_queue_are_real(world: World) -> None:
    made = [await world.ann.ask("POST", APP, CREATE) for _ in range(3)]
    assert [m["queue_position"] for m in made] == [0, 1, 2]
    low = await world.ann.ask("POST", APP, CREATE, x_fal_queue_priority="low")
    assert low["queue_position"] == 3
    await world.ann.ask("PUT", made[0]["cancel_url"])
    assert (await world.ann.ask("GET", made[2]["status_url"]))["queue_position"] == 1


@pytest.mark.parametrize(
    ("prompt", "status", "error_type"),
    [("content", 422, "content_policy_violation"), ("fails", 500, "downstream_service_error")],
)
async def test_a_failure_is_completed_with_an_error(
    world: World, prompt: str, status: int, error_type: str
) -> None:
    made = await world.ann.ask("POST", APP, {"prompt": prompt})
    await world.engine.settle()
    told = await world.ann.ask("GET", made["status_url"])
    assert (told["status"], told["error_type"], told["logs"]) == ("COMPLETED", error_type, None)
    assert told["error"]
    reply = await world.ann.send("GET", made["response_url"])
    assert (reply.status, header(reply, "X-Fal-Error-Type")) == (status, error_type)
    assert json.loads(reply.body)["detail"][0]["type"] == error_type


async def test_cancelling(world: World) -> None:
    made = await world.ann.ask("POST", APP, CREATE)
    reply = await world.ann.send("PUT", made["cancel_url"])
    assert (reply.status, json.loads(reply.body)) == (202, {"status": "CANCELLATION_REQUESTED"})
    told = await world.ann.ask("GET", made["status_url"])
    assert (told["status"], told["error_type"]) == ("COMPLETED", "client_cancelled")
    assert (await world.ann.refusal("GET", made["response_url"]))[0] == 499
    again = await world.ann.send("PUT", made["cancel_url"])
    assert (again.status, json.loads(again.body)) == (400, {"status": "ALREADY_COMPLETED"})
    done = await world.ann.ask("POST", APP, CREATE)
    await world.engine.settle()
    late = await world.ann.send("PUT", done["cancel_url"])
    assert (late.status, json.loads(late.body)) == (400, {"status": "ALREADY_COMPLETED"})


async def test_the_stream_tells_every_change_and_ends(world: World) -> None:
    made = await world.ann.ask("POST", APP, {"prompt": "polls=1"})
    reply = await world.ann.send("GET", made["status_url"] + "/stream?logs=1")
    assert (reply.status, reply.content_type, reply.length) == (200, "text/event-stream", None)
    assert reply.stream is not None
    words: list[str] = []
    settle = asyncio.create_task(world.engine.settle())
    async for chunk in reply.stream:
        await asyncio.sleep(0)
        if chunk.startswith(b":"):
            continue
        assert chunk.startswith(b"data: ")
        assert chunk.endswith(b"\n\n")
        words.append(json.loads(chunk[6:])["status"])
    await settle
    assert words[0] == "IN_QUEUE"
    assert words[-1] == "COMPLETED"
    assert set(words) <= {"IN_QUEUE", "IN_PROGRESS", "COMPLETED"}


async def test_the_stream_of_an_ended_request_is_one_event(world: World) -> None:
    made = await world.ann.ask("POST", APP, CREATE)
    await world.ann.ask("PUT", made["cancel_url"])
    reply = await world.ann.send("GET", made["status_url"] + "/stream")
    assert reply.stream is not None
    (only,) = [chunk async for chunk in reply.stream]
    assert json.loads(only[6:])["error_type"] == "client_cancelled"


async def test_running_at_once_answers_with_the_result(world: World) -> None:
    run = asyncio.create_task(world.ann.send("POST", "/run" + APP, CREATE))
    while not run.done():
        await world.engine.step()
        await asyncio.sleep(0)
        world.engine.clock.advance(0.5)
    reply = await run
    assert reply.status == 200
    assert json.loads(reply.body)["images"]


async def test_running_too_long_is_a_time_out_that_nobody_repeats(world: World) -> None:
    run = asyncio.create_task(world.ann.send("POST", "/run" + APP, CREATE))
    rows: tuple[TaskRow, ...] = ()
    for _ in range(10_000):
        rows = rows or await world.engine.service.list_tasks(OPERATOR, TaskFilter())
        await asyncio.sleep(0)
    world.engine.clock.advance(61)
    world.engine.service.notice(rows[0].state, rows[0].seq)
    reply = await run
    assert (reply.status, header(reply, "X-Fal-Request-Timeout-Type")) == (504, "user")
    assert (header(reply, "X-Fal-Request-Id") or "?") in json.loads(reply.body)["detail"]
    assert not (await world.engine.detail(rows[0].id)).task.state.final


# ---------------------------------------------------------------- applications


@pytest.mark.parametrize(
    ("path", "body", "kind", "model"),
    [
        ("/fal-ai/kling-video/v2.1/master/image-to-video", {"image_url": "data:"}, None, None),
        ("/fal-ai/sora-2/text-to-video", {}, "video", "OS 2.0"),
        ("/fal-ai/veo3", {"duration": "8s"}, "video", "GV 3.1"),
        ("/kling/3.0/text-to-video", {}, "video", "Kling 3.0"),
        ("/Kling/3.0/text-to-image", {}, "image", "Kling 3.0"),
        ("/kling/3.0", {"duration": "5"}, "video", "Kling 3.0"),
        ("/kling/3.0", {"num_images": 2}, "image", "Kling 3.0"),
        ("/os/2.0", {}, "video", "OS 2.0"),
        ("/gg/3.0", {}, "image", "GG 3.0"),
    ],
)
async def test_applications(world: World, path: str, body: Any, kind: str | None, model: str | None) -> None:
    if kind is None:
        status, refusal = await world.ann.refusal("POST", path, {**CREATE, **body})
        assert (status, refusal["loc"]) == (422, ["body", "image_url"])
        return
    made = await world.ann.ask("POST", path, {**CREATE, **body})
    detail = await detail_of(world, made["request_id"])
    assert (detail.task.kind, str(decode_spec(detail.spec).model)) == (kind, model)
    owner = "/".join(path.split("/")[:3])
    assert made["response_url"] == f"{BASE}{owner}/requests/{made['request_id']}"


async def test_an_id_that_leaves_the_kind_open_says_so(world: World) -> None:
    status, refusal = await world.ann.refusal("POST", "/kling/3.0", CREATE)
    assert status == 422
    assert "kling/3.0/text-to-video" in refusal["msg"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fal-ai/flux/dev", 404),
        ("/fal-ai/flux", 404),
        ("/kling/99/text-to-video", 404),
        ("/nobody/1.0", 404),
        ("/v1/videos", 404),
        ("/x", 404),
        ("/", 404),
        ("/%2e%2e/b", 404),
        ("/a\x00/b", 404),
    ],
)
async def test_what_nobody_makes_is_not_found(world: World, path: str, status: int) -> None:
    assert (await world.ann.refusal("POST", path, CREATE))[0] == status


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        (b"{", ["body"], "json_invalid"),
        (b"[]", ["body"], "json_invalid"),
        (b"[" * 200_000, ["body"], "json_invalid"),
        ({}, ["body", "prompt"], "missing"),
        ({"prompt": 5}, ["body", "prompt"], "value_error"),
        ({"prompt": "x", "num_images": 5000}, ["body", "num_images"], "value_error"),
        ({"prompt": "x", "num_images": 900}, ["body", "num_images"], "value_error"),
        ({"prompt": "x" * 100_000}, ["body", "prompt"], "value_error"),
        (
            {"prompt": "x", "image_urls": ["http://10.0.0.1/a.png"]},
            ["body", "image_urls", 0],
            "file_download_error",
        ),
        (
            {"prompt": "x", "image_url": "data:image/png;base64,AAAA"},
            ["body", "image_url"],
            "file_download_error",
        ),
    ],
    ids=lambda v: str(v)[:30],
)
async def test_bad_bodies_are_named(world: World, body: Any, loc: list[Any], kind: str) -> None:
    status, refusal = await world.ann.refusal("POST", APP, body)
    assert (status, refusal["loc"], refusal["type"]) == (422, loc, kind)
    assert await world.engine.service.list_tasks(OPERATOR, TaskFilter()) == ()


async def test_messages_are_in_the_caller_s_language(world: World) -> None:
    _, english = await world.ann.refusal("POST", APP, {"prompt": 5})
    _, chinese = await world.ann.refusal("POST", APP, {"prompt": 5}, accept_language="zh-CN")
    assert english["msg"] != chinese["msg"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", APP, "POST"),
        ("POST", MISSING, "GET"),
        ("GET", MISSING + "/cancel", "PUT"),
        ("PUT", APP, "POST"),
    ],
)
async def test_wrong_methods(world: World, method: str, path: str, allowed: str) -> None:
    reply = await world.ann.send(method, path, CREATE)
    assert (reply.status, header(reply, "Allow")) == (405, allowed)


@pytest.mark.parametrize("tail", ["", "/status", "/status/stream"])
async def test_requests_of_others_are_not_found(world: World, tail: str) -> None:
    made = await world.ann.ask("POST", APP, CREATE)
    theirs = await world.bob.refusal("GET", made["response_url"] + tail)
    absent = await world.bob.refusal("GET", MISSING + tail)
    assert theirs == absent
    assert theirs[0] == 404
    for odd in ("x", made["request_id"].upper(), made["request_id"].replace("-", "")):
        assert (await world.ann.refusal("GET", f"{APP}/requests/{odd}{tail}"))[0] == 404
    assert (await world.ann.refusal("GET", made["response_url"] + "/secrets"))[0] == 404


async def test_a_request_of_any_wire_is_found_below_any_application(world: World) -> None:
    tenant = (await world.keyring.all())[0].tenant_id
    task_id = await world.engine.create("a cat", tenant=tenant)
    for root in (
        "fal-ai/auto",
        "kling/3.0",
        "tencent-vod/v1",
        "fal-ai/kling-video/v2.1/master/text-to-video",
    ):
        told = await world.ann.ask("GET", f"/{root}/requests/{uuid.UUID(bytes=task_id)}/status")
        assert told["status"] == "IN_QUEUE"
        assert told["cancel_url"].count("/") == len(f"{BASE}/a/b/requests/c/cancel".split("/")) - 1


# ---------------------------------------------------------------- who


async def test_every_spelling_of_a_credential(world: World) -> None:
    row, secret, token = await world.keyring.create("carl", "carl")
    for good in (f"Key {token}", f"Bearer {token}", f"key {row.secret_id}:{secret}", f"Bearer  {token} "):
        await Client(world.dialect, good).ask("POST", APP, CREATE)
    for bad in (
        *(
            "",
            "Key",
            "Key ",
            f"Basic {token}",
            token,
            "Key wrong",
            f"Key {row.secret_id}:wrong",
            "Key :",
            "Key a:b",
        ),
        *(f"Key {row.secret_id}", f"Key {row.secret_id}:", "Bearer ädmin", f"Key ä:{secret}"),
    ):
        status, refusal = await Client(world.dialect, bad).refusal("POST", APP, CREATE)
        assert (status, refusal["type"]) == (401, "unauthorized")
    await world.keyring.revoke(row.secret_id)
    assert (await Client(world.dialect, f"Key {token}").refusal("GET", MISSING))[0] == 401


# ---------------------------------------------------------------- idempotency


@pytest.mark.parametrize("name", ["idempotency-key", "x-genmux-idempotency-key"])
async def test_a_key_makes_one_request(world: World, name: str) -> None:
    first = await world.ann.send("POST", APP, CREATE, {name: "k"})
    again = await world.ann.send("POST", APP, CREATE, {name: "k"})
    assert json.loads(first.body)["request_id"] == json.loads(again.body)["request_id"]
    assert header(first, "Idempotent-Replayed") is None
    assert header(again, "Idempotent-Replayed") == "true"
    other = await world.bob.send("POST", APP, CREATE, {name: "k"})
    assert json.loads(other.body)["request_id"] != json.loads(first.body)["request_id"]
    for path, body in ((APP, {"prompt": "a dog"}), ("/fal-ai/qwen-image-2/text-to-image", CREATE)):
        reply = await world.ann.send("POST", path, body, {name: "k"})
        assert reply.status == 422
        assert json.loads(reply.body)["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert (await world.ann.send("POST", APP, CREATE, {name: "x" * 256})).status == 422


async def test_without_a_key_equal_bodies_are_two_wishes(world: World) -> None:
    first, again = [await world.ann.ask("POST", APP, CREATE) for _ in range(2)]
    assert first["request_id"] != again["request_id"]


# ---------------------------------------------------------------- webhooks


async def test_a_webhook_is_checked_and_recorded(world: World) -> None:
    url = "https://hooks.example.com/fal?x=1"
    made = await world.ann.ask(
        "POST", f"{APP}?fal_webhook=https%3A%2F%2Fhooks.example.com%2Ffal%3Fx%3D1", CREATE
    )
    assert json.loads((await detail_of(world, made["request_id"])).extra) == {"fal_webhook": url}
    for bad in ("http://127.0.0.1/x", "ftp://a.example/x", "nonsense", "http://[::1"):
        status, refusal = await world.ann.refusal("POST", f"{APP}?fal_webhook={bad}", CREATE)
        assert (status, refusal["loc"]) == (422, ["query", "fal_webhook"])


# ---------------------------------------------------------------- the server's own troubles


async def test_draining_says_that_it_may_be_sent_again(world: World) -> None:
    world.engine.service.draining = True
    reply = await world.ann.send("POST", APP, CREATE)
    assert (reply.status, header(reply, "X-Fal-Retryable")) == (503, "true")


async def test_an_accident_is_an_honest_error(world: World) -> None:
    world.engine.service._creator = None  # type: ignore[assignment]
    reply = await world.ann.send("POST", APP, CREATE)
    assert reply.status == 500
    assert b"NoneType" not in reply.body


def test_a_body_over_the_limit(world: World) -> None:
    reply = world.dialect.too_large(WireRequest("POST", APP, "", {}, b"", BASE), 5)
    assert reply.status == 413
    assert json.loads(reply.body)["detail"][0]["type"] == "file_too_large"
