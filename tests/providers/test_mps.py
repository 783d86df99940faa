"""The MPS provider: what it sends, and what each answer of the platform means for the task."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.mps.v20190612 import errorcodes as mps_codes
from tencentcloud.vod.v20180717 import errorcodes as vod_codes
from tests.providers.driving import answers, calls, failure, http, run, sent

from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role, Subject
from genmux.domain.words import frame_table
from genmux.providers.mps import PICTURES, SLOTS, provider
from genmux.providers.seam import (
    ANY_PICTURE,
    Accepted,
    Account,
    Ambiguous,
    ErrorClass,
    Finished,
    Forgotten,
    Healthy,
    InputFacts,
    ModelDefaults,
    Outcome,
    Output,
    Pending,
    Puzzling,
    Recovery,
    Refused,
    StagedInput,
    StageInput,
    Work,
)
from genmux.wires import mps
from genmux.wires.tc3 import SignedRequest, parse_authorization, verify
from genmux.wires.tencent_calls import MPS_RATES
from genmux.wires.tencent_codes import CALL_ERRORS, UNDECIDED, error_class, failure_class, family
from genmux.wires.tencent_rows import with_size_in_words
from genmux.wires.tencent_schema import read_body

TOLD = answers("mps_answers.json")
ERRORS = answers("tencent_errors.json")
ACCOUNT = Account(
    "tencent", "mps", "https://mps.tencentcloudapi.com", options=provider.options({"region": "ap-beijing"})
)
DEFAULTS = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
URL = "https://files.example/a.png"


def picture(n: int) -> InputFacts:
    return InputFacts(n, "reference", f"inputs/{n}.png", "00" * 32, 64, 64, "image/png")


def work(
    kind: Kind = Kind.VIDEO, *, inputs: int = 0, ref: str | None = None, wire: str = "mps", **fields: Any
) -> Work:
    extra = fields.pop("extra", {})
    spec = GenerationSpec(kind=kind, model=ModelRef("Kling", "2.5"), **fields)
    facts = tuple(picture(n) for n in range(inputs))
    return Work(bytes(16), 1, "key-1", spec, facts, ref, DEFAULTS, ACCOUNT, wire, extra, 1_000)


def submit(reply: Any, **fields: Any) -> Outcome:
    return run(provider.submit(work(prompt="p", **fields)), [reply])[0]


def poll(reply: Any, kind: Kind = Kind.VIDEO) -> Outcome:
    return run(provider.poll(work(kind, ref="4-AigcVideo-1", prompt="p")), [reply])[0]


# What is sent.


def test_a_create_and_its_call() -> None:
    outcome, effects = run(provider.submit(work(prompt="猫", duration=5.0)), [TOLD["created"]])
    (call,) = calls(effects)
    assert (call.method, call.url, call.pace) == ("POST", "https://mps.tencentcloudapi.com/", "create:video")
    assert dict(call.headers) == {
        "X-TC-Action": "CreateAigcVideoTask",
        "X-TC-Version": "2019-06-12",
        "X-TC-Region": "ap-beijing",
        "X-TC-Language": "en-US",
    }
    assert json.loads(call.body) == {
        "ModelName": "Kling",
        "ModelVersion": "2.5",
        "Prompt": "猫",
        "Duration": 5,
    }
    assert isinstance(outcome, Accepted)
    assert outcome.upstream_ref == TOLD["created"]["Response"]["TaskId"]
    assert outcome.notes == {"request_id": TOLD["created"]["Response"]["RequestId"]}


@pytest.mark.parametrize("token", ["", "temporary"])
def test_what_is_sent_is_signed(token: str) -> None:
    _, effects = run(provider.submit(work(prompt="p")), [TOLD["created"]])
    credential = {"secret_id": "AKID1", "secret_key": "k"} | ({"token": token} if token else {})
    signed = provider.authorize(calls(effects)[0], credential, 1_785_000_000)
    headers = {name.lower(): value for name, value in signed.headers}
    request = SignedRequest("POST", "/", "", headers, signed.body)
    claim = parse_authorization(request)
    assert claim.secret_id == "AKID1"
    verify(request, claim, "k", now=1_785_000_000, accepted_hosts=())
    assert headers["host"] == "mps.tencentcloudapi.com"
    assert headers["x-tc-region"] == "ap-beijing"
    assert headers.get("x-tc-token", "") == token


def test_the_port_of_an_endpoint_is_signed() -> None:
    account = Account("a", "mps", "http://127.0.0.1:18080/", options=provider.options({"region": ""}))
    _, effects = run(provider.probe(account), [TOLD["no_such_task"]])
    signed = provider.authorize(calls(effects)[0], {"secret_id": "i", "secret_key": "k"}, 1)
    assert signed.url == "http://127.0.0.1:18080/"
    assert dict(signed.headers)["Host"] == "127.0.0.1:18080"
    assert "X-TC-Region" not in dict(signed.headers)


def test_pictures_are_staged_within_the_limits_of_the_platform() -> None:
    references = (Reference(role=Role.FIRST_FRAME, source="sha256:aa"),)
    subjects = (Subject(id="1", images=(Reference(role=Role.SUBJECT, source="sha256:bb"),)),)
    flow = provider.submit(work(inputs=2, prompt="p", references=references, subjects=subjects))
    replies = [StagedInput(URL), StagedInput(f"{URL}?2", "scaled to 5000x5000"), TOLD["created"]]
    outcome, effects = run(flow, replies)
    assert effects[:2] == [StageInput(n, PICTURES[Kind.VIDEO]) for n in (0, 1)]
    body = sent(effects)[1]
    assert (body["ImageUrl"], body["SubjectInfos"][0]["ImageUrls"]) == (URL, [f"{URL}?2"])
    assert isinstance(outcome, Accepted)
    assert outcome.notes["inputs"] == ["scaled to 5000x5000"]


def film(n: int) -> InputFacts:
    return InputFacts(n, "base_video", f"tasks/ab/{n}.mp4", "00" * 32, 1280, 720, "video/mp4", source="task")


def test_a_film_that_we_hold_is_staged_as_it_is_and_a_foreign_one_is_passed_on() -> None:
    references = (
        Reference(role=Role.FEATURE_VIDEO, source="https://films.example/a.mp4", medium=Medium.VIDEO),
        Reference(role=Role.BASE_VIDEO, source=f"task:{'ab' * 16}", medium=Medium.VIDEO),
    )
    held = replace(work(prompt="p", references=references), inputs=(film(1),))
    _, effects = run(provider.submit(held), [StagedInput(URL), TOLD["created"]])
    assert effects[0] == StageInput(1, ANY_PICTURE)
    assert [info["VideoUrl"] for info in sent(effects)[1]["VideoInfos"]] == [
        "https://films.example/a.mp4",
        URL,
    ]
    outcome, effects = run(provider.submit(held), [StagedInput("")])
    assert isinstance(outcome, Refused)
    assert calls(effects) == []


def test_a_picture_without_a_url_is_refused_before_anything_is_sent() -> None:
    references = (Reference(role=Role.FIRST_FRAME, source="sha256:aa"),)
    outcome, effects = run(
        provider.submit(work(inputs=1, prompt="p", references=references)), [StagedInput("")]
    )
    assert calls(effects) == []
    assert isinstance(outcome, Refused)
    assert outcome.error_class is ErrorClass.INVALID
    assert "public_url" in outcome.message
    assert "public_url" in outcome.message_zh


@pytest.mark.parametrize(("wire", "operator"), [("mps", "ops"), ("vod", None), ("rest", None)])
def test_of_the_callers_own_words_only_the_operator_goes_along(wire: str, operator: str | None) -> None:
    cos = {"CosBucketName": "theirs-1", "CosBucketRegion": "ap-guangzhou"}
    extra = {"Operator": "ops", "StoreCosParam": cos, "output": {"bucket": "x"}, "permanent": True}
    _, effects = run(provider.submit(work(prompt="p", wire=wire, extra=extra)), [TOLD["created"]])
    body = sent(effects)[1]
    assert body.get("Operator") == operator
    assert body.keys() <= {"ModelName", "ModelVersion", "Prompt", "Operator"}


def test_the_channels_name_of_the_model_is_sent() -> None:
    renamed = Account("a", "mps", ACCOUNT.endpoint, model=ModelRef("Kling", "O1"))
    one = work(prompt="p")
    flow = provider.submit(Work(one.task_id, 1, "k", one.spec, (), None, DEFAULTS, renamed))
    assert sent(run(flow, [TOLD["created"]])[1])[1]["ModelVersion"] == "O1"


def test_a_poll_asks_for_the_task() -> None:
    for kind, action in ((Kind.VIDEO, "DescribeAigcVideoTask"), (Kind.IMAGE, "DescribeAigcImageTask")):
        _, effects = run(provider.poll(work(kind, ref="2147483790")), [TOLD[f"running_{kind}"]])
        assert sent(effects) == (action, {"TaskId": "2147483790"})
        assert calls(effects)[0].pace == f"describe:{kind}"


# A film's size.


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": (1280, 720)}, ("720P", "16:9")),
        ({"size": (1080, 1920)}, ("1080P", "9:16")),
        ({"size": (1280, 720), "resolution": "720P"}, ("720P", "16:9")),
        ({"size": (1366, 768)}, ("768P", "16:9")),
    ],
)
def test_a_size_that_words_stand_for_is_said_in_words(fields: dict[str, Any], words: tuple[str, str]) -> None:
    spec = work(prompt="p", **fields).spec
    assert provider.unsaid(spec) == ()
    assert provider.serves(spec)
    _, effects = run(provider.submit(work(prompt="p", **fields)), [TOLD["created"]])
    extra = sent(effects)[1]["ExtraParameters"]
    assert (extra["Resolution"], extra["AspectRatio"]) == words


@pytest.mark.parametrize(
    "fields",
    [
        {"size": (1281, 720)},
        {"size": (1280, 720), "resolution": "1080P"},
        {"size": (1280, 720), "aspect_ratio": "9:16"},
        {"size": (1024, 1024)},  # 1K is no resolution of films
    ],
)
def test_any_other_size_is_not_served(fields: dict[str, Any]) -> None:
    spec = work(prompt="p", **fields).spec
    assert provider.unsaid(spec) == ("size",)
    assert not provider.serves(spec)


SIZES = sorted({size for row in frame_table().values() for size in row.values()})


@given(
    st.sampled_from(SIZES) | st.tuples(st.integers(1, 4000), st.integers(1, 4000)),
    st.sampled_from([None, *frame_table()]),
    st.sampled_from([None, "16:9", "9:16", "1:1"]),
)
def test_saying_a_size_in_words_changes_no_meaning(
    size: tuple[int, int], resolution: str | None, ratio: str | None
) -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, size=size, resolution=resolution, aspect_ratio=ratio)
    said = with_size_in_words(spec)
    if said == spec:
        return
    assert said.size is None
    assert said.resolution is not None
    assert said.aspect_ratio is not None
    assert resolution in (None, said.resolution)
    assert ratio in (None, said.aspect_ratio)
    assert frame_table()[said.resolution][said.aspect_ratio] == size
    action, body, unsaid = mps.render_create(said, {})
    assert (mps.parse_create(action, body).spec, unsaid) == (said, ())


PLAIN = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1)},
    optional={
        "negative_prompt": st.text(min_size=1),
        "enhance_prompt": st.booleans(),
        "duration": st.sampled_from([0.5, 1.0, 5.0, 10.0]),
        "resolution": st.sampled_from(["540P", "720P", "4K"]),
        "aspect_ratio": st.sampled_from(["16:9", "1:1"]),
        "size": st.sampled_from([(1280, 720), (720, 720), (1281, 720)]),
        "audio": st.booleans(),
        "count": st.integers(-1, 9),
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
    read = read_body(json.dumps(body).encode(), mps.request_schema(action))
    assert mps.parse_create(action, read).spec == with_size_in_words(one.spec)


def test_a_picture_says_its_size_exactly() -> None:
    assert provider.serves(work(Kind.IMAGE, prompt="p", size=(1001, 777)).spec)


def test_a_stated_seed_is_not_served() -> None:
    assert provider.unsaid(work(prompt="p", seed=7).spec) == ("seed",)
    assert not provider.serves(work(prompt="p", seed=7).spec)


# The answer to a create.


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AuthFailure.SignatureFailure", ErrorClass.AUTH),
        ("UnauthorizedOperation", ErrorClass.AUTH),
        ("FailedOperation.InvalidMpsUser", ErrorClass.AUTH),
        ("InvalidParameterValue.UserUnRegister", ErrorClass.AUTH),
        ("InvalidAction", ErrorClass.AUTH),
        ("FailedOperation.UserArrears", ErrorClass.QUOTA),
        ("ResourceUnavailable.InArrears", ErrorClass.QUOTA),
        ("LimitExceeded", ErrorClass.QUOTA),
        ("LimitExceeded.CreateTask", ErrorClass.CONCURRENCY),
        ("RequestLimitExceeded", ErrorClass.RATE),
        ("RequestLimitExceeded.UinLimitExceeded", ErrorClass.RATE),
        ("ResourceInsufficient", ErrorClass.CAPACITY),
        ("InvalidParameter.ViolationContent", ErrorClass.CONTENT),
        ("InvalidParameter.ModelNotSupported", ErrorClass.INVALID),
        ("InvalidParameterValue", ErrorClass.INVALID),
        ("MissingParameter", ErrorClass.INVALID),
        ("UnknownParameter", ErrorClass.INVALID),
        ("ResourceNotFound.DownloadError", ErrorClass.INVALID),
    ],
)
def test_a_code_that_proves_a_refusal(code: str, expected: ErrorClass) -> None:
    outcome = submit(failure(code))
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.code, outcome.request_id) == (expected, code, "r-1")
    assert "said why" in outcome.message


@pytest.mark.parametrize(
    "reply",
    [
        failure("InternalError"),
        failure("InternalError.AccessDBError"),
        failure("FailedOperation"),
        failure("FailedOperation.CreateAIGCTaskFailed"),
        failure("FailedOperation.NetWorkError"),
        failure("ServiceUnavailable"),
        failure("ResponseSizeLimitExceeded"),
        failure("SomethingNew.OfTomorrow"),
        failure(""),
        http(failure("InvalidParameter"), 502),
        http(TOLD["created"], 500),
        http(b"<html>Bad gateway</html>", 502),
        http(b"<html>Not found</html>", 404),
        http(b"", 200),
        http(b'{"Response":{"TaskId":"4-Aigc', 200),
        {"Response": {"RequestId": "r"}},
        {"Response": {"RequestId": "r", "TaskId": ""}},
        {"Response": {"RequestId": "r", "TaskId": 7}},
        {"Response": {"Error": "oh", "RequestId": "r"}},
        {"response": {}},
        http(b"[" * 100_000),
    ],
)
def test_without_proof_of_a_refusal_the_task_may_exist(reply: Any) -> None:
    assert isinstance(submit(reply), Ambiguous)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["Response", "Error", "TaskId", "x"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from([200, 404, 500]),
)
def test_no_garbage_is_taken_for_a_refusal(body: bytes, status: int) -> None:
    outcome = submit(http(body, status))
    assert isinstance(outcome, (Accepted, Ambiguous))
    if isinstance(outcome, Accepted):
        assert outcome.upstream_ref == json.loads(body)["Response"]["TaskId"]


def test_too_many_calls_say_when_to_come_back() -> None:
    outcome = submit(http(b"slow down", 429, retry_after="7"))
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.retry_after_seconds) == (ErrorClass.RATE, 7.0)
    outcome = submit(ERRORS["rate"])
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, outcome.retry_after_seconds) == (ErrorClass.RATE, None)
    outcome = submit(http(ERRORS["rate"], 429, retry_after="Wed, 05 Aug 2026 03:15:40 GMT"))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retry_after_seconds) == ("RequestLimitExceeded", None)


def test_an_unclear_answer_names_the_request_for_the_platforms_support() -> None:
    outcome = submit(failure("InternalError", "oops", "b5b4"))
    assert isinstance(outcome, Ambiguous)
    assert "InternalError: oops (RequestId b5b4)" in outcome.message


def test_an_older_task_id_is_as_good() -> None:
    outcome = submit(TOLD["created_before"])
    assert isinstance(outcome, Accepted)
    assert outcome.upstream_ref == "2147483790"


def test_every_code_of_the_sdk_is_decided() -> None:
    for codes in (mps_codes, vod_codes):
        listed = [value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)]
        assert len(listed) > 100
        for code in listed:
            assert (error_class(code) is not None) or family(code) in UNDECIDED, code


def test_no_family_is_both_proof_and_no_proof() -> None:
    assert not UNDECIDED.keys() & CALL_ERRORS.keys()
    assert all(error_class(f"{name}.Anything") is None for name in UNDECIDED)


# The answer to a poll.


def test_every_status_of_the_platform() -> None:
    assert poll(TOLD["waiting_video"]) == Pending(status="WAIT")
    assert poll(TOLD["running_video"]) == Pending(status="RUN")
    assert poll(TOLD["running_image"], Kind.IMAGE) == Pending(status="RUN")
    (url,) = TOLD["finished_video"]["Response"]["VideoUrls"]
    assert poll(TOLD["finished_video"]) == Finished((Output(url=url),), {"resolution": "1920x1088"})
    urls = TOLD["finished_image"]["Response"]["ImageUrls"]
    expected = Finished(tuple(Output(url=url) for url in urls))
    assert poll(TOLD["finished_image"], Kind.IMAGE) == expected
    message = TOLD["failed_video"]["Response"]["Message"]
    assert poll(TOLD["failed_video"]) == Refused(ErrorClass.INTERNAL, "FAIL", message)


def status(word: str, **fields: Any) -> dict[str, Any]:
    return {"Response": {"Status": word, "VideoUrls": [], "Message": "", "RequestId": "r"} | fields}


def test_a_status_that_says_nothing_of_the_task() -> None:
    assert poll(status("DONE")) == Puzzling("the task is DONE without a URL")
    assert poll(status("PAUSED")) == Puzzling("the task has the unknown status PAUSED")
    assert isinstance(poll({"Response": {"RequestId": "r"}}), Puzzling)
    assert isinstance(poll(status("")), Puzzling)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("InvalidParameter.ViolationContent", ErrorClass.CONTENT),
        ("The prompt contains sensitive words", ErrorClass.CONTENT),
        ("输入内容违规", ErrorClass.CONTENT),
        ("task failed with status: FAIL, message: blocked by content policy", ErrorClass.CONTENT),
        ("RequestLimitExceeded", ErrorClass.CAPACITY),
        ("the queue is full, try later", ErrorClass.CAPACITY),
        ("资源不足，请稍后重试", ErrorClass.CAPACITY),
        ("duration 10 is not supported with 1080P", ErrorClass.INVALID),
        ("该模型不支持尾帧", ErrorClass.INVALID),
        ("task failed with status: FAIL, message: image_url is required", ErrorClass.INTERNAL),
        ("", ErrorClass.INTERNAL),
    ],
)
def test_the_words_of_a_failure(message: str, expected: ErrorClass) -> None:
    assert failure_class(message) is expected
    outcome = poll(status("FAIL", Message=message))
    assert outcome == Refused(expected, "FAIL", message)


@pytest.mark.parametrize(
    "reply",
    [
        failure("InternalError"),
        failure("FailedOperation.QueryAIGCTaskFailed"),
        failure("InvalidParameter"),
        failure("ResourceNotFound.Person"),
        http(TOLD["finished_video"], 503),
        http(b"<html>", 502),
        http(b"", 200),
        {"Response": None},
    ],
)
def test_a_poll_that_failed_says_nothing_of_the_task(reply: Any) -> None:
    assert isinstance(poll(reply), Puzzling)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (ERRORS["rate"], ErrorClass.RATE),
        (http(b"", 429, retry_after="3"), ErrorClass.RATE),
        (ERRORS["secret_id"], ErrorClass.AUTH),
        (failure("FailedOperation.UserArrears"), ErrorClass.QUOTA),
    ],
)
def test_a_poll_that_is_refused_says_something_of_the_channel(reply: Any, expected: ErrorClass) -> None:
    outcome = poll(reply)
    assert isinstance(outcome, Refused)
    assert outcome.error_class is expected


@pytest.mark.parametrize(
    "reply", [TOLD["no_such_task"], failure("ResourceNotFound"), failure("FailedOperation.TaskNotFound")]
)
def test_a_task_the_platform_does_not_know(reply: Any) -> None:
    assert isinstance(poll(reply), Forgotten)


# The channel.


def test_what_holds_for_every_channel() -> None:
    facts = provider.facts
    assert provider.recovery is Recovery.NEVER
    assert facts.rates == {"create:image": 20, "describe:image": 20, "create:video": 10, "describe:video": 50}
    assert facts.by_url == {Medium.IMAGE, Medium.VIDEO}
    assert (facts.learns, facts.result_hours) == (False, 12.0)
    assert SLOTS == facts.slots >= MPS_RATES["create:video"] * 240 + MPS_RATES["create:image"] * 180
    assert provider.endpoint(provider.options({})) == facts.endpoint == "https://mps.tencentcloudapi.com"
    intl = provider.options({"site": "intl"})
    assert provider.endpoint(intl) == "https://mps.intl.tencentcloudapi.com"
    assert intl == {"site": "intl", "region": "ap-guangzhou"}
    assert provider.watch(ACCOUNT, 0) is None
    assert provider.confirm(ACCOUNT, ("r",)) is None
    assert provider.cancel(work(prompt="p")) is None


@pytest.mark.parametrize(
    "said", [{"regoin": "x"}, {"site": "eu"}, {"site": None}, {"region": "Beijing\r\n"}, {"region": 5}]
)
def test_a_wrong_option_is_named(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(said))):
        provider.options(said)


@pytest.mark.parametrize(
    "reply",
    [
        TOLD["no_such_task"],
        TOLD["waiting_video"],
        failure("FailedOperation.QueryAIGCTaskFailed"),
        failure("InvalidParameterValue.TaskId"),
    ],
)
def test_a_probe_that_proves_the_key(reply: Any) -> None:
    outcome, effects = run(provider.probe(ACCOUNT), [reply])
    assert isinstance(outcome, Healthy)
    assert sent(effects) == ("DescribeAigcVideoTask", {"TaskId": "4-AigcVideo-" + "0" * 32})


@pytest.mark.parametrize(
    ("reply", "expected", "en", "zh"),
    [
        (ERRORS["secret_id"], ErrorClass.AUTH, "does not know this SecretId", "不存在该 SecretId"),
        (ERRORS["signature"], ErrorClass.AUTH, "does not belong to this SecretId", "不匹配"),
        (ERRORS["expired"], ErrorClass.AUTH, "clock of this machine", "时钟"),
        (failure("UnauthorizedOperation"), ErrorClass.AUTH, "may not call this action", "无权"),
        (failure("AuthFailure.NewToUs"), ErrorClass.AUTH, "refused this credential", "拒绝"),
        (failure("FailedOperation.InvalidMpsUser"), ErrorClass.AUTH, "not activated", "尚未开通"),
        (failure("FailedOperation.UserArrears"), ErrorClass.QUOTA, "arrears", "欠费"),
        (ERRORS["action"], ErrorClass.AUTH, "endpoint", "endpoint"),
        (failure("InternalError"), ErrorClass.TRANSIENT, "said why", ""),
        (http(b"<html>", 502), ErrorClass.TRANSIENT, "does not answer like the platform", "接入地址"),
        (http(b"<html>", 200), ErrorClass.TRANSIENT, "does not answer like the platform", "接入地址"),
        (ERRORS["rate"], ErrorClass.RATE, "frequency limit", ""),
    ],
)
def test_a_probe_that_fails_says_what_to_do(reply: Any, expected: ErrorClass, en: str, zh: str) -> None:
    outcome, _ = run(provider.probe(ACCOUNT), [reply])
    assert isinstance(outcome, Refused)
    assert outcome.error_class is expected
    assert en in outcome.message
    assert zh in outcome.message_zh


def test_a_wrong_clock_is_compared_with_the_platforms() -> None:
    reply = http(ERRORS["expired"], 200, date="Wed, 05 Aug 2026 03:15:40 GMT")
    outcome, _ = run(provider.probe(ACCOUNT), [reply])
    assert isinstance(outcome, Refused)
    assert "clock said: Wed, 05 Aug 2026 03:15:40 GMT" in outcome.message
    assert "Wed, 05 Aug 2026 03:15:40 GMT" in outcome.message_zh
