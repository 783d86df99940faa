"""The endpoints of the operator's channels: look at them, change them, try them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, reply_json
from genmux.domain.errors import NotFound
from genmux.domain.text import Text
from genmux.wires.rest_channels import ChannelList, ChannelStatus, ProbeStatus
from genmux.wires.rest_values import read_json, read_options


@dataclass(frozen=True, slots=True)
class Probe:
    """What a harmless call found out; `code` is "" where nothing is wrong."""

    ok: bool
    text: Text
    code: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


class ChannelDesk(Protocol):
    """Shows, changes and tries channels. What is unknown raises `NotFound`, what is wrong `CallerError`."""

    async def list(self) -> tuple[ChannelStatus, ...]:
        """Return every channel, disabled ones too, without anything secret."""
        ...

    async def put(self, name: str, said: Mapping[str, Any]) -> ChannelStatus:
        """Make a channel, or change the keys that are said; None takes a key back."""
        ...

    async def set_enabled(self, name: str, enabled: bool) -> ChannelStatus:
        """Let a channel take new tasks, or not; its running ones go on."""
        ...

    async def remove(self, name: str) -> None:
        """Disable a channel for good: it does not count as configured any more."""
        ...

    async def test(self, name: str) -> Probe:
        """Make a harmless call with the channel's credential and say how it went."""
        ...


async def list_channels(desk: Desk, call: Call) -> WireReply:
    """Show every channel."""
    return reply_json(ChannelList(await _channels(desk).list()))


async def put_channel(desk: Desk, call: Call) -> WireReply:
    """Make a channel or change one; it routes by that at once."""
    said = read_options(read_json(call.request.body), "")
    return reply_json(await _channels(desk).put(call.params["name"], said))


async def remove_channel(desk: Desk, call: Call) -> WireReply:
    """Disable a channel for good."""
    await _channels(desk).remove(call.params["name"])
    return WireReply(204)


async def enable_channel(desk: Desk, call: Call) -> WireReply:
    """Let a channel take new tasks."""
    return reply_json(await _channels(desk).set_enabled(call.params["name"], True))


async def disable_channel(desk: Desk, call: Call) -> WireReply:
    """Give a channel no new tasks."""
    return reply_json(await _channels(desk).set_enabled(call.params["name"], False))


async def test_channel(desk: Desk, call: Call) -> WireReply:
    """Try a channel; the answer is 200 also where the upstream refused."""
    found = await _channels(desk).test(call.params["name"])
    told = ProbeStatus(
        ok=found.ok, message=found.text.say(call.language), code=found.code or None, notes=dict(found.notes)
    )
    return reply_json(told)


def _channels(desk: Desk) -> ChannelDesk:
    if desk.channels is None:
        raise NotFound(Text("This server shows no channels.", "本服务不提供通道管理。"))
    return desk.channels
