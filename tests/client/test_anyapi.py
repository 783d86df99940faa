"""The client at AnyAPI relays: every shape of answers, and creates that are never repeated blindly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.client.worlds import FILM, PICTURE, World, body_of

from genmux.client.anyapi import AnyApiEndpoint, open_endpoint
from genmux.client.effects import Answer, AnswerLost, Call
from genmux.client.endpoint import Order, Ref
from genmux.client.errors import BrokenAnswer, OutcomeUnknown
from genmux.domain import errors
from genmux.domain.spec import Kind

URL = "https://relay.example"
ROOT = f"{URL}/tencent-vod/v1"
REF = Ref("t-1", Kind.VIDEO)
FILE = "https://files.example/film.mp4"


def reply(value: Any, status: int = 200) -> Answer:
    return Answer(status, {}, value if isinstance(value, bytes) else json.dumps(value).encode())


def relay(*answers: Answer | Exception) -> tuple[World, AnyApiEndpoint]:
    left = list(answers)
    place = World(lambda _: left.pop(0) if len(left) > 1 else left[0])
    return place, place.anyapi()


@pytest.mark.parametrize(
    "made",
    [
        {"Response": {"TaskId": "t-1"}},
        {"request_id": "t-1", "status": "IN_QUEUE"},
        {"task_id": "t-1"},
        {"id": "t-1"},
    ],
)
def test_a_create_is_accepted_in_every_shape(made: dict[str, Any]) -> None:
    place, endpoint = relay(reply(made))
    snapshot = place.run(endpoint.create(Order(FILM)))

    assert snapshot.ref == REF
    call: Call = place.calls[0][1]
    assert (call.method, call.url) == ("POST", f"{ROOT}/aigc-video")
    assert dict(call.headers)["Authorization"] == "Bearer sk-1"
    body = body_of(call)
    assert (body["model_name"], body["model_version"]) == ("Kling", "3.0")
    assert body["session_id"]


@pytest.mark.parametrize(
    "answer",
    [
        AnswerLost("reset"),
        reply(b"<html>", 502),
        reply({"what": 1}),
        reply({}, 408),
        reply(b"{"),
        reply({"error": {"message": "timed out", "code": "request_timeout"}}, 504),
        reply({"error": {"message": "gone", "code": "runner_disconnected"}}, 500),
    ],
)
def test_a_create_without_proof_is_unknown(answer: Answer | Exception) -> None:
    place, endpoint = relay(answer)
    with pytest.raises(OutcomeUnknown, match="relay's log"):
        place.run(endpoint.create(Order(FILM)))
    assert len(place.calls) == 1


@pytest.mark.parametrize(
    ("answer", "error", "calls"),
    [
        (reply({"error": {"message": "no", "code": "invalid_api_key"}}, 401), errors.Unauthorized, 1),
        (reply({"error": {"message": "用户额度不足", "code": ""}}, 403), errors.Forbidden, 1),
        (reply({"error": {"message": "slow", "code": "rate_limit_exceeded"}}, 429), errors.RateLimited, 8),
        (
            reply({"detail": [{"msg": "bad", "type": "content_policy_violation"}]}, 422),
            errors.ContentRefused,
            1,
        ),
        (reply(b"not here", 404), errors.Unavailable, 1),
    ],
)
def test_a_refusal_is_the_error_that_it_means(
    answer: Answer, error: type[errors.GenmuxError], calls: int
) -> None:
    place, endpoint = relay(answer)
    with pytest.raises(error):
        place.run(endpoint.create(Order(PICTURE)))
    assert len(place.calls) == calls


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"status": "IN_QUEUE"}, "running"),
        ({"status": "IN_PROGRESS", "progress": "45%"}, "running"),
        ({"code": "success", "data": {"status": "SUCCESS", "video_url": FILE}}, "succeeded"),
        ({"status": "FAILED", "error": "it broke"}, "failed"),
        (
            {
                "Response": {
                    "AigcVideoTask": {"Status": "FINISH", "Output": {"FileInfos": [{"FileUrl": FILE}]}}
                }
            },
            "succeeded",
        ),
    ],
)
def test_a_look_reads_every_shape(told: dict[str, Any], state: str) -> None:
    place, endpoint = relay(reply(told))
    snapshot = place.run(endpoint.look(REF))
    assert snapshot.state == state
    assert [a.url for a in snapshot.artifacts] == ([FILE] if state == "succeeded" else [])


def test_a_result_apart_is_fetched_with_the_token_only_where_it_belongs() -> None:
    done = {"status": "COMPLETED", "response_url": "https://elsewhere.example/x"}
    place, endpoint = relay(reply(done), reply({"video": {"url": FILE}}))
    assert place.run(endpoint.look(REF)).artifacts[0].url == FILE
    assert [call.url for _, call in place.calls] == [f"{ROOT}/query/t-1", f"{ROOT}/requests/t-1"]


def test_path_after_path_is_asked_until_one_knows_the_task() -> None:
    place, endpoint = relay(reply(b"no", 404), reply({"status": "RUNNING"}))
    assert place.run(endpoint.look(REF)).state == "running"
    assert len(place.calls) == 2

    place, endpoint = relay(reply({"code": "task_not_exist", "message": "task not exist"}, 400))
    with pytest.raises(errors.NotFound):
        place.run(endpoint.look(REF))
    place, endpoint = relay(reply(b"no", 404))
    with pytest.raises(BrokenAnswer, match="none of the paths"):
        place.run(endpoint.look(REF))


def test_a_relay_has_an_address_and_a_token() -> None:
    said = {"ANYAPI_BASE_URL": URL, "ANYAPI_API_KEY": "sk"}
    assert open_endpoint({}, said, lambda: 0.0).facts.name == "anyapi"
    for name in said:
        with pytest.raises(errors.MissingValue, match=name):
            open_endpoint({}, {n: v for n, v in said.items() if n != name}, lambda: 0.0)
    with pytest.raises(errors.InvalidValue, match="http"):
        open_endpoint({"base_url": "relay.example"}, said, lambda: 0.0)
