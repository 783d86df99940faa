"""A tiny HTTP server in a thread of its own that answers exactly as it is told, or not at all."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Script:
    """What happens to one request: `raw` is sent; then the connection goes on, ends, or is reset."""

    raw: bytes = b""
    then: str = "go on"  # "end", "reset"


def reply(status: int, body: bytes = b"", then: str = "go on", **headers: str) -> Script:
    """Return a whole answer; `length` among the headers replaces the body's own."""
    said = {"Content-Length": str(len(body))} | {k.replace("_", "-"): v for k, v in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return Script(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body, then)


RESET = Script(then="reset")
"""The request is read, and the connection breaks without an answer."""


@dataclass(slots=True)
class Peer:
    """`seen` keeps the head of every request, `bodies` what followed it, `connections` their ports."""

    port: int
    scripts: list[Script]
    seen: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def header(self, n: int, name: str) -> str | None:
        """Return a header of request number `n`."""
        return _header(self.seen[n], name)

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection."""
        with connection, contextlib.suppress(ConnectionError, TimeoutError):
            connection.settimeout(30)
            self.connections.append(connection.getpeername()[1])
            file = connection.makefile("rb")
            while head := _head(file):
                length = _header(head, "content-length") or "0"
                self.bodies.append(file.read(int(length)))
                self.seen.append(head)
                script = self.scripts.pop(0)
                connection.sendall(script.raw)
                if script.then == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if script.then != "go on":
                    file.close()
                    return


def _head(file: BinaryIO) -> str:
    """Return a request's head, "" at the end of the connection."""
    lines: list[bytes] = []
    while (line := file.readline()) not in (b"", b"\r\n"):
        lines.append(line)
    return b"".join(lines).decode()


def _header(head: str, name: str) -> str | None:
    said = {k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\r\n")[1:])}
    return said.get(name.lower())


@contextlib.contextmanager
def peer(*scripts: Script) -> Iterator[Peer]:
    """Run a peer that answers its requests with these scripts, in this order."""
    told = Peer(0, list(scripts))
    with listening(told.serve) as told.port:
        yield told


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], object]) -> Iterator[int]:
    """Hand every connection to `serve`, in a thread of its own; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
