"""The list of tasks: what to leave out, in which order, a page at a time."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, query_refusal, rendered_key, reply_json
from genmux.dialects.rest_views import views_for
from genmux.domain.errors import InvalidValue, NotFound
from genmux.domain.spec import Kind
from genmux.domain.states import TaskState
from genmux.engine.ports import TaskFilter, TaskRow
from genmux.engine.service import TaskView
from genmux.wires import rest
from genmux.wires.rest_values import read_time

MAX_PAGE: Final = 100
USUAL_PAGE: Final = 20
ORDERS: Final = ("asc", "desc")
STATES: Final = {state.word: state for state in TaskState}


async def list_tasks(desk: Desk, call: Call) -> WireReply:
    """Show tasks, newest first unless asked otherwise, a page at a time; the cursor is the last one's id."""
    limit, full = _limit(call), call.flag("detail", False)
    try:
        rows = await desk.service.list_tasks(call.sender, _filter(call, limit + 1))
    except NotFound:
        raise _no_such_cursor() from None
    shown: list[Any] = []
    for row in rows[:limit]:
        try:
            shown.append(await (_full(desk, call, row) if full else _short(desk, call, row)))
        except NotFound:  # pruned since it was listed
            continue
    more = len(rows) > limit
    return reply_json(
        {"tasks": shown, "next_cursor": rest.render_task_id(rows[limit - 1].id) if more else None}
    )


async def _full(desk: Desk, call: Call, row: TaskRow) -> dict[str, Any]:
    return rest.render_task(await views_for(desk, call).read_full(call.sender, row.id))


async def _short(desk: Desk, call: Call, row: TaskRow) -> msgspec.Raw:
    """Return a task's JSON without what lies beside it, as it was rendered before if nothing changed."""
    key = rendered_key(call, row)
    body = desk.rendered.get(key)
    if body is None:
        views = views_for(desk, call)
        if row.state in (TaskState.SUCCEEDED, TaskState.UNKNOWN):
            shown = await views.read_short(call.sender, row.id)
        else:
            shown = views.short(TaskView(row))
        body = desk.rendered.put(key, rest.render_task(shown))
    return msgspec.Raw(body)


def _filter(call: Call, limit: int) -> TaskFilter:
    return TaskFilter(
        kind=_word(call, "kind", tuple(Kind)),
        states=_states(call),
        created_after=_time(call, "created_after"),
        created_before=_time(call, "created_before"),
        ascending=_word(call, "order", ORDERS) == "asc",
        cursor=_cursor(call),
        limit=limit,
    )


def _word(call: Call, name: str, words: tuple[str, ...]) -> str | None:
    word = call.query.get(name)
    if word is not None and word not in words:
        listed = " or ".join(words)
        raise query_refusal(name, f"must be {listed}.", f"必须是 {'、'.join(words)}。")
    return word


def _states(call: Call) -> tuple[TaskState, ...]:
    words = [w for w in call.query.get("state", "").split(",") if w]
    for word in words:
        if word not in STATES:
            listed = ", ".join(STATES)
            raise query_refusal("state", f"must be one or more of {listed}.", f"必须是以下取值：{listed}。")
    return tuple(STATES[word] for word in words)


def _time(call: Call, name: str) -> int | None:
    text = call.query.get(name)
    if text is None:
        return None
    moment = read_time(text)
    if moment is None:
        raise query_refusal(
            name, "must read like 2026-01-31T08:00:00Z.", "的写法示例：2026-01-31T08:00:00Z。"
        )
    return moment


def _cursor(call: Call) -> bytes | None:
    cursor = call.query.get("cursor")
    if not cursor:
        return None
    task_id = rest.parse_task_id(cursor)
    if task_id is None:
        raise _no_such_cursor()
    return task_id


def _no_such_cursor() -> InvalidValue:
    return query_refusal(
        "cursor", "names no task; begin again without it.", "不对应任何任务；请去掉它重新开始。"
    )


def _limit(call: Call) -> int:
    """Return the page's length; more than the longest page is the longest page."""
    text = call.query.get("limit", str(USUAL_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        raise query_refusal("limit", f"must be 1 to {MAX_PAGE}.", f"必须在 1 到 {MAX_PAGE} 之间。")
    return min(int(text), MAX_PAGE)
