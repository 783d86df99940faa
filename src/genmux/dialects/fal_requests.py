"""The endpoints of one request in fal's queue: its status, once or as a stream, its result, its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from genmux.dialects.exchange import WireReply
from genmux.dialects.fal_call import REQUEST_ID, Call, Desk, reply_json, reply_refusal, with_headers
from genmux.domain.spec import Kind, decode_error, decode_spec
from genmux.domain.states import TaskState
from genmux.engine.ports import ArtifactRow, EventRow, TaskRow
from genmux.engine.service import TaskView, no_such_task
from genmux.wires import fal
from genmux.wires.fal_problems import CANCELLED_TEXT, render_failure
from genmux.wires.fal_tasks import COMPLETED, IN_QUEUE
from genmux.wires.rest_values import render_time

KEEP_ALIVE_SECONDS: Final = 5.0
EVENT_STREAM: Final = "text/event-stream"
STILL_RUNNING: Final = "Request is still in progress"

Handler = Callable[[Desk, Call, str, bytes], Awaitable[WireReply]]
"""Answers a call for the request with this id, whose URLs begin with this root."""


# ---------------------------------------------------------------- views


async def view_status(desk: Desk, call: Call, root: str, view: TaskView, *, logs: bool) -> fal.StatusView:
    """Return how a task is doing."""
    row = view.row
    request_id = fal.render_request_id(row.id)
    url = fal.request_url(call.request.base_url, root, request_id)
    shown = fal.StatusView(
        status=fal.STATUS[row.state],
        request_id=request_id,
        response_url=url,
        status_url=f"{url}/status",
        cancel_url=f"{url}/cancel",
        inference_seconds=_seconds(row),
        logs=await _logs(desk, call, row.id) if logs else None,
    )
    if shown.status == IN_QUEUE:
        return replace(shown, queue_position=await desk.service.queue_position(view) or 0)
    if row.state in (TaskState.FAILED, TaskState.CANCELLED):
        failure, message = _failed(row, call.language)
        return replace(shown, error=message, error_type=failure.type)
    return shown


def _seconds(row: TaskRow) -> float | None:
    """Return how long a successful task was in the making, from the hand-over to the stored result."""
    begun = row.accepted_at or row.submitted_at
    if row.state is not TaskState.SUCCEEDED or begun is None or row.finished_at is None:
        return None
    return (row.finished_at - begun) / 1000


async def _logs(desk: Desk, call: Call, task_id: bytes) -> tuple[fal.LogLine, ...]:
    detail = await desk.service.detail(call.caller, task_id)
    return tuple(_line(event) for event in detail.events)


def _line(event: EventRow) -> fal.LogLine:
    data = msgspec.json.decode(event.data) if event.data else {}
    told = data.get("message") if isinstance(data, dict) else None
    return fal.LogLine(f"{event.kind}: {told}" if told else event.kind, render_time(event.at) or "")


def _failed(row: TaskRow, language: str) -> tuple[fal.Failure, str]:
    """Return how a task reads that made nothing, and why it did not."""
    error = decode_error(row.error) if row.error and row.state is TaskState.FAILED else None
    return fal.failure_of(error), (error or CANCELLED_TEXT).say(language)


async def view_result(desk: Desk, call: Call, view: TaskView) -> fal.ResultView:
    """Return what a finished task made."""
    spec = decode_spec((await desk.service.detail(call.caller, view.row.id)).spec)
    made = [artifact for artifact in view.artifacts if artifact.role == "result"]
    urls = desk.result_urls(call.request.base_url, view)
    return fal.ResultView(
        kind=Kind(view.row.kind),
        files=tuple(_file(view.row, artifact, url) for artifact, url in zip(made, urls, strict=True)),
        prompt=spec.prompt or None,
        seed=spec.seed,
    )


def _file(row: TaskRow, artifact: ArtifactRow, url: str) -> fal.FileView:
    return fal.FileView(
        url=url,
        content_type=artifact.content_type,
        file_name=f"{fal.render_request_id(row.id)}-{artifact.n}.{artifact.extension}",
        file_size=artifact.size,
        width=artifact.width,
        height=artifact.height,
        seconds=artifact.seconds,
    )


# ---------------------------------------------------------------- endpoints


async def get_status(desk: Desk, call: Call, root: str, task_id: bytes) -> WireReply:
    """Tell how a request is doing; 202 until it is completed."""
    view = await desk.service.find(call.caller, task_id)
    shown = await view_status(desk, call, root, view, logs=_wants_logs(call))
    return reply_json(fal.render_status(shown), 200 if shown.status == COMPLETED else 202, _named(task_id))


def _wants_logs(call: Call) -> bool:
    return call.query.get("logs", "").lower() in ("1", "true")


def _named(task_id: bytes) -> tuple[str, str]:
    return REQUEST_ID, fal.render_request_id(task_id)


async def stream_status(desk: Desk, call: Call, root: str, task_id: bytes) -> WireReply:
    """Tell it again at every change until it is completed."""
    view = await desk.service.find(call.caller, task_id)
    headers = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"), _named(task_id))
    return WireReply(
        200, content_type=EVENT_STREAM, headers=headers, stream=_statuses(desk, call, root, view)
    )


async def _statuses(desk: Desk, call: Call, root: str, view: TaskView) -> AsyncIterator[bytes]:
    """Yield server-sent events; comments keep the connection alive while nothing changes."""
    told = b""
    while True:
        shown = await view_status(desk, call, root, view, logs=_wants_logs(call))
        line = b"data: " + msgspec.json.encode(fal.render_status(shown)) + b"\n\n"
        yield line if line != told else b": keep-alive\n\n"
        told = line
        if shown.status == COMPLETED or desk.service.draining:
            return
        row = await desk.service.changed(view.row.id, view.row.revision, KEEP_ALIVE_SECONDS)
        if row is None:
            return
        if row.revision != view.row.revision:
            view = await desk.service.find(call.caller, row.id)


async def get_result(desk: Desk, call: Call, root: str, task_id: bytes) -> WireReply:
    """Give what a request made, or tell why there is nothing."""
    return await answer_result(desk, call, await desk.service.find(call.caller, task_id))


async def answer_result(desk: Desk, call: Call, view: TaskView) -> WireReply:
    """Return the result of a task, or what stands in its place."""
    row = view.row
    if row.state is TaskState.SUCCEEDED:
        return reply_json(fal.render_result(await view_result(desk, call, view)), 200, _named(row.id))
    if not row.state.final:
        return _with_id(reply_refusal({"detail": STILL_RUNNING}, 400, "bad_request"), row.id)
    failure, message = _failed(row, call.language)
    return _with_id(reply_refusal(render_failure(failure, message), failure.status, failure.type), row.id)


def _with_id(reply: WireReply, task_id: bytes) -> WireReply:
    return with_headers(reply, _named(task_id))


async def cancel_request(desk: Desk, call: Call, root: str, task_id: bytes) -> WireReply:
    """Ask for a request to end; one that has ended is told so."""
    view = await desk.service.find(call.caller, task_id)
    if not view.row.state.final:
        view = await desk.service.cancel(call.caller, task_id)
        if view.row.state in (TaskState.SUCCEEDED, TaskState.FAILED):
            return _too_late(task_id)
        return reply_json({"status": "CANCELLATION_REQUESTED"}, 202, _named(task_id))
    return _too_late(task_id)


def _too_late(task_id: bytes) -> WireReply:
    return _with_id(reply_refusal({"status": "ALREADY_COMPLETED"}, 400, "bad_request"), task_id)


ENDPOINTS: Final[dict[str, tuple[str, Handler]]] = {
    "": ("GET", get_result),
    "/status": ("GET", get_status),
    "/status/stream": ("GET", stream_status),
    "/cancel": ("PUT", cancel_request),
}
"""What follows the id of a request in its URLs: the method and the endpoint."""


class WrongMethod(Exception):
    """A path that takes another method; `allowed` is the one."""

    def __init__(self, allowed: str) -> None:
        super().__init__(allowed)
        self.allowed = allowed


def find_request(path: str, method: str) -> tuple[Handler, str, bytes] | None:
    """Return the endpoint, root and task id of a request's URL, None for any other path.

    What stands before `requests` is not compared with how the task was made: its id says all.
    Raises `WrongMethod`, and `NotFound` for an id that no task can have.
    """
    before, found, after = path.strip("/").partition("/requests/")
    if not found or not before:
        return None
    text, slash, tail = after.partition("/")
    endpoint = ENDPOINTS.get(slash + tail)
    if endpoint is None:
        return None
    if ("GET" if method == "HEAD" else method) != endpoint[0]:
        raise WrongMethod(endpoint[0])
    task_id = fal.parse_request_id(text)
    if task_id is None:
        raise no_such_task()
    return endpoint[1], fal.root_of(before), task_id


def render_submitted(shown: fal.StatusView) -> dict[str, Any]:
    """Return the answer to a submit; the published schema of AnyAPI wants a position in every one."""
    return {**fal.render_status(shown), "queue_position": shown.queue_position}
