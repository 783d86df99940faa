"""Results of tasks as inputs, as callers write them: `task:<id>[#n]` or `genmux://task/<id>[#n]`.

The id may be in any wire's spelling, since a caller knows only the one that its own wire told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from genmux.domain.ids import parse_hex_id
from genmux.domain.results import TaskResult, parse_result, render_number, render_result
from genmux.domain.text import Text
from genmux.wires import fal_tasks, mps_tasks, openai_videos, rest_tasks, vod_tasks

URL_PREFIX: Final = "genmux://task/"
_SCHEMES: Final = ("task:", "genmux:")
_WRITTEN: Final = re.compile(r"(?:task:|genmux://task/)([\w-]+)(?:#(0|[1-9][0-9]{0,3}))?\Z", re.ASCII)

FORM: Final = Text(
    "It must read genmux://task/<id>, with #<n> behind it for the result of that number (from 0).",
    "应写作 genmux://task/<任务 ID>，需要指定第几个结果时在其后加 #<n>（从 0 起）。",
)
"""What is right where something that begins like a task's result is none."""


class NoResultError(ValueError):
    """A source that begins like a task's result and is none; `FORM` says what is right."""


def _mps_id(text: str) -> bytes | None:
    named = mps_tasks.parse_task_id(text)
    return named[1] if named else None


def _vod_id(text: str) -> bytes | None:
    named = vod_tasks.parse_task_id(text)
    return named.id if named else None


_SPELLINGS: Final[tuple[Callable[[str], bytes | None], ...]] = (
    parse_hex_id,
    rest_tasks.parse_task_id,
    openai_videos.parse_task_id,
    fal_tasks.parse_request_id,
    _mps_id,
    _vod_id,
)


def parse_any_id(text: str) -> bytes | None:
    """Return the task that an id of any of our wires names, or 32 hex digits alone; None for anything else.

    What kind of task and which application the spelling says is not checked.
    """
    return next((task_id for parse in _SPELLINGS if (task_id := parse(text)) is not None), None)


def normal_source(text: str) -> str:
    """Return a source in its normal spelling: a task's result as `domain.results`, any other as it is.

    Raises `NoResultError`.
    """
    if not text.startswith(_SCHEMES):
        return text
    match = _WRITTEN.match(text)
    task_id = parse_any_id(match[1]) if match else None
    if match is None or task_id is None:
        raise NoResultError(FORM.en)
    return render_result(TaskResult(task_id, None if match[2] is None else int(match[2])))


def is_normal(source: str) -> bool:
    """Return whether a source is as `normal_source` leaves it."""
    return parse_result(source) is not None or not source.startswith(_SCHEMES)


def url_source(source: str) -> str:
    """Return a source as the wires with URL fields say it; `normal_source` reads it back."""
    result = parse_result(source)
    return source if result is None else f"{URL_PREFIX}{result.task_id.hex()}{render_number(result)}"


def rest_source(source: str) -> str:
    """Return a source as our own wire shows it: `task:task_<hex>[#n]` for a task's result."""
    result = parse_result(source)
    if result is None:
        return source
    return f"task:{rest_tasks.render_task_id(result.task_id)}{render_number(result)}"
