"""Pacing: no sliding second holds more calls than the limit, and complaints slow a channel down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from genmux.engine.channels import Channel
from genmux.engine.pace import LATE_SECONDS, SHARE, Pacer
from genmux.providers.preview import provider

RATES = {"create:video": 10.0, "describe": 50.0}


def channel(rates: dict[str, float] | None = None, number: int = 1) -> Channel:
    return Channel(number, f"c{number}", provider, rates=RATES if rates is None else rates)


class Virtual:
    """A monotonic clock that jumps to the end of every sleep of this loop, late by a scripted amount."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, late: Callable[[int], float]) -> None:
        self.now = 100.0
        self.sleeps = 0
        self._late = late
        real, here = asyncio.sleep, asyncio.get_running_loop()

        async def sleep(seconds: float) -> None:
            if asyncio.get_running_loop() is not here:  # a server that other tests share
                return await real(seconds)
            self.sleeps += 1
            self.now += max(0.0, seconds) + (late(self.sleeps) if seconds > 0 else 0.0)
            return await real(0)

        monkeypatch.setattr(asyncio, "sleep", sleep)

    def __call__(self) -> float:
        return self.now


def most_in_a_second(times: list[float]) -> int:
    return max(sum(start <= t < start + 1.0 for t in times) for start in times)


@pytest.mark.parametrize("late", [0.0, 0.001, LATE_SECONDS, 0.3], ids=lambda s: f"{s * 1000:g} ms late")
@pytest.mark.parametrize("limit", [1, 10, 50])
async def test_no_sliding_second_holds_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch, limit: int, late: float
) -> None:
    clock = Virtual(monkeypatch, lambda n: late if n % 7 == 0 else 0.0)
    pacer, paced = Pacer(clock), channel({"create": float(limit)})
    sent: list[float] = []
    for _ in range(limit * 4):
        (await pacer.turn(paced, "create:video")).left()
        sent.append(clock.now)
    assert most_in_a_second(sent) <= limit


async def test_the_limit_is_nearly_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Virtual(monkeypatch, lambda n: 0.001)
    pacer, paced = Pacer(clock), channel({"describe": 50.0})
    sent = []
    for _ in range(500):
        (await pacer.turn(paced, "describe:image")).left()
        sent.append(clock.now)
    assert 499 / (sent[-1] - sent[0]) == pytest.approx(50 * SHARE, rel=0.005)


async def test_kinds_have_limits_of_their_own_unless_they_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Virtual(monkeypatch, lambda n: 0.0)
    pacer, paced = Pacer(clock), channel()
    (await pacer.turn(paced, "create:video")).left()
    assert pacer.held_seconds(paced, "create:video") > 0
    assert pacer.held_seconds(paced, "create:image") == 0  # no limit at all
    (await pacer.turn(paced, "describe:video")).left()
    assert pacer.held_seconds(paced, "describe:image") > 0  # "describe" is for both
    assert pacer.held_seconds(channel(number=2), "create:video") == 0


async def test_a_complaint_doubles_the_spacing_which_fades(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Virtual(monkeypatch, lambda n: 0.0)
    pacer, paced = Pacer(clock), channel()
    configured = pacer.interval_us(paced, "create:video")
    pacer.slow_down(paced, "create:video", None)
    pacer.slow_down(paced, "create:video", None)
    assert pacer.interval_us(paced, "create:video") == pytest.approx(4 * configured, rel=0.001)
    clock.now += 1
    assert pacer.interval_us(paced, "create:video") == pytest.approx(4 * 0.98 * configured, rel=0.001)
    clock.now += 600
    assert pacer.interval_us(paced, "create:video") == configured


async def test_retry_after_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Virtual(monkeypatch, lambda n: 0.0)
    pacer, paced = Pacer(clock), channel()
    pacer.slow_down(paced, "create:video", 7.0)
    before = clock.now
    (await pacer.turn(paced, "create:video")).left()
    assert clock.now - before >= 7.0


async def test_who_gives_up_waiting_takes_no_turn() -> None:
    pacer, paced = Pacer(), channel({"create": 0.5})
    (await pacer.turn(paced, "create:video")).left()
    waiting = asyncio.create_task(pacer.turn(paced, "create:video"))
    await asyncio.sleep(0)
    held = pacer.held_seconds(paced, "create:video")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert pacer.held_seconds(paced, "create:video") < held


async def test_calls_that_are_held_up_on_their_way_out_do_not_bunch(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Virtual(monkeypatch, lambda n: 0.0)
    pacer, paced = Pacer(clock), channel({"create": 5.0})
    slow = [await pacer.turn(paced, "create:video") for _ in range(4)]
    clock.now += 0.5  # four connections take their time
    for turn in slow:
        turn.left()
    sent = [clock.now] * 4
    for _ in range(12):
        (await pacer.turn(paced, "create:video")).left()
        sent.append(clock.now)
    assert most_in_a_second(sent) <= 5
