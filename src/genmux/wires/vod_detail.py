"""What a task looks like on the VOD wire: the answer of DescribeTaskDetail, rendered and read.

Rendered as raw answers of the platform have it (2026-08): members in alphabetical order, every other
task's member null, zero values where nothing was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from genmux.domain.spec import GenerationSpec, Kind, TaskError
from genmux.domain.states import TaskState
from genmux.wires.tencent import BrokenAnswerError, WireError
from genmux.wires.vod_create import SCHEMA, is_permanent
from genmux.wires.vod_echo import plain_number, render_input
from genmux.wires.vod_media import StoredFile, render_meta_data
from genmux.wires.vod_rows import CONFIG, parse_time
from genmux.wires.vod_tasks import (
    CANCELLED,
    CANCELLED_TEXT,
    FAILURES,
    KIND_OF,
    STATUS,
    SUCCESS,
    TASK_WORDS,
    Failure,
    iso_time,
)

TEMPORARY_MS: Final = 7 * 24 * 3_600_000
NEVER: Final = "9999-12-31T23:59:59Z"

_OWN: Final = ("TaskType", "Status", "CreateTime", "BeginProcessTime", "FinishTime", "RequestId")
_FIELDS: Final = {
    **SCHEMA.structs["DescribeTaskDetailResponse"],
    **SCHEMA.also["DescribeTaskDetailResponse"],
}
OTHER_TASKS: Final = tuple(name for name in _FIELDS if name not in (*_OWN, *KIND_OF))
"""The members of other kinds of tasks, two of them in no SDK; always null here."""
_BLANK: Final[dict[str, Any]] = {
    name: "" if name == "RequestId" else None for name in sorted((*_OWN, *OTHER_TASKS, *KIND_OF))
}
"""An answer to fill in; the envelope has the `RequestId`, which stands here for its place."""


@dataclass(frozen=True, slots=True)
class TaskPicture:
    """A task as this wire shows it; times are milliseconds since the epoch.

    `extra` is empty for a task that came by another wire.
    """

    task_id: str
    kind: Kind
    state: TaskState
    created_at: int
    begun_at: int | None
    finished_at: int | None
    progress: int | None
    spec: GenerationSpec
    extra: Mapping[str, Any]
    error: TaskError | None = None
    files: tuple[StoredFile, ...] = ()
    echo: Mapping[str, Any] | None = None  # what `render_input` gave before, so as not to say it anew


# The server's half.


def render_detail(task: TaskPicture, language: str) -> dict[str, Any]:
    """Return the fields of the answer to DescribeTaskDetail, `RequestId` only for its place among them."""
    word = TASK_WORDS[task.kind]
    return _BLANK | {
        word: render_task(task, language),
        "TaskType": word,
        "Status": STATUS[task.state],
        "CreateTime": iso_time(task.created_at),
        "BeginProcessTime": iso_time(task.begun_at),
        "FinishTime": iso_time(task.finished_at),
    }


def render_task(task: TaskPicture, language: str) -> dict[str, Any]:
    """Return the member of the task itself, which events carry too."""
    failure, message = _failure(task, language)
    return {
        "ErrCode": failure.code,
        "ErrCodeExt": failure.extended,
        "Input": render_input(task.spec, task.extra) if task.echo is None else task.echo,
        "Message": message,
        "Output": _render_output(task),
        "Progress": 100 if task.state.final else task.progress or 0,
        "SessionContext": task.extra.get("SessionContext", ""),
        "SessionId": task.extra.get("SessionId", ""),
        "Status": "FINISH" if task.state.final else "PROCESSING",
        "TaskId": task.task_id,
    }


def _failure(task: TaskPicture, language: str) -> tuple[Failure, str]:
    if task.state is TaskState.CANCELLED:
        return CANCELLED, CANCELLED_TEXT.say(language)
    if task.state is not TaskState.FAILED:
        return SUCCESS, ""
    error = task.error or TaskError("internal", "")
    return FAILURES.get(error.code, FAILURES["internal"]), error.say(language)


def _render_output(task: TaskPicture) -> dict[str, Any]:
    done = task.state is TaskState.SUCCEEDED
    output: dict[str, Any] = {"FileInfos": [_render_file(task, file) for file in task.files] if done else []}
    if task.kind is Kind.VIDEO:
        output["ProcedureTaskIds"] = []
        output["Usage"] = _render_usage(task) if done else _render_usage(None)
    return output


def _render_file(task: TaskPicture, file: StoredFile) -> dict[str, Any]:
    config = task.extra.get(CONFIG, {})
    permanent = is_permanent(task.extra)
    info = {
        "ClassId": config.get("ClassId", 0),
        "ExpireTime": _expiry(task, config, permanent=permanent),
        "FileContent": "",
        "FileId": file.file_id if permanent else "",
        "FileType": "",
        "FileUrl": file.url,
        "MediaName": config.get("MediaName", ""),
        "MetaData": render_meta_data(file),
        "StorageMode": "Permanent" if permanent else "Temporary",
        "UsageType": "",
    }
    known = SCHEMA.structs[
        "AigcVideoTaskOutputFileInfo" if task.kind is Kind.VIDEO else "AigcImageTaskOutputFileInfo"
    ]
    return {name: value for name, value in info.items() if name in known}


def _expiry(task: TaskPicture, config: Mapping[str, Any], *, permanent: bool) -> str:
    if permanent:
        return str(config.get("ExpireTime", NEVER))
    return iso_time((task.finished_at or task.created_at) + TEMPORARY_MS)


def _render_usage(task: TaskPicture | None) -> dict[str, int]:
    """Return what the platform counts; only `OutputSeconds` holds for every model (SDK 3.1.194)."""
    usage = dict.fromkeys(sorted(SCHEMA.structs["AigcVideoTaskUsage"]), 0)
    if task is not None:
        usage["OutputSeconds"] = round(sum(file.seconds or 0 for file in task.files))
    return usage


# The client's half.


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One result that an upstream tells of; what it did not say is "" or None."""

    url: str
    file_id: str = ""
    expires_at: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReadTask:
    """What an upstream's answer says of a task; `status` is the outer word, passed on as it is.

    `done` is true once nothing will change; it failed if `failure.code` is not 0.
    """

    task_id: str
    kind: Kind
    status: str
    done: bool
    failure: Failure = SUCCESS
    message: str = ""
    progress: int = 0
    files: tuple[ReadFile, ...] = ()
    session_id: str = ""
    session_context: str = ""
    finished_at: int | None = None  # only an answer says it, not an event
    usage: Mapping[str, int] = field(default_factory=dict)  # what the platform counted, without its zeros


def parse_detail(fields: Mapping[str, Any]) -> ReadTask:
    """Return what an upstream's DescribeTaskDetail says. Raises `BrokenAnswerError` for another kind of task.

    A published table also has the status FAIL, and ABORTED ends a task too; both are `done`.
    """
    word = next((word for word in KIND_OF if isinstance(fields.get(word), dict)), None)
    if word is None:
        raise BrokenAnswerError("the answer has neither AigcImageTask nor AigcVideoTask")
    inner = fields[word]
    task = parse_task(KIND_OF[word], inner, _text(fields, "Status") or _text(inner, "Status"))
    return replace(task, finished_at=_moment(_text(fields, "FinishTime")))


def parse_task(kind: Kind, inner: Mapping[str, Any], status: str) -> ReadTask:
    """Return what the member of a task says, be it of an answer or of an event."""
    if not status:
        raise BrokenAnswerError("the task has no Status")
    failure = Failure(_number(inner, "ErrCode"), _text(inner, "ErrCodeExt"))
    if status in ("FAIL", "ABORTED") and failure.code == 0:
        failure = CANCELLED if status == "ABORTED" else FAILURES["internal"]
    output = inner.get("Output")
    output = output if isinstance(output, dict) else {}
    return ReadTask(
        task_id=_text(inner, "TaskId"),
        kind=kind,
        status=status,
        done=status in ("FINISH", "FAIL", "ABORTED"),
        failure=failure,
        message=_text(inner, "Message"),
        progress=_number(inner, "Progress"),
        files=tuple(_read_file(info) for info in output.get("FileInfos") or () if isinstance(info, dict)),
        session_id=_text(inner, "SessionId"),
        session_context=_text(inner, "SessionContext"),
        usage=_usage(output.get("Usage")),
    )


def _usage(counts: Any) -> dict[str, int]:
    if not isinstance(counts, dict):
        return {}
    return {name: _number(counts, name) for name in counts if _number(counts, name)}


def _read_file(info: Mapping[str, Any]) -> ReadFile:
    meta = info.get("MetaData")
    meta = meta if isinstance(meta, dict) else {}
    return ReadFile(
        url=_text(info, "FileUrl"),
        file_id=_text(info, "FileId"),
        expires_at=_moment(_text(info, "ExpireTime")),
        width=_number(meta, "Width") or None,
        height=_number(meta, "Height") or None,
        seconds=_seconds(meta),
    )


def _moment(text: str) -> int | None:
    try:
        return parse_time(text, "ExpireTime") if text and text != NEVER else None
    except WireError:  # a time that cannot be read says nothing
        return None


def _seconds(meta: Mapping[str, Any]) -> float | None:
    value = meta.get("Duration")
    return float(value) if isinstance(value, int | float) and value else None


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = plain_number(fields.get(name))
    return value if isinstance(value, int) else 0
