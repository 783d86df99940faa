"""The values of our own REST wire: read strictly, refused with the path of the field at fault."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from genmux.domain.errors import CallerError, InvalidValue, MissingValue
from genmux.domain.text import Text

MAX_DEPTH: Final = 32
INT64: Final = (-(2**63), 2**63 - 1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def refuse(path: str, en: str, zh: str) -> InvalidValue:
    """Return the error that says what the field at `path` must be."""
    return InvalidValue(Text(f"{path} {en}", f"{path} {zh}"), field=path)


def missing(path: str) -> MissingValue:
    """Return the error for a field that is needed and absent."""
    return MissingValue(Text(f"{path} is missing.", f"缺少 {path}。"), field=path)


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body holds. Raises `CallerError`."""
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise CallerError(
            Text(f"The body is not JSON: {error}.", f"请求体不是有效的 JSON：{error}。")
        ) from None
    if not isinstance(value, dict):
        raise CallerError(Text("The body must be a JSON object.", "请求体必须是 JSON 对象。"))
    return value


def read_fields(value: Any, path: str, known: Collection[str]) -> dict[str, Any]:
    """Return an object's fields without its nulls; a name outside `known` is refused with the nearest."""
    if not isinstance(value, dict):
        raise refuse(path, "must be a JSON object.", "必须是 JSON 对象。")
    for name in value:
        if name not in known:
            raise unknown_field(f"{path}.{name}" if path else name, name, known)
    return {name: item for name, item in value.items() if item is not None}


def unknown_field(path: str, name: str, known: Collection[str]) -> InvalidValue:
    """Return the error for a name that the wire does not have."""
    near = get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.5)
    if near:
        return refuse(path, f"is no field; did you mean {near[0]}?", f"不是已知字段；是否想写 {near[0]}？")
    names = ", ".join(sorted(known))
    return refuse(path, f"is no field; there are: {names}.", f"不是已知字段；可用字段：{names}。")


def read_text(value: Any, path: str) -> str:
    """Return a JSON string."""
    if not isinstance(value, str):
        raise refuse(path, "must be a text.", "必须是字符串。")
    return value


def read_word(value: Any, path: str, words: Collection[str]) -> str:
    """Return one of `words`."""
    if not isinstance(value, str) or value not in words:
        listed = ", ".join(words)
        raise refuse(path, f"must be one of {listed}.", f"必须是以下之一：{listed}。")
    return value


def read_bool(value: Any, path: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise refuse(path, "must be true or false.", "必须是 true 或 false。")
    return value


def read_int(value: Any, path: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise refuse(
            path, f"must be a whole number from {low} to {high}.", f"必须是 {low} 到 {high} 的整数。"
        )
    return value


def read_seconds(value: Any, path: str) -> float:
    """Return a positive number of seconds, at most a day."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86_400:
        raise refuse(path, "must be a positive number of seconds.", "必须是正数，单位为秒。")
    return float(value)


def read_list(value: Any, path: str) -> list[Any]:
    """Return a JSON array of at most 100 items."""
    if not isinstance(value, list) or len(value) > 100:
        raise refuse(path, "must be an array of at most 100 items.", "必须是数组，最多 100 项。")
    return value


def read_options(value: Any, path: str) -> dict[str, Any]:
    """Return a JSON object of any content that is not nested beyond reason."""
    if not isinstance(value, dict):
        raise refuse(path, "must be a JSON object.", "必须是 JSON 对象。")
    if _deeper(value, MAX_DEPTH):
        raise refuse(path, "is nested too deeply.", "嵌套过深。")
    return value


def _deeper(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_deeper(item, depth - 1) for item in inner)


def render_number(value: float) -> float:
    """Return a number as JSON writes it best: 5, not 5.0."""
    return int(value) if value == int(value) else value


def render_time(ms: int | None) -> str | None:
    """Return milliseconds since the epoch as RFC 3339 in UTC: `2026-01-31T08:00:00.000Z`."""
    if ms is None:
        return None
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str | None) -> int | None:
    """Read back `render_time`. Raises `ValueError`."""
    if text is None:
        return None
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}
