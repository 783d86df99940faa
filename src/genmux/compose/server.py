"""A data directory, its engine and its HTTP server, from open to close."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Mapping

import structlog

from genmux.compose.parts import Parts
from genmux.compose.process import tune
from genmux.compose.working import Works
from genmux.settings import Settings
from genmux.store.ownership import Ownership
from genmux.web.server import Certificate, HttpServer

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
    async def open(cls, settings: Settings, *, environ: Mapping[str, str]) -> Server:
        """Own the data directory, bind, start the engine and answer.

        Raises `AlreadyOwned`, `OSError` (port in use), `MasterKeyError`, `CertificateError`.
        """
        ownership = Ownership.take(settings.data)
        admin_token = secrets.token_urlsafe(32)
        try:
            works = await Works.open(settings, environ, ownership, admin_token)
        except BaseException:
            ownership.release()
            raise
        return await cls._open_works(settings, works, admin_token)

    @classmethod
    async def _open_works(cls, settings: Settings, works: Works, admin_token: str) -> Server:
        try:
            certificate = _certificate(settings)
            http = HttpServer(works.parts.app, settings.host, settings.port, certificate)
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
        self._works.ownership.announce(address, self.admin_token, self.certificate)
        self.parts.app.ready = True
        log.info("serving", url=self.url, data=str(self.settings.data))

    async def run(self) -> None:
        """Serve until SIGINT or SIGTERM, then drain."""
        stop = asyncio.Event()
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


def _certificate(settings: Settings) -> Certificate | None:
    if not settings.tls:
        return None
    from genmux.web.certificate import choose_certificate  # loads X.509: only where it is wanted

    return choose_certificate(settings.tls, settings.data, settings.host)


def reachable(url: str) -> str:
    """Return the address a client on this machine uses for a server bound to every address."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
