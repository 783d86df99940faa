"""Creates on our own REST wire: from a body to a spec and back, and every fault of a body at once.

`parse_create` and `render_create` are each other's inverse; `parse_check` reads on after a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from genmux.domain.errors import CallerError, InvalidInput
from genmux.domain.results import parse_result
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
)
from genmux.domain.steps import medium_of
from genmux.domain.text import Text
from genmux.domain.words import parse_ratio, parse_resolution, parse_size
from genmux.wires.rest_values import (
    INT64,
    Faults,
    missing,
    read_bool,
    read_fields,
    read_int,
    read_json,
    read_list,
    read_options,
    read_seconds,
    read_text,
    read_word,
    refuse,
    render_number,
    without_nothing,
)
from genmux.wires.results import NoResultError, normal_source, rest_source

PRIORITIES: Final = (-10, 10)
MAX_COUNT: Final = 1000

MEDIUM: Final = {
    Role.BASE_VIDEO: Medium.VIDEO,
    Role.FEATURE_VIDEO: Medium.VIDEO,
    Role.AUDIO: Medium.AUDIO,
}
"""What a reference of this role is when its medium is not said; a picture otherwise."""


class Unsaid(NamedTuple):
    """What goes without saying of a reference where it stands; None where it must be said or depends."""

    role: Role | None = None
    medium: Medium | None = None

    def medium_of(self, role: Role) -> Medium:
        """Return what a reference of this role is when its medium is not said."""
        return self.medium or MEDIUM.get(role, Medium.IMAGE)


UNSAID: Final = Unsaid()
PICTURE_OF_SUBJECT: Final = Unsaid(Role.SUBJECT, Medium.IMAGE)
FILM_OF_SUBJECT: Final = Unsaid(Role.SUBJECT, Medium.VIDEO)

_SOURCES: Final = ("http://", "https://", "data:")
_UPLOAD: Final = re.compile(r"sha256:[0-9a-f]{64}")
_REFERENCE_FIELDS: Final = ("role", "source", "medium", "subject_id", "keep_sound", "text")
_SUBJECT_FIELDS: Final = ("id", "name", "voice_id", "images", "videos")
_OUTPUT_FIELDS: Final = ("bucket", "region", "path")


def step_unsaid(step: Step, kind: Kind) -> Unsaid:
    """Return what goes without saying of what a step works on."""
    medium = medium_of(step, kind)
    return Unsaid(Role.BASE_VIDEO if medium is None else Role.REFERENCE, medium)


@dataclass(frozen=True, slots=True)
class ParsedCreate:
    """A create in our words. The spec's model has the version "" where none was named.

    `reference_paths` are the wire's paths of the spec's references, in the order of `all_references`.
    """

    spec: GenerationSpec
    model_name: str | None = None
    model_version: str | None = None
    priority: int = 0
    output: OutputTarget | None = None
    reference_paths: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """One body on its way into a spec."""

    faults: Faults
    reference_paths: list[str] = field(default_factory=list)


class Field(NamedTuple):
    """One plain field of a create, with the way into the spec and back."""

    parse: Callable[[Any, str], Any]
    render: Callable[[Any], Any]


# ---------------------------------------------------------------- values


def _as_it_is(value: Any) -> Any:
    return value


def _parse_resolution(value: Any, path: str) -> str | None:
    text = read_text(value, path)
    word = parse_resolution(text)
    if word is None and text:
        raise refuse(path, "must read like 720P, 1080P, 2K or 4K.", "的写法示例：720P、1080P、2K、4K。")
    return word


def _parse_ratio(value: Any, path: str) -> str | None:
    text = read_text(value, path)
    word = parse_ratio(text)
    if word is None and text:
        raise refuse(path, "must read like 16:9, 9:16 or 1:1.", "的写法示例：16:9、9:16、1:1。")
    return word


def _parse_size(value: Any, path: str) -> tuple[int, int] | None:
    text = read_text(value, path)
    size = parse_size(text)
    if size is None and text:
        raise refuse(path, "must read like 1024x1024.", "的写法示例：1024x1024。")
    return size


def _render_size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _parse_count(value: Any, path: str) -> int:
    return read_int(value, path, 1, MAX_COUNT)


def _parse_seed(value: Any, path: str) -> int:
    return read_int(value, path, *INT64)


def parse_model(value: Any, path: str = "model") -> ModelRef | None:
    """Return the model that "Kling/3.0", "Kling 3.0", "Kling" or {"family", "version"} names.

    A text is cut at its first slash, or at its first space when there is no slash; no version is "".
    """
    if isinstance(value, dict):
        fields = read_fields(value, path, ("family", "version"))
        if "family" not in fields:
            raise missing(f"{path}.family")
        family = read_text(fields["family"], f"{path}.family")
        version = read_text(fields.get("version", ""), f"{path}.version")
        return ModelRef(family, version) if family or version else None
    text = read_text(value, path).strip()
    family, _, version = text.partition("/" if "/" in text else " ")
    return ModelRef(family.strip(), version.strip()) if text else None


def render_model(model: ModelRef) -> str | dict[str, str]:
    """Return "family/version", or the object where a text would not be read back as this model."""
    text = f"{model.family}/{model.version}" if model.version else model.family
    if parse_model(text) == model:
        return text
    return {"family": model.family, "version": model.version}


FIELDS: Final[dict[str, Field]] = {
    "model": Field(parse_model, render_model),
    "prompt": Field(read_text, _as_it_is),
    "negative_prompt": Field(read_text, _as_it_is),
    "enhance_prompt": Field(read_bool, _as_it_is),
    "duration": Field(read_seconds, render_number),
    "resolution": Field(_parse_resolution, _as_it_is),
    "aspect_ratio": Field(_parse_ratio, _as_it_is),
    "size": Field(_parse_size, _render_size),
    "audio": Field(read_bool, _as_it_is),
    "background_music": Field(read_bool, _as_it_is),
    "count": Field(_parse_count, _as_it_is),
    "seed": Field(_parse_seed, _as_it_is),
    "watermark": Field(read_bool, _as_it_is),
    "output_format": Field(read_text, _as_it_is),
    "scene": Field(read_text, _as_it_is),
    "off_peak": Field(read_bool, _as_it_is),
    "options": Field(read_options, _as_it_is),
}
"""The plain fields of a create; each has the name that it has in the spec."""

KNOWN: Final = ("kind", "step", *FIELDS, "references", "subjects", "priority", "output")


# ---------------------------------------------------------------- the server's half


def parse_create(body: bytes) -> ParsedCreate:
    """Return what a create asks for; null says nothing. Raises `CallerError`s that name the field."""
    parsed = _parse_body(body, Faults())
    assert parsed is not None  # only collected faults leave nothing behind
    return parsed


def parse_check(body: bytes) -> tuple[ParsedCreate | None, tuple[CallerError, ...]]:
    """Return as much of a create as can be read, and every fault that `parse_create` would meet.

    A field at fault is left out; without a kind there is nothing to make. Raises `CallerError` only
    for a body that is no JSON object.
    """
    faults = Faults(collect=True)
    parsed = _parse_body(body, faults)
    return parsed, tuple(faults.found)


def _parse_body(body: bytes, faults: Faults) -> ParsedCreate | None:
    fields = read_fields(read_json(body), "", KNOWN, faults)
    plain = {name: faults.read(FIELDS[name].parse, fields[name], name) for name in FIELDS if name in fields}
    kind = _parse_kind(fields, faults)
    step = faults.read(_parse_step, fields.get("step"), "step")
    reading = _Reading(faults)
    unsaid = UNSAID if step is None or kind is None else step_unsaid(step, kind)
    references = _parse_references(fields.get("references", []), "references", unsaid, reading)
    subjects = _parse_subjects(fields.get("subjects", []), reading)
    priority = faults.read(_parse_priority, fields.get("priority", 0), "priority")
    output = faults.read(_parse_output, fields.get("output"), "output")
    if kind is None:
        return None
    said = {name: value for name, value in plain.items() if value is not None}
    spec = GenerationSpec(kind=kind, step=step, references=references, subjects=subjects, **said)
    return ParsedCreate(
        spec=spec,
        model_name=(spec.model.family or None) if spec.model else None,
        model_version=(spec.model.version or None) if spec.model else None,
        priority=priority or 0,
        output=output,
        reference_paths=tuple(reading.reference_paths),
    )


def _parse_kind(fields: dict[str, Any], faults: Faults) -> Kind | None:
    if "kind" not in fields:
        faults.note(missing("kind"))
        return None
    word = faults.read(lambda value, path: read_word(value, path, tuple(Kind)), fields["kind"], "kind")
    return None if word is None else Kind(word)


def _parse_step(value: Any, path: str) -> Step | None:
    return None if value is None else Step(read_word(value, path, tuple(Step)))


def _parse_priority(value: Any, path: str) -> int:
    return read_int(value, path, *PRIORITIES)


def _parse_references(value: Any, path: str, unsaid: Unsaid, reading: _Reading) -> tuple[Reference, ...]:
    """Read a list of references; one at fault is left out."""
    found: list[Reference] = []

    def read(item: Any, place: str) -> None:
        found.append(_parse_reference(item, place, unsaid, reading.faults))
        reading.reference_paths.append(place)

    for n, item in enumerate(reading.faults.read(read_list, value, path) or []):
        reading.faults.read(read, item, f"{path}.{n}")
    return tuple(found)


def _parse_reference(value: Any, path: str, unsaid: Unsaid, faults: Faults) -> Reference:
    fields = read_fields(value, path, _REFERENCE_FIELDS, faults)
    if "source" not in fields:
        raise missing(f"{path}.source")
    if "role" not in fields and unsaid.role is None:
        raise missing(f"{path}.role")
    role = Role(read_word(fields.get("role", unsaid.role), f"{path}.role", tuple(Role)))
    usual = unsaid.medium_of(role)
    return Reference(
        role=role,
        source=_parse_source(fields["source"], f"{path}.source"),
        medium=Medium(read_word(fields.get("medium", usual), f"{path}.medium", tuple(Medium))),
        subject_id=_optional(fields, "subject_id", path, read_text),
        keep_sound=_optional(fields, "keep_sound", path, read_bool),
        text=_optional(fields, "text", path, read_text),
    )


def _optional(fields: dict[str, Any], name: str, path: str, read: Callable[[Any, str], Any]) -> Any:
    return read(fields[name], f"{path}.{name}") if name in fields else None


def _parse_source(value: Any, path: str) -> str:
    try:
        source = normal_source(read_text(value, path))
    except NoResultError:
        raise _no_source(path) from None
    if source.startswith(_SOURCES) or _UPLOAD.fullmatch(source) or parse_result(source):
        return source
    raise _no_source(path)


def _no_source(path: str) -> InvalidInput:
    return InvalidInput(
        Text(
            f"{path} must be an http, https or data URL, sha256:<hex> of an upload, or task:<id> for the "
            "result of a task (task:<id>#<n> for its result number n, from 0).",
            f"{path} 必须是 http、https 或 data URL，上传所得的 sha256:<hex>，或表示任务结果的 task:<任务 ID>"
            "（其编号为 n 的结果写作 task:<任务 ID>#<n>，从 0 起）。",
        ),
        field=path,
    )


def _parse_subjects(value: Any, reading: _Reading) -> tuple[Subject, ...]:
    def read(item: Any, path: str) -> Subject:
        return _parse_subject(item, path, reading)

    items = reading.faults.read(read_list, value, "subjects") or []
    found = [reading.faults.read(read, item, f"subjects.{n}") for n, item in enumerate(items)]
    return tuple(subject for subject in found if subject is not None)


def _parse_subject(value: Any, path: str, reading: _Reading) -> Subject:
    fields = read_fields(value, path, _SUBJECT_FIELDS, reading.faults)
    return Subject(
        id=_optional(fields, "id", path, read_text),
        name=_optional(fields, "name", path, read_text),
        voice_id=_optional(fields, "voice_id", path, read_text),
        images=_parse_references(fields.get("images", []), f"{path}.images", PICTURE_OF_SUBJECT, reading),
        videos=_parse_references(fields.get("videos", []), f"{path}.videos", FILM_OF_SUBJECT, reading),
    )


def _parse_output(value: Any, path: str) -> OutputTarget | None:
    if value is None:
        return None
    fields = read_fields(value, path, _OUTPUT_FIELDS)
    said = {name: read_text(item, f"{path}.{name}") for name, item in fields.items()}
    if not said.get("bucket"):
        raise missing(f"{path}.bucket")
    return OutputTarget(said["bucket"], said.get("region", ""), said.get("path", ""))


# ---------------------------------------------------------------- the client's half


def render_create(
    spec: GenerationSpec, *, priority: int = 0, output: OutputTarget | None = None
) -> dict[str, Any]:
    """Return the body that `parse_create` reads back as this spec; this wire can say every field."""
    body: dict[str, Any] = {"kind": str(spec.kind)}
    unsaid = UNSAID
    if spec.step is not None:
        body["step"] = str(spec.step)
        unsaid = step_unsaid(spec.step, spec.kind)
    for name, plain in FIELDS.items():
        value = getattr(spec, name)
        if value is not None and value != "" and value != {}:
            body[name] = plain.render(value)
        elif value == "" and name != "prompt":
            body[name] = value
    if spec.references:
        body["references"] = [_render_reference(r, unsaid) for r in spec.references]
    if spec.subjects:
        body["subjects"] = [_render_subject(s) for s in spec.subjects]
    if priority:
        body["priority"] = priority
    if output is not None:
        body["output"] = {"bucket": output.bucket, "region": output.region, "path": output.path}
    return body


def _render_reference(reference: Reference, unsaid: Unsaid) -> dict[str, Any]:
    usual = unsaid.medium_of(reference.role)
    return without_nothing(
        {
            "role": None if reference.role is unsaid.role else str(reference.role),
            "source": rest_source(reference.source),
            "medium": None if reference.medium is usual else str(reference.medium),
            "subject_id": reference.subject_id,
            "keep_sound": reference.keep_sound,
            "text": reference.text,
        }
    )


def _render_subject(subject: Subject) -> dict[str, Any]:
    return without_nothing(
        {
            "id": subject.id,
            "name": subject.name,
            "voice_id": subject.voice_id,
            "images": [_render_reference(r, PICTURE_OF_SUBJECT) for r in subject.images] or None,
            "videos": [_render_reference(r, FILM_OF_SUBJECT) for r in subject.videos] or None,
        }
    )
