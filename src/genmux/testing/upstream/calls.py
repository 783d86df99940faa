"""One call on its way through the upstream, and the answers that every platform breaks alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from genmux.testing.upstream.connection import Answer, Manner, Request

AFTER_ACCEPT: Final = {
    "lost-answer": Answer(manner=Manner.CLOSED),
    "hang": Answer(manner=Manner.NEVER),
    "malformed-answer": Answer(b'{"Response": {"TaskId": '),
    "error-after": Answer(b"<html>502 Bad Gateway</html>", 500, "text/html"),
}
"""What becomes of the answer to a create that was accepted."""


class Refusal(Exception):
    """What the platform says no with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(slots=True)
class Call:
    """One call on its way; `code` and `task` are what the ledger will say of it.

    `base` is how the client reaches the upstream.
    """

    request: Request
    base: str
    api: str = ""
    action: str = ""
    secret_id: str = ""
    code: str = ""
    task: str = ""

    def body(self) -> dict[str, Any]:
        """Return the members of the request. Raises `Refusal`."""
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError:
            raise Refusal("InvalidRequest", "The request body is not JSON.") from None
        return dict(body)
