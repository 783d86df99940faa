"""The `Net` port on aiohttp: every connection goes to an address that the guard has seen."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from genmux.engine.files import opened
from genmux.engine.ports import FetchFailed
from genmux.net.guard import Address, check_url, forbidden_address, never_an_upstream
from genmux.providers.seam import HttpCall, HttpReply

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns every address of a host name, as text; `OSError` when there is none."""

MAX_REDIRECTS: Final = 3
_CHUNK_BYTES: Final = 256 << 10
_CONNECTIONS: Final = 256
# Shorter than most servers keep idle connections, so that a call rarely meets one just closed.
_KEEP_SECONDS: Final = 3.0
# On its own connection a paid call takes 1 ms longer, with TLS 8 ms (loopback, both ends together):
# less than one task whose outcome nobody knows.
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
LOOKS: Final = ("describe", "list")
"""Paces of calls that change nothing, whatever their method: Tencent's are all POST."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OWN_HEADERS: Final = {"User-Agent": "genmux", "Accept-Encoding": "identity"}
_Response = aiohttp.ClientResponse


class Outbound:
    """Sends upstream calls and fetches foreign URLs; never uses a proxy from the environment.

    `resolve` replaces the system's name resolution, `forbidden` the rule for the addresses that
    names lead to.
    """

    def __init__(
        self, resolve: Resolve | None = None, forbidden: Callable[[Address], bool] = forbidden_address
    ) -> None:
        self._resolve = resolve or system_resolve
        self._forbidden = forbidden
        self._sessions: dict[tuple[bool, bool], aiohttp.ClientSession] = {}

    async def send(
        self, call: HttpCall, *, allow_private: bool = False, on_sent: Callable[[], None] | None = None
    ) -> HttpReply:
        """Make one call and return its reply, whatever its status; redirects are not followed.

        `on_sent` is called when it leaves, after whatever it took to have a connection.

        Raises `FetchFailed`: `unreachable`, `bad_url` and `refused_address` mean that nothing was
        sent; any other code means that the call may have been received. A call that may cost
        something has a connection of its own: on a kept one, which the other side may just have
        closed, nobody could tell these two apart.
        """
        url = check_url(call.url, allow_private=allow_private).url
        sending = SimpleNamespace(connected=False, on_sent=on_sent, bodiless=not call.body)
        try:
            async with (
                asyncio.timeout(call.timeout_seconds),
                self._session(allow_private, keep=is_harmless(call)).request(
                    call.method,
                    url,
                    headers=_with_own(call.headers),
                    data=call.body or None,
                    allow_redirects=False,
                    trace_request_ctx=sending,
                ) as response,
            ):
                body = bytearray()
                async for chunk in _body(response, call.max_reply_bytes, "timeout"):
                    body += chunk
                return HttpReply(response.status, _joined(response.headers.items()), bytes(body))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            code = "timeout" if sending.connected else "unreachable"
            raise _failure(error, code, url.host) from error

    async def fetch(
        self, url: str, *, max_bytes: int, timeout_seconds: float, allow_private: bool = False
    ) -> bytes:
        """Return the bytes behind a foreign URL, as the port says."""
        body = bytearray()
        async with _within(timeout_seconds), self._get(url, allow_private) as response:
            async for chunk in _body(response, max_bytes):
                body += chunk
        return bytes(body)

    async def download(
        self,
        url: str,
        path: Path,
        *,
        max_bytes: int,
        timeout_seconds: float,
        allow_private: bool = False,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Stream a foreign URL into a file, on the disk when this returns and gone when it raises.

        `headers` go to the URL's own origin, never along a redirect to another one.
        Raises `FetchFailed` for what the network did, `OSError` for what the disk did.
        """
        try:
            async with opened(path, "wb") as file:
                async with _within(timeout_seconds), self._get(url, allow_private, headers) as response:
                    async for chunk in _body(response, max_bytes):
                        await asyncio.to_thread(file.write, chunk)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
        except BaseException:
            _discard(path)
            raise

    async def close(self) -> None:
        """Close every connection; what still runs fails."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    @asynccontextmanager
    async def _get(
        self, url: str, allow_private: bool, headers: Sequence[tuple[str, str]] = ()
    ) -> AsyncIterator[_Response]:
        """GET a URL with every redirect checked; the response is a good one, its body unread."""
        target = check_url(url, allow_private=allow_private).url
        origin = origin_of(target)
        session = self._session(allow_private)
        for _ in range(MAX_REDIRECTS + 1):
            with _network_errors(target, "unreachable"):
                secret = headers if origin_of(target) == origin else ()
                response = await session.get(
                    target,
                    headers=_with_own(secret),
                    allow_redirects=False,
                    auto_decompress=False,
                )
            async with response:
                if response.status not in _REDIRECTS:
                    _check_reply(response)
                    yield response
                    return
                response.close()
                target = _next_url(target, response.headers.get("Location", ""), allow_private)
        raise FetchFailed("too_many_redirects", f"more than {MAX_REDIRECTS} redirects")

    def _session(self, allow_private: bool, *, keep: bool = True) -> aiohttp.ClientSession:
        """Return the session of one degree of trust: connections are never shared between them."""
        session = self._sessions.get((allow_private, keep))
        if session is None:
            forbidden = never_an_upstream if allow_private else self._forbidden
            session = self._sessions[allow_private, keep] = _new_session(self._resolve, forbidden, keep=keep)
        return session


def is_harmless(call: HttpCall) -> bool:
    """Return whether a call may be received twice or not at all without anybody paying for it."""
    return call.method.upper() in _REPEATABLE or call.pace.startswith(LOOKS)


def _new_session(
    resolve: Resolve, forbidden: Callable[[Address], bool], *, keep: bool
) -> aiohttp.ClientSession:
    kept: dict[str, Any] = {"keepalive_timeout": _KEEP_SECONDS} if keep else {"force_close": True}
    connector = aiohttp.TCPConnector(
        **kept,
        resolver=_Resolver(resolve, forbidden),
        use_dns_cache=False,
        limit=_CONNECTIONS,
        socket_factory=_socket_factory(forbidden),
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        trace_configs=[_connection_trace()],
        trust_env=False,
    )


class _Resolver(AbstractResolver):
    """Resolves a name once, checks all its addresses, and lets aiohttp connect to those only."""

    def __init__(self, resolve: Resolve, forbidden: Callable[[Address], bool]) -> None:
        self._resolve = resolve
        self._forbidden = forbidden

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = [ip_address(text) for text in await self._resolve(host, port)]
        if not addresses:
            raise OSError(f"{host} has no address")
        if any(map(self._forbidden, addresses)):
            raise FetchFailed("refused_address", f"{host} leads to an address outside the public Internet")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Hold nothing, release nothing."""


def _socket_factory(forbidden: Callable[[Address], bool]) -> Callable[[Any], socket.socket]:
    """Return what opens sockets: the last door, whatever led to an address."""

    def open_socket(info: Any) -> socket.socket:
        family, kind, protocol, _, place = info
        if forbidden(ip_address(place[0].split("%", 1)[0])):
            raise OSError(f"{place[0]} is not an address of the public Internet")
        return socket.socket(family, kind, protocol)

    return open_socket


async def system_resolve(host: str, port: int) -> list[str]:
    """Return every address the system knows for a name."""
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]).split("%", 1)[0] for info in infos))


def _connection_trace() -> aiohttp.TraceConfig:
    """Note when a call has a connection: from then on it may have been received."""
    trace = aiohttp.TraceConfig()

    async def connected(_session: Any, context: SimpleNamespace, _parameters: Any) -> None:
        if context.trace_request_ctx is not None:
            context.trace_request_ctx.connected = True

    async def headers_sent(_session: Any, context: SimpleNamespace, _parameters: Any) -> None:
        if context.trace_request_ctx is not None and context.trace_request_ctx.bodiless:
            _tell_sent(context.trace_request_ctx)

    async def body_sent(_session: Any, context: SimpleNamespace, _parameters: Any) -> None:
        if context.trace_request_ctx is not None:
            _tell_sent(context.trace_request_ctx)

    trace.on_request_headers_sent.append(headers_sent)
    trace.on_request_chunk_sent.append(body_sent)
    trace.on_connection_create_end.append(connected)
    trace.on_connection_reuseconn.append(connected)
    return trace


def _tell_sent(sending: SimpleNamespace) -> None:
    if sending.on_sent is not None:
        sending.on_sent()


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise FetchFailed("timeout", f"it took more than {seconds:g} s") from error


@contextmanager
def _network_errors(url: URL, code: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise
    except (aiohttp.ClientError, OSError) as error:
        raise _failure(error, code, url.host) from error


async def _body(response: _Response, max_bytes: int, code: str = "unreachable") -> AsyncIterator[bytes]:
    """Yield the body, and stop it at `max_bytes`: by its announced length first, by count then.

    A body that breaks off is a `FetchFailed` with `code`.
    """
    left = max_bytes - (response.content_length or 0)
    if left >= 0:
        left = max_bytes
    while left >= 0:
        with _network_errors(response.url, code):
            chunk = await response.content.read(_CHUNK_BYTES)
        if not chunk:
            return
        left -= len(chunk)
        if left >= 0:
            yield chunk
    response.close()
    raise FetchFailed("too_large", f"{response.url.host} sends more than {max_bytes} bytes")


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)


def _check_reply(response: _Response) -> None:
    if response.status != 200:
        response.close()
        raise FetchFailed("bad_status", f"{response.url.host} answered {response.status}")
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        response.close()
        raise FetchFailed("wrong_type", f"{response.url.host} sent {coding[:20]}, which was not asked for")


def origin_of(url: URL) -> tuple[str, str | None, int | None]:
    """Return what a credential belongs to; yarl's own `origin()` keeps a port that goes without saying."""
    return url.scheme, url.host and url.host.lower(), url.port


def _next_url(url: URL, location: str, allow_private: bool) -> URL:
    if not location:
        raise FetchFailed("bad_status", f"{url.host} redirects to nowhere")
    try:
        target = str(url.join(URL(location, encoded=location.isascii())))
    except ValueError as error:
        raise FetchFailed("bad_url", f"{url.host} redirects to no URL") from error
    return check_url(target, allow_private=allow_private).url


def _with_own(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    named = {name.lower() for name, _ in headers}
    own = [(name, value) for name, value in _OWN_HEADERS.items() if name.lower() not in named]
    return [*headers, *own]


def _joined(headers: Any) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _failure(error: BaseException, code: str, host: str | None) -> FetchFailed:
    if isinstance(error, aiohttp.InvalidURL):
        return FetchFailed("bad_url", f"{host} is no host"[:200])
    detail = str(error) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
    return FetchFailed(code, f"{host}: {detail}"[:300])
