"""The endpoints of the operator's channels: look at them, change them, try them."""

from __future__ import annotations

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, reply_json
from genmux.dialects.rest_channel_desk import ChannelDesk
from genmux.domain.errors import NotFound
from genmux.domain.text import Text
from genmux.wires.rest_channels import ChannelList, ProbeStatus
from genmux.wires.rest_values import read_json, read_options


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
