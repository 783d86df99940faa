"""Chains over every wire: two creates and no client in between, films as inputs, failures that are told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.e2e.serving import (
    IMAGE,
    SMALL_FILM,
    SMALL_PICTURE,
    SUB_APP_ID,
    VIDEO,
    Client,
    bearer,
    get,
    hex_of,
    ok,
    poll,
    vod_call,
)

NO_ONES = "0f" * 16
FAILING = {**SMALL_PICTURE, "Prompt": '[[genmux delay=1 fail=InternalError message="no GPU left"]] silk'}
FILM: dict[str, Any] = {"kind": "video", "model": "PixVerse/v6", "prompt": "red silk", "duration": 1}


def rest(client: Client, task: str) -> Any:
    """Return everything of a task by its hex digits, once it has ended."""
    found: dict[str, Any] = {}

    def ended() -> bool:
        found.update(ok(bearer(client, "GET", f"/api/v1/tasks/task_{task}")))
        return found["finished_at"] is not None

    poll(ended, f"{task} ends")
    return found


def created_by_rest(client: Client, references: list[dict[str, Any]]) -> str:
    body = {**FILM, "resolution": "540P", "references": references}
    task_id: str = ok(bearer(client, "POST", "/api/v1/tasks", body))["id"]
    return task_id.removeprefix("task_")


def by_mps(client: Client, source: str) -> str:
    return hex_of(client.create(VIDEO, {**SMALL_FILM, "ImageUrl": source}))


def by_vod(client: Client, source: str) -> str:
    file = {"Type": "Url", "Url": source, "Usage": "FirstFrame"}
    body = {
        **{"ModelName": "PixVerse", "ModelVersion": "v6", "Prompt": "red silk", "FileInfos": [file]},
        "OutputConfig": {"Duration": 1, "Resolution": "540P"},
    }
    return hex_of(vod_call(client, VIDEO, body)["TaskId"])[:-1]


def by_anyapi(client: Client, source: str) -> str:
    body = {
        **{"model_name": "PixVerse", "model_version": "v6", "prompt": "red silk"},
        **{"file_infos": [{"url": source}], "output_config": {"duration": 1, "resolution": "540P"}},
    }
    return UUID(ok(bearer(client, "POST", "/tencent-vod/v1/aigc-video", body))["request_id"]).hex


def by_fal(client: Client, source: str) -> str:
    body = {"prompt": "red silk", "duration": 1, "resolution": "540p", "image_url": source}
    return UUID(ok(bearer(client, "POST", "/pixverse/v6/image-to-video", body))["request_id"]).hex


def by_openai(client: Client, source: str) -> str:
    body = {
        **{"model": "pixverse-v6", "prompt": "red silk", "seconds": "1", "size": "960x540"},
        "input_reference": {"image_url": source},
    }
    task_id: str = ok(bearer(client, "POST", "/v1/videos", body))["id"]
    return task_id.removeprefix("video_")


def by_rest(client: Client, source: str) -> str:
    return created_by_rest(client, [{"role": "first_frame", "source": source}])


WIRES = {
    "mps": (by_mps, "4-AigcImage-{hex}"),
    "vod": (by_vod, f"{SUB_APP_ID}-AigcImageTask-{{hex}}t"),
    "anyapi": (by_anyapi, "{uuid}"),
    "fal": (by_fal, "{uuid}"),
    "openai": (by_openai, "{hex}"),
    "rest": (by_rest, "task_{hex}"),
}
"""How each wire makes a film from a picture, and how it spells the picture's task."""


@pytest.mark.parametrize("wire", WIRES)
def test_a_film_is_made_of_a_picture_that_is_still_to_be_made(client: Client, wire: str) -> None:
    create, spelling = WIRES[wire]
    picture = hex_of(client.create(IMAGE, {**SMALL_PICTURE, "Prompt": "[[genmux delay=0.3]] blue silk"}))
    spelt = spelling.format(hex=picture, uuid=UUID(picture))
    film = create(client, f"genmux://task/{spelt}")
    told = rest(client, film)
    assert told["state"] == "succeeded", told["error"]
    (entry,) = told["inputs"]
    assert (entry["role"], entry["from_task"]) == ("first_frame", f"task_{picture}")
    assert told["spec"]["references"][0]["source"] == f"task:task_{picture}"
    made = rest(client, picture)
    assert entry["sha256"] == made["artifacts"][0]["sha256"]
    begun = next(event["at"] for event in told["events"] if event["kind"] == "inputs_ready")
    assert begun >= made["finished_at"]


def test_a_film_is_the_input_of_another(client: Client, film_url: str) -> None:
    """By its task while it is made, and by the URL of its file once it is."""
    first = created_by_rest(client, [])
    references = [
        {"role": "base_video", "source": f"task:task_{first}"},
        {"role": "feature_video", "source": film_url},
        {"role": "feature_video", "source": "https://films.example/a.mp4"},
    ]
    told = rest(client, created_by_rest(client, references))
    assert told["state"] == "succeeded", told["error"]
    assert [(i["n"], i["role"], i["source"]) for i in told["inputs"]] == [
        (0, "base_video", "task"),
        (1, "feature_video", "artifact"),
    ]
    artifact = rest(client, first)["artifacts"][0]
    assert told["inputs"][0]["sha256"] == artifact["sha256"]
    assert get(artifact["url"]).body[4:8] == b"ftyp"


def test_a_failure_is_told_through_a_chain_of_three(client: Client) -> None:
    picture = client.create(IMAGE, FAILING)
    second = client.create(IMAGE, {**SMALL_PICTURE, "ImageInfos": [{"ImageUrl": f"genmux://task/{picture}"}]})
    film = client.create(VIDEO, {**SMALL_FILM, "ImageUrl": f"genmux://task/{second}"})
    answer = client.wait(film)
    assert answer["Status"] == "FAIL"
    assert answer["Message"] == (
        f"The input task:{hex_of(picture)} cannot be had: that task failed with upstream_failed: no GPU left."
    )
    (entry,) = rest(client, hex_of(film))["inputs"]
    assert (entry["from_task"], entry["error"]) == (f"task_{hex_of(second)}", answer["Message"])


def test_what_fails_for_want_of_an_input_is_told_as_an_event(client: Client) -> None:
    application = {"SubAppId": 78}
    body = {**application, "ModelName": "Hunyuan", "ModelVersion": "3.0"}
    first = vod_call(client, IMAGE, {**body, "Prompt": "[[genmux delay=1 fail=Boom]]"})["TaskId"]
    file = {"Type": "Url", "Url": f"genmux://task/{first}"}
    second = vod_call(client, IMAGE, {**body, "Prompt": "x", "FileInfos": [file]})
    ended: list[dict[str, Any]] = []

    def both() -> bool:
        ended.extend(vod_call(client, "PullEvents", application).get("EventSet", []))
        return len(ended) == 2

    poll(both, "both ends are told")
    told = ended[1]["AigcImageCompleteEvent"]
    assert (told["TaskId"], told["ErrCode"]) == (second["TaskId"], 60000)


@pytest.mark.parametrize("source", [f"genmux://task/4-AigcImage-{NO_ONES}", "genmux://task/4-AigcImage-1"])
def test_what_names_no_task_is_refused_in_each_wire_s_words(client: Client, source: str) -> None:
    wrong = "no such task" if NO_ONES in source else "genmux://task/<id>"
    mps = client.call(VIDEO, {**SMALL_FILM, "ImageUrl": source})["Error"]
    assert mps["Code"] == "InvalidParameter.InvalidUrl"
    assert "ImageUrl" in mps["Message"]
    assert wrong in mps["Message"]
    file = {"Type": "Url", "Url": source}
    body = {"ModelName": "PixVerse", "ModelVersion": "v6", "Prompt": "x", "FileInfos": [file]}
    vod = vod_call(client, VIDEO, body)["Error"]
    assert vod["Code"].startswith("InvalidParameterValue")
    assert "FileInfos.0.Url" in vod["Message"]
    assert wrong in vod["Message"]
    status, fal = bearer(client, "POST", "/pixverse/v6/image-to-video", {"prompt": "x", "image_url": source})
    assert (status, fal["detail"][0]["loc"]) == (422, ["body", "image_url"])
    assert wrong in fal["detail"][0]["msg"]
    reference = {"model": "pixverse-v6", "prompt": "x", "input_reference": {"image_url": source}}
    status, openai = bearer(client, "POST", "/v1/videos", reference)
    assert (status, openai["error"]["param"]) == (400, "input_reference")
    assert wrong in openai["error"]["message"]
    told = {**FILM, "references": [{"role": "first_frame", "source": source}]}
    status, problem = bearer(client, "POST", "/api/v1/tasks", told)
    assert (status, problem["code"]) == (422, "invalid_input")
    assert problem["field"].startswith("references.0")
