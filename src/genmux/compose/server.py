"""A data directory, its engine and its HTTP server, from open to close."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Mapping

import structlog

from genmux.compose.parts import Parts, build_parts, close_parts
from genmux.compose.process import tune
from genmux.domain.states import TaskState
from genmux.engine.outcomes import parse_made
from genmux.engine.ports import TaskFilter
from genmux.settings import Settings
from genmux.store.ownership import Ownership
from genmux.store.sqlite import SqliteStore
from genmux.web.server import Certificate, HttpServer

log = structlog.get_logger(__name__)


class Server:
    """One running genmux; the address and the operator's token are known once it is open."""

    def __init__(
        self,
        settings: Settings,
        ownership: Ownership,
        parts: Parts,
        http: HttpServer,
        admin_token: str,
        certificate: Certificate | None,
    ) -> None:
        self.settings = settings
        self.certificate = certificate.certificate if certificate is not None else None
        self.parts = parts
        self.admin_token = admin_token
        self._ownership = ownership
        self._http = http
        self._closed = False
        self._greeting: asyncio.Task[None] | None = None
        host, port = http.address
        self.url = f"{http.scheme}://[{host}]:{port}" if ":" in host else f"{http.scheme}://{host}:{port}"

    @classmethod
    async def open(cls, settings: Settings, *, environ: Mapping[str, str]) -> Server:
        """Own the data directory, bind, start the engine and answer.

        Raises `AlreadyOwned`, `OSError` (port in use), `MasterKeyError`, `CertificateError`.
        """
        ownership = Ownership.take(settings.data)
        try:
            return await cls._open_owned(settings, environ, ownership)
        except BaseException:
            ownership.release()
            raise

    @classmethod
    async def _open_owned(
        cls, settings: Settings, environ: Mapping[str, str], ownership: Ownership
    ) -> Server:
        admin_token = secrets.token_urlsafe(32)
        parts = await build_parts(settings, environ, admin_token)
        try:
            certificate = _certificate(settings)
            http = HttpServer(parts.app, settings.host, settings.port, certificate)
        except BaseException:
            await close_parts(parts)
            raise
        server = cls(settings, ownership, parts, http, admin_token, certificate)
        try:
            await server._start()
        except BaseException:
            await server.close()
            raise
        return server

    async def _start(self) -> None:
        address = reachable(self.url)
        self.parts.base.url = self.parts.base.url or address
        self.parts.spool.sweep(await spools_in_use(self.parts.store))
        await self.parts.engine.start()
        self._greeting = asyncio.create_task(self.parts.greeting(), name="greeting")
        await self._http.start()
        tune()
        self._ownership.announce(address, self.admin_token, self.certificate)
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
        self.parts.app.ready = False
        self.parts.service.draining = True
        if self._greeting is not None:
            self._greeting.cancel()
            await asyncio.gather(self._greeting, return_exceptions=True)
        await self.parts.engine.stop()
        await self._http.stop()
        await close_parts(self.parts)
        self._ownership.release()


def _certificate(settings: Settings) -> Certificate | None:
    if not settings.tls:
        return None
    from genmux.web.certificate import choose_certificate  # loads X.509: only where it is wanted

    return choose_certificate(settings.tls, settings.data, settings.host)


async def spools_in_use(store: SqliteStore) -> frozenset[str]:
    """Return the spool files that collecting tasks still need; all others are swept."""
    names: set[str] = set()
    before: int | None = None
    while True:
        rows = await store.list_tasks(
            TaskFilter(states=(TaskState.COLLECTING,), before_seq=before, limit=500)
        )
        for row in rows:
            names.update(o.spool for o in parse_made(row.upstream_ref)[1] if o.spool)
        if len(rows) < 500:
            return frozenset(names)
        before = rows[-1].seq


def reachable(url: str) -> str:
    """Return the address a client on this machine uses for a server bound to every address."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
