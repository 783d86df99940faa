"""Films on the OpenAI wire after they were created: their ids, and how they are doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from genmux.domain.ids import parse_hex_id
from genmux.domain.states import TaskState
from genmux.domain.words import parse_size

PREFIX: Final = "video_"

STATUS: Final[dict[TaskState, str]] = {
    TaskState.WAITING: "queued",
    TaskState.QUEUED: "queued",
    TaskState.SUBMITTING: "in_progress",
    TaskState.RUNNING: "in_progress",
    TaskState.UNKNOWN: "in_progress",
    TaskState.COLLECTING: "in_progress",
    TaskState.SUCCEEDED: "completed",
    TaskState.FAILED: "failed",
    TaskState.CANCELLED: "failed",
}
"""The wire's word for each of our states (openai 3.52: queued, in_progress, completed, failed)."""


class VideoError(msgspec.Struct, frozen=True):
    """Why a film failed."""

    code: str
    message: str


class VideoStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A film as this wire shows it; times are seconds since the epoch.

    `progress` is per cent, None while nobody reported any; the wire has no word for that and says 0.
    `seconds` ("8") and `size` ("1280x720") are texts, "" while nobody knows.
    """

    id: str
    model: str = ""
    status: str
    progress: int | None = None
    created_at: int = 0
    completed_at: int | None = None
    expires_at: int | None = None
    prompt: str | None = None
    seconds: str = ""
    size: str = ""
    error: VideoError | None = None
    remixed_from_video_id: str | None = None


def render_task_id(task_id: bytes) -> str:
    """Return the task's id as this wire spells it: `video_<32 hex digits>`."""
    return PREFIX + task_id.hex()


def parse_task_id(text: str) -> bytes | None:
    """Return the id that `render_task_id` would spell exactly so, or None."""
    return parse_hex_id(text[len(PREFIX) :]) if text.startswith(PREFIX) else None


def render_video(video: VideoStatus) -> dict[str, Any]:
    """Return a film's JSON."""
    fields: dict[str, Any] = msgspec.to_builtins(video)
    fields.update(progress=video.progress or 0, seconds=video.seconds or None, size=video.size or None)
    return {"object": "video", **fields}


def parse_video(fields: Any) -> VideoStatus:
    """Return how an upstream's film is doing; an unknown status word is passed on as it is.

    No progress is told by servers that only resemble OpenAI, or by 0. Raises `ValueError` for what
    has no id or no status.
    """
    if not isinstance(fields, dict):
        raise ValueError("the answer is no video object")
    for name in ("id", "status"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise ValueError(f"the video object has no {name}")
    return VideoStatus(
        id=fields["id"],
        model=_text(fields.get("model")),
        status=fields["status"],
        progress=_whole(fields.get("progress")) or None,
        created_at=_whole(fields.get("created_at")) or 0,
        completed_at=_whole(fields.get("completed_at")),
        expires_at=_whole(fields.get("expires_at")),
        prompt=_text(fields.get("prompt")) or None,
        seconds=_text(fields.get("seconds")),
        size=_size(fields.get("size")),
        error=_error(fields.get("error")),
        remixed_from_video_id=_text(fields.get("remixed_from_video_id")) or None,
    )


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _whole(value: Any) -> int | None:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if numeric and abs(value) < 2**53 else None


def _size(value: Any) -> str:
    size = parse_size(value) if isinstance(value, str) else None
    return f"{size[0]}x{size[1]}" if size else _text(value)


def _error(value: Any) -> VideoError | None:
    if isinstance(value, dict):
        return VideoError(_text(value.get("code")), _text(value.get("message")))
    return VideoError("", value) if isinstance(value, str) and value else None


def render_list(videos: Sequence[VideoStatus], *, more: bool) -> dict[str, Any]:
    """Return one page of films."""
    return {
        "object": "list",
        "data": [render_video(video) for video in videos],
        "first_id": videos[0].id if videos else None,
        "last_id": videos[-1].id if videos else None,
        "has_more": more,
    }


def parse_list(fields: Any) -> tuple[tuple[VideoStatus, ...], bool]:
    """Return one page of an upstream's films, and whether there are more. Raises `ValueError`."""
    data = fields.get("data") if isinstance(fields, dict) else None
    if not isinstance(data, list):
        raise ValueError("the answer is no list of videos")
    return tuple(parse_video(item) for item in data), fields.get("has_more") is True


def render_deleted(video_id: str) -> dict[str, Any]:
    """Return the answer to a delete."""
    return {"id": video_id, "object": "video.deleted", "deleted": True}
