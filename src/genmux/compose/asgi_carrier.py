"""Carries a client's calls to the application in the same process: no socket, the same wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import structlog

from genmux.client.async_shell import Carrier, Streamed
from genmux.client.effects import Answer, AnswerLost, Call
from genmux.web.app import App, Message

log = structlog.get_logger(__name__)

PIECES: Final = 4
"""How many pieces of an answer may wait for whoever reads it."""


class AsgiCarrier:
    """Calls whose URL begins with `base` go to the application, all others to `elsewhere`."""

    def __init__(self, app: App, base: str, elsewhere: Carrier) -> None:
        self._app = app
        self._base = base
        self._elsewhere = elsewhere

    async def exchange(self, call: Call) -> Answer:
        """Carry a call and bring its whole answer."""
        if not self._owns(call.url):
            return await self._elsewhere.exchange(call)
        async with self._answered(call.method, call.url, call.headers, call.body) as reply:
            body = b"".join([chunk async for chunk in reply.chunks])
            return Answer(reply.status, dict(reply.headers), body)

    @asynccontextmanager
    async def stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Streamed]:
        """Ask for a URL and bring its answer piece by piece."""
        here = self._owns(url)
        carried: AbstractAsyncContextManager[Streamed] = (
            self._answered("GET", url, headers.items()) if here else self._elsewhere.stream(url, headers)
        )
        async with carried as reply:
            yield reply

    async def close(self) -> None:
        """Let go of the connections to elsewhere."""
        await self._elsewhere.close()

    def _owns(self, url: str) -> bool:
        return url.startswith(f"{self._base}/")

    @asynccontextmanager
    async def _answered(
        self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes = b""
    ) -> AsyncIterator[Streamed]:
        messages: asyncio.Queue[Message | None] = asyncio.Queue(PIECES)
        asked = asyncio.create_task(self._ask(self._scope(method, url, headers), body, messages))
        try:
            head = await messages.get()
            if head is None:
                raise AnswerLost("the engine in this process gave no answer")
            told = {name.decode("latin-1"): value.decode("latin-1") for name, value in head["headers"]}
            told = {name.lower(): value for name, value in told.items()}
            yield Streamed(head["status"], told, _chunks(messages))
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)

    def _scope(self, method: str, url: str, headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
        base = urlsplit(self._base)
        path, _, query = url[len(self._base) :].partition("?")
        sent = [("host", base.netloc), *((name.lower(), value) for name, value in headers)]
        return {
            "type": "http",
            "method": method,
            "scheme": base.scheme,
            "path": unquote(path),
            "query_string": query.encode("latin-1"),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent],
            "server": None,
            "client": None,
        }

    async def _ask(self, scope: dict[str, Any], body: bytes, messages: asyncio.Queue[Message | None]) -> None:
        parts = iter([{"type": "http.request", "body": body}])
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        async def receive() -> Message:
            return next(parts, None) or await never

        try:
            await self._app(scope, receive, messages.put)
        except Exception:  # the reader notices by what is missing
            log.exception("an answer broke off", path=scope["path"])
        await messages.put(None)


async def _chunks(messages: asyncio.Queue[Message | None]) -> AsyncIterator[bytes]:
    while (message := await messages.get()) is not None:
        if chunk := message.get("body", b""):
            yield chunk
