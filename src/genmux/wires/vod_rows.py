"""The plain fields of a VOD create request: one row for each that a spec has, checks for the others."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.text import Text
from genmux.wires.tencent import refuse
from genmux.wires.tencent_rows import (
    MAX_DURATION_SECONDS,
    Row,
    as_it_is,
    bad_value,
    grouped,
    parse_groups,
    parse_ratio_word,
    ratio_row,
    reads_as,
    render_into,
    resolution_row,
    same,
)

MAX_SESSION_ID: Final = 50
MAX_SESSION_CONTEXT: Final = 1000
MAX_MEDIA_NAME: Final = 64
PRIORITIES: Final = range(-10, 11)
CONFIG: Final = "OutputConfig"

SWITCH: Final = {"Enabled": True, "Disabled": False}
_SWITCH_WORDS: Final = {value: word for word, value in SWITCH.items()}
_FREE_RATIO: Final = "auto"
"""Kling's word for "as the input is": no ratio of the spec, kept beside it."""

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "InputRegion": ("Mainland", "Oversea", "OverseaUSWest"),
    "OutputConfig.StorageMode": ("Temporary", "Permanent"),
    "OutputConfig.PersonGeneration": ("AllowAdult", "Disallowed"),
    **{
        f"OutputConfig.{name}": tuple(SWITCH)
        for name in ("InputComplianceCheck", "OutputComplianceCheck", "EnhanceSwitch", "FrameInterpolate")
    },
}
"""The words of fields that no spec has."""


def one_of(words: tuple[str, ...]) -> Text:
    """Return the sentence that lists what would be right."""
    return Text(f"It must be {' or '.join(words)}.", f"取值应为 {' 或 '.join(words)}。")


def check_word(value: str, path: str, words: tuple[str, ...]) -> str:
    """Return `value` if it is one of `words`. Raises `WireError`."""
    if value not in words:
        raise refuse("InvalidParameterValue", path, one_of(words))
    return value


def parse_switch(value: str, path: str) -> bool:
    """Return what `Enabled` and `Disabled` mean. Raises `WireError`."""
    return SWITCH[check_word(value, path, tuple(SWITCH))]


def _render_switch(value: bool) -> str:
    return _SWITCH_WORDS[value]


def _parse_ratio(value: str, path: str) -> str | None:
    return None if value == _FREE_RATIO else parse_ratio_word(value, path)


def _parse_duration(value: float, path: str) -> float:
    if not 0 < value <= MAX_DURATION_SECONDS:
        raise bad_value(path, "It must be a positive number of seconds.", "取值应为正数，单位为秒。")
    return value


def _render_duration(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0


def _parse_count(value: int, path: str) -> int:
    if not 1 <= value < 2**63:
        raise bad_value(path, "It must be 1 or more.", "取值应不小于 1。")
    return value


def _switch(field: str, path: str) -> Row:
    return Row(field, path, parse_switch, _render_switch)


_BOTH: Final = (
    same("prompt", "Prompt"),
    same("negative_prompt", "NegativePrompt"),
    _switch("enhance_prompt", "EnhancePrompt"),
    same("scene", "SceneType"),
    same("seed", "Seed"),
    resolution_row("OutputConfig.Resolution"),
    ratio_row("OutputConfig.AspectRatio", _parse_ratio),
    _switch("watermark", "OutputConfig.LogoAdd"),
)

ROWS: Final[dict[Kind, tuple[Row, ...]]] = {
    Kind.IMAGE: (
        *_BOTH,
        Row("count", "OutputConfig.OutputImageCount", _parse_count, as_it_is),
        same("output_format", "OutputConfig.OutputFormat"),
    ),
    Kind.VIDEO: (
        *_BOTH,
        Row("duration", "OutputConfig.Duration", _parse_duration, _render_duration),
        _switch("audio", "OutputConfig.AudioGeneration"),
        _switch("background_music", "OutputConfig.EnableBGM"),
        _switch("off_peak", "OutputConfig.OffPeak"),
    ),
}
"""The plain fields of each create action."""

_GROUPS: Final = {kind: grouped(rows) for kind, rows in ROWS.items()}
_BY_PATH: Final = {kind: {row.path: row for row in rows} for kind, rows in ROWS.items()}

ZERO_IS_SAID: Final = frozenset({"Seed"})
"""Numbers whose 0 means something; any other 0 says nothing, as the platform's own echo shows."""


def says_nothing(name: str, value: Any) -> bool:
    """Return whether a field's value is as good as its absence."""
    return value is None or value in ("", []) or (value == 0 and name not in ZERO_IS_SAID)


def parse_rows(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """Return the spec fields that `body` gives plainly; an empty string or a zero says nothing."""
    fields = parse_groups(_GROUPS[kind], body, says_nothing)
    return {field: value for field, value in fields.items() if value is not None}


def render_rows(spec: GenerationSpec, body: dict[str, Any]) -> list[str]:
    """Write the spec's plain fields into `body`; return those that would not be read back equal."""
    return render_into(ROWS[spec.kind], spec, body, _fits)


def _fits(row: Row, said: Any) -> bool:
    """Return whether a value says anything, and a number is within its wire type."""
    within = type(said) is not int or -(2**63) <= said < 2**63
    return within and not says_nothing(row.path.rpartition(".")[2], said)


def spells(spec: GenerationSpec, path: str, said: Any) -> bool | None:
    """Return whether `said` is a spelling of what the spec says at `path`, None if no row is there."""
    row = _BY_PATH[spec.kind].get(path)
    return None if row is None else reads_as(row, said, getattr(spec, row.field))


def is_usual(spec: GenerationSpec, path: str, said: Any) -> bool:
    """Return whether `said` is what we would write for what the spec says at `path`."""
    row = _BY_PATH[spec.kind].get(path)
    value = None if row is None else getattr(spec, row.field)
    return row is not None and value is not None and bool(row.render(value) == said)


def check_plain(name: str, value: Any) -> None:
    """Check a top-level field that no spec has. Raises `WireError`."""
    if name in WORDS:
        check_word(value, name, WORDS[name])
    elif name == "SubAppId" and not 0 < value < 2**63:
        detail = Text("It must be the id of an application.", "应为点播应用 ID。")
        raise refuse("InvalidParameterValue.SubAppId", name, detail)
    elif name == "SessionId" and len(value) > MAX_SESSION_ID:
        raise refuse("InvalidParameterValue.SessionIdTooLong", name, at_most(MAX_SESSION_ID))
    elif name == "SessionContext" and len(value) > MAX_SESSION_CONTEXT:
        raise refuse("InvalidParameterValue.SessionContextTooLong", name, at_most(MAX_SESSION_CONTEXT))
    elif name == "TasksPriority" and value not in PRIORITIES:
        raise bad_value(name, "It must be between -10 and 10.", "取值范围为 -10 到 10。")


def check_config(name: str, value: Any) -> None:
    """Check a field of `OutputConfig` that no spec has. Raises `WireError`."""
    path = f"{CONFIG}.{name}"
    if path in WORDS:
        check_word(value, path, WORDS[path])
    elif name == "MediaName" and len(value) > MAX_MEDIA_NAME:
        raise refuse("InvalidParameterValue", path, at_most(MAX_MEDIA_NAME))
    elif name == "ExpireTime":
        parse_time(value, path)


def at_most(characters: int) -> Text:
    """Return the sentence for a text that is too long."""
    return Text(f"It may have {characters} characters at most.", f"最长 {characters} 个字符。")


def parse_time(value: str, path: str, code: str = "InvalidParameterValue") -> int:
    """Return the milliseconds since the epoch of an ISO 8601 time with its zone. Raises `WireError`."""
    try:
        time = datetime.fromisoformat(value)
        known = time.tzinfo is not None and "T" in value
        milliseconds = round(time.timestamp() * 1000) if known else None
    except (ValueError, OverflowError):
        milliseconds = None
    if milliseconds is None:
        detail = Text("Write it like 2026-08-05T09:30:00Z.", "示例：2026-08-05T09:30:00Z。")
        raise refuse(code, path, detail)
    return milliseconds
