"""The plain fields of an MPS create request, one row each, with the way there and back."""

from __future__ import annotations

import math
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind
from genmux.wires.tencent_rows import (
    MAX_DURATION_SECONDS,
    Row,
    as_it_is,
    bad_value,
    grouped,
    parse_groups,
    parse_ratio_word,
    ratio_row,
    render_into,
    resolution_row,
    same,
)


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


_BOTH: Final = (
    same("prompt", "Prompt"),
    same("negative_prompt", "NegativePrompt"),
    same("enhance_prompt", "EnhancePrompt"),
    same("scene", "SceneType"),
    resolution_row("ExtraParameters.Resolution"),
    ratio_row("ExtraParameters.AspectRatio", parse_ratio_word),
    Row("watermark", "ExtraParameters.LogoAdd", _parse_logo, int),
)

ROWS: Final[dict[Kind, tuple[Row, ...]]] = {
    Kind.IMAGE: (
        *_BOTH,
        Row("count", "OutputImageCount", _parse_count, as_it_is),
        same("output_format", "ExtraParameters.OutputFormat"),
    ),
    Kind.VIDEO: (
        *_BOTH,
        Row("duration", "Duration", _parse_duration, _render_duration),
        same("audio", "ExtraParameters.EnableAudio"),
        same("background_music", "ExtraParameters.EnableBgm"),
        same("off_peak", "ExtraParameters.OffPeak"),
    ),
}
"""The plain fields of each create action."""

_GROUPS: Final = {kind: grouped(rows) for kind, rows in ROWS.items()}


def _says_nothing(name: str, value: Any) -> bool:
    return value is None or value == ""


def _fits(row: Row, said: Any) -> bool:
    return True


def parse_rows(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """Return the spec fields that `body` gives plainly; an empty string says nothing."""
    return parse_groups(_GROUPS[kind], body, _says_nothing)


def render_rows(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    """Write the spec's plain fields into `body`; return those that would not be read back equal."""
    return render_into(ROWS[spec.kind], spec, body, _fits)
