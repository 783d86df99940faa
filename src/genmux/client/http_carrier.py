"""Carries the calls of the asynchronous client over HTTP by aiohttp, in whatever loop is running."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Final

import aiohttp
from yarl import URL

from genmux.client.async_shell import Streamed
from genmux.client.effects import Answer, AnswerLost, Call, NotSent, Untrusted
from genmux.client.local_files import trusting
from genmux.client.part_file import CHUNK_BYTES
from genmux.client.proxies import Proxies
from genmux.client.reasons import reason_of, untrusted

CONNECT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 60.0
"""How long a download may stand still."""
CONNECTIONS: Final = 512
"""How many connections are open at most; each task that is waited for holds one for its long poll."""
ERRORS: Final = (aiohttp.ClientError, TimeoutError, ConnectionError)
_STREAMING: Final = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)


class HttpCarrier:
    """A pool of connections for each event loop, opened at its first call."""

    def __init__(self, certificate: str = "") -> None:
        """`certificate` is the path of a PEM file to trust beside the system's."""
        self._certificate = certificate
        self._proxies = Proxies()
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}

    async def exchange(self, call: Call) -> Answer:
        """Carry a call and bring its whole answer."""
        session = await self._session()
        try:
            async with session.request(
                call.method,
                _url(call.url),
                data=call.body or None,
                headers=call.headers,
                allow_redirects=call.redirects,
                timeout=self._timeout(call.timeout_seconds),
                proxy=self._proxies.of(call.url) or None,
            ) as reply:
                return Answer(reply.status, _lower(reply), await reply.read())
        except ERRORS as error:
            raise _named(error) from error

    @asynccontextmanager
    async def stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Streamed]:
        """Ask for a URL and bring its answer piece by piece."""
        session = await self._session()
        try:
            async with session.get(
                _url(url),
                headers=headers,
                allow_redirects=False,
                timeout=_STREAMING,
                proxy=self._proxies.of(url) or None,
            ) as reply:
                yield Streamed(reply.status, _lower(reply), reply.content.iter_chunked(CHUNK_BYTES))
        except ERRORS as error:
            raise _named(error) from error

    async def close(self) -> None:
        """Close every connection of the running loop, and what loops that have ended left behind."""
        here = asyncio.get_running_loop()
        ended = [loop for loop in self._sessions if loop is here or loop.is_closed()]
        for session in [self._sessions.pop(loop) for loop in ended]:
            await session.close()

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        known = self._sessions.get(loop)
        if known is not None:
            return known
        await self.close()
        return self._sessions.get(loop) or self._open(loop)  # another call may have been faster

    def _open(self, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientSession:
        opened = self._sessions[loop] = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusting(self._certificate) or True, limit=CONNECTIONS),
            skip_auto_headers=("Accept-Encoding",),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return opened

    def _timeout(self, seconds: float) -> aiohttp.ClientTimeout:
        known = self._timeouts.get(seconds)
        if known is None:
            known = self._timeouts[seconds] = aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=seconds
            )
        return known


@lru_cache(maxsize=256)
def _url(url: str) -> URL:
    """Return a URL that is asked for as it is; a platform's own is the same for every call."""
    return URL(url, encoded=True)


def _lower(reply: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in reply.headers.items()}


def _named(error: Exception) -> NotSent | AnswerLost:
    """Say of an error of aiohttp whether the call can have reached the other side."""
    if isinstance(error, aiohttp.ClientConnectorError):
        fault = error.os_error
        if isinstance(fault, ssl.SSLError):
            return (Untrusted if untrusted(fault) else NotSent)(reason_of(fault))
        number = fault.errno or 0
        return NotSent(os.strerror(number) if number > 0 else reason_of(fault))  # asyncio's text is longer
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return NotSent(f"no connection within {CONNECT_SECONDS:g} s")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return NotSent(f"the proxy answers {error.status} {error.message}".rstrip())
    return AnswerLost(str(error) or type(error).__name__)
