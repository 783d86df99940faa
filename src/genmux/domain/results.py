"""The result of a task as the source of another's input, in its one normal spelling."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from genmux.domain.ids import ID_BYTES, parse_hex_id

_SOURCE: Final = re.compile(r"task:([0-9a-f]{32})(?:#(0|[1-9][0-9]{0,3}))?\Z", re.ASCII)

TO_COME: Final = bytes(ID_BYTES)
"""Stands for a task that is still to be created, whatever it makes: in checks only, where all fits it."""


class TaskResult(NamedTuple):
    """One result of a task; without a number `n` the first one there is."""

    task_id: bytes
    n: int | None = None


def render_result(result: TaskResult) -> str:
    """Return the source that names a result: `task:<32 hex digits>`, with `#<n>` where it has a number."""
    return f"task:{result.task_id.hex()}{render_number(result)}"


def render_number(result: TaskResult) -> str:
    """Return how a result's number is said behind its task, "" for the first one there is."""
    return "" if result.n is None else f"#{result.n}"


def parse_result(source: str) -> TaskResult | None:
    """Return the result that `render_result` would spell exactly so, None for any other source."""
    match = _SOURCE.match(source)
    task_id = parse_hex_id(match[1]) if match else None
    if match is None or task_id is None:
        return None
    return TaskResult(task_id, None if match[2] is None else int(match[2]))
