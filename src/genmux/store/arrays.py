"""Spells columns of values as array literals of PostgreSQL, so that each statement has one set of types.

psycopg would name the type of an array after the values in it, and prepare one statement for each mix;
its own lists also cost ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

NUL: Final = "\0"
REPLACEMENT: Final = "\ufffd"
"""What text keeps of a NUL character, which PostgreSQL does not store."""


def _plain(values: Iterable[Any]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _numbers(values: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else format(value, "d") for value in values]) + "}"


def _texts(values: Iterable[str | None]) -> str:
    words = [
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for value in values
    ]
    text = "{" + ",".join(words) + "}"
    return text.replace(NUL, REPLACEMENT) if NUL in text else text


def _bytes(values: Iterable[bytes | None]) -> str:
    words = ["NULL" if value is None else '"\\\\x' + value.hex() + '"' for value in values]
    return "{" + ",".join(words) + "}"


SPELL: Final[dict[str, Callable[[Iterable[Any]], str]]] = {
    "bigint": _numbers,
    "integer": _numbers,
    "smallint": _numbers,
    "double precision": _plain,
    "text": _texts,
    "bytea": _bytes,
}
"""How an array is spelt, by the type of what is in it."""
