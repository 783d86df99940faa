"""Checks and uploads through REST: nothing is made, everything wrong is named, pictures come ahead."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.test_rest import CREATE, Client, World, header, open_world

from genmux.testing.scripted import tiny_png

UPLOAD_HEADERS = {"content-type": "image/png"}
HOUR = 3600


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def check(client: Client, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    told: dict[str, Any] = await client.ask("POST", "/tasks:check", body, **headers)
    assert told["valid"] is (told["violations"] == [])
    return told


async def test_a_good_create_is_planned(world: World) -> None:
    told = await check(world.ann, {"kind": "video", "prompt": "waves", "aspect_ratio": "9:16"})
    assert told["valid"] is True
    assert told["plan"] == {
        "model": "Kling/3.0",
        "chosen": {"model_name": "default", "model_version": "default"},
        "duration": 5,
        "resolution": "720P",
        "aspect_ratio": "9:16",
        "size": "720x1280",
        "channel": "scripted",
        "provider": "scripted",
        "ignored": [],
    }
    assert (await world.ann.ask("GET", "/tasks"))["tasks"] == []
    picture = await check(world.ann, {**CREATE, "size": "512x512"})
    assert picture["plan"]["size"] == "512x512"
    assert picture["plan"]["duration"] is None


async def test_a_picture_that_sets_the_size_is_not_guessed(world: World) -> None:
    frame = {"role": "first_frame", "source": "https://example.com/x.png"}
    told = await check(world.ann, {"kind": "video", "prompt": "x", "references": [frame]})
    assert (told["valid"], told["plan"]["size"], told["plan"]["aspect_ratio"]) == (True, None, None)


async def test_everything_wrong_is_named_at_once(world: World) -> None:
    body = {
        "kind": "video",
        "prompt": "x",
        "durration": 5,
        "duration": 500,
        "audio": "yes",
        "priority": 11,
        "output": {"bucket": "nope"},
        "references": [
            {"role": "hero", "source": "https://example.com/x.png"},
            {"role": "reference", "source": "http://10.0.0.1/x.png"},
            {"role": "reference", "source": "data:image/png;base64,AAAA"},
        ],
    }
    told = await check(world.ann, body)
    found = {v["field"]: (v["code"], v["nearest"]) for v in told["violations"]}
    assert found["durration"] == ("invalid_value", "duration")
    assert found["audio"] == ("invalid_value", None)
    assert found["priority"] == ("invalid_value", 10)
    assert found["references.0.role"][0] == "invalid_value"
    assert found["duration"] == ("invalid_value", 15)
    assert found["output"][0] == "invalid_value"
    assert "references.1" not in found  # the list has faults of its own
    duration = next(v for v in told["violations"] if v["field"] == "duration")
    assert 5 in duration["allowed"]
    assert told["plan"] is None


async def test_a_task_that_is_to_come_stands_for_any(world: World) -> None:
    to_come = f"task:{'0' * 32}"
    film = {**CREATE, "references": [{"role": "first_frame", "source": to_come}]}
    sound = {**CREATE, "references": [{"role": "audio", "source": to_come}]}
    assert (await check(world.ann, film))["valid"]
    assert not (await check(world.ann, sound))["valid"]
    assert (await world.ann.problem("POST", "/tasks", film))["code"] == "invalid_input"


async def test_inputs_are_looked_at_and_not_kept(world: World) -> None:
    body = {
        **CREATE,
        "references": [
            {"role": "reference", "source": "data:image/png;base64,AAAA"},
            {"role": "reference", "source": "http://10.0.0.1/x.png"},
            {"role": "reference", "source": "https://example.com/x.png"},
        ],
    }
    told = await check(world.ann, body)
    assert [(v["field"], v["code"]) for v in told["violations"]] == [
        ("references.0", "invalid_input"),
        ("references.1", "invalid_input"),
    ]


@pytest.mark.parametrize(
    ("model", "nearest"), [("Klinge/3.0", "Kling"), ("Kling/3.01", "3.0"), ("zzzzzz", None)]
)
async def test_the_nearest_model_is_named(world: World, model: str, nearest: str | None) -> None:
    told = await check(world.ann, {"kind": "video", "prompt": "x", "model": model, "audio": 1})
    found = {v["field"]: v for v in told["violations"]}
    assert set(found) == {"model", "audio"}
    assert found["model"]["code"] == "model_not_supported"
    assert found["model"]["nearest"] == nearest
    assert found["model"]["allowed"]


async def test_a_missing_kind_and_a_missing_prompt(world: World) -> None:
    nothing = await check(world.ann, {"size": "x"})
    assert [v["field"] for v in nothing["violations"]] == ["size", "kind"]
    assert nothing["plan"] is None
    empty = await check(world.ann, {"kind": "image"})
    assert [(v["field"], v["code"]) for v in empty["violations"]] == [("prompt", "missing_value")]


async def test_it_speaks_the_caller_s_language(world: World) -> None:
    told = await check(
        world.ann, {"kind": "video", "prompt": "x", "duration": 500}, **{"accept-language": "zh"}
    )
    assert "时长" in told["violations"][0]["message"]
    assert (await world.ann.problem("POST", "/tasks:check", b"{"))["status"] == 400


# ---------------------------------------------------------------- uploads


async def uploaded(client: Client, data: bytes) -> dict[str, Any]:
    reply = await client.send("POST", "/uploads", data, UPLOAD_HEADERS)
    assert reply.status == 201, reply.body
    told: dict[str, Any] = json.loads(reply.body)
    return told


def using(source: str) -> dict[str, Any]:
    return {**CREATE, "references": [{"role": "reference", "source": source}]}


async def test_an_upload_is_a_source_for_a_day(world: World) -> None:
    told = await uploaded(world.ann, tiny_png(8, 6))
    assert (told["width"], told["height"], told["content_type"]) == (8, 6, "image/png")
    assert told["bytes"] == len(tiny_png(8, 6))
    made = await world.ann.ask("POST", "/tasks", using(told["source"]))
    assert made["state"] == "queued"
    (entry,) = (await world.ann.ask("GET", f"/tasks/{made['id']}"))["inputs"]
    assert f"sha256:{entry['sha256']}" == told["source"]
    assert (await check(world.ann, using(told["source"])))["valid"] is True
    world.engine.clock.advance(24 * HOUR + 1)
    late = await world.ann.problem("POST", "/tasks", using(told["source"]))
    assert (late["code"], late["field"]) == ("invalid_input", "references.0")


async def test_an_upload_is_its_tenant_s_own(world: World) -> None:
    source = (await uploaded(world.ann, tiny_png(8, 8)))["source"]
    assert (await world.bob.problem("POST", "/tasks", using(source)))["code"] == "invalid_input"
    assert [v["field"] for v in (await check(world.bob, using(source)))["violations"]] == ["references.0"]
    await uploaded(world.bob, tiny_png(8, 8))
    assert (await world.bob.ask("POST", "/tasks", using(source)))["state"] == "queued"


async def test_an_upload_is_let_go_unless_a_task_holds_it(world: World) -> None:
    held, loose = [(await uploaded(world.ann, tiny_png(8, n)))["source"][7:] for n in (4, 5)]
    await world.ann.ask("POST", "/tasks", using(f"sha256:{held}"))
    world.engine.clock.advance(23 * HOUR)
    again = (await uploaded(world.ann, tiny_png(8, 5)))["source"][7:]
    assert again == loose
    world.engine.clock.advance(3 * HOUR)
    await world.engine.janitor.forget_uploads()
    keys = [f"inputs/{digest}.png" for digest in (held, loose)]
    assert [await world.engine.media.size(key) is not None for key in keys] == [True, True]
    world.engine.clock.advance(24 * HOUR)
    await world.engine.janitor.forget_uploads()
    assert [await world.engine.media.size(key) is not None for key in keys] == [True, False]


@pytest.mark.parametrize(
    ("body", "content_type", "field"),
    [
        (b"", "image/png", None),
        (b"no picture", "image/png", None),
        (b"--x", "multipart/form-data; boundary=x", "Content-Type"),
        (b"{}", "application/json", "Content-Type"),
    ],
)
async def test_what_is_no_picture_is_refused(
    world: World, body: bytes, content_type: str, field: str | None
) -> None:
    reply = await world.ann.send("POST", "/uploads", body, {"content-type": content_type})
    assert reply.status == 422
    assert json.loads(reply.body).get("field") == field


async def test_curl_s_own_header_will_do(world: World) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    reply = await world.ann.send("POST", "/uploads", tiny_png(2, 2), headers)
    assert (reply.status, header(reply, "Cache-Control")) == (201, "no-store")
