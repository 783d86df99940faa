"""The ASGI application: routes by first path segment, reads bodies within limits, writes replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple, Protocol

import structlog
from msgspec.structs import replace

from genmux.dialects.exchange import JSON, BodyTooLarge, ClientGone, WireReply, WireRequest
from genmux.web import cors
from genmux.web.addresses import Addresses
from genmux.web.files import FileRoute

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MEGABYTE: Final = 1024 * 1024


def always() -> bool:
    """Return True: a database in the data directory is there as long as the process."""
    return True


class Dialect(Protocol):
    """Anything that answers whole requests."""

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request; never raises."""
        ...

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request whose body was not read because it is over `limit` bytes."""
        ...


class Mount(NamedTuple):
    """A dialect, and how many bytes a request to it may have.

    `streamed` says by method, path and headers which bodies the dialect reads itself, unlimited.
    """

    dialect: Dialect
    limit: int
    streamed: Callable[[str, str, Mapping[str, str]], bool] | None = None


class App:
    """genmux over ASGI 3: one dialect per first path segment, `fallback` for all others.

    `ready` turns true once creates are accepted, false again while draining. `answering` says whether
    the database is there. Without `files` there are none to serve.
    """

    def __init__(
        self,
        *,
        mounts: Mapping[str, Mount],
        fallback: Mount,
        files: FileRoute | None = None,
        addresses: Addresses | None = None,
        cors_origins: tuple[str, ...] = (),
        answering: Callable[[], bool] = always,
    ) -> None:
        self.mounts = mounts
        self._fallback = fallback
        self._files = files
        self._addresses = addresses or Addresses()
        self._answering = answering
        self._cors_origins = cors_origins
        self.ready = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] != "http":
            return
        reply = await self.answer(scope, receive)
        if reply is not None:
            await write(reply, receive, send)

    async def answer(self, scope: Scope, receive: Receive) -> WireReply | None:
        """Return the answer to one request, None for a client that is gone; never raises."""
        if self._cors_origins and scope["method"] == "OPTIONS":
            leave = cors.preflight("OPTIONS", _headers(scope), self._cors_origins)
            if leave is not None:
                return WireReply(204, headers=leave)
        try:
            reply = await self._route(scope, receive)
        except ClientGone:
            return None
        except Exception:
            log.exception("request failed", path=scope.get("path"))
            reply = WireReply(500, b'{"error":"internal"}')
        if self._cors_origins:
            told = cors.response(_headers(scope), self._cors_origins, [name for name, _ in reply.headers])
            reply = replace(reply, headers=(*reply.headers, *told))
        return reply

    async def _route(self, scope: Scope, receive: Receive) -> WireReply:
        path: str = scope["path"]
        segment = path.split("/", 2)[1] if path else ""
        mount = self.mounts.get(segment)
        if mount is not None:
            return await self._ask(mount, scope, receive)
        if segment in ("files", "inputs") and self._files is not None:
            query = scope["query_string"].decode("latin-1")
            return await self._files.handle(scope["method"], path, query, _headers(scope))
        if path == "/healthz":
            return self._health(self.ready)
        if path == "/readyz":
            return self._health(self.ready and self._answering())
        return await self._ask(self._fallback, scope, receive)

    async def _ask(self, mount: Mount, scope: Scope, receive: Receive) -> WireReply:
        headers = _headers(scope)
        if mount.streamed is not None and mount.streamed(scope["method"], scope["path"], headers):
            return await mount.dialect.handle(self._request(scope, headers, stream=_chunks(receive)))
        try:
            body = await _read(headers, receive, mount.limit)
        except BodyTooLarge:
            return mount.dialect.too_large(self._request(scope, headers), mount.limit)
        return await mount.dialect.handle(self._request(scope, headers, body))

    def _request(
        self,
        scope: Scope,
        headers: Mapping[str, str],
        body: bytes = b"",
        stream: AsyncIterator[bytes] | None = None,
    ) -> WireRequest:
        client = scope.get("client")
        return WireRequest(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            base_url=self._addresses.base_url(
                headers, scope["scheme"], scope.get("server"), client[0] if client else ""
            ),
            stream=stream,
        )

    def _health(self, well: bool) -> WireReply:
        if well:
            return WireReply(200, b'{"status":"ok"}')
        status = b"the database does not answer" if self.ready else b"starting or draining"
        return WireReply(503, b'{"status":"%s"}' % status)


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers by lower-case name; of equal names the first wins."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


async def _read(headers: Mapping[str, str], receive: Receive, limit: int) -> bytes:
    """Return the whole body. Raises `BodyTooLarge` without reading on, `ClientGone`."""
    stated = headers.get("content-length", "")
    if stated.isdigit() and int(stated) > limit:
        raise BodyTooLarge(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return _within(body, limit)
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise BodyTooLarge(limit)
    return b"".join(parts)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises `ClientGone`."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise BodyTooLarge(limit)
    return body


async def write(reply: WireReply, receive: Receive, send: Send) -> None:
    """Send an answer, its stream until its end or the client's."""
    length = reply.length if reply.stream is not None else len(reply.body)  # None: until it ends
    headers = [(b"content-type", (reply.content_type or JSON).encode("latin-1"))]
    if reply.status not in (204, 304) and length is not None:
        headers.append((b"content-length", str(length).encode()))
    headers.extend((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers)
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.stream is not None and length is not None:
        async for chunk in reply.stream:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    elif reply.stream is not None:
        await _pour(reply.stream, receive, send)
    await send({"type": "http.response.body", "body": reply.body if reply.stream is None else b""})


async def _pour(stream: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Send a stream without an end in sight, until it ends or the client is gone."""
    gone = asyncio.ensure_future(_gone(receive))
    try:
        while True:
            step = asyncio.ensure_future(anext(stream, None))
            await asyncio.wait((step, gone), return_when=asyncio.FIRST_COMPLETED)
            chunk = step.result() if step.done() else None
            if chunk is None:
                await _stopped(step)
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stopped(step: asyncio.Future[bytes | None]) -> None:
    """Cancel what still waits for its next piece; the generator ends with it."""
    step.cancel()
    await asyncio.wait((step,))
