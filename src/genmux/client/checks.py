"""Checks what callers say of addresses, secrets and orders, before a library would stumble over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text
from genmux.wires.rest_values import read_text, read_word, refuse

LANGUAGES: Final = ("en", "zh")
"""The languages in which refusals are said."""
_encode: Final = msgspec.json.Encoder().encode


def checked_url(url: str, field: str) -> str:
    """Return an http or https address, without a slash at its end. Raises `InvalidValue`."""
    word = read_text(url, field).strip().rstrip("/")
    if not is_web_url(word):
        raise InvalidValue(
            Text(
                f"{field} {url!r} must start with http:// or https://, and name a host.",
                f"{field} {url!r} 必须以 http:// 或 https:// 开头，并包含主机名。",
            ),
            field=field,
        )
    return word


def is_web_url(url: str) -> bool:
    """Return whether this is an http or https URL of some host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        return False


def language_word(said: Any) -> str:
    """Return "en" or "zh" for a language or a locale of one of the two. Raises `InvalidValue`."""
    word = read_text(said, "language").lower()[:2]
    return read_word(word, "language", LANGUAGES)


def header_word(said: str, field: str) -> str:
    """Return a secret or a key as a header carries it, without white space around it.

    Raises `InvalidValue`, which does not show it.
    """
    word = read_text(said, field).strip()
    if not (word.isascii() and word.isprintable()):
        raise refuse(field, "must be of printable ASCII characters.", "只能包含可打印的 ASCII 字符。")
    return word


def encode(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON. Raises `InvalidValue` naming the field that JSON cannot say."""
    try:
        return _encode(body)
    except (TypeError, ValueError, RecursionError) as error:
        field = next(name for name, value in body.items() if not _sayable(name, value))
        why = f"{error}".rstrip(".")
        raise refuse(field, f"cannot be said in JSON: {why}.", f"无法以 JSON 表示：{why}。") from None


def _sayable(name: str, value: Any) -> bool:
    try:
        _encode({name: value})
    except (TypeError, ValueError, RecursionError):
        return False
    return True
