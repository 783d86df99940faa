"""Tasks on the VOD wire: their ids, their status words, and the error codes of calls and of tasks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from genmux.domain import errors
from genmux.domain.ids import parse_hex_id
from genmux.domain.spec import Kind
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.wires.tencent import BrokenAnswerError, refuse

TASK_WORDS: Final = {Kind.IMAGE: "AigcImageTask", Kind.VIDEO: "AigcVideoTask"}
"""The wire's word for each kind: `TaskType`, the member of the answer, and the middle of a TaskId."""
KIND_OF: Final = {word: kind for kind, word in TASK_WORDS.items()}
_TASK_ID: Final = re.compile(r"(0|[1-9][0-9]{0,18})-(AigcImageTask|AigcVideoTask)-([0-9a-f]{32})t\Z")

STATUS: Final[dict[TaskState, str]] = {
    TaskState.WAITING: "WAITING",
    TaskState.QUEUED: "WAITING",
    TaskState.SUBMITTING: "PROCESSING",
    TaskState.RUNNING: "PROCESSING",
    TaskState.UNKNOWN: "PROCESSING",
    TaskState.COLLECTING: "PROCESSING",
    TaskState.SUCCEEDED: "FINISH",
    TaskState.FAILED: "FINISH",
    TaskState.CANCELLED: "FINISH",
}
"""The outer status word for each of our states; never ABORTED, on which published clients loop for ever.

The inner word is PROCESSING until FINISH. That a task failed is told by its `ErrCode` alone.
"""


class Failure(NamedTuple):
    """A task's `ErrCode` and `ErrCodeExt`; (0, "") is success."""

    code: int
    extended: str


SUCCESS: Final = Failure(0, "")
CANCELLED: Final = Failure(70000, "OperationCanceled")
CANCELLED_TEXT: Final = Text("The task was cancelled.", "任务已取消。")

FAILURES: Final[dict[str, Failure]] = {
    "content_refused": Failure(70000, "InvalidParameter.VoilationContent"),  # so spelt by the platform
    "input_failed": Failure(60000, "InvalidParameter"),
    "invalid_value": Failure(40000, "InvalidParameterValue"),
    "upstream_failed": Failure(70000, "InternalError"),
    "upstream_expired": Failure(70000, "ResourceNotFound"),
    "outcome_unknown": Failure(70000, "FailedOperation"),
    "source_gone": Failure(70000, "ResourceNotFound"),
    "output_failed": Failure(70000, "FailedOperation"),
    "no_channel": Failure(70000, "ResourceInsufficient"),
    "deadline": Failure(70000, "TaskTimeout"),
    "internal": Failure(70000, "InternalError"),
}
"""Our task error codes in the platform's: 40000 parameter, 60000 source file, 70000 the task."""

ERROR_CODES: Final[dict[type[errors.GenmuxError], str]] = {
    errors.GenmuxError: "InternalError",
    errors.CallerError: "InvalidParameter",
    errors.InvalidValue: "InvalidParameterValue",
    errors.MissingValue: "MissingParameter",
    errors.ModelNotSupported: "InvalidParameterValue",
    errors.InvalidInput: "InvalidParameterValue.Url",
    errors.ContentRefused: "InvalidParameter.ViolationContent",
    errors.Unsupported: "UnsupportedOperation",
    errors.NotFound: "ResourceNotFound",
    errors.KeyReused: "InvalidParameterValue",
    errors.RateLimited: "RequestLimitExceeded",
    errors.Unauthorized: "AuthFailure.InvalidAuthorization",
    errors.Forbidden: "UnauthorizedOperation",
    errors.ServiceError: "InternalError",
    errors.Unavailable: "ServiceUnavailable",
    errors.IllegalMove: "InternalError",
}
"""The platform's code for each of our errors."""

REPEATED_SESSION: Final = "InvalidParameterValue.SessionId"
INPUT_CODES: Final = {
    "Url": "InvalidParameterValue.Url",
    "FileId": "InvalidParameterValue.FileId",
    "Base64": "InvalidParameterValue.ImageContent",
}
"""The code for an input that cannot be used, by the field that gave it."""


def error_code(error: errors.GenmuxError) -> str:
    """Return the platform's code for `error`, by its nearest class in `ERROR_CODES`."""
    return next(ERROR_CODES[cls] for cls in type(error).__mro__ if cls in ERROR_CODES)


class TaskName(NamedTuple):
    """A TaskId taken apart."""

    sub_app_id: int
    kind: Kind
    id: bytes


def render_task_id(kind: Kind, sub_app_id: int, task_id: bytes) -> str:
    """Return the task's id as this wire spells it: `<SubAppId>-AigcVideoTask-<32 hex digits>t`."""
    return f"{sub_app_id}-{TASK_WORDS[kind]}-{task_id.hex()}t"


def parse_task_id(text: str) -> TaskName | None:
    """Return the parts of an id that `render_task_id` would spell exactly so, or None."""
    match = _TASK_ID.match(text)
    task_id = parse_hex_id(match[3]) if match else None
    return TaskName(int(match[1]), KIND_OF[match[2]], task_id) if match and task_id else None


def render_created(kind: Kind, sub_app_id: int, task_id: bytes) -> dict[str, Any]:
    """Return the fields of the answer to a create."""
    return {"TaskId": render_task_id(kind, sub_app_id, task_id)}


def parse_created(fields: Mapping[str, Any]) -> str:
    """Return the TaskId an upstream gave, which is opaque; raises `BrokenAnswerError` if it gave none."""
    task_id = fields.get("TaskId")
    if not isinstance(task_id, str) or not task_id:
        raise BrokenAnswerError("the answer to a create has no TaskId")
    return task_id


def render_describe(task_id: str, sub_app_id: int) -> tuple[str, dict[str, Any]]:
    """Return the action and body that ask for an upstream's task."""
    return "DescribeTaskDetail", {"TaskId": task_id, "SubAppId": sub_app_id}


def parse_describe(body: Mapping[str, Any]) -> TaskName | None:
    """Return the task asked for, None if the `SubAppId` is another than its own.

    Raises `WireError` for a missing TaskId, and for a text that is none.
    """
    text = body.get("TaskId")
    if not text:
        raise refuse("MissingParameter", "TaskId")
    name = parse_task_id(text)
    if name is None:
        detail = Text(
            "It must be like 1500000000-AigcVideoTask-<32 hex digits>t.",
            "示例：1500000000-AigcVideoTask-<32 位十六进制数>t。",
        )
        raise refuse("InvalidParameterValue.TaskId", "TaskId", detail)
    asked = body.get("SubAppId")
    return name if asked in (None, name.sub_app_id) else None


def iso_time(milliseconds: int | None) -> str:
    """Return a moment as this wire writes it, in whole seconds; "" for what has not happened."""
    if milliseconds is None:
        return ""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
