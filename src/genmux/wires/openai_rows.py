"""The plain fields of an OpenAI create, one row each, with the way there and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from genmux.domain.errors import InvalidValue, MissingValue, Unsupported
from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.text import Text
from genmux.domain.words import frame_size, parse_size

MAX_SECONDS: Final = 86_400
MAX_COUNT: Final = 1000
INT64: Final = (-(2**63), 2**63 - 1)
AUTO: Final = "auto"


def refuse(param: str, value: Any, en: str, zh: str) -> InvalidValue:
    """Return the error for a field's value: "Invalid value: 'x'. …"."""
    shown = value if isinstance(value, str | int | float) else type(value).__name__
    shown = str(shown)[:100]
    return InvalidValue(Text(f"Invalid value: '{shown}'. {en}", f"无效的取值：'{shown}'。{zh}"), field=param)


def missing(param: str) -> MissingValue:
    """Return the error for a field that is needed and absent."""
    return MissingValue(
        Text(f"Missing required parameter: '{param}'.", f"缺少必需的参数：'{param}'。"), field=param
    )


def unknown(name: str) -> InvalidValue:
    """Return the error for a parameter that the endpoint does not have."""
    return InvalidValue(Text(f"Unknown parameter: '{name}'.", f"未知的参数：'{name}'。"), field=name)


def unsupported(name: str) -> Unsupported:
    """Return the error for a parameter that OpenAI has and this wire does not serve."""
    return Unsupported(
        Text(
            f"The parameter '{name}' is not served here; send the request without it.",
            f"本服务不支持参数 '{name}'，请去掉后重新发送。",
        ),
        field=name,
    )


class Row(NamedTuple):
    """One wire field and its place in the spec: a field, or an option of the same name where it is None."""

    name: str
    field: str | None
    parse: Callable[[Any, str], Any]
    render: Callable[[Any], Any]


def read_text(value: Any, param: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise refuse(param, value, "It must be a string.", "应为字符串。")
    return value


def _read_word(value: Any, param: str) -> str | None:
    """Return a word; `auto` leaves the choice to the model, so it says nothing."""
    word = read_text(value, param).strip()
    return None if word.lower() == AUTO else word


def read_whole(value: Any, param: str, low: int, high: int) -> int:
    """Return a whole number; forms write numbers as text."""
    number = value
    if isinstance(value, str) and len(value) <= 20:
        digits = value.strip()
        number = int(digits) if digits.removeprefix("-").isdecimal() and digits.isascii() else value
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise refuse(
            param, value, f"It must be a whole number from {low} to {high}.", f"应为 {low} 到 {high} 的整数。"
        )
    return number


def read_flag(value: Any, param: str) -> bool:
    """Return true or false; forms write them as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise refuse(param, value, "It must be true or false.", "应为 true 或 false。")


def _read_seconds(value: Any, param: str) -> float:
    number = value
    if isinstance(value, str):
        try:
            number = float(value) if len(value) <= 32 else None
        except ValueError:
            number = None
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number <= MAX_SECONDS:
        raise refuse(param, value, "It must be a number of seconds, such as '8'.", "应为秒数，例如 '8'。")
    return float(number)


def render_seconds(seconds: float) -> str:
    """Return a duration as this wire writes it: "8", not "8.0"."""
    return str(int(seconds)) if math.isfinite(seconds) and seconds == int(seconds) else repr(seconds)


def _read_size(value: Any, param: str) -> tuple[int, int] | None:
    if isinstance(value, str) and value.strip().lower() == AUTO:
        return None
    size = parse_size(value) if isinstance(value, str) else None
    if size is None:
        raise refuse(param, value, "It must read like '1280x720'.", "写法示例：'1280x720'。")
    return size


def render_size(size: tuple[int, int]) -> str:
    """Return a size as this wire writes it."""
    return f"{size[0]}x{size[1]}"


def exact_size(spec: GenerationSpec) -> tuple[int, int] | None:
    """Return the size in pixels that a spec asks for; a resolution with a ratio stands for one."""
    if spec.size is not None or spec.resolution is None or spec.aspect_ratio is None:
        return spec.size
    try:
        return frame_size(spec.resolution, spec.aspect_ratio)
    except ValueError:
        return None


def _read_count(value: Any, param: str) -> int:
    return read_whole(value, param, 1, MAX_COUNT)


def _read_seed(value: Any, param: str) -> int:
    return read_whole(value, param, *INT64)


def _read_percent(value: Any, param: str) -> int:
    return read_whole(value, param, 0, 100)


def _as_it_is(value: Any) -> Any:
    return value


_BOTH: Final = (
    Row("prompt", "prompt", read_text, _as_it_is),
    Row("negative_prompt", "negative_prompt", read_text, _as_it_is),
    Row("size", "size", _read_size, render_size),
    Row("seed", "seed", _read_seed, _as_it_is),
)

ROWS: Final[dict[Kind, tuple[Row, ...]]] = {
    Kind.VIDEO: (*_BOTH, Row("seconds", "duration", _read_seconds, render_seconds)),
    Kind.IMAGE: (
        *_BOTH,
        Row("n", "count", _read_count, _as_it_is),
        Row("output_format", "output_format", read_text, _as_it_is),
        Row("quality", None, _read_word, _as_it_is),
        Row("background", None, _read_word, _as_it_is),
        Row("output_compression", None, _read_percent, _as_it_is),
        Row("moderation", None, _read_word, _as_it_is),
        Row("style", None, _read_word, _as_it_is),
        Row("input_fidelity", None, _read_word, _as_it_is),
    ),
}
"""The plain fields of each create. `negative_prompt` and `seed` are not OpenAI's own, but those of the
servers that speak its wire (vLLM-Omni, SGLang)."""


def parse_rows(kind: Kind, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the spec fields, `options` among them, that a create gives plainly."""
    said: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for row in ROWS[kind]:
        if row.name not in fields:
            continue
        value = row.parse(fields[row.name], row.name)
        if value is not None and value != "":
            (said if row.field else options)[row.field or row.name] = value
    return {**said, "options": options}


def render_rows(spec: GenerationSpec, fields: dict[str, Any]) -> list[str]:
    """Write the spec's plain fields into `fields`; return those that would not be read back equal."""
    unsaid = []
    words = {row.name for row in ROWS[spec.kind] if row.field is None}
    for row in ROWS[spec.kind]:
        value = getattr(spec, row.field) if row.field else spec.options.get(row.name)
        if row.field == "size":
            value = exact_size(spec)
        if value is None or value == "":
            continue
        if _reads_back(row, value):
            fields[row.name] = row.render(value)
        else:
            unsaid.append(row.field or "options")
    if any(name not in words or value in (None, "") for name, value in spec.options.items()):
        unsaid.append("options")
    return unsaid


def _reads_back(row: Row, value: Any) -> bool:
    try:
        said = row.render(value)
        read = row.parse(said, row.name)
    except (InvalidValue, TypeError, ValueError, OverflowError):
        return False
    return bool(read == value) and type(read) is type(value)
