"""Turns what an operator said of a channel into the channel that the engine works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Final

from genmux.engine.channels import Channel
from genmux.providers import steps
from genmux.providers.preview import SCRIPTED
from genmux.providers.seam import Account, Provider
from genmux.settings.channels import EVENTS, READERS, ChannelSettings
from genmux.settings.credentials import (
    SEALED,
    USUAL,
    CredentialSource,
    check_parts,
    read_credential,
)
from genmux.settings.errors import SettingsError
from genmux.store.vault import Vault
from genmux.wires.guide_config import is_placeholder

PREVIEW: Final = "preview"
STEPS: Final = steps.NAME
TWIN: Final = "-scripted"
"""Ends the name of a preview's twin, which plays scripts."""
SCRIPTED_SLOTS: Final = 1000


def build_channel(said: ChannelSettings, provider: Provider, channel_id: int, credential: str) -> Channel:
    """Return the channel; what was not said is the provider's own. Raises `SettingsError`.

    `credential` is the id under which the vault has it, "" for none. Slots that were said are
    taken as they are; the channel learns only where nothing was, or when it is told to.
    """
    options = checked_options(said, provider)
    facts = provider.facts
    unsaid = said.slots is None and not said.kind_slots
    return Channel(
        id=channel_id,
        name=said.name,
        provider=provider,
        account=Account(
            channel=said.name,
            provider=provider.name,
            endpoint=said.endpoint or provider.endpoint(options),
            credential=credential,
            options=options,
            allow_private=said.allow_private,
            price=said.price,
        ),
        models=said.models or ("*",),
        names=said.names,
        priority=said.priority,
        weight=said.weight,
        slots=facts.slots if unsaid else said.slots or sum(said.kind_slots.values()),
        kind_slots=said.kind_slots,
        learns=facts.learns and unsaid if said.learns is None else said.learns,
        rates=merged_rates(facts.rates, said.rates),
        on_unknown=said.on_unknown,
        failover=said.failover,
        deadline_ms=_ms(said.deadline_minutes, 60_000),
        poll_ceiling_ms=_ms(said.poll_seconds, 1000),
        events=said.events,
        enabled=said.enabled,
    )


def _ms(value: float | None, unit_ms: int) -> int | None:
    return None if value is None else max(1, round(value * unit_ms))


def merged_rates(facts: Mapping[str, float], said: Mapping[str, float]) -> dict[str, float]:
    """Return the rates that hold: what was said replaces the facts of the same name and of its kinds."""
    heads = {name for name in said if ":" not in name}
    kept = {name: rate for name, rate in facts.items() if name.partition(":")[0] not in heads}
    return {name: rate for name, rate in {**kept, **said}.items() if rate > 0}


def checked_options(said: ChannelSettings, provider: Provider) -> dict[str, Any]:
    """Return the provider's own options, completed by it. Raises `SettingsError`."""
    events = {} if said.events == EVENTS[0] else {"events": said.events}
    try:
        return provider.options({**said.options, **events})
    except ValueError as error:
        hint = _near(said, str(error))
        raise SettingsError(
            f"channels.{said.name}: {error}{hint and f'; did you mean {hint}?'}",
            f"通道 {said.name} 的选项有误：{error}{hint and f'；是否想写 {hint}？'}",
            field=f"channels.{said.name}",
        ) from None


def _near(said: ChannelSettings, reason: str) -> str:
    """Return the key of ours that the option at fault resembles, "" for none."""
    wrong = next((name for name in said.options if name in reason), "")
    return next(iter(get_close_matches(wrong, READERS, n=1, cutoff=0.75)), "")


def shut_channel(name: str, provider: Provider, channel_id: int) -> Channel:
    """Return a channel that takes nothing new; what runs on it goes on with its frozen account."""
    account = Account(channel=name, provider=provider.name)
    return Channel(id=channel_id, name=name, provider=provider, account=account, enabled=False)


def twin_of(channel: Channel, channel_id: int) -> Channel:
    """Return the channel of a preview's scripted tasks: slots of its own, since waiting costs nothing."""
    return replace(
        channel,
        id=channel_id,
        name=channel.name + TWIN,
        variant=SCRIPTED,
        slots=SCRIPTED_SLOTS,
        kind_slots={},
        own_slots=False,
    )


# ---------------------------------------------------------------- credentials


async def find_credential(
    said: ChannelSettings, provider: Provider, vault: Vault, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the parts of a channel's credential, {} where none is needed. Raises `SettingsError`."""
    path = f"channels.{said.name}.credential"
    wanted = provider.facts.credential_names
    source = said.credential or _usual(provider.name, environ)
    if source is None:
        if provider.needs_credential:
            raise _missing(path, provider)
        return {}
    if not wanted:
        raise SettingsError(
            f"setting {path} is said, but the provider {provider.name} takes no credential",
            f"提供方 {provider.name} 不需要凭据，请删除设置项 {path}",
            field=path,
        )
    if source.scheme == SEALED:
        return check_parts(path, await _sealed(path, source, vault), wanted)
    return read_credential(path, source, wanted, environ)


def _usual(provider: str, environ: Mapping[str, str]) -> CredentialSource | None:
    names = USUAL.get(provider, ())
    return CredentialSource("env", names) if names and all(environ.get(n) for n in names) else None


async def _sealed(path: str, source: CredentialSource, vault: Vault) -> Mapping[str, str]:
    found = await vault.named(source.names[0])
    if found is None:
        raise SettingsError(
            f"setting {path} names the sealed credential {source.names[0]}, which was never stored",
            f"设置项 {path} 引用的密封凭据 {source.names[0]} 不存在",
            field=path,
        )
    return found


def _missing(path: str, provider: Provider) -> SettingsError:
    parts = ", ".join(provider.facts.credential_names)
    usual = " and ".join(USUAL.get(provider.name, ()))
    or_usual = f", or set {usual}" if usual else ""
    return SettingsError(
        f"setting {path} is missing; the provider {provider.name} needs {parts}: "
        f"name env:VARIABLE,…, file:/path or sealed:NAME{or_usual}",
        f"缺少设置项 {path}；提供方 {provider.name} 需要 {parts}：请填写 env:变量,…、file:/路径 或 "
        f"sealed:名称{f'，或设置环境变量 {usual}' if usual else ''}",
        field=path,
    )


def placeholder_parts(parts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the parts that hold what guides write where one's own value belongs."""
    return tuple(name for name, value in parts.items() if is_placeholder(value))
