"""Creates on our own REST wire: from a body to a spec and back, and every fault of a body at once.

`parse_create` and `render_create` are each other's inverse; `parse_check` reads on after a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from genmux.domain.errors import CallerError
from genmux.domain.spec import (
    GenerationSpec,
    Kind,
    ModelRef,
    OutputTarget,
    Step,
)
from genmux.domain.words import parse_ratio, parse_resolution, parse_size
from genmux.wires.rest_references import (
    UNSAID,
    Reading,
    parse_references,
    parse_subjects,
    render_reference,
    render_subject,
    step_unsaid,
)
from genmux.wires.rest_values import (
    INT64,
    Faults,
    missing,
    read_bool,
    read_fields,
    read_int,
    read_json,
    read_options,
    read_seconds,
    read_text,
    read_word,
    refuse,
    render_number,
)

PRIORITIES: Final = (-10, 10)
MAX_COUNT: Final = 1000
_OUTPUT_FIELDS: Final = ("bucket", "region", "path")


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
    reading = Reading(faults)
    unsaid = UNSAID if step is None or kind is None else step_unsaid(step, kind)
    references = parse_references(fields.get("references", []), "references", unsaid, reading)
    subjects = parse_subjects(fields.get("subjects", []), reading)
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
        body["references"] = [render_reference(r, unsaid) for r in spec.references]
    if spec.subjects:
        body["subjects"] = [render_subject(s) for s in spec.subjects]
    if priority:
        body["priority"] = priority
    if output is not None:
        body["output"] = {"bucket": output.bucket, "region": output.region, "path": output.path}
    return body
