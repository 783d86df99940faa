"""From arguments to an order: what is said arrives, and what cannot be said is refused by its name."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from genmux.client.endpoint import FromFile, FromTask, FromUrl, Given, Order, Ref, Snapshot, Source
from genmux.client.orders import Reference, RoleWord, Subject, Work, read_order
from genmux.client.sources import kind_of_medium, parse_source
from genmux.client.tasks import Task
from genmux.domain.errors import CallerError, InvalidInput, InvalidValue, MissingValue
from genmux.domain.spec import Kind, Medium, ModelRef, OutputTarget, Role, Step
from genmux.wires.rest import parse_create, render_create

MISTAKEN: Any = "frist_frame"
PNG = b"\x89PNG\r\n\x1a\n"
TASK: Any = Task(None, Snapshot(Ref("task_1", Kind.IMAGE), "queued"))  # type: ignore[arg-type]

texts = st.text(st.characters(codec="utf-8", exclude_characters=" /"), min_size=1, max_size=8)
urls = st.sampled_from(["https://a.example/x.png", "data:image/png;base64,AAAA", "sha256:" + "0f" * 32])
references = urls | st.builds(
    Reference,
    urls,
    role=st.sampled_from([str(role) for role in Role]),
    medium=st.none() | st.sampled_from([str(medium) for medium in Medium]),
    text=st.none() | texts,
    keep_sound=st.none() | st.booleans(),
    subject_id=st.none() | texts,
)
subjects = st.builds(
    Subject,
    images=st.lists(urls, max_size=2),
    videos=st.lists(urls, max_size=2),
    id=st.none() | texts,
    name=st.none() | texts,
    voice_id=st.none() | texts,
)
said = st.fixed_dictionaries(
    {},
    optional={
        "model": st.builds("{}/{}".format, texts, texts) | st.builds(ModelRef, texts, texts),
        "negative_prompt": texts,
        "enhance_prompt": st.booleans(),
        "duration": st.integers(1, 60) | st.floats(0.5, 60),
        "resolution": st.sampled_from(["720P", "2K"]),
        "aspect_ratio": st.sampled_from(["16:9", "1:1"]),
        "size": st.tuples(st.integers(1, 9999), st.integers(1, 9999)) | st.just("64x48"),
        "audio": st.booleans(),
        "background_music": st.none() | st.booleans(),
        "count": st.integers(1, 9),
        "seed": st.integers(-(2**63), 2**63 - 1),
        "watermark": st.booleans(),
        "output_format": texts,
        "scene": texts,
        "off_peak": st.booleans(),
        "options": st.dictionaries(texts, st.integers(0, 9), max_size=2),
        "first_frame": urls,
        "last_frame": urls,
        "references": st.lists(references, max_size=3),
        "subjects": st.lists(subjects, max_size=2),
        "priority": st.integers(-10, 10),
        "output": texts,
    },
)


def closed_file() -> io.BytesIO:
    file = io.BytesIO(PNG)
    file.close()
    return file


def url_of(source: Source) -> str:
    assert isinstance(source, FromUrl)
    return source.url


def refused(**words: Any) -> CallerError:
    with pytest.raises(CallerError) as caught:
        read_order(Kind.VIDEO, "x", words)
    assert caught.value.text.zh != caught.value.text.en
    return caught.value


@given(st.sampled_from(Kind), st.none() | texts, said)
def test_what_is_said_arrives(kind: Kind, prompt: str | None, words: dict[str, Any]) -> None:
    order = read_order(kind, prompt or "", words)
    sources = {n: url_of(source) for n, source in enumerate(order.sources)}
    spec = order.spec.with_sources(sources)
    body = render_create(spec, priority=order.priority, output=order.output)
    read = parse_create(json.dumps(body).encode())
    assert (read.spec, read.priority, read.output) == (spec, order.priority, order.output)
    assert spec.prompt == (prompt or "")
    for name in ("negative_prompt", "audio", "count", "seed", "scene", "duration", "off_peak"):
        assert getattr(spec, name) == words.get(name)
    assert len(order.fields) == len(order.sources) == len(spec.all_references())
    assert not any(r.source.startswith("#") for r in spec.all_references())


def test_roles_are_said_by_argument_or_reference() -> None:
    words: dict[str, Any] = {
        "first_frame": "a.png",
        "last_frame": "b.png",
        "references": ["c.png", Reference("d.mp4", role="base_video", keep_sound=True)],
        "subjects": [Subject(images=["e.png"], videos=["f.mp4"], name="cat")],
    }
    order = read_order(Kind.VIDEO, "x", words)
    told = [(r.role, r.medium, r.source) for r in order.spec.all_references()]
    assert told == [
        (Role.FIRST_FRAME, Medium.IMAGE, "#0"),
        (Role.LAST_FRAME, Medium.IMAGE, "#1"),
        (Role.REFERENCE, Medium.IMAGE, "#2"),
        (Role.BASE_VIDEO, Medium.VIDEO, "#3"),
        (Role.SUBJECT, Medium.IMAGE, "#4"),
        (Role.SUBJECT, Medium.VIDEO, "#5"),
    ]
    assert order.sources == tuple(
        FromFile(Path(name)) for name in ("a.png", "b.png", "c.png", "d.mp4", "e.png", "f.mp4")
    )
    assert order.fields == (
        *("first_frame", "last_frame", "references.0", "references.1"),
        *("subjects.0.images.0", "subjects.0.videos.0"),
    )


def test_the_words_of_roles_and_media_are_types_too() -> None:
    words = get_type_hints(Reference)
    assert set(get_args(RoleWord)) == set(Role)
    assert set(get_args(get_args(words["medium"])[0])) == set(Medium)


def test_what_lies_beside_the_spec_is_kept() -> None:
    order = read_order(
        Kind.IMAGE, "", {"output": "mine", "idempotency_key": "k", "extra": {"Operator": "me"}}
    )
    assert order == Order(order.spec, key="k", output=OutputTarget("mine", ""), extra={"Operator": "me"})


def test_a_step_works_on_what_it_is_given() -> None:
    work = Work(Step.EXTEND, {"film": TASK})
    order = read_order(Kind.VIDEO, "go on", {"references": ["a.png"]}, work)
    assert [(r.role, r.medium, r.source) for r in order.spec.references] == [
        (Role.BASE_VIDEO, Medium.VIDEO, "#0"),
        (Role.REFERENCE, Medium.IMAGE, "#1"),
    ]
    assert (order.spec.step, order.fields) == (Step.EXTEND, ("film", "references.0"))


@pytest.mark.parametrize(
    ("words", "field", "sentence"),
    [
        ({"durration": 5}, "durration", "did you mean duration"),
        ({"duration": "5"}, "duration", "positive number of seconds"),
        ({"size": (0, 5)}, "size", "like 1024x1024"),
        ({"audio": 1}, "audio", "true or false"),
        ({"priority": 11}, "priority", "from -10 to 10"),
        ({"idempotency_key": 1}, "idempotency_key", "must be a text"),
        ({"output": 1}, "output", "must be a text"),
        ({"references": [Reference("a.png", role=MISTAKEN)]}, "references.0.role", "must be one of"),
        ({"references": [Reference("a.png", medium=MISTAKEN)]}, "references.0.medium", "must be one of"),
        ({"references": 5}, "references.0", "is a int"),
        ({"subjects": ["me"]}, "subjects.0", "must be a genmux.Subject"),
        ({"first_frame": "ftp://a/b"}, "first_frame", "http, https or data URL"),
        ({"first_frame": " "}, "first_frame", "path of a file"),
        ({"first_frame": b"text"}, "first_frame", "must be a PNG"),
        ({"first_frame": io.StringIO("text")}, "first_frame", 'open it with mode "rb"'),
        ({"first_frame": closed_file()}, "first_frame", "cannot be read: I/O operation on closed file"),
        ({"first_frame": "a\0b"}, "first_frame", "null byte"),
        ({"first_frame": Path("~nobody-of-that-name/a.png")}, "first_frame", "is no path"),
        ({"first_frame": 5}, "first_frame", "it must be a path, a URL, bytes"),
        ({"first_frame": ("a", 1)}, "first_frame", "a task and the number"),
        ({"first_frame": (TASK, -1)}, "first_frame", "a task and the number"),
        ({"first_frame": (TASK, "1")}, "first_frame", "a task and the number"),
        ({"extra": 5}, "extra", "must be a JSON object"),
        ({"subjects": 5}, "subjects.0", "must be a genmux.Subject"),
        ({"size": (1, 2, 3)}, "size", "like 1024x1024"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_name(words: dict[str, Any], field: str, sentence: str) -> None:
    error = refused(**words)
    assert isinstance(error, InvalidValue | InvalidInput)
    assert error.field == field
    assert sentence in str(error)


def test_the_prompt_is_a_text() -> None:
    with pytest.raises(InvalidValue, match="prompt must be a text"):
        read_order(Kind.IMAGE, 5, {})  # type: ignore[arg-type]


def picture(mode: str) -> Image.Image:
    return Image.new(mode, (2, 2))


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ("https://a/b", FromUrl("https://a/b")),
        ("data:image/png;base64,AA", FromUrl("data:image/png;base64,AA")),
        ("cat.png", FromFile(Path("cat.png"))),
        ("c:cat.png", FromFile(Path("c:cat.png"))),
        (Path("cat.png"), FromFile(Path("cat.png"))),
        ("task:task_1", FromTask(Ref("task_1", Kind.IMAGE))),
        ("task:task_1#2", FromTask(Ref("task_1", Kind.IMAGE), 2)),
        ("genmux://task/24-AigcVideo-1#0", FromTask(Ref("24-AigcVideo-1", Kind.VIDEO), 0)),
        (TASK, FromTask(Ref("task_1", Kind.IMAGE))),
        ((TASK, 1), FromTask(Ref("task_1", Kind.IMAGE), 1)),
        (bytearray(PNG), Given(PNG, "image/png")),
        (memoryview(PNG), Given(PNG, "image/png")),
        (io.BytesIO(b"RIFF0000WEBP"), Given(b"RIFF0000WEBP", "image/webp")),
        (b"\xff\xd8\xff", Given(b"\xff\xd8\xff", "image/jpeg")),
        (b"0000ftypqt  ", Given(b"0000ftypqt  ", "video/quicktime")),
        (b"0000ftypisom", Given(b"0000ftypisom", "video/mp4")),
    ],
    ids=lambda value: type(value).__name__,  # what is at an address has another one in every process
)
def test_inputs_are_told_apart(given: Any, source: Source) -> None:
    assert parse_source(given, "x") == source


def test_a_picture_in_memory_is_sent_without_loss() -> None:
    source = parse_source(picture("RGB"), "x")
    assert isinstance(source, Given)
    assert Image.open(io.BytesIO(source.data)).format == "PNG"
    with pytest.raises(InvalidInput, match="cannot be written as PNG"):
        parse_source(picture("CMYK"), "x")


def test_bytes_are_never_shown() -> None:
    assert "PNG" not in repr(Given(PNG, "image"))


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (TASK, Kind.IMAGE),
        (PNG, Kind.IMAGE),
        (b"0000ftypisom", Kind.VIDEO),
        ("a/film.mp4", Kind.VIDEO),
        ("https://a/b.jpg?x=1", Kind.IMAGE),
        ("data:video/mp4;base64,AA", Kind.VIDEO),
        ("task:24-AigcVideo-1", Kind.VIDEO),
    ],
)
def test_a_medium_tells_what_it_is(given: Any, kind: Kind) -> None:
    assert kind_of_medium(given, parse_source(given, "media"), "media") is kind


@pytest.mark.parametrize("given", ["task:task_1", "https://a/b", "film", "sha256:" + "0" * 64])
def test_a_medium_that_does_not_tell_must_be_told(given: str) -> None:
    with pytest.raises(MissingValue) as caught:
        kind_of_medium(given, parse_source(given, "media"), "media")
    assert caught.value.field == "kind"


@pytest.mark.parametrize(
    "one", [TASK, io.BytesIO(PNG), PNG, bytearray(PNG), Path("a.png"), Reference("a.png")]
)
def test_one_reference_needs_no_list(one: Any) -> None:
    (field,) = read_order(Kind.VIDEO, "x", {"references": one}).fields
    assert field == "references.0"


def test_one_subject_needs_no_list() -> None:
    (subject,) = read_order(Kind.VIDEO, "x", {"subjects": Subject(id="7")}).spec.subjects
    assert subject.id == "7"
