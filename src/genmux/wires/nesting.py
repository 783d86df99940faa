"""How deep a JSON value is nested, so that nobody can make us recurse without end."""

from __future__ import annotations

from typing import Any


def deeper(value: Any, depth: int) -> bool:
    """Return whether `value` nests more than `depth` objects and lists."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(deeper(item, depth - 1) for item in inner)
