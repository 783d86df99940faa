"""What a client of VOD knows: how tasks fail, how far their list reaches, what an application is."""

from __future__ import annotations

from typing import Any, Final

from genmux.domain.error_classes import ErrorClass
from genmux.wires.tencent_codes import failure_class, family
from genmux.wires.vod_detail import ReadTask
from genmux.wires.vod_list import WINDOW_MS

TASK_ERRORS: Final[dict[str, ErrorClass]] = {
    "RequestLimitExceeded": ErrorClass.CONCURRENCY,  # over the number of tasks at once: nothing was made
    "InvalidParameter.VoilationContent": ErrorClass.CONTENT,  # so spelt by the platform
    "InvalidParameter.ViolationContent": ErrorClass.CONTENT,
    "ContentModerationFailed": ErrorClass.CONTENT,
    "ResourceInsufficient": ErrorClass.CAPACITY,
    "FailedOperation": ErrorClass.CAPACITY,  # its queue is full
    "ResourceNotFound": ErrorClass.LOST,
    "InvalidParameter": ErrorClass.INVALID,
    "InvalidParameterValue": ErrorClass.INVALID,
    "OperationCanceled": ErrorClass.INTERNAL,
    "TaskTimeout": ErrorClass.INTERNAL,
}
"""The class of a failed task by its `ErrCodeExt`, or by the part before the dot (SDK 3.1.194).

`InternalError` and `ModelGenerateFailed` say only that it failed: there the message is asked.
"""
BAD_REQUEST_CODES: Final = (40000, 60000)
"""`ErrCode` of a wrong parameter and of a wrong source file (published guide)."""

LOOKUP_MARGIN_MS: Final = 120_000
"""How far the platform's clock may be behind ours when a submit is looked up."""
LIST_REACH_MS: Final = WINDOW_MS - 3_600_000
LOOKUP_PAGES: Final = 500


def task_error_class(task: ReadTask) -> ErrorClass:
    """Return what the failure of a task means; where its code says nothing, its message is asked."""
    word = task.failure.extended
    known = TASK_ERRORS.get(word) or TASK_ERRORS.get(family(word))
    if known is not None:
        return known
    if not word and task.failure.code in BAD_REQUEST_CODES:
        return ErrorClass.INVALID
    return failure_class(task.message)


def parse_application(value: Any) -> int:
    """Return a `SubAppId` said as a number or a text of digits. Raises `ValueError`."""
    number = int(value) if isinstance(value, str) and value.isdecimal() and value.isascii() else value
    if type(number) is not int or not 0 < number < 2**63:
        raise ValueError("sub_app_id must be the id of a VOD application, such as 1500000000")
    return number
