"""Joins the dialects to the ASGI application, each below its first path segment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from genmux.compose.clock import EmulatorClock, now_ms
from genmux.compose.urls import PublicBase, SignedUrls
from genmux.dialects.anyapi import AnyApiDialect
from genmux.dialects.callbacks import Callbacks
from genmux.dialects.fal import FalDialect
from genmux.dialects.fal_call import Desk as FalDesk
from genmux.dialects.metrics import Figures, Metrics
from genmux.dialects.mps import MpsService
from genmux.dialects.nothing import Nothing
from genmux.dialects.notices import FalNotice, VodNotice
from genmux.dialects.openai import OpenAiDialect
from genmux.dialects.rest import RestDialect
from genmux.dialects.rest_channel_desk import ChannelDesk
from genmux.dialects.rest_uploads import is_film_upload
from genmux.dialects.shared_rates import SharedWindow
from genmux.dialects.shared_tries import SharedTries
from genmux.dialects.tencent import TencentDialect
from genmux.dialects.vod import VodService
from genmux.dialects.vod_views import VodViews
from genmux.dialects.well_known import WellKnown
from genmux.engine.fleet import Role
from genmux.engine.notify import SinkRenderer
from genmux.engine.ports import Clock, Sink, Store
from genmux.engine.service import TaskService
from genmux.media.storage import OpendalStore
from genmux.media.urls import FileUrls, InputUrls
from genmux.net.guard import check_url
from genmux.settings import Settings
from genmux.store.event_desk import StoredEvents
from genmux.store.keyring import Keyring
from genmux.version import __version__
from genmux.web.addresses import Addresses
from genmux.web.app import MEGABYTE, App, Mount, always
from genmux.web.files import FileRoute
from genmux.wires.openai_form import FormLimits

VOD_URL_HOURS: Final = 7 * 24
"""VOD's temporary results live seven days (documented), MPS's twelve hours."""


class Front:
    """Everything that clients see of one server."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        media: OpendalStore,
        service: TaskService,
        keyring: Keyring,
        file_urls: FileUrls,
        input_urls: InputUrls,
        base: PublicBase,
        webhook_key: bytes,
        real: Clock = now_ms,
        window: SharedWindow | None = None,
        tries: SharedTries | None = None,
    ) -> None:
        """`real` is the time of day, also in an emulator; `window` and `tries` are of several processes."""
        self._settings = settings
        self._real = real
        self._window = window
        self._tries = tries
        self._store = store
        self._media = media
        self._service = service
        self._keyring = keyring
        self._file_urls = file_urls
        self._input_urls = input_urls
        self._base = base
        self._webhook_key = webhook_key
        self._mps_urls = SignedUrls(file_urls, settings.url_hours, service.clock)
        self._vod_urls = SignedUrls(file_urls, VOD_URL_HOURS, service.clock)
        self._check_callback = partial(check_url, allow_private=settings.allow_private_callbacks)
        self._fal_desk = FalDesk(
            service, keyring, service.clock, self._mps_urls.of_task, self._check_callback
        )
        events = StoredEvents(store, service.clock, keyring.seal, keyring.unseal)
        self._vod = VodService(service, self._vod_urls.of_task, events)

    def renderers(self) -> dict[Sink, SinkRenderer]:
        """Return who words the messages about finished tasks, by sink."""
        views = VodViews(self._service, self._vod_urls.of_task)
        return {
            Sink.VOD: VodNotice(self._store, views, self._keyring.unseal, self._base, self._real),
            Sink.FAL: FalNotice(self._service, self._fal_desk, self._webhook_key, self._base),
        }

    def app(
        self,
        admin_token: str,
        emulator: EmulatorClock | None,
        channels: ChannelDesk,
        callbacks: Callbacks,
        figures: Figures,
        answering: Callable[[], bool] = always,
        process: int = 0,
    ) -> App:
        """Return the ASGI application; `answering` says whether the database is there."""
        metrics = Metrics(figures, process)
        if not Role(self._settings.role).serves:
            return engine_app(metrics, answering)
        fal = FalDialect(self._fal_desk)
        mounts = {
            "": Mount(self._tencent(), 10 * MEGABYTE),
            "api": Mount(self._rest(admin_token, emulator, channels), 64 * MEGABYTE, is_film_upload),
            "v1": Mount(self._openai(), 64 * MEGABYTE),
            "tencent-vod": Mount(AnyApiDialect(self._fal_desk, self._vod), 10 * MEGABYTE),
            "callbacks": Mount(callbacks, MEGABYTE),
            ".well-known": Mount(WellKnown(self._webhook_key), MEGABYTE),
        }
        if self._settings.metrics:
            mounts["metrics"] = Mount(metrics, MEGABYTE)
        files = FileRoute(
            urls=self._file_urls,
            store=self._store,
            media=self._media,
            clock=self._service.clock,
            inputs=self._input_urls,
            presigner=self._media if self._settings.redirect_files else None,
        )
        return App(
            mounts=mounts,
            fallback=Mount(fal, 32 * MEGABYTE),
            files=files,
            addresses=Addresses(self._settings.public_url, self._settings.trusted_proxies),
            cors_origins=self._settings.cors_origins,
            answering=answering,
        )

    def _tencent(self) -> TencentDialect:
        mps = MpsService(self._service, self._mps_urls.of_task)
        return TencentDialect(
            keys=self._keyring,
            clock=self._real,  # signatures and rates keep real time, also in an emulator
            services={mps.version: mps, self._vod.version: self._vod},
            rates=self._settings.rates,
            signed_hosts=self._settings.signed_hosts,
            window=self._window,
            tries=self._tries,
        )

    def _openai(self) -> OpenAiDialect:
        return OpenAiDialect(
            service=self._service,
            keys=self._keyring,
            clock=self._service.clock,
            result_urls=self._mps_urls.of_task,
            media=self._media,
            aliases=self._settings.model_aliases,
            limits=FormLimits(max_part_bytes=self._settings.input_max_mb * MEGABYTE),
            tries=self._tries,
        )

    def _rest(self, admin_token: str, emulator: EmulatorClock | None, channels: ChannelDesk) -> RestDialect:
        return RestDialect(
            service=self._service,
            keys=self._keyring,
            clock=self._service.clock,
            admin_token=admin_token,
            urls=self._file_urls,
            url_hours=self._settings.url_hours,
            version=__version__,
            emulator=emulator,
            channels=channels,
        )


def engine_app(metrics: Metrics, answering: Callable[[], bool]) -> App:
    """Return what a process without clients answers: how it is, and its figures."""
    return App(
        mounts={"metrics": Mount(metrics, MEGABYTE)},
        fallback=Mount(Nothing(), MEGABYTE),
        answering=answering,
    )
