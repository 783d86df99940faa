"""The only module that names concrete infrastructure: it joins ports and adapters into a server."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog

import genmux
from genmux.dialects.mps import MpsService
from genmux.dialects.rest import RestDialect
from genmux.dialects.tencent import TencentDialect
from genmux.domain import catalog
from genmux.domain.errors import InvalidInput
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.engine.abandoned import Abandoned
from genmux.engine.channels import Channel, Router
from genmux.engine.collect import CollectLimits, Collector
from genmux.engine.dispatch import Dispatcher
from genmux.engine.engine import Engine
from genmux.engine.fetch import Fetcher
from genmux.engine.flows import FlowRunner
from genmux.engine.inputs import InputDesk, InputLimits
from genmux.engine.janitor import Janitor
from genmux.engine.outcomes import parse_made
from genmux.engine.poll import Poller
from genmux.engine.ports import Clock, TaskFilter
from genmux.engine.service import ServiceRules, TaskService, TaskView
from genmux.engine.submits import SubmitDesk
from genmux.media.spool import DiskSpool
from genmux.media.storage import OpendalStore
from genmux.media.urls import FileUrls
from genmux.net.client import GuardedNet
from genmux.net.guard import check_url
from genmux.pool import WorkerPool
from genmux.providers.preview import SCRIPTED
from genmux.providers.seam import Provider
from genmux.settings import Settings
from genmux.store.keyring import Keyring, derive_key, load_master_key
from genmux.store.ownership import Ownership
from genmux.store.sqlite import SqliteStore
from genmux.web.addresses import Addresses
from genmux.web.app import App
from genmux.web.certificate import Certificate, choose_certificate
from genmux.web.files import FileRoute
from genmux.web.server import HttpServer

log = structlog.get_logger(__name__)

T = TypeVar("T")

PROVIDER_GROUP: Final = "genmux.providers"
DATABASE_NAME: Final = "genmux.sqlite3"
DEFAULT_TENANT: Final = "default"
SCRIPTED_SLOTS: Final = 1000
PREVIEW_LEASE_MS: Final = 60_000
SWITCH_INTERVAL_SECONDS: Final = 0.002
"""How soon the database's writer thread gets the interpreter back from a busy event loop."""


GC_YOUNG: Final = 10_000
"""New objects between two looks for cycles; a request leaves none behind."""


def now_ms() -> int:
    """Return now in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class EmulatorClock:
    """The time of day, and how far an emulator was told to run ahead of it."""

    def __init__(self) -> None:
        self._ahead_ms = 0

    def __call__(self) -> int:
        return now_ms() + self._ahead_ms

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass at once: URLs, sessions and deadlines expire. Return the new now."""
        self._ahead_ms += int(seconds * 1000)
        return self()


def load_providers() -> dict[str, Provider]:
    """Return every installed provider by name; built-ins and plugins come the same way."""
    return {entry.name: entry.load() for entry in entry_points(group=PROVIDER_GROUP)}


class SignedUrls:
    """Result URLs of this server: made for wires, recognised as inputs."""

    def __init__(self, urls: FileUrls, hours: int, clock: Callable[[], int]) -> None:
        self._urls = urls
        self._hours = hours
        self._clock = clock

    def of_task(self, base_url: str, view: TaskView) -> tuple[str, ...]:
        """Return the URL of each artifact, in order; they die `hours` after completion."""
        row = view.row
        until = (row.finished_at or row.created_at) // 1000 + self._hours * 3600
        return tuple(
            base_url + self._urls.path(row.id.hex(), a.n, a.extension, until)
            for a in view.artifacts
            if a.role == "result"
        )

    def recognise(self, url: str) -> tuple[bytes, int] | None:
        """Return (task id, artifact number) of a URL of ours. Raises `InvalidInput` when it is expired."""
        ref = self._urls.recognise(url, None)
        if ref is None:
            return None
        if ref.expires_at * 1000 <= self._clock():
            raise InvalidInput(
                Text(
                    "The URL of this server's result has expired; describe the task again.",
                    "本服务的结果 URL 已过期;请重新查询任务。",
                )
            )
        return bytes.fromhex(ref.task_hex), ref.n


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a server is made of, joined but not yet running."""

    store: SqliteStore
    keyring: Keyring
    pool: WorkerPool
    net: GuardedNet
    spool: DiskSpool
    service: TaskService
    engine: Engine
    app: App


async def build_parts(settings: Settings, environ: Mapping[str, str], admin_token: str) -> Parts:
    """Open the store of an owned data directory and join everything to it."""
    master = load_master_key(settings.data, environ)
    emulator = EmulatorClock() if settings.emulator else None
    clock: Clock = emulator or now_ms
    store = SqliteStore(settings.data / DATABASE_NAME, clock=clock)
    await store.open()
    try:
        return await _join(settings, store, master, admin_token, clock, emulator)
    except BaseException:
        await store.close()
        raise


async def _join(
    settings: Settings,
    store: SqliteStore,
    master: bytes,
    admin_token: str,
    clock: Clock,
    emulator: EmulatorClock | None,
) -> Parts:
    await store.tenant(DEFAULT_TENANT)  # the first tenant is the operator's own
    spool = DiskSpool(settings.data / "spool")
    pool = WorkerPool(
        spool,
        render_workers=settings.workers(),
        memory_bytes=settings.worker_memory_mb * 1024 * 1024,
        job_seconds=float(settings.worker_seconds),
        idle_seconds=float(settings.worker_idle_seconds),
    )
    media = OpendalStore(
        settings.data / "media", {name: Path(path) for name, path in settings.buckets.items()}
    )
    net = GuardedNet()
    file_urls = FileUrls(derive_key(master, "genmux file urls"))
    signed = SignedUrls(file_urls, settings.url_hours, clock)
    catalogue = load_catalogue(settings)
    router = Router(await build_channels(store, settings))
    service = TaskService(
        store=store,
        media=media,
        inputs=InputDesk(
            store=store,
            media=media,
            pool=pool,
            spool=spool,
            own_urls=signed,
            check_url=check_url,
            limits=input_limits(settings),
        ),
        catalogue=catalogue,
        router=router,
        clock=clock,
        rules=ServiceRules(
            validation=settings.validation,
            defaults=settings.default_models(),
            deadline_ms=settings.deadline_hours * 3_600_000,
            retention_ms=settings.keep_days * 24 * 3_600_000,
        ),
    )
    engine = build_engine(settings, store, service, media, pool, net, spool)
    keyring = Keyring(store, master, now_ms, store.tenant)
    app = build_app(settings, service, keyring, file_urls, signed, admin_token, emulator)
    return Parts(store, keyring, pool, net, spool, service, engine, app)


def input_limits(settings: Settings) -> InputLimits:
    """Return what input pictures may be at most."""
    return InputLimits(
        max_bytes=settings.input_max_mb * 1024 * 1024,
        max_pixels=settings.input_max_megapixels * 1_000_000,
        fetch_seconds=float(settings.input_fetch_seconds),
        allow_private=settings.allow_private_inputs,
    )


def load_catalogue(settings: Settings) -> catalog.Catalogue:
    """Return the built-in catalogue under the operator's overlay file, if one is set."""
    builtin = catalog.builtin()
    if not settings.catalogue:
        return builtin
    return builtin.overlay(json.loads(Path(settings.catalogue).read_text("utf-8")))


async def build_channels(store: SqliteStore, settings: Settings) -> list[Channel]:
    """Return the channels: with none configured, everything is made by the built-in preview.

    Scripted previews have slots of their own, since waiting costs nothing.
    """
    preview = load_providers()["preview"]
    plain = await store.put_channel("preview", "preview", "{}", enabled=True)
    scripted = await store.put_channel("preview-scripted", "preview", "{}", enabled=True)
    return [
        Channel(
            id=plain.id,
            name=plain.name,
            provider=preview,
            slots=settings.workers(),
            lease_ms=PREVIEW_LEASE_MS,
        ),
        Channel(
            id=scripted.id,
            name=scripted.name,
            provider=preview,
            slots=SCRIPTED_SLOTS,
            lease_ms=PREVIEW_LEASE_MS,
            variant=SCRIPTED,
        ),
    ]


def build_engine(
    settings: Settings,
    store: SqliteStore,
    service: TaskService,
    media: OpendalStore,
    pool: WorkerPool,
    net: GuardedNet,
    spool: DiskSpool,
) -> Engine:
    """Join the loops to each other and to the service's signals."""
    worker_id = f"{socket.gethostname()}-{os.getpid()}"
    signals: list[Callable[[TaskState, int], None]] = []

    def on_settled(state: TaskState, seq: int) -> None:
        for signal_ in signals:
            signal_(state, seq)

    router, catalogue, clock = service.router, service.catalogue, service.clock
    runner = FlowRunner(net, pool, media, clock)
    submits = SubmitDesk(store, runner, catalogue, clock, settings.validation, on_settled)
    keep_ms = settings.keep_days * 24 * 3_600_000
    engine = Engine(
        store=store,
        submits=submits,
        dispatcher=Dispatcher(store, router, submits, clock, worker_id),
        poller=Poller(store, router, runner, catalogue, clock, worker_id, on_settled),
        collector=Collector(
            store,
            router,
            runner,
            media,
            pool,
            net,
            spool,
            catalogue,
            clock,
            worker_id,
            CollectLimits(keep_ms=keep_ms),
            on_settled,
        ),
        fetcher=Fetcher(store, net, service.inputs, clock, worker_id, on_settled),
        janitor=Janitor(store, media, router, submits, clock, worker_id, keep_ms, on_settled),
        abandoned=Abandoned(store, router, runner, catalogue, clock, on_settled),
        clock=clock,
        drain_seconds=float(settings.drain_seconds),
        owns_store=True,
        paused=settings.paused,
    )
    signals += [engine.notice, service.notice]
    service.listen(engine.notice)
    return engine


def build_app(
    settings: Settings,
    service: TaskService,
    keyring: Keyring,
    file_urls: FileUrls,
    signed: SignedUrls,
    admin_token: str,
    emulator: EmulatorClock | None,
) -> App:
    """Join the dialects to the ASGI application."""
    mps = MpsService(service, signed.of_task)
    tencent = TencentDialect(
        keys=keyring,
        clock=now_ms,  # signatures and rates keep real time, also in an emulator
        services={mps.version: mps},
        rates=settings.rates,
        signed_hosts=settings.signed_hosts,
    )
    rest = RestDialect(
        service=service,
        keys=keyring,
        clock=service.clock,
        admin_token=admin_token,
        urls=file_urls,
        url_hours=settings.url_hours,
        version=genmux.__version__,
    )
    files = FileRoute(urls=file_urls, store=service.store, media=service.media, clock=service.clock)
    return App(
        tencent=tencent,
        rest=rest,
        files=files,
        addresses=Addresses(settings.public_url, settings.trusted_proxies),
    )


class Server:
    """A data directory, its engine and its HTTP server, from `open` to `close`."""

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
        host, port = http.address
        self.url = f"{http.scheme}://[{host}]:{port}" if ":" in host else f"{http.scheme}://{host}:{port}"

    @classmethod
    async def open(cls, settings: Settings, *, environ: Mapping[str, str]) -> Server:
        """Own the data directory, bind, start the engine and answer.

        Raises `AlreadyOwned`, `OSError` (port in use), `MasterKeyError`, `CertificateError`.
        """
        sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
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
            certificate = choose_certificate(settings.tls, settings.data, settings.host)
            http = HttpServer(parts.app, settings.host, settings.port, certificate)
        except BaseException:
            await close_parts(parts)
            raise
        server = cls(settings, ownership, parts, http, admin_token, certificate)
        try:
            parts.spool.sweep(await spools_in_use(parts.store))
            await parts.engine.start()
            await http.start()
        except BaseException:
            await server.close()
            raise
        ownership.announce(reachable(server.url), admin_token, server.certificate)
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_YOUNG)
        parts.app.ready = True
        log.info("serving", url=server.url, data=str(settings.data))
        return server

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
        await self.parts.engine.stop()
        await self._http.stop()
        await close_parts(self.parts)
        self._ownership.release()


async def close_parts(parts: Parts) -> None:
    """Close what `build_parts` opened, the store last."""
    await parts.pool.close()
    await parts.net.close()
    await parts.store.close()


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


def configure_logging(level: str) -> None:
    """Send structured log lines to standard error; no secret is ever among their values."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop where there is one, else on asyncio's own loop."""
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)
