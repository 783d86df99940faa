"""What a process answers that does the work and serves no clients."""

from __future__ import annotations

from typing import Final

from genmux.dialects.exchange import WireReply, WireRequest

BODY: Final = b'{"error":"this process makes tasks and serves no clients; ask one of the role api or all"}'


class Nothing:
    """Answers everything with where to go instead."""

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request."""
        return WireReply(404, BODY)

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request with a large body."""
        return WireReply(404, BODY)
