"""The VOD create wire, both directions: each is the other's inverse, and nothing is lost unnamed."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tencentcloud.vod.v20180717 import models

from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role, Subject
from genmux.wires import vod
from genmux.wires.results import url_source
from genmux.wires.tencent import WireError
from genmux.wires.tencent_schema import Array, Float, Integer, Struct, Type, read_body, read_flat
from genmux.wires.vod_inputs import same_reference, sniff

VIDEO, IMAGE = "CreateAigcVideoTask", "CreateAigcImageTask"
PUBLISHED = json.loads((Path(__file__).parent / "data" / "vod_published_requests.json").read_text("utf-8"))
NEEDED: dict[str, Any] = {"SubAppId": 1500, "ModelName": "Kling", "ModelVersion": "2.1"}
URL = "https://example.com/a.png"
APP = {"SubAppId": 1500}


def read(action: str, body: dict[str, Any]) -> dict[str, Any]:
    return read_body(json.dumps(body).encode(), vod.request_schema(action))


def parse(action: str, **body: Any) -> vod.ParsedCreate:
    return vod.parse_create(action, read(action, {**NEEDED, **body}))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


PNG = base64_of(b"\x89PNG\r\n\x1a\n" + bytes(40))


# Published requests.


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda vector: vector["source"])
def test_published_requests_are_read_and_said_again(vector: dict[str, Any]) -> None:
    action, body = vector["action"], vector["body"]
    sent = read(action, body)
    parsed = vod.parse_create(action, sent)
    assert vod.render_create(parsed.spec, parsed.extra) == (action, sent, ())


def test_the_published_first_and_last_frame() -> None:
    parsed = vod.parse_create(VIDEO, read(VIDEO, PUBLISHED[0]["body"]))
    assert parsed.spec == GenerationSpec(
        kind=Kind.VIDEO,
        model=ModelRef("GV", "3.1-fast"),
        prompt="generate a car",
        negative_prompt="red",
        enhance_prompt=True,
        references=(
            Reference(role=Role.FIRST_FRAME, source="file:251007502/3704211***509819"),
            Reference(role=Role.LAST_FRAME, source="file:251007502/3704211***509911"),
        ),
        aspect_ratio="9:16",
        audio=True,
    )
    assert (parsed.sub_app_id, parsed.session_id, parsed.priority, parsed.permanent) == (
        251007502,
        "mysession2",
        10,
        False,
    )
    assert parsed.extra["SessionContext"] == "mysessionContext"
    assert parsed.extra["ExtInfo"] == "myextinfo"
    assert [vod.reference_path(parsed, n) for n in (0, 1)] == ["FileInfos.0.FileId", "LastFrameFileId"]


def test_what_the_official_sdk_sends() -> None:
    request = models.CreateAigcVideoTaskRequest()
    request.SubAppId, request.ModelName, request.ModelVersion = 1500, "GV", "3.1"
    request.Prompt, request.Seed = "猫", 7
    request.OutputConfig = models.AigcVideoOutputConfig()
    request.OutputConfig.Duration = 5
    info = models.AigcVideoTaskInputFileInfo()
    info.Type, info.Url, info.Usage = "Url", URL, "Reference"
    request.FileInfos = [info]
    schema = vod.request_schema(VIDEO)
    sent = read_body(request.to_json_string().encode(), schema)
    assert read_flat([(k, str(v)) for k, v in flatten(sent)], schema) == sent
    spec = vod.parse_create(VIDEO, sent).spec
    assert (spec.model, spec.prompt, spec.duration, spec.seed) == (ModelRef("GV", "3.1"), "猫", 5.0, 7)
    assert spec.references == (Reference(role=Role.REFERENCE, source=URL),)


def flatten(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for name, item in value.items() for pair in flatten(item, f"{path}.{name}")]
    if isinstance(value, list):
        return [pair for n, item in enumerate(value) for pair in flatten(item, f"{path}.{n}")]
    return [(path[1:], value)]


# References.


def roles(*infos: dict[str, Any], action: str = VIDEO) -> list[tuple[str, str | None]]:
    found = parse(action, FileInfos=[{"Type": "Url", "Url": URL, **info} for info in infos]).spec.references
    return [(reference.role.value, reference.subject_id) for reference in found]


@pytest.mark.parametrize(
    ("infos", "expected"),
    [
        ([{}], [("first_frame", None)]),
        ([{"Usage": "FirstFrame"}], [("first_frame", None)]),
        ([{"Usage": "Reference"}], [("reference", None)]),
        ([{"ObjectId": "hero"}], [("subject", "hero")]),
        ([{"ObjectId": "hero", "Usage": "Reference", "VoiceId": "v"}], [("subject", "hero")]),
        ([{"ObjectId": "hero", "Usage": "FirstFrame"}], [("first_frame", None)]),
        ([{}, {}], [("reference", None), ("reference", None)]),
        ([{}, {"Usage": "LastFrame"}], [("first_frame", None), ("last_frame", None)]),
        ([{"Usage": "FirstFrame"}, {}], [("first_frame", None), ("reference", None)]),
        ([{"ReferenceType": "asset"}], [("asset", None)]),
        ([{"ReferenceType": "style", "Usage": "Reference"}], [("style", None)]),
        ([{"ReferenceType": "subject", "Text": "cat"}], [("subject", "subject")]),
        ([{"ReferenceType": "background"}], [("subject", "background")]),
        ([{"Category": "Video"}], [("base_video", None)]),
        ([{"Category": "Video", "ReferenceType": "feature"}], [("feature_video", None)]),
        ([{"Category": "Video", "Usage": "Reference"}], [("feature_video", None)]),
        ([{"Category": "Video", "ReferenceType": "base"}, {}], [("base_video", None), ("first_frame", None)]),
        ([{"Category": "Audio"}], [("audio", None)]),
    ],
)
def test_the_mode_of_each_item(infos: list[dict[str, Any]], expected: list[tuple[str, str | None]]) -> None:
    assert roles(*infos) == expected


def test_pictures_of_a_picture_are_references() -> None:
    assert roles({}, action=IMAGE) == [("reference", None)]
    assert roles({}, {"ReferenceType": "mask"}, action=IMAGE) == [("reference", None), ("subject", "mask")]


def test_every_way_to_send_a_file() -> None:
    parsed = parse(
        VIDEO,
        FileInfos=[
            {"Type": "File", "FileId": "123", "Usage": "FirstFrame"},
            {"Type": "Base64", "Base64": PNG, "Usage": "Reference", "Url": "ignored"},
            {"Url": URL, "Category": "Video", "KeepOriginalSound": "Enabled"},
        ],
        LastFrameUrl=URL,
        SubjectInfos=[{"Name": "n", "ImageUrls": [URL], "VideoUrls": [URL]}],
    )
    assert parsed.spec.references == (
        Reference(role=Role.FIRST_FRAME, source="file:1500/123"),
        Reference(role=Role.REFERENCE, source=f"data:image/png;base64,{PNG}"),
        Reference(role=Role.BASE_VIDEO, source=URL, medium=Medium.VIDEO, keep_sound=True),
        Reference(role=Role.LAST_FRAME, source=URL),
    )
    assert parsed.extra["FileInfos"] == [{}, {}, {"Type": "", "ReferenceType": ""}]
    assert [vod.reference_path(parsed, n) for n in range(6)] == [
        "FileInfos.0.FileId",
        "FileInfos.1.Base64",
        "FileInfos.2.Url",
        "LastFrameUrl",
        "SubjectInfos.0.ImageUrls.0",
        "SubjectInfos.0.VideoUrls.0",
    ]


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"RIFF....AVI LIST", "video/x-msvideo"),
        (b"....ftypisom....", "video/mp4"),
        (b"....ftypqt  ....", "video/quicktime"),
        (b"GIF89a..........", ""),
    ],
)
def test_bytes_tell_their_type(head: bytes, media_type: str) -> None:
    assert sniff(base64_of(head + bytes(30))) == media_type


def test_what_is_no_base64_has_no_type() -> None:
    assert sniff("猫") == sniff("!") == ""


# Plain fields.


def test_the_plain_fields_of_a_film() -> None:
    parsed = parse(
        VIDEO,
        SceneType="motion_control",
        Seed="7",
        TasksPriority="-10",
        Procedure="p",
        InputRegion="Oversea",
        SessionContext="c",
        OutputConfig={
            "StorageMode": "Permanent",
            "MediaName": "name",
            "ClassId": 3,
            "ExpireTime": "2027-01-01T00:00:00+08:00",
            "Duration": 5.5,
            "Resolution": "1080p",
            "AspectRatio": "16 : 9",
            "AudioGeneration": "Disabled",
            "EnhanceSwitch": "Enabled",
            "FrameInterpolate": "Disabled",
            "OffPeak": "Enabled",
            "LogoAdd": "Disabled",
            "EnableBGM": "Enabled",
        },
        ExtInfo=json.dumps({"AdditionalParameters": json.dumps({"size": "1x1", "a": [1]}), "other": 2}),
    )
    spec = parsed.spec
    assert (spec.scene, spec.seed, spec.duration) == ("motion_control", 7, 5.5)
    assert (spec.resolution, spec.aspect_ratio) == ("1080P", "16:9")
    assert (spec.audio, spec.off_peak, spec.watermark, spec.background_music) == (False, True, False, True)
    assert (spec.size, spec.options) == (None, {"size": "1x1", "a": [1]})
    assert (parsed.permanent, parsed.priority) == (True, -10)
    assert parsed.extra["OutputConfig"] == {
        "StorageMode": "Permanent",
        "MediaName": "name",
        "ClassId": 3,
        "ExpireTime": "2027-01-01T00:00:00+08:00",
        "Resolution": "1080p",
        "AspectRatio": "16 : 9",
        "EnhanceSwitch": "Enabled",
        "FrameInterpolate": "Disabled",
    }
    assert parsed.extra["Procedure"] == "p"


def test_the_plain_fields_of_a_picture() -> None:
    parsed = parse(
        IMAGE,
        EnhancePrompt="Disabled",
        OutputConfig={
            "OutputImageCount": 2,
            "OutputFormat": "png",
            "LogoAdd": "Enabled",
            "AspectRatio": "auto",
        },
        ExtInfo='{"AdditionalParameters":"{\\"size\\":\\"1024*768\\",\\"background\\":\\"transparent\\"}"}',
    )
    spec = parsed.spec
    assert (spec.count, spec.output_format, spec.watermark, spec.enhance_prompt) == (2, "png", True, False)
    assert (spec.size, spec.options, spec.aspect_ratio) == ((1024, 768), {"background": "transparent"}, None)
    assert parsed.extra["OutputConfig"] == {"AspectRatio": "auto"}


def test_empty_strings_and_zeros_say_nothing() -> None:
    parsed = parse(
        VIDEO,
        Prompt="",
        NegativePrompt="",
        EnhancePrompt="",
        FileInfos=[],
        SubjectInfos=[],
        LastFrameUrl="",
        LastFrameFileId="",
        InputRegion="",
        SessionId="",
        SessionContext="",
        TasksPriority=0,
        ExtInfo="",
        OutputConfig={"StorageMode": "", "ClassId": 0, "ExpireTime": "", "Duration": 0, "LogoAdd": ""},
    )
    assert parsed == vod.ParsedCreate(
        GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "2.1")), {"SubAppId": 1500}
    )
    assert parse(VIDEO, Seed=0).spec.seed == 0


DEEP = '{"a":' * 40 + "1" + "}" * 40
VALUE = "InvalidParameterValue"


def file(**info: Any) -> dict[str, Any]:
    return {"FileInfos": [{"Type": "Url", "Url": URL}, {"Type": "Url", "Url": URL, **info}]}


@pytest.mark.parametrize(
    ("action", "body", "code", "path"),
    [
        (VIDEO, {"SubAppId": None}, "MissingParameter", "SubAppId"),
        (VIDEO, {"SubAppId": 0}, f"{VALUE}.SubAppId", "SubAppId"),
        (VIDEO, {"SubAppId": 2**64 - 1}, f"{VALUE}.SubAppId", "SubAppId"),
        (VIDEO, {"SubAppId": -1}, "InvalidParameter", "SubAppId"),
        (IMAGE, {"ModelName": ""}, "MissingParameter", "ModelName"),
        (IMAGE, {"ModelVersion": None}, "MissingParameter", "ModelVersion"),
        (VIDEO, {"SessionId": "s" * 51}, f"{VALUE}.SessionIdTooLong", "SessionId"),
        (VIDEO, {"SessionContext": "s" * 1001}, f"{VALUE}.SessionContextTooLong", "SessionContext"),
        (VIDEO, {"TasksPriority": 11}, VALUE, "TasksPriority"),
        (VIDEO, {"TasksPriority": -11}, VALUE, "TasksPriority"),
        (VIDEO, {"EnhancePrompt": "on"}, VALUE, "EnhancePrompt"),
        (VIDEO, {"InputRegion": "Moon"}, VALUE, "InputRegion"),
        (VIDEO, {"OutputConfig": {"StorageMode": "Forever"}}, VALUE, "OutputConfig.StorageMode"),
        (VIDEO, {"OutputConfig": {"MediaName": "m" * 65}}, VALUE, "OutputConfig.MediaName"),
        (VIDEO, {"OutputConfig": {"ExpireTime": "tomorrow"}}, VALUE, "OutputConfig.ExpireTime"),
        (VIDEO, {"OutputConfig": {"ExpireTime": "2027-01-01T00:00:00"}}, VALUE, "OutputConfig.ExpireTime"),
        (VIDEO, {"OutputConfig": {"Duration": -1}}, VALUE, "OutputConfig.Duration"),
        (VIDEO, {"OutputConfig": {"Duration": 1e9}}, VALUE, "OutputConfig.Duration"),
        (VIDEO, {"OutputConfig": {"Duration": "long"}}, "InvalidParameter", "OutputConfig.Duration"),
        (VIDEO, {"OutputConfig": {"Resolution": "big"}}, VALUE, "OutputConfig.Resolution"),
        (VIDEO, {"OutputConfig": {"AspectRatio": "16x9"}}, VALUE, "OutputConfig.AspectRatio"),
        (VIDEO, {"OutputConfig": {"AudioGeneration": "true"}}, VALUE, "OutputConfig.AudioGeneration"),
        (VIDEO, {"OutputConfig": {"PersonGeneration": "x"}}, VALUE, "OutputConfig.PersonGeneration"),
        (
            VIDEO,
            {"OutputConfig": {"OutputImageCount": 1}},
            "UnknownParameter",
            "OutputConfig.OutputImageCount",
        ),
        (VIDEO, {"Colour": "red"}, "UnknownParameter", "Colour"),
        (VIDEO, {"FileInfos": [{}]}, "MissingParameter", "FileInfos.0.Type"),
        (VIDEO, {"FileInfos": [{"Url": URL, "FileId": "1"}]}, "MissingParameter", "FileInfos.0.Type"),
        (VIDEO, file(Type="Path"), VALUE, "FileInfos.1.Type"),
        (VIDEO, file(Type="File"), "MissingParameter", "FileInfos.1.FileId"),
        (VIDEO, file(Url=""), "MissingParameter", "FileInfos.1.Url"),
        (VIDEO, file(Url="ftp://a/b"), f"{VALUE}.Url", "FileInfos.1.Url"),
        (VIDEO, file(Url="data:image/png;base64,AAAA"), f"{VALUE}.Url", "FileInfos.1.Url"),
        (VIDEO, file(Type="Base64", Base64="data:image/png;base64,AA"), VALUE, "FileInfos.1.Base64"),
        (VIDEO, file(Category="Text"), VALUE, "FileInfos.1.Category"),
        (VIDEO, file(Usage="Middle"), VALUE, "FileInfos.1.Usage"),
        (VIDEO, file(Category="Video", ReferenceType="edit"), VALUE, "FileInfos.1.ReferenceType"),
        (VIDEO, file(Category="Video", KeepOriginalSound="yes"), VALUE, "FileInfos.1.KeepOriginalSound"),
        (
            VIDEO,
            {"FileInfos": [{"Url": URL, "Usage": "FirstFrame"}, {"Url": URL, "Usage": "FirstFrame"}]},
            VALUE,
            "FileInfos.1.Usage",
        ),
        (VIDEO, {"LastFrameUrl": "x"}, f"{VALUE}.Url", "LastFrameUrl"),
        (VIDEO, {"LastFrameUrl": URL, "LastFrameFileId": "1"}, VALUE, "LastFrameFileId"),
        (
            VIDEO,
            {"FileInfos": [{"Url": URL, "Usage": "LastFrame"}], "LastFrameFileId": "1"},
            VALUE,
            "LastFrameFileId",
        ),
        (VIDEO, {"SubjectInfos": [{}]}, "MissingParameter", "SubjectInfos.0.Id"),
        (VIDEO, {"SubjectInfos": [{"ImageUrls": ["a"]}]}, f"{VALUE}.Url", "SubjectInfos.0.ImageUrls.0"),
        (VIDEO, {"ExtInfo": "{"}, VALUE, "ExtInfo"),
        (VIDEO, {"ExtInfo": DEEP}, VALUE, "ExtInfo"),
        (VIDEO, {"ExtInfo": '{"AdditionalParameters":{"a":1}}'}, VALUE, "ExtInfo.AdditionalParameters"),
        (VIDEO, {"ExtInfo": '{"AdditionalParameters":"[]"}'}, VALUE, "ExtInfo.AdditionalParameters"),
        (VIDEO, {"ExtInfo": {"a": 1}}, "InvalidParameter", "ExtInfo"),
        (
            IMAGE,
            {"ExtInfo": '{"AdditionalParameters":"{\\"size\\":\\"big\\"}"}'},
            VALUE,
            "ExtInfo.AdditionalParameters.size",
        ),
        (IMAGE, file(Usage="Reference"), "UnknownParameter", "FileInfos.1.Usage"),
        (IMAGE, {"LastFrameUrl": URL}, "UnknownParameter", "LastFrameUrl"),
    ],
)
def test_refusals_name_the_path(action: str, body: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(WireError) as caught:
        parse(action, **body)
    assert (caught.value.code, caught.value.field) == (code, path)
    assert f"`{path}`" in caught.value.text.en
    assert f"`{path}`" in caught.value.text.zh


# What cannot be said is named.


@pytest.mark.parametrize(
    ("spec", "unsaid"),
    [
        (
            GenerationSpec(kind=Kind.VIDEO, count=2, size=(1, 1), output_format="mp4"),
            {"count", "size", "output_format"},
        ),
        (GenerationSpec(kind=Kind.VIDEO, duration=float("nan"), seed=2**70), {"duration", "seed"}),
        (
            GenerationSpec(kind=Kind.IMAGE, duration=5, audio=False, off_peak=True),
            {"duration", "audio", "off_peak"},
        ),
        (GenerationSpec(kind=Kind.IMAGE, background_music=True), {"background_music"}),
        (GenerationSpec(kind=Kind.IMAGE, subjects=(Subject(id="x"),)), {"subjects"}),
        (GenerationSpec(kind=Kind.IMAGE, options={"size": "1x1", "a": 1}, size=(0, 5)), {"options", "size"}),
        (GenerationSpec(kind=Kind.VIDEO, options={"a": json.loads(DEEP)}), {"options"}),
        (GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "")), {"model"}),
        (
            GenerationSpec(kind=Kind.VIDEO, resolution="huge", aspect_ratio="auto"),
            {"resolution", "aspect_ratio"},
        ),
    ],
)
def test_what_cannot_be_said_is_named(spec: GenerationSpec, unsaid: set[str]) -> None:
    assert set(vod.render_create(spec, APP)[2]) == unsaid


@pytest.mark.parametrize(
    "reference",
    [
        Reference(role=Role.FIRST_FRAME, source="file:2/99"),
        Reference(role=Role.LAST_FRAME, source="file:2/99"),
        Reference(role=Role.FIRST_FRAME, source="sha256:" + "0" * 64),
        Reference(role=Role.FIRST_FRAME, source="data:image/png;base64,"),
        Reference(role=Role.SUBJECT, source=URL),
        Reference(role=Role.AUDIO, source=URL),
        Reference(role=Role.BASE_VIDEO, source=URL, medium=Medium.VIDEO, text="t"),
    ],
)
def test_references_that_cannot_be_said_are_named(reference: Reference) -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, references=(reference,))
    assert vod.render_create(spec, APP)[2] == ("references",)


def test_a_file_of_another_application_is_never_sent_as_one_of_ours() -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, references=(Reference(role=Role.LAST_FRAME, source="file:2/99"),))
    for extra in (APP, {**APP, "LastFrameFileId": "99"}):
        _, body, unsaid = vod.render_create(spec, extra)
        assert "references" in unsaid
        assert "99" not in json.dumps(body)


def test_the_stated_type_of_bytes_is_no_loss() -> None:
    spec = GenerationSpec(
        kind=Kind.VIDEO, references=(Reference(role=Role.REFERENCE, source=f"data:image/x;base64,{PNG}"),)
    )
    assert vod.render_create(spec, APP)[2] == ()


def test_extra_that_cannot_be_said_is_named() -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, resolution="720P", options={"a": 1}, prompt="p")
    extra = {
        **APP,
        "Operator": "o",
        "SessionId": "s" * 51,
        "TasksPriority": 3,
        "LastFrameUrl": URL,
        "FileInfos": [{"VoiceId": "v"}],
        "ExtInfo": '{"AdditionalParameters":"{\\"a\\":2}","b":1}',
        "OutputConfig": {"Resolution": "1080p", "StorageMode": "Permanent"},
    }
    _, body, unsaid = vod.render_create(spec, extra)
    assert set(unsaid) == {
        "extra.Operator",
        "extra.SessionId",
        "extra.LastFrameUrl",
        "extra.FileInfos",
        "extra.ExtInfo",
        "extra.OutputConfig",
    }
    assert body == {
        "SubAppId": 1500,
        "Prompt": "p",
        "TasksPriority": 3,
        "OutputConfig": {"Resolution": "720P", "StorageMode": "Permanent"},
        "ExtInfo": '{"b":1,"AdditionalParameters":"{\\"a\\":1}"}',
    }


def test_extras_that_would_change_the_spec_are_left_out() -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, references=(Reference(role=Role.REFERENCE, source=URL),))
    _, body, unsaid = vod.render_create(spec, {**APP, "FileInfos": [{"Usage": ""}]})
    assert body["FileInfos"] == [{"Type": "Url", "Url": URL, "Usage": "Reference"}]
    assert unsaid == ("extra.FileInfos",)


# Properties.

WORDS = st.text(min_size=1, max_size=8)
RESULTS = st.sampled_from([f"task:{'0f' * 16}", f"task:{'0f' * 16}#7"])
URLS = WORDS.map("https://".__add__)
OPTIONS = st.dictionaries(
    WORDS.filter(lambda name: name != "size"),
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | WORDS
    | st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    max_size=3,
)
BOOLS = st.none() | st.booleans()
RESOLUTIONS = st.sampled_from(["540P", "720P", "1080P", "1K", "2K", "4K"])
RATIOS = st.sampled_from(["16:9", "9:16", "1:1", "21:9"])
MODELS = st.builds(ModelRef, WORDS, WORDS)
INT64 = st.integers(-(2**63), 2**63 - 1)
BYTES = (st.just(b"\x89PNG") | st.binary(max_size=9)).map(lambda head: base64_of(head + bytes(12)))
SOURCES = (
    URLS | RESULTS | WORDS.map("file:1500/".__add__) | BYTES.map(lambda b: f"data:{sniff(b)};base64,{b}")
)


def pictures(kind: Kind) -> st.SearchStrategy[Reference]:
    text = st.none() | WORDS
    if kind is Kind.IMAGE:
        words = WORDS.filter(lambda word: word not in ("asset", "style"))
    else:
        words = WORDS | st.just("subject")
    plain = st.sampled_from([Role.REFERENCE, Role.ASSET, Role.STYLE])
    return st.builds(Reference, role=plain, source=SOURCES, text=text) | st.builds(
        Reference, role=st.just(Role.SUBJECT), source=SOURCES, subject_id=words, text=text
    )


def films() -> st.SearchStrategy[Reference]:
    film = st.builds(
        Reference,
        role=st.sampled_from([Role.BASE_VIDEO, Role.FEATURE_VIDEO]),
        source=SOURCES,
        medium=st.just(Medium.VIDEO),
        keep_sound=BOOLS,
    )
    return film | st.builds(Reference, role=st.just(Role.AUDIO), source=SOURCES, medium=st.just(Medium.AUDIO))


def references(kind: Kind) -> st.SearchStrategy[tuple[Reference, ...]]:
    """References in any order, of which the wire keeps each place."""
    if kind is Kind.IMAGE:
        return st.lists(pictures(kind), max_size=3).map(tuple)
    frames = [
        st.lists(st.builds(Reference, role=st.just(role), source=SOURCES, text=st.none() | WORDS), max_size=1)
        for role in (Role.FIRST_FRAME, Role.LAST_FRAME)
    ]
    groups = st.tuples(*frames, st.lists(pictures(kind) | films(), max_size=3))
    return groups.flatmap(lambda found: st.permutations([item for group in found for item in group])).map(
        tuple
    )


def media(medium: Medium) -> st.SearchStrategy[tuple[Reference, ...]]:
    one = st.builds(Reference, role=st.just(Role.SUBJECT), source=URLS | RESULTS, medium=st.just(medium))
    return st.lists(one, max_size=2).map(tuple)


SUBJECTS = st.builds(
    Subject,
    id=st.none() | WORDS,
    name=st.none() | WORDS,
    voice_id=st.none() | WORDS,
    images=media(Medium.IMAGE),
    videos=media(Medium.VIDEO),
).filter(lambda subject: subject != Subject())


def sayable(kind: Kind) -> st.SearchStrategy[GenerationSpec]:
    """Every spec that this wire can express."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "kind": st.just(kind),
        "model": MODELS,
        "prompt": st.text(),
        "negative_prompt": st.none() | WORDS,
        "enhance_prompt": BOOLS,
        "references": references(kind),
        "resolution": st.none() | RESOLUTIONS,
        "aspect_ratio": st.none() | RATIOS,
        "watermark": BOOLS,
        "scene": st.none() | WORDS,
        "seed": st.none() | INT64,
        "options": OPTIONS,
    }
    if kind is Kind.IMAGE:
        fields["size"] = st.none() | st.tuples(st.integers(1, 99_999), st.integers(1, 99_999))
        fields["count"] = st.none() | st.integers(1, 2**63 - 1)
        fields["output_format"] = st.none() | WORDS
    else:
        fields["subjects"] = st.lists(SUBJECTS, max_size=2).map(tuple)
        fields["duration"] = st.none() | st.floats(0.1, 86_400)
        fields |= {"audio": BOOLS, "background_music": BOOLS, "off_peak": BOOLS}
    return st.builds(GenerationSpec, **fields)


SWITCHES = st.sampled_from(["Enabled", "Disabled"])
CONFIG = st.fixed_dictionaries(
    {"StorageMode": st.sampled_from(["Temporary", "Permanent"])},
    optional={"MediaName": WORDS, "ClassId": st.integers(1, 9), "InputComplianceCheck": SWITCHES},
)
EXTRA = st.fixed_dictionaries(
    {"SubAppId": st.just(1500)},
    optional={
        "SessionId": WORDS,
        "SessionContext": WORDS,
        "Procedure": WORDS,
        "InputRegion": st.just("Oversea"),
        "TasksPriority": st.integers(1, 10),
        "OutputConfig": CONFIG,
    },
)


@given(st.sampled_from(Kind).flatmap(sayable), EXTRA)
def test_parse_undoes_render(spec: GenerationSpec, extra: dict[str, Any]) -> None:
    if spec.kind is Kind.IMAGE:
        extra = {name: value for name, value in extra.items() if name != "Procedure"}
    action, body, unsaid = vod.render_create(spec, extra)
    assert unsaid == ()
    sent = read(action, body)
    assert sent == body
    parsed = vod.parse_create(action, sent)
    assert (parsed.spec, parsed.extra) == (spec, extra)


ANY_REFERENCE = st.builds(
    Reference,
    role=st.sampled_from(Role),
    source=st.text(max_size=3) | SOURCES | st.sampled_from(["file:1/2", "sha256:00"]),
    medium=st.sampled_from(Medium),
    subject_id=st.none() | st.sampled_from(["", "asset", "id", "subject"]),
    keep_sound=BOOLS,
    text=st.none() | st.text(max_size=3),
)
ANY_SPEC = st.builds(
    GenerationSpec,
    kind=st.sampled_from(Kind),
    model=MODELS,
    prompt=st.text(max_size=3),
    negative_prompt=st.none() | st.text(max_size=3),
    enhance_prompt=BOOLS,
    references=st.lists(ANY_REFERENCE, max_size=4).map(tuple),
    subjects=st.lists(
        st.builds(
            Subject, id=st.none() | st.text(max_size=2), images=st.lists(ANY_REFERENCE, max_size=2).map(tuple)
        ),
        max_size=2,
    ).map(tuple),
    duration=st.none() | st.floats() | st.integers(0, 20).map(float),
    resolution=st.none() | st.text(max_size=3) | st.sampled_from(["1080p", "720P"]),
    aspect_ratio=st.none() | st.text(max_size=3) | RATIOS | st.just("auto"),
    size=st.none() | st.tuples(st.integers(-5, 200_000), st.integers(-5, 200_000)),
    audio=BOOLS,
    background_music=BOOLS,
    count=st.none() | st.integers(-1, 3),
    seed=st.none() | st.integers(),
    watermark=BOOLS,
    output_format=st.none() | st.text(max_size=3),
    scene=st.none() | st.text(max_size=3),
    off_peak=BOOLS,
    options=OPTIONS | st.just({"size": "1x1"}) | st.just({"size": 4}),
)


@given(ANY_SPEC)
def test_render_never_loses_a_field_unnamed(spec: GenerationSpec) -> None:
    action, body, unsaid = vod.render_create(spec, APP)
    said = vod.parse_create(action, read(action, body)).spec
    for field in GenerationSpec.__struct_fields__:
        asked, told = getattr(spec, field), getattr(said, field)
        same = asked == told or (asked in ("", None) and told in ("", None))
        if field == "references":
            same = len(asked) == len(told) and all(map(same_reference, asked, told))
        assert same or field in unsaid, field
        assert field not in unsaid or asked != told


def values(name: str, kind: Type) -> st.SearchStrategy[Any]:
    """Values that fit a type of the schema, often those that the field wants."""
    if isinstance(kind, Struct):
        return st.none() | bodies(kind)
    if isinstance(kind, Array):
        return st.none() | st.lists(values(name, kind.item).filter(lambda item: item is not None), max_size=3)
    if isinstance(kind, Integer):
        return st.none() | st.integers(0, 10) | st.integers(1, 9).map(str)
    if isinstance(kind, Float):
        return st.none() | st.integers(0, 9) | st.floats(0, 20)
    additional = OPTIONS.map(lambda options: json.dumps({"AdditionalParameters": json.dumps(options)}))
    wanted: dict[str, st.SearchStrategy[Any]] = {
        "Resolution": RESOLUTIONS | st.just("720p"),
        "AspectRatio": RATIOS | st.sampled_from(["4 : 3", "auto"]),
        "ExtInfo": additional
        | st.sampled_from(["words", '{"AdditionalParameters":"{\\"size\\":\\"1x2\\"}","b":1}']),
        "Type": st.sampled_from(["", "Url"]),
        "Category": st.sampled_from(["", "Image", "Video", "Audio"]),
        "Usage": st.sampled_from(["", "FirstFrame", "Reference", "LastFrame"]),
        "KeepOriginalSound": st.just("") | SWITCHES,
        "ReferenceType": st.sampled_from(["", "asset", "style", "subject", "base", "feature", "new"]),
        "InputRegion": st.just("Mainland"),
        "StorageMode": st.sampled_from(["", "Permanent"]),
        "PersonGeneration": st.just("AllowAdult"),
        "ExpireTime": st.just("2027-01-01T00:00:00Z"),
        "Base64": st.just("") | BYTES,
        "ModelName": WORDS,
        "ModelVersion": WORDS,
    }
    words = (
        "EnhancePrompt",
        "Check",
        "Switch",
        "OffPeak",
        "Interpolate",
        "LogoAdd",
        "BGM",
        "AudioGeneration",
    )
    if name.endswith(words):
        return st.none() | st.just("") | SWITCHES
    return st.none() | wanted.get(
        name, URLS | RESULTS.map(url_source) if "Url" in name else st.text(max_size=5)
    )


def bodies(struct: Struct) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: values(name, kind) for name, kind in struct.fields.items()}
    if "Base64" in fields:
        plain = {name: field for name, field in fields.items() if name not in ("Url", "FileId")}
        by_value = {name: field for name, field in fields.items() if name not in ("Type", "Base64")}
        return st.fixed_dictionaries(
            {"Url": URLS | RESULTS.map(url_source)}, optional=plain
        ) | st.fixed_dictionaries({"Base64": BYTES, "Type": st.just("Base64")}, optional=by_value)
    needed = {"SubAppId": st.just(1500), "ModelName": WORDS, "ModelVersion": WORDS}
    present = {name: field for name, field in needed.items() if name in fields}
    return st.fixed_dictionaries(present, optional={n: f for n, f in fields.items() if n not in present})


CREATES = st.sampled_from(sorted(vod.CREATES)).flatmap(
    lambda action: st.tuples(st.just(action), bodies(vod.request_schema(action)))
)


def accepted(create: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any], vod.ParsedCreate]:
    action, body = create
    try:
        sent = read(action, body)
        return action, sent, vod.parse_create(action, sent)
    except WireError:
        assume(False)
        raise


@given(CREATES)
def test_render_undoes_parse(create: tuple[str, dict[str, Any]]) -> None:
    action, _, parsed = accepted(create)
    again, said, unsaid = vod.render_create(parsed.spec, parsed.extra)
    assert (again, unsaid) == (action, ())
    assert vod.parse_create(action, read(action, said)) == parsed


def told(value: Any) -> Any:
    """Return a body without what says nothing: the echo may leave that out."""
    if isinstance(value, dict):
        items = {name: told(item) for name, item in value.items()}
        return {n: v for n, v in items.items() if v not in ("", [], {}) and (v != 0 or n == "Seed")}
    return [told(item) for item in value] if isinstance(value, list) else value


@given(CREATES)
def test_the_echo_is_exact(create: tuple[str, dict[str, Any]]) -> None:
    """All that was said comes again as it was spelt; sources that `Type` makes void do not."""
    _, sent, parsed = accepted(create)
    for info in sent.get("FileInfos", ()):
        kept = {"Url": "Url", "File": "FileId", "Base64": "Base64"}[info.get("Type") or "Url"]
        for name in {"Url", "FileId", "Base64"} - {kept}:
            info.pop(name, None)
    said = vod.render_create(parsed.spec, parsed.extra)[1]
    assert told(said) == told(sent)


@given(CREATES)
def test_flat_names_say_the_same(create: tuple[str, dict[str, Any]]) -> None:
    action, sent, _ = accepted(create)
    schema = vod.request_schema(action)
    pairs = [(name, str(value)) for name, value in flatten(sent)]
    assert dict(flatten(read_flat(pairs, schema))) == dict(flatten(sent))


@given(CREATES)
def test_any_body_is_parsed_or_refused(create: tuple[str, dict[str, Any]]) -> None:
    with suppress(WireError):
        parse(create[0], **create[1])
