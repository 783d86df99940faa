"""Where media live, as the settings say: artifacts, output buckets, and what upstreams fetch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genmux.engine.ports import Clock
from genmux.media.objects import Place
from genmux.media.places import disk_place, open_place, parse_place
from genmux.media.staging import InputStaging
from genmux.media.storage import OpendalStore
from genmux.media.urls import InputUrls
from genmux.settings import Settings, SettingsError
from genmux.store.keyring import derive_key


@dataclass(frozen=True, slots=True)
class Storage:
    """The media store, and the buckets that it copies results into, by name."""

    media: OpendalStore
    buckets: Mapping[str, Place]


def open_storage(settings: Settings, environ: Mapping[str, str]) -> Storage:
    """Open every place of the settings. Raises `SettingsError` naming the one that cannot be."""
    media = settings.media
    main = opened("media", media, environ) if media else disk_place(settings.data / "media")
    buckets = {name: opened(f"buckets.{name}", raw, environ) for name, raw in settings.buckets.items()}
    return Storage(OpendalStore(main, buckets), buckets)


def opened(name: str, raw: str | Mapping[str, Any], environ: Mapping[str, str]) -> Place:
    """Return the place that a setting describes. Raises `SettingsError`."""
    if isinstance(raw, str):
        return disk_place(Path(raw).expanduser())
    try:
        return open_place(parse_place(name, raw, environ))
    except ValueError as error:
        raise SettingsError(f"setting {error}", field=name) from None


def build_staging(
    settings: Settings, storage: Storage, urls: InputUrls, master: bytes, clock: Clock
) -> InputStaging:
    """Return what gives upstreams URLs of inputs. Raises `SettingsError` for a bucket that cannot."""
    bucket = storage.buckets.get(settings.staging)
    if settings.staging and bucket is None:
        known = ", ".join(sorted(storage.buckets)) or "none"
        raise SettingsError(
            f"setting staging is {settings.staging!r}; it must be one of the buckets: {known}",
            f"设置项 staging 的值为 {settings.staging!r}；应为已配置的存储桶之一：{known}",
            field="staging",
        )
    try:
        return InputStaging(
            media=storage.media,
            urls=urls,
            clock=clock,
            key=derive_key(master, "genmux staged inputs"),
            bucket=bucket,
            public_url=settings.public_url,
        )
    except ValueError as error:
        raise SettingsError(f"setting staging is {settings.staging!r}: {error}", field="staging") from None
