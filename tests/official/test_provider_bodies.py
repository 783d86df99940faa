"""What the Tencent providers send is, field for field, what the official SDK serialises for the same request.

The cases say in the platform's words what each of our specs must become; the SDK's own request model is
filled with those words, and its JSON is compared with the body of our call. Together with the fields that
are never sent, each with its reason, the cases name every field that the SDK's request structs have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tencentcloud.mps.v20190612 import models as mps_models
from tencentcloud.vod.v20180717 import models as vod_models
from tests.providers.driving import calls, http, run

from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role, Subject
from genmux.providers.mps import provider as mps_provider
from genmux.providers.seam import (
    Account,
    Flow,
    HttpCall,
    InputBytes,
    InputFacts,
    ModelDefaults,
    StagedInput,
    Work,
)
from genmux.providers.vod import provider as vod_provider
from genmux.wires.vod_rows import parse_time

APP = 1500044236
KEY = "0123456789abcdef0123456789abcdef-1"
URL = "https://files.example/a.png"
FILM = "https://files.example/a.mp4"
SOUND = "https://files.example/a.mp3"
PNG = b"\x89PNG\r\n\x1a\n"
BASE64 = "iVBORw0KGgo="
NOW = parse_time("2026-08-05T03:15:40Z", "")
MODELS = {"mps": mps_models, "vod": vod_models}
PROVIDERS = {"mps": mps_provider, "vod": vod_provider}
ACCOUNTS = {
    "mps": Account("a", "mps", options=mps_provider.options({})),
    "vod": Account("a", "vod", options=vod_provider.options({"sub_app_id": APP})),
}
OURS_ALONE = Account("a", "vod", options=ACCOUNTS["vod"].options | {"events": "exclusive"})

MODEL = {"ModelName": "Kling", "ModelVersion": "2.5"}
ALWAYS: dict[str, dict[str, Any]] = {
    "mps": {**MODEL, "Prompt": "猫 & cat"},
    "vod": {
        **MODEL,
        "Prompt": "猫 & cat",
        "SubAppId": APP,
        "SessionId": KEY,
        "OutputConfig": {"StorageMode": "Temporary"},
    },
}


@dataclass(frozen=True)
class Case:
    """A spec, and what the platform's words for it are beside those that are always said."""

    spec: dict[str, Any]
    words: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    staged: bool = True


def picture(role: Role, **said: Any) -> Reference:
    return Reference(role=role, source=URL, **said)


def film(role: Role, **said: Any) -> Reference:
    return Reference(role=role, source=FILM, medium=Medium.VIDEO, **said)


SUBJECT = Subject(
    id="i",
    name="n",
    voice_id="v",
    images=(Reference(role=Role.SUBJECT, source=URL),),
    videos=(Reference(role=Role.SUBJECT, source=FILM, medium=Medium.VIDEO),),
)
SUBJECT_WORDS = {"Id": "i", "Name": "n", "VoiceId": "v", "ImageUrls": [URL], "VideoUrls": [FILM]}
AUDIO = Reference(role=Role.AUDIO, source=SOUND, medium=Medium.AUDIO)

MPS_BOTH = (
    Case({}, {}),
    Case({"negative_prompt": "red"}, {"NegativePrompt": "red"}),
    Case({"enhance_prompt": False}, {"EnhancePrompt": False}),
    Case({"scene": "s"}, {"SceneType": "s"}),
    Case({"resolution": "720P"}, {"ExtraParameters": {"Resolution": "720P"}}),
    Case({"aspect_ratio": "16:9"}, {"ExtraParameters": {"AspectRatio": "16:9"}}),
    Case({"watermark": False}, {"ExtraParameters": {"LogoAdd": 0}}),
    Case({"options": {"camera": "pan"}}, {"AdditionalParameters": '{"camera":"pan"}'}),
    Case({}, {"Operator": "ops"}, extra={"Operator": "ops"}),
    Case(
        {"references": (picture(Role.SUBJECT, subject_id="hero"), picture(Role.REFERENCE))},
        {"ImageInfos": [{"ImageUrl": URL, "ReferenceType": "hero"}, {"ImageUrl": URL}]},
    ),
)
MPS_IMAGE = (
    *MPS_BOTH,
    Case({"count": 2}, {"OutputImageCount": 2}),
    Case({"output_format": "jpeg"}, {"ExtraParameters": {"OutputFormat": "jpeg"}}),
    Case({"size": (1024, 768)}, {"AdditionalParameters": '{"size":"1024x768"}'}),
)
MPS_VIDEO = (
    *MPS_BOTH,
    Case({"duration": 5.0}, {"Duration": 5}),
    Case({"audio": True}, {"ExtraParameters": {"EnableAudio": True}}),
    Case({"background_music": True}, {"ExtraParameters": {"EnableBgm": True}}),
    Case({"off_peak": True}, {"ExtraParameters": {"OffPeak": True}}),
    Case({"size": (1280, 720)}, {"ExtraParameters": {"Resolution": "720P", "AspectRatio": "16:9"}}),
    Case(
        {"references": (picture(Role.FIRST_FRAME), picture(Role.LAST_FRAME))},
        {"ImageUrl": URL, "LastImageUrl": URL},
    ),
    Case(
        {"references": (film(Role.FEATURE_VIDEO, keep_sound=True), AUDIO)},
        {
            "VideoInfos": [{"VideoUrl": FILM, "ReferType": "feature", "KeepOriginalSound": "yes"}],
            "AudioInfos": [{"AudioUrl": SOUND}],
        },
    ),
    Case({"subjects": (SUBJECT,)}, {"SubjectInfos": [SUBJECT_WORDS]}),
)


def config(**words: Any) -> dict[str, Any]:
    return {"OutputConfig": {"StorageMode": "Temporary", **words}}


def passed(**words: Any) -> Case:
    """Return the case of words that go along from a request of the same wire."""
    return Case({}, words, extra=words)


def passed_config(**words: Any) -> Case:
    return Case({}, config(**words), extra={"OutputConfig": words})


VOD_BOTH = (
    Case({}, {}),
    Case({"negative_prompt": "red"}, {"NegativePrompt": "red"}),
    Case({"enhance_prompt": True}, {"EnhancePrompt": "Enabled"}),
    Case({"scene": "s"}, {"SceneType": "s"}),
    Case({"seed": 0}, {"Seed": 0}),
    Case({"resolution": "1080P"}, config(Resolution="1080P")),
    Case({"aspect_ratio": "9:16"}, config(AspectRatio="9:16")),
    Case({"watermark": True}, config(LogoAdd="Enabled")),
    Case(
        {"options": {"camera": "pan"}},
        {"ExtInfo": json.dumps({"AdditionalParameters": '{"camera":"pan"}'}, separators=(",", ":"))},
    ),
    passed(InputRegion="Oversea"),
    passed(SessionContext="context"),
    passed(TasksPriority=-3),
    passed_config(MediaName="name", ClassId=5, PersonGeneration="Disallowed"),
    passed_config(InputComplianceCheck="Disabled", OutputComplianceCheck="Enabled"),
)
VOD_IMAGE = (
    *VOD_BOTH,
    Case({"count": 2}, config(OutputImageCount=2)),
    Case({"output_format": "png"}, config(OutputFormat="png")),
    Case(
        {"size": (1024, 768)},
        {"ExtInfo": json.dumps({"AdditionalParameters": '{"size":"1024x768"}'}, separators=(",", ":"))},
    ),
    Case(
        {"references": (picture(Role.SUBJECT, subject_id="mask", text="sky"),)},
        {"FileInfos": [{"Type": "Url", "Url": URL, "ReferenceType": "mask", "Text": "sky"}]},
    ),
    Case(
        {"references": (picture(Role.REFERENCE),)},
        {"FileInfos": [{"Type": "Base64", "Base64": BASE64}]},
        staged=False,
    ),
)
VOD_VIDEO = (
    *VOD_BOTH,
    passed(Procedure="transcode"),
    passed_config(EnhanceSwitch="Enabled", FrameInterpolate="Disabled"),
    Case({"duration": 5.0}, config(Duration=5.0)),
    Case({"audio": False}, config(AudioGeneration="Disabled")),
    Case({"background_music": True}, config(EnableBGM="Enabled")),
    Case({"off_peak": True}, config(OffPeak="Enabled")),
    Case({"size": (720, 1280)}, config(Resolution="720P", AspectRatio="9:16")),
    Case(
        {"references": (picture(Role.FIRST_FRAME), picture(Role.LAST_FRAME))},
        {"FileInfos": [{"Type": "Url", "Url": URL, "Usage": u} for u in ("FirstFrame", "LastFrame")]},
    ),
    Case(
        {"references": (picture(Role.SUBJECT, subject_id="hero", text="cat"),)},
        {
            "FileInfos": [
                {
                    **{"Type": "Url", "Url": URL, "ObjectId": "hero"},
                    **{"Usage": "Reference", "Text": "cat", "VoiceId": "v"},
                }
            ]
        },
        extra={"FileInfos": [{"VoiceId": "v"}]},
    ),
    Case(
        {"references": (film(Role.BASE_VIDEO, keep_sound=False), AUDIO)},
        {
            "FileInfos": [
                {
                    **{"Type": "Url", "Category": "Video", "Url": FILM},
                    **{"ReferenceType": "base", "KeepOriginalSound": "Disabled"},
                },
                {"Type": "Url", "Category": "Audio", "Url": SOUND},
            ]
        },
    ),
    Case(
        {"references": (picture(Role.FIRST_FRAME),)},
        {"FileInfos": [{"Type": "Base64", "Base64": BASE64, "Usage": "FirstFrame"}]},
        staged=False,
    ),
    Case({"subjects": (SUBJECT,)}, {"SubjectInfos": [SUBJECT_WORDS]}),
)

COS = "results are stored by us, with the operator's own credential"
FILE = "a file of the caller's application is none of the channel's"
NOT_SENT_MPS = dict.fromkeys(
    (f"StoreCosParam.{name}" for name in ("CosBucketName", "CosBucketRegion", "CosBucketPath")), COS
)
NOT_SENT_VOD = {
    "FileInfos.N.FileId": FILE,
    "OutputConfig.ExpireTime": "could take the result away before it is fetched",
}
LAST_FRAME = "said as an item of FileInfos with the Usage LastFrame"

CASES: dict[tuple[str, str], tuple[tuple[Case, ...], dict[str, str]]] = {
    ("mps", "CreateAigcImageTask"): (MPS_IMAGE, NOT_SENT_MPS),
    ("mps", "CreateAigcVideoTask"): (MPS_VIDEO, NOT_SENT_MPS),
    ("vod", "CreateAigcImageTask"): (VOD_IMAGE, NOT_SENT_VOD),
    ("vod", "CreateAigcVideoTask"): (
        VOD_VIDEO,
        NOT_SENT_VOD | {"LastFrameUrl": LAST_FRAME, "LastFrameFileId": FILE},
    ),
}


# The SDK's half.


def fields_of(models: Any, struct: str) -> set[str]:
    """Return the paths of all fields that a struct of the SDK can say; list items are spelt `N`."""
    cls = getattr(models, struct)
    paths: set[str] = set()
    for name in (attribute.removeprefix("_") for attribute in vars(cls())):
        of_type = re.search(r":rtype: (list of )?(?::class:`[\w.]*?)?(\w+)`?\s*$", getattr(cls, name).__doc__)
        assert of_type is not None
        path = f"{name}.N" if of_type[1] else name
        inner = of_type[2]
        nested = fields_of(models, inner) if hasattr(models, inner) else {""}
        paths |= {f"{path}.{one}".removesuffix(".") for one in nested}
    return paths


def paths_of(value: Any, path: str = "") -> set[str]:
    """Return the paths of everything that a body says."""
    if isinstance(value, dict):
        return {found for name, item in value.items() for found in paths_of(item, f"{path}.{name}")}
    if isinstance(value, list):
        return {found for item in value for found in paths_of(item, f"{path}.N")}
    return {path.removeprefix(".")}


def serialised(service: str, action: str, words: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON that the SDK sends for `words`; one that it does not know is a warning, so an error."""
    request = getattr(MODELS[service], f"{action}Request")()
    request.from_json_string(json.dumps(words))
    said: dict[str, Any] = without_nulls(json.loads(request.to_json_string()))
    return said


def without_nulls(value: Any) -> Any:
    """Return what goes out: the SDK's client leaves out what was not set."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


# Ours.


def work(service: str, case: Case, kind: Kind, **said: Any) -> Work:
    spec = GenerationSpec(kind=kind, model=ModelRef("Kling", "2.5"), prompt="猫 & cat", **case.spec)
    pictures = [r for r in spec.all_references() if r.medium is Medium.IMAGE]
    facts = tuple(InputFacts(n, r.role, "k", "", 8, 8, "image/png") for n, r in enumerate(pictures))
    defaults = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
    account = ACCOUNTS[service]
    ref = said.get("ref")
    return Work(bytes(16), 1, KEY, spec, facts, ref, defaults, account, service, case.extra, NOW)


def call_of(flow: Flow | None, inputs: int = 0, *, staged: bool = True) -> tuple[str, dict[str, Any]]:
    """Return the action and body of a flow's only call."""
    source = [StagedInput(URL)] if staged else [StagedInput("")]
    by_value = [] if staged else [InputBytes(PNG, "image/png")] * inputs
    _, effects = run(flow, [*(source * inputs), *by_value, http(b"")])
    (call,) = calls(effects)
    return said_by(call)


def said_by(call: HttpCall) -> tuple[str, dict[str, Any]]:
    return dict(call.headers)["X-TC-Action"], json.loads(call.body)


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return both, group by group."""
    groups = {n: one[n] | other[n] for n in one if isinstance(one[n], dict) and n in other}
    return one | other | groups


LISTED = [
    pytest.param(service, action, case, id=f"{service}-{action}-{n}")
    for (service, action), (cases, _) in CASES.items()
    for n, case in enumerate(cases)
]


@pytest.mark.parametrize(("service", "action", "case"), LISTED)
def test_a_create_is_what_the_sdk_serialises(service: str, action: str, case: Case) -> None:
    kind = Kind.IMAGE if "Image" in action else Kind.VIDEO
    one = work(service, case, kind)
    assert PROVIDERS[service].serves(one.spec)
    said = call_of(PROVIDERS[service].submit(one), len(one.inputs), staged=case.staged)
    words = merged(ALWAYS[service], case.words)
    assert said == (action, serialised(service, action, words))
    assert said[1] == words


@pytest.mark.parametrize(("service", "action"), CASES)
def test_everything_at_once_is_what_the_sdk_serialises(service: str, action: str) -> None:
    """Take all cases that do not contradict each other: the first to say a field says it."""
    kind = Kind.IMAGE if "Image" in action else Kind.VIDEO
    spec: dict[str, Any] = {}
    words, extra = ALWAYS[service], dict[str, Any]()
    for case in CASES[service, action][0]:
        clash = paths_of(case.words) & paths_of(words) - paths_of(ALWAYS[service])
        if case.staged and not clash and not spec.keys() & case.spec.keys():
            spec |= case.spec
            words, extra = merged(words, case.words), merged(extra, case.extra)
    one = work(service, Case(spec, words, extra), kind)
    said = call_of(PROVIDERS[service].submit(one), len(one.inputs))
    assert said == (action, serialised(service, action, words))
    assert len(paths_of(said[1])) >= 15


@pytest.mark.parametrize(("service", "action"), CASES)
def test_every_field_of_the_sdk_is_sent_or_has_a_reason_not_to_be(service: str, action: str) -> None:
    cases, not_sent = CASES[service, action]
    sent = {path for case in cases for path in paths_of(merged(ALWAYS[service], case.words))}
    known = fields_of(MODELS[service], f"{action}Request")
    assert not sent & not_sent.keys()
    assert sent | not_sent.keys() >= known, f"neither: {known - sent - not_sent.keys()}"
    assert sent | not_sent.keys() <= known, f"not the SDK's: {(sent | not_sent.keys()) - known}"


# What is asked afterwards.

PLAIN = Case({}, {})
SINCE = NOW + 5_000

ASKED: dict[str, tuple[str, Callable[[], Flow | None], str, dict[str, Any], dict[str, str]]] = {
    "mps film": (
        "mps",
        lambda: mps_provider.poll(work("mps", PLAIN, Kind.VIDEO, ref="4-AigcVideo-1")),
        "DescribeAigcVideoTask",
        {"TaskId": "4-AigcVideo-1"},
        {},
    ),
    "mps picture": (
        "mps",
        lambda: mps_provider.poll(work("mps", PLAIN, Kind.IMAGE, ref="4-AigcImage-1")),
        "DescribeAigcImageTask",
        {"TaskId": "4-AigcImage-1"},
        {},
    ),
    "vod detail": (
        "vod",
        lambda: vod_provider.poll(work("vod", PLAIN, Kind.VIDEO, ref="1-AigcVideoTask-1t")),
        "DescribeTaskDetail",
        {"TaskId": "1-AigcVideoTask-1t", "SubAppId": APP},
        {},
    ),
    "vod lookup": (
        "vod",
        lambda: vod_provider.lookup(work("vod", PLAIN, Kind.VIDEO)),
        "DescribeTasks",
        {
            "SubAppId": APP,
            "CreateTime": {"After": "2026-08-05T03:13:40Z"},
            "Sort": {"Field": "CreateTime", "Order": "Asc"},
            "Limit": 100,
        },
        {
            "Status": "a lost task may have any",
            "FileId": "tasks are not found by file",
            "CreateTime.Before": "a key may have been sent again later",
            "FinishTime.After": "a lost task need not have ended",
            "FinishTime.Before": "a lost task need not have ended",
            "ScrollToken": "only on later pages",
        },
    ),
    "vod list": (
        "vod",
        lambda: vod_provider.watch(ACCOUNTS["vod"], SINCE),
        "DescribeTasks",
        {
            "SubAppId": APP,
            "Status": "FINISH",
            "FinishTime": {"After": "2026-08-05T03:15:40Z"},
            "Sort": {"Field": "FinishTime", "Order": "Asc"},
            "Limit": 100,
        },
        {
            "FileId": "tasks are not found by file",
            "CreateTime.After": "a task may have been created at any time",
            "CreateTime.Before": "a task may have been created at any time",
            "FinishTime.Before": "everything up to now is wanted",
            "ScrollToken": "only on later pages",
        },
    ),
    "vod pull": (
        "vod",
        lambda: vod_provider.watch(OURS_ALONE, SINCE),
        "PullEvents",
        {"SubAppId": APP},
        {"ExtInfo": "reserved by the platform"},
    ),
    "vod confirm": (
        "vod",
        lambda: vod_provider.confirm(OURS_ALONE, ("h1", "h2")),
        "ConfirmEvents",
        {"SubAppId": APP, "EventHandles": ["h1", "h2"]},
        {"ExtInfo": "reserved by the platform"},
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_afterwards_is_what_the_sdk_serialises(name: str) -> None:
    service, flow, action, words, not_sent = ASKED[name]
    said = call_of(flow())
    assert said == (action, serialised(service, action, words))
    assert paths_of(said[1]) | not_sent.keys() == fields_of(MODELS[service], f"{action}Request")
    assert not paths_of(said[1]) & not_sent.keys()


def test_a_later_page_is_asked_for_by_its_token() -> None:
    page = {"Response": {"TaskSet": [], "ScrollToken": "t", "RequestId": "r"}}
    _, effects = run(vod_provider.watch(ACCOUNTS["vod"], SINCE), [page, http(b"")])
    action, body = said_by(calls(effects)[1])
    assert body == serialised("vod", action, body)
    assert body["ScrollToken"] == "t"
