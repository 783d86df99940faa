"""Our own REST as a wire: both directions, every refusal named."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain import errors
from genmux.domain.errors import CallerError, InvalidInput, InvalidValue, MissingValue
from genmux.domain.spec import (
    GenerationSpec,
    Kind,
    Medium,
    ModelRef,
    OutputTarget,
    Reference,
    Role,
    Step,
    Subject,
    Usage,
)
from genmux.domain.states import TaskState
from genmux.domain.text import Text, same
from genmux.wires import rest
from genmux.wires.rest_values import parse_time, read_time, render_time
from genmux.wires.results import normal_source

texts = st.text(st.characters(codec="utf-8"), max_size=12)
maybe = st.none()
bools = maybe | st.booleans()
sources = st.sampled_from(
    [
        "https://a.example/x.png",
        "http://b.example/y",
        "data:image/png;base64,AAAA",
        "sha256:" + "0f" * 32,
        f"task:{'0f' * 16}",
        f"task:{'0f' * 16}#7",
    ]
)
references = st.builds(
    Reference,
    role=st.sampled_from(Role),
    source=sources,
    medium=st.sampled_from(Medium),
    subject_id=maybe | texts,
    keep_sound=bools,
    text=maybe | texts,
)
reference_lists = st.lists(references, max_size=3).map(tuple)
subjects = st.builds(
    Subject,
    id=maybe | texts,
    name=maybe | texts,
    voice_id=maybe | texts,
    images=reference_lists,
    videos=reference_lists,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
).filter(lambda value: "inf" not in repr(value))
models = st.builds(ModelRef, texts, texts).filter(lambda m: m.family or m.version)
specs = st.builds(
    GenerationSpec,
    kind=st.sampled_from(Kind),
    step=maybe | st.sampled_from(Step),
    model=maybe | models,
    prompt=texts,
    negative_prompt=maybe | texts,
    enhance_prompt=bools,
    references=reference_lists,
    subjects=st.lists(subjects, max_size=2).map(tuple),
    duration=maybe | st.floats(0.001, 86_400),
    resolution=maybe | st.sampled_from(["720P", "1080P", "1K", "2K", "4K"]),
    aspect_ratio=maybe | st.sampled_from(["16:9", "9:16", "21:9"]),
    size=maybe | st.tuples(st.integers(1, 99_999), st.integers(1, 99_999)),
    audio=bools,
    background_music=bools,
    count=maybe | st.integers(1, 1000),
    seed=maybe | st.integers(-(2**63), 2**63 - 1),
    watermark=bools,
    output_format=maybe | texts,
    scene=maybe | texts,
    off_peak=bools,
    options=st.dictionaries(texts, json_values, max_size=3),
)
outputs = maybe | st.builds(OutputTarget, texts.filter(bool), texts, texts)


def parse(body: dict[str, Any]) -> rest.ParsedCreate:
    return rest.parse_create(json.dumps(body).encode())


@given(specs, st.integers(-10, 10), outputs)
def test_what_is_rendered_is_read_back_equal(
    spec: GenerationSpec, priority: int, output: OutputTarget | None
) -> None:
    parsed = parse(rest.render_create(spec, priority=priority, output=output))
    assert (parsed.spec, parsed.priority, parsed.output) == (spec, priority, output)
    assert parse(rest.render_create(parsed.spec)).spec == parsed.spec


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("Kling/3.0", ModelRef("Kling", "3.0")),
        ("Kling 3.0", ModelRef("Kling", "3.0")),
        ("Kling 3.0 Omni", ModelRef("Kling", "3.0 Omni")),
        (" Kling ", ModelRef("Kling", "")),
        ({"family": "Kling", "version": "3.0"}, ModelRef("Kling", "3.0")),
        ({"family": "Kling"}, ModelRef("Kling", "")),
        ("", None),
    ],
)
def test_a_model_is_named_in_several_ways(written: object, model: ModelRef | None) -> None:
    parsed = parse({"kind": "video", "model": written})
    assert parsed.spec.model == model
    assert parsed.model_name == (model.family if model else None)
    assert parsed.model_version == ((model.version or None) if model else None)


def test_null_says_nothing() -> None:
    nothing = dict.fromkeys([*rest.FIELDS, "references", "subjects", "priority", "output"])
    assert parse({"kind": "image", **nothing}).spec == GenerationSpec(kind=Kind.IMAGE)


@pytest.mark.parametrize(
    ("step", "kind", "role", "medium"),
    [
        ("concatenate", "video", Role.REFERENCE, Medium.VIDEO),
        ("last_frame", "image", Role.REFERENCE, Medium.VIDEO),
        ("convert", "image", Role.REFERENCE, Medium.IMAGE),
        ("extend", "video", Role.BASE_VIDEO, Medium.VIDEO),
    ],
)
def test_a_step_knows_what_its_inputs_are(step: str, kind: str, role: Role, medium: Medium) -> None:
    body = {"kind": kind, "step": step, "references": [{"source": f"sha256:{'0' * 64}"}]}
    (reference,) = parse(body).spec.references
    assert (reference.role, reference.medium) == (role, medium)
    assert rest.render_create(parse(body).spec) == body


REFUSED: list[tuple[dict[str, Any], type[CallerError], str, str]] = [
    ({}, MissingValue, "kind", "missing"),
    ({"kind": "song"}, InvalidValue, "kind", "image, video"),
    ({"kind": "video", "durration": 5}, InvalidValue, "durration", "did you mean duration"),
    ({"kind": "video", "zzz": 5}, InvalidValue, "zzz", "there are: "),
    ({"kind": "video", "duration": 0}, InvalidValue, "duration", "positive"),
    ({"kind": "video", "duration": "5"}, InvalidValue, "duration", "positive"),
    ({"kind": "video", "duration": True}, InvalidValue, "duration", "positive"),
    ({"kind": "video", "duration": 10**400}, InvalidValue, "duration", "positive"),
    ({"kind": "video", "prompt": 5}, InvalidValue, "prompt", "text"),
    ({"kind": "video", "audio": "yes"}, InvalidValue, "audio", "true or false"),
    ({"kind": "video", "resolution": "huge"}, InvalidValue, "resolution", "720P"),
    ({"kind": "video", "aspect_ratio": "wide"}, InvalidValue, "aspect_ratio", "16:9"),
    ({"kind": "image", "size": "0x5"}, InvalidValue, "size", "1024x1024"),
    ({"kind": "image", "count": 0}, InvalidValue, "count", "from 1"),
    ({"kind": "image", "count": 1.5}, InvalidValue, "count", "whole number"),
    ({"kind": "image", "seed": 2**63}, InvalidValue, "seed", "whole number"),
    ({"kind": "image", "priority": 11}, InvalidValue, "priority", "-10 to 10"),
    ({"kind": "image", "options": []}, InvalidValue, "options", "object"),
    ({"kind": "image", "model": {"version": "3"}}, MissingValue, "model.family", "missing"),
    ({"kind": "image", "model": {"fam": "3"}}, InvalidValue, "model.fam", "family"),
    ({"kind": "image", "references": {}}, InvalidValue, "references", "array"),
    ({"kind": "image", "references": ["x"]}, InvalidValue, "references.0", "object"),
    ({"kind": "image", "references": [{"role": "style"}]}, MissingValue, "references.0.source", "missing"),
    (
        {"kind": "image", "references": [{"source": "https://a.example"}]},
        MissingValue,
        "references.0.role",
        "missing",
    ),
    (
        {"kind": "image", "references": [{"role": "hero", "source": "https://a.example"}]},
        InvalidValue,
        "references.0.role",
        "first_frame",
    ),
    (
        {"kind": "image", "references": [{"role": "style", "source": "file:///etc/passwd"}]},
        InvalidInput,
        "references.0.source",
        "http",
    ),
    (
        {"kind": "image", "references": [{"role": "style", "source": "sha256:00"}]},
        InvalidInput,
        "references.0.source",
        "http",
    ),
    ({"kind": "image", "subjects": [{"image": []}]}, InvalidValue, "subjects.0.image", "images"),
    ({"kind": "image", "output": {"region": "x"}}, MissingValue, "output.bucket", "missing"),
]


@pytest.mark.parametrize(("body", "error", "field", "word"), REFUSED, ids=lambda v: str(v)[:40])
def test_a_refusal_names_the_field(
    body: dict[str, Any], error: type[CallerError], field: str, word: str
) -> None:
    with pytest.raises(error) as caught:
        parse(body)
    assert caught.value.code == error.code
    assert caught.value.field == field
    assert word in caught.value.text.en
    assert caught.value.text.zh != caught.value.text.en


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"kind": NaN}'])
def test_what_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(CallerError) as caught:
        rest.parse_create(body)
    assert type(caught.value) is CallerError


def test_options_are_not_nested_beyond_reason() -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}
    with pytest.raises(InvalidValue, match="nested"):
        parse({"kind": "image", "options": deep})


@given(st.binary(max_size=60) | st.dictionaries(texts, json_values).map(lambda v: json.dumps(v).encode()))
def test_nothing_but_a_caller_error_comes_of_garbage(body: bytes) -> None:
    with contextlib.suppress(CallerError):
        rest.parse_create(body)


@given(specs)
def test_every_reference_has_a_path(spec: GenerationSpec) -> None:
    body = rest.render_create(spec)
    paths = parse(body).reference_paths
    assert len(set(paths)) == len(paths)
    for path, reference in zip(paths, spec.all_references(), strict=True):
        found: Any = body
        for step in path.split("."):
            found = found[int(step) if isinstance(found, list) else step]
        assert normal_source(found["source"]) == reference.source


# ---------------------------------------------------------------- tasks

times = st.integers(0, 4_000_000_000_000)
numbers = st.integers(0, 1 << 40)
artifacts = st.builds(
    rest.ArtifactStatus,
    n=numbers,
    url=texts,
    content_type=texts,
    width=numbers,
    height=numbers,
    seconds=maybe | st.floats(0, 1e6),
    bytes=numbers,
    sha256=texts,
    url_expires_at=maybe | times,
    kept_until=maybe | times,
)
inputs = st.builds(rest.InputStatus, n=numbers, role=texts, source=texts, url=maybe | texts)
attempts = st.builds(
    rest.AttemptStatus,
    n=numbers,
    key=texts,
    channel_id=numbers,
    upstream_ref=maybe | texts,
    outcome=maybe | texts,
    opened_at=times,
    closed_at=maybe | times,
)
objects = st.dictionaries(texts, json_values, max_size=2)
events = st.builds(rest.EventStatus, n=numbers, at=times, kind=texts, data=objects)


def lists(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return maybe | st.lists(items, max_size=2).map(tuple)


statuses = st.builds(
    rest.TaskStatus,
    id=texts,
    kind=st.sampled_from(Kind),
    model=maybe | texts,
    state=st.sampled_from([state.word for state in TaskState]),
    reason=maybe | texts,
    wire=texts,
    progress=maybe | st.integers(0, 100),
    created_at=times,
    started_at=maybe | times,
    finished_at=maybe | times,
    cancel_requested_at=maybe | times,
    error=maybe | st.builds(rest.Fault, texts, texts, texts),
    usage=maybe | st.builds(Usage, numbers, st.floats(0, 1e6), texts, st.booleans()),
    artifacts=st.lists(artifacts, max_size=2).map(tuple),
    spec=maybe | objects,
    extra=maybe | objects,
    inputs=lists(inputs),
    attempts=lists(attempts),
    events=lists(events),
)


@given(statuses)
def test_a_task_is_read_back_equal(status: rest.TaskStatus) -> None:
    wire = json.loads(json.dumps(rest.render_task(status)))
    assert rest.parse_task(wire) == status
    assert rest.parse_task({**wire, "of_tomorrow": 1}) == status
    assert status.final is TaskState[status.state.upper()].final


@pytest.mark.parametrize(
    "fields", [{}, {"id": 5}, {"created_at": "yesterday"}, {"events": [5]}, {"events": 5}]
)
def test_what_is_no_task_is_a_value_error(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        rest.parse_task(fields)


@given(times)
def test_times_are_rfc_3339_with_milliseconds(ms: int) -> None:
    text = render_time(ms)
    assert text is not None
    assert len(text) == len("2026-01-31T08:00:00.000Z")
    assert text.endswith("Z")
    assert parse_time(text) == ms


@given(st.binary(min_size=16, max_size=16))
def test_ids_are_spelt_in_one_way(task_id: bytes) -> None:
    spelt = rest.render_task_id(task_id)
    assert rest.parse_task_id(spelt) == task_id
    assert spelt.startswith("task_")
    for wrong in (spelt.upper(), spelt + "0", spelt[:-1], spelt[5:], f" {spelt}"):
        assert rest.parse_task_id(wrong) is None


# ---------------------------------------------------------------- problems


def all_errors() -> set[type[errors.GenmuxError]]:
    found, todo = set(), [errors.GenmuxError]
    while todo:
        cls = todo.pop()
        found.add(cls)
        todo += cls.__subclasses__()
    return {cls for cls in found if cls.__module__ == errors.__name__}


def test_the_status_table_is_total() -> None:
    assert set(rest.STATUS) == all_errors()
    assert {cls.code for cls in all_errors()} <= set(rest.TITLE)
    for cls, status in rest.STATUS.items():
        assert (400 <= status < 500) is (issubclass(cls, errors.CallerError) or cls is errors.IllegalMove)


def test_a_problem_says_who_what_and_where() -> None:
    error = InvalidValue(Text("Too long.", "过长。"), field="duration")
    problem = rest.render_error(error, rest.status_of(error), request_id="r1", language="zh-CN")
    assert problem == {
        "type": "urn:genmux:error:invalid_value",
        "title": "Invalid value",
        "status": 422,
        "detail": "过长。",
        "code": "invalid_value",
        "request_id": "r1",
        "field": "duration",
    }


def test_an_unlisted_error_has_its_nearest_class_s_status() -> None:
    class Stranger(errors.NotFound):
        pass

    assert rest.status_of(Stranger(same("x"))) == 404


# ---------------------------------------------------------------- checks


@given(specs)
def test_a_check_of_a_good_body_reads_what_a_create_reads(spec: GenerationSpec) -> None:
    body = json.dumps(rest.render_create(spec)).encode()
    assert rest.parse_check(body) == (rest.parse_create(body), ())


@pytest.mark.parametrize(("body", "error", "field", "word"), REFUSED, ids=lambda v: str(v)[:40])
def test_a_check_tells_what_a_create_refuses(
    body: dict[str, Any], error: type[CallerError], field: str, word: str
) -> None:
    parsed, faults = rest.parse_check(json.dumps(body).encode())
    assert field in [fault.field for fault in faults]
    assert next(f for f in faults if f.field == field).code == error.code
    assert (parsed is None) is (field == "kind")


@given(st.dictionaries(st.sampled_from(rest.KNOWN) | texts, json_values, max_size=6))
def test_a_check_reads_any_object_to_its_end(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    _, faults = rest.parse_check(raw)
    if not faults:
        rest.parse_create(raw)
        return
    with pytest.raises(CallerError) as first:
        rest.parse_create(raw)
    assert first.value.field in [fault.field for fault in faults]


def test_a_check_goes_on_after_a_fault() -> None:
    body = {
        "kind": "image",
        "durration": 1,
        "prompt": 5,
        "count": 2.5,
        "references": [{"role": "hero", "source": "x"}, {"role": "style", "source": "https://a.example"}],
        "subjects": [{"nam": "x", "images": [{"source": 5}]}],
    }
    parsed, faults = rest.parse_check(json.dumps(body).encode())
    found = {fault.field: getattr(fault, "nearest", None) for fault in faults}
    assert found == {
        "durration": "duration",
        "prompt": None,
        "count": "2",
        "references.0.role": None,
        "subjects.0.nam": "name",
        "subjects.0.images.0.source": None,
    }
    assert parsed is not None
    assert parsed.reference_paths == ("references.1",)
    assert len(parsed.spec.references) == 1


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01t00:00:01.5z", 1500),
        ("1970-01-01 08:00:01+08:00", 1000),
        ("1970-01-01T00:00:01", None),
        ("1970-01-01", None),
        ("1970-02-30T00:00:00Z", None),
        ("0001-01-01T00:00:00+23:59", -62135683140000),
        ("١٩٧٠-01-01T00:00:01Z", None),
        ("now", None),
        ("", None),
    ],
)
def test_times_are_read_as_rfc_3339_has_them(text: str, ms: int | None) -> None:
    assert read_time(text) == ms
