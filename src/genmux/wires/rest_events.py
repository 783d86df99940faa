"""A task's events on our own REST wire, as server-sent events: written by us, read by our clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

CONTENT_TYPE: Final = "text/event-stream"
TASK: Final = "task"
"""A message that shows the task as it stands now; it has no id."""
LINE: Final = "event"
"""A message that is one line of the timeline; its id is the line's number."""
HEARTBEAT: Final = b": still here\n\n"
HEARTBEAT_SECONDS: Final = 15.0
RETRY_MS: Final = 2000
"""How long a client waits before it connects again."""

_encode = msgspec.json.Encoder().encode


class Message(NamedTuple):
    """One server-sent event; `id` is the last timeline line that the client has seen by then."""

    event: str
    data: dict[str, Any]
    id: int | None = None


def render_opening() -> bytes:
    """Return what every stream begins with."""
    return f"retry: {RETRY_MS}\n\n".encode()


def render_message(message: Message) -> bytes:
    """Return the bytes of one message."""
    number = b"" if message.id is None else f"id: {message.id}\n".encode()
    return b"%sevent: %s\ndata: %s\n\n" % (number, message.event.encode(), _encode(message.data))


def parse_messages(text: str) -> Iterator[Message]:
    """Yield the messages of whole blocks, as `render_message` wrote them; comments say nothing."""
    for block in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.split("\n") if not line.startswith(":"))
        if "data" in fields:
            number = fields.get("id")
            data = msgspec.json.decode(fields["data"])
            yield Message(fields.get("event", "message"), data, None if number is None else int(number))


def parse_event_number(text: str) -> int | None:
    """Return the timeline number that a client has seen, None for anything that is no number of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
