"""An HTTP/1.1 server that reads nothing but lengths and answers at once, for floors and peers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from bench.children import say_ready
from bench.load import loop_factory

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
LENGTH: Final = b"\r\ncontent-length:"
PLAIN: Final = b"application/json"

Answer = Callable[[bytes, bytes], bytes]
"""Takes a request's head, without its last empty line, and its body; returns the whole answer."""


def answered(body: bytes, content_type: bytes = PLAIN) -> bytes:
    """Return a 200 with this body."""
    if content_type == PLAIN:
        return HEAD + b"%d\r\n\r\n" % len(body) + body
    return HEAD.replace(PLAIN, content_type) + b"%d\r\n\r\n" % len(body) + body


class Raw(asyncio.Protocol):
    """One connection: every whole request is answered by `answer`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Answer every whole request that is there."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2].lower()
            at = head.find(LENGTH) + len(LENGTH)
            size = end + 4 + (int(head[at : head.find(b"\r\n", at)]) if at >= len(LENGTH) else 0)
            if len(self._buffer) < size:
                return
            answer = self._answer(self._buffer[:end], self._buffer[end + 4 : size])
            self._buffer = self._buffer[size:]
            assert self._transport is not None
            self._transport.write(answer)


def serve_raw(answer: Answer, **said: Any) -> None:
    """Serve on a free loopback port until told to end; `said` is told when ready."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(answer, said))


async def _serve(answer: Answer, said: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Raw(answer), "127.0.0.1", 0, backlog=2048)
    host, port = server.sockets[0].getsockname()
    say_ready(host=host, port=port, **said)
    await server.serve_forever()
