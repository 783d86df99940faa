"""The notify loop against a real store and receivers that answer, refuse, stall and vanish."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from genmux.engine.notify import (
    MOST_FLIGHTS,
    MOST_PER_AILING_HOST,
    MOST_PER_HOST,
    MOST_TRIES,
    TIMEOUT_SECONDS,
    Notifier,
    SinkRenderer,
    retry_delay_ms,
)
from genmux.engine.ports import EventMode, FetchFailed, NewTask, OutboxRow, Sink
from genmux.net.client import GuardedNet
from genmux.providers.seam import HttpCall, HttpReply
from genmux.store.sqlite import SqliteStore
from genmux.testing.harness import FrozenClock
from genmux.testing.scripted import ScriptedNet, ScriptedUpstream
from genmux.testing.store_suite import (
    APP,
    NOW,
    PUSHED,
    cancelled,
    detail_of,
    hooked,
    kinds,
    made,
    pulled,
    vod_task,
)

DAY_MS = 86_400_000


@dataclass(slots=True)
class Receivers(ScriptedNet):
    """The far side of every URL: hosts answer with the status of their first label, or as told.

    `stalling` hosts answer only once `awake` is set.
    """

    calls: list[HttpCall] = field(default_factory=list)
    private: list[bool] = field(default_factory=list)
    under_way: Counter[str] = field(default_factory=Counter)
    most_under_way: Counter[str] = field(default_factory=Counter)
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(
        self, call: HttpCall, *, allow_private: bool = False, on_sent: Callable[[], None] | None = None
    ) -> HttpReply:
        """Answer as the host name says."""
        self.calls.append(call)
        self.private.append(allow_private)
        self.called.set()
        host = urlsplit(call.url).hostname or ""
        self.under_way[host] += 1
        self.most_under_way[host] = max(self.most_under_way[host], self.under_way[host])
        try:
            return await self._answer(host.split(".")[0])
        finally:
            self.under_way[host] -= 1

    async def _answer(self, word: str) -> HttpReply:
        if word == "stalling":
            await self.awake.wait()
            raise FetchFailed("timeout", "no answer in time")
        if word == "bug":
            raise ValueError("a header with a line break")
        if word in ("unreachable", "bad_url"):
            raise FetchFailed(word, "nobody there")
        return HttpReply(int(word), {}, b"")

    def urls(self) -> list[str]:
        """Return what was called so far."""
        return [call.url for call in self.calls]


@dataclass(slots=True)
class Desk:
    """A notifier with a store, a clock and receivers; `settle` lets its calls end."""

    store: SqliteStore
    clock: FrozenClock
    net: Receivers
    notifier: Notifier

    async def settle(self) -> int:
        """Step until nothing is due and no call is under way; return how many were started."""
        started = 0
        while found := await self.notifier.step():
            started += found
            await down_to(self.notifier.flights, 0)
        return started

    async def later(self, seconds: float) -> int:
        """Let time pass, then settle."""
        self.clock.advance(seconds)
        return await self.settle()

    def rendered_by(self, renderer: SinkRenderer) -> Notifier:
        """Return the notifier with one renderer for every sink."""
        self.notifier.renderers = dict.fromkeys(Sink, renderer)
        return self.notifier


def renderer_of(store: SqliteStore) -> SinkRenderer:
    """Return a renderer that looks for the URL where its sink has it."""

    async def render(row: OutboxRow, /) -> HttpCall | None:
        detail = await store.detail(row.task_id)
        assert detail is not None
        url = json.loads(detail.extra).get("fal_webhook" if row.sink is Sink.FAL else "webhook")
        if row.sink is Sink.VOD:
            config = await store.event_config(row.tenant_id, row.sub_app_id or 0)
            if config is None or config.mode is EventMode.PULL:
                return None
            url = config.notification_url
        body = json.dumps({"id": row.task_id.hex(), "state": detail.task.state.word}).encode()
        return HttpCall("POST", url, (("content-type", "application/json"),), body)

    return render


async def opened(path: Path, clock: FrozenClock) -> Desk:
    store = SqliteStore(path / "genmux.db", clock=clock)
    await store.open()
    net = Receivers(ScriptedUpstream())
    return Desk(store, clock, net, Notifier(store, net, clock, dict.fromkeys(Sink, renderer_of(store))))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = await opened(tmp_path, FrozenClock(NOW))
    yield desk
    await desk.notifier.drain(0)
    await desk.store.close()


def hook(host: str) -> NewTask:
    return hooked(webhook=f"https://{host}.example/hook")


async def down_to(flights: Mapping[int, asyncio.Task[None]], most: int) -> None:
    """Wait until no more than `most` calls are under way."""
    while len(flights) > most:
        await asyncio.wait(flights.values(), return_when=asyncio.FIRST_COMPLETED)


async def test_a_message_is_told_once(desk: Desk) -> None:
    task = hook("204")
    await made(desk.store, task)
    assert await desk.settle() == 0
    row = await desk.store.get(task.id)
    assert row is not None
    await desk.store.request_cancel(row.seq, NOW)
    assert await desk.settle() == 1
    (call,) = desk.net.calls
    assert json.loads(call.body) == {"id": task.id.hex(), "state": "cancelled"}
    assert (call.method, call.timeout_seconds) == ("POST", TIMEOUT_SECONDS)
    assert await desk.later(DAY_MS) == 0
    assert kinds(await detail_of(desk.store, task)) == ["created", "cancelled"]


async def test_every_sink_of_a_task_is_told(desk: Desk) -> None:
    await desk.store.put_event_config(replace(PUSHED, notification_url="https://200.example/vod"))
    extra = '{"fal_webhook":"https://201.example/fal","webhook":"https://202.example/own"}'
    await cancelled(desk.store, vod_task(extra=extra))
    assert await desk.settle() == 3
    hosts = sorted(urlsplit(url).path for url in desk.net.urls())
    assert hosts == ["/fal", "/own", "/vod"]


async def test_pulled_events_are_left_alone(desk: Desk) -> None:
    await cancelled(desk.store, vod_task())
    assert await desk.settle() == 0
    assert len(await pulled(desk.store)) == 1


async def test_a_crash_between_commit_and_delivery_loses_nothing(tmp_path: Path) -> None:
    clock = FrozenClock(NOW)
    first = await opened(tmp_path, clock)
    await cancelled(first.store, hook("stalling"))
    await cancelled(first.store, hook("200"))
    assert len(await first.store.take_outbox(tuple(Sink), NOW - 1, 1, 10)) == 0
    assert await first.notifier.step() == 2
    await down_to(first.notifier.flights, 1)
    await first.notifier.drain(0)
    await first.store.close()

    second = await opened(tmp_path, clock)
    await cancelled(second.store, hook("201"))
    await second.settle()
    assert second.net.urls() == ["https://201.example/hook"]
    clock.advance(30)
    second.net.awake.set()
    await second.settle()
    assert second.net.urls()[1:] == ["https://stalling.example/hook"]
    await second.store.close()


@pytest.mark.parametrize("host", ["500", "302", "404", "unreachable", "bug"])
async def test_whatever_is_no_yes_is_tried_again(desk: Desk, host: str) -> None:
    await cancelled(desk.store, hook(host))
    assert await desk.settle() == 1
    assert await desk.later(9.999) == 0
    assert await desk.later(0.001) == 1
    assert await desk.later(19.999) == 0
    assert await desk.later(0.001) == 1


async def test_a_push_is_retried_until_its_receiver_is_well(desk: Desk) -> None:
    await desk.store.put_event_config(replace(PUSHED, notification_url="https://503.example/vod"))
    await cancelled(desk.store, vod_task())
    await desk.settle()
    for seconds in (10, 20, 40):
        assert await desk.later(seconds) == 1
    assert desk.net.urls() == ["https://503.example/vod"] * 4
    well = replace(PUSHED, notification_url="https://200.example/vod", updated_at=desk.clock())
    await desk.store.put_event_config(well)
    assert await desk.settle() == 1
    assert await desk.later(DAY_MS) == 0
    assert desk.net.urls()[4:] == ["https://200.example/vod"]


async def test_after_a_day_it_is_given_up_and_the_timeline_says_so(desk: Desk) -> None:
    task = hook("503")
    await cancelled(desk.store, task)
    tries = await desk.settle()
    began = desk.clock()
    while due := await _next_due(desk.store):
        desk.clock.now = due
        tries += await desk.settle()
    assert tries == MOST_TRIES
    assert 23 * 3_600_000 < desk.clock() - began <= DAY_MS
    line = (await detail_of(desk.store, task)).events[-1]
    assert (line.kind, line.at) == ("notify_failed", desk.clock())
    assert json.loads(line.data) == {"sink": "webhook", "message": "HTTP 503", "tries": MOST_TRIES}
    ended = await desk.store._read(lambda db: db.execute("SELECT done_at, last_error FROM outbox").fetchall())
    assert ended == [(desk.clock(), "HTTP 503")]


async def _next_due(store: SqliteStore) -> int | None:
    text = "SELECT min(due_at) FROM outbox WHERE done_at IS NULL"
    due: int | None = await store._read(lambda db: db.execute(text).fetchone()[0])
    return due


async def test_what_is_no_url_is_given_up_at_once(desk: Desk) -> None:
    task = hook("bad_url")
    await cancelled(desk.store, task)
    assert await desk.settle() == 1
    assert kinds(await detail_of(desk.store, task))[-1] == "notify_failed"
    assert await desk.later(DAY_MS) == 0


@pytest.mark.parametrize("allowed", [False, True])
async def test_private_addresses_are_for_whoever_allows_them(desk: Desk, allowed: bool) -> None:
    desk.notifier.allow_private = allowed
    await cancelled(desk.store, hook("200"))
    await desk.settle()
    assert desk.net.private == [allowed]


@pytest.mark.parametrize(("allowed", "code"), [(False, "refused_address"), (True, "unreachable")])
async def test_the_guard_of_the_real_net_is_asked(desk: Desk, allowed: bool, code: str) -> None:
    net = GuardedNet()
    notifier = Notifier(desk.store, net, desk.clock, desk.notifier.renderers, allow_private=allowed)
    await cancelled(desk.store, hooked(webhook="http://127.0.0.1:1/hook"))
    assert await notifier.step() == 1
    await notifier.drain(20)
    (row,) = await desk.store.take_outbox(tuple(Sink), NOW + 10_000, 1, 1)
    assert (row.last_error or "").startswith(f"{code}: ")
    await net.close()


async def test_nothing_to_send_is_handed_back_untried(desk: Desk) -> None:
    async def nothing(row: OutboxRow, /) -> None:
        return None

    desk.rendered_by(nothing)
    await desk.store.put_event_config(PUSHED)
    await cancelled(desk.store, vod_task())
    assert await desk.settle() == 1
    assert desk.net.calls == []
    assert await desk.later(10) == 1
    await desk.store.put_event_config(replace(PUSHED, mode=EventMode.PULL, updated_at=desk.clock()))
    (event,) = await pulled(desk.store, desk.clock())
    assert (event.sub_app_id, event.tries) == (APP, 0)


async def test_a_renderer_that_raises_counts_as_a_try(desk: Desk) -> None:
    async def broken(row: OutboxRow, /) -> HttpCall | None:
        raise KeyError(row.task_seq)

    desk.rendered_by(broken)
    await cancelled(desk.store, hook("200"))
    assert await desk.settle() == 1
    assert await desk.later(9) == 0
    (row,) = await desk.store.take_outbox(tuple(Sink), desk.clock() + 1_000, 1, 1)
    assert (row.tries, row.last_error) == (1, "rendering raised KeyError")


async def test_a_slow_receiver_holds_up_nobody_else(desk: Desk) -> None:
    for _ in range(MOST_FLIGHTS + 6):
        await cancelled(desk.store, hook("stalling"))
    for _ in range(3):
        await cancelled(desk.store, hook("200"), NOW + 1)
    desk.clock.advance(0.001)
    while await desk.notifier.step():
        await down_to(desk.notifier.flights, MOST_PER_HOST)
    assert sorted(desk.net.under_way.elements()) == ["stalling.example"] * MOST_PER_HOST
    assert desk.net.urls().count("https://200.example/hook") == 3


async def test_an_ailing_receiver_gets_few_calls_at_once(desk: Desk) -> None:
    host = "stalling.example"
    await cancelled(desk.store, hook("stalling"))
    desk.net.awake.set()
    await desk.settle()
    desk.net.awake.clear()
    for _ in range(20):
        await cancelled(desk.store, hook("stalling"))
    while await desk.notifier.step():
        await down_to(desk.notifier.flights, MOST_PER_AILING_HOST)
    assert desk.net.under_way[host] == MOST_PER_AILING_HOST
    desk.net.awake.set()
    await down_to(desk.notifier.flights, 0)
    assert await desk.later(59.999) == 1 + MOST_PER_AILING_HOST
    assert await desk.later(0.001) == 20 - MOST_PER_AILING_HOST


async def test_a_full_notifier_waits_for_room(desk: Desk) -> None:
    for i in range(MOST_FLIGHTS + 1):
        await cancelled(desk.store, hook(f"stalling.h{i % 3}"))
    while len(desk.notifier.flights) < MOST_FLIGHTS:
        await desk.notifier.step()
    waiting = asyncio.ensure_future(desk.notifier.step())
    await asyncio.sleep(0)
    assert not waiting.done()
    desk.net.awake.set()
    assert await waiting == 1


async def test_calls_under_way_are_waited_for_at_the_end(desk: Desk) -> None:
    await cancelled(desk.store, hook("stalling"))
    await desk.notifier.step()
    await desk.net.called.wait()
    ending = asyncio.ensure_future(desk.notifier.drain(20))
    await asyncio.sleep(0)
    assert not ending.done()
    desk.net.awake.set()
    await ending
    assert desk.notifier.flights == {}


def test_delays_double_up_to_an_hour() -> None:
    delays = [retry_delay_ms(tries) for tries in range(1, MOST_TRIES)]
    assert delays[:4] == [10_000, 20_000, 40_000, 80_000]
    assert delays[8:11] == [2_560_000, 3_600_000, 3_600_000]
    assert 23 * 3_600_000 < sum(delays) < DAY_MS
