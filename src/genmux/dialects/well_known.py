"""`/.well-known/jwks.json`: the public key that proves our fal webhooks."""

from __future__ import annotations

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.wires.fal_webhooks import JWKS_PATH, public_key_of, render_jwks


class WellKnown:
    """Serves the key set; its private half is derived from the master key."""

    def __init__(self, private_key: bytes) -> None:
        self._jwks = render_jwks([public_key_of(private_key)])

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request."""
        if request.path != JWKS_PATH:
            return WireReply(404, b'{"error":"there is nothing at this path"}')
        if request.method not in ("GET", "HEAD"):
            return WireReply(405, b"", headers=[("Allow", "GET, HEAD")])
        return WireReply(200, self._jwks, headers=[("Cache-Control", "public, max-age=3600")])

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request with a body, which nothing here takes."""
        return WireReply(413, b'{"error":"the body is too large"}')
