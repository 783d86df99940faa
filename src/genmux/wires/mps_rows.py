"""The plain fields of an MPS create request, one row each, with the way there and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.text import Text
from genmux.domain.words import parse_ratio, parse_resolution, parse_size
from genmux.wires.tencent import WireError, refuse

MAX_DURATION_SECONDS: Final = 24 * 3600


class Row(NamedTuple):
    """One spec field and its wire field; a path has one dot at most."""

    field: str
    path: str
    parse: Callable[[Any, str], Any]
    render: Callable[[Any], Any]


def bad_value(path: str, en: str, zh: str) -> WireError:
    """Return the complaint that the field at `path` holds a wrong value, and what would be right."""
    return refuse("InvalidParameterValue", path, Text(en, zh))


def _as_it_is(value: Any, path: str = "") -> Any:
    return value


def _parse_resolution(value: str, path: str) -> str:
    word = parse_resolution(value)
    if word is None:
        raise bad_value(path, "Write it like 720P, 1080P, 2K or 4K.", "示例：720P、1080P、2K、4K。")
    return word


def _parse_ratio(value: str, path: str) -> str:
    word = parse_ratio(value)
    if word is None:
        raise bad_value(path, "Write it like 16:9, 9:16 or 1:1.", "示例：16:9、9:16、1:1。")
    return word


def parse_size_word(value: Any, path: str) -> tuple[int, int]:
    """Return (width, height) in pixels; raises `WireError` for anything but such a text."""
    size = parse_size(value) if isinstance(value, str) else None
    if size is None:
        raise bad_value(path, "Write it like 1024x1024.", "示例：1024x1024。")
    return size


def _parse_logo(value: int, path: str) -> bool:
    if value not in (0, 1):
        raise bad_value(path, "It must be 0 or 1.", "取值应为 0 或 1。")
    return value == 1


def _parse_duration(value: int, path: str) -> float:
    if not 1 <= value <= MAX_DURATION_SECONDS:
        raise bad_value(path, "It must be a positive number of seconds.", "取值应为正整数，单位为秒。")
    return float(value)


def _render_duration(value: float) -> int:
    return int(value) if math.isfinite(value) else 0


def _parse_count(value: int, path: str) -> int:
    if value < 1:
        raise bad_value(path, "It must be 1 or more.", "取值应不小于 1。")
    return value


def _same(field: str, path: str) -> Row:
    return Row(field, path, _as_it_is, _as_it_is)


_BOTH: Final = (
    _same("prompt", "Prompt"),
    _same("negative_prompt", "NegativePrompt"),
    _same("enhance_prompt", "EnhancePrompt"),
    _same("scene", "SceneType"),
    Row("resolution", "ExtraParameters.Resolution", _parse_resolution, _as_it_is),
    Row("aspect_ratio", "ExtraParameters.AspectRatio", _parse_ratio, _as_it_is),
    Row("watermark", "ExtraParameters.LogoAdd", _parse_logo, int),
)

ROWS: Final[dict[Kind, tuple[Row, ...]]] = {
    Kind.IMAGE: (
        *_BOTH,
        Row("count", "OutputImageCount", _parse_count, _as_it_is),
        _same("output_format", "ExtraParameters.OutputFormat"),
    ),
    Kind.VIDEO: (
        *_BOTH,
        Row("duration", "Duration", _parse_duration, _render_duration),
        _same("audio", "ExtraParameters.EnableAudio"),
        _same("background_music", "ExtraParameters.EnableBgm"),
        _same("off_peak", "ExtraParameters.OffPeak"),
    ),
}
"""The plain fields of each create action."""


def _grouped(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    """Return rows by the group and the name of their wire fields."""
    groups: dict[str, dict[str, Row]] = {}
    for row in rows:
        group, _, name = row.path.rpartition(".")
        groups.setdefault(group, {})[name] = row
    return groups


_BY_GROUP: Final = {kind: _grouped(rows) for kind, rows in ROWS.items()}


def parse_rows(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """Return the spec fields that `body` gives plainly; an empty string says nothing."""
    fields: dict[str, Any] = {}
    for group, named in _BY_GROUP[kind].items():
        for name, value in (body.get(group, {}) if group else body).items():
            row = named.get(name)
            if row is not None and value is not None and value != "":
                fields[row.field] = row.parse(value, row.path)
    return fields


def render_rows(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    """Write the spec's plain fields into `body`; return those that would not be read back equal."""
    unsaid = []
    for row in ROWS[spec.kind]:
        value = getattr(spec, row.field)
        if value is None or value == "":
            continue
        said = row.render(value)
        if _reads_back(row, said, value):
            _put(body, row.path, said)
        else:
            unsaid.append(row.field)
    return unsaid


def _reads_back(row: Row, said: Any, value: Any) -> bool:
    try:
        return bool(row.parse(said, row.path) == value)
    except WireError:
        return False


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    group, _, name = path.rpartition(".")
    (body.setdefault(group, {}) if group else body)[name] = value
