"""A data directory, its engine and its HTTP server, from open to close."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from genmux.compose.parts import Parts
from genmux.compose.process import tune
from genmux.compose.working import Works
from genmux.settings import Settings
from genmux.store.keyring import load_master_key, operator_token
from genmux.store.ownership import AlreadyOwned, Ownership
from genmux.web.server import Certificate, HttpServer, bind

log = structlog.get_logger(__name__)


class Server:
    """One running genmux; the address and the operator's token are known once it is open."""

    def __init__(
        self,
        settings: Settings,
        works: Works,
        http: HttpServer,
        admin_token: str,
        certificate: Certificate | None,
    ) -> None:
        self.settings = settings
        self.certificate = certificate.certificate if certificate is not None else None
        self.admin_token = admin_token
        self._works = works
        self._http = http
        self._closed = False
        host, port = http.address
        self.url = f"{http.scheme}://[{host}]:{port}" if ":" in host else f"{http.scheme}://{host}:{port}"

    @property
    def parts(self) -> Parts:
        """What the server is made of."""
        return self._works.parts

    @classmethod
    async def open(
        cls, settings: Settings, *, environ: Mapping[str, str], place: Place | None = None
    ) -> Server:
        """Own the data directory, bind, start the engine and answer.

        With a `place` it is one of several processes: their supervisor owns the directory and has bound
        the socket. Raises `AlreadyOwned`, `OSError` (port in use), `MasterKeyError`, `CertificateError`.
        """
        ownership = own(settings) if place is None else None
        process = place.number if place is not None else 0
        try:
            admin_token = choose_token(settings, environ)
            works = await Works.open(settings, environ, ownership, admin_token, process)
        except BaseException:
            if ownership is not None:
                ownership.release()
            raise
        return await cls._open_works(settings, works, admin_token, place)

    @classmethod
    async def _open_works(
        cls, settings: Settings, works: Works, admin_token: str, place: Place | None
    ) -> Server:
        try:
            certificate = choose_certificate_of(settings)
            bound = place.socket if place is not None else bind(settings.host, settings.port)
            http = HttpServer(works.parts.app, bound, certificate)
        except BaseException:
            await works.close()
            raise
        server = cls(settings, works, http, admin_token, certificate)
        try:
            await server._start()
        except BaseException:
            await server.close()
            raise
        return server

    async def _start(self) -> None:
        address = reachable(self.url)
        await self._works.start(address)
        await self._http.start()
        tune()
        if self._works.ownership is not None and self.parts.role.serves:
            self._works.ownership.announce(address, self.admin_token, self.certificate)
        self.parts.app.ready = True
        log.info("serving", url=self.url, data=str(self.settings.data), role=str(self.parts.role))

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Serve until SIGINT or SIGTERM, or until `stop` is set, then drain."""
        stop = stop or asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        try:
            await stop.wait()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            await self.close()

    async def close(self) -> None:
        """Accept nothing new, finish what cannot be given back, release the directory."""
        if self._closed:
            return
        self._closed = True
        await self._works.drain()
        await self._http.stop()
        await self._works.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Which of several processes this is, from 1, and the socket that it was given."""

    number: int
    socket: socket.socket


def own(settings: Settings) -> Ownership | None:
    """Own the data directory; on a shared database it may be somebody else's. Raises `AlreadyOwned`."""
    try:
        return Ownership.take(settings.data)
    except AlreadyOwned:
        if not settings.database:
            raise
        return None


def choose_token(settings: Settings, environ: Mapping[str, str]) -> str:
    """Return the operator's token: a fresh one, or on a shared database the one that all processes know."""
    if not settings.database:
        return secrets.token_urlsafe(32)
    return operator_token(load_master_key(settings.data, environ))


def choose_certificate_of(settings: Settings) -> Certificate | None:
    """Return the pair that the settings mean, None for plain HTTP. Raises `CertificateError`."""
    if not settings.tls:
        return None
    from genmux.web.certificate import choose_certificate  # loads X.509: only where it is wanted

    return choose_certificate(settings.tls, settings.data, settings.host)


def reachable(url: str) -> str:
    """Return the address a client on this machine uses for a server bound to every address."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
