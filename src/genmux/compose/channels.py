"""The channels of a server: rows of its database, brought up to date with its settings at start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from typing import Any, Final, Protocol

import msgspec
import structlog

from genmux.compose.channel_build import (
    PREVIEW,
    STEPS,
    TWIN,
    build_channel,
    find_credential,
    placeholder_parts,
    shut_channel,
    twin_of,
)
from genmux.engine.channels import Channel
from genmux.engine.ports import ChannelRow
from genmux.providers import steps
from genmux.providers.seam import Provider
from genmux.settings import ChannelSettings, SettingsError, parse_channel
from genmux.settings.channels import FROM_ENVIRONMENT, FROM_FILE
from genmux.settings.credentials import INLINE, SEALED
from genmux.store.vault import Vault

log = structlog.get_logger(__name__)

PROVIDER_GROUP: Final = "genmux.providers"
FROM_DATABASE: Final = "database"
BUILT_IN: Final = "built-in"
REMOVED: Final = "removed"
BUILT_INS: Final = {PREVIEW: ("*",), STEPS: (steps.MODELS,)}
"""The channels that are there without being configured, and what each is for."""
CONFIGURED: Final = frozenset({FROM_FILE, FROM_ENVIRONMENT, FROM_DATABASE})


class ChannelStore(Protocol):
    """What is needed of the store."""

    async def put_channel(self, name: str, provider: str, config: str, enabled: bool) -> ChannelRow:
        """Insert or update a channel by name; its id never changes."""
        ...

    async def channels(self) -> tuple[ChannelRow, ...]:
        """Return all channels, oldest first."""
        ...


class ChannelConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row holds: where the channel is said, and its table without any secret."""

    source: str = BUILT_IN
    table: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Record:
    """One row, read."""

    row: ChannelRow
    config: ChannelConfig

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.row.name

    @property
    def configured(self) -> bool:
        """Whether an operator wants it to be there, enabled or not."""
        return self.config.source in CONFIGURED

    def said(self) -> ChannelSettings:
        """Return the channel's settings. Raises `SettingsError`."""
        read = parse_channel(self.name, self.config.table, self.config.source)
        return replace(read, enabled=bool(self.row.enabled))


def load_providers() -> dict[str, Provider]:
    """Return every installed provider by name; built-ins and plugins come the same way.

    One that cannot be loaded is left out with an error in the log: its channels say that it is not
    installed, all others work.
    """
    found: dict[str, Provider] = {}
    for entry in entry_points(group=PROVIDER_GROUP):
        try:
            found[entry.name] = entry.load()
        except Exception:
            log.exception("provider cannot be loaded", provider=entry.name, where=entry.value)
    return found


@dataclass(frozen=True, slots=True)
class ChannelBook:
    """The rows of the channels, and the channels that they come to; `problems` are of the last look."""

    store: ChannelStore
    vault: Vault
    providers: Mapping[str, Provider]
    environ: Mapping[str, str] = field(repr=False)
    preview_slots: int = 1
    own_slots: bool = False  # of previews and steps that nobody gave slots: those of each process
    problems: dict[str, str] = field(default_factory=dict)

    async def load(self, configured: Mapping[str, ChannelSettings]) -> list[Channel]:
        """Bring the rows up to date with the settings; return every channel, disabled ones too.

        Raises `SettingsError` for an enabled channel of the settings that cannot work.
        """
        await self.adopt(configured)
        return await self.channels(strict=configured)

    async def records(self) -> dict[str, Record]:
        """Return every row by name, oldest first."""
        return {row.name: Record(row, _config(row)) for row in await self.store.channels()}

    async def adopt(self, configured: Mapping[str, ChannelSettings]) -> None:
        """Write the channels of the settings into the rows; those that vanished from there are removed.

        A channel of the file wins over a row that somebody made at run time; one that the
        environment merely describes does not.
        """
        records = await self.records()
        wanted = {name: said for name, said in configured.items() if not _yields(said, records)}
        for said in wanted.values():
            await self.write(said, said.source)
        for name, record in records.items():
            if name not in wanted and record.config.source in (FROM_FILE, FROM_ENVIRONMENT):
                await self.mark(record, REMOVED, enabled=False)

    async def write(self, said: ChannelSettings, source: str) -> None:
        """Write one channel; a credential in its table is sealed under the channel's name.

        Raises `SettingsError` for a name that is kept for previews.
        """
        if said.name.endswith(TWIN) or (said.name == STEPS and said.provider != STEPS):
            raise _kept_name(said.name)
        table = {key: value for key, value in said.said.items() if key != "enabled"}
        if said.credential is not None and said.credential.scheme == INLINE:
            await self.vault.keep_named(said.name, said.credential.parts)
            table["credential"] = f"{SEALED}:{said.name}"
        config = msgspec.json.encode(ChannelConfig(source, table)).decode()
        await self.store.put_channel(said.name, said.provider, config, said.enabled)

    async def mark(self, record: Record, source: str, *, enabled: bool) -> None:
        """Change whether a channel is enabled, and where it is said."""
        config = msgspec.json.encode(msgspec.structs.replace(record.config, source=source)).decode()
        await self.store.put_channel(record.name, record.row.provider, config, enabled)

    async def channels(self, strict: Collection[str] = ()) -> list[Channel]:
        """Return a channel for each row whose provider is installed.

        The built-in preview takes tasks only while no real channel is configured, the built-in
        steps always do. A row that cannot work is disabled with a warning, or raises
        `SettingsError` if it is among `strict`.
        """
        records = await self.records()
        real = any(r.configured and r.row.provider not in BUILT_INS for r in records.values())
        self.problems.clear()
        found: list[Channel] = []
        for record in records.values():
            if not record.name.endswith(TWIN) and (record.configured or record.name not in BUILT_INS):
                found += await self._with_twin(await self._channel(record, record.name in strict))
        for name, models in BUILT_INS.items():
            if name in self.providers and (name not in records or not records[name].configured):
                enabled = name == STEPS or not real
                found += await self._with_twin(await self._built_in(name, models, enabled=enabled))
        return found

    async def _built_in(self, name: str, models: tuple[str, ...], *, enabled: bool) -> Channel:
        row = await self.store.put_channel(name, name, "{}", enabled)
        said = ChannelSettings(name, name, models=models, slots=self.preview_slots, enabled=enabled)
        return replace(build_channel(said, self.providers[name], row.id, ""), own_slots=self.own_slots)

    async def _with_twin(self, channel: Channel | None) -> list[Channel]:
        if channel is None:
            return []
        if channel.provider.name != PREVIEW:
            return [channel]
        row = await self.store.put_channel(channel.name + TWIN, PREVIEW, "{}", channel.enabled)
        return [channel, twin_of(channel, row.id)]

    async def _channel(self, record: Record, strict: bool) -> Channel | None:
        provider = self.providers.get(record.row.provider)
        wanted = record.configured and record.row.enabled
        try:
            if provider is None:
                raise _no_provider(record, self.providers)
            channel = await self.build(record.said(), record.row.id)
            await self._look_at_credential(channel)
            return channel
        except SettingsError as error:
            if strict and wanted:
                raise
            if wanted:
                self._warn(record.name, str(error))
        return shut_channel(record.name, provider, record.row.id) if provider is not None else None

    async def _look_at_credential(self, channel: Channel) -> None:
        if channel.enabled and channel.account.credential:
            parts = await self.vault.get(channel.account.credential) or {}
            if wrong := placeholder_parts(parts):
                self._warn(channel.name, f"its credential is a placeholder ({', '.join(wrong)})")

    def _warn(self, name: str, reason: str) -> None:
        self.problems[name] = reason
        log.warning("channel cannot work", channel=name, reason=reason)

    async def build(self, said: ChannelSettings, channel_id: int) -> Channel:
        """Return a channel, its credential sealed in the vault. Raises `SettingsError`."""
        provider = self.providers[said.provider]
        own_slots = self.own_slots and provider.name in BUILT_INS and not (said.slots or said.kind_slots)
        if provider.name == PREVIEW:
            said = self._preview(said)
        parts = await find_credential(said, provider, self.vault, self.environ)
        channel = replace(build_channel(said, provider, channel_id, ""), own_slots=own_slots)
        if not parts:
            return channel
        account = msgspec.structs.replace(channel.account, credential=await self.vault.keep(parts))
        return replace(channel, account=account)

    def _preview(self, said: ChannelSettings) -> ChannelSettings:
        if said.models is None:
            path = f"channels.{said.name}.models"
            raise SettingsError(
                f'setting {path} is missing; name the models of this preview, e.g. ["image/Hunyuan/*"]',
                f'缺少设置项 {path}；请列出由预览生成的模型，例如 ["image/Hunyuan/*"]',
                field=path,
            )
        return said if said.slots is not None or said.kind_slots else replace(said, slots=self.preview_slots)


def _config(row: ChannelRow) -> ChannelConfig:
    return msgspec.json.decode(row.config, type=ChannelConfig)


def _yields(said: ChannelSettings, records: Mapping[str, Record]) -> bool:
    """Return whether a channel that the environment describes stands back behind one of the database."""
    return said.source == FROM_ENVIRONMENT and any(
        r.config.source == FROM_DATABASE and (r.name == said.name or r.row.provider == said.provider)
        for r in records.values()
    )


def _no_provider(record: Record, providers: Mapping[str, Provider]) -> SettingsError:
    path = f"channels.{record.name}.provider"
    known = ", ".join(sorted(providers))
    return SettingsError(
        f"setting {path} is {record.row.provider!r}; it must be one of the installed providers: {known}",
        f"设置项 {path} 的值为 {record.row.provider!r}；应为已安装的提供方之一：{known}",
        field=path,
    )


def _kept_name(name: str) -> SettingsError:
    return SettingsError(
        f"setting channels.{name}: names that end in {TWIN} are kept for previews, and {STEPS} for steps",
        f"设置项 channels.{name}：以 {TWIN} 结尾的名称保留给预览通道，{STEPS} 保留给后处理步骤",
        field=f"channels.{name}",
    )
