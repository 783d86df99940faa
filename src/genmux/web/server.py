"""Runs the ASGI application on uvicorn inside an event loop that is already there."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from genmux.dialects.exchange import JSON, WireReply
from genmux.web.app import App, Receive, Scope, Send, write

_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
STATUS_LINES: Final = {code: f"HTTP/1.1 {code} {_PHRASES.get(code, '')}" for code in range(100, 600)}
"""Dialects answer with what their service answers with, 499 too, which no standard has."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What may not stand in a line: all of them but the tab."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


class Joined:
    """The application as uvicorn calls it: an answer that is whole leaves in one write.

    uvicorn writes head and body apart, which costs a system call here and a wake-up at the client, and
    builds a head from ASGI's messages, which costs as much again.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        cycle = getattr(send, "__self__", None)
        if scope["type"] != "http" or not isinstance(cycle, RequestResponseCycle):
            await self._app(scope, receive, send)
            return
        reply = await self._app.answer(scope, receive)
        if reply is None:
            return
        if reply.stream is not None or cycle.flow.write_paused or cycle.response_started:
            await write(reply, receive, send)
        elif not cycle.disconnected:
            _write_whole(cycle, reply, with_body=scope["method"] != "HEAD")


def _write_whole(cycle: RequestResponseCycle, reply: WireReply, *, with_body: bool) -> None:
    """Do what the cycle's `send` does with the two messages of an answer."""
    head = render_head(reply, cycle.default_headers, keep_alive=cycle.keep_alive)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(head + reply.body if with_body else head)
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


def render_head(reply: WireReply, more: Sequence[tuple[bytes, bytes]], *, keep_alive: bool) -> bytes:
    """Return an answer's head. Raises `ValueError` for a header that would break out of its line."""
    lines = [STATUS_LINES[reply.status]]
    lines += [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in more]
    lines.append(f"content-type: {reply.content_type or JSON}")
    if reply.status not in (204, 304):
        lines.append(f"content-length: {len(reply.body)}")
    lines += [f"{name.lower()}: {value}" for name, value in reply.headers]
    if not keep_alive:
        lines.append("connection: close")
    if _CONTROLS.search("".join(lines)):
        raise ValueError("an answer has a header with a line break or a control character in it")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


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
            Joined(app),
            http="httptools",
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
