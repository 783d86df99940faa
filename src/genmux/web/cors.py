"""Cross-origin requests: which browser pages may call us, and what they may send and read.

Nobody needs cookies here, the caller's right is in a header it must set itself, so credentials in
the browser's sense are never allowed and "*" is safe. Source: the Fetch standard, CORS protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

Headers = tuple[tuple[str, str], ...]

ANY: Final = "*"
METHODS: Final = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
MAX_AGE_SECONDS: Final = 7200
"""As long as any browser remembers a preflight."""
ALLOWED: Final = frozenset(
    {
        *("authorization", "content-type", "accept", "accept-language", "range"),
        *("idempotency-key", "if-none-match", "last-event-id", "x-requested-with"),
    }
)
"""The headers that a page may set."""
ALLOWED_PREFIXES: Final = ("x-tc-", "x-genmux-", "x-fal-", "x-stainless-", "openai-")
"""The same, by how they begin: Tencent's signature, our own, and what fal's and OpenAI's clients add."""
EXPOSED: Final = (
    *("X-Request-Id", "ETag", "Location", "Retry-After", "Content-Range", "Accept-Ranges"),
    *("Idempotent-Replayed", "WWW-Authenticate", "openai-poll-after-ms", "x-should-retry"),
)
"""The headers that a page may read. Those that begin with `X-Genmux-` are added as they are sent."""
EXPOSED_PREFIX: Final = "x-genmux-"


def preflight(method: str, headers: Mapping[str, str], origins: Sequence[str]) -> Headers | None:
    """Return the headers of the empty 204 that answers a preflight, None for any other request.

    `headers` have lower-case names. A preflight of an origin that may not call is answered too,
    without leave, so that it never reaches an endpoint.
    """
    if method != "OPTIONS" or not origins or "access-control-request-method" not in headers:
        return None
    leave = _leave(headers, origins)
    if not leave:
        return _vary(origins)
    asked = [name.strip().lower() for name in headers.get("access-control-request-headers", "").split(",")]
    allowed = ", ".join(name for name in asked if _may_send(name))
    found = [
        *leave,
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Max-Age", str(MAX_AGE_SECONDS)),
    ]
    if allowed:
        found.append(("Access-Control-Allow-Headers", allowed))
    if headers.get("access-control-request-private-network") == "true":
        found.append(("Access-Control-Allow-Private-Network", "true"))
    return (*found, *_vary(origins))


def response(headers: Mapping[str, str], origins: Sequence[str], sent: Sequence[str] = ()) -> Headers:
    """Return what every other answer needs, refusals too; `sent` are the names of its own headers."""
    if not origins:
        return ()
    leave = _leave(headers, origins)
    if not leave:
        return _vary(origins)
    ours = dict.fromkeys(name for name in sent if name.lower().startswith(EXPOSED_PREFIX))
    return (*leave, ("Access-Control-Expose-Headers", ", ".join((*EXPOSED, *ours))), *_vary(origins))


def _leave(headers: Mapping[str, str], origins: Sequence[str]) -> Headers:
    origin = headers.get("origin", "")
    if not origin:
        return ()
    if ANY in origins:
        return (("Access-Control-Allow-Origin", ANY),)
    return (("Access-Control-Allow-Origin", origin),) if origin in origins else ()


def _vary(origins: Sequence[str]) -> Headers:
    """Return what tells caches that the answer depends on who asks."""
    return () if ANY in origins else (("Vary", "Origin"),)


def _may_send(name: str) -> bool:
    return name in ALLOWED or name.startswith(ALLOWED_PREFIXES)
