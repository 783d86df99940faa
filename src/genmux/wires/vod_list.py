"""DescribeTasks on the VOD wire: which tasks are asked for, and how they are listed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from genmux.domain.ids import ID_BYTES
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.wires.tencent import BrokenAnswerError, WireError, refuse
from genmux.wires.tencent_rows import bad_value
from genmux.wires.vod_rows import one_of, parse_time
from genmux.wires.vod_tasks import STATUS, iso_time

DEFAULT_LIMIT: Final = 10
MAX_LIMIT: Final = 100
WINDOW_MS: Final = 72 * 3_600_000
"""The platform lists tasks of the last 72 hours."""

FILTERS: Final = ("WAITING", "PROCESSING", "FINISH")
SORTS: Final = {"CreateTime": "created", "FinishTime": "finished"}
ORDERS: Final = {"Asc": True, "Desc": False}


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """A request of DescribeTasks; times are milliseconds, `…_from` inclusive and `…_until` exclusive.

    `cursor` is the id of the last task of the page before.
    """

    sub_app_id: int | None = None
    status: str = ""
    file_id: str = ""
    created_from: int | None = None
    created_until: int | None = None
    finished_from: int | None = None
    finished_until: int | None = None
    sort: str = "created"
    ascending: bool = False
    limit: int = DEFAULT_LIMIT
    cursor: bytes | None = None

    @property
    def states(self) -> tuple[TaskState, ...]:
        """Our states behind the asked status, none for every status."""
        return tuple(state for state, word in STATUS.items() if word == self.status)


@dataclass(frozen=True, slots=True)
class ListedTask:
    """One line of the list; times are milliseconds since the epoch."""

    task_id: str
    task_type: str
    status: str
    created_at: int
    begun_at: int | None = None
    finished_at: int | None = None
    file_id: str = ""
    session_id: str = ""
    session_context: str = ""


# The server's half.


def parse_list(body: Mapping[str, Any]) -> TaskQuery:
    """Return what is asked for. Raises `WireError`."""
    status = body.get("Status") or ""
    if status and status not in FILTERS:
        raise refuse("InvalidParameterValue.Status", "Status", one_of(FILTERS))
    limit = body.get("Limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise bad_value("Limit", "It must be between 1 and 100.", "取值范围为 1 到 100。")
    created, finished = (_parse_range(body, name) for name in ("CreateTime", "FinishTime"))
    sort, ascending = _parse_sort(body.get("Sort"))
    return TaskQuery(
        sub_app_id=body.get("SubAppId"),
        status=status,
        file_id=body.get("FileId") or "",
        created_from=created[0],
        created_until=created[1],
        finished_from=finished[0],
        finished_until=finished[1],
        sort=sort,
        ascending=ascending,
        limit=limit,
        cursor=parse_scroll_token(body.get("ScrollToken") or ""),
    )


def _parse_range(body: Mapping[str, Any], name: str) -> tuple[int | None, int | None]:
    said = body.get(name) or {}
    after, before = (
        parse_time(said[end], f"{name}.{end}") if said.get(end) else None for end in ("After", "Before")
    )
    return after, before


def _parse_sort(sort: Mapping[str, str] | None) -> tuple[str, bool]:
    if not sort:
        return "created", False
    for name, words in (("Field", tuple(SORTS)), ("Order", tuple(ORDERS))):
        if sort[name] not in words:
            raise refuse("InvalidParameterValue", f"Sort.{name}", one_of(words))
    return SORTS[sort["Field"]], ORDERS[sort["Order"]]


def render_scroll_token(task_id: bytes) -> str:
    """Return the mark behind a task, as an opaque word."""
    return base64.urlsafe_b64encode(task_id).decode().rstrip("=")


def parse_scroll_token(text: str) -> bytes | None:
    """Return the task behind which a page begins, None for the first page. Raises `WireError`."""
    if not text:
        return None
    try:
        task_id = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        task_id = b""
    if len(task_id) != ID_BYTES:
        detail = Text("Send the ScrollToken of the answer before.", "应为上一次返回的 ScrollToken。")
        raise refuse("InvalidParameterValue", "ScrollToken", detail)
    return task_id


def render_list(tasks: Sequence[ListedTask], token: str) -> dict[str, Any]:
    """Return the fields of the answer; an empty `token` says that nothing follows."""
    return {"ScrollToken": token, "TaskSet": [_render_listed(task) for task in tasks]}


def _render_listed(task: ListedTask) -> dict[str, Any]:
    return {
        "BeginProcessTime": iso_time(task.begun_at),
        "CreateTime": iso_time(task.created_at),
        "FileId": task.file_id,
        "FinishTime": iso_time(task.finished_at),
        "SessionContext": task.session_context,
        "SessionId": task.session_id,
        "Status": task.status,
        "TaskId": task.task_id,
        "TaskType": task.task_type,
    }


# The client's half.


def render_query(query: TaskQuery, token: str = "") -> tuple[str, dict[str, Any]]:
    """Return the action and body that ask an upstream for a page; `token` is its own word for where."""
    body: dict[str, Any] = {
        "SubAppId": query.sub_app_id,
        "Status": query.status,
        "FileId": query.file_id,
        "CreateTime": _render_range(query.created_from, query.created_until),
        "FinishTime": _render_range(query.finished_from, query.finished_until),
        "ScrollToken": token or (render_scroll_token(query.cursor) if query.cursor else ""),
    }
    body = {name: value for name, value in body.items() if value}
    field = next(word for word, name in SORTS.items() if name == query.sort)
    order = next(word for word, value in ORDERS.items() if value is query.ascending)
    return "DescribeTasks", body | {"Limit": query.limit, "Sort": {"Field": field, "Order": order}}


def _render_range(start: int | None, end: int | None) -> dict[str, str]:
    said = {"After": iso_time(start), "Before": iso_time(end)}
    return {name: value for name, value in said.items() if value}


def parse_listed(fields: Mapping[str, Any]) -> tuple[tuple[ListedTask, ...], str]:
    """Return the tasks of an upstream's page and its token, "" at the end. Raises `BrokenAnswerError`."""
    tasks = fields.get("TaskSet")
    if not isinstance(tasks, list):
        raise BrokenAnswerError("the answer has no TaskSet")
    return tuple(_read_listed(task) for task in tasks), str(fields.get("ScrollToken") or "")


def _read_listed(task: Any) -> ListedTask:
    if not isinstance(task, dict) or not task.get("TaskId") or not task.get("Status"):
        raise BrokenAnswerError("a listed task has no TaskId or no Status")
    return ListedTask(
        task_id=str(task["TaskId"]),
        task_type=str(task.get("TaskType") or ""),
        status=str(task["Status"]),
        created_at=_moment(task, "CreateTime") or 0,
        begun_at=_moment(task, "BeginProcessTime"),
        finished_at=_moment(task, "FinishTime"),
        file_id=str(task.get("FileId") or ""),
        session_id=str(task.get("SessionId") or ""),
        session_context=str(task.get("SessionContext") or ""),
    )


def _moment(task: Mapping[str, Any], name: str) -> int | None:
    text = task.get(name)
    if not isinstance(text, str) or not text or text.startswith("0000"):
        return None
    try:
        return parse_time(text, name)
    except WireError as error:
        raise BrokenAnswerError(f"{name} is no time: {text}") from error
