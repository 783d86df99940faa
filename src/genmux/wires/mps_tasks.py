"""Tasks on the MPS wire after they were created: ids, status answers and error codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from genmux.domain import errors
from genmux.domain.ids import parse_hex_id
from genmux.domain.spec import Kind
from genmux.domain.states import TaskState
from genmux.domain.words import parse_size
from genmux.wires.tencent import BrokenAnswerError, refuse

DESCRIBES: Final = {"DescribeAigcImageTask": Kind.IMAGE, "DescribeAigcVideoTask": Kind.VIDEO}

STATUS: Final[dict[TaskState, str]] = {
    TaskState.WAITING: "WAIT",
    TaskState.QUEUED: "WAIT",
    TaskState.SUBMITTING: "RUN",
    TaskState.RUNNING: "RUN",
    TaskState.UNKNOWN: "RUN",
    TaskState.COLLECTING: "RUN",
    TaskState.SUCCEEDED: "DONE",
    TaskState.FAILED: "FAIL",
    TaskState.CANCELLED: "FAIL",
}
"""The wire's word for each of our states (SDK 3.1.194: WAIT, RUN, DONE, FAIL)."""

_URLS: Final = {Kind.IMAGE: "ImageUrls", Kind.VIDEO: "VideoUrls"}
_ID_WORDS: Final = {Kind.IMAGE: "AigcImage", Kind.VIDEO: "AigcVideo"}
_KINDS: Final = {word: kind for kind, word in _ID_WORDS.items()}
_TASK_ID: Final = re.compile(r"4-(AigcImage|AigcVideo)-([0-9a-f]{32})\Z")

ERROR_CODES: Final[dict[type[errors.GenmuxError], str]] = {
    errors.GenmuxError: "InternalError",
    errors.CallerError: "InvalidParameter",
    errors.InvalidValue: "InvalidParameterValue",
    errors.MissingValue: "MissingParameter",
    errors.ModelNotSupported: "InvalidParameter.ModelNotSupported",
    errors.InvalidInput: "InvalidParameter.InputInfo",
    errors.ContentRefused: "InvalidParameter.ViolationContent",
    errors.Unsupported: "UnsupportedOperation",
    errors.NotFound: "ResourceNotFound.TaskNotFound",
    errors.KeyReused: "InvalidParameterValue",
    errors.RateLimited: "RequestLimitExceeded",
    errors.Unauthorized: "AuthFailure.InvalidAuthorization",
    errors.Forbidden: "UnauthorizedOperation",
    errors.ServiceError: "InternalError",
    errors.Unavailable: "ServiceUnavailable",
    errors.IllegalMove: "InternalError",
}
"""The platform's code for each of our errors (the codes are those of the MPS error table)."""

INVALID_URL: Final = "InvalidParameter.InvalidUrl"
"""For an input whose URL itself is the fault; `InputInfo` is for what it led to."""


@dataclass(frozen=True, slots=True)
class StatusView:
    """What a status answer says: the wire's `status` word, the result's URLs, "1280x720", and a message.

    `urls` are empty unless the status is DONE; pictures have no `resolution` on this wire.
    """

    status: str
    urls: tuple[str, ...] = ()
    resolution: str = ""
    message: str = ""


def error_code(error: errors.GenmuxError) -> str:
    """Return the platform's code for `error`, by its nearest class in `ERROR_CODES`."""
    return next(ERROR_CODES[cls] for cls in type(error).__mro__ if cls in ERROR_CODES)


def render_task_id(kind: Kind, task_id: bytes) -> str:
    """Return the task's id as this wire spells it: `4-AigcVideo-<32 hex digits>`."""
    return f"4-{_ID_WORDS[kind]}-{task_id.hex()}"


def parse_task_id(text: str) -> tuple[Kind, bytes] | None:
    """Return the kind and id that `render_task_id` would spell exactly so, or None."""
    match = _TASK_ID.match(text)
    task_id = parse_hex_id(match[2]) if match else None
    return (_KINDS[match[1]], task_id) if match and task_id else None


def render_created(kind: Kind, task_id: bytes) -> dict[str, Any]:
    """Return the fields of the answer to a create."""
    return {"TaskId": render_task_id(kind, task_id)}


def parse_created(fields: Mapping[str, Any]) -> str:
    """Return the TaskId an upstream gave, which is opaque; raises `BrokenAnswerError` if it gave none."""
    task_id = fields.get("TaskId")
    if not isinstance(task_id, str) or not task_id:
        raise BrokenAnswerError("the answer to a create has no TaskId")
    return task_id


def render_describe(kind: Kind, task_id: str) -> tuple[str, dict[str, Any]]:
    """Return the action and body that ask for the status of an upstream's task."""
    action = next(action for action, described in DESCRIBES.items() if described is kind)
    return action, {"TaskId": task_id}


def parse_describe(body: Mapping[str, Any]) -> str:
    """Return the TaskId asked for; an empty one is a missing one."""
    task_id = body.get("TaskId")
    if not task_id:
        raise refuse("MissingParameter", "TaskId")
    return str(task_id)


def render_status(kind: Kind, view: StatusView) -> dict[str, Any]:
    """Return the fields of a status answer.

    No field of this answer is nullable in the SDK's tables, so what is not known is "" or [].
    """
    fields: dict[str, Any] = {"Status": view.status, _URLS[kind]: list(view.urls), "Message": view.message}
    if kind is Kind.VIDEO:
        fields["Resolution"] = view.resolution
    return fields


def parse_status(kind: Kind, fields: Mapping[str, Any]) -> StatusView:
    """Return what an upstream's status answer says; an unknown status word is passed on as it is.

    The SDK's text writes `1080*720`, the platform `1920x1088`: both are read. Raises `BrokenAnswerError`
    when there is no status.
    """
    status = fields.get("Status")
    if not isinstance(status, str) or not status:
        raise BrokenAnswerError("the status answer has no Status")
    urls = fields.get(_URLS[kind]) or ()
    return StatusView(
        status=status,
        urls=tuple(url for url in urls if isinstance(url, str) and url),
        resolution=_resolution(fields.get("Resolution")) if kind is Kind.VIDEO else "",
        message=str(fields.get("Message") or ""),
    )


def _resolution(value: Any) -> str:
    size = parse_size(value) if isinstance(value, str) else None
    return f"{size[0]}x{size[1]}" if size else str(value or "")
