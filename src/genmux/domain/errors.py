"""Everything that can go wrong, with a stable code on each class.

GenmuxError
├── CallerError                  the caller can mend it
│   ├── InvalidValue             invalid_value        a field says something no source allows
│   ├── MissingValue             missing_value        a field that is needed is absent
│   ├── ModelNotSupported        model_not_supported  nobody here makes this model
│   ├── InvalidInput             invalid_input        an input picture, film or URL cannot be used
│   ├── ContentRefused           content_refused      the prompt or an input breaks the content rules
│   ├── Unsupported              unsupported          known, but not served here
│   ├── NotFound                 not_found            no such task (or not yours)
│   ├── KeyReused                key_reused           an idempotency key came back with another body
│   ├── RateLimited              rate_limited         too many calls in this second
│   ├── Unauthorized             unauthorized         who you are is not proved
│   └── Forbidden                forbidden            proved, but not allowed
└── ServiceError                 the operator can mend it
    ├── Unavailable              unavailable          shutting down, or the store does not answer
    └── IllegalMove              illegal_move         a (state, event) pair outside the task machine
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from genmux.domain.text import Text


class GenmuxError(Exception):
    """Base of every error genmux raises on purpose; `code` is stable across releases."""

    code: ClassVar[str] = "error"

    def __init__(self, text: Text, *, field: str | None = None) -> None:
        """`field` is the path in the spec (or in the wire, once a wire has translated it).

        A client's errors carry what the platform called them: `upstream_code` and `request_id`, "" for
        what is genmux's own.
        """
        super().__init__(text.en)
        self.text = text
        self.field = field
        self.upstream_code = ""
        self.request_id = ""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        """Let an error go from one process to another as it is, whatever its class is made with."""
        return _remade, (type(self), self.args), self.__dict__


def _remade(made: type[GenmuxError], args: tuple[Any, ...]) -> GenmuxError:
    return made.__new__(made, *args)


class CallerError(GenmuxError):
    """The request is at fault; sending it again unchanged will fail again."""

    code = "caller_error"


class InvalidValue(CallerError):
    """A field holds a value that no source for this surface allows."""

    code = "invalid_value"


class MissingValue(CallerError):
    """A field that this request needs is absent."""

    code = "missing_value"


class ModelNotSupported(CallerError):
    """No catalogue row and no channel knows this model or version."""

    code = "model_not_supported"


class InvalidInput(CallerError):
    """An input cannot be fetched, decoded or accepted."""

    code = "invalid_input"


class ContentRefused(CallerError):
    """The prompt or an input was refused by content rules; it is never tried elsewhere."""

    code = "content_refused"


class Unsupported(CallerError):
    """Known to the wire, but genmux does not serve it."""

    code = "unsupported"


class NotFound(CallerError):
    """There is no such thing for this caller; other tenants' things look the same."""

    code = "not_found"


class KeyReused(CallerError):
    """An idempotency key was used before with a different body."""

    code = "key_reused"


class RateLimited(CallerError):
    """The caller is over its request rate; nothing was made."""

    code = "rate_limited"


class Unauthorized(CallerError):
    """The caller did not prove who it is."""

    code = "unauthorized"


class Forbidden(CallerError):
    """The caller is known but may not do this."""

    code = "forbidden"


class ServiceError(GenmuxError):
    """genmux itself cannot answer; the request may be sent again."""

    code = "service_error"


class Unavailable(ServiceError):
    """The server is draining or its store does not answer."""

    code = "unavailable"


class IllegalMove(ServiceError):
    """A (state, event) pair that the task machine does not allow."""

    code = "illegal_move"
