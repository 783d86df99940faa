"""The wire of OpenAI's images and videos: creating pictures and films, for servers and clients.

`parse_create` and `render_create` are each other's inverse. Fields and types: the `openai` package
3.52 and the servers that speak its wire. Inputs are in `openai_inputs`, what became of a film in
`openai_videos`, pictures and models in `openai_images`, errors in `openai_errors`; what others need
of them is re-exported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind, ModelRef
from genmux.wires.openai_errors import (
    FAILURES,
    PROBLEMS,
    Problem,
    Refusal,
    failure_of,
    parse_problem,
    problem_of,
    render_problem,
)
from genmux.wires.openai_form import (
    Fields,
    FormLimits,
    Upload,
    fingerprint,
    read_body,
    render_json,
    render_multipart,
)
from genmux.wires.openai_images import (
    FORMATS,
    ImageResult,
    ImagesStatus,
    parse_images,
    parse_models,
    render_images,
    render_model,
    render_models,
)
from genmux.wires.openai_inputs import PICTURES, REFERENCE, parse_references, render_references
from genmux.wires.openai_models import ModelNames, Named, plain_names, read_aliases
from genmux.wires.openai_rows import (
    ROWS,
    exact_size,
    missing,
    parse_rows,
    read_flag,
    read_text,
    refuse,
    render_rows,
    render_seconds,
    render_size,
    unknown,
    unsupported,
)
from genmux.wires.openai_videos import (
    STATUS,
    VideoError,
    VideoStatus,
    parse_list,
    parse_task_id,
    parse_video,
    render_deleted,
    render_list,
    render_task_id,
    render_video,
)

__all__ = [
    "EDIT",
    "FAILURES",
    "FORMATS",
    "GENERATE",
    "PROBLEMS",
    "ROWS",
    "STATUS",
    "VIDEO",
    "Fields",
    "FormLimits",
    "ImageResult",
    "ImagesStatus",
    "ModelNames",
    "Named",
    "ParsedCreate",
    "Problem",
    "Refusal",
    "RenderedCreate",
    "Upload",
    "VideoError",
    "VideoStatus",
    "exact_size",
    "failure_of",
    "fingerprint",
    "missing",
    "param_of",
    "parse_create",
    "parse_images",
    "parse_list",
    "parse_models",
    "parse_problem",
    "parse_task_id",
    "parse_video",
    "problem_of",
    "read_aliases",
    "read_body",
    "refuse",
    "render_create",
    "render_deleted",
    "render_images",
    "render_json",
    "render_list",
    "render_model",
    "render_models",
    "render_multipart",
    "render_problem",
    "render_seconds",
    "render_size",
    "render_task_id",
    "render_video",
    "unknown",
]

GENERATE: Final = "/images/generations"
EDIT: Final = "/images/edits"
VIDEO: Final = "/videos"

KINDS: Final = {GENERATE: Kind.IMAGE, EDIT: Kind.IMAGE, VIDEO: Kind.VIDEO}
ECHOED: Final = ("user", "safety_identifier")
RESPONSE_FORMATS: Final = ("url", "b64_json")
_OWN: Final = {
    GENERATE: ("model", *ECHOED, "response_format", "stream"),
    EDIT: ("model", *ECHOED, "response_format", "stream", *PICTURES),
    VIDEO: ("model", *ECHOED, REFERENCE),
}
UNSUPPORTED: Final = {
    GENERATE: ("partial_images", "complexity", "frame_count", "frame_duration_ms", "svg"),
    EDIT: ("partial_images", "complexity", "frame_count", "frame_duration_ms", "svg", "mask", "markup"),
    VIDEO: (),
}
"""Fields that OpenAI has and this wire does not serve: they would change the result."""


@dataclass(frozen=True, slots=True)
class ParsedCreate:
    """A create in our words.

    `extra` is what is no spec, spelt as on the wire: `model` as it was written, `user`,
    `safety_identifier`, `response_format`. `inputs` gives the wire's name of each reference.
    """

    spec: GenerationSpec
    model_name: str | None = None
    model_version: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    inline: bool = False


@dataclass(frozen=True, slots=True)
class RenderedCreate:
    """A create for an upstream: its path below `/v1`, its fields, and what they could not say."""

    path: str
    fields: Fields
    unsaid: tuple[str, ...]

    @property
    def uploads(self) -> bool:
        """True when a field is a file, so that only a form can carry it."""
        values = self.fields.values()
        return any(isinstance(v, Upload) or (isinstance(v, list) and Upload in map(type, v)) for v in values)


# ---------------------------------------------------------------- the server's half


def parse_create(path: str, fields: Fields, names: ModelNames) -> ParsedCreate:
    """Return what a create asks for; `fields` are what `read_body` returned.

    The spec has a model only if one is named, with the version "" where the name has none. Raises
    `CallerError`s whose field is the wire's own.
    """
    kind = KINDS[path]
    _check_names(path, fields)
    plain = parse_rows(kind, fields)
    extra = _parse_extra(fields)
    named = None
    if name := extra.get("model"):
        named = names.parse(kind, name, plain["options"].get("quality"))
        if named.quality_said:
            del plain["options"]["quality"]
    references = parse_references(kind, fields)
    if path == EDIT and not references:
        raise missing("image")
    if fields.get("stream") is not None and read_flag(fields["stream"], "stream"):
        raise unsupported("stream")
    model = named.model if named else None
    return ParsedCreate(
        spec=GenerationSpec(kind=kind, model=model, references=tuple(r for _, r in references), **plain),
        model_name=model.family if model else None,
        model_version=(model.version or None) if model else None,
        extra=extra,
        inputs=tuple(param for param, _ in references),
        inline=_inline(extra.get("response_format"), named),
    )


def _inline(said: str | None, named: Named | None) -> bool:
    """Return whether pictures are answered by value: as asked, else as the named model does."""
    return said == "b64_json" if said else named is not None and named.inline


def _check_names(path: str, fields: Fields) -> None:
    known = {*_OWN[path], *(row.name for row in ROWS[KINDS[path]])}
    for name in fields:
        if name in UNSUPPORTED[path]:
            raise unsupported(name)
        if name not in known:
            raise unknown(name)


def _parse_extra(fields: Fields) -> dict[str, Any]:
    extra: dict[str, Any] = {n: read_text(fields[n], n) for n in ("model", *ECHOED) if n in fields}
    if "response_format" in fields:
        word = fields["response_format"]
        if word not in RESPONSE_FORMATS:
            raise refuse(
                "response_format", word, "It must be 'url' or 'b64_json'.", "应为 'url' 或 'b64_json'。"
            )
        extra["response_format"] = word
    return extra


PARAMS: Final = {
    "model.family": "model",
    "model.version": "model",
    "duration": "seconds",
    "count": "n",
    "first_frame": REFERENCE,
    "base_video": "video_id",
    "references": "image",
    "resolution": "size",
    "aspect_ratio": "size",
}
"""What this wire calls the fields of a spec, where it has another word."""


def param_of(parsed: ParsedCreate, path: str) -> str:
    """Return what the wire calls a field of the spec; `references.<n>` is an input."""
    head, _, number = path.partition(".")
    if head == "references" and number.isdigit() and int(number) < len(parsed.inputs):
        return parsed.inputs[int(number)]
    if path == "references" and parsed.spec.kind is Kind.VIDEO and parsed.inputs:
        return parsed.inputs[0]  # a film has one input at most
    return PARAMS.get(path, path.removeprefix("options."))


# ---------------------------------------------------------------- the client's half


def render_create(
    spec: GenerationSpec, extra: Mapping[str, Any] | None = None, names: ModelNames | None = None
) -> RenderedCreate:
    """Return the create that `parse_create` reads back as this spec, and the fields it could not say.

    A resolution with a ratio is said as the size they stand for. A channel that knows its upstream's
    own name of the model puts it into `fields["model"]` afterwards.
    """
    extra, names = extra or {}, names or plain_names()
    fields: Fields = {}
    unsaid = render_rows(spec, fields)
    unsaid += _silent(spec)
    unsaid += render_references(spec, fields)
    if spec.model is not None and not _render_model(spec.kind, spec.model, extra, names, fields):
        unsaid.append("model")
    unsaid += _render_extra(spec.kind, extra, fields)
    return RenderedCreate(_path_of(spec.kind, fields), fields, tuple(dict.fromkeys(unsaid)))


def _path_of(kind: Kind, fields: Fields) -> str:
    """Return the create's path below `/v1`: pictures made of pictures are an edit."""
    if kind is Kind.VIDEO:
        return VIDEO
    return EDIT if any(name in fields for name in PICTURES) else GENERATE


def _silent(spec: GenerationSpec) -> list[str]:
    """Return the fields that this kind of create has no word for."""
    said = {row.field for row in ROWS[spec.kind]} | {"kind", "model", "references", "options"}
    if spec.size is None and exact_size(spec) is not None:
        said |= {"resolution", "aspect_ratio"}
    return [
        name
        for name in spec.__struct_fields__
        if name not in said and getattr(spec, name) is not None and getattr(spec, name) != ()
    ]


def _render_model(
    kind: Kind, model: ModelRef, extra: Mapping[str, Any], names: ModelNames, fields: Fields
) -> bool:
    written, quality = extra.get("model"), fields.get("quality")
    if isinstance(written, str) and written and _names(names.parse(kind, written, quality), model):
        fields["model"] = written
        return True
    found = names.render(kind, model)
    if found is None or not model.family:
        return False
    name, needed = found
    if needed is None:
        said = _names(names.parse(kind, name, quality), model)
        fields.update({"model": name} if said else {})
        return said
    if quality is None:
        fields.update(model=name, quality=needed)
    return quality is None


def _names(named: Named, model: ModelRef) -> bool:
    """Return whether this model is meant, and a stated quality is still an option of its own."""
    return named.model == model and not named.quality_said


def _render_extra(kind: Kind, extra: Mapping[str, Any], fields: Fields) -> list[str]:
    said = ("model", *ECHOED, *(("response_format",) if kind is Kind.IMAGE else ()))
    for name in said[1:]:
        if isinstance(extra.get(name), str) and extra[name]:
            fields[name] = extra[name]
    return [f"extra.{name}" for name, value in extra.items() if value and name not in said]
