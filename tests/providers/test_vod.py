"""The VOD provider: what it sends, how it finds a lost task again, and what each answer means."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.driving import answers, calls, failure, http, run, sent

from genmux.domain.ids import attempt_key
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role, Subject
from genmux.providers.seam import (
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Finished,
    Forgotten,
    Healthy,
    InputBytes,
    InputFacts,
    ModelDefaults,
    News,
    Outcome,
    Output,
    Pending,
    PictureLimits,
    Puzzling,
    ReadInput,
    Recovery,
    Refused,
    StagedInput,
    StageInput,
    Work,
)
from genmux.providers.vod import PICTURES, provider
from genmux.providers.vod_lists import WATCH_PAGES
from genmux.wires import vod
from genmux.wires.tc3 import SignedRequest, parse_authorization, verify
from genmux.wires.tencent_calls import BY_VALUE_BYTES
from genmux.wires.tencent_rows import with_size_in_words
from genmux.wires.tencent_schema import read_body
from genmux.wires.vod_codes import LOOKUP_PAGES
from genmux.wires.vod_rows import MAX_SESSION_ID, parse_time

TOLD = answers("vod_answers.json")
ERRORS = answers("tencent_errors.json")
APP = 1500044236
OPTIONS = provider.options({"sub_app_id": APP})
ACCOUNT = Account("tencent", "vod", "https://vod.tencentcloudapi.com", options=OPTIONS)
OURS_ALONE = Account(
    "tencent", "vod", "https://vod.tencentcloudapi.com", options=OPTIONS | {"events": "exclusive"}
)
DEFAULTS = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
TASK_ID = bytes.fromhex("0123456789abcdef0123456789abcdef")
KEY = attempt_key(TASK_ID, 1)
SUBMITTED = parse_time("2026-08-05T03:15:40Z", "")
REF = f"{APP}-AigcVideoTask-5d41402abc4b2a76b9719d911017c592t"
URL = "https://files.example/a.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def work(
    kind: Kind = Kind.VIDEO,
    *,
    inputs: int = 0,
    wire: str = "rest",
    account: Account = ACCOUNT,
    key: str = KEY,
    submitted_at: int = SUBMITTED,
    **fields: Any,
) -> Work:
    extra = fields.pop("extra", {})
    spec = GenerationSpec(kind=kind, model=ModelRef("Kling", "2.5"), **({"prompt": "p"} | fields))
    facts = tuple(InputFacts(n, "x", f"inputs/{n}.png", "00" * 32, 8, 8, "image/png") for n in range(inputs))
    return Work(TASK_ID, 1, key, spec, facts, REF, DEFAULTS, account, wire, extra, submitted_at)


def submit(reply: Any) -> Outcome:
    return run(provider.submit(work()), [reply])[0]


def poll(reply: Any, kind: Kind = Kind.VIDEO) -> Outcome:
    return run(provider.poll(work(kind)), [reply])[0]


def changed(name: str, outer: dict[str, Any], **inner: Any) -> dict[str, Any]:
    """Return a captured detail with some members changed."""
    answer: dict[str, Any] = deepcopy(TOLD[name])
    answer["Response"] |= outer
    word = answer["Response"]["TaskType"]
    answer["Response"][word] |= inner
    return answer


# What is sent.


def test_a_create_and_its_call() -> None:
    outcome, effects = run(provider.submit(work(seed=7, duration=5.0)), [TOLD["created"]])
    (call,) = calls(effects)
    assert (call.url, call.pace) == ("https://vod.tencentcloudapi.com/", "create:video")
    headers = dict(call.headers)
    assert (headers["X-TC-Version"], headers["X-TC-Region"]) == ("2018-07-17", "ap-guangzhou")
    assert sent(effects) == (
        "CreateAigcVideoTask",
        {
            "ModelName": "Kling",
            "ModelVersion": "2.5",
            "Prompt": "p",
            "Seed": 7,
            "OutputConfig": {"Duration": 5.0, "StorageMode": "Temporary"},
            "SubAppId": APP,
            "SessionId": KEY,
        },
    )
    assert len(KEY) <= MAX_SESSION_ID
    assert isinstance(outcome, Accepted)
    assert outcome.upstream_ref == REF


def test_what_is_sent_is_signed() -> None:
    _, effects = run(provider.submit(work()), [TOLD["created"]])
    signed = provider.authorize(calls(effects)[0], {"secret_id": "AKID1", "secret_key": "k"}, 1_785_000_000)
    headers = {name.lower(): value for name, value in signed.headers}
    request = SignedRequest("POST", "/", "", headers, signed.body)
    claim = parse_authorization(request)
    verify(request, claim, "k", now=1_785_000_000, accepted_hosts=())
    assert "/vod/tc3_request" in headers["authorization"]


def test_permanent_storage_is_the_channels_choice() -> None:
    account = Account("a", "vod", options=OPTIONS | {"storage_mode": "Permanent"})
    extra = {"OutputConfig": {"StorageMode": "Temporary"}}
    flow = provider.submit(work(account=account, wire="vod", extra=extra))
    assert sent(run(flow, [TOLD["created"]])[1])[1]["OutputConfig"] == {"StorageMode": "Permanent"}


THEIRS = {
    "SubAppId": 1,
    "SessionId": "theirs",
    "SessionContext": "context",
    "InputRegion": "Oversea",
    "Procedure": "transcode",
    "TasksPriority": 3,
    "ExtInfo": "myextinfo",
    "OutputConfig": {
        "StorageMode": "Permanent",
        "ExpireTime": "2026-08-05T09:30:00Z",
        "MediaName": "name",
        "ClassId": 5,
        "Resolution": "720p",
        "FrameInterpolate": "Enabled",
    },
    "FileInfos": [{"Usage": "", "VoiceId": "v", "Type": ""}],
    "output": {"bucket": "x"},
    "permanent": True,
}


def test_the_callers_own_words_go_along_where_they_do_no_harm() -> None:
    references = (
        Reference(role=Role.FIRST_FRAME, source=URL),
        Reference(role=Role.LAST_FRAME, source=f"{URL}?last"),
    )
    one = work(wire="vod", extra=THEIRS, inputs=2, resolution="720P", references=references)
    replies = [StagedInput(f"{URL}?1"), StagedInput(f"{URL}?2"), TOLD["created"]]
    body = sent(run(provider.submit(one), replies)[1])[1]
    assert body == {
        "ModelName": "Kling",
        "ModelVersion": "2.5",
        "Prompt": "p",
        "FileInfos": [
            {"Type": "Url", "Url": f"{URL}?1", "VoiceId": "v"},
            {"Type": "Url", "Url": f"{URL}?2", "Usage": "LastFrame"},
        ],
        "SubAppId": APP,
        "SessionId": KEY,
        "SessionContext": "context",
        "InputRegion": "Oversea",
        "Procedure": "transcode",
        "TasksPriority": 3,
        "OutputConfig": {
            "StorageMode": "Temporary",
            "MediaName": "name",
            "ClassId": 5,
            "Resolution": "720p",
            "FrameInterpolate": "Enabled",
        },
    }


def test_words_of_another_wire_stay_behind() -> None:
    body = sent(run(provider.submit(work(wire="anyapi", extra=THEIRS)), [TOLD["created"]])[1])[1]
    assert body.keys() == {*("ModelName", "ModelVersion", "Prompt", "SubAppId", "SessionId", "OutputConfig")}
    assert body["OutputConfig"] == {"StorageMode": "Temporary"}


def test_pictures_go_by_url_or_by_value_within_what_is_left_for_each() -> None:
    references = tuple(Reference(role=Role.REFERENCE, source=f"sha256:{n}") for n in range(3))
    replies = [
        StagedInput(URL),
        StagedInput(""),
        StagedInput(""),
        InputBytes(PNG, "image/png"),
        InputBytes(PNG + b"2", "image/png", "converted to PNG"),
        TOLD["created"],
    ]
    outcome, effects = run(provider.submit(work(inputs=3, references=references)), replies)
    share = PictureLimits(BY_VALUE_BYTES // 2, formats=("image/jpeg", "image/png", "image/webp"))
    assert effects[:5] == [
        *(StageInput(n, PICTURES[Kind.VIDEO]) for n in range(3)),
        *(ReadInput(n, share) for n in (1, 2)),
    ]
    infos = sent(effects)[1]["FileInfos"]
    assert infos[0] == {"Type": "Url", "Url": URL, "Usage": "Reference"}
    assert [base64.b64decode(info["Base64"]) for info in infos[1:]] == [PNG, PNG + b"2"]
    assert isinstance(outcome, Accepted)
    assert outcome.notes["inputs"] == ["converted to PNG"]


def test_a_source_of_ours_never_leaves_the_house() -> None:
    """The caller's own words go along to the same wire, but never where the input came from."""
    url = f"genmux://task/1500-AigcImageTask-{'ab' * 16}t"
    film = {"Type": "Url", "Url": url, "Category": "Video", "VoiceId": "v"}
    model = {"ModelName": "Kling", "ModelVersion": "3.0"}
    body = {**model, "SubAppId": APP, "FileInfos": [film], "LastFrameUrl": url}
    parsed = vod.parse_create("CreateAigcVideoTask", body)
    held = work(wire="vod", extra=parsed.extra, references=parsed.spec.references)
    facts = (
        InputFacts(0, "base_video", "tasks/ab/0.mp4", "", 1280, 720, "video/mp4"),
        InputFacts(1, "last_frame", "tasks/ab/1.png", "", 64, 64, "image/png"),
    )
    replies = [StagedInput(f"{URL}?film"), StagedInput(URL), TOLD["created"]]
    _, effects = run(provider.submit(replace(held, inputs=facts)), replies)
    assert [info["Url"] for info in sent(effects)[1]["FileInfos"]] == [f"{URL}?film", URL]
    assert "genmux:" not in calls(effects)[0].body.decode()
    outcome, effects = run(provider.submit(replace(held, inputs=facts[:1])), [StagedInput("")])
    assert isinstance(outcome, Refused)
    assert calls(effects) == []


def test_a_subjects_picture_has_no_way_by_value() -> None:
    subjects = (Subject(name="cat", images=(Reference(role=Role.SUBJECT, source="sha256:aa"),)),)
    outcome, effects = run(provider.submit(work(inputs=1, subjects=subjects)), [StagedInput("")])
    assert calls(effects) == []
    assert isinstance(outcome, Refused)
    assert "public_url" in outcome.message
    replies = [StagedInput(URL), TOLD["created"]]
    body = sent(run(provider.submit(work(inputs=1, subjects=subjects)), replies)[1])[1]
    assert body["SubjectInfos"] == [{"Name": "cat", "ImageUrls": [URL]}]


def test_what_the_wire_can_say_is_served_before_the_pictures_are_staged() -> None:
    frozen = (Reference(role=Role.FIRST_FRAME, source="sha256:aa"),)
    assert provider.serves(work(references=frozen, seed=7, size=(1280, 720)).spec)
    assert provider.unsaid(work(size=(1281, 720)).spec) == ("size",)
    film = (Reference(role=Role.BASE_VIDEO, source=f"file:{APP}/1", medium=Medium.VIDEO),)
    assert provider.unsaid(work(references=film).spec) == ()
    outcome, effects = run(provider.submit(work(references=film)))
    assert isinstance(outcome, Refused)
    assert effects == []
    frames = (Reference(role=Role.LAST_FRAME, source=URL), Reference(role=Role.LAST_FRAME, source=URL))
    outcome, effects = run(provider.submit(work(references=frames)))
    assert isinstance(outcome, Refused)
    assert effects == []


PLAIN = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1)},
    optional={
        "negative_prompt": st.text(min_size=1),
        "enhance_prompt": st.booleans(),
        "duration": st.sampled_from([0.0, 0.5, 5.0, float("inf")]),
        "resolution": st.sampled_from(["540P", "720P", "4K"]),
        "size": st.sampled_from([(1280, 720), (720, 720), (1281, 720)]),
        "audio": st.booleans(),
        "count": st.integers(-1, 9),
        "seed": st.integers(-(2**64), 2**64),
        "watermark": st.booleans(),
        "options": st.dictionaries(st.sampled_from(["camera", "size"]), st.text(), max_size=2),
    },
)


@given(st.sampled_from(Kind), PLAIN)
def test_whatever_is_served_is_understood_as_it_was_meant(kind: Kind, fields: dict[str, Any]) -> None:
    one = work(kind, **fields)
    if not provider.serves(one.spec):
        return
    _, effects = run(provider.submit(one), [TOLD["created"]])
    action, body = sent(effects)
    parsed = vod.parse_create(action, read_body(json.dumps(body).encode(), vod.request_schema(action)))
    assert parsed.spec == with_size_in_words(one.spec)
    assert (parsed.sub_app_id, parsed.session_id, parsed.permanent) == (APP, KEY, False)


# The answer to a create.


@pytest.mark.parametrize(
    "reply",
    [
        failure("InvalidParameterValue.SessionId"),
        failure("InvalidParameterValue", "SessionId is repeated"),
        failure("InvalidParameterValue", "session id 重复"),
        failure("FailedOperation.TaskDuplicate"),
    ],
)
def test_a_repeated_session_is_looked_up(reply: Any) -> None:
    outcome = submit(reply)
    assert isinstance(outcome, Ambiguous)
    assert outcome.message.startswith("the session exists")


def test_other_complaints_of_a_session_are_no_repetition() -> None:
    for reply in (failure("InvalidParameterValue.SessionIdTooLong"), failure("InvalidParameterValue")):
        outcome = submit(reply)
        assert isinstance(outcome, Refused)
        assert outcome.error_class is ErrorClass.INVALID


@pytest.mark.parametrize(
    "reply",
    [
        failure("InternalError"),
        failure("FailedOperation"),
        failure("ResourceInUse"),
        http(TOLD["created"], 504),
        http(b"", 200),
        {"Response": {"RequestId": "r"}},
    ],
)
def test_without_proof_of_a_refusal_the_task_may_exist(reply: Any) -> None:
    assert isinstance(submit(reply), Ambiguous)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (ERRORS["rate"], ErrorClass.RATE),
        (ERRORS["missing"], ErrorClass.INVALID),
        (failure("LimitExceeded.Quota"), ErrorClass.QUOTA),
        (failure("FailedOperation.InvalidVodUser"), ErrorClass.AUTH),
        (failure("InvalidParameterValue.SubAppId"), ErrorClass.AUTH),
        (failure("InvalidParameter.ViolationContent"), ErrorClass.CONTENT),
    ],
)
def test_a_code_that_proves_a_refusal(reply: Any, expected: ErrorClass) -> None:
    outcome = submit(reply)
    assert isinstance(outcome, Refused)
    assert outcome.error_class is expected


# Looking a lost submit up.


def listed(sessions: list[str], token: str = "") -> dict[str, Any]:
    line = TOLD["listed"]["Response"]["TaskSet"][0]
    tasks = [line | {"SessionId": session, "TaskId": f"task-{session}"} for session in sessions]
    return {"Response": {"RequestId": "r", "ScrollToken": token, "TaskSet": tasks}}


def test_a_lookup_finds_the_task_by_our_key() -> None:
    outcome, effects = run(provider.lookup(work()), [TOLD["listed"]])
    assert isinstance(outcome, Accepted)
    assert outcome.upstream_ref == TOLD["listed"]["Response"]["TaskSet"][0]["TaskId"]
    assert calls(effects)[0].pace == "list"
    assert sent(effects) == (
        "DescribeTasks",
        {
            "SubAppId": APP,
            "CreateTime": {"After": "2026-08-05T03:13:40Z"},
            "Sort": {"Field": "CreateTime", "Order": "Asc"},
            "Limit": 100,
        },
    )


def test_a_lookup_reads_page_after_page() -> None:
    replies = [listed(["a", ""], "t1"), listed([], "t2"), listed(["b", KEY], "t3")]
    outcome, effects = run(provider.lookup(work()), replies)
    assert isinstance(outcome, Accepted)
    assert outcome.upstream_ref == f"task-{KEY}"
    tokens = [json.loads(call.body).get("ScrollToken") for call in calls(effects)]
    assert tokens == [None, "t1", "t2"]


@given(
    st.lists(
        st.lists(st.sampled_from(["", "a", f"{KEY}0", KEY[:-1], KEY]), max_size=4), min_size=1, max_size=5
    )
)
def test_a_lookup_finds_the_key_wherever_it_is_and_nothing_else(pages: list[list[str]]) -> None:
    last = next((n for n, page in enumerate(pages) if KEY in page), len(pages) - 1)
    replies = [listed(page, "more" if n < len(pages) - 1 else "") for n, page in enumerate(pages)]
    outcome, _ = run(provider.lookup(work()), replies[: last + 1])
    there = any(KEY in page for page in pages)
    assert isinstance(outcome, Accepted if there else Forgotten)


def test_a_task_that_is_not_listed_was_never_made() -> None:
    assert isinstance(run(provider.lookup(work()), [listed(["a"])])[0], Forgotten)
    dated = http(listed([]), date="Wed, 05 Aug 2026 09:15:40 GMT")
    assert isinstance(run(provider.lookup(work()), [dated])[0], Forgotten)
    undated = http(listed([]), date="yesterday")
    assert isinstance(run(provider.lookup(work()), [undated])[0], Forgotten)


def test_a_list_that_does_not_reach_back_says_nothing() -> None:
    late = http(listed([]), date="Sat, 08 Aug 2026 03:10:00 GMT")
    assert isinstance(run(provider.lookup(work()), [late])[0], Puzzling)


@pytest.mark.parametrize(
    "reply",
    [
        ERRORS["rate"],
        ERRORS["secret_id"],
        failure("InternalError"),
        failure("ResourceNotFound"),
        failure("InvalidParameterValue"),
        http(listed([]), 502),
        http(b"", 429),
        http(b"[]"),
        {"Response": {"RequestId": "r"}},
        {"Response": {"TaskSet": [{"SessionId": KEY}], "RequestId": "r"}},
    ],
)
def test_a_page_that_failed_says_nothing(reply: Any) -> None:
    for replies in ([reply], [listed(["a"], "t"), reply]):
        assert isinstance(run(provider.lookup(work()), replies)[0], Puzzling)


def test_a_list_without_end_is_given_up() -> None:
    outcome, _ = run(provider.lookup(work()), [listed(["a"], "again")] * LOOKUP_PAGES)
    assert isinstance(outcome, Puzzling)


# The answer to a poll.


def test_a_poll_asks_for_the_task_of_the_application() -> None:
    _, effects = run(provider.poll(work()), [TOLD["processing_video"]])
    assert sent(effects) == ("DescribeTaskDetail", {"TaskId": REF, "SubAppId": APP})
    assert calls(effects)[0].pace == "describe:video"


def test_every_state_of_the_platform() -> None:
    assert poll(TOLD["waiting_video"]) == Pending(None, "WAITING")
    assert poll(TOLD["processing_video"]) == Pending(None, "PROCESSING")
    assert poll(changed("processing_video", {}, Progress=40)) == Pending(40, "PROCESSING")
    file = TOLD["finished_video"]["Response"]["AigcVideoTask"]["Output"]["FileInfos"][0]
    expires, finished = (parse_time(text, "") for text in (file["ExpireTime"], "2026-08-05T03:16:48Z"))
    expected = Finished((Output(url=file["FileUrl"]),), {}, expires, finished)
    assert poll(TOLD["finished_video"]) == expected
    outcome = poll(TOLD["failed_video"])
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.code) == (ErrorClass.INTERNAL, "InternalError")
    assert outcome.message == "task failed with status: FAIL, message: image_url is required"


def test_a_picture_of_the_time_before_meta_data() -> None:
    outcome = poll(TOLD["finished_image"], Kind.IMAGE)
    assert isinstance(outcome, Finished)
    assert outcome.outputs[0].url.endswith("aigcImageGenFile.png")
    assert outcome.source_expires_at == parse_time("2025-12-25T08:00:19Z", "")


def test_what_was_counted_and_kept_is_noted() -> None:
    done = deepcopy(TOLD["finished_video"])
    output = done["Response"]["AigcVideoTask"]["Output"]
    output["Usage"] = {"InputTokens": 0, "OutputSeconds": 5, "TotalSeconds": None}
    output["FileInfos"].append(
        output["FileInfos"][0]
        | {"FileId": "528", "ExpireTime": "9999-12-31T23:59:59Z", "StorageMode": "Permanent"}
    )
    outcome = poll(done)
    assert isinstance(outcome, Finished)
    assert outcome.notes == {"usage": {"OutputSeconds": 5}, "file_ids": ["528"]}
    assert outcome.source_expires_at == parse_time("2026-08-12T03:16:48Z", "")
    output["FileInfos"] = output["FileInfos"][1:]
    kept = poll(done)
    assert isinstance(kept, Finished)
    assert kept.source_expires_at is None


def test_a_time_that_is_none_says_nothing() -> None:
    for text in ("", "0000-00-00T00:00:00Z", "yesterday", None):
        outcome = poll(changed("finished_video", {"FinishTime": text}))
        assert isinstance(outcome, Finished)
        assert outcome.finished_at is None


@pytest.mark.parametrize(
    ("code", "extended", "message", "expected"),
    [
        (70000, "RequestLimitExceeded", "", ErrorClass.CONCURRENCY),
        (70000, "InvalidParameter.VoilationContent", "", ErrorClass.CONTENT),
        (70000, "InvalidParameter.ViolationContent", "", ErrorClass.CONTENT),
        (70000, "ContentModerationFailed", "", ErrorClass.CONTENT),
        (70000, "ResourceInsufficient", "", ErrorClass.CAPACITY),
        (70000, "FailedOperation", "", ErrorClass.CAPACITY),
        (70000, "InternalError", "", ErrorClass.INTERNAL),
        (70000, "ModelGenerateFailed", "", ErrorClass.INTERNAL),
        (70000, "TaskTimeout", "", ErrorClass.INTERNAL),
        (70000, "OperationCanceled", "", ErrorClass.INTERNAL),
        (70000, "ResourceNotFound", "", ErrorClass.LOST),
        (40000, "InvalidParameter", "", ErrorClass.INVALID),
        (40000, "InvalidParameterValue", "", ErrorClass.INVALID),
        (60000, "InvalidParameter.MediaFormat", "", ErrorClass.INVALID),
        (40000, "", "", ErrorClass.INVALID),
        (60000, "", "", ErrorClass.INVALID),
        (70000, "", "", ErrorClass.INTERNAL),
        (70000, "", "the prompt is sensitive", ErrorClass.CONTENT),
        (70000, "InternalError", "message: the prompt is sensitive", ErrorClass.CONTENT),
        (70000, "ModelGenerateFailed", "resolution not supported", ErrorClass.INVALID),
        (70000, "RequestLimitExceeded", "sensitive", ErrorClass.CONCURRENCY),
        (70000, "OfTomorrow", "", ErrorClass.INTERNAL),
    ],
)
def test_how_a_task_failed(code: int, extended: str, message: str, expected: ErrorClass) -> None:
    answer = changed("failed_video", {}, ErrCode=code, ErrCodeExt=extended, Message=message)
    outcome = poll(answer)
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.code) == (expected, extended or str(code))
    assert outcome.message


def test_a_task_that_the_platform_broke_off() -> None:
    outcome = poll(changed("processing_video", {"Status": "ABORTED"}))
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.INTERNAL


def test_no_failure_of_a_task_looks_like_one_of_the_call() -> None:
    for extended in ("AuthFailure", "LimitExceeded", "UnauthorizedOperation", "RequestLimitExceeded.X"):
        outcome = poll(changed("failed_video", {}, ErrCodeExt=extended))
        assert isinstance(outcome, Refused)
        assert outcome.error_class not in (ErrorClass.AUTH, ErrorClass.QUOTA, ErrorClass.RATE)


@pytest.mark.parametrize(
    "reply",
    [
        changed("finished_video", {}, Output={"FileInfos": []}),
        changed("finished_video", {}, Output=None),
        changed("finished_video", {}, Output={"FileInfos": [{"FileUrl": "", "FileId": "5"}]}),
        changed("finished_video", {"Status": "ARCHIVED"}),
        changed("finished_video", {"AigcVideoTask": None, "TaskType": "AigcImageTask", "AigcImageTask": {}}),
        {"Response": {"Status": "WAITING", "TaskType": "AigcVideoTask", "AigcVideoTask": None}},
        failure("InternalError"),
        failure("FailedOperation"),
        failure("InvalidParameterValue.TaskId"),
        http(TOLD["finished_video"], 500),
        http(b"", 200),
    ],
)
def test_an_answer_that_says_nothing_of_the_task(reply: Any) -> None:
    assert isinstance(poll(reply), Puzzling)


def test_an_unknown_status_is_named() -> None:
    outcome = poll(changed("processing_video", {"Status": "ARCHIVED"}))
    assert outcome == Puzzling("the task has the unknown status ARCHIVED")


def test_a_poll_that_is_refused_says_something_of_the_channel() -> None:
    outcome = poll(http(b"", 429, retry_after="2"))
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.retry_after_seconds) == (ErrorClass.RATE, 2.0)
    outcome = poll(ERRORS["secret_id"])
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.AUTH


def test_a_task_the_platform_does_not_know() -> None:
    assert isinstance(poll(failure("ResourceNotFound")), Forgotten)


# Many tasks at once.


def test_a_watch_lists_what_ended() -> None:
    since = SUBMITTED + 30_000
    outcome, effects = run(provider.watch(ACCOUNT, since), [TOLD["listed"]])
    tasks = TOLD["listed"]["Response"]["TaskSet"]
    assert outcome == News(
        refs=tuple(task["TaskId"] for task in tasks),
        keys=(KEY, attempt_key(TASK_ID, 2)),
        since=parse_time("2026-08-05T03:16:49Z", ""),
    )
    assert sent(effects) == (
        "DescribeTasks",
        {
            "SubAppId": APP,
            "Status": "FINISH",
            "FinishTime": {"After": "2026-08-05T03:16:05Z"},
            "Sort": {"Field": "FinishTime", "Order": "Asc"},
            "Limit": 100,
        },
    )
    assert calls(effects)[0].pace == "list"


def test_a_watch_that_finds_nothing_looks_from_the_same_moment_again() -> None:
    assert run(provider.watch(ACCOUNT, SUBMITTED), [listed([])])[0] == News(since=SUBMITTED)


def test_a_watch_goes_on_where_too_many_pages_ended() -> None:
    pages = [TOLD["listed"]["Response"] | {"ScrollToken": "more"}] * WATCH_PAGES
    outcome, _ = run(provider.watch(ACCOUNT, SUBMITTED), [{"Response": page} for page in pages])
    assert isinstance(outcome, News)
    assert outcome.since == parse_time("2026-08-05T03:16:49Z", "")


def test_a_watch_that_failed() -> None:
    assert isinstance(run(provider.watch(ACCOUNT, 0), [failure("InternalError")])[0], Puzzling)
    outcome, _ = run(provider.watch(ACCOUNT, 0), [ERRORS["rate"]])
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.RATE


def test_events_are_pulled_only_where_the_queue_is_ours_alone() -> None:
    outcome, effects = run(provider.watch(OURS_ALONE, 5), [TOLD["pulled"]])
    assert sent(effects) == ("PullEvents", {"SubAppId": APP})
    assert calls(effects)[0].timeout_seconds == 10.0
    assert outcome == News(refs=(REF,), keys=(KEY,), receipts=((REF, "EventHandle.0fbe7e0ac"),), since=5)
    for nothing in (TOLD["pulled_nothing"], failure("ResourceNotFound")):
        assert run(provider.watch(OURS_ALONE, 5), [nothing])[0] == News(since=5)
    assert isinstance(run(provider.watch(OURS_ALONE, 5), [http(b"", 502)])[0], Puzzling)
    broken = {"Response": {"EventSet": [{"EventType": "AigcVideoTaskComplete"}], "RequestId": "r"}}
    assert isinstance(run(provider.watch(OURS_ALONE, 5), [broken])[0], Puzzling)


def test_an_event_without_its_task_is_nobodys() -> None:
    event = {"EventType": "AigcVideoTaskComplete", "EventHandle": "h", "AigcVideoCompleteEvent": None}
    answer = {"Response": {"EventSet": [event], "RequestId": "r"}}
    assert run(provider.watch(OURS_ALONE, 5), [answer])[0] == News(since=5)


def test_events_are_confirmed_sixteen_at_a_time() -> None:
    handles = tuple(f"h{n}" for n in range(33))
    outcome, effects = run(provider.confirm(OURS_ALONE, handles), [TOLD["confirmed"]] * 3)
    assert outcome == News()
    bodies = [json.loads(call.body) for call in calls(effects)]
    assert [len(body["EventHandles"]) for body in bodies] == [16, 16, 1]
    assert tuple(handle for body in bodies for handle in body["EventHandles"]) == handles
    assert {dict(call.headers)["X-TC-Action"] for call in calls(effects)} == {"ConfirmEvents"}


def test_an_event_that_was_confirmed_too_late_does_not_hold_up_the_others() -> None:
    late = failure("InvalidParameterValue")
    outcome, effects = run(provider.confirm(OURS_ALONE, ("h",) * 17), [late, TOLD["confirmed"]])
    assert isinstance(outcome, Puzzling)
    assert len(calls(effects)) == 2


def test_nobody_confirms_events_that_were_not_pulled() -> None:
    assert provider.confirm(ACCOUNT, ("h",)) is None
    assert provider.confirm(OURS_ALONE, ()) is None


def test_a_push_is_only_a_hint() -> None:
    body = json.dumps(TOLD["pushed"]).encode()
    assert provider.parse_callback({}, body) == News(refs=(REF,), keys=(KEY,))
    assert provider.parse_callback({}, b'{"EventType":"NewFileUpload"}') == News()
    for garbage in (b"", b"[]", b"{"):
        with pytest.raises(ValueError, match="pushed event"):
            provider.parse_callback({}, garbage)


# The channel.


def test_what_holds_for_every_channel() -> None:
    facts = provider.facts
    assert provider.recovery is Recovery.LOOKUP
    assert (facts.slots, facts.learns, facts.result_hours) == (1, True, 168.0)
    assert facts.by_url == {Medium.VIDEO}
    assert facts.rates["list"] == 10
    assert {rate for name, rate in facts.rates.items() if name != "list"} == {20}
    assert OPTIONS == {
        "sub_app_id": APP,
        "storage_mode": "Temporary",
        "events": "off",
        "region": "ap-guangzhou",
        "site": "cn",
    }
    assert provider.options({"sub_app_id": str(APP)})["sub_app_id"] == APP
    assert provider.endpoint(OPTIONS) == facts.endpoint == "https://vod.tencentcloudapi.com"
    intl = provider.options({"sub_app_id": APP, "site": "intl"})
    assert provider.endpoint(intl) == "https://vod.intl.tencentcloudapi.com"
    assert provider.cancel(work()) is None


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("sub_app_id", value) for value in (None, 0, -1, True, "x", "", 1.5, 2**63)),
        ("storage_mode", "temporary"),
        ("events", True),
        ("site", "us"),
        ("bucket", "x"),
    ],
)
def test_a_wrong_option_is_named(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=option):
        provider.options({"sub_app_id": APP, option: value})


def test_the_application_must_be_named() -> None:
    with pytest.raises(ValueError, match="sub_app_id"):
        provider.options({})


def test_a_probe_that_proves_the_key_and_the_application() -> None:
    outcome, effects = run(provider.probe(ACCOUNT), [TOLD["listed"]])
    assert isinstance(outcome, Healthy)
    action, body = sent(effects)
    assert (action, body["SubAppId"], body["Limit"]) == ("DescribeTasks", APP, 1)


@pytest.mark.parametrize(
    ("reply", "expected", "en"),
    [
        (ERRORS["signature"], ErrorClass.AUTH, "does not belong to this SecretId"),
        (failure("InvalidParameterValue.SubAppId"), ErrorClass.AUTH, "sub_app_id"),
        (failure("UnauthorizedOperation"), ErrorClass.AUTH, "application"),
        (failure("FailedOperation.InvalidVodUser"), ErrorClass.AUTH, "not activated"),
        (failure("InternalError"), ErrorClass.TRANSIENT, "said why"),
        (failure("InvalidParameterValue"), ErrorClass.INVALID, "said why"),
    ],
)
def test_a_probe_that_fails_says_what_to_do(reply: Any, expected: ErrorClass, en: str) -> None:
    outcome, _ = run(provider.probe(ACCOUNT), [reply])
    assert isinstance(outcome, Refused)
    assert outcome.error_class is expected
    assert en in outcome.message
