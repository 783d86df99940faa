"""The values of settings: `to_…` also takes them as the environment spells them, `read_…` only as typed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from genmux.settings.errors import SettingsError, fault

WORDS: Final = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
LARGEST: Final = 2**31 - 1


# ---------------------------------------------------------------- of the file or the environment


def to_bool(name: str, value: Any) -> bool:
    """Read true or false, also as a word."""
    if isinstance(value, bool):
        return value
    if str(value).lower() not in WORDS:
        raise fault(name, value, "be true or false", "应为 true 或 false")
    return WORDS[str(value).lower()]


def to_int(name: str, value: Any) -> int:
    """Read a whole number that is not negative, also as digits."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise fault(name, value, "be a whole number", "应为整数") from None
    if number < 0:
        raise fault(name, number, "not be negative", "不能为负数")
    return number


def to_tuple(name: str, value: Any) -> tuple[str, ...]:
    """Read a list of texts, also separated by commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise fault(name, value, "be a list of texts", "应为字符串列表")


def to_table(name: str, value: Any) -> dict[str, Any]:
    """Read a table, also as JSON or as `name=value,name=value`."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _to_json(name, value)
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        value = {key.strip(): item.strip() for key, _, item in pairs}
    return read_table(name, value)


def _to_json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(
            f"setting {name} is no JSON: {error}", f"设置项 {name} 不是有效的 JSON：{error}", field=name
        ) from None


# ---------------------------------------------------------------- as typed


def read_text(path: str, value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise fault(path, value, "be text", "应为字符串")
    return value


def read_bool(path: str, value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise fault(path, value, "be true or false", "应为 true 或 false")
    return value


def read_int(path: str, value: Any, low: int = 1) -> int:
    """Read a whole number of `low` or more."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= LARGEST:
        raise fault(
            path, value, f"be a whole number from {low} to {LARGEST}", f"应为 {low} 到 {LARGEST} 的整数"
        )
    return value


def read_number(path: str, value: Any, *, zero: bool = False) -> float:
    """Read a positive number; with `zero`, 0 too."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not 0 <= value <= LARGEST or (value == 0 and not zero):
        least = ("0 or a positive number", "应为 0 或正数") if zero else ("a positive number", "应为正数")
        raise fault(path, value, f"be {least[0]}", least[1])
    return float(value)


def read_word(path: str, value: Any, words: Collection[str]) -> str:
    """Read one of some words."""
    if not isinstance(value, str) or value not in words:
        raise fault(path, value, f"be one of {', '.join(words)}", f"应为以下之一：{'、'.join(words)}")
    return value


def read_table(path: str, value: Any) -> dict[str, Any]:
    """Read a table."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        found = type(value).__name__  # what should be a table may be a secret
        raise SettingsError(
            f"setting {path} is {found}; it must be a table",
            f"设置项 {path} 的类型为 {found}；应为表（table）",
            field=path,
        )
    return dict(value)
