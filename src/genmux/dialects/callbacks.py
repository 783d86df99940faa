"""`/callbacks/<channel>/<token>`: upstreams tell us that something has changed; we go and ask them.

What is said is never believed, since half of the vendors do not sign it: it only makes our own
tasks due. The token keeps strangers from making us ask.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, Protocol

import structlog

from genmux.dialects.exchange import WireReply, WireRequest

log = structlog.get_logger(__name__)

TOKEN_CHARACTERS: Final = 32
OK: Final = b'{"code":0}'
"""What vendors take as received."""


class Hints(Protocol):
    """Takes what an upstream said."""

    async def called_back(self, channel_name: str, headers: dict[str, str], body: bytes) -> int | None:
        """Return how many of our tasks it names, None for an unknown channel. Raises `ValueError`."""
        ...


class Callbacks:
    """Serves every channel's callback URL."""

    def __init__(self, key: bytes, hints: Hints) -> None:
        self._key = key
        self._hints = hints

    def path(self, channel_name: str) -> str:
        """Return the path to give to the upstream of a channel."""
        return f"/callbacks/{channel_name}/{self._token(channel_name)}"

    def _token(self, channel_name: str) -> str:
        return hmac.new(self._key, channel_name.encode(), hashlib.sha256).hexdigest()[:TOKEN_CHARACTERS]

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one call of an upstream."""
        if request.method != "POST":
            return WireReply(405, b"", headers=[("Allow", "POST")])
        _, _, name, token, *rest = (*request.path.split("/"), "", "")
        if any(rest) or not hmac.compare_digest(token.encode(), self._token(name).encode()):
            return WireReply(404, b'{"error":"there is nothing at this path"}')
        try:
            known = await self._hints.called_back(name, dict(request.headers), request.body)
        except ValueError as error:
            log.warning("callback cannot be read", channel=name, why=str(error)[:200])
            return WireReply(400, b'{"error":"the body cannot be read"}')
        if known is None:
            return WireReply(404, b'{"error":"there is no such channel"}')
        return WireReply(200, OK)

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a body that no upstream would send."""
        return WireReply(413, b'{"error":"the body is too large"}')
