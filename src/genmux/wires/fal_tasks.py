"""Requests on fal's wire after they were submitted: ids, status answers and results.

fal knows three statuses only; with any other, fal_client 1.0.3 raises `ValueError`. A failure is
COMPLETED with `error` and `error_type`. It also reads `queue_position` of IN_QUEUE and `logs` of the
others without a default, so both are always there.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from genmux.domain.spec import Kind
from genmux.domain.states import TaskState
from genmux.wires.tencent import BrokenAnswerError

IN_QUEUE: Final = "IN_QUEUE"
IN_PROGRESS: Final = "IN_PROGRESS"
COMPLETED: Final = "COMPLETED"

STATUS: Final[dict[TaskState, str]] = {
    TaskState.WAITING: IN_QUEUE,
    TaskState.QUEUED: IN_QUEUE,
    TaskState.SUBMITTING: IN_PROGRESS,
    TaskState.RUNNING: IN_PROGRESS,
    TaskState.UNKNOWN: IN_PROGRESS,
    TaskState.COLLECTING: IN_PROGRESS,
    TaskState.SUCCEEDED: COMPLETED,
    TaskState.FAILED: COMPLETED,
    TaskState.CANCELLED: COMPLETED,
}
"""The wire's word for each of our states."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a request's log; `timestamp` is RFC 3339."""

    message: str
    timestamp: str
    level: str = "INFO"


@dataclass(frozen=True, slots=True)
class StatusView:
    """What a status answer says; `logs` is None where none were asked for.

    `queue_position` counts the requests before this one, 0 being the next.
    """

    status: str
    request_id: str
    response_url: str
    status_url: str
    cancel_url: str
    queue_position: int = 0
    logs: tuple[LogLine, ...] | None = None
    inference_seconds: float | None = None
    error: str | None = None
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of a result."""

    url: str
    content_type: str = ""
    file_name: str = ""
    file_size: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ResultView:
    """What a request made: its files in order, and what it repeats of its arguments."""

    kind: Kind
    files: tuple[FileView, ...]
    prompt: str | None = None
    seed: int | None = None


def render_request_id(task_id: bytes) -> str:
    """Return the task's id as this wire spells it: a UUID of the same 128 bits."""
    return str(uuid.UUID(bytes=task_id))


def parse_request_id(text: str) -> bytes | None:
    """Return the id that `render_request_id` would spell exactly so, or None."""
    return uuid.UUID(text).bytes if _UUID.match(text) else None


# ---------------------------------------------------------------- status


def render_status(view: StatusView) -> dict[str, Any]:
    """Return the body of a submit's or a status request's answer."""
    fields: dict[str, Any] = {
        "status": view.status,
        "request_id": view.request_id,
        "response_url": view.response_url,
        "status_url": view.status_url,
        "cancel_url": view.cancel_url,
        "logs": None if view.logs is None else [_render_line(line) for line in view.logs],
        "metrics": {} if view.inference_seconds is None else {"inference_time": view.inference_seconds},
    }
    if view.status == IN_QUEUE:
        fields["queue_position"] = view.queue_position
    if view.error is not None:
        fields["error"] = view.error
    if view.error_type is not None:
        fields["error_type"] = view.error_type
    return fields


def _render_line(line: LogLine) -> dict[str, Any]:
    return {"message": line.message, "level": line.level, "source": "USER", "timestamp": line.timestamp}


def parse_submitted(fields: Mapping[str, Any]) -> StatusView:
    """Return what an upstream answered to a submit. Raises `BrokenAnswerError` without an id or URLs."""
    view = parse_status({"status": IN_QUEUE, **fields})
    for name in ("request_id", "response_url", "status_url", "cancel_url"):
        if not getattr(view, name):
            raise BrokenAnswerError(f"the answer to a submit has no {name}")
    return view


def parse_status(fields: Mapping[str, Any]) -> StatusView:
    """Return what an upstream's status answer says; an unknown status word is passed on as it is.

    Raises `BrokenAnswerError` when there is no status.
    """
    status = fields.get("status")
    if not isinstance(status, str) or not status:
        raise BrokenAnswerError("the status answer has no status")
    metrics, logs = fields.get("metrics"), fields.get("logs")
    position = fields.get("queue_position")
    return StatusView(
        status=status,
        request_id=_text(fields, "request_id") or "",
        response_url=_text(fields, "response_url") or "",
        status_url=_text(fields, "status_url") or "",
        cancel_url=_text(fields, "cancel_url") or "",
        queue_position=position if isinstance(position, int) else 0,
        logs=tuple(_parse_lines(logs)) if isinstance(logs, list) else None,
        inference_seconds=_number(metrics, "inference_time") if isinstance(metrics, Mapping) else None,
        error=_text(fields, "error"),
        error_type=_text(fields, "error_type"),
    )


def _parse_lines(lines: list[Any]) -> list[LogLine]:
    return [
        LogLine(_text(line, "message") or "", _text(line, "timestamp") or "", _text(line, "level") or "INFO")
        for line in lines
        if isinstance(line, Mapping)
    ]


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# ---------------------------------------------------------------- result


def render_result(view: ResultView) -> dict[str, Any]:
    """Return the output of a request.

    Films come as `video`, all of them as `videos` where there are several; pictures as `images`, the
    first one as `image` too, since some models' clients read only that.
    """
    files = [_render_file(file) for file in view.files]
    result: dict[str, Any] = {}
    if view.kind is Kind.IMAGE:
        result["images"] = files
        if files:
            result["image"] = files[0]
    elif files:
        result["video"] = files[0]
        if len(files) > 1:
            result["videos"] = files
    if view.seed is not None:
        result["seed"] = view.seed
    if view.prompt is not None:
        result["prompt"] = view.prompt
    return result


def _render_file(file: FileView) -> dict[str, Any]:
    fields = {
        "url": file.url,
        "content_type": file.content_type,
        "file_name": file.file_name,
        "file_size": file.file_size,
        "width": file.width,
        "height": file.height,
        "duration": file.seconds,
    }
    return {name: value for name, value in fields.items() if value not in (None, "")}


def parse_result(fields: Mapping[str, Any]) -> ResultView:
    """Return what an upstream's result holds. Raises `BrokenAnswerError` when there is no file in it."""
    for kind, many, one in ((Kind.VIDEO, "videos", "video"), (Kind.IMAGE, "images", "image")):
        if many in fields or one in fields:
            listed = fields.get(many)
            files = listed if isinstance(listed, list) else [fields.get(one)]
            return ResultView(
                kind=kind,
                files=tuple(_parse_file(f) for f in files if isinstance(f, Mapping) and _text(f, "url")),
                prompt=_text(fields, "prompt"),
                seed=_whole(fields, "seed"),
            )
    raise BrokenAnswerError("the result has neither pictures nor films")


def _parse_file(fields: Mapping[str, Any]) -> FileView:
    return FileView(
        url=_text(fields, "url") or "",
        content_type=_text(fields, "content_type") or "",
        file_name=_text(fields, "file_name") or "",
        file_size=_whole(fields, "file_size"),
        width=_whole(fields, "width"),
        height=_whole(fields, "height"),
        seconds=_number(fields, "duration"),
    )
