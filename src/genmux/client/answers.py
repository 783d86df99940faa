"""Reads what our own REST wire answers: tasks, timelines, and problems as the tree of errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from genmux.client.effects import Answer
from genmux.client.endpoint import Artifact, Ref, Snapshot, TaskEvent
from genmux.client.errors import BrokenAnswer
from genmux.domain import errors
from genmux.domain.spec import TaskError
from genmux.domain.text import Text, same
from genmux.wires.rest import TaskStatus, parse_task
from genmux.wires.rest_values import parse_time

REQUEST_ID: Final = "x-request-id"
_LONGEST_QUOTE: Final = 200


def _tree(root: type[errors.GenmuxError]) -> Iterator[type[errors.GenmuxError]]:
    yield root
    for below in root.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


BY_CODE: Final = {cls.code: cls for cls in _tree(errors.GenmuxError)}
"""The error of each code that a problem may carry."""
BY_STATUS: Final[dict[int, type[errors.GenmuxError]]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    413: errors.InvalidValue,
    429: errors.RateLimited,
    503: errors.Unavailable,
}
"""The error of an answer whose code we do not know, or that is no problem of ours (a proxy's page)."""


def read_error(answer: Answer, name: Callable[[str], str] = str) -> errors.GenmuxError:
    """Return the error that a refusal is: by its code, else by its status.

    `name` says what the caller calls a field of the wire.
    """
    problem = _problem(answer.body)
    code = str(problem.get("code", ""))
    detail = problem.get("detail") or problem.get("title") or _quote(answer.body)
    made = BY_CODE.get(code) or BY_STATUS.get(answer.status) or _by_class(answer.status)
    field = problem.get("field")
    if isinstance(field, str) and field:
        detail, field = str(detail).replace(field, name(field)), name(field)
    error = made(_sentence(answer.status, code, detail), field=field if isinstance(field, str) else None)
    error.upstream_code = code or f"HTTP {answer.status}"
    error.request_id = str(problem.get("request_id") or answer.headers.get(REQUEST_ID, ""))
    return error


def _by_class(status: int) -> type[errors.GenmuxError]:
    if status >= 500:
        return errors.ServiceError
    return errors.CallerError if status >= 400 else BrokenAnswer


def _sentence(status: int, code: str, detail: Any) -> Text:
    if code and isinstance(detail, str):
        return same(detail)
    return Text(f"The server answered {status}: {detail}", f"服务返回 {status}：{detail}")


def _problem(body: bytes) -> dict[str, Any]:
    try:
        problem = msgspec.json.decode(body)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _quote(body: bytes) -> str:
    return body[:_LONGEST_QUOTE].decode("utf-8", "replace").strip() or "nothing"


def code_of(answer: Answer) -> str:
    """Return the code of a problem, "" for any other answer."""
    return str(_problem(answer.body).get("code", ""))


def read_json(answer: Answer) -> Any:
    """Return the JSON of a good answer. Raises `BrokenAnswer`."""
    try:
        return msgspec.json.decode(answer.body)
    except ValueError:
        raise broken(answer, f"no JSON: {_quote(answer.body)}") from None


def read_snapshot(answer: Answer) -> Snapshot:
    """Return the task that an answer shows. Raises `BrokenAnswer`."""
    fields = read_json(answer)
    return parse_snapshot(answer, fields)


def parse_snapshot(answer: Answer, fields: Any, *, listed: bool = False) -> Snapshot:
    """Return the task whose JSON stands in an answer; one of many `listed` has no revision.

    Raises `BrokenAnswer`.
    """
    try:
        status = parse_task(fields)
    except ValueError as error:
        raise broken(answer, str(error)) from None
    return Snapshot(
        ref=Ref(status.id, status.kind),
        state=status.state,
        progress=status.progress,
        model=status.model,
        artifacts=_artifacts(status) if status.artifacts else (),
        error=_error(status),
        usage=status.usage,
        request_id=answer.headers.get(REQUEST_ID, ""),
        revision="" if listed else answer.headers.get("etag", ""),
        raw=fields,
    )


def _artifacts(status: TaskStatus) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(
            n=a.n,
            url=a.url,
            content_type=a.content_type,
            width=a.width,
            height=a.height,
            seconds=a.seconds,
            size=a.bytes,
            sha256=a.sha256,
        )
        for a in status.artifacts
    )


def _error(status: TaskStatus) -> TaskError | None:
    fault = status.error
    return None if fault is None else TaskError(fault.code, fault.message, "", fault.upstream_code)


def read_events(answer: Answer) -> tuple[TaskEvent, ...]:
    """Return the lines of a timeline. Raises `BrokenAnswer`."""
    try:
        return tuple(
            TaskEvent(e["n"], parse_time(e["at"]) or 0, e["kind"], e["data"])
            for e in read_json(answer)["events"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise broken(answer, f"no timeline: {error!r}") from None


def broken(answer: Answer, why: str) -> BrokenAnswer:
    """Return the error for an answer that its wire does not have."""
    error = BrokenAnswer(
        Text(f"The server does not answer as genmux: {why}.", f"服务的响应不符合 genmux 接口：{why}。")
    )
    error.request_id = answer.headers.get(REQUEST_ID, "")
    return error
