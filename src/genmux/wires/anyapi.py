"""The wire of AnyAPI's Tencent routes: VOD's creates in snake case, and answers in two shapes at once.

The published page (`/tencent-vod/v1/aigc-video`) describes an answer of fal's shape and prints one of
Tencent's; ours is both. What the fields mean is VOD's, numbers may come as text, and the names are
VOD's in snake case. AnyAPI has no applications: every task belongs to the one the operator chose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from genmux.domain.spec import GenerationSpec, Kind
from genmux.domain.text import Text
from genmux.wires import vod
from genmux.wires.fal_problems import loc_of
from genmux.wires.fal_tasks import StatusView, parse_result, render_status
from genmux.wires.nesting import deeper
from genmux.wires.tencent import AnsweredError, BrokenAnswerError, refuse
from genmux.wires.tencent_schema import Array, Struct, Type, read_body
from genmux.wires.vod_tasks import FAILURES, SUCCESS, Failure

ROOT: Final = "tencent-vod/v1"
CREATES: Final = {"aigc-image": "CreateAigcImageTask", "aigc-video": "CreateAigcVideoTask"}
"""The last segment of each create's path, and VOD's action."""
QUERIES: Final = ("query", *CREATES)
"""What stands before a TaskId in the paths that ask for a task; the first one is published."""

SUB_APP_ID: Final = "SubAppId"
MAX_DEPTH: Final = 64

STATUSES: Final = {
    "AuthFailure": (401, "unauthorized"),
    "UnauthorizedOperation": (403, "forbidden"),
    "ResourceNotFound": (404, "not_found"),
    "RequestLimitExceeded": (429, "rate_limited"),
    "RequestSizeLimitExceeded": (413, "file_too_large"),
    "InternalError": (500, "internal_error"),
    "ServiceUnavailable": (503, "runner_scheduling_failure"),
    "MissingParameter": (422, "missing"),
    "UnsupportedOperation": (422, "feature_not_supported"),
}
"""The HTTP status and fal's word for the codes of VOD, by what stands before the first dot."""
OTHER_STATUS: Final = (422, "value_error")

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


# ---------------------------------------------------------------- names


def snake(name: str) -> str:
    """Return a name of VOD's as AnyAPI writes it: `EnableBGM` is `enable_bgm`."""
    return _HUMP.sub("_", name).lower()


def snake_path(path: str) -> str:
    """Return a path such as `FileInfos.0.Url` in AnyAPI's names."""
    return ".".join(snake(part) for part in path.split("."))


@cache
def _names(struct: Struct) -> dict[str, str]:
    """Return VOD's name of each field by AnyAPI's."""
    return {snake(name): name for name in struct.fields}


def _to_vod(value: Any, kind: Type, path: str = "") -> Any:
    """Return a JSON value with VOD's names; what has the wrong type is left for the schema to refuse."""
    if isinstance(kind, Array) and isinstance(value, list):
        return [_to_vod(item, kind.item, f"{path}.{n}") for n, item in enumerate(value)]
    if not isinstance(kind, Struct) or not isinstance(value, dict):
        return value
    names, fields = _names(kind), {}
    for name, item in value.items():
        if name not in names or (not path and name == "sub_app_id"):
            raise refuse("UnknownParameter", f"{path}.{name}".lstrip("."))
        fields[names[name]] = _to_vod(item, kind.fields[names[name]], f"{path}.{name}".lstrip("."))
    return fields


def _to_snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_snake(item) for item in value]
    if isinstance(value, dict):
        return {snake(name): _to_snake(item) for name, item in value.items()}
    return value


# ---------------------------------------------------------------- the server's half


def read_create(action: str, body: bytes, sub_app_id: int) -> dict[str, Any]:
    """Return the fields of a create in VOD's names and types. Raises `WireError`."""
    schema = vod.request_schema(action)
    try:
        value = msgspec.json.decode(body) if body.strip() else {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or deeper(value, MAX_DEPTH):
        detail = Text("The request body must be a JSON object.", "请求 body 应为 JSON 对象。")
        raise refuse("InvalidParameter", detail=detail)
    fields = {**_to_vod(value, schema), SUB_APP_ID: sub_app_id}
    return read_body(msgspec.json.encode(fields), schema)


def parse_create(action: str, fields: dict[str, Any]) -> vod.ParsedCreate:
    """Return what a create asks for; `fields` is what `read_create` returned. Raises `WireError`."""
    return vod.parse_create(action, fields)


def render_created(view: StatusView, task_id: str, request_id: str) -> dict[str, Any]:
    """Return the answer to a create: the page's schema, and beside it the page's example."""
    return {
        **render_status(view),
        "queue_position": view.queue_position,
        "Response": {"TaskId": task_id, "RequestId": request_id},
    }


def status_of(code: str) -> tuple[int, str]:
    """Return the HTTP status and fal's word for one of VOD's codes."""
    return STATUSES.get(code.partition(".")[0], OTHER_STATUS)


def render_refusal(
    code: str, message: str, *, error_type: str, field: str | None, request_id: str
) -> dict[str, Any]:
    """Return a refusal in every shape that AnyAPI's clients look for; `field` is a path of AnyAPI's."""
    return {
        "detail": [{"loc": loc_of(field), "msg": message, "type": error_type}],
        "error": {"message": message, "type": error_type, "code": code, "param": field},
        "Response": {"Error": {"Code": code, "Message": message}, "RequestId": request_id},
    }


# ---------------------------------------------------------------- the client's half


def render_create(
    spec: GenerationSpec, extra: Mapping[str, Any]
) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Return the path, the body, and the names of the spec fields that could not be said in full."""
    action, body, unsaid = vod.render_create(spec, extra)
    body.pop(SUB_APP_ID, None)
    segment = next(segment for segment, name in CREATES.items() if name == action)
    return f"/{ROOT}/{segment}", _to_snake(body), tuple(name for name in unsaid if name != "extra.SubAppId")


def parse_created(fields: Mapping[str, Any]) -> str:
    """Return the id that an upstream gave, from whichever shape it answered in.

    Raises `AnsweredError` for a refusal, `BrokenAnswerError` when there is no id.
    """
    inner = _inner(fields)
    for place, names in ((inner, ("TaskId",)), (fields, ("request_id", "task_id", "id"))):
        for name in names:
            value = place.get(name)
            if isinstance(value, str) and value:
                return value
    raise BrokenAnswerError("the answer to a create has no id")


def render_query(task_id: str) -> str:
    """Return the path that asks for a task."""
    return f"/{ROOT}/{QUERIES[0]}/{task_id}"


def parse_query(kind: Kind, fields: Mapping[str, Any]) -> vod.ReadTask:
    """Return what an upstream says of a task: VOD's envelope, its members alone, fal's, or a flat body.

    A flat body may be the `data` of new-api's envelope. Raises `AnsweredError` for a refusal,
    `BrokenAnswerError` for anything else.
    """
    fields = _unwrapped(fields)
    inner = _inner(fields)
    if any(isinstance(inner.get(word), dict) for word in vod.TASK_WORDS.values()):
        return _ended(vod.parse_detail(inner))
    status = str(fields.get("status") or fields.get("Status") or "").upper()
    if not status:
        return _parse_result(fields)
    failed = status in FLAT_FAILURES or bool(_first(fields, "error"))
    url = _first(fields, *FLAT_URLS)
    return vod.ReadTask(
        task_id=_first(fields, "task_id", "request_id", "id"),
        kind=kind,
        status=status,
        done=failed or status in FLAT_SUCCESSES,
        failure=_flat_failure(fields) if failed else SUCCESS,
        message=_first(fields, "message", "Message", "error", "fail_reason"),
        progress=_percent(fields.get("progress")),
        files=(vod.ReadFile(url),) if url else (),
    )


def _unwrapped(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the task inside new-api's `{"code": "success", "data": {…}}`."""
    data = fields.get("data")
    return data if isinstance(data, Mapping) and "status" not in fields else fields


def _ended(task: vod.ReadTask) -> vod.ReadTask:
    """Return a task of VOD's shape whose status is a relay's own word for an end."""
    if task.done or task.status.upper() not in FLAT_SUCCESSES | FLAT_FAILURES:
        return task
    fails = task.status.upper() in FLAT_FAILURES and task.failure.code == 0
    return replace(task, done=True, failure=FAILURES["upstream_failed"] if fails else task.failure)


def _parse_result(fields: Mapping[str, Any]) -> vod.ReadTask:
    """Return the task whose result this is, as fal answers it: without a word of the task itself."""
    try:
        result = parse_result(fields)
    except BrokenAnswerError:
        raise BrokenAnswerError("the answer says nothing of a task") from None
    files = tuple(vod.ReadFile(file.url) for file in result.files)
    return vod.ReadTask(task_id="", kind=result.kind, status="COMPLETED", done=True, files=files)


def _flat_failure(fields: Mapping[str, Any]) -> Failure:
    usual = FAILURES["upstream_failed"]
    return Failure(usual.code, _first(fields, "error_type") or usual.extended)


def _percent(value: Any) -> int:
    """Return a percentage written as 45, "45" or "45%"; 0 for anything else."""
    text = str(value).removesuffix("%")
    return min(int(text), 100) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _first(fields: Mapping[str, Any], *names: str) -> str:
    """Return the first of these fields that is a text with something in it, "" when none is."""
    return next((text for name in names if isinstance(text := fields.get(name), str) and text), "")


FLAT_SUCCESSES: Final = frozenset({"FINISH", "SUCCESS", "SUCCEEDED", "COMPLETED"})
FLAT_FAILURES: Final = frozenset({"FAIL", "FAILED", "FAILURE", "ABORTED"})
FLAT_URLS: Final = ("url", "video_url", "image_url", "result_url")


NO_PROBLEM: Final = ("", "success", "200")
"""The `code` of new-api's answers that are no refusals."""


class Problem(NamedTuple):
    """What an error answer says; texts are "" where it does not say."""

    code: str
    message: str
    type: str = ""
    request_id: str = ""


def parse_problem(fields: Mapping[str, Any]) -> Problem | None:
    """Return the refusal that an answer is, None where it is none.

    Relays refuse in four shapes: Tencent's, new-api's `error`, new-api's own of tasks (`code` and
    `message` alone), and fal's `detail`.
    """
    try:
        _inner(fields)
    except AnsweredError as error:
        said = fields.get("error")
        return Problem(
            error.code,
            error.message,
            _first(said, "type") if isinstance(said, Mapping) else "",
            error.request_id,
        )
    if detail := fields.get("detail"):
        return _parse_detail(detail, _first(fields, "error_type"))
    code = str(fields.get("code") or "")
    if code in NO_PROBLEM or "message" not in fields or "status" in fields:
        return None
    return Problem(code, _first(fields, "message"))


def _parse_detail(detail: Any, error_type: str) -> Problem:
    first = detail[0] if isinstance(detail, list) and detail else detail
    if isinstance(first, Mapping):
        return Problem(_first(first, "type"), _first(first, "msg"), error_type)
    return Problem(error_type, str(first), error_type)


def _inner(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is inside the envelope. Raises `AnsweredError` for an error in any of three shapes."""
    inner = fields.get("Response")
    inner = inner if isinstance(inner, Mapping) else fields
    for error, code, message in (
        (inner.get("Error"), "Code", "Message"),
        (fields.get("error"), "code", "message"),
    ):
        if isinstance(error, Mapping):
            raise AnsweredError(
                str(error.get(code) or ""),
                str(error.get(message) or ""),
                str(inner.get("RequestId") or ""),
            )
    return inner
