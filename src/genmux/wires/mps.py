"""The wire of Tencent MPS (2019-06-12): creating AIGC pictures and films, for servers and clients.

`parse_create` and `render_create` are each other's inverse. What is not a spec (`Operator`,
`StoreCosParam`) is kept as `extra`, spelt as on the wire. Fields and types: SDK 3.1.194, in
`mps_schema.json`. Describing tasks, ids and error codes are in `mps_tasks`, what becomes of each
field in `mps_fields`; both are re-exported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from genmux.domain.spec import GenerationSpec, Kind, ModelRef, OutputTarget
from genmux.domain.words import parse_size
from genmux.wires.mps_fields import FIELD_USE, PATHS, ignored_fields
from genmux.wires.mps_inputs import (
    parse_references,
    parse_subjects,
    reference_path,
    render_references,
    render_subjects,
)
from genmux.wires.mps_rows import parse_rows, render_rows
from genmux.wires.mps_tasks import (
    DESCRIBES,
    ERROR_CODES,
    INVALID_URL,
    STATUS,
    StatusView,
    error_code,
    parse_created,
    parse_describe,
    parse_status,
    parse_task_id,
    render_created,
    render_describe,
    render_status,
    render_task_id,
)
from genmux.wires.nesting import deeper
from genmux.wires.tencent import WireError, refuse
from genmux.wires.tencent_fields import Use
from genmux.wires.tencent_rows import bad_value, parse_size_word
from genmux.wires.tencent_schema import Struct, load_schema

__all__ = [
    "ACTIONS",
    "CREATES",
    "DESCRIBES",
    "ERROR_CODES",
    "FIELD_USE",
    "INVALID_URL",
    "PATHS",
    "SCHEMA",
    "SERVICE",
    "STATUS",
    "UNSUPPORTED_SCENES",
    "VERSION",
    "ParsedCreate",
    "StatusView",
    "Use",
    "error_code",
    "ignored_fields",
    "output_target",
    "parse_create",
    "parse_created",
    "parse_describe",
    "parse_status",
    "parse_task_id",
    "reference_path",
    "render_create",
    "render_created",
    "render_describe",
    "render_status",
    "render_task_id",
    "request_schema",
]

VERSION: Final = "2019-06-12"
SERVICE: Final = "mps"
SCHEMA: Final = load_schema("mps_schema.json")

CREATES: Final = {"CreateAigcImageTask": Kind.IMAGE, "CreateAigcVideoTask": Kind.VIDEO}
ACTIONS: Final = (*CREATES, *DESCRIBES)
"""The actions served; every other one is an `UnsupportedOperation`."""

UNSUPPORTED_SCENES: Final = {
    Kind.IMAGE: frozenset({"3d_panorama"}),
    Kind.VIDEO: frozenset({"3d_scene"}),
}
"""Scenes whose result is neither a picture nor a film; to be refused with `UnsupportedOperation`."""

MAX_OPTIONS_DEPTH: Final = 32


@dataclass(frozen=True, slots=True)
class ParsedCreate:
    """A create request in our words; `paths` gives the wire's name of a spec field, for errors."""

    spec: GenerationSpec
    model_name: str | None
    model_version: str | None
    extra: dict[str, Any]
    paths: dict[str, str]


def request_schema(action: str) -> Struct:
    """Return what `tencent_schema.read_body` and `read_flat` check a request of `action` against."""
    return SCHEMA.request(action)


# The server's half.


def parse_create(action: str, body: dict[str, Any]) -> ParsedCreate:
    """Return what a create request asks for; `body` is what `read_body` or `read_flat` returned.

    An empty string says nothing. The spec has a model only if `ModelName` is given, with the version
    "" where none is named: the catalogue resolves both. Raises `WireError`.
    """
    kind = CREATES[action]
    name, version = body.get("ModelName") or None, body.get("ModelVersion") or None
    if version and not name:
        raise refuse("MissingParameter", "ModelName")
    size, options = parse_additional(kind, body.get("AdditionalParameters", ""))
    spec = GenerationSpec(
        kind=kind,
        model=ModelRef(name, version or "") if name else None,
        references=parse_references(kind, body),
        subjects=parse_subjects(body),
        size=size,
        options=options,
        **parse_rows(kind, body),
    )
    return ParsedCreate(spec, name, version, parse_extra(body), PATHS[kind])


def parse_additional(kind: Kind, text: str) -> tuple[tuple[int, int] | None, dict[str, Any]]:
    """Return the size and the other options that the JSON text `AdditionalParameters` holds.

    Only image tasks have a `size` there (SDK 3.1.194); no source gives `seed` a meaning, so it stays
    an option.
    """
    if not text.strip():
        return None, {}
    path = "AdditionalParameters"
    try:
        options = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        options = None
    if not isinstance(options, dict):
        raise bad_value(
            path,
            'It must be the text of a JSON object, such as {"size":"1024x1024"}.',
            '应为 JSON 对象序列化后的字符串，示例：{"size":"1024x1024"}。',
        )
    if deeper(options, MAX_OPTIONS_DEPTH):
        raise bad_value(path, "It is nested too deeply.", "嵌套过深。")
    size = options.pop("size", None) if kind is Kind.IMAGE else None
    return (parse_size_word(size, f"{path}.size") if size is not None else None), options


def parse_extra(body: dict[str, Any]) -> dict[str, Any]:
    """Return `Operator` and `StoreCosParam` as they came, without their empty values."""
    extra: dict[str, Any] = {}
    if operator := body.get("Operator"):
        extra["Operator"] = operator
    if cos := {name: value for name, value in (body.get("StoreCosParam") or {}).items() if value}:
        for name in ("CosBucketName", "CosBucketRegion"):
            if name not in cos:
                raise refuse("MissingParameter", f"StoreCosParam.{name}")
        extra["StoreCosParam"] = cos
    return extra


def output_target(extra: dict[str, Any]) -> OutputTarget | None:
    """Return the bucket that `extra` wants the result in, if any."""
    cos = extra.get("StoreCosParam")
    if not cos:
        return None
    return OutputTarget(cos["CosBucketName"], cos["CosBucketRegion"], cos.get("CosBucketPath", ""))


# The client's half.


def render_create(spec: GenerationSpec, extra: dict[str, Any]) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Return the action, the body, and the names of the spec fields that could not be said in full.

    A field of `extra` without a word is named `extra.<field>`. Nothing else is ever left out: what
    `parse_create` would not read back equal is named. References keep their order within each field
    of the wire, but not between fields.
    """
    action = next(action for action, kind in CREATES.items() if kind is spec.kind)
    body: dict[str, Any] = {}
    unsaid: list[str] = []
    if spec.model is not None and not _render_model(spec.model, body):
        unsaid.append("model")
    unsaid += render_rows(spec, body)
    unsaid += render_references(spec, body)
    unsaid += render_subjects(spec, body)
    unsaid += _render_additional(spec, body)
    unsaid += [name for name in _silent(spec.kind) if getattr(spec, name) is not None]
    unsaid += _render_extra(extra, body)
    return action, body, tuple(unsaid)


def _render_model(model: ModelRef, body: dict[str, Any]) -> bool:
    if model.family:
        body["ModelName"] = model.family
        if model.version:
            body["ModelVersion"] = model.version
    return bool(model.family) or not model.version


def _render_additional(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    image = spec.kind is Kind.IMAGE
    said = {name: value for name, value in spec.options.items() if not (image and name == "size")}
    size = f"{spec.size[0]}x{spec.size[1]}" if image and spec.size else None
    if not spec.options and size is None:
        return []
    unsaid = []
    if size and parse_size(size) != spec.size:
        unsaid, size = ["size"], None
    if not _options_read_back(said):
        said = {}
    if said != spec.options:
        unsaid.append("options")
    if full := said | ({"size": size} if size else {}):
        body["AdditionalParameters"] = msgspec.json.encode(full).decode()
    return unsaid


def _options_read_back(options: dict[str, Any]) -> bool:
    try:
        return parse_additional(Kind.VIDEO, msgspec.json.encode(options).decode())[1] == options
    except WireError:
        return False


def _silent(kind: Kind) -> tuple[str, ...]:
    """Return the fields that this kind of task has no word for."""
    if kind is Kind.IMAGE:
        return ("step", "duration", "audio", "background_music", "off_peak", "seed")
    return ("step", "size", "count", "output_format", "seed")


def _render_extra(extra: dict[str, Any], body: dict[str, Any]) -> list[str]:
    try:
        said = parse_extra(extra)
    except WireError:
        said = {name: value for name, value in extra.items() if name == "Operator"}
    body.update(said)
    return [f"extra.{name}" for name, value in extra.items() if value and name not in said]
