"""The floor of clients: an HTTP server that reads nothing but lengths and answers every call at once."""

from __future__ import annotations

import asyncio
import sys
from typing import Final, cast

from bench.children import begin, say_ready
from bench.load import loop_factory

DESCRIBE: Final = b"Describe"
LENGTH: Final = b"\r\ncontent-length:"
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
RUNNING: Final = (
    b'{"Response":{"Status":"RUN","VideoUrls":[],"Resolution":"","Message":"",'
    b'"RequestId":"00000000-0000-0000-0000-000000000000"}}'
)
ANSWER: Final = HEAD + str(len(RUNNING)).encode() + b"\r\n\r\n" + RUNNING


class Constant(asyncio.Protocol):
    """One connection: creates are answered by a new TaskId, looks by RUN."""

    made = 0

    def __init__(self) -> None:
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
            look = DESCRIBE in self._buffer[:end]
            self._buffer = self._buffer[size:]
            assert self._transport is not None
            self._transport.write(ANSWER if look else _created())


def _created() -> bytes:
    Constant.made += 1
    body = b'{"Response":{"TaskId":"4-AigcVideo-%032x","RequestId":"00000000-0000-0000-0000-%012x"}}' % (
        Constant.made,
        Constant.made,
    )
    return HEAD + b"%d\r\n\r\n" % len(body) + body


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Constant, "127.0.0.1", 0, backlog=2048)
    host, port = server.sockets[0].getsockname()
    say_ready(host=host, port=port)
    await server.serve_forever()


def main() -> None:
    """Serve until told to end."""
    begin(sys.argv[1:])
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main()
