"""The OpenAI wire: creates, films and pictures in both directions, every refusal named."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from genmux.domain import errors
from genmux.domain.catalog import builtin
from genmux.domain.errors import CallerError, InvalidInput, InvalidValue, MissingValue, Unsupported
from genmux.domain.spec import ERROR_CODES, GenerationSpec, Kind, Medium, ModelRef, Reference, Role, Step
from genmux.domain.states import TaskState
from genmux.domain.words import frame_table
from genmux.wires import openai, openai_remix
from genmux.wires.openai_form import FormLimits, Upload, read_body, render_json, render_multipart
from genmux.wires.openai_models import ModelNames, read_aliases

NAMES = ModelNames((e.kind, e.family, e.version) for e in builtin().models())
PATHS = (openai.GENERATE, openai.EDIT, openai.VIDEO)
LIMITS = FormLimits()

texts = st.text(st.characters(codec="utf-8"), max_size=12)
maybe = st.none()
pictures = st.binary(max_size=20).map(
    lambda data: "data:image/png;base64," + base64.b64encode(data).decode()
) | st.sampled_from(
    [
        "https://a.example/x.png",
        "data:image/png;base64,A",
        "data:;base64,AAAA",
        "sha256:00",
        f"task:{'0f' * 16}",
        f"task:{'0f' * 16}#7",
    ]
)
references = st.builds(
    Reference,
    role=st.sampled_from((Role.FIRST_FRAME, Role.REFERENCE, Role.STYLE)),
    source=pictures,
    medium=st.sampled_from((Medium.IMAGE, Medium.IMAGE, Medium.VIDEO)),
)
models = st.builds(ModelRef, texts, texts) | st.sampled_from(
    [ModelRef(e.family, e.version) for e in builtin().models() if e.kind in tuple(Kind)]
)
option_names = st.sampled_from("quality background output_compression moderation style other".split())
specs = st.builds(
    GenerationSpec,
    kind=st.sampled_from(Kind),
    model=maybe | models,
    prompt=texts,
    negative_prompt=maybe | texts,
    references=st.lists(references, max_size=3).map(tuple),
    duration=maybe | st.sampled_from([4.0, 7.5, 12.0, 0.0, float("inf"), 1e-9]),
    resolution=maybe | st.sampled_from(["720P", "1K"]),
    aspect_ratio=maybe | st.sampled_from(["16:9", "1:1"]),
    size=maybe | st.tuples(st.integers(0, 100_000), st.integers(1, 4096)),
    audio=maybe | st.booleans(),
    count=maybe | st.integers(0, 2000),
    seed=maybe | st.integers(-(2**64), 2**64),
    output_format=maybe | st.sampled_from(["png", "webp"]),
    options=st.dictionaries(option_names, texts | st.integers(-1, 101) | st.just("high"), max_size=3),
)


def normal(spec: GenerationSpec) -> GenerationSpec:
    """The spec as this wire can say it: words that stand for a size are that size, "" is nothing."""
    if spec.size is None and (size := openai.exact_size(spec)) is not None:
        spec = replace(spec, size=size, resolution=None, aspect_ratio=None)
    return replace(
        spec, negative_prompt=spec.negative_prompt or None, output_format=spec.output_format or None
    )


def send(rendered: openai.RenderedCreate) -> dict[str, Any]:
    """Send the fields through a body, as a form where they hold files."""
    if rendered.uploads:
        content_type, body = render_multipart(rendered.fields, "boundary7MA4YWxk")
    else:
        content_type, body = render_json(rendered.fields)
    return read_body(content_type, body, LIMITS)


@given(specs, st.dictionaries(st.sampled_from(["user", "model", "Operator"]), texts, max_size=2))
def test_what_is_rendered_is_read_back(spec: GenerationSpec, extra: dict[str, str]) -> None:
    rendered = openai.render_create(spec, extra, NAMES)
    try:
        parsed = openai.parse_create(rendered.path, send(rendered), NAMES)
    except CallerError:
        assert rendered.unsaid  # an edit whose pictures could not be said
        raise
    unsaid = {name for name in rendered.unsaid if not name.startswith("extra.")}
    silenced = {name: getattr(GenerationSpec(kind=spec.kind), name) for name in unsaid}
    expected, found = replace(normal(spec), **silenced), replace(parsed.spec, **silenced)
    assert found == expected
    assert parsed.extra.get("user") == (extra.get("user") or None)


@given(specs)
def test_a_second_round_changes_nothing(spec: GenerationSpec) -> None:
    first = openai.render_create(spec, None, NAMES)
    once = openai.parse_create(first.path, send(first), NAMES)
    again = openai.render_create(once.spec, once.extra, NAMES)
    assert again.unsaid == ()
    twice = openai.parse_create(again.path, send(again), NAMES)
    assert (twice.spec, twice.extra, twice.inputs) == (once.spec, once.extra, once.inputs)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
known = st.sampled_from(
    "prompt model n seconds size seed quality input_reference image images response_format stream user mask "
    "output_compression nothing".split()
)


@given(st.sampled_from(PATHS), st.dictionaries(known, json_values, max_size=5))
def test_any_fields_are_read_or_refused(path: str, fields: dict[str, Any]) -> None:
    with contextlib.suppress(CallerError):
        parsed = openai.parse_create(path, fields, NAMES)
        assert len(parsed.inputs) == len(parsed.spec.references)


@pytest.mark.parametrize("path", PATHS)
def test_every_usual_field_becomes_a_part_of_the_spec(path: str) -> None:
    fields: dict[str, Any] = {
        "prompt": "p",
        "size": "1024x1024",
        "seed": "7",
        "model": "kling-3.0",
        "user": "u",
    }
    if path == openai.VIDEO:
        fields |= {"seconds": "8", "input_reference": {"image_url": "https://a.example/x.png"}}
    else:
        fields |= {"n": 2, "output_format": "webp", "background": "transparent", "output_compression": "80"}
    if path == openai.EDIT:
        fields |= {"image": [Upload(b"a", "image/png"), Upload(b"b", "application/octet-stream")]}
    parsed = openai.parse_create(path, fields, NAMES)
    assert parsed.spec.model == ModelRef("Kling", "3.0")
    assert (parsed.model_name, parsed.model_version) == ("Kling", "3.0")
    assert (parsed.spec.prompt, parsed.spec.size, parsed.spec.seed) == ("p", (1024, 1024), 7)
    assert parsed.extra == {"model": "kling-3.0", "user": "u"}
    if path == openai.VIDEO:
        assert parsed.spec.duration == 8.0
        assert parsed.spec.references == (Reference(role=Role.FIRST_FRAME, source="https://a.example/x.png"),)
        assert openai.param_of(parsed, "references.0") == "input_reference"
        assert openai.param_of(parsed, "duration") == "seconds"
        return
    assert (parsed.spec.count, parsed.spec.output_format) == (2, "webp")
    assert parsed.spec.options == {"background": "transparent", "output_compression": 80}
    if path == openai.EDIT:
        assert [r.source for r in parsed.spec.references] == [
            "data:image/png;base64,YQ==",
            "data:;base64,Yg==",
        ]
        assert openai.param_of(parsed, "references.1") == "image[1]"


@pytest.mark.parametrize(
    ("path", "fields", "error", "param"),
    [
        (openai.GENERATE, {"promt": "x"}, InvalidValue, "promt"),
        (openai.GENERATE, {"n": 0}, InvalidValue, "n"),
        (openai.GENERATE, {"n": "two"}, InvalidValue, "n"),
        (openai.GENERATE, {"size": "big"}, InvalidValue, "size"),
        (openai.GENERATE, {"response_format": "png"}, InvalidValue, "response_format"),
        (openai.GENERATE, {"stream": True}, Unsupported, "stream"),
        (openai.GENERATE, {"partial_images": 1}, Unsupported, "partial_images"),
        (openai.GENERATE, {"prompt": 7}, InvalidValue, "prompt"),
        (openai.EDIT, {"prompt": "x"}, MissingValue, "image"),
        (openai.EDIT, {"image": Upload(b"x"), "mask": Upload(b"x")}, Unsupported, "mask"),
        (openai.EDIT, {"images": [{"file_id": "file-1"}]}, Unsupported, "images[0].file_id"),
        (openai.VIDEO, {"seconds": "long"}, InvalidValue, "seconds"),
        (openai.VIDEO, {"seconds": "nan"}, InvalidValue, "seconds"),
        (openai.VIDEO, {"input_reference": "ftp://a/b"}, InvalidInput, "input_reference"),
        (openai.VIDEO, {"input_reference": [Upload(b"x")]}, InvalidValue, "input_reference"),
    ],
)
def test_refusals_name_the_wires_own_field(
    path: str, fields: dict[str, Any], error: type[CallerError], param: str
) -> None:
    with pytest.raises(error) as refused:
        openai.parse_create(path, fields, NAMES)
    assert refused.value.field == param


def test_auto_leaves_the_choice_to_the_model() -> None:
    said = {"size": "auto", "quality": "auto", "background": "auto", "stream": False}
    assert openai.parse_create(openai.GENERATE, said, NAMES).spec == GenerationSpec(kind=Kind.IMAGE)


@pytest.mark.parametrize(
    ("fields", "inline"),
    [
        ({}, False),
        ({"model": "gpt-image-2"}, True),
        ({"model": "gpt-image-2", "response_format": "url"}, False),
        ({"model": "dall-e-3"}, False),
        ({"model": "dall-e-3", "response_format": "b64_json"}, True),
    ],
)
def test_pictures_come_by_value_where_openai_sends_them_so(fields: dict[str, str], inline: bool) -> None:
    assert openai.parse_create(openai.GENERATE, fields, NAMES).inline is inline


def test_a_quality_that_would_change_the_model_leaves_the_model_unsaid() -> None:
    model = ModelRef("OG", "image2_medium")
    for quality, unsaid in (("high", ("model",)), ("hd", ())):
        spec = GenerationSpec(kind=Kind.IMAGE, model=model, options={"quality": quality})
        rendered = openai.render_create(spec, None, NAMES)
        assert rendered.unsaid == unsaid
        assert ("model" in rendered.fields) is (unsaid == ())


def test_words_are_said_as_the_size_they_stand_for() -> None:
    for resolution, row in frame_table().items():
        for ratio, size in row.items():
            spec = GenerationSpec(kind=Kind.VIDEO, resolution=resolution, aspect_ratio=ratio)
            rendered = openai.render_create(spec, None, NAMES)
            assert rendered.fields == {"size": f"{size[0]}x{size[1]}"}
            assert rendered.unsaid == ()
    alone = openai.render_create(GenerationSpec(kind=Kind.VIDEO, resolution="720P"), None, NAMES)
    assert alone.unsaid == ("resolution",)


# ---------------------------------------------------------------- models


@pytest.mark.parametrize(
    ("kind", "name", "quality", "model"),
    [
        (Kind.VIDEO, "sora-2", None, ModelRef("OS", "2.0")),
        (Kind.VIDEO, "SORA-2-PRO", None, ModelRef("OS", "2.0")),
        (Kind.VIDEO, "veo-3.1-fast", None, ModelRef("GV", "3.1-fast")),
        (Kind.IMAGE, "gpt-image-2", None, ModelRef("OG", "image2_medium")),
        (Kind.IMAGE, "gpt-image-2", "high", ModelRef("OG", "image2_high")),
        (Kind.IMAGE, "dall-e-3", "hd", ModelRef("OG", "image2_high")),
        (Kind.VIDEO, "KLING-3.0-omni", None, ModelRef("Kling", "3.0-Omni")),
        (Kind.VIDEO, "Kling/3.0", None, ModelRef("Kling", "3.0")),
        (Kind.VIDEO, "hailuo 2.3", None, ModelRef("Hailuo", "2.3")),
        (Kind.IMAGE, "hunyuan-3.0", None, ModelRef("Hunyuan", "3.0")),
        (Kind.VIDEO, "wand-vega-video-1.0-lite", None, ModelRef("wand-vega-video", "1.0-lite")),
        (Kind.VIDEO, "kling", None, ModelRef("Kling", "")),
        (Kind.VIDEO, "my-model-2", None, ModelRef("my", "model-2")),
        (Kind.VIDEO, "-odd", None, ModelRef("-odd", "")),
    ],
)
def test_names_of_models(kind: Kind, name: str, quality: str | None, model: ModelRef) -> None:
    assert NAMES.parse(kind, name, quality).model == model


@given(st.sampled_from(Kind), models)
def test_a_models_name_means_that_model(kind: Kind, model: ModelRef) -> None:
    if (found := NAMES.render(kind, model)) is not None:
        assert NAMES.parse(kind, *found).model == model


def test_every_model_of_the_catalogue_has_a_name() -> None:
    for entry in builtin().models():
        if entry.kind in tuple(Kind):
            kind, model = Kind(entry.kind), ModelRef(entry.family, entry.version)
            assert model in NAMES.listed(kind).values()
            assert NAMES.render(kind, model) is not None
    assert NAMES.render(Kind.VIDEO, ModelRef("Kling", "3.0-Omni")) == ("kling-3.0-omni", None)
    assert NAMES.render(Kind.VIDEO, ModelRef("OS", "2.0")) == ("sora-2", None)
    assert NAMES.render(Kind.IMAGE, ModelRef("OG", "image2_high")) == ("gpt-image-2", "high")


def test_every_alias_names_a_model_of_the_catalogue() -> None:
    listed = {(e.kind, e.family, e.version) for e in builtin().models()}
    for alias in read_aliases():
        for version in {alias.version, *alias.qualities.values()}:
            assert (alias.kind, alias.family, version) in listed


def test_the_operators_names_win() -> None:
    names = ModelNames((), {"Sora-2": "Kling/3.0", "house": "Hailuo/2.3"})
    assert names.parse(Kind.VIDEO, "sora-2").model == ModelRef("Kling", "3.0")
    assert names.parse(Kind.IMAGE, "HOUSE").model == ModelRef("Hailuo", "2.3")
    assert names.render(Kind.VIDEO, ModelRef("Hailuo", "2.3")) == ("house", None)
    assert names.render(Kind.VIDEO, ModelRef("OS", "2.0")) == ("sora-2-2025-10-06", None)
    with pytest.raises(ValueError, match="Family/version"):
        ModelNames((), {"house": "Hailuo"})


def test_the_nearest_names_are_told() -> None:
    assert NAMES.nearest(Kind.VIDEO, "sora2")[0] == "sora-2"
    assert NAMES.nearest(Kind.VIDEO, "klnig-3.0")[0] == "kling-3.0"
    assert NAMES.nearest(Kind.VIDEO, "qqqq") == ()


# ---------------------------------------------------------------- statuses and errors


videos = st.builds(
    openai.VideoStatus,
    id=st.sampled_from(["video_1", "x"]),
    model=texts,
    status=st.sampled_from(["queued", "in_progress", "completed", "failed", "cancelled"]),
    progress=maybe | st.integers(1, 100),
    created_at=st.integers(0, 2**40),
    completed_at=maybe | st.integers(0, 2**40),
    expires_at=maybe | st.integers(0, 2**40),
    prompt=maybe | st.just("p"),
    seconds=st.sampled_from(["", "8", "7.5"]),
    size=st.sampled_from(["", "1280x720"]),
    error=maybe | st.builds(openai.VideoError, texts, texts),
    remixed_from_video_id=maybe | st.just("video_2"),
)


@given(videos)
def test_a_film_is_read_back(video: openai.VideoStatus) -> None:
    assert openai.parse_video(openai.render_video(video)) == video
    page = openai.render_list((video, video), more=True)
    assert openai.parse_list(page) == ((video, video), True)


@given(json_values)
def test_any_answer_is_a_film_or_refused(answer: Any) -> None:
    for body in (
        answer,
        {"id": "a", "status": "queued", "error": answer, "progress": answer, "size": answer},
    ):
        with contextlib.suppress(ValueError):
            assert openai.parse_video(body).status


def test_no_progress_is_zero_on_the_wire() -> None:
    video = openai.VideoStatus(id="v", status="in_progress")
    assert openai.render_video(video)["progress"] == 0
    assert openai.parse_video(openai.render_video(video)).progress is None


def test_task_ids_are_spelt_one_way() -> None:
    task_id = bytes(range(16))
    assert openai.parse_task_id(openai.render_task_id(task_id)) == task_id
    for wrong in ("video_", "video_" + task_id.hex().upper() + "A", task_id.hex(), "task_" + task_id.hex()):
        assert openai.parse_task_id(wrong) is None


images = st.builds(
    openai.ImagesStatus,
    created_at=st.integers(0, 2**40),
    images=st.lists(
        st.builds(openai.ImageResult, st.just("https://a/x"), maybe | st.just("AAAA"), maybe),
        min_size=1,
        max_size=3,
    ).map(tuple),
    size=maybe | st.just("8x8"),
    output_format=maybe | st.just("png"),
    quality=maybe | st.just("low"),
    background=maybe | st.just("opaque"),
)


@given(images)
def test_pictures_are_read_back(status: openai.ImagesStatus) -> None:
    assert openai.parse_images(openai.render_images(status)) == status


@pytest.mark.parametrize("answer", [None, {}, {"data": []}, {"data": [{}]}, {"data": [None]}])
def test_an_answer_without_pictures_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match="no picture"):
        openai.parse_images(answer)


def test_models_are_read_back() -> None:
    listed = openai.render_models([("sora-2", "OS"), ("kling-3.0", "Kling")])
    assert openai.parse_models(listed) == ["sora-2", "kling-3.0"]


def test_the_tables_are_total() -> None:
    found = {cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, Exception)}
    assert set(openai.PROBLEMS) == found
    assert set(openai.STATUS) == set(TaskState)
    assert set(openai.FAILURES) == {*ERROR_CODES, "cancelled"}
    assert not any(problem.retry for problem in openai.FAILURES.values())


def test_errors_are_read_back() -> None:
    body = openai.render_problem("no", "invalid_request_error", "invalid_value", "n")
    assert openai.parse_problem(400, body) == (400, "no", "invalid_request_error", "invalid_value", "n")
    assert openai.parse_problem(500, "boom").message == "boom"
    assert openai.parse_problem(422, {"detail": "wrong"}).message == "wrong"


OLD = bytes(range(16))


def test_a_remix_asks_for_the_same_with_the_old_film_as_its_only_input() -> None:
    asked = GenerationSpec(
        kind=Kind.VIDEO,
        model=ModelRef("PixVerse", "v6"),
        prompt="a silk",
        duration=5,
        references=(Reference(role=Role.FIRST_FRAME, source="sha256:" + "0" * 64),),
    )
    film = openai_remix.Remixed(OLD, asked, {"model": "pixverse-v6", "user": "ann"})
    parsed = openai_remix.parse_remix({"prompt": "a storm"}, film)
    (base,) = parsed.spec.references
    assert (base.role, base.medium, base.source) == (Role.BASE_VIDEO, Medium.VIDEO, f"task:{OLD.hex()}")
    assert (parsed.spec.prompt, parsed.spec.duration) == ("a storm", 5)
    assert (parsed.model_name, parsed.model_version) == ("PixVerse", "v6")
    assert parsed.extra == {"model": "pixverse-v6", "remixed_from_video_id": f"video_{OLD.hex()}"}
    assert {openai.param_of(parsed, path) for path in ("references", "references.0", "base_video")} == {
        "video_id"
    }


def test_a_remix_of_a_joined_film_is_made_by_the_usual_model() -> None:
    joined = GenerationSpec(kind=Kind.VIDEO, step=Step.CONCATENATE, model=ModelRef("genmux", "concatenate"))
    parsed = openai_remix.parse_remix({"prompt": "a storm"}, openai_remix.Remixed(OLD, joined, {}))
    assert (parsed.model_name, parsed.spec.model, parsed.spec.step) == (None, None, None)


@pytest.mark.parametrize(
    ("fields", "param"), [({}, "prompt"), ({"prompt": 5}, "prompt"), ({"prompt": "x", "size": "1x1"}, "size")]
)
def test_a_remix_takes_a_prompt_and_nothing_else(fields: dict[str, Any], param: str) -> None:
    film = openai_remix.Remixed(OLD, GenerationSpec(kind=Kind.VIDEO), {})
    with pytest.raises(CallerError) as refusal:
        openai_remix.parse_remix(fields, film)
    assert refusal.value.field == param
