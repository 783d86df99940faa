"""AnyAPI's Tencent routes over the real service; VOD's details are answered by a stand-in."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.test_fal import BASE, Client, header, result_urls
from tests.wires.test_anyapi import NAMED, PRINTED

from genmux.dialects.anyapi import AnyApiDialect
from genmux.dialects.exchange import WireRequest
from genmux.dialects.fal_call import Desk
from genmux.domain.errors import GenmuxError
from genmux.domain.spec import decode_spec
from genmux.engine.service import Caller, TaskService
from genmux.net.guard import check_url
from genmux.providers.seam import Recovery
from genmux.store.keyring import Keyring
from genmux.testing.harness import OPERATOR, Harness
from genmux.testing.scripted import ScriptedProvider
from genmux.wires import vod
from genmux.wires.tencent import WireError, refuse

VIDEO = "/tencent-vod/v1/aigc-video"
IMAGE = "/tencent-vod/v1/aigc-image"
QUERY = "/tencent-vod/v1/query/"


@dataclass
class Details:
    """Answers DescribeTaskDetail with the state of the task, and remembers what it was asked."""

    service: TaskService
    asked: list[str] = field(default_factory=list)

    async def call(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        self.asked.append(body["TaskId"])
        name = vod.parse_describe(body)
        assert action == "DescribeTaskDetail"
        assert name is not None
        view = await self.service.find(caller, name.id, name.kind)
        return {"Status": vod.STATUS[view.row.state], "RequestId": ""}

    def explain(self, error: GenmuxError, action: str) -> WireError:
        return refuse(vod.error_code(error), "TaskId", error.text)


@dataclass
class World:
    engine: Harness
    details: Details
    ann: Client
    bob: Client


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    engine = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), validation="early")
    keyring = Keyring(engine.store, bytes(32), engine.clock, engine.store.tenant)
    details = Details(engine.service)
    desk = Desk(engine.service, keyring, engine.clock, result_urls, check_url)
    dialect: Any = AnyApiDialect(desk, details, sub_app_id=7)
    tokens = [(await keyring.create(name, name))[2] for name in ("ann", "bob")]
    yield World(engine, details, *(Client(dialect, f"Bearer {token}") for token in tokens))
    await engine.close()


async def test_the_printed_request_is_accepted_as_printed(world: World) -> None:
    made = await world.ann.ask("POST", VIDEO, PRINTED)
    assert set(made) == {
        *("status", "request_id", "response_url", "status_url", "cancel_url"),
        *("logs", "metrics", "queue_position", "Response"),
    }
    task_id = uuid.UUID(made["request_id"]).bytes
    assert made["Response"]["TaskId"] == f"7-AigcVideoTask-{task_id.hex()}t"
    assert made["response_url"] == f"{BASE}/tencent-vod/v1/requests/{made['request_id']}"
    detail = await world.engine.detail(task_id)
    assert (detail.task.wire, detail.task.sub_app_id) == ("anyapi", 7)
    assert str(decode_spec(detail.spec).model) == "Kling 1.6"


async def test_an_image_is_followed_both_ways(world: World) -> None:
    made = await world.ann.ask("POST", IMAGE, {**NAMED, "tasks_priority": "3"})
    assert (await world.ann.ask("GET", made["status_url"]))["status"] == "IN_QUEUE"
    task_id = made["Response"]["TaskId"]
    for path in (QUERY + task_id, QUERY + made["request_id"], f"{IMAGE}/{task_id}"):
        answer = await world.ann.ask("GET", path)
        assert answer["Response"]["Status"] == "WAITING"
        assert answer["Response"]["RequestId"]
    assert world.details.asked == [task_id] * 3
    reply = await world.ann.send("PUT", made["cancel_url"])
    assert reply.status == 202


async def test_others_and_strangers_are_not_found(world: World) -> None:
    made = await world.ann.ask("POST", VIDEO, NAMED)
    for name in (made["Response"]["TaskId"], made["request_id"], "x", "7-AigcVideoTask-" + "0" * 32 + "t"):
        reply = await world.bob.send("GET", QUERY + name)
        told = json.loads(reply.body)
        assert reply.status == 404
        assert told["Response"]["Error"]["Code"] == "ResourceNotFound"
        assert told["error"]["message"] == told["detail"][0]["msg"]
    for path in ("/tencent-vod/v1/template-effect", "/tencent-vod/v1", "/tencent-vod/v2/aigc-video", QUERY):
        assert (await world.ann.send("POST", path, NAMED)).status == 404
    reply = await world.ann.send("GET", VIDEO)
    assert (reply.status, header(reply, "Allow")) == (405, "POST")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"{", "InvalidParameter", None),
        ({}, "MissingParameter", "model_name"),
        ({**NAMED, "promt": "x"}, "UnknownParameter", "promt"),
        ({**NAMED, "model_name": "Klinge"}, "InvalidParameterValue", "model_name"),
        ({**NAMED, "model_version": "99"}, "InvalidParameterValue", "model_version"),
        ({**NAMED, "output_config": {"duration": 4000}}, "InvalidParameterValue", "output_config.duration"),
        (
            {**NAMED, "file_infos": [{"type": "Url", "url": "http://10.0.0.1/x.png"}]},
            "InvalidParameterValue.Url",
            "file_infos.0.url",
        ),
        (
            {"model_name": "Hunyuan", "model_version": "1.5", "scene_type": "3d_scene"},
            "UnsupportedOperation",
            None,
        ),
    ],
    ids=lambda v: str(v)[:40],
)
async def test_refusals_in_every_shape(world: World, body: Any, code: str, param: str | None) -> None:
    reply = await world.ann.send("POST", VIDEO, body)
    told = json.loads(reply.body)
    assert reply.status == 422
    assert told["Response"]["Error"]["Code"] == code
    assert (told["error"]["code"], told["error"]["param"]) == (code, param)
    assert "OutputConfig" not in told["error"]["message"]


async def test_a_session_id_is_good_once_in_three_days(world: World) -> None:
    body = {**NAMED, "session_id": "mine"}
    await world.ann.ask("POST", VIDEO, body)
    await world.bob.ask("POST", VIDEO, body)
    for again in (body, {**body, "prompt": "other"}):
        reply = await world.ann.send("POST", VIDEO, again)
        told = json.loads(reply.body)
        assert (reply.status, told["Response"]["Error"]["Code"]) == (422, "InvalidParameterValue.SessionId")
        assert told["error"]["param"] == "session_id"
    world.engine.clock.advance(3 * 24 * 3600 + 1)
    await world.ann.ask("POST", VIDEO, body)


async def test_an_idempotency_key_makes_one_task(world: World) -> None:
    first = await world.ann.send("POST", VIDEO, NAMED, {"idempotency-key": "k"})
    again = await world.ann.send("POST", VIDEO, NAMED, {"idempotency-key": "k"})
    assert json.loads(first.body)["request_id"] == json.loads(again.body)["request_id"]
    assert header(again, "Idempotent-Replayed") == "true"
    other = await world.ann.send("POST", VIDEO, {**NAMED, "prompt": "y"}, {"idempotency-key": "k"})
    assert other.status == 422


async def test_strangers_are_told_so_in_every_shape(world: World) -> None:
    for method, path in (
        ("POST", VIDEO),
        ("GET", QUERY + "x"),
        ("GET", "/tencent-vod/v1/requests/" + str(uuid.UUID(int=0))),
    ):
        reply = await Client(world.ann.dialect, "Bearer wrong").send(method, path, NAMED)
        told = json.loads(reply.body)
        assert (reply.status, told["Response"]["Error"]["Code"]) == (401, "AuthFailure.InvalidAuthorization")


async def test_a_webhook_is_recorded_beside_vod_s_extra(world: World) -> None:
    made = await world.ann.ask("POST", VIDEO + "?fal_webhook=https://hooks.example.com/x", NAMED)
    detail = await world.engine.service.detail(OPERATOR, uuid.UUID(made["request_id"]).bytes)
    assert json.loads(detail.extra)["fal_webhook"] == "https://hooks.example.com/x"


async def test_an_accident_is_an_honest_error(world: World) -> None:
    world.engine.service._creator = None  # type: ignore[assignment]
    reply = await world.ann.send("POST", VIDEO, NAMED)
    assert reply.status == 500
    assert b"NoneType" not in reply.body


def test_a_body_over_the_limit(world: World) -> None:
    reply = world.ann.dialect.too_large(WireRequest("POST", VIDEO, "", {}, b"", BASE), 5)
    assert reply.status == 413
