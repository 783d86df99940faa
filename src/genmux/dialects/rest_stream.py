"""A task's events: its timeline as JSON, or as server-sent events until the task is final.

A stream tells each visible change as a `task` message, the task as it stands, followed by the new
lines of the timeline as `event` messages. The id is the number of the last line seen, so whoever
comes back with it misses nothing: the task is shown before the lines that go with it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, query_refusal, reply_json
from genmux.dialects.rest_views import TaskViews, event_status, task_id_of, views_for
from genmux.dialects.rest_waiting import SLICE_SECONDS
from genmux.domain.errors import InvalidValue, NotFound
from genmux.domain.text import Text
from genmux.engine.ports import EventRow, TaskDetail, TaskRow
from genmux.engine.service import Caller
from genmux.wires import rest, rest_events
from genmux.wires.rest_events import HEARTBEAT, HEARTBEAT_SECONDS, LINE, TASK, Message, render_message

_HEADERS: Final = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"), ("Vary", "Accept"))


async def get_events(desk: Desk, call: Call) -> WireReply:
    """Show a task's timeline after a line, as a list or as a stream."""
    task_id, after = task_id_of(call), _after(call)
    detail = await desk.service.detail(call.sender, task_id)
    if not _wants_stream(call):
        return reply_json(_list(detail, after), 200, ("Cache-Control", "no-cache"), ("Vary", "Accept"))
    if detail.task.state.final and not _lines(detail, after):
        return WireReply(204, headers=_HEADERS)  # what tells an EventSource not to come back
    if call.request.method == "HEAD":
        return WireReply(200, content_type=rest_events.CONTENT_TYPE, headers=_HEADERS)
    stream = _stream(desk, call.sender, views_for(desk, call), detail, after)
    return WireReply(200, content_type=rest_events.CONTENT_TYPE, headers=_HEADERS, stream=stream)


def _after(call: Call) -> int:
    """Return the last line that the client has; the header of a client that comes back wins."""
    header = call.request.headers.get("last-event-id")
    text = header if header is not None else call.query.get("after", "0")
    number = rest_events.parse_event_number(text) if text else 0
    if number is not None:
        return number
    if header is None:
        raise query_refusal("after", "must be the number of an event.", "必须是事件编号。")
    raise InvalidValue(
        Text("The header Last-Event-ID must be the id of an event.", "请求头 Last-Event-ID 必须是事件编号。"),
        field="Last-Event-ID",
    )


def _wants_stream(call: Call) -> bool:
    """Return whether the client lists the type of a stream in Accept."""
    listed = call.request.headers.get("accept", "").lower().split(",")
    return any(item.partition(";")[0].strip() == rest_events.CONTENT_TYPE for item in listed)


def _lines(detail: TaskDetail, after: int) -> tuple[EventRow, ...]:
    return tuple(event for event in detail.events if event.n > after)


def _list(detail: TaskDetail, after: int) -> dict[str, object]:
    row = detail.task
    return {
        "id": rest.render_task_id(row.id),
        "state": row.state.word,
        "final": row.state.final,
        "events": [rest.render_event(event_status(line)) for line in _lines(detail, after)],
    }


async def _stream(
    desk: Desk, sender: Caller, views: TaskViews, detail: TaskDetail, after: int
) -> AsyncIterator[bytes]:
    """Yield the task and its new lines at every change; end with the task, or with the server."""
    yield rest_events.render_opening()
    while True:
        yield _told(views, detail, after)
        after = max([after, *(line.n for line in detail.events)])
        if detail.task.state.final:
            return
        async for heartbeat in _quiet(desk, detail.task):
            yield heartbeat
        if desk.service.draining:
            return
        try:
            detail = await desk.service.detail(sender, detail.task.id)
        except NotFound:
            return


async def _quiet(desk: Desk, seen: TaskRow) -> AsyncIterator[bytes]:
    """Yield heartbeats until a task has changed, or is gone, or the server shuts down."""
    heard = desk.clock()
    while not desk.service.draining:
        row = await desk.service.changed(seen.id, seen.revision, SLICE_SECONDS)
        if row is None or row.revision > seen.revision:
            return
        if desk.clock() - heard >= HEARTBEAT_SECONDS * 1000:
            heard = desk.clock()
            yield HEARTBEAT


def _told(views: TaskViews, detail: TaskDetail, after: int) -> bytes:
    """Return one change: the task without what lies beside it, then the lines that are new."""
    shown = views.brief(detail)
    told = [Message(TASK, rest.render_task(shown))]
    told += [Message(LINE, rest.render_event(event_status(n)), n.n) for n in _lines(detail, after)]
    return b"".join(map(render_message, told))
