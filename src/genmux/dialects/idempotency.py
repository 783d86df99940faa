"""Idempotency keys of HTTP headers: the same key and body make one task, whatever the wire."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

from genmux.dialects.exchange import WireRequest
from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text
from genmux.engine.ports import IdempotencyClaim

STANDARD_HEADER: Final = "Idempotency-Key"
OWN_HEADER: Final = "X-Genmux-Idempotency-Key"
SCOPE: Final = "http"
KEEP_MS: Final = 24 * 3_600_000
MAX_KEY_CHARACTERS: Final = 255


def claim_of(
    request: WireRequest, now: int, *headers: str, salt: bytes = b"", body: bytes | None = None
) -> IdempotencyClaim | None:
    """Return the claim of the first of `headers` that the request has, None if it has none.

    `salt` tells apart calls whose bodies may be equal (an action, a path); `body` replaces the
    request's where that holds something that changes with every send. Raises `InvalidValue` for a
    key that is too long.
    """
    name = next((h for h in headers if request.headers.get(h.lower())), None)
    if name is None:
        return None
    key = request.headers[name.lower()]
    if len(key) > MAX_KEY_CHARACTERS:
        raise InvalidValue(
            Text(
                f"The header {name} must have at most {MAX_KEY_CHARACTERS} characters.",
                f"请求头 {name} 最多 {MAX_KEY_CHARACTERS} 个字符。",
            ),
            field=name,
        )
    digest = hashlib.sha256(salt + b"\n" + (request.body if body is None else body)).digest()
    return IdempotencyClaim(SCOPE, key, digest, now + KEEP_MS)


def tencent_claim(
    request: WireRequest, action: str, fields: dict[str, Any], now: int
) -> IdempotencyClaim | None:
    """Return the claim of a Tencent create; its wires have no such header, so ours is the only one.

    The fields as read are compared, not the bytes: a form signed anew has other bytes every time.
    """
    if OWN_HEADER.lower() not in request.headers:
        return None
    body = msgspec.json.encode(fields, order="sorted")
    return claim_of(request, now, OWN_HEADER, salt=action.encode(), body=body)
