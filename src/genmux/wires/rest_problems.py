"""Refusals on our own REST wire: problem details as RFC 9457 describes them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from genmux.domain import errors

CONTENT_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:genmux:error:"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal; `code` is stable, `field` is the path of the field at fault, absent when none is."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: str | UnsetType = UNSET


STATUS: Final[dict[type[errors.GenmuxError], int]] = {
    errors.GenmuxError: 500,
    errors.CallerError: 400,
    errors.InvalidValue: 422,
    errors.MissingValue: 422,
    errors.ModelNotSupported: 422,
    errors.InvalidInput: 422,
    errors.ContentRefused: 422,
    errors.Unsupported: 422,
    errors.NotFound: 404,
    errors.KeyReused: 422,
    errors.RateLimited: 429,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.ServiceError: 500,
    errors.Unavailable: 503,
    errors.IllegalMove: 409,
}
"""The HTTP status of each of our errors. `IllegalMove` is 409: the task is not in a state for it."""

TITLE: Final = {
    "error": "Internal error",
    "caller_error": "Malformed request",
    "invalid_value": "Invalid value",
    "missing_value": "Missing value",
    "model_not_supported": "Model not supported",
    "invalid_input": "Invalid input",
    "content_refused": "Content refused",
    "unsupported": "Unsupported",
    "not_found": "Not found",
    "key_reused": "Idempotency key reused",
    "rate_limited": "Rate limited",
    "unauthorized": "Unauthorized",
    "forbidden": "Forbidden",
    "service_error": "Service error",
    "unavailable": "Unavailable",
    "illegal_move": "Wrong state",
    "method_not_allowed": "Method not allowed",
    "too_large": "Body too large",
    "internal": "Internal error",
}
"""The short sentence of each code; it never changes with the occurrence."""


def status_of(error: errors.GenmuxError) -> int:
    """Return the HTTP status of `error`, by its nearest class in `STATUS`."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def render_error(
    error: errors.GenmuxError, status: int, *, request_id: str, language: str = "en", field: str | None = None
) -> dict[str, Any]:
    """Return the problem that `error` is; `field` replaces its field where the wire spells it otherwise."""
    return render_problem(
        status, error.code, error.text.say(language), request_id=request_id, field=field or error.field
    )


def render_problem(
    status: int, code: str, detail: str, *, request_id: str, field: str | None = None
) -> dict[str, Any]:
    """Return a problem; `field` is the path of the field at fault, absent when none is."""
    problem: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": TITLE.get(code, code),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }
    if field is not None:
        problem["field"] = field
    return problem
