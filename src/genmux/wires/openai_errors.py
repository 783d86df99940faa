"""Refusals on the OpenAI wire: which status, type and code each of our errors has, there and back."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from genmux.domain import errors

INVALID_REQUEST: Final = "invalid_request_error"
SERVER_ERROR: Final = "server_error"


class Problem(NamedTuple):
    """The status, `type` and `code` of an error, and whether sending the request again can help."""

    status: int
    type: str
    code: str
    retry: bool = False


class Refusal(NamedTuple):
    """An error answer as it was read; texts are "" where the answer had none."""

    status: int
    message: str
    type: str = ""
    code: str = ""
    param: str | None = None


PROBLEMS: Final[dict[type[errors.GenmuxError], Problem]] = {
    errors.GenmuxError: Problem(500, SERVER_ERROR, "server_error"),
    errors.CallerError: Problem(400, INVALID_REQUEST, "invalid_request"),
    errors.InvalidValue: Problem(400, INVALID_REQUEST, "invalid_value"),
    errors.MissingValue: Problem(400, INVALID_REQUEST, "missing_required_parameter"),
    errors.ModelNotSupported: Problem(404, INVALID_REQUEST, "model_not_found"),
    errors.InvalidInput: Problem(400, INVALID_REQUEST, "invalid_image_file"),
    errors.ContentRefused: Problem(400, INVALID_REQUEST, "moderation_blocked"),
    errors.Unsupported: Problem(400, INVALID_REQUEST, "unsupported"),
    errors.NotFound: Problem(404, INVALID_REQUEST, "not_found"),
    errors.KeyReused: Problem(409, INVALID_REQUEST, "idempotency_key_reused"),
    errors.RateLimited: Problem(429, "requests", "rate_limit_exceeded", retry=True),
    errors.Unauthorized: Problem(401, INVALID_REQUEST, "invalid_api_key"),
    errors.Forbidden: Problem(403, INVALID_REQUEST, "forbidden"),
    errors.ServiceError: Problem(500, SERVER_ERROR, "server_error", retry=True),
    errors.Unavailable: Problem(503, SERVER_ERROR, "service_unavailable", retry=True),
    errors.IllegalMove: Problem(500, SERVER_ERROR, "server_error"),
}
"""What each of our errors is on this wire."""

CANCELLED: Final = "cancelled"

FAILURES: Final[dict[str, Problem]] = {
    "content_refused": Problem(400, INVALID_REQUEST, "moderation_blocked"),
    "input_failed": Problem(400, INVALID_REQUEST, "invalid_image_file"),
    "invalid_value": Problem(400, INVALID_REQUEST, "invalid_value"),
    "upstream_failed": Problem(502, SERVER_ERROR, "upstream_failed"),
    "upstream_expired": Problem(502, SERVER_ERROR, "upstream_expired"),
    "outcome_unknown": Problem(502, SERVER_ERROR, "outcome_unknown"),
    "source_gone": Problem(502, SERVER_ERROR, "source_gone"),
    "output_failed": Problem(502, SERVER_ERROR, "output_failed"),
    "no_channel": Problem(503, SERVER_ERROR, "no_channel"),
    "deadline": Problem(504, SERVER_ERROR, "deadline"),
    "internal": Problem(500, SERVER_ERROR, "server_error"),
    CANCELLED: Problem(409, INVALID_REQUEST, "cancelled"),
}
"""What a task's failure is on this wire: a picture's answer, and the `code` of a failed film.

None is sent again by itself: that would make, and may cost, another one.
"""


def problem_of(error: errors.GenmuxError) -> Problem:
    """Return what `error` is on this wire, by its nearest class in `PROBLEMS`."""
    return next(PROBLEMS[cls] for cls in type(error).__mro__ if cls in PROBLEMS)


def failure_of(code: str) -> Problem:
    """Return what a failed task's code is on this wire; one of a newer release is the server's fault."""
    return FAILURES.get(code, FAILURES["internal"])


def render_problem(message: str, type_: str, code: str | None, param: str | None = None) -> dict[str, Any]:
    """Return the body of an error answer."""
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


def parse_problem(status: int, body: Any) -> Refusal:
    """Return what an error answer says; servers that only resemble OpenAI leave much of it away."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return Refusal(status, str(error or ""))
    message = error.get("message") or error.get("detail") or ""
    param = error.get("param")
    return Refusal(
        status,
        str(message),
        str(error.get("type") or ""),
        str(error.get("code") or ""),
        str(param) if param is not None else None,
    )
