"""Creating pictures and films on the VOD wire: `parse_create` and `render_create` undo each other.

What is not a spec (`SubAppId`, `SessionContext`, `OutputConfig.MediaName`, …) is kept as `extra`,
spelt as on the wire; so is every spelling that differs from the one we would choose, which makes the
echo exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind, ModelRef, Role
from genmux.wires.results import normal_source, url_source
from genmux.wires.tencent import WireError, refuse
from genmux.wires.tencent_schema import Struct, load_schema
from genmux.wires.vod_inputs import (
    FILES,
    LAST_FRAME_FIELDS,
    SOURCES,
    Info,
    item_extras,
    parse_file_source,
    parse_references,
    parse_subjects,
    render_info,
    render_references,
    render_subjects,
    same_reference,
    with_extras,
)
from genmux.wires.vod_options import EXT_INFO, parse_ext_info, render_ext_info
from genmux.wires.vod_rows import (
    CONFIG,
    check_config,
    check_plain,
    is_usual,
    parse_rows,
    render_rows,
    says_nothing,
    spells,
)

VERSION: Final = "2018-07-17"
SERVICE: Final = "vod"
SCHEMA: Final = load_schema("vod_schema.json")

CREATES: Final = {"CreateAigcImageTask": Kind.IMAGE, "CreateAigcVideoTask": Kind.VIDEO}
ACTIONS: Final = tuple(SCHEMA.actions)
"""The actions served; every other one is an `UnsupportedOperation`."""

UNSUPPORTED_SCENES: Final = {Kind.IMAGE: frozenset({"3d_panorama"}), Kind.VIDEO: frozenset({"3d_scene"})}
"""Scenes whose result is neither a picture nor a film; to be refused with `UnsupportedOperation`."""

PLAIN_EXTRAS: Final = ("InputRegion", "Procedure", "SessionId", "SessionContext", "TasksPriority")
"""Top-level fields beside `SubAppId` that no spec has."""


@dataclass(frozen=True, slots=True)
class ParsedCreate:
    """A create request in our words; `extra` is what the spec does not say, spelt as on the wire."""

    spec: GenerationSpec
    extra: dict[str, Any]

    @property
    def sub_app_id(self) -> int:
        """The application that the task belongs to."""
        return int(self.extra["SubAppId"])

    @property
    def session_id(self) -> str:
        """The key that must be new within three days, "" for none."""
        return str(self.extra.get("SessionId", ""))

    @property
    def priority(self) -> int:
        """-10 … 10, higher first."""
        return int(self.extra.get("TasksPriority", 0))

    @property
    def permanent(self) -> bool:
        """Whether the result is to be kept for good, under a FileId."""
        return is_permanent(self.extra)


def is_permanent(extra: Mapping[str, Any]) -> bool:
    """Return whether `extra` asks to keep the result for good."""
    return bool(extra.get(CONFIG, {}).get("StorageMode") == "Permanent")


def request_schema(action: str) -> Struct:
    """Return what `tencent_schema.read_body` and `read_flat` check a request of `action` against."""
    return SCHEMA.request(action)


# The server's half.


def parse_create(action: str, body: dict[str, Any]) -> ParsedCreate:
    """Return what a create request asks for; `body` is what `read_body` or `read_flat` returned.

    An empty string says nothing. Model names are as the caller wrote them: the catalogue resolves
    them. Raises `WireError`.
    """
    kind = CREATES[action]
    check_plain("SubAppId", body["SubAppId"])
    for name in PLAIN_EXTRAS:
        if not says_nothing(name, body.get(name)):
            check_plain(name, body[name])
    for name in ("ModelName", "ModelVersion"):
        if not body.get(name):
            raise refuse("MissingParameter", name)
    size, options = parse_ext_info(kind, body.get(EXT_INFO, ""))
    spec = GenerationSpec(
        kind=kind,
        model=ModelRef(body["ModelName"], body["ModelVersion"]),
        references=parse_references(kind, body),
        subjects=parse_subjects(body) if kind is Kind.VIDEO else (),
        size=size,
        options=options,
        **parse_rows(kind, body),
    )
    return ParsedCreate(spec, parse_extra(spec, body))


def parse_extra(spec: GenerationSpec, body: dict[str, Any]) -> dict[str, Any]:
    """Return what `body` says that `spec` does not. Raises `WireError`."""
    extra: dict[str, Any] = {"SubAppId": body["SubAppId"]}
    extra |= {
        name: body[name]
        for name in (*PLAIN_EXTRAS, *LAST_FRAME_FIELDS)
        if not says_nothing(name, body.get(name))
    }
    if url := extra.get("LastFrameUrl"):
        extra["LastFrameUrl"] = url_source(normal_source(url))
    if (text := body.get(EXT_INFO, "").strip() and body[EXT_INFO]) and text != render_ext_info(spec)[0]:
        extra[EXT_INFO] = text
    if config := _parse_config(spec, body.get(CONFIG, {})):
        extra[CONFIG] = config
    if any(items := _parse_items(spec, body)):
        extra[FILES] = items
    return extra


def _parse_config(spec: GenerationSpec, sent: dict[str, Any]) -> dict[str, Any]:
    config = {
        name: value
        for name, value in sent.items()
        if not (says_nothing(name, value) or is_usual(spec, f"{CONFIG}.{name}", value))
    }
    for name, value in config.items():
        check_config(name, value)
    return config


def _parse_items(spec: GenerationSpec, body: dict[str, Any]) -> list[Info]:
    sent = body.get(FILES, [])
    said = [render_info(spec.kind, reference) for reference in spec.references[: len(sent)]]
    return item_extras(sent, said)


def _without_last(spec: GenerationSpec, items: int) -> GenerationSpec:
    """Return a spec with only the references that are items of `FileInfos`."""
    if len(spec.references) == items:
        return spec
    return GenerationSpec(kind=spec.kind, references=spec.references[:items])


# The client's half.


def render_create(
    spec: GenerationSpec, extra: Mapping[str, Any]
) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Return the action, the body, and the names of the spec fields that could not be said in full.

    `extra` holds the `SubAppId` to create in; files of another application cannot be said. A field of
    `extra` without a word, or one that contradicts the spec, is named `extra.<field>`. Nothing else
    is ever left out: what `parse_create` would not read back equal is named.
    """
    action = next(action for action, kind in CREATES.items() if kind is spec.kind)
    body: dict[str, Any] = {}
    unsaid = [*_render_model(spec.model, body), *render_rows(spec, body)]
    unsaid += _render_references(spec, extra, body)
    unsaid += render_subjects(spec, body)
    text, unsaid_options = render_ext_info(spec, extra.get(EXT_INFO, ""))
    if text:
        body[EXT_INFO] = text
    unsaid += unsaid_options
    unsaid += [name for name in silent(spec.kind) if getattr(spec, name) is not None]
    unsaid += _render_extra(spec, extra, body)
    return action, body, tuple(unsaid)


def silent(kind: Kind) -> tuple[str, ...]:
    """Return the fields that this kind of task has no word for."""
    if kind is Kind.IMAGE:
        return ("step", "duration", "audio", "background_music", "off_peak")
    return ("step", "size", "count", "output_format")


def _render_model(model: ModelRef | None, body: dict[str, Any]) -> list[str]:
    if model is None or not (model.family or model.version):
        return []
    if not (model.family and model.version):
        return ["model"]
    body |= {"ModelName": model.family, "ModelVersion": model.version}
    return []


def _render_references(spec: GenerationSpec, extra: Mapping[str, Any], body: dict[str, Any]) -> list[str]:
    """Say the references, the last frame in its own field where it once came so."""
    sub_app_id = extra.get("SubAppId", 0)
    apart = last_frame_apart(spec, extra)
    items = len(spec.references) - bool(apart)
    unsaid = render_references(_without_last(spec, items), sub_app_id, body)
    if apart:
        body[apart] = extra[apart]
        filed = parse_file_source(spec.references[-1].source)
        if filed and filed[0] != sub_app_id:
            del body[apart]
            unsaid = ["references"]
    extras = extra.get(FILES, [])
    if len(extras) == len(body.get(FILES, [])) and extras:
        _render_items(spec, extras, {**body, "SubAppId": sub_app_id}, body)
    return unsaid


def last_frame_apart(spec: GenerationSpec, extra: Mapping[str, Any]) -> str:
    """Return the field of its own that the last frame came in, "" if it came in `FileInfos` or not at all."""
    last = spec.references[-1] if spec.references else None
    if last is None or last.role is not Role.LAST_FRAME:
        return ""
    filed = parse_file_source(last.source)
    told = {"LastFrameUrl": url_source(last.source), "LastFrameFileId": filed[1] if filed else None}
    return next((name for name, value in told.items() if value and extra.get(name) == value), "")


def _render_items(
    spec: GenerationSpec, extras: list[Info], shadow: dict[str, Any], body: dict[str, Any]
) -> None:
    """Put what each item said beyond its reference into `body`, unless it would then say another spec."""
    infos = with_extras(body[FILES], extras)
    try:
        plain = parse_references(spec.kind, shadow)
        read = parse_references(spec.kind, shadow | {FILES: infos})
    except WireError:
        return
    if all(same_reference(one, other) for one, other in zip(plain, read, strict=True)):
        body[FILES] = infos


def _render_extra(spec: GenerationSpec, extra: Mapping[str, Any], body: dict[str, Any]) -> list[str]:
    for name in ("SubAppId", *PLAIN_EXTRAS):
        value = extra.get(name)
        if not says_nothing(name, value) and _passes(check_plain, name, value):
            body[name] = value
    for name, value in extra.get(CONFIG, {}).items():
        fits = spells(spec, f"{CONFIG}.{name}", value)
        if fits or (fits is None and _passes(check_config, name, value)):
            body.setdefault(CONFIG, {})[name] = value
    return [f"extra.{name}" for name, value in extra.items() if value and not _extra_said(name, value, body)]


def _extra_said(name: str, value: Any, body: dict[str, Any]) -> bool:
    if name == CONFIG:
        return bool(value.items() <= body.get(CONFIG, {}).items())
    if name == FILES:
        infos = body.get(FILES, [])
        return len(infos) == len(value) and all(
            (info.get(n) or "") == v for info, item in zip(infos, value, strict=True) for n, v in item.items()
        )
    return bool(body.get(name) == value)


def _passes(check: Any, name: str, value: Any) -> bool:
    try:
        check(name, value)
    except WireError:
        return False
    return True


def reference_path(parsed: ParsedCreate, n: int) -> str:
    """Return the wire path of reference number `n`, counted as `spec.all_references()` does."""
    spec = parsed.spec
    if n >= len(spec.references):
        paths = [
            f"SubjectInfos.{k}.{name}.{i}"
            for k, subject in enumerate(spec.subjects)
            for name, media in (("ImageUrls", subject.images), ("VideoUrls", subject.videos))
            for i in range(len(media))
        ]
        return paths[n - len(spec.references)]
    if n == len(spec.references) - 1 and (apart := last_frame_apart(spec, parsed.extra)):
        return apart
    source = spec.references[n].source
    word = "File" if parse_file_source(source) else "Base64" if source.startswith("data:") else "Url"
    return f"{FILES}.{n}.{SOURCES[word]}"
