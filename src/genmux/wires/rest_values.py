"""The values of our own REST wire: read strictly, refused with the path of the field at fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec

from genmux.domain.errors import CallerError, InvalidValue, MissingValue
from genmux.domain.text import Text
from genmux.wires.nesting import deeper

MAX_DEPTH: Final = 32
INT64: Final = (-(2**63), 2**63 - 1)
LONGEST_SECONDS: Final = 86_400
LONGEST_LIST: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

T = TypeVar("T")


class Refusal(InvalidValue):
    """A value that this wire cannot read, with the nearest one that it can, and all where they are few."""

    def __init__(self, text: Text, *, field: str, nearest: str | None = None, allowed: Collection[str] = ()):
        super().__init__(text, field=field)
        self.nearest = nearest
        self.allowed = tuple(allowed)


class Faults:
    """What is wrong with a body: raised at once, or collected when somebody wants to hear it all."""

    def __init__(self, *, collect: bool = False) -> None:
        self._collect = collect
        self.found: list[CallerError] = []

    def note(self, fault: CallerError) -> None:
        """Keep a fault, or raise it."""
        if not self._collect:
            raise fault
        self.found.append(fault)

    def read(self, read: Callable[[Any, str], T], value: Any, path: str) -> T | None:
        """Return what `read` makes of a value, None where it is at fault."""
        try:
            return read(value, path)
        except CallerError as fault:
            self.note(fault)
            return None


def refuse(
    path: str, en: str, zh: str, *, nearest: str | None = None, allowed: Collection[str] = ()
) -> Refusal:
    """Return the error that says what the field at `path` must be."""
    return Refusal(Text(f"{path} {en}", f"{path} {zh}"), field=path, nearest=nearest, allowed=allowed)


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


def read_fields(
    value: Any, path: str, known: Collection[str], faults: Faults | None = None
) -> dict[str, Any]:
    """Return an object's fields without its nulls; a name outside `known` is refused with the nearest."""
    if not isinstance(value, dict):
        raise refuse(path, "must be a JSON object.", "必须是 JSON 对象。")
    for name in value:
        if name not in known:
            (faults or Faults()).note(unknown_field(f"{path}.{name}" if path else name, name, known))
    return {name: item for name, item in value.items() if item is not None and name in known}


def unknown_field(path: str, name: str, known: Collection[str]) -> Refusal:
    """Return the error for a name that the wire does not have."""
    near = get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.5)
    names = sorted(known)
    if near:
        en, zh = f"is no field; did you mean {near[0]}?", f"不是已知字段；是否想写 {near[0]}？"
        return refuse(path, en, zh, nearest=near[0], allowed=names)
    if not names:
        return refuse(path, "is no field; there are none.", "不是已知字段；此处没有字段。")
    listed = ", ".join(names)
    return refuse(
        path, f"is no field; there are: {listed}.", f"不是已知字段；可用字段：{listed}。", allowed=names
    )


def read_text(value: Any, path: str) -> str:
    """Return a JSON string."""
    if not isinstance(value, str):
        raise refuse(path, "must be a text.", "必须是字符串。")
    return value


def read_word(value: Any, path: str, words: Collection[str]) -> str:
    """Return one of `words`."""
    if not isinstance(value, str) or value not in words:
        listed = ", ".join(words)
        near = get_close_matches(value.lower(), words, n=1, cutoff=0.5) if isinstance(value, str) else ()
        raise refuse(
            path,
            f"must be one of {listed}.",
            f"必须是以下之一：{listed}。",
            nearest=near[0] if near else None,
            allowed=words,
        )
    return value


def read_bool(value: Any, path: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise refuse(path, "must be true or false.", "必须是 true 或 false。", allowed=("true", "false"))
    return value


def read_int(value: Any, path: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        raise refuse(
            path,
            f"must be a whole number from {low} to {high}.",
            f"必须是 {low} 到 {high} 的整数。",
            nearest=str(int(min(max(value, low), high))) if numeric else None,
        )
    return value


def read_seconds(value: Any, path: str) -> float:
    """Return a positive number of seconds, at most a day."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_SECONDS:
        raise refuse(path, "must be a positive number of seconds.", "必须是正数，单位为秒。")
    return float(value)


def read_list(value: Any, path: str) -> list[Any]:
    """Return a JSON array of at most 100 items."""
    if not isinstance(value, list) or len(value) > LONGEST_LIST:
        raise refuse(path, "must be an array of at most 100 items.", "必须是数组，最多 100 项。")
    return value


def read_options(value: Any, path: str) -> dict[str, Any]:
    """Return a JSON object of any content that is not nested beyond reason."""
    if not isinstance(value, dict):
        raise refuse(path, "must be a JSON object.", "必须是 JSON 对象。")
    if deeper(value, MAX_DEPTH):
        raise refuse(path, "is nested too deeply.", "嵌套过深。")
    return value


def render_number(value: float) -> float:
    """Return a number as JSON writes it best: 5, not 5.0."""
    return int(value) if value == int(value) else value


def render_time(ms: int | None) -> str | None:
    """Return milliseconds since the epoch as RFC 3339 in UTC: `2026-01-31T08:00:00.000Z`."""
    if ms is None:
        return None
    seconds, rest = divmod(ms, 1000)
    return f"{_render_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=4096)
def _render_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().removesuffix("+00:00")


def parse_time(text: str | None) -> int | None:
    """Read back `render_time`. Raises `ValueError`."""
    if text is None:
        return None
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def read_time(text: str) -> int | None:
    """Return the milliseconds since the epoch of any RFC 3339 time, None for what is none."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}
