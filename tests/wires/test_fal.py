"""fal's queue as a wire: ids, arguments, status, result and refusals, both directions."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain import catalog, errors
from genmux.domain.errors import CallerError, InvalidInput, InvalidValue, MissingValue
from genmux.domain.spec import (
    ERROR_CODES,
    GenerationSpec,
    Kind,
    Medium,
    ModelRef,
    Reference,
    Role,
    Subject,
    TaskError,
)
from genmux.domain.states import TaskState
from genmux.domain.text import same
from genmux.wires import fal
from genmux.wires.fal_inputs import EXTRA, MEANT, by_role, names_of
from genmux.wires.fal_problems import loc_of, render_failure
from genmux.wires.tencent import BrokenAnswerError

KLING = "fal-ai/kling-video/v2.1/master/image-to-video"
URL = "https://a.example/x.png"
BASE = "https://genmux.test"
DEEP: Any = msgspec.json.decode(b"[" * 40 + b"]" * 40)


def app(path: str) -> fal.App:
    found = fal.parse_app(path)
    assert found is not None, path
    return found


def parse(path: str, fields: dict[str, Any], kind: Kind | None = None) -> fal.ParsedCreate:
    named = app(path)
    chosen = kind or named.kind
    assert chosen is not None
    return fal.parse_create(named, chosen, fields)


# ---------------------------------------------------------------- strategies

texts = st.text(st.characters(codec="utf-8"), max_size=8)
maybe = st.none()
flags = maybe | st.booleans()
sources = st.sampled_from(
    [URL, "http://b.example/y", "data:image/png;base64,AAAA", f"task:{'0f' * 16}", f"task:{'0f' * 16}#7"]
)
PLACES = (
    (Role.FIRST_FRAME, Medium.IMAGE, 1),
    (Role.LAST_FRAME, Medium.IMAGE, 1),
    (Role.REFERENCE, Medium.IMAGE, 3),
    (Role.BASE_VIDEO, Medium.VIDEO, 1),
    (Role.FEATURE_VIDEO, Medium.VIDEO, 2),
    (Role.AUDIO, Medium.AUDIO, 1),
)


@st.composite
def film_references(draw: st.DrawFn) -> tuple[Reference, ...]:
    keep = draw(flags)
    return tuple(
        Reference(role=role, medium=medium, source=url, keep_sound=keep if medium is Medium.VIDEO else None)
        for role, medium, most in PLACES
        for url in draw(st.lists(sources, max_size=most))
    )


subjects = st.builds(
    Subject,
    voice_id=maybe | texts.filter(bool),
    images=st.lists(st.builds(Reference, role=st.just(Role.SUBJECT), source=sources), max_size=3).map(tuple),
    videos=st.lists(
        st.builds(Reference, role=st.just(Role.SUBJECT), source=sources, medium=st.just(Medium.VIDEO)),
        max_size=1,
    ).map(tuple),
).filter(lambda s: s != Subject())
json_values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
options = st.dictionaries(texts.filter(lambda n: n not in MEANT and n not in EXTRA), json_values, max_size=3)
plain = {
    "prompt": texts,
    "negative_prompt": maybe | texts.filter(bool),
    "enhance_prompt": flags,
    "duration": maybe | st.sampled_from([1.0, 2.5, 5.0, 8.0, 86_400.0]),
    "resolution": maybe | st.sampled_from(["512P", "720P", "1080P", "1K", "2K", "4K"]),
    "aspect_ratio": maybe | st.sampled_from(["16:9", "1:1", "21:9"]),
    "size": maybe | st.tuples(st.integers(1, 99_999), st.integers(1, 99_999)),
    "audio": flags,
    "background_music": flags,
    "count": maybe | st.integers(1, 1000),
    "seed": maybe | st.integers(-(2**63), 2**63 - 1),
    "output_format": maybe | texts.filter(bool),
    "options": options,
}
model = st.just(ModelRef("Kling", "3.0"))
films = st.builds(
    GenerationSpec,
    kind=st.just(Kind.VIDEO),
    model=model,
    references=film_references(),
    subjects=st.lists(subjects, max_size=2).map(tuple),
    **plain,
)
pictures = st.builds(
    GenerationSpec,
    kind=st.just(Kind.IMAGE),
    model=model,
    references=st.lists(st.builds(Reference, role=st.just(Role.REFERENCE), source=sources), max_size=3).map(
        tuple
    ),
    **plain,
)
any_references = st.builds(
    Reference,
    role=st.sampled_from(Role),
    source=sources | texts,
    medium=st.sampled_from(Medium),
    subject_id=maybe | texts,
    keep_sound=flags,
    text=maybe | texts,
)
any_specs = st.builds(
    GenerationSpec,
    kind=st.sampled_from(Kind),
    model=maybe | model | st.builds(ModelRef, texts, texts),
    references=st.lists(any_references, max_size=3).map(tuple),
    subjects=st.lists(
        st.builds(
            Subject,
            id=maybe | texts,
            name=maybe | texts,
            voice_id=maybe | texts,
            images=st.lists(any_references, max_size=2).map(tuple),
            videos=st.lists(any_references, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    watermark=flags,
    scene=maybe | texts,
    off_peak=flags,
    **{
        **plain,
        "duration": maybe | st.floats(),
        "resolution": maybe | texts,
        "aspect_ratio": maybe | texts | st.just("auto"),
        "options": st.dictionaries(texts | st.sampled_from(sorted(MEANT)), json_values, max_size=3),
    },
)
extras = st.fixed_dictionaries({}, optional=dict.fromkeys(EXTRA, st.booleans()))


# ---------------------------------------------------------------- round trips


@given(films | pictures, extras)
def test_every_spec_that_can_be_said_comes_back(spec: GenerationSpec, extra: dict[str, Any]) -> None:
    body, unsaid = fal.render_create(app("Kling/3.0"), spec, extra)
    assert unsaid == ()
    parsed = fal.parse_create(app("Kling/3.0"), spec.kind, body)
    assert parsed.spec == spec
    assert parsed.extra == extra
    assert len(parsed.reference_paths) == len(spec.all_references())


@given(any_specs, st.sampled_from([app("Kling/3.0"), app(KLING), app("fal-ai/veo3.1/fast/image-to-video")]))
def test_what_does_not_come_back_is_named(spec: GenerationSpec, named: fal.App) -> None:
    body, unsaid = fal.render_create(named, spec, {"fal_webhook": URL})
    assert "extra.fal_webhook" in unsaid
    lenient = replace(named, needs=())
    back = fal.parse_create(lenient, spec.kind, body).spec
    for field in GenerationSpec.__struct_fields__:
        ours, theirs = getattr(spec, field), getattr(back, field)
        if field not in unsaid and field != "model":
            same_references = field == "references" and by_role(ours) == by_role(theirs)
            assert same_references or theirs == ours or (ours == "" and theirs in (None, "")), field


WORDS: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "auto", "5", 5, 5.0, True, "true", URL, [URL], ["x"], [], "720p", "16:9", "square_hd", {}]
)
bodies = st.dictionaries(st.sampled_from([*sorted(MEANT), *EXTRA, "cfg_scale"]), WORDS | json_values)


@given(bodies, st.sampled_from(Kind), st.sampled_from(["Kling/3.0", KLING, "fal-ai/nano-banana/edit"]))
def test_every_body_is_read_or_refused_by_name(fields: dict[str, Any], kind: Kind, path: str) -> None:
    try:
        parsed = parse(path, fields, app(path).kind or kind)
    except CallerError as refusal:
        if not refusal.field:
            raise
        return
    generic = replace(app(path), takes=None, resolutions=())
    body, unsaid = fal.render_create(generic, parsed.spec, parsed.extra)
    assert unsaid == ()
    again = fal.parse_create(generic, parsed.spec.kind, body)
    assert (again.spec, again.extra) == (parsed.spec, parsed.extra)


# ---------------------------------------------------------------- applications


def test_every_published_id_names_a_model_of_the_catalogue_and_where_it_is_written() -> None:
    families = {(entry.kind, entry.family) for entry in catalog.builtin().models()}
    assert len(fal.PUBLISHED) > 100
    for path, named in fal.PUBLISHED.items():
        assert named.kind is not None
        assert (named.kind, named.model.family) in families, path
        assert named.source, path
        assert set(named.needs) <= (named.takes or frozenset(named.needs)) <= MEANT, path
        assert app(path) is named


@pytest.mark.parametrize(
    ("path", "kind", "model"),
    [
        (KLING, Kind.VIDEO, ("Kling", "2.1")),
        ("fal-ai/minimax/hailuo-02/pro/text-to-video", Kind.VIDEO, ("Hailuo", "02")),
        ("fal-ai/vidu/q2/image-to-video/turbo", Kind.VIDEO, ("Vidu", "q2-turbo")),
        ("fal-ai/veo3", Kind.VIDEO, ("GV", "3.1")),
        ("fal-ai/sora-2/text-to-video", Kind.VIDEO, ("OS", "2.0")),
        ("fal-ai/nano-banana/edit", Kind.IMAGE, ("GG", "2.5")),
        ("fal-ai/qwen-image", Kind.IMAGE, ("Qwen", "0925")),
        ("kling/3.0/text-to-video", Kind.VIDEO, ("kling", "3.0")),
        ("kling/3.0/edit", Kind.IMAGE, ("kling", "3.0")),
        ("kling/3.0", None, ("kling", "3.0")),
    ],
)
def test_paths_name_models(path: str, kind: Kind | None, model: tuple[str, str]) -> None:
    assert app(path).kind is kind
    assert app(path).model == ModelRef(*model)


@pytest.mark.parametrize(
    "path",
    [
        *("", "kling", "kling/", "/kling", "kling//text-to-video", "kling/3.0/dance", "a/b/c/d"),
        *(f"{word}/b" for word in ("api", "v1", "files", "console", "healthz", "metrics", "docs")),
        *(".well-known/jwks.json", "workflows/a/b", "tencent-vod/v1"),
    ],
)
def test_paths_that_name_nothing(path: str) -> None:
    assert fal.parse_app(path) is None


def test_requests_stay_below_owner_and_alias() -> None:
    assert fal.root_of(KLING) == "fal-ai/kling-video"
    assert fal.root_of("workflows/me/flow/x") == "workflows/me/flow"
    assert fal.request_url(BASE, "a b/c?d", "i") == f"{BASE}/a%20b/c%3Fd/requests/i"


def test_a_spec_finds_its_plain_application() -> None:
    spec = GenerationSpec(kind=Kind.VIDEO, model=ModelRef("Kling", "3.0"))
    frame = Reference(role=Role.FIRST_FRAME, source=URL)
    other = Reference(role=Role.REFERENCE, source=URL)
    for references, mode in (((), "text"), ((frame,), "image"), ((other,), "reference")):
        found = fal.app_for(msgspec.structs.replace(spec, references=references))
        assert found is not None
        assert found.id == f"Kling/3.0/{mode}-to-video"
    picture = msgspec.structs.replace(spec, kind=Kind.IMAGE, references=(other,))
    assert (fal.app_for(picture) or app(KLING)).id == "Kling/3.0/edit"
    assert fal.app_for(msgspec.structs.replace(spec, model=None)) is None
    assert fal.app_for(msgspec.structs.replace(spec, model=ModelRef("a/b", "c"))) is None


# ---------------------------------------------------------------- arguments


def test_one_body_of_every_meaning() -> None:
    parsed = parse(
        "fal-ai/kling-video/v3/pro/image-to-video",
        {
            "prompt": "a cat",
            "negative_prompt": "blur",
            "start_image_url": URL,
            "end_image_url": URL + "2",
            "duration": "5",
            "generate_audio": True,
            "elements": [{"frontal_image_url": URL, "reference_image_urls": [URL], "video_url": URL}],
            "cfg_scale": 0.5,
            "enable_safety_checker": False,
            "aspect_ratio": None,
        },
    )
    spec = parsed.spec
    assert spec.model == ModelRef("Kling", "3.0")
    assert (spec.prompt, spec.negative_prompt, spec.duration, spec.audio) == ("a cat", "blur", 5.0, True)
    assert [(r.role, r.source) for r in spec.references] == [
        (Role.FIRST_FRAME, URL),
        (Role.LAST_FRAME, URL + "2"),
    ]
    assert len(spec.subjects[0].images) == 2
    assert spec.options == {"cfg_scale": 0.5}
    assert parsed.extra == {"enable_safety_checker": False}
    assert parsed.paths["first_frame"] == "start_image_url"
    assert parsed.reference_paths == (
        "start_image_url",
        "end_image_url",
        "elements.0.frontal_image_url",
        "elements.0.reference_image_urls.0",
        "elements.0.video_url",
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"duration": 8}, {"duration": 8.0}),
        ({"duration": "8s"}, {"duration": 8.0}),
        ({"duration": "auto"}, {}),
        ({"resolution": "768P"}, {"resolution": "768P"}),
        ({"resolution": "4k"}, {"resolution": "4K"}),
        ({"resolution": "0.5K"}, {"resolution": "512P"}),
        ({"image_size": "landscape_16_9"}, {"size": (1024, 576)}),
        ({"image_size": {"width": "640", "height": 480}}, {"size": (640, 480)}),
        ({"image_size": "1024x1536"}, {"size": (1024, 1536)}),
        ({"image_size": "auto_2K"}, {"resolution": "2K"}),
        ({"aspect_ratio": "auto"}, {}),
        ({"seed": "7"}, {"seed": 7}),
        ({"seed": str(2**53 + 1)}, {"seed": 2**53 + 1}),
        ({"num_images": 2.0}, {"count": 2}),
        ({"audio": "false"}, {"audio": False}),
        ({"prompt_optimizer": True}, {"enhance_prompt": True}),
        ({"video_url": URL, "keep_audio": True}, {}),
    ],
    ids=str,
)
def test_values_as_fal_s_models_write_them(fields: dict[str, Any], said: dict[str, Any]) -> None:
    spec = parse("Kling/3.0", fields, Kind.VIDEO).spec
    for name, value in said.items():
        assert getattr(spec, name) == value
    wanted = GenerationSpec(kind=Kind.VIDEO, model=spec.model, references=spec.references, **said)
    assert spec == wanted


def test_a_film_is_for_what_the_application_says() -> None:
    root = "fal-ai/kling-video/o1/video-to-video"
    for mode, role in (("edit", Role.BASE_VIDEO), ("reference", Role.FEATURE_VIDEO)):
        (film,) = parse(
            f"{root}/{mode}", {"prompt": "x", "video_url": URL, "keep_audio": True}
        ).spec.references
        assert (film.role, film.medium, film.keep_sound) == (role, Medium.VIDEO, True)
        body, unsaid = fal.render_create(
            app(f"{root}/{mode}"),
            parse(f"{root}/{mode}", {"prompt": "x", "video_url": URL, "keep_audio": True}).spec,
            {},
        )
        assert (body["video_url"], unsaid) == (URL, ())


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"prompt": 5}, InvalidValue, "prompt"),
        ({"duration": "long"}, InvalidValue, "duration"),
        ({"duration": 0}, InvalidValue, "duration"),
        ({"duration": "9" * 400}, InvalidValue, "duration"),
        ({"duration": 10**400}, InvalidValue, "duration"),
        ({"seed": 2**63}, InvalidValue, "seed"),
        ({"seed": "1e5"}, None, ""),
        ({"seed": 1.5}, InvalidValue, "seed"),
        ({"seed": True}, InvalidValue, "seed"),
        ({"num_images": 0}, InvalidValue, "num_images"),
        ({"image_size": {"width": 5}}, InvalidValue, "image_size.height"),
        ({"image_size": "auto_9K"}, InvalidValue, "image_size"),
        ({"image_size": "big"}, InvalidValue, "image_size"),
        ({"resolution": "tall"}, InvalidValue, "resolution"),
        ({"aspect_ratio": "wide"}, InvalidValue, "aspect_ratio"),
        ({"generate_audio": "yes"}, InvalidValue, "generate_audio"),
        ({"generate_audio": True, "audio": True}, InvalidValue, "audio"),
        ({"image_url": URL, "start_image_url": URL}, InvalidValue, "start_image_url"),
        ({"image_url": "ftp://x"}, InvalidInput, "image_url"),
        ({"image_urls": [URL, 5]}, InvalidValue, "image_urls.1"),
        ({"image_urls": {"a": 1}}, InvalidValue, "image_urls"),
        ({"elements": [{}]}, InvalidValue, "elements.0"),
        ({"elements": [{"front": URL}]}, InvalidValue, "elements.0.front"),
        ({"cfg": DEEP}, InvalidValue, "body"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_refusals_name_the_field(fields: dict[str, Any], error: type[CallerError] | None, field: str) -> None:
    if error is None:
        parse("Kling/3.0", fields, Kind.VIDEO)
        return
    with pytest.raises(error) as caught:
        parse("Kling/3.0", fields, Kind.VIDEO)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        (KLING, {"prompt": "x"}, "image_url"),
        (KLING, {"image_url": URL}, "prompt"),
        ("kling/3.0/image-to-video", {"prompt": "x"}, "image_url"),
        ("kling/3.0/edit", {"prompt": "x"}, "image_urls"),
        ("fal-ai/nano-banana/edit", {"prompt": "x", "image_urls": []}, "image_urls"),
    ],
)
def test_what_an_application_needs(path: str, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(MissingValue) as caught:
        parse(path, fields)
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["tail_image_url", "video_url", "audio_url", "elements"])
def test_a_picture_is_not_made_of_films(name: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse("kling/3.0/text-to-image", {"prompt": "x", name: URL})
    assert caught.value.field == name


def test_arguments_hint_at_the_kind() -> None:
    assert fal.hinted_kind({"prompt": "x", "num_images": 2}) is Kind.IMAGE
    assert fal.hinted_kind({"duration": "5"}) is Kind.VIDEO
    assert fal.hinted_kind({"prompt": "x", "duration": None}) is None
    assert fal.hinted_kind({"duration": "5", "num_images": 1}) is None


def test_a_client_writes_what_each_application_reads() -> None:
    spec = GenerationSpec(
        kind=Kind.VIDEO,
        model=ModelRef("GV", "3.1"),
        prompt="x",
        duration=8.0,
        resolution="4K",
        references=(
            Reference(role=Role.FIRST_FRAME, source=URL),
            Reference(role=Role.LAST_FRAME, source=URL),
        ),
    )
    body, unsaid = fal.render_create(app("fal-ai/veo3.1/first-last-frame-to-video"), spec, {})
    assert unsaid == ()
    assert body == {
        "prompt": "x",
        "duration": "8s",
        "resolution": "4k",
        "first_frame_url": URL,
        "last_frame_url": URL,
    }
    hailuo = msgspec.structs.replace(spec, model=ModelRef("Hailuo", "02"), resolution="768P", seed=7)
    body, unsaid = fal.render_create(app("fal-ai/minimax/hailuo-02/standard/image-to-video"), hailuo, {})
    assert (body["resolution"], body["end_image_url"]) == ("768P", URL)
    assert unsaid == ("seed",)
    _, unsaid = fal.render_create(app("fal-ai/veo3"), spec, {})
    assert unsaid == ("resolution", "references")


def test_names_of_an_application() -> None:
    assert names_of(app(KLING))["first_frame"] == "image_url"
    assert names_of(app("fal-ai/pixverse/v6/transition"))["first_frame"] == "first_image_url"


# ---------------------------------------------------------------- requests


@given(st.binary(min_size=16, max_size=16))
def test_a_request_id_is_the_task_s_uuid(task_id: bytes) -> None:
    text = fal.render_request_id(task_id)
    assert text == str(uuid.UUID(bytes=task_id))
    assert fal.parse_request_id(text) == task_id
    for other in (text.upper() + "x", text[:-1], text.replace("-", ""), "{" + text + "}"):
        assert fal.parse_request_id(other) is None


def test_every_state_has_one_of_three_words() -> None:
    assert set(fal.STATUS) == set(TaskState)
    assert set(fal.STATUS.values()) == {"IN_QUEUE", "IN_PROGRESS", "COMPLETED"}
    assert {state for state, word in fal.STATUS.items() if word == "COMPLETED"} == {
        state for state in TaskState if state.final
    }


views = st.builds(
    fal.StatusView,
    status=st.sampled_from(["IN_PROGRESS", "COMPLETED"]),
    request_id=texts.filter(bool),
    response_url=texts.filter(bool),
    status_url=texts.filter(bool),
    cancel_url=texts.filter(bool),
    logs=maybe
    | st.lists(st.builds(fal.LogLine, texts, texts, st.sampled_from(["INFO", "ERROR"])), max_size=2).map(
        tuple
    ),
    inference_seconds=maybe | st.floats(0, 1e6),
    error=maybe | texts,
    error_type=maybe | texts,
)


@given(
    views
    | views.flatmap(
        lambda v: st.builds(replace, st.just(replace(v, status="IN_QUEUE")), queue_position=st.integers(0, 9))
    )
)
def test_status_round_trip(view: fal.StatusView) -> None:
    fields = fal.render_status(view)
    assert fal.parse_status(fields) == view
    assert fal.parse_submitted(fields) == view
    assert ("queue_position" in fields) is (view.status == "IN_QUEUE")
    assert {"logs", "metrics"} <= set(fields)


files = st.builds(
    fal.FileView,
    url=texts.filter(bool),
    content_type=texts,
    file_name=texts,
    file_size=maybe | st.integers(0, 2**40),
    width=maybe | st.integers(1, 9000),
    height=maybe | st.integers(1, 9000),
    seconds=maybe | st.floats(0.1, 1e4),
)


@given(
    st.builds(
        fal.ResultView,
        kind=st.sampled_from(Kind),
        files=st.lists(files, min_size=1, max_size=3).map(tuple),
        prompt=maybe | texts,
        seed=maybe | st.integers(-(2**63), 2**63 - 1),
    )
)
def test_result_round_trip(view: fal.ResultView) -> None:
    assert fal.parse_result(fal.render_result(view)) == view


@given(
    st.dictionaries(st.sampled_from(["status", "logs", "metrics", "video", "images", "error"]), json_values)
)
def test_broken_answers_are_told_from_good_ones(fields: dict[str, Any]) -> None:
    for read in (fal.parse_status, fal.parse_submitted, fal.parse_result):
        try:
            read(fields)
        except BrokenAnswerError:
            continue


# ---------------------------------------------------------------- refusals


def all_errors(cls: type[errors.GenmuxError] = errors.GenmuxError) -> list[type[errors.GenmuxError]]:
    found = [cls, *(found for sub in cls.__subclasses__() for found in all_errors(sub))]
    return [error for error in found if error.__module__ == errors.__name__]


def test_every_error_has_a_status_that_is_never_sent_again_blindly() -> None:
    assert set(fal.PROBLEMS) == set(all_errors())
    statuses = {problem.status for problem in fal.PROBLEMS.values()}
    assert not statuses & {408, 409}
    assert not {failure.status for failure in fal.FAILURES.values()} & {408, 409, 429}
    assert set(fal.FAILURES) == ERROR_CODES


def test_a_refusal_names_where() -> None:
    error = InvalidValue(same("no"), field="image_urls.1")
    assert fal.render_error(error) == {
        "detail": [{"loc": ["body", "image_urls", 1], "msg": "no", "type": "value_error"}]
    }
    assert loc_of("fal_webhook") == ["query", "fal_webhook"]
    assert loc_of("Idempotency-Key") == ["header", "Idempotency-Key"]
    assert loc_of(None) == ["body"]
    assert fal.render_error(errors.Unauthorized(same("who"))) == {
        "detail": "who",
        "error_type": "unauthorized",
    }


def test_a_failure_reads_as_model_or_platform() -> None:
    refused = fal.failure_of(TaskError("content_refused", "no"))
    assert render_failure(refused, "no")["detail"][0]["type"] == "content_policy_violation"
    assert fal.failure_of(None) == fal.CANCELLED
    assert render_failure(fal.CANCELLED, "x") == {"detail": "x", "error_type": "client_cancelled"}
    assert fal.failure_of(TaskError("strange", "x")).status == 500
