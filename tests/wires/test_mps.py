"""The MPS create wire, both directions: each is the other's inverse, and nothing is lost unnamed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tencentcloud.mps.v20190612 import models

from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, OutputTarget, Reference, Role, Subject
from genmux.wires import mps, tencent
from genmux.wires.mps_inputs import PLACES
from genmux.wires.results import url_source
from genmux.wires.tencent import WireError
from genmux.wires.tencent_schema import Array, Bool, Integer, Struct, Type, read_body, read_flat

VIDEO, IMAGE = "CreateAigcVideoTask", "CreateAigcImageTask"
PUBLISHED = json.loads((Path(__file__).parent / "data" / "mps_published_requests.json").read_text("utf-8"))


def parse(action: str, **body: Any) -> mps.ParsedCreate:
    return mps.parse_create(action, read_body(json.dumps(body).encode(), mps.request_schema(action)))


# Published requests.


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda vector: vector["source"])
def test_published_requests_are_read(vector: dict[str, Any]) -> None:
    action, body = vector["action"], vector["body"]
    read = read_body(json.dumps(body).encode(), mps.request_schema(action))
    assert read == body
    if action in mps.DESCRIBES:
        assert mps.parse_describe(read) == body["TaskId"]
        return
    parsed = mps.parse_create(action, read)
    assert mps.parse_create(*mps.render_create(parsed.spec, parsed.extra)[:2]) == parsed
    assert mps.render_create(parsed.spec, parsed.extra)[2] == ()


def test_published_answer_is_read() -> None:
    (answer,) = (vector["answer"] for vector in PUBLISHED if "answer" in vector)
    fields = tencent.parse_envelope(json.dumps(answer).encode())
    assert mps.parse_created(fields) == "2147**3792"


def test_the_example_of_the_api_page() -> None:
    (body,) = (vector["body"] for vector in PUBLISHED if "answer" in vector)
    parsed = mps.parse_create(VIDEO, body)
    assert parsed.spec == GenerationSpec(
        kind=Kind.VIDEO,
        model=ModelRef("GV", ""),
        prompt="move the picture",
        negative_prompt="Top lighting,bright colors",
        enhance_prompt=False,
        references=(
            Reference(role=Role.FIRST_FRAME, source=body["ImageUrl"]),
            Reference(role=Role.LAST_FRAME, source=body["LastImageUrl"]),
        ),
        duration=8,
        resolution="720P",
        aspect_ratio="16:9",
    )
    assert (parsed.model_name, parsed.model_version) == ("GV", None)
    assert parsed.extra == {"Operator": "admin", "StoreCosParam": body["StoreCosParam"]}
    assert mps.output_target(parsed.extra) == OutputTarget(
        "aigc-***-video-1**58", "ap-guangzhou", "my_cos_file"
    )
    assert mps.output_target({}) is None


def test_what_the_official_sdk_sends() -> None:
    request = models.CreateAigcVideoTaskRequest()
    request.Prompt, request.Duration = "猫", 5
    request.ExtraParameters = models.AigcVideoExtraParam()
    request.ExtraParameters.EnableAudio = True
    info = models.AigcVideoReferenceImageInfo()
    info.ImageUrl = "https://example.com/a.png"
    request.ImageInfos = [info]
    schema = mps.request_schema(VIDEO)
    read = read_body(request.to_json_string().encode(), schema)
    assert read_flat([(k, str(v)) for k, v in flatten(read)], schema) == read
    spec = mps.parse_create(VIDEO, read).spec
    assert (spec.model, spec.prompt, spec.duration, spec.audio) == (None, "猫", 5.0, True)
    assert [reference.source for reference in spec.references] == ["https://example.com/a.png"]


def flatten(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for name, item in value.items() for pair in flatten(item, f"{path}.{name}")]
    if isinstance(value, list):
        return [pair for n, item in enumerate(value) for pair in flatten(item, f"{path}.{n}")]
    return [(path[1:], value)]


# Fields.


def test_every_input_of_a_film() -> None:
    spec = parse(
        VIDEO,
        ImageUrl="first",
        LastImageUrl="last",
        ImageInfos=[
            {"ImageUrl": "plain", "ReferenceType": ""},
            {"ImageUrl": "asset", "ReferenceType": "asset"},
            {"Url": "style", "ReferenceType": "style"},
            {"ImageUrl": "subject", "ReferenceType": "hero", "Text": "name"},
        ],
        VideoInfos=[
            {"VideoUrl": "edit", "KeepOriginalSound": "yes"},
            {"VideoUrl": "motion", "ReferType": "feature", "KeepOriginalSound": "no"},
        ],
        AudioInfos=[{"AudioUrl": "sound"}],
        SubjectInfos=[{"Id": "1", "Name": "n", "VoiceId": "v", "ImageUrls": ["i", "j"], "VideoUrls": ["f"]}],
    ).spec
    assert spec.references == (
        Reference(role=Role.FIRST_FRAME, source="first"),
        Reference(role=Role.LAST_FRAME, source="last"),
        Reference(role=Role.REFERENCE, source="plain"),
        Reference(role=Role.ASSET, source="asset"),
        Reference(role=Role.STYLE, source="style"),
        Reference(role=Role.SUBJECT, source="subject", subject_id="hero", text="name"),
        Reference(role=Role.BASE_VIDEO, source="edit", medium=Medium.VIDEO, keep_sound=True),
        Reference(role=Role.FEATURE_VIDEO, source="motion", medium=Medium.VIDEO, keep_sound=False),
        Reference(role=Role.AUDIO, source="sound", medium=Medium.AUDIO),
    )
    subject = Subject(
        id="1",
        name="n",
        voice_id="v",
        images=(Reference(role=Role.SUBJECT, source="i"), Reference(role=Role.SUBJECT, source="j")),
        videos=(Reference(role=Role.SUBJECT, source="f", medium=Medium.VIDEO),),
    )
    assert spec.subjects == (subject,)
    assert [mps.reference_path(spec, n) for n in range(len(spec.all_references()))] == [
        "ImageUrl",
        "LastImageUrl",
        "ImageInfos.0.ImageUrl",
        "ImageInfos.1.ImageUrl",
        "ImageInfos.2.ImageUrl",
        "ImageInfos.3.ImageUrl",
        "VideoInfos.0.VideoUrl",
        "VideoInfos.1.VideoUrl",
        "AudioInfos.0.AudioUrl",
        "SubjectInfos.0.ImageUrls.0",
        "SubjectInfos.0.ImageUrls.1",
        "SubjectInfos.0.VideoUrls.0",
    ]


def test_the_plain_fields_of_a_film() -> None:
    extra = {
        "Resolution": "1080p",
        "AspectRatio": "16 : 9",
        "LogoAdd": 0,
        "EnableAudio": False,
        "OffPeak": True,
        "EnableBgm": True,
    }
    spec = parse(
        VIDEO,
        SceneType="motion_control",
        Duration="7",
        ExtraParameters=extra,
        AdditionalParameters='{"size": "1x1", "camera_control": {"type": "simple"}}',
    ).spec
    assert (spec.scene, spec.duration, spec.resolution, spec.aspect_ratio) == (
        "motion_control",
        7,
        "1080P",
        "16:9",
    )
    assert (spec.watermark, spec.audio, spec.off_peak, spec.background_music) == (False, False, True, True)
    assert (spec.size, spec.options) == (None, {"size": "1x1", "camera_control": {"type": "simple"}})


def test_the_plain_fields_of_a_picture() -> None:
    spec = parse(
        IMAGE,
        OutputImageCount=2,
        ExtraParameters={"OutputFormat": "png", "LogoAdd": 1, "Resolution": "2k", "AspectRatio": "3:4"},
        AdditionalParameters='{"size": "1024*768", "seed": 7, "genmux": {"latency": 1}}',
    ).spec
    assert (spec.count, spec.output_format, spec.watermark) == (2, "png", True)
    assert (spec.resolution, spec.aspect_ratio, spec.size) == ("2K", "3:4", (1024, 768))
    assert (spec.seed, spec.options) == (None, {"seed": 7, "genmux": {"latency": 1}})


def test_empty_strings_say_nothing() -> None:
    parsed = parse(
        VIDEO,
        ModelName="",
        ModelVersion="",
        Prompt="",
        NegativePrompt="",
        SceneType="",
        ImageUrl="",
        ImageInfos=[],
        ExtraParameters={"Resolution": "", "AspectRatio": ""},
        AdditionalParameters="",
        StoreCosParam={"CosBucketName": "", "CosBucketPath": ""},
        Operator="",
    )
    assert parsed == mps.ParsedCreate(GenerationSpec(kind=Kind.VIDEO), None, None, {}, mps.PATHS[Kind.VIDEO])


DEEP = '{"a":' * 40 + "1" + "}" * 40


@pytest.mark.parametrize(
    ("action", "body", "code", "path"),
    [
        (VIDEO, {"ModelVersion": "3.0"}, "MissingParameter", "ModelName"),
        (VIDEO, {"Duration": 0}, "InvalidParameterValue", "Duration"),
        (VIDEO, {"Duration": -1}, "InvalidParameterValue", "Duration"),
        (VIDEO, {"Duration": 2**62}, "InvalidParameterValue", "Duration"),
        (
            VIDEO,
            {"ExtraParameters": {"Resolution": "big"}},
            "InvalidParameterValue",
            "ExtraParameters.Resolution",
        ),
        (
            VIDEO,
            {"ExtraParameters": {"AspectRatio": "16x9"}},
            "InvalidParameterValue",
            "ExtraParameters.AspectRatio",
        ),
        (VIDEO, {"ExtraParameters": {"LogoAdd": 2}}, "InvalidParameterValue", "ExtraParameters.LogoAdd"),
        (VIDEO, {"ExtraParameters": {"LogoAdd": "Enabled"}}, "InvalidParameter", "ExtraParameters.LogoAdd"),
        (VIDEO, {"ImageInfos": [{"ImageUrl": "a"}, {}]}, "MissingParameter", "ImageInfos.1.ImageUrl"),
        (VIDEO, {"ImageInfos": [{"ImageUrl": "a", "Url": "b"}]}, "InvalidParameterValue", "ImageInfos.0.Url"),
        (VIDEO, {"VideoInfos": [{}]}, "MissingParameter", "VideoInfos.0.VideoUrl"),
        (
            VIDEO,
            {"VideoInfos": [{"VideoUrl": "v", "ReferType": "edit"}]},
            "InvalidParameterValue",
            "VideoInfos.0.ReferType",
        ),
        (
            VIDEO,
            {"VideoInfos": [{"VideoUrl": "v", "KeepOriginalSound": "Yes"}]},
            "InvalidParameterValue",
            "VideoInfos.0.KeepOriginalSound",
        ),
        (VIDEO, {"AudioInfos": [{"AudioUrl": ""}]}, "MissingParameter", "AudioInfos.0.AudioUrl"),
        (VIDEO, {"SubjectInfos": [{}]}, "MissingParameter", "SubjectInfos.0.Id"),
        (
            VIDEO,
            {"SubjectInfos": [{"ImageUrls": ["a", ""]}]},
            "MissingParameter",
            "SubjectInfos.0.ImageUrls.1",
        ),
        (VIDEO, {"AdditionalParameters": "[]"}, "InvalidParameterValue", "AdditionalParameters"),
        (VIDEO, {"AdditionalParameters": "{"}, "InvalidParameterValue", "AdditionalParameters"),
        (VIDEO, {"AdditionalParameters": DEEP}, "InvalidParameterValue", "AdditionalParameters"),
        (VIDEO, {"AdditionalParameters": "[" * 100_000}, "InvalidParameterValue", "AdditionalParameters"),
        (VIDEO, {"AdditionalParameters": {"a": 1}}, "InvalidParameter", "AdditionalParameters"),
        (
            IMAGE,
            {"AdditionalParameters": '{"size": "big"}'},
            "InvalidParameterValue",
            "AdditionalParameters.size",
        ),
        (
            IMAGE,
            {"AdditionalParameters": '{"size": 5}'},
            "InvalidParameterValue",
            "AdditionalParameters.size",
        ),
        (IMAGE, {"OutputImageCount": 0}, "InvalidParameterValue", "OutputImageCount"),
        (IMAGE, {"ImageInfos": [{"ImageUrl": "a", "Text": "t"}]}, "UnknownParameter", "ImageInfos.0.Text"),
        (IMAGE, {"ImageUrl": "a"}, "UnknownParameter", "ImageUrl"),
        (
            IMAGE,
            {"StoreCosParam": {"CosBucketName": "b"}},
            "MissingParameter",
            "StoreCosParam.CosBucketRegion",
        ),
        (IMAGE, {"StoreCosParam": {"CosBucketPath": "p"}}, "MissingParameter", "StoreCosParam.CosBucketName"),
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
        (GenerationSpec(kind=Kind.VIDEO, seed=1, count=2, size=(1, 1)), {"seed", "count", "size"}),
        (GenerationSpec(kind=Kind.VIDEO, output_format="mp4", duration=5.5), {"output_format", "duration"}),
        (GenerationSpec(kind=Kind.VIDEO, duration=float("nan")), {"duration"}),
        (GenerationSpec(kind=Kind.IMAGE, duration=5, audio=False, seed=0), {"duration", "audio", "seed"}),
        (
            GenerationSpec(kind=Kind.IMAGE, background_music=True, off_peak=False),
            {"background_music", "off_peak"},
        ),
        (GenerationSpec(kind=Kind.IMAGE, subjects=(Subject(id="x"),)), {"subjects"}),
        (GenerationSpec(kind=Kind.IMAGE, options={"size": "1x1", "a": 1}), {"options"}),
        (GenerationSpec(kind=Kind.IMAGE, size=(0, 5)), {"size"}),
        (GenerationSpec(kind=Kind.VIDEO, options={"a": json.loads(DEEP)}), {"options"}),
        (GenerationSpec(kind=Kind.VIDEO, model=ModelRef("", "3.0")), {"model"}),
        (
            GenerationSpec(kind=Kind.VIDEO, resolution="huge", aspect_ratio="wide"),
            {"resolution", "aspect_ratio"},
        ),
    ],
)
def test_what_cannot_be_said_is_named(spec: GenerationSpec, unsaid: set[str]) -> None:
    action, body, named = mps.render_create(spec, {})
    assert set(named) == unsaid
    read_body(json.dumps(body).encode(), mps.request_schema(action))


def test_extra_that_cannot_be_said_is_named() -> None:
    spec = GenerationSpec(kind=Kind.VIDEO)
    half = {"StoreCosParam": {"CosBucketName": "b"}, "Operator": "o", "SessionContext": "c"}
    assert mps.render_create(spec, half) == (
        VIDEO,
        {"Operator": "o"},
        ("extra.StoreCosParam", "extra.SessionContext"),
    )


# Properties.

WORDS = st.text(min_size=1, max_size=8)
RESULTS = st.sampled_from([f"task:{'0f' * 16}", f"task:{'0f' * 16}#7"])
SOURCES = WORDS | RESULTS
URLS = WORDS | RESULTS | RESULTS.map(url_source) | st.just("genmux://task/1")
OPTIONS = st.dictionaries(
    WORDS.filter(lambda name: name != "size"),
    st.none()
    | st.booleans()
    | st.integers()
    | WORDS
    | st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    max_size=3,
)
BOOLS = st.none() | st.booleans()
RESOLUTIONS = st.sampled_from(["540P", "720P", "1080P", "1K", "2K", "4K"])
RATIOS = st.sampled_from(["16:9", "9:16", "1:1", "21:9"])
MODELS = st.builds(ModelRef, WORDS, st.text(max_size=5))


def pictures(kind: Kind) -> st.SearchStrategy[Reference]:
    text = st.none() | WORDS if kind is Kind.VIDEO else st.none()
    plain = st.sampled_from([Role.REFERENCE, Role.ASSET, Role.STYLE])
    ids = WORDS.filter(lambda word: word not in ("asset", "style"))
    return st.builds(Reference, role=plain, source=SOURCES, text=text) | st.builds(
        Reference, role=st.just(Role.SUBJECT), source=SOURCES, subject_id=ids, text=text
    )


def references(kind: Kind) -> st.SearchStrategy[tuple[Reference, ...]]:
    """References in the order of the wire."""
    many = [st.lists(pictures(kind), max_size=3)]
    if kind is Kind.VIDEO:
        films = st.sampled_from([Role.BASE_VIDEO, Role.FEATURE_VIDEO])
        film = st.builds(
            Reference, role=films, source=SOURCES, medium=st.just(Medium.VIDEO), keep_sound=BOOLS
        )
        sound = st.builds(Reference, role=st.just(Role.AUDIO), source=SOURCES, medium=st.just(Medium.AUDIO))
        frames = [
            st.lists(st.builds(Reference, role=st.just(role), source=SOURCES), max_size=1)
            for role in (Role.FIRST_FRAME, Role.LAST_FRAME)
        ]
        many = [*frames, *many, st.lists(film, max_size=2), st.lists(sound, max_size=2)]
    return st.tuples(*many).map(lambda groups: tuple(item for group in groups for item in group))


def media(medium: Medium) -> st.SearchStrategy[tuple[Reference, ...]]:
    one = st.builds(Reference, role=st.just(Role.SUBJECT), source=SOURCES, medium=st.just(medium))
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
        "model": st.none() | MODELS,
        "prompt": st.text(),
        "negative_prompt": st.none() | WORDS,
        "enhance_prompt": BOOLS,
        "references": references(kind),
        "resolution": st.none() | RESOLUTIONS,
        "aspect_ratio": st.none() | RATIOS,
        "watermark": BOOLS,
        "scene": st.none() | WORDS,
        "options": OPTIONS,
    }
    if kind is Kind.IMAGE:
        fields["size"] = st.none() | st.tuples(st.integers(1, 99_999), st.integers(1, 99_999))
        fields["count"] = st.none() | st.integers(1, 2**63 - 1)
        fields["output_format"] = st.none() | WORDS
    else:
        fields["subjects"] = st.lists(SUBJECTS, max_size=2).map(tuple)
        fields["duration"] = st.none() | st.integers(1, 86_400).map(float)
        fields |= {"audio": BOOLS, "background_music": BOOLS, "off_peak": BOOLS}
    return st.builds(GenerationSpec, **fields)


COS = st.fixed_dictionaries(
    {"CosBucketName": WORDS, "CosBucketRegion": WORDS}, optional={"CosBucketPath": WORDS}
)
EXTRA = st.fixed_dictionaries({}, optional={"Operator": WORDS, "StoreCosParam": COS})


@given(st.sampled_from(Kind).flatmap(sayable), EXTRA)
def test_parse_undoes_render(spec: GenerationSpec, extra: dict[str, Any]) -> None:
    action, body, unsaid = mps.render_create(spec, extra)
    assert unsaid == ()
    sent = read_body(json.dumps(body).encode(), mps.request_schema(action))
    assert sent == body
    parsed = mps.parse_create(action, sent)
    assert (parsed.spec, parsed.extra) == (spec, extra)


ANY_REFERENCE = st.builds(
    Reference,
    role=st.sampled_from(Role),
    source=st.text(max_size=3) | RESULTS | st.sampled_from(["task:1", f"genmux://task/{'0f' * 16}"]),
    medium=st.sampled_from(Medium),
    subject_id=st.none() | st.sampled_from(["", "asset", "id"]),
    keep_sound=BOOLS,
    text=st.none() | st.text(max_size=3),
)
ANY_SPEC = st.builds(
    GenerationSpec,
    kind=st.sampled_from(Kind),
    model=st.none() | st.builds(ModelRef, st.text(max_size=3), st.text(max_size=3)),
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
    aspect_ratio=st.none() | st.text(max_size=3) | RATIOS,
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


def in_wire_order(spec: GenerationSpec) -> tuple[Reference, ...]:
    order = list(dict.fromkeys(PLACES[spec.kind].values()))
    places = PLACES[spec.kind]
    return tuple(
        sorted(spec.references, key=lambda r: order.index(places.get((r.role, r.medium), "ImageInfos")))
    )


@given(ANY_SPEC)
def test_render_never_loses_a_field_unnamed(spec: GenerationSpec) -> None:
    action, body, unsaid = mps.render_create(spec, {})
    read = mps.parse_create(action, read_body(json.dumps(body).encode(), mps.request_schema(action))).spec
    for field in GenerationSpec.__struct_fields__:
        asked, said = getattr(spec, field), getattr(read, field)
        if field == "references":
            asked, said = in_wire_order(spec), read.references
        nothing = asked in ("", ModelRef("", "")) and said in ("", None)
        assert asked == said or nothing or field in unsaid, field
        assert field not in unsaid or asked != said


def values(name: str, kind: Type) -> st.SearchStrategy[Any]:
    """Values that fit a type of the schema, often those that the field wants."""
    if isinstance(kind, Struct):
        return st.none() | bodies(kind)
    if isinstance(kind, Array):
        return st.none() | st.lists(values(name, kind.item).filter(lambda item: item is not None), max_size=3)
    if isinstance(kind, Bool):
        return BOOLS
    if isinstance(kind, Integer):
        return st.none() | st.integers(0, 20) | st.integers(1, 9).map(str) | st.sampled_from([0, 1])
    wanted = {
        "Resolution": RESOLUTIONS | st.just("720p"),
        "AspectRatio": RATIOS | st.just("4 : 3"),
        "AdditionalParameters": OPTIONS.map(json.dumps) | st.just('{"size": "512*512", "a": 1}'),
        "ReferType": st.sampled_from(["", "base", "feature"]),
        "KeepOriginalSound": st.sampled_from(["", "yes", "no"]),
        "ReferenceType": st.sampled_from(["", "asset", "style", "hero"]),
    }
    return st.none() | wanted.get(name, URLS if "Url" in name else st.text(max_size=5))


def bodies(struct: Struct) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: values(name, kind) for name, kind in struct.fields.items() if name != "Url"}
    needed = {name: field for name, field in fields.items() if name.endswith("Url") and len(fields) < 5}
    return st.fixed_dictionaries(needed, optional={n: f for n, f in fields.items() if n not in needed})


CREATES = st.sampled_from(sorted(mps.CREATES)).flatmap(
    lambda action: st.tuples(st.just(action), bodies(mps.request_schema(action)))
)


@given(CREATES)
def test_render_undoes_parse(create: tuple[str, dict[str, Any]]) -> None:
    action, body = create
    try:
        parsed = parse(action, **body)
    except WireError:
        assume(False)
    again, said, unsaid = mps.render_create(parsed.spec, parsed.extra)
    assert (again, unsaid) == (action, ())
    assert mps.parse_create(action, said) == parsed


@given(CREATES)
def test_flat_names_say_the_same(create: tuple[str, dict[str, Any]]) -> None:
    """Of every body accepted: a list item without any field has no flat spelling."""
    action, body = create
    schema = mps.request_schema(action)
    try:
        parse(action, **body)
    except WireError:
        assume(False)
    read = read_body(json.dumps(body).encode(), schema)
    pairs = [(name, str(value)) for name, value in flatten(read)]
    assert dict(flatten(read_flat(pairs, schema))) == dict(flatten(read))


@given(CREATES)
def test_any_body_is_parsed_or_refused(create: tuple[str, dict[str, Any]]) -> None:
    with suppress(WireError):
        parse(create[0], **create[1])
