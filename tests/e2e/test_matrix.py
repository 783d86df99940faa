"""One task, many wires: created through one, readable through every other with the right words."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.e2e.serving import SUB_APP_ID, Client, Running, bearer, ok, poll, vod_call

from genmux.wires import vod

FILM = {"duration": 1, "resolution": "540P", "prompt": "flowing red silk"}
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class Wire:
    """How one wire creates a film (returning our hex id), reads one, and what its words are."""

    create: Callable[[Client], str]
    read: Callable[[Client, str], Any]
    done: Callable[[Any], bool]
    url: Callable[[Any], str]
    missing: Callable[[Client, str], bool]


def vod_id(hex_id: str) -> str:
    return f"{SUB_APP_ID}-AigcVideoTask-{hex_id}t"


WIRES = {
    "mps": Wire(
        create=lambda c: c.create(
            "CreateAigcVideoTask",
            {
                "ModelName": "PixVerse",
                "ModelVersion": "v6",
                "Prompt": FILM["prompt"],
                "Duration": 1,
                "ExtraParameters": {"Resolution": "540P"},
            },
        ).rsplit("-", 1)[1],
        read=lambda c, h: c.call("DescribeAigcVideoTask", {"TaskId": f"4-AigcVideo-{h}"}),
        done=lambda a: bool(a["Status"] == "DONE"),
        url=lambda a: str(a["VideoUrls"][0]),
        missing=lambda c, h: (
            c.refusal("DescribeAigcVideoTask", {"TaskId": f"4-AigcVideo-{h}"})[0]
            == "ResourceNotFound.TaskNotFound"
        ),
    ),
    "vod": Wire(
        create=lambda c: vod_call(
            c,
            "CreateAigcVideoTask",
            {
                "ModelName": "PixVerse",
                "ModelVersion": "v6",
                "Prompt": FILM["prompt"],
                "OutputConfig": {"Duration": 1, "Resolution": "540P"},
            },
        )["TaskId"].rsplit("-", 1)[1][:-1],
        read=lambda c, h: vod_call(c, "DescribeTaskDetail", {"TaskId": vod_id(h)}),
        done=lambda a: bool(a["Status"] == "FINISH" and a["AigcVideoTask"]["ErrCode"] == 0),
        url=lambda a: str(a["AigcVideoTask"]["Output"]["FileInfos"][0]["FileUrl"]),
        missing=lambda c, h: "Error" in vod_call(c, "DescribeTaskDetail", {"TaskId": vod_id(h)}),
    ),
    "anyapi": Wire(
        create=lambda c: (
            uuid.UUID(
                ok(
                    bearer(
                        c,
                        "POST",
                        "/tencent-vod/v1/aigc-video",
                        {
                            "model_name": "PixVerse",
                            "model_version": "v6",
                            "prompt": FILM["prompt"],
                            "output_config": {"duration": "1", "resolution": "540P"},
                        },
                    )
                )["request_id"]
            ).hex
        ),
        read=lambda c, h: ok(bearer(c, "GET", f"/tencent-vod/v1/query/{uuid.UUID(h)}"))["Response"],
        done=lambda a: bool(a["Status"] == "FINISH" and a["AigcVideoTask"]["ErrCode"] == 0),
        url=lambda a: str(a["AigcVideoTask"]["Output"]["FileInfos"][0]["FileUrl"]),
        missing=lambda c, h: bearer(c, "GET", f"/tencent-vod/v1/query/{uuid.UUID(h)}")[0] == 404,
    ),
    "fal": Wire(
        create=lambda c: (
            uuid.UUID(
                ok(
                    bearer(
                        c,
                        "POST",
                        "/pixverse/v6/text-to-video",
                        {"prompt": FILM["prompt"], "duration": 1, "resolution": "540p"},
                    )
                )["request_id"]
            ).hex
        ),
        read=lambda c, h: (
            ok(bearer(c, "GET", f"/pixverse/v6/requests/{uuid.UUID(h)}/status")),
            bearer(c, "GET", f"/pixverse/v6/requests/{uuid.UUID(h)}")[1],
        ),
        done=lambda a: bool(a[0]["status"] == "COMPLETED" and not a[0].get("error")),
        url=lambda a: str(a[1]["video"]["url"]),
        missing=lambda c, h: bearer(c, "GET", f"/pixverse/v6/requests/{uuid.UUID(h)}/status")[0] == 404,
    ),
    "openai": Wire(
        create=lambda c: ok(
            bearer(
                c,
                "POST",
                "/v1/videos",
                {"model": "pixverse-v6", "prompt": FILM["prompt"], "seconds": "1", "size": "960x540"},
            )
        )["id"].removeprefix("video_"),
        read=lambda c, h: ok(bearer(c, "GET", f"/v1/videos/video_{h}")),
        done=lambda a: bool(a["status"] == "completed"),
        url=lambda a: "",
        missing=lambda c, h: bearer(c, "GET", f"/v1/videos/video_{h}")[0] == 404,
    ),
    "rest": Wire(
        create=lambda c: ok(
            bearer(c, "POST", "/api/v1/tasks", {"kind": "video", "model": "PixVerse/v6", **FILM})
        )["id"].removeprefix("task_"),
        read=lambda c, h: ok(bearer(c, "GET", f"/api/v1/tasks/task_{h}")),
        done=lambda a: bool(a["state"] == "succeeded"),
        url=lambda a: str(a["artifacts"][0]["url"]),
        missing=lambda c, h: bearer(c, "GET", f"/api/v1/tasks/task_{h}")[0] == 404,
    ),
}


@pytest.mark.parametrize("creator", WIRES)
def test_a_film_is_read_through_every_wire(running: Running, client: Client, creator: str) -> None:
    hex_id = WIRES[creator].create(client)
    assert len(hex_id) == 32
    read_everywhere(client, hex_id)


def read_everywhere(client: Client, hex_id: str) -> None:
    """Wait for a film, and find it done with the same file through every wire."""
    rest = WIRES["rest"]
    poll(lambda: rest.done(rest.read(client, hex_id)), f"the film {hex_id} ends", LONGEST_SECONDS)
    files = set()
    for name, wire in WIRES.items():
        answer = wire.read(client, hex_id)
        assert wire.done(answer), (name, answer)
        url = wire.url(answer)
        files.add(url.partition("?")[0].rpartition("/files/")[2])
    assert files - {""} == {f"{hex_id}/0.mp4"}


def test_a_step_is_read_through_every_wire(client: Client) -> None:
    film = {"kind": "video", "model": "PixVerse/v6", "prompt": "silk", "duration": 1, "size": "64x48"}
    source = "task:" + ok(bearer(client, "POST", "/api/v1/tasks", film))["id"]
    joined = {"kind": "video", "step": "concatenate", "references": [{"source": source}] * 2}
    read_everywhere(client, ok(bearer(client, "POST", "/api/v1/tasks", joined))["id"].removeprefix("task_"))


def test_nobody_else_finds_it_anywhere(running: Running, client: Client) -> None:
    hex_id = WIRES["mps"].create(client)
    stranger = running.new_client("strangers")
    for name, wire in WIRES.items():
        assert wire.missing(stranger, hex_id), name


def test_a_picture_is_read_through_every_wire_that_has_one(client: Client) -> None:
    body = {"Prompt": "flowing blue silk", "AdditionalParameters": '{"size":"512x512"}'}
    task_id, urls = client.done("CreateAigcImageTask", body)
    hex_id = task_id.rsplit("-", 1)[1]
    file = urls[0].partition("?")[0].rpartition("/files/")[2]
    detail = vod_call(client, "DescribeTaskDetail", {"TaskId": f"{SUB_APP_ID}-AigcImageTask-{hex_id}t"})
    assert detail["AigcImageTask"]["Status"] == "FINISH"
    relay = ok(bearer(client, "GET", f"/tencent-vod/v1/query/{uuid.UUID(hex_id)}"))["Response"]
    queue = bearer(client, "GET", f"/kling/3.0/requests/{uuid.UUID(hex_id)}")[1]
    rest = ok(bearer(client, "GET", f"/api/v1/tasks/task_{hex_id}"))
    found = [
        detail["AigcImageTask"]["Output"]["FileInfos"][0]["FileUrl"],
        relay["AigcImageTask"]["Output"]["FileInfos"][0]["FileUrl"],
        queue["images"][0]["url"],
        rest["artifacts"][0]["url"],
    ]
    assert {url.partition("?")[0].rpartition("/files/")[2] for url in found} == {file}


def test_another_kind_and_another_application_are_not_found(client: Client) -> None:
    hex_id = WIRES["vod"].create(client)
    assert client.refusal("DescribeAigcImageTask", {"TaskId": f"4-AigcImage-{hex_id}"})[0] == (
        "ResourceNotFound.TaskNotFound"
    )
    other = {"SubAppId": SUB_APP_ID + 1, "TaskId": f"{SUB_APP_ID + 1}-AigcVideoTask-{hex_id}t"}
    assert "Error" in client.call("DescribeTaskDetail", other, service="vod", version=vod.VERSION)
    image = f"{SUB_APP_ID}-AigcImageTask-{hex_id}t"
    assert "Error" in vod_call(client, "DescribeTaskDetail", {"TaskId": image})


def test_events_are_pulled_once_and_confirmed(client: Client) -> None:
    application = {"SubAppId": 77}
    body = {**application, "ModelName": "Hunyuan", "ModelVersion": "3.0", "Prompt": "[[genmux fail=Boom]]"}

    def ask(action: str, body: dict[str, Any]) -> dict[str, Any]:
        return client.call(action, body, service="vod", version=vod.VERSION)

    made = ask("CreateAigcImageTask", body)["TaskId"]
    (event,) = ask("PullEvents", application)["EventSet"]
    assert event["EventType"] == "AigcImageTaskComplete"
    assert event["AigcImageCompleteEvent"]["TaskId"] == made
    assert event["AigcImageCompleteEvent"]["ErrCode"] == 70000
    assert "Error" not in ask("ConfirmEvents", {**application, "EventHandles": [event["EventHandle"]]})
    assert ask("PullEvents", application)["EventSet"] == []
