"""The relay provider: what it sends, and what each published answer of a relay comes to."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from tests.providers.driving import answers as captured_answers
from tests.providers.driving import http as reply
from tests.providers.driving import run

from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Reference, Role, Subject
from genmux.providers.anyapi import provider
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    Effect,
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    Healthy,
    HttpCall,
    HttpReply,
    InputBytes,
    InputFacts,
    ModelDefaults,
    Outcome,
    Output,
    Pending,
    Puzzling,
    ReadInput,
    Recovery,
    Refused,
    StagedInput,
    StageInput,
    Work,
)
from genmux.wires import anyapi, vod
from genmux.wires.anyapi_answers import QUERY_PATHS, RELAY_CODES

HOST = "https://relay.example"
ROOT = f"{HOST}/tencent-vod/v1"
FILM_URL = "https://files.example/film.mp4"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
DEFAULTS = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
KLING = ModelRef("Kling", "2.1")


def drive(flow: Flow, *replies: Any) -> tuple[list[Effect], Outcome]:
    outcome, effects = run(flow, replies)
    return effects, outcome


def calls(effects: Sequence[Effect]) -> list[str]:
    return [f"{e.method} {e.url}" for e in effects if isinstance(e, HttpCall)]


def work(
    spec: GenerationSpec | None = None,
    ref: str | None = "t-1",
    inputs: int = 0,
    options: dict[str, Any] | None = None,
    **fields: Any,
) -> Work:
    spec = spec or GenerationSpec(kind=Kind.VIDEO, model=KLING, prompt="a cat")
    account = Account(
        channel="relay",
        endpoint=f"{HOST}/",
        options=provider.options(options or {}),
        model=fields.pop("model", None),
    )
    return Work(
        task_id=bytes(16),
        attempt=1,
        key="00ff-1",
        spec=spec,
        inputs=tuple(InputFacts(n, "", f"inputs/{n}", "00", 8, 8, "image/png") for n in range(inputs)),
        upstream_ref=ref,
        defaults=DEFAULTS,
        account=account,
        **fields,
    )


def submitted(answer: HttpReply) -> Outcome:
    return drive(provider.submit(work()), answer)[1]


def polled(*answers: HttpReply, kind: Kind = Kind.VIDEO) -> Outcome:
    return drive(provider.poll(work(GenerationSpec(kind=kind, model=KLING))), *answers)[1]


# ---------------------------------------------------------------- what is sent


def test_the_create_says_what_vod_says_in_snake_case() -> None:
    spec = GenerationSpec(
        kind=Kind.VIDEO,
        model=ModelRef("Kling", "1.6"),
        prompt="一辆汽车",
        negative_prompt="模糊",
        enhance_prompt=True,
        duration=8.0,
        resolution="1080P",
        aspect_ratio="16:9",
        audio=True,
        seed=7,
    )
    (call,), outcome = drive(
        provider.submit(work(spec, model=ModelRef("kling-pro", "v16"))), reply({"Response": {"TaskId": "t"}})
    )
    assert isinstance(call, HttpCall)
    assert (call.method, call.url, call.pace) == ("POST", f"{ROOT}/aigc-video", "create:video")
    assert dict(call.headers) == {"Content-Type": "application/json"}
    assert json.loads(call.body) == {
        "model_name": "kling-pro",
        "model_version": "v16",
        "prompt": "一辆汽车",
        "negative_prompt": "模糊",
        "enhance_prompt": "Enabled",
        "seed": 7,
        "session_id": "00ff-1",
        "output_config": {
            "duration": 8,
            "resolution": "1080P",
            "aspect_ratio": "16:9",
            "audio_generation": "Enabled",
        },
    }
    assert outcome == Accepted("t")


def test_our_own_server_reads_the_create_back() -> None:
    spec = GenerationSpec(kind=Kind.IMAGE, model=KLING, prompt="x", count=2, resolution="1K")
    (call,), _ = drive(provider.submit(work(spec)), reply({"id": "t"}))
    assert isinstance(call, HttpCall)
    assert call.url == f"{ROOT}/aigc-image"
    action = "CreateAigcImageTask"
    parsed = anyapi.parse_create(action, anyapi.read_create(action, call.body, 1))
    assert (parsed.spec, parsed.session_id) == (spec, "00ff-1")


def test_the_token_travels_as_bearer_and_nowhere_else() -> None:
    call = HttpCall("GET", f"{ROOT}/query/t")
    assert provider.authorize(call, {"token": "k"}, 0).headers == (("Authorization", "Bearer k"),)
    assert provider.authorize(call, {}, 0) == call


PICTURES = GenerationSpec(
    kind=Kind.VIDEO,
    model=KLING,
    references=(
        Reference(role=Role.FIRST_FRAME, source="sha256:00"),
        Reference(role=Role.LAST_FRAME, source="https://caller.example/b.png"),
    ),
)


def file_infos(call: Effect) -> Any:
    assert isinstance(call, HttpCall)
    return json.loads(call.body)["file_infos"]


def test_pictures_go_by_url_where_they_can_be_staged() -> None:
    effects, outcome = drive(
        provider.submit(work(PICTURES, inputs=2)),
        StagedInput("https://s.example/0.png"),
        StagedInput("https://s.example/1.png", "scaled down to 8x8"),
        reply({"request_id": "t"}),
    )
    assert [type(effect) for effect in effects] == [StageInput, StageInput, HttpCall]
    assert file_infos(effects[2]) == [
        {"type": "Url", "url": "https://s.example/0.png", "usage": "FirstFrame"},
        {"type": "Url", "url": "https://s.example/1.png", "usage": "LastFrame"},
    ]
    assert outcome == Accepted("t", {"inputs": ["scaled down to 8x8"]})


def test_pictures_go_by_value_where_nobody_can_fetch_from_us() -> None:
    effects, outcome = drive(
        provider.submit(work(PICTURES, inputs=2)),
        *(
            StagedInput(""),
            StagedInput(""),
            InputBytes(PNG, "image/png"),
            InputBytes(PNG, "image/png", "cut"),
        ),
        reply({"request_id": "t"}),
    )
    shares = [effect.limits.max_bytes for effect in effects if isinstance(effect, ReadInput)]
    assert shares == [3_500_000, 3_500_000]  # 7 MB for all of them
    assert file_infos(effects[4])[0] == {
        "type": "Base64",
        "base64": base64.b64encode(PNG).decode(),
        "usage": "FirstFrame",
    }
    assert outcome == Accepted("t", {"inputs": ["cut"]})


def test_pictures_of_subjects_have_no_way_by_value() -> None:
    subject = Subject(name="cat", images=(Reference(role=Role.SUBJECT, source="sha256:00"),))
    spec = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Vidu", "q2"), subjects=(subject,))
    assert provider.serves(spec)
    _, outcome = drive(provider.submit(work(spec, inputs=1)), StagedInput(""))  # and no call
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.INVALID
    assert "public_url" in outcome.message
    assert "public_url" in outcome.message_zh


def test_what_the_caller_said_beyond_the_spec_goes_along_but_for_what_is_ours() -> None:
    extra = {
        "SubAppId": 5,
        "SessionId": "the caller's",
        "SessionContext": "private",
        "TasksPriority": 3,
        "OutputConfig": {"PersonGeneration": "AllowAdult", "StorageMode": "Permanent", "MediaName": "x"},
    }
    for wire, expected in (("vod", {"person_generation": "AllowAdult"}), ("openai", None)):
        (call,), _ = drive(provider.submit(work(wire=wire, extra=extra)), reply({"id": "t"}))
        assert isinstance(call, HttpCall)
        body = json.loads(call.body)
        assert (body.get("output_config"), body.get("tasks_priority")) == (expected, 3 if expected else None)
        assert body["session_id"] == "00ff-1"
        assert not {"sub_app_id", "session_context", "file_infos"} & set(body)


def test_only_what_can_be_said_is_served() -> None:
    film = GenerationSpec(kind=Kind.VIDEO, model=KLING, prompt="x")
    assert provider.serves(film)
    assert provider.serves(msgspec.structs.replace(film, size=(1280, 720)))  # 720P at 16:9
    assert not provider.serves(msgspec.structs.replace(film, size=(8, 8)))
    assert not provider.serves(msgspec.structs.replace(film, count=2))
    assert provider.serves(PICTURES)


def test_options() -> None:
    assert provider.options({}) == {"query_paths": list(QUERY_PATHS)}
    assert provider.options({"query_paths": ["/x/{id}"]}) == {"query_paths": ["/x/{id}"]}
    wrong: list[Any] = ["/x/{id}", [], ["x/{id}"], ["/x"], [5]]
    for paths in wrong:
        with pytest.raises(ValueError, match="query_paths"):
            provider.options({"query_paths": paths})
    with pytest.raises(ValueError, match="sub_app_id"):
        provider.options({"sub_app_id": 1})
    assert (provider.endpoint({}), provider.recovery) == ("", Recovery.NEVER)


# ---------------------------------------------------------------- what a create is answered


FAL_CREATED: dict[str, Any] = {
    "status": "IN_QUEUE",
    "request_id": "9bcc",
    "response_url": f"{ROOT}/requests/9bcc",
    "status_url": f"{ROOT}/requests/9bcc/status",
    "cancel_url": f"{ROOT}/requests/9bcc/cancel",
    "logs": None,
    "metrics": {},
    "queue_position": 0,
}


@pytest.mark.parametrize(
    ("answer", "ref"),
    [
        ({"Response": {"TaskId": "251006666-AigcVideo-1", "RequestId": "r"}}, "251006666-AigcVideo-1"),
        (FAL_CREATED, "9bcc"),
        ({"task_id": "t", "status": "SUBMITTED"}, "t"),
        ({"id": "t"}, "t"),
        ({**FAL_CREATED, "Response": {"TaskId": "7-AigcVideoTask-0t"}}, "7-AigcVideoTask-0t"),
    ],
)
def test_a_create_that_was_taken(answer: Any, ref: str) -> None:
    assert submitted(reply(answer)) == Accepted(ref)


def new_api(message: str, code: str = "", kind: str = "new_api_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": "", "code": code}}


def tencent(code: str, message: str = "no") -> dict[str, Any]:
    return {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "r-1"}}


@pytest.mark.parametrize(
    ("answer", "error_class", "code"),
    [
        (reply(new_api("无效的令牌"), 401), ErrorClass.AUTH, "new_api_error"),
        (reply(tencent("AuthFailure.SecretIdNotFound")), ErrorClass.AUTH, "AuthFailure.SecretIdNotFound"),
        (reply(new_api("x", "insufficient_user_quota"), 403), ErrorClass.QUOTA, "insufficient_user_quota"),
        (reply(new_api("x", "insufficient_quota"), 429), ErrorClass.QUOTA, "insufficient_quota"),
        (reply(new_api("用户额度不足"), 403), ErrorClass.QUOTA, "new_api_error"),
        (reply({"code": "quota_not_enough", "message": "x"}, 403), ErrorClass.QUOTA, "quota_not_enough"),
        (reply(tencent("ResourceUnavailable.InArrears")), ErrorClass.QUOTA, "ResourceUnavailable.InArrears"),
        (reply(new_api("slow down"), 429), ErrorClass.RATE, "new_api_error"),
        (reply(tencent("RequestLimitExceeded")), ErrorClass.RATE, "RequestLimitExceeded"),
        (reply(b"<html>", 429), ErrorClass.RATE, "HTTP 429"),
        (
            reply(new_api("x", "sensitive_words_detected"), 400),
            ErrorClass.CONTENT,
            "sensitive_words_detected",
        ),
        (
            reply(tencent("InvalidParameter.ViolationContent")),
            ErrorClass.CONTENT,
            "InvalidParameter.ViolationContent",
        ),
        (
            reply({"detail": [{"loc": ["body"], "msg": "x", "type": "content_policy_violation"}]}, 422),
            ErrorClass.CONTENT,
            "content_policy_violation",
        ),
        (
            reply(tencent("InvalidParameterValue.ModelName")),
            ErrorClass.INVALID,
            "InvalidParameterValue.ModelName",
        ),
        (reply(new_api("bad prompt", "x"), 400), ErrorClass.INVALID, "x"),
        (reply({"detail": "prompt is required"}, 422), ErrorClass.INVALID, "HTTP 422"),
        (reply(b"<html>", 413), ErrorClass.INVALID, "HTTP 413"),
        (reply(tencent("ResourceInsufficient")), ErrorClass.CAPACITY, "ResourceInsufficient"),
        (reply(b"<html>nginx", 404), ErrorClass.TRANSIENT, "HTTP 404"),
    ],
)
def test_a_create_that_was_refused(answer: HttpReply, error_class: ErrorClass, code: str) -> None:
    outcome = submitted(answer)
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.code) == (error_class, code)


def test_a_refusal_keeps_the_words_the_id_and_the_wait() -> None:
    outcome = submitted(reply(tencent("RequestLimitExceeded", "too fast"), 429, retry_after="7"))
    assert outcome == Refused(
        ErrorClass.RATE, "RequestLimitExceeded", "too fast", request_id="r-1", retry_after_seconds=7.0
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "2.5"}, 2.5),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        (
            {"retry_after": "Wed, 05 Aug 2026 09:30:20 GMT", "date": "Wed, 05 Aug 2026 09:30:00 GMT"},
            20.0,
        ),
        ({"retry_after": "Wed, 05 Aug 2026 09:30:20 GMT"}, None),
        ({"retry_after": "999999"}, 3600.0),
        ({"retry_after": "soon", "date": "now"}, None),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "nan"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    outcome = submitted(reply(new_api("slow"), 429, **headers))
    assert isinstance(outcome, Refused)
    assert outcome.retry_after_seconds == seconds


@pytest.mark.parametrize(
    "answer",
    [
        reply(b""),
        reply(b"<html>"),
        reply([]),
        reply({}),
        reply({"status": "IN_QUEUE"}),
        reply({"Response": {"RequestId": "r"}}),
        reply({"code": "success", "message": "", "data": None}),
        reply(new_api("boom"), 500),
        reply(new_api("no channel", "model_not_found"), 503),
        reply(b"<html>", 502),
        reply(b"<html>", 400),
        reply(b"<html>", 408),
        reply(b"", 302),
        reply(tencent("InternalError")),
        reply(tencent("FailedOperation.Whatever")),
        reply(tencent("NobodyKnowsThis")),
        reply(tencent("InvalidParameterValue.SessionId", "the session is repeated")),
        reply(b"[" * 100_000),
    ],
)
def test_a_create_that_nobody_knows_of(answer: HttpReply) -> None:
    assert isinstance(submitted(answer), Ambiguous)


# ---------------------------------------------------------------- what a poll is answered


def detail(status: str, task: dict[str, Any], member: str = "AigcVideoTask") -> dict[str, Any]:
    """DescribeTaskDetail as the platform answers it: every other member is null."""
    nulls = dict.fromkeys(("AigcImageTask", "AigcVideoTask", "AigcAudioTask"))
    inner = {"TaskId": "t", "Progress": 0, "ErrCode": 0, "ErrCodeExt": "", "Message": "", **task}
    return {"Response": {**nulls, "Status": status, "TaskType": member, member: inner, "RequestId": "r"}}


def finished(expires: str = "2026-08-12T09:30:00Z", **fields: Any) -> dict[str, Any]:
    info = {"FileUrl": FILM_URL, "ExpireTime": expires, "StorageMode": "Temporary", "MetaData": None}
    return {"Status": "FINISH", "Progress": 100, "Output": {"FileInfos": [info]}, **fields}


EXPIRES = 1_786_527_000_000


def test_waiting_and_processing() -> None:
    assert polled(reply(detail("WAITING", {"Status": "PROCESSING"}))) == Pending(None, "WAITING")
    assert polled(reply(detail("PROCESSING", {"Status": "PROCESSING", "Progress": 40}))) == Pending(
        40, "PROCESSING"
    )
    assert polled(reply({"task_id": "t", "status": "IN_PROGRESS", "progress": "45%"})) == Pending(
        45, "IN_PROGRESS"
    )
    assert polled(reply({"status": "IN_QUEUE", "queue_position": 2})) == Pending(None, "IN_QUEUE")
    wrapped = {"code": "success", "message": "", "data": {"task_id": "t", "status": "NOT_START"}}
    assert polled(reply(wrapped)) == Pending(None, "NOT_START")


@pytest.mark.parametrize("status", ["FINISH", "SUCCESS"])
def test_finished_in_vod_s_envelope(status: str) -> None:
    outcome = polled(reply(detail(status, finished())))
    assert isinstance(outcome, Finished)
    assert outcome.outputs == (Output(url=FILM_URL),)
    assert outcome.source_expires_at == EXPIRES


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("finished_video", Finished),
        ("finished_image", Finished),
        ("failed_video", Refused),
        ("processing_video", Pending),
        ("waiting_video", Pending),
    ],
)
def test_the_platform_s_own_answers_passed_on(name: str, outcome: type) -> None:
    answer = captured_answers("vod_answers.json")[name]
    kind = Kind.IMAGE if name.endswith("image") else Kind.VIDEO
    envelope, members = polled(reply(answer), kind=kind), polled(reply(answer["Response"]), kind=kind)
    assert isinstance(envelope, outcome)
    assert members == envelope


def test_pictures_expire_with_the_first_of_them() -> None:
    task = finished()
    task["Output"]["FileInfos"].append({"FileUrl": FILM_URL + "2", "ExpireTime": "2026-08-13T09:30:00Z"})
    outcome = polled(reply(detail("FINISH", task, "AigcImageTask")), kind=Kind.IMAGE)
    assert isinstance(outcome, Finished)
    assert (len(outcome.outputs), outcome.source_expires_at) == (2, EXPIRES)


@pytest.mark.parametrize("name", ["url", "video_url", "result_url"])
def test_finished_in_a_flat_body(name: str) -> None:
    body = {"task_id": "t", "status": "SUCCESS", name: FILM_URL}
    expected = Finished((Output(url=FILM_URL),))
    assert polled(reply(body)) == expected
    assert polled(reply({"code": "success", "message": "", "data": body})) == expected


def test_finished_in_fal_s_shape_is_fetched_from_its_own_url() -> None:
    status = {"status": "COMPLETED", "request_id": "t-1", "response_url": f"{ROOT}/custom/t-1"}
    effects, outcome = drive(
        provider.poll(work()), reply(status), reply({"video": {"url": FILM_URL}, "seed": 7})
    )
    assert calls(effects) == [f"GET {ROOT}/query/t-1", f"GET {ROOT}/custom/t-1"]
    assert outcome == Finished((Output(url=FILM_URL),))


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/x", "http://relay.example/x", "https://relay.example:444/x", "x:", 5]
)
def test_the_token_is_not_taken_to_another_origin(url: Any) -> None:
    effects, _ = drive(
        provider.poll(work()),
        reply({"status": "COMPLETED", "response_url": url}),
        reply({"images": [{"url": FILM_URL}]}),
    )
    assert calls(effects)[1] == f"GET {ROOT}/requests/t-1"


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (
            reply({"detail": [{"msg": "not allowed", "type": "content_policy_violation"}]}, 422),
            Refused(ErrorClass.CONTENT, "content_policy_violation", "not allowed"),
        ),
        (reply({"detail": "it broke"}, 422), Refused(ErrorClass.INTERNAL, "", "it broke")),
        (
            reply({"detail": "Request is still in progress"}, 400),
            Pending(None, "Request is still in progress"),
        ),
    ],
)
def test_what_stands_in_place_of_a_result(result: HttpReply, outcome: Outcome) -> None:
    assert polled(reply({"status": "COMPLETED"}), result) == outcome


@pytest.mark.parametrize(
    "result",
    [
        reply({"status": "COMPLETED"}),
        reply({"images": []}),
        reply(b"<html>", 502),
        reply({"detail": "x"}, 404),
        reply({"seed": 7}),
    ],
)
def test_a_result_that_is_not_there_says_nothing(result: HttpReply) -> None:
    assert isinstance(polled(reply({"status": "COMPLETED"}), result), Puzzling)


@pytest.mark.parametrize(
    ("body", "error_class", "code"),
    [
        (
            detail("FINISH", {"ErrCode": 70000, "ErrCodeExt": "RequestLimitExceeded"}),
            ErrorClass.CONCURRENCY,
            "RequestLimitExceeded",
        ),
        (
            detail("FINISH", {"ErrCode": 70000, "ErrCodeExt": "InvalidParameter.VoilationContent"}),
            ErrorClass.CONTENT,
            "InvalidParameter.VoilationContent",
        ),
        (
            detail("FINISH", {"ErrCode": 70000, "ErrCodeExt": "InternalError", "Message": "it broke"}),
            ErrorClass.INTERNAL,
            "InternalError",
        ),
        (
            detail("FINISH", {"ErrCode": 70000, "ErrCodeExt": "InternalError", "Message": "content policy"}),
            ErrorClass.CONTENT,
            "InternalError",
        ),
        (detail("FINISH", {"ErrCode": 40000}), ErrorClass.INVALID, "40000"),
        (detail("FAIL", {"Message": "it broke"}), ErrorClass.INTERNAL, "InternalError"),
        (detail("FAILED", {"Message": "it broke"}), ErrorClass.INTERNAL, "InternalError"),
        (
            {"task_id": "t", "status": "FAILURE", "fail_reason": "it broke"},
            ErrorClass.INTERNAL,
            "InternalError",
        ),
        ({"status": "failed", "message": "内容违规"}, ErrorClass.CONTENT, "InternalError"),
        (
            {"status": "COMPLETED", "error": "no", "error_type": "content_policy_violation"},
            ErrorClass.CONTENT,
            "content_policy_violation",
        ),
        (
            {"status": "COMPLETED", "error": "late", "error_type": "request_timeout"},
            ErrorClass.TRANSIENT,
            "request_timeout",
        ),
        ({"status": "COMPLETED", "error": "odd", "error_type": "new"}, ErrorClass.INTERNAL, "new"),
    ],
)
def test_a_task_that_failed(body: Any, error_class: ErrorClass, code: str) -> None:
    outcome = polled(reply(body))
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.code) == (error_class, code)


@pytest.mark.parametrize(
    "answer",
    [
        reply(b""),
        reply(b"<html>"),
        reply([]),
        reply({}),
        reply({"status": "pondering"}),
        reply(detail("PONDERING", {})),
        reply(detail("FINISH", {"Output": {"FileInfos": []}})),
        reply(detail("FINISH", finished() | {"Output": {"FileInfos": [{"FileUrl": ""}]}})),
        reply({"status": "SUCCESS"}),
        reply({"data": {"data": {"data": {}}}}),
        reply(tencent("InternalError")),
        reply(new_api("boom"), 500),
        reply(new_api("insufficient_quota"), 500),
        reply(b"<html>", 502),
        reply(new_api("bad request"), 400),
        reply(b"", 302),
        reply({"Response": {"AigcVideoTask": {"Status": ""}}}),
        reply({"Response": {"AigcVideoTask": 5, "Status": 5}}),
    ],
)
def test_a_look_that_says_nothing(answer: HttpReply) -> None:
    assert isinstance(polled(answer), Puzzling)


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (reply(new_api("无效的令牌"), 401), ErrorClass.AUTH),
        (reply(b"<html>", 403), ErrorClass.AUTH),
        (reply(new_api("额度不足"), 403), ErrorClass.QUOTA),
        (reply(new_api("x"), 429), ErrorClass.RATE),
        (reply(tencent("RequestLimitExceeded")), ErrorClass.RATE),
    ],
)
def test_a_look_that_says_something_of_the_channel(answer: HttpReply, error_class: ErrorClass) -> None:
    outcome = polled(answer)
    assert isinstance(outcome, Refused)
    assert outcome.error_class is error_class


# ---------------------------------------------------------------- where a task is asked for

NO_PATH = (
    reply(b"404 page not found", 404),
    reply(new_api("Invalid URL (GET /tencent-vod/v1/query/t-1)", kind="invalid_request_error"), 404),
    reply({"detail": "Not Found"}, 404),
    reply(tencent("ResourceNotFound", "There is nothing at this path."), 404),
    reply(b"", 405),
)
NO_TASK = (
    reply({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400),
    reply(new_api("task not found"), 404),
    reply(tencent("ResourceNotFound", "The resource does not exist.")),
    reply({"detail": "任务不存在"}, 404),
)


def test_the_paths_are_asked_in_order_until_one_knows_the_task() -> None:
    effects, outcome = drive(
        provider.poll(work(ref="a/b?c")),
        *(NO_PATH[0], NO_TASK[0], NO_PATH[4]),
        reply({"video": {"url": FILM_URL}}),
    )
    assert outcome == Finished((Output(url=FILM_URL),))
    assert calls(effects) == [
        f"GET {ROOT}/query/a%2Fb%3Fc",
        f"GET {ROOT}/aigc-video/a%2Fb%3Fc",
        f"GET {ROOT}/requests/a%2Fb%3Fc/status",
        f"GET {ROOT}/requests/a%2Fb%3Fc",
    ]
    assert {effect.pace for effect in effects if isinstance(effect, HttpCall)} == {"describe:video"}


def test_the_operator_says_where() -> None:
    asked = work(GenerationSpec(kind=Kind.IMAGE, model=KLING), options={"query_paths": ["/v2/{kind}/{id}"]})
    effects, outcome = drive(provider.poll(asked), reply({"status": "RUNNING"}))
    assert calls(effects) == [f"GET {HOST}/v2/image/t-1"]
    assert outcome == Pending(None, "RUNNING")


@pytest.mark.parametrize("missing", NO_PATH)
def test_a_wrong_list_of_paths_kills_no_task(missing: HttpReply) -> None:
    assert isinstance(polled(*([missing] * 4)), Puzzling)


@pytest.mark.parametrize("unknown", NO_TASK)
def test_a_task_is_forgotten_when_a_path_that_exists_says_so(unknown: HttpReply) -> None:
    assert isinstance(polled(NO_PATH[0], unknown, NO_PATH[1], NO_PATH[2]), Forgotten)
    assert isinstance(polled(*([unknown] * 4)), Forgotten)


# ---------------------------------------------------------------- probing


def probed(answer: HttpReply) -> Outcome:
    effects, outcome = drive(provider.probe(work().account), answer)
    assert calls(effects) == [f"GET {ROOT}/query/genmux-probe"]
    return outcome


@pytest.mark.parametrize(
    "answer", [*NO_TASK, NO_PATH[1], reply(new_api("bad id"), 400), reply({"status": "FAIL"})]
)
def test_a_relay_that_answers_is_healthy(answer: HttpReply) -> None:
    assert isinstance(probed(answer), Healthy)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [b"<html>", new_api("无效的令牌"), new_api("nope")])
def test_a_token_that_is_refused_is_explained(status: int, body: Any) -> None:
    outcome = probed(reply(body, status))
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.AUTH
    assert "token" in outcome.message
    assert "令牌" in outcome.message_zh


@pytest.mark.parametrize("answer", [reply(b"<html>"), reply(b"", 404), reply(new_api("boom"), 500)])
def test_what_is_no_relay_is_said_to_be_none(answer: HttpReply) -> None:
    outcome = probed(answer)
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.TRANSIENT
    assert "endpoint" in outcome.message


def test_codes_are_looked_up_in_lower_case() -> None:
    assert all(code == code.lower() for code in RELAY_CODES)


def test_every_status_our_own_server_says_is_known() -> None:
    words = set(vod.STATUS.values()) | {"IN_QUEUE", "IN_PROGRESS"}
    for word in words - {"FINISH"}:
        assert isinstance(polled(reply({"status": word})), Pending)
