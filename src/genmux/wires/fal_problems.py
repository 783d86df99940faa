"""Refusals and failures on fal's wire.

Two shapes: what a model refuses is `{"detail": [{"loc", "msg", "type"}]}`, what the platform cannot
do is `{"detail": text, "error_type"}` (docs.fal.ai, model and request errors). Never 409 or 408:
fal_client 1.0.3 sends a request so refused again, up to ten times.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from genmux.domain import errors
from genmux.domain.spec import TaskError
from genmux.domain.text import Text


class Problem(NamedTuple):
    """The HTTP status and the word for one kind of refusal; `listed` ones name a field."""

    status: int
    type: str
    listed: bool = True


PROBLEMS: Final[dict[type[errors.GenmuxError], Problem]] = {
    errors.GenmuxError: Problem(500, "internal_error", listed=False),
    errors.CallerError: Problem(422, "json_invalid"),
    errors.InvalidValue: Problem(422, "value_error"),
    errors.MissingValue: Problem(422, "missing"),
    errors.ModelNotSupported: Problem(404, "not_found", listed=False),
    errors.InvalidInput: Problem(422, "file_download_error"),
    errors.ContentRefused: Problem(422, "content_policy_violation"),
    errors.Unsupported: Problem(422, "feature_not_supported"),
    errors.NotFound: Problem(404, "not_found", listed=False),
    errors.KeyReused: Problem(422, "value_error"),
    errors.RateLimited: Problem(429, "rate_limited", listed=False),
    errors.Unauthorized: Problem(401, "unauthorized", listed=False),
    errors.Forbidden: Problem(403, "forbidden", listed=False),
    errors.ServiceError: Problem(500, "internal_error", listed=False),
    errors.Unavailable: Problem(503, "runner_scheduling_failure", listed=False),
    errors.IllegalMove: Problem(500, "internal_error", listed=False),
}
"""What each of our errors is on this wire."""

RETRYABLE: Final = (errors.RateLimited, errors.Unavailable)
"""Errors after which the same request may succeed; nothing was made."""

_QUERY: Final = frozenset({"fal_webhook", "logs"})
_HEADERS: Final = frozenset({"Idempotency-Key", "X-Genmux-Idempotency-Key", "Authorization"})


class Failure(NamedTuple):
    """How a task that ended without a result reads: `error_type`, and the answer to its result request."""

    status: int
    type: str
    listed: bool = False


FAILURES: Final[dict[str, Failure]] = {
    "content_refused": Failure(422, "content_policy_violation", listed=True),
    "input_failed": Failure(422, "file_download_error", listed=True),
    "invalid_value": Failure(422, "value_error", listed=True),
    "upstream_failed": Failure(500, "downstream_service_error", listed=True),
    "output_failed": Failure(500, "downstream_service_error", listed=True),
    "upstream_expired": Failure(504, "request_timeout"),
    "outcome_unknown": Failure(500, "internal_error"),
    "source_gone": Failure(500, "internal_error"),
    "no_channel": Failure(503, "runner_scheduling_failure"),
    "deadline": Failure(504, "request_timeout"),
    "internal": Failure(500, "internal_error"),
}
"""How each code of a failed task reads."""

CANCELLED: Final = Failure(499, "client_cancelled")
CANCELLED_TEXT: Final = Text("The request was cancelled.", "请求已取消。")


def problem_of(error: errors.GenmuxError) -> Problem:
    """Return what `error` is on this wire, by its nearest class in `PROBLEMS`."""
    return next(PROBLEMS[cls] for cls in type(error).__mro__ if cls in PROBLEMS)


def status_of(error: errors.GenmuxError) -> int:
    """Return the HTTP status of `error`."""
    return problem_of(error).status


def render_error(error: errors.GenmuxError, *, language: str = "en") -> dict[str, Any]:
    """Return the body that says `error`."""
    problem, message = problem_of(error), error.text.say(language)
    if not problem.listed:
        return render_detail(message, problem.type)
    return {"detail": [{"loc": loc_of(error.field), "msg": message, "type": problem.type}]}


def render_detail(message: str, error_type: str) -> dict[str, Any]:
    """Return the body of what the platform, not a model, refuses."""
    return {"detail": message, "error_type": error_type}


def loc_of(field: str | None) -> list[str | int]:
    """Return where a field is: ["body", "image_urls", 0]; ["body"] when no field is named."""
    if not field:
        return ["body"]
    place = "query" if field in _QUERY else "header" if field in _HEADERS else "body"
    if place != "body":
        return [place, field]
    return [place, *(int(part) if part.isascii() and part.isdigit() else part for part in field.split("."))]


def failure_of(error: TaskError | None) -> Failure:
    """Return how a task reads that failed with `error`, or was cancelled when there is none."""
    if error is None:
        return CANCELLED
    return FAILURES.get(error.code, FAILURES["internal"])


def render_failure(failure: Failure, message: str) -> dict[str, Any]:
    """Return the body of the result request of a task that made nothing."""
    if failure.listed:
        return {"detail": [{"loc": ["body"], "msg": message, "type": failure.type}]}
    return render_detail(message, failure.type)
