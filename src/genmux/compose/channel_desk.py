"""Channels at run time: shown, changed in the database and in the router at once, and tried."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

from genmux.compose.channel_build import TWIN, placeholder_parts
from genmux.compose.channels import FROM_DATABASE, REMOVED, ChannelBook, Record
from genmux.dialects.callbacks import Callbacks
from genmux.dialects.rest_channel_desk import Probe
from genmux.domain.errors import InvalidValue, NotFound
from genmux.domain.text import Text, same
from genmux.engine.channels import Channel, Router
from genmux.engine.flows import FlowRunner
from genmux.engine.health import HEALTHY
from genmux.engine.standing import Standing
from genmux.providers.seam import Ambiguous, Healthy, NotSent, Outcome, Puzzling, Refused
from genmux.settings import ChannelSettings, SettingsError, parse_channel
from genmux.wires.rest_channels import ChannelHealth, ChannelStatus
from genmux.wires.rest_values import render_time

LARGEST_SKEW_SECONDS: Final = 60
"""Signatures are good for five minutes; a clock that is off by this much is worth a word."""
FAULTY: Final = "Settings"
PLACEHOLDER: Final = "Placeholder"
UNREACHABLE: Final = "Unreachable"


class SlotStore(Protocol):
    """What is needed of the store."""

    async def slots_used(self) -> dict[tuple[int, str], int]:
        """Return how many attempts are open on each (channel, kind) that has any."""
        ...


class StoredChannels:
    """The `ChannelDesk` port over the rows of the channels and the router of this process."""

    def __init__(
        self,
        book: ChannelBook,
        store: SlotStore,
        router: Router,
        runner: FlowRunner,
        standing: Standing,
        callbacks: Callbacks,
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        """`on_change` is awaited whenever the router has been given other channels."""
        self._book = book
        self._store = store
        self._router = router
        self._runner = runner
        self._standing = standing
        self._callbacks = callbacks
        self._on_change = on_change
        self._one_at_a_time = asyncio.Lock()

    async def list(self) -> tuple[ChannelStatus, ...]:
        """Return every channel, best first; those that cannot work come last."""
        records = await self._book.records()
        used = await self._used()
        routed = [c for c in self._router.channels if c.name in records and not c.name.endswith(TWIN)]
        known = {channel.name for channel in routed}
        broken = [r for name, r in records.items() if name not in known and r.configured]
        return (
            *(self._status(channel, records[channel.name], used) for channel in routed),
            *(_broken(record, self._book) for record in broken),
        )

    async def put(self, name: str, said: Mapping[str, Any]) -> ChannelStatus:
        """Make a channel or change one, in the database and in the router."""
        async with self._one_at_a_time:
            record = (await self._book.records()).get(name)
            wanted = _parsed(name, record, said)
            await self._try(wanted, record)
            try:
                await self._book.write(wanted, FROM_DATABASE)
            except SettingsError as error:
                raise _invalid(name, error) from None
            return await self._applied(name)

    async def set_enabled(self, name: str, enabled: bool) -> ChannelStatus:
        """Enable or disable a channel; one that was removed is configured again by being enabled."""
        async with self._one_at_a_time:
            record = await self._record(name)
            source = FROM_DATABASE if enabled and not record.configured else record.config.source
            if enabled:
                await self._try(replace(_said(record), enabled=True), record)
            await self._book.mark(record, source, enabled=enabled)
            return await self._applied(name)

    async def remove(self, name: str) -> None:
        """Disable a channel for good."""
        async with self._one_at_a_time:
            record = await self._record(name)
            await self._book.mark(record, REMOVED, enabled=False)
            await self._applied(name)

    async def test(self, name: str) -> Probe:
        """Make a harmless call with the channel's credential and say how it went."""
        record, channel = (await self._book.records()).get(name), self._router.by_name(name)
        if record is None or channel is None:
            raise _not_found(name)
        if record.config.table:
            try:
                channel = await self._book.build(record.said(), channel.id)
            except SettingsError as error:
                return Probe(False, error.text, FAULTY)
        account = channel.account
        parts = await self._book.vault.get(account.credential) if account.credential else None
        if wrong := placeholder_parts(parts or {}):
            return _placeholder(name, wrong)
        outcome = await self._runner.run(channel.provider.probe(account), channel, account)
        return judge(name, outcome, self._runner.clock())

    async def _record(self, name: str) -> Record:
        record = (await self._book.records()).get(name)
        if record is None or not record.config.table:
            raise _not_found(name)
        return record

    async def _try(self, said: ChannelSettings, record: Record | None) -> None:
        """Raise `InvalidValue` where the channel could not work."""
        if said.provider not in self._book.providers:
            known = ", ".join(sorted(self._book.providers))
            raise InvalidValue(
                Text(
                    f"The provider {said.provider} is not installed; installed: {known}.",
                    f"未安装提供方 {said.provider}；已安装：{known}。",
                ),
                field="provider",
            )
        try:
            await self._book.build(said, record.row.id if record is not None else 0)
        except SettingsError as error:
            if said.enabled:
                raise _invalid(said.name, error) from None

    async def _applied(self, name: str) -> ChannelStatus:
        """Route by the rows as they are now and show one of them."""
        before = self._router.by_name(name)
        self._router.replace(await self._book.channels())
        if before is not None:
            await self._standing.forgive(before.id)
        await self._on_change()
        return next(status for status in await self.list() if status.name == name)

    async def _used(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for (channel_id, _), count in (await self._store.slots_used()).items():
            found[channel_id] = found.get(channel_id, 0) + count
        return found

    def _status(self, channel: Channel, record: Record, used: Mapping[int, int]) -> ChannelStatus:
        return ChannelStatus(
            name=channel.name,
            provider=channel.provider.name,
            enabled=channel.enabled,
            source=record.config.source,
            endpoint=channel.account.endpoint,
            models=channel.models,
            names=dict(channel.names),
            priority=channel.priority,
            weight=channel.weight,
            slots_used=used.get(channel.id, 0),
            slots_limit=self._standing.slots.limit(channel),
            kind_slots=dict(channel.kind_slots),
            rates=dict(channel.rates),
            options=dict(channel.account.options),
            has_credential=bool(channel.account.credential),
            price=channel.account.price,
            problem="disabled: it cannot work as it is"
            if record.row.enabled and not channel.enabled
            else None,
            callback_path=self._callbacks.path(channel.name) if channel.provider.facts.calls_back else None,
            health=self._health(channel),
        )

    def _health(self, channel: Channel) -> ChannelHealth:
        view = self._standing.health.view(channel.id, self._standing.clock())
        if view == HEALTHY:
            return ChannelHealth(breaker=view.state)
        return ChannelHealth(
            breaker=view.state,
            error_class=view.error_class,
            why=view.why,
            open_until=render_time(view.open_until),
        )


def _parsed(name: str, record: Record | None, said: Mapping[str, Any]) -> ChannelSettings:
    """Return what a channel is to be: what it was, with the keys that are said in their place."""
    before = dict(record.config.table) if record is not None and record.configured else {}
    enabled = bool(record.row.enabled) if before and record is not None else True
    table = {key: v for key, v in {"enabled": enabled, **before, **said}.items() if v is not None}
    try:
        return parse_channel(name, table, FROM_DATABASE)
    except SettingsError as error:
        raise _invalid(name, error) from None


def _said(record: Record) -> ChannelSettings:
    try:
        return record.said()
    except SettingsError as error:
        raise _invalid(record.name, error) from None


def _not_found(name: str) -> NotFound:
    return NotFound(
        Text(f"There is no configured channel {name}.", f"没有已配置的通道 {name}。"), field="name"
    )


def _invalid(name: str, error: SettingsError) -> InvalidValue:
    return InvalidValue(error.text, field=error.field.removeprefix(f"channels.{name}.") or None)


def _broken(record: Record, book: ChannelBook) -> ChannelStatus:
    """Return the status of a row whose provider is not installed."""
    return ChannelStatus(
        name=record.name,
        provider=record.row.provider,
        enabled=False,
        source=record.config.source,
        endpoint="",
        models=(),
        names={},
        priority=0,
        weight=1,
        slots_used=0,
        slots_limit=None,
        kind_slots={},
        rates={},
        options={},
        has_credential="credential" in record.config.table,
        price="",
        problem=book.problems.get(record.name),
        callback_path=None,
        health=None,
    )


# ---------------------------------------------------------------- tests of a channel


def _placeholder(name: str, parts: tuple[str, ...]) -> Probe:
    listed = ", ".join(parts)
    return Probe(
        False,
        Text(
            f"The credential of {name} is still the guide's placeholder ({listed}); put in your own.",
            f"通道 {name} 的凭据仍是示例中的占位符（{listed}）；请填写您自己的密钥。",
        ),
        PLACEHOLDER,
    )


def judge(name: str, outcome: Outcome, now: int) -> Probe:
    """Return what the end of a probe means for an operator; `now` in milliseconds since the epoch."""
    match outcome:
        case Healthy(notes):
            return Probe(True, _works(name, _skew_seconds(notes.get("date"), now)), notes=notes)
        case Refused():
            text = Text(outcome.message, outcome.message_zh or outcome.message)
            return Probe(False, text, outcome.code or str(outcome.error_class), _request(outcome))
        case NotSent(message) if message.startswith("refused_address"):
            return Probe(False, _private(name, message), UNREACHABLE)
        case NotSent(message) | Ambiguous(message) | Puzzling(message):
            return Probe(
                False,
                Text(
                    f"The endpoint of {name} gave no answer: {message}.",
                    f"通道 {name} 的接入地址没有应答：{message}。",
                ),
                UNREACHABLE,
            )
        case _:
            return Probe(False, same(f"{name}: {type(outcome).__name__}"), UNREACHABLE)


def _private(name: str, message: str) -> Text:
    return Text(
        f"The endpoint of {name} is not called: {message}. For an upstream in your own network, "
        "set allow_private = true.",
        f"未调用通道 {name} 的接入地址：{message}。若上游在您自己的网络内，请设置 allow_private = true。",
    )


def _request(refused: Refused) -> dict[str, Any]:
    found = {"class": str(refused.error_class)}
    return {**found, "request_id": refused.request_id} if refused.request_id else found


def _works(name: str, skew: int | None) -> Text:
    text = Text(f"{name} works.", f"通道 {name} 可用。")
    if skew is None or abs(skew) < LARGEST_SKEW_SECONDS:
        return text
    en, zh = ("ahead of", "快") if skew > 0 else ("behind", "慢")
    return Text(
        f"{text.en} This machine's clock is {abs(skew)} s {en} the upstream's; set it right.",
        f"{text.zh}本机时钟比上游{zh} {abs(skew)} 秒，请校准。",
    )


def _skew_seconds(date: object, now: int) -> int | None:
    """Return how far this machine is ahead of an HTTP date, None where there is none."""
    try:
        moment = parsedate_to_datetime(str(date))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round((datetime.fromtimestamp(now / 1000, UTC) - moment).total_seconds())
