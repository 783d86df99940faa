"""The endpoints of pictures: made as tasks, answered once they are there."""

from __future__ import annotations

import base64
from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.openai_call import Call, Desk, Refused, reply_json
from genmux.dialects.openai_creates import Accepted, accept
from genmux.domain.spec import Kind, decode_error
from genmux.domain.states import TaskState
from genmux.engine.ports import ArtifactRow
from genmux.engine.service import TaskView
from genmux.wires import openai
from genmux.wires.openai_errors import CANCELLED
from genmux.wires.rest_tasks import render_task_id

TASK_HEADER: Final = "x-genmux-task-id"
EXPIRED: Final = openai.Problem(404, "invalid_request_error", "result_expired")
LATE: Final = "still_in_progress"
LATE_STATUS: Final = 504


async def generate(desk: Desk, call: Call) -> WireReply:
    """Make pictures from a prompt."""
    return await _make(desk, call, openai.GENERATE)


async def edit(desk: Desk, call: Call) -> WireReply:
    """Make pictures from pictures."""
    return await _make(desk, call, openai.EDIT)


async def _make(desk: Desk, call: Call, path: str) -> WireReply:
    accepted = await accept(desk, call, path)
    task = (TASK_HEADER, render_task_id(accepted.task_id))
    view = await _finished(desk, call, accepted)
    if view is None:
        raise _late(desk, accepted, task)
    if view.row.state is not TaskState.SUCCEEDED:
        code, message = failure(view)
        raise Refused(openai.failure_of(code), message, task)
    pictures = [a for a in view.artifacts if a.role == "result"]
    if any(not gettable(artifact, desk.clock()) for artifact in pictures):
        raise Refused(EXPIRED, "The result is no longer kept.", task)
    return reply_json(openai.render_images(await _status(desk, call, accepted, view, pictures)), task)


async def _finished(desk: Desk, call: Call, accepted: Accepted) -> TaskView | None:
    """Return the task once it is final, None when the longest wait is over."""
    until = desk.clock() + int(desk.wait_seconds * 1000)
    while True:
        view = await desk.service.find(call.sender, accepted.task_id, Kind.IMAGE)
        left = (until - desk.clock()) / 1000
        if view.row.state.final or left <= 0:
            return view if view.row.state.final else None
        await desk.service.changed(accepted.task_id, view.row.revision, left)


def _late(desk: Desk, accepted: Accepted, task: tuple[str, str]) -> Refused:
    """Return the answer to a wait that became too long.

    It is to be sent again only where that finds the same task, never where it would make another.
    """
    problem = openai.Problem(LATE_STATUS, "server_error", LATE, retry=accepted.repeatable)
    seconds = int(desk.wait_seconds)
    advice = (
        "send the same request again to wait on"
        if accepted.repeatable
        else f"GET /api/v1/tasks/{task[1]} tells when it is done; with an Idempotency-Key a request can be "
        "sent again"
    )
    return Refused(problem, f"The task {task[1]} is still in progress after {seconds} s: {advice}.", task)


def failure(view: TaskView) -> tuple[str, str]:
    """Return the code and message of a task that failed or was cancelled."""
    if view.row.state is TaskState.CANCELLED:
        return CANCELLED, "The task was cancelled."
    if view.row.error is None:
        return "internal", "The task failed."
    error = decode_error(view.row.error)
    return error.code, error.message


def gettable(artifact: ArtifactRow, now: int) -> bool:
    """Return whether the bytes of a result are still kept."""
    return bool(artifact.media_key) and (artifact.expires_at is None or now < artifact.expires_at)


async def _status(
    desk: Desk, call: Call, accepted: Accepted, view: TaskView, pictures: list[ArtifactRow]
) -> openai.ImagesStatus:
    if accepted.parsed.inline:
        images = [openai.ImageResult(b64_json=await _base64(desk, a.media_key)) for a in pictures]
    else:
        images = [openai.ImageResult(url=url) for url in desk.result_urls(call.request.base_url, view)]
    first = pictures[0] if pictures else None
    return openai.ImagesStatus(
        created_at=(view.row.finished_at or view.row.created_at) // 1000,
        images=tuple(images),
        size=openai.render_size((first.width, first.height)) if first else None,
        output_format=openai.FORMATS.get(first.content_type) if first else None,
    )


async def _base64(desk: Desk, media_key: str) -> str:
    return base64.b64encode(await desk.media.read(media_key)).decode()
