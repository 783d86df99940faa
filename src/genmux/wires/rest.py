"""Our own REST wire: what is asked for, what became of it, and what was refused, for both roles.

`parse_create` and `render_create` are each other's inverse, and so are `parse_task` and
`render_task` (in `rest_tasks`); problems are in `rest_problems`. All are re-exported here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from genmux.domain.errors import InvalidInput
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, OutputTarget, Reference, Role, Subject
from genmux.domain.text import Text
from genmux.domain.words import parse_ratio, parse_resolution, parse_size
from genmux.wires.rest_problems import STATUS, TITLE, render_error, render_problem, status_of
from genmux.wires.rest_tasks import (
    ArtifactStatus,
    AttemptStatus,
    EventStatus,
    Fault,
    InputStatus,
    TaskStatus,
    parse_task,
    parse_task_id,
    render_task,
    render_task_id,
)
from genmux.wires.rest_values import (
    INT64,
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

__all__ = [
    "FIELDS",
    "KNOWN",
    "STATUS",
    "TITLE",
    "ArtifactStatus",
    "AttemptStatus",
    "EventStatus",
    "Fault",
    "InputStatus",
    "ParsedCreate",
    "TaskStatus",
    "parse_create",
    "parse_model",
    "parse_task",
    "parse_task_id",
    "reference_path",
    "render_create",
    "render_error",
    "render_model",
    "render_problem",
    "render_task",
    "render_task_id",
    "status_of",
]

PRIORITIES: Final = (-10, 10)
MAX_COUNT: Final = 1000

MEDIUM: Final = {
    Role.BASE_VIDEO: Medium.VIDEO,
    Role.FEATURE_VIDEO: Medium.VIDEO,
    Role.AUDIO: Medium.AUDIO,
}
"""What a reference of this role is when its medium is not said; a picture otherwise."""

_SOURCES: Final = ("http://", "https://", "data:")
_REFERENCE_FIELDS: Final = ("role", "source", "medium", "subject_id", "keep_sound", "text")
_SUBJECT_FIELDS: Final = ("id", "name", "voice_id", "images", "videos")
_OUTPUT_FIELDS: Final = ("bucket", "region", "path")


@dataclass(frozen=True, slots=True)
class ParsedCreate:
    """A create in our words. The spec's model has the version "" where none was named."""

    spec: GenerationSpec
    model_name: str | None = None
    model_version: str | None = None
    priority: int = 0
    output: OutputTarget | None = None


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

KNOWN: Final = ("kind", *FIELDS, "references", "subjects", "priority", "output")


# ---------------------------------------------------------------- the server's half


def parse_create(body: bytes) -> ParsedCreate:
    """Return what a create asks for; null says nothing. Raises `CallerError`s that name the field."""
    fields = read_fields(read_json(body), "", KNOWN)
    if "kind" not in fields:
        raise missing("kind")
    plain = {name: FIELDS[name].parse(fields[name], name) for name in FIELDS if name in fields}
    spec = GenerationSpec(
        kind=Kind(read_word(fields["kind"], "kind", tuple(Kind))),
        references=_parse_references(fields.get("references", []), "references", None),
        subjects=_parse_subjects(fields.get("subjects", [])),
        **plain,
    )
    return ParsedCreate(
        spec=spec,
        model_name=(spec.model.family or None) if spec.model else None,
        model_version=(spec.model.version or None) if spec.model else None,
        priority=read_int(fields.get("priority", 0), "priority", *PRIORITIES),
        output=_parse_output(fields.get("output")),
    )


def _parse_references(value: Any, path: str, medium: Medium | None) -> tuple[Reference, ...]:
    return tuple(_parse_reference(r, f"{path}.{n}", medium) for n, r in enumerate(read_list(value, path)))


def _parse_reference(value: Any, path: str, medium: Medium | None) -> Reference:
    """Read one reference; `medium` is set inside a subject, where role and medium go without saying."""
    fields = read_fields(value, path, _REFERENCE_FIELDS)
    if "source" not in fields:
        raise missing(f"{path}.source")
    if "role" not in fields and medium is None:
        raise missing(f"{path}.role")
    role = Role(read_word(fields.get("role", Role.SUBJECT), f"{path}.role", tuple(Role)))
    usual = medium or MEDIUM.get(role, Medium.IMAGE)
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
    source = read_text(value, path)
    if not source.startswith(_SOURCES):
        raise InvalidInput(
            Text(f"{path} must be an http, https or data URL.", f"{path} 必须是 http、https 或 data URL。"),
            field=path,
        )
    return source


def _parse_subjects(value: Any) -> tuple[Subject, ...]:
    return tuple(_parse_subject(s, f"subjects.{n}") for n, s in enumerate(read_list(value, "subjects")))


def _parse_subject(value: Any, path: str) -> Subject:
    fields = read_fields(value, path, _SUBJECT_FIELDS)
    return Subject(
        id=_optional(fields, "id", path, read_text),
        name=_optional(fields, "name", path, read_text),
        voice_id=_optional(fields, "voice_id", path, read_text),
        images=_parse_references(fields.get("images", []), f"{path}.images", Medium.IMAGE),
        videos=_parse_references(fields.get("videos", []), f"{path}.videos", Medium.VIDEO),
    )


def _parse_output(value: Any) -> OutputTarget | None:
    if value is None:
        return None
    fields = read_fields(value, "output", _OUTPUT_FIELDS)
    said = {name: read_text(item, f"output.{name}") for name, item in fields.items()}
    if not said.get("bucket"):
        raise missing("output.bucket")
    return OutputTarget(said["bucket"], said.get("region", ""), said.get("path", ""))


def reference_path(spec: GenerationSpec, number: int) -> str:
    """Return the wire's path of reference `number`, counted as `GenerationSpec.all_references` does."""
    paths = [f"references.{n}" for n in range(len(spec.references))]
    for s, subject in enumerate(spec.subjects):
        paths += [f"subjects.{s}.images.{n}" for n in range(len(subject.images))]
        paths += [f"subjects.{s}.videos.{n}" for n in range(len(subject.videos))]
    return paths[number] if number < len(paths) else "references"


# ---------------------------------------------------------------- the client's half


def render_create(
    spec: GenerationSpec, *, priority: int = 0, output: OutputTarget | None = None
) -> dict[str, Any]:
    """Return the body that `parse_create` reads back as this spec; this wire can say every field."""
    body: dict[str, Any] = {"kind": str(spec.kind)}
    for name, field in FIELDS.items():
        value = getattr(spec, name)
        if value is not None and value != "" and value != {}:
            body[name] = field.render(value)
        elif value == "" and name != "prompt":
            body[name] = value
    if spec.references:
        body["references"] = [_render_reference(r, None) for r in spec.references]
    if spec.subjects:
        body["subjects"] = [_render_subject(s) for s in spec.subjects]
    if priority:
        body["priority"] = priority
    if output is not None:
        body["output"] = {"bucket": output.bucket, "region": output.region, "path": output.path}
    return body


def _render_reference(reference: Reference, medium: Medium | None) -> dict[str, Any]:
    usual = medium or MEDIUM.get(reference.role, Medium.IMAGE)
    return without_nothing(
        {
            "role": None if medium and reference.role is Role.SUBJECT else str(reference.role),
            "source": reference.source,
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
            "images": [_render_reference(r, Medium.IMAGE) for r in subject.images] or None,
            "videos": [_render_reference(r, Medium.VIDEO) for r in subject.videos] or None,
        }
    )
