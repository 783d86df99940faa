"""The channels a server starts with."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final

from genmux.engine.channels import Channel
from genmux.providers.preview import SCRIPTED
from genmux.providers.seam import Provider
from genmux.settings import Settings
from genmux.store.sqlite import SqliteStore

PROVIDER_GROUP: Final = "genmux.providers"
SCRIPTED_SLOTS: Final = 1000
PREVIEW_LEASE_MS: Final = 60_000


def load_providers() -> dict[str, Provider]:
    """Return every installed provider by name; built-ins and plugins come the same way."""
    return {entry.name: entry.load() for entry in entry_points(group=PROVIDER_GROUP)}


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
