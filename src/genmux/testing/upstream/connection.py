"""HTTP/1.1 on bare sockets: requests with the kernel's time of arrival, answers as broken as wanted."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final

import httptools

# Linux' SO_TIMESTAMPNS, which the socket module does not name: the kernel notes when bytes arrived, so
# that rates are measured right however late this process gets to read them.
_TIMESTAMP: Final = 35 if sys.platform == "linux" else None
_TIMESPEC: Final = struct.Struct("qq")
_LINGER_NOT: Final = struct.pack("ii", 1, 0)
_READ_BYTES: Final = 64 * 1024
_DRIP_SECONDS: Final = 0.2
_ENDLESS_BYTES: Final = 64 * 1024


class Manner(Enum):
    """How an answer is delivered."""

    WHOLE = auto()
    CLOSED = auto()  # not a byte, then the end
    NEVER = auto()  # not a byte, and no end
    RESET = auto()  # half of it, then a reset
    SHORT = auto()  # half of it, then an orderly end
    ENDLESS = auto()  # it, then more for ever
    DRIP = auto()  # a byte at a time


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower-case, `arrived_us` is the arrival of its first bytes."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    arrived_us: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer and how it is delivered."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner = Manner.WHOLE


def json_answer(value: Any, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """Return a JSON answer."""
    return Answer(json.dumps(value, separators=(",", ":")).encode(), status, headers=tuple(headers))


@dataclass(slots=True)
class _Parsing:
    """What the parser has told of the request that is arriving."""

    url: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


class Connection:
    """One client's connection: requests one after the other, each answered before the next is read."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if _TIMESTAMP is not None:
            sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)

    async def request(self) -> Request | None:
        """Return the next request, None when the client has closed. Raises `OSError`."""
        told = _Parsing()
        parser = httptools.HttpRequestParser(told)
        arrived_us = 0
        while not told.complete:
            data, at_us = await self._receive()
            if not data:
                return None
            arrived_us = arrived_us or at_us
            parser.feed_data(data)
            if told.headers.get("expect") == "100-continue" and not told.complete:
                await self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        url = httptools.parse_url(told.url)
        return Request(
            method=parser.get_method().decode(),
            path=url.path.decode(),
            query=(url.query or b"").decode(),
            headers=told.headers,
            body=bytes(told.body),
            arrived_us=arrived_us,
        )

    async def _receive(self) -> tuple[bytes, int]:
        while True:
            try:
                data, extra, _, _ = self._sock.recvmsg(_READ_BYTES, socket.CMSG_SPACE(_TIMESPEC.size))
            except BlockingIOError:
                await self._readable()
                continue
            for _, kind, value in extra:
                if kind == _TIMESTAMP:
                    seconds, nanos = _TIMESPEC.unpack(value)
                    return data, seconds * 1_000_000 + nanos // 1000
            return data, time.time_ns() // 1000

    async def _readable(self) -> None:
        ready = self._loop.create_future()
        self._loop.add_reader(self._sock, _resolve, ready)
        try:
            await ready
        finally:
            self._loop.remove_reader(self._sock)

    async def deliver(self, answer: Answer) -> bool:
        """Deliver an answer in its manner; return whether the connection is still of use."""
        body = answer.body
        match answer.manner:
            case Manner.WHOLE:
                await self._send(_head(answer, len(body)) + body)
                return True
            case Manner.CLOSED:
                return False
            case Manner.NEVER:
                await self._wait_for_end()
            case Manner.RESET:
                await self._send(_head(answer, len(body)) + body[: len(body) // 2])
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            case Manner.SHORT:
                await self._send(_head(answer, len(body)) + body[: len(body) // 2])
            case Manner.ENDLESS:
                await self._pour(answer)
            case Manner.DRIP:
                await self._drip(answer)
        return False

    async def _pour(self, answer: Answer) -> None:
        await self._send(_head(answer, None) + answer.body)
        while True:
            await self._send(bytes(_ENDLESS_BYTES))

    async def _drip(self, answer: Answer) -> None:
        await self._send(_head(answer, len(answer.body)))
        for n in range(len(answer.body)):
            await self._send(answer.body[n : n + 1])
            await asyncio.sleep(_DRIP_SECONDS)

    async def _wait_for_end(self) -> None:
        while (await self._receive())[0]:
            continue

    async def _send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._sock, data)

    def close(self) -> None:
        """Close the socket: an orderly end, or the reset that `deliver` prepared."""
        self._sock.close()


def _head(answer: Answer, length: int | None) -> bytes:
    """Return status line and headers; without a length the body lasts as long as the connection."""
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Date: {formatdate(usegmt=True)}",
        f"Content-Type: {answer.content_type}",
        "Connection: close" if length is None else f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in answer.headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _resolve(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
