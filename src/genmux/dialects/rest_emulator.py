"""The endpoints of the emulator: a clock that can be moved on. Nowhere else is there any such thing."""

from __future__ import annotations

from genmux.dialects.exchange import WireReply
from genmux.dialects.rest_call import Call, Desk, Emulator, reply_json
from genmux.domain.errors import NotFound
from genmux.domain.text import Text
from genmux.wires.rest_answers import ClockStatus
from genmux.wires.rest_bodies import LONGEST_LEAP_SECONDS
from genmux.wires.rest_values import missing, read_fields, read_json, refuse, render_time


async def show_clock(desk: Desk, call: Call) -> WireReply:
    """Tell what time it is here."""
    return _reply(_emulator(desk).advance(0))


async def advance_clock(desk: Desk, call: Call) -> WireReply:
    """Let time pass at once: whatever is due by then falls due."""
    emulator = _emulator(desk)
    fields = read_fields(read_json(call.request.body), "", ("advance_seconds",))
    if "advance_seconds" not in fields:
        raise missing("advance_seconds")
    seconds = fields["advance_seconds"]
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds <= LONGEST_LEAP_SECONDS
    ):
        raise refuse(
            "advance_seconds",
            f"must be a number from 0 to {LONGEST_LEAP_SECONDS}; time never goes back.",
            f"必须是 0 到 {LONGEST_LEAP_SECONDS} 的数字；时间不能倒退。",
        )
    return _reply(emulator.advance(seconds))


def _emulator(desk: Desk) -> Emulator:
    if desk.emulator is None:
        raise NotFound(
            Text("This server is no emulator; start it with --emulator.", "本服务未以 --emulator 启动。")
        )
    return desk.emulator


def _reply(now: int) -> WireReply:
    return reply_json(ClockStatus(render_time(now) or ""), 200, ("Cache-Control", "no-store"))
