"""Everything a server is made of, joined but not yet running."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from genmux.compose.app import Front
from genmux.compose.channel_desk import StoredChannels
from genmux.compose.channels import ChannelBook, load_providers
from genmux.compose.clock import EmulatorClock, StoreClock, now_ms
from genmux.compose.database import choose_store
from genmux.compose.figures import EngineFigures
from genmux.compose.fleet import join_fleet, react, tell_others, worker_of
from genmux.compose.greeting import greet
from genmux.compose.loops import build_engine, build_loops
from genmux.compose.membership import Membership
from genmux.compose.outputs import default_output
from genmux.compose.secret import prove_key
from genmux.compose.storage import build_staging, open_storage
from genmux.compose.urls import PublicBase, SignedUrls
from genmux.dialects.callbacks import Callbacks
from genmux.dialects.shared_rates import SharedWindow
from genmux.dialects.shared_tries import SharedTries
from genmux.domain import catalog
from genmux.domain.spec import Kind
from genmux.engine.channels import Router
from genmux.engine.engine import Engine
from genmux.engine.fleet import Fleet, Role
from genmux.engine.inputs import InputDesk, InputLimits
from genmux.engine.joined import Outside
from genmux.engine.ports import Clock, Store
from genmux.engine.relane import relane
from genmux.engine.service import ServiceRules, TaskService
from genmux.media.shelves import ShelfSpool
from genmux.media.spool import DiskSpool
from genmux.media.urls import FileUrls, InputUrls
from genmux.net.client import GuardedNet
from genmux.net.guard import check_url
from genmux.pool import WorkerPool
from genmux.settings import Settings
from genmux.store.keyring import Keyring, derive_key, load_master_key
from genmux.store.sql_store import SqlStore
from genmux.store.vault import Vault
from genmux.web.app import App, always

log = structlog.get_logger(__name__)

DEFAULT_TENANT: Final = "default"


@dataclass(frozen=True, slots=True)
class Parts:
    """What `build_parts` joined; `close_parts` closes it. Alone on its database it has no `membership`."""

    store: SqlStore
    keyring: Keyring
    pool: WorkerPool
    net: GuardedNet
    spool: DiskSpool
    service: TaskService
    engine: Engine
    greeting: Callable[[], Coroutine[Any, Any, None]]
    app: App
    base: PublicBase
    role: Role
    membership: Membership | None


async def build_parts(
    settings: Settings, environ: Mapping[str, str], admin_token: str, process: int = 0
) -> Parts:
    """Open the store and join everything to it; `process` tells those of one supervisor apart."""
    master = load_master_key(settings.data, environ)
    clock = StoreClock() if settings.database else now_ms
    emulator = EmulatorClock(clock) if settings.emulator else None
    store = choose_store(settings, emulator or clock)
    await store.open()
    try:
        if isinstance(clock, StoreClock):
            await clock.measure(store)
        await prove_key(store, master)
        return await _join(settings, store, master, admin_token, clock, emulator, environ, process)
    except BaseException:
        await store.close()
        raise


async def _join(
    settings: Settings,
    store: SqlStore,
    master: bytes,
    admin_token: str,
    real: Clock,
    emulator: EmulatorClock | None,
    environ: Mapping[str, str],
    process: int,
) -> Parts:
    await store.tenant(DEFAULT_TENANT)  # the first tenant is the operator's own
    shared, clock = bool(settings.database), emulator or real
    me = worker_of(settings, clock(), process)
    fleet = Fleet(me.id, shared=shared)
    spool = choose_spool(settings)
    pool = build_pool(settings, spool)
    net = GuardedNet()
    base = PublicBase(settings.public_url.rstrip("/"))
    file_urls = FileUrls(derive_key(master, "genmux file urls"))
    input_urls = InputUrls(derive_key(master, "genmux input urls"))
    storage = open_storage(settings, environ)
    media = storage.media
    staging = build_staging(settings, storage, input_urls, master, clock)
    providers, vault = load_providers(), Vault(store, master, real)
    book = ChannelBook(store, vault, providers, environ, settings.workers(), own_slots=shared)
    marks = await store.marks()
    channels = await book.load(settings.channels)
    outside = Outside(store, media, pool, net, spool, staging, vault, clock)
    service = build_service(settings, outside, Router(channels, providers), file_urls)
    await relane(store, service.router)
    keyring = Keyring(store, master, real, store.tenant)
    webhook_key = derive_key(master, "genmux webhook signatures")
    loops, signals = build_loops(settings, store, outside, service, fleet)
    front = Front(
        *(settings, store, media, service, keyring, file_urls, input_urls, base, webhook_key, real),
        window=SharedWindow(store, fleet) if shared else None,
        tries=SharedTries(store, fleet) if shared else None,
    )
    engine = build_engine(settings, outside, service, loops, signals, front.renderers(), fleet)
    callbacks = Callbacks(derive_key(master, "genmux upstream callbacks"), loops.newsroom)
    desk = StoredChannels(
        book,
        store,
        service.router,
        loops.runner,
        loops.standing,
        callbacks,
        partial(channels_changed, store, service.router, engine),
    )
    membership = None
    if isinstance(real, StoreClock):
        reactions = react(engine, service, keyring, loops, partial(reroute, book, service.router))
        membership = join_fleet(settings, store, fleet, me, real, clock, reactions, marks)
        tell_others(membership, signals, service)
    figures = EngineFigures(store, service.counts, service.router, loops.standing, loops.plans)
    answering = membership.answering if membership is not None else always
    app = front.app(admin_token, emulator, desk, callbacks, figures, answering, process)
    greeting = partial(greet, service.router, loops.runner, loops.standing)
    return Parts(
        store=store,
        keyring=keyring,
        pool=pool,
        net=net,
        spool=spool,
        service=service,
        engine=engine,
        greeting=greeting,
        app=app,
        base=base,
        role=Role(settings.role),
        membership=membership,
    )


async def channels_changed(store: Store, router: Router, engine: Engine) -> None:
    """Let what waits find the channels as they are now."""
    await relane(store, router)
    engine.dispatch.wake()


async def reroute(book: ChannelBook, router: Router) -> None:
    """Route by the channels as somebody else has left them."""
    router.replace(await book.channels())
    log.info("channels were changed by another process")


def choose_spool(settings: Settings) -> DiskSpool:
    """Return the scratch directory: on a shared database one beside those of other processes."""
    root = settings.data / "spool"
    return ShelfSpool(root) if settings.database else DiskSpool(root)


def build_pool(settings: Settings, spool: DiskSpool) -> WorkerPool:
    """Return the worker processes, none of them started yet."""
    return WorkerPool(
        spool,
        render_workers=settings.workers(),
        memory_bytes=settings.worker_memory_mb * 1024 * 1024,
        job_seconds=float(settings.worker_seconds),
        idle_seconds=float(settings.worker_idle_seconds),
    )


def build_service(settings: Settings, outside: Outside, router: Router, file_urls: FileUrls) -> TaskService:
    """Return the façade that every dialect talks to."""
    inputs = InputDesk(
        store=outside.store,
        media=outside.media,
        pool=outside.pool,
        spool=outside.spool,
        own_urls=SignedUrls(file_urls, settings.url_hours, outside.clock),
        check_url=check_url,
        limits=input_limits(settings),
    )
    return TaskService(
        store=outside.store,
        media=outside.media,
        inputs=inputs,
        catalogue=load_catalogue(settings),
        router=router,
        staging=outside.staging,
        clock=outside.clock,
        rules=ServiceRules(
            validation=settings.validation,
            defaults=settings.default_models(),
            unsaid={Kind(kind): dict(values) for kind, values in settings.defaults.items()},
            default_output=default_output(settings),
            deadline_ms=settings.deadline_hours * 3_600_000,
            retention_ms=settings.keep_days * 24 * 3_600_000,
        ),
    )


def input_limits(settings: Settings) -> InputLimits:
    """Return what input pictures may be at most."""
    return InputLimits(
        max_bytes=settings.input_max_mb * 1024 * 1024,
        max_film_bytes=settings.film_upload_max_mb * 1024 * 1024,
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


async def close_parts(parts: Parts) -> None:
    """Close what `build_parts` opened, the store last."""
    await parts.pool.close()
    await parts.net.close()
    if parts.membership is not None:
        await parts.membership.stop()
    await parts.store.close()
    if isinstance(parts.spool, ShelfSpool):
        parts.spool.close()
