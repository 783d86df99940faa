"""AnyAPI's Tencent routes as a wire: VOD in snake case, answers in two shapes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.spec import Kind, Medium, ModelRef, Reference, Role
from genmux.wires import anyapi, fal, vod
from genmux.wires.tencent import AnsweredError, BrokenAnswerError, WireError

VIDEO = "CreateAigcVideoTask"
IMAGE = "CreateAigcImageTask"
URL = "https://a.example/x.png"

PRINTED: dict[str, Any] = {
    "model_name": "Kling",
    "model_version": "1.6",
    "prompt": "一辆汽车在公路上行驶,阳光明媚",
    "negative_prompt": "模糊、抖动",
    "enhance_prompt": "Enabled",
    "output_config": {
        "storage_mode": "Temporary",
        "media_name": "car-video",
        "duration": 8,
        "resolution": "1080P",
        "aspect_ratio": "16:9",
        "audio_generation": "Enabled",
        "person_generation": "AllowAdult",
        "input_compliance_check": "Enabled",
        "output_compliance_check": "Enabled",
        "enhance_switch": "Enabled",
    },
}
"""The example of the published page, as printed."""

NAMED = {"model_name": "Kling", "model_version": "2.1", "prompt": "x"}


def parse(body: Any, action: str = VIDEO) -> vod.ParsedCreate:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return anyapi.parse_create(action, anyapi.read_create(action, raw, 7))


def test_the_printed_request_is_read_as_printed() -> None:
    parsed = parse(PRINTED)
    spec = parsed.spec
    assert spec.model == ModelRef("Kling", "1.6")
    assert (spec.duration, spec.resolution, spec.aspect_ratio, spec.audio) == (8.0, "1080P", "16:9", True)
    assert (spec.prompt, spec.negative_prompt) == (PRINTED["prompt"], PRINTED["negative_prompt"])
    assert spec.enhance_prompt is True
    assert parsed.extra["OutputConfig"] == {
        "StorageMode": "Temporary",
        "MediaName": "car-video",
        "PersonGeneration": "AllowAdult",
        "InputComplianceCheck": "Enabled",
        "OutputComplianceCheck": "Enabled",
        "EnhanceSwitch": "Enabled",
    }
    assert parsed.sub_app_id == 7


def test_numbers_may_be_texts_as_the_page_types_them() -> None:
    parsed = parse({**NAMED, "tasks_priority": "10", "output_config": {"duration": "8.0"}})
    assert (parsed.priority, parsed.spec.duration) == (10, 8.0)


def test_every_field_of_the_page() -> None:
    parsed = parse(
        {
            **NAMED,
            "file_infos": [
                {"type": "Url", "category": "Image", "url": URL},
                {"type": "Url", "category": "Video", "url": URL, "reference_type": "feature"},
            ],
            "last_frame_url": URL,
            "scene_type": "motion_control",
            "session_id": "s",
            "session_context": "c",
            "ext_info": '{"AdditionalParameters":"{\\"a\\":1}"}',
        }
    )
    roles = [(r.role, r.medium) for r in parsed.spec.references]
    assert roles == [
        (Role.FIRST_FRAME, Medium.IMAGE),
        (Role.FEATURE_VIDEO, Medium.VIDEO),
        (Role.LAST_FRAME, Medium.IMAGE),
    ]
    assert (parsed.spec.scene, parsed.session_id) == ("motion_control", "s")
    assert parsed.extra["SessionContext"] == "c"
    assert parsed.spec.options == {"a": 1}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"{", "InvalidParameter", None),
        (b"[]", "InvalidParameter", None),
        (b"[" * 200_000, "InvalidParameter", None),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "InvalidParameter", None),
        ({}, "MissingParameter", "ModelName"),
        ({"model_name": "Kling"}, "MissingParameter", "ModelVersion"),
        ({**NAMED, "promt": "x"}, "UnknownParameter", "promt"),
        ({**NAMED, "Prompt": "x"}, "UnknownParameter", "Prompt"),
        ({**NAMED, "sub_app_id": 5}, "UnknownParameter", "sub_app_id"),
        ({**NAMED, "output_config": {"size": 1}}, "UnknownParameter", "output_config.size"),
        ({**NAMED, "file_infos": [{"urll": URL}]}, "UnknownParameter", "file_infos.0.urll"),
        ({**NAMED, "prompt": 5}, "InvalidParameter", "Prompt"),
        ({**NAMED, "output_config": []}, "InvalidParameter", "OutputConfig"),
        ({**NAMED, "output_config": {"duration": "x"}}, "InvalidParameter", "OutputConfig.Duration"),
        ({**NAMED, "enhance_prompt": "yes"}, "InvalidParameterValue", "EnhancePrompt"),
        ({**NAMED, "tasks_priority": 11}, "InvalidParameterValue", "TasksPriority"),
        ({**NAMED, "session_id": "x" * 51}, "InvalidParameterValue.SessionIdTooLong", "SessionId"),
        ({**NAMED, "tasks_priority": 10**30}, "InvalidParameter", "TasksPriority"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_refusals(body: Any, code: str, field: str | None) -> None:
    with pytest.raises(WireError) as caught:
        parse(body)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_every_name_of_vod_has_one_here() -> None:
    for action in (VIDEO, IMAGE):
        for path in vod.SCHEMA.paths(action):
            assert anyapi.snake_path(path) == anyapi.snake_path(path).lower()
    assert anyapi.snake("EnableBGM") == "enable_bgm"
    assert anyapi.snake_path("FileInfos.0.Base64") == "file_infos.0.base64"


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8)
switches = st.sampled_from(["Enabled", "Disabled"])
configs = st.fixed_dictionaries(
    {},
    optional={
        "storage_mode": st.sampled_from(["Temporary", "Permanent"]),
        "media_name": texts,
        "duration": st.sampled_from([5, "8", 2.5]),
        "resolution": st.sampled_from(["720P", "1080p"]),
        "aspect_ratio": st.sampled_from(["16:9", "1:1"]),
        "audio_generation": switches,
        "enable_bgm": switches,
        "off_peak": switches,
        "logo_add": switches,
        "class_id": st.integers(0, 9),
    },
)
bodies = st.fixed_dictionaries(
    {"model_name": st.just("Kling"), "model_version": st.just("2.1")},
    optional={
        "prompt": texts,
        "negative_prompt": texts,
        "enhance_prompt": switches,
        "last_frame_url": st.just(URL),
        "file_infos": st.lists(
            st.fixed_dictionaries(
                {"type": st.just("Url"), "url": st.just(URL)},
                optional={"usage": st.sampled_from(["FirstFrame", "Reference"])},
            ),
            max_size=1,
        ),
        "output_config": configs,
        "tasks_priority": st.sampled_from([-10, "3", 0]),
        "session_id": texts,
        "seed": st.integers(0, 9),
    },
)


@given(bodies)
def test_bodies_round_trip(body: dict[str, Any]) -> None:
    parsed = parse(body)
    path, again, unsaid = anyapi.render_create(parsed.spec, parsed.extra)
    assert (path, unsaid) == ("/tencent-vod/v1/aigc-video", ())
    assert "sub_app_id" not in again
    back = parse(again)
    assert (back.spec, back.extra) == (parsed.spec, parsed.extra)


def test_what_cannot_be_said_is_named() -> None:
    spec = msgspec.structs.replace(parse(NAMED).spec, size=(8, 8))
    _, _, unsaid = anyapi.render_create(spec, {"SubAppId": 7, "fal_webhook": URL})
    assert set(unsaid) == {"size", "extra.fal_webhook"}


def test_the_answer_has_the_page_s_schema_and_its_example() -> None:
    view = fal.StatusView("IN_QUEUE", "u", "r", "s", "c", queue_position=3)
    answer = anyapi.render_created(view, "7-AigcVideoTask-0t", "q")
    assert answer == {
        "status": "IN_QUEUE",
        "request_id": "u",
        "response_url": "r",
        "status_url": "s",
        "cancel_url": "c",
        "logs": None,
        "metrics": {},
        "queue_position": 3,
        "Response": {"TaskId": "7-AigcVideoTask-0t", "RequestId": "q"},
    }
    assert anyapi.parse_created(answer) == "7-AigcVideoTask-0t"
    assert fal.parse_submitted(answer) == view


def test_answers_to_a_create_in_every_shape() -> None:
    assert anyapi.parse_created({"request_id": "u"}) == "u"
    assert anyapi.parse_created({"task_id": "t", "status": "SUBMITTED"}) == "t"
    refusal = anyapi.render_refusal(
        "LimitExceeded", "no", error_type="x", field="output_config.duration", request_id="q"
    )
    assert refusal["detail"][0]["loc"] == ["body", "output_config", "duration"]
    for shape in (
        refusal,
        {"Response": refusal["Response"]},
        {"error": {"code": "LimitExceeded", "message": "no"}},
    ):
        with pytest.raises(AnsweredError) as caught:
            anyapi.parse_created(shape)
        assert (caught.value.code, caught.value.message) == ("LimitExceeded", "no")
    answers: list[dict[str, Any]] = [{}, {"Response": {}}, {"Response": 5}]
    for broken in answers:
        with pytest.raises(BrokenAnswerError):
            anyapi.parse_created(broken)


def test_answers_to_a_query_in_every_shape() -> None:
    inner = {
        "Status": "FINISH",
        "AigcVideoTask": {
            "TaskId": "t",
            "Status": "FINISH",
            "ErrCode": 0,
            "Output": {"FileInfos": [{"FileUrl": URL}]},
        },
    }
    for shape in ({"Response": inner}, inner):
        task = anyapi.parse_query(Kind.VIDEO, shape)
        assert (task.task_id, task.done, task.files[0].url, task.failure.code) == ("t", True, URL, 0)
    flat = anyapi.parse_query(Kind.VIDEO, {"task_id": "t", "status": "SUCCESS", "url": URL})
    assert (flat.task_id, flat.done, flat.failure.code, flat.files[0].url) == ("t", True, 0, URL)
    failed = anyapi.parse_query(Kind.IMAGE, {"id": "t", "status": "failed", "message": "no"})
    assert (failed.done, failed.failure.code != 0, failed.message) == (True, True, "no")
    odd = anyapi.parse_query(Kind.IMAGE, {"status": "pondering"})
    assert (odd.done, odd.status) == (False, "PONDERING")
    with pytest.raises(BrokenAnswerError):
        anyapi.parse_query(Kind.VIDEO, {})
    assert anyapi.render_query("t") == "/tencent-vod/v1/query/t"


def test_a_reference_by_value_survives() -> None:
    body = {**NAMED, "file_infos": [{"type": "Base64", "base64": "iVBORw0KGgo="}]}
    (reference,) = parse(body, IMAGE).spec.references
    assert isinstance(reference, Reference)
    assert reference.source.startswith("data:image/png;base64,")


FILM: dict[str, Any] = {"Status": "FINISH", "Output": {"FileInfos": [{"FileUrl": URL}]}}


@pytest.mark.parametrize("word", ["SUCCESS", "COMPLETED", "success"])
def test_a_relay_s_own_word_ends_a_task_of_vod_s_shape(word: str) -> None:
    task = anyapi.parse_query(Kind.VIDEO, {"Response": {"Status": word, "AigcVideoTask": FILM}})
    assert (task.done, task.failure.code, task.files[0].url) == (True, 0, URL)


def test_a_failure_in_a_relay_s_own_word() -> None:
    bare = anyapi.parse_query(Kind.VIDEO, {"Status": "FAILED", "AigcVideoTask": {"Message": "no"}})
    assert (bare.done, bare.failure, bare.message) == (True, vod.FAILURES["upstream_failed"], "no")
    coded = {"ErrCode": 40000, "ErrCodeExt": "InvalidParameter"}
    assert anyapi.parse_query(Kind.VIDEO, {"Status": "FAILED", "AigcVideoTask": coded}).failure == (
        40000,
        "InvalidParameter",
    )


@pytest.mark.parametrize(
    ("written", "progress"),
    [(45, 45), ("45", 45), ("45%", 45), (None, 0), ("half", 0), (-1, 0), (1000, 0), (250, 100), (True, 0)],
)
def test_progress_as_relays_write_it(written: Any, progress: int) -> None:
    body = {"code": "success", "data": {"task_id": "t", "status": "IN_PROGRESS", "progress": written}}
    task = anyapi.parse_query(Kind.VIDEO, body)
    assert (task.task_id, task.status, task.progress, task.done) == ("t", "IN_PROGRESS", progress, False)


def test_fal_s_shape_is_read() -> None:
    failed = anyapi.parse_query(
        Kind.IMAGE, {"request_id": "u", "status": "COMPLETED", "error": "no", "error_type": "request_timeout"}
    )
    assert (failed.task_id, failed.done, failed.failure.extended) == ("u", True, "request_timeout")
    result = anyapi.parse_query(Kind.IMAGE, {"images": [{"url": URL}, {"url": URL}], "seed": 7})
    assert (result.done, result.kind, [file.url for file in result.files]) == (True, Kind.IMAGE, [URL, URL])


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"Response": {"Error": {"Code": "A", "Message": "no"}, "RequestId": "q"}}, ("A", "no", "", "q")),
        (
            {"error": {"message": "no", "type": "new_api_error", "code": "a"}},
            ("a", "no", "new_api_error", ""),
        ),
        ({"error": {"message": "no", "code": None}}, ("", "no", "", "")),
        ({"code": "task_not_exist", "message": "no", "data": None}, ("task_not_exist", "no", "", "")),
        ({"detail": "no", "error_type": "timeout"}, ("timeout", "no", "timeout", "")),
        ({"detail": [{"msg": "no", "type": "missing", "loc": ["body"]}]}, ("missing", "no", "", "")),
        ({"detail": ["no"]}, ("", "no", "", "")),
    ],
)
def test_refusals_in_every_shape(answer: Any, problem: tuple[str, ...]) -> None:
    assert anyapi.parse_problem(answer) == problem


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Response": {"TaskId": "t"}},
        {"code": "success", "message": "", "data": {}},
        {"code": 200, "message": "ok"},
        {"code": 0, "message": "ok"},
        {"code": "x", "message": "no", "status": "FAILED"},
        {"status": "COMPLETED", "error": "no"},
        {"error": None, "detail": None},
    ],
)
def test_what_is_no_refusal(answer: Any) -> None:
    assert anyapi.parse_problem(answer) is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_any_answer_is_read_or_refused(value: Any) -> None:
    for name in (
        "Response",
        "data",
        "status",
        "detail",
        "error",
        "code",
        "AigcVideoTask",
        "images",
        "progress",
    ):
        answer = {"status": "x", name: value}
        for read in (anyapi.parse_problem, lambda a: anyapi.parse_query(Kind.VIDEO, a), anyapi.parse_created):
            with contextlib.suppress(AnsweredError, BrokenAnswerError):
                read(answer)
