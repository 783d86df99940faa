"""A proxy that passes bytes on and remembers what the client said: the heads of its requests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Capture:
    """What went through; `address` is where a client finds the proxy."""

    address: str
    said: bytearray = field(default_factory=bytearray)

    def header(self, name: str) -> set[str]:
        """Return every value that any request gave a header."""
        lines = bytes(self.said).decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines]
        return {value.strip() for key, _, value in pairs if key.lower() == name.lower()}


@contextmanager
def capturing(upstream: str) -> Iterator[Capture]:
    """Listen on a free port for as long as the block runs."""
    host, _, port = upstream.rpartition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    capture = Capture(f"127.0.0.1:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def pump(source: socket.socket, sink: socket.socket, heard: bytearray | None) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if heard is not None:
                    heard += data
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((host, int(port)))
                sockets.extend((near, far))
                for task in ((near, far, capture.said), (far, near, None)):
                    threads.append(threading.Thread(target=pump, args=task))
                    threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield capture
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        acceptor.join()
        for end in sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for end in (listener, *sockets):
            end.close()
