"""Runs the ASGI application on uvicorn inside an event loop that is already there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from genmux.web.app import App


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


class JoiningTransport:
    """A transport that sends an answer's head together with the first piece of its body.

    uvicorn writes them apart, which costs a system call here and a wake-up at the client per answer.
    What was held goes out at the latest in the next round of the event loop.
    """

    __slots__ = ("_held", "_inner", "_loop")

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = inner
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send `data`, or hold it when it is the head of an answer."""
        if self._held:
            held, self._held = self._held, b""
            self._inner.write(held + data)
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n"):
            self._held = data
            self._loop.call_soon(self._flush)
        else:
            self._inner.write(data)

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._inner.write(held)

    def close(self) -> None:
        """Send what is held, then close."""
        self._flush()
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class JoiningProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 over a `JoiningTransport`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]


class _Uvicorn(uvicorn.Server):
    """uvicorn that leaves the signals to whoever owns the process."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class HttpServer:
    """The application on one bound socket, from `start` to `stop`."""

    def __init__(self, app: App, bound: socket.socket, certificate: Certificate | None = None) -> None:
        """`bound` is closed by `stop`."""
        self._socket = bound
        config = uvicorn.Config(
            app,
            http=JoiningProtocol,
            proxy_headers=False,  # `Addresses` decides whose forwarded headers count
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=10,
            backlog=2048,
            ssl_certfile=certificate.certificate if certificate is not None else None,
            ssl_keyfile=certificate.key if certificate is not None else None,
        )
        self.scheme = "http" if certificate is None else "https"
        self._server = _Uvicorn(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """The (host, port) it is bound to; port 0 has become a real one."""
        name = self._socket.getsockname()
        return name[0], name[1]

    async def start(self) -> None:
        """Begin to accept connections; returns once it does."""
        self._task = asyncio.create_task(self._server.serve([self._socket]), name="http-server")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the HTTP server ended before it started")
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """Finish the requests in hand and close every connection."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
        self._socket.close()


def bind(host: str, port: int, *, divided: bool = False) -> socket.socket:
    """Return a bound socket; a port in use is an `OSError`.

    Several `divided` ones may have one port: the kernel divides the connections among them.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if divided:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
