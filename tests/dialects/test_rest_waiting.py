"""Waiting for a task through REST: the long poll, the timeline as JSON, and the live stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.dialects.test_rest import CREATE, MISSING, World, header, open_world

from genmux.dialects.exchange import WireReply
from genmux.domain.states import TaskState
from genmux.wires.rest_events import HEARTBEAT, Message, parse_messages

SSE = {"accept": "text/event-stream"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def made(world: World, prompt: str = "a cat") -> str:
    task: str = (await world.ann.ask("POST", "/tasks", {**CREATE, "prompt": prompt}))["id"]
    return task


async def everything(reply: WireReply) -> list[Message]:
    assert reply.stream is not None
    return list(parse_messages("".join([part.decode() async for part in reply.stream])))


def tell(world: World) -> None:
    """Pass the engine's moves on, as the server does."""
    for state, seq in world.engine.moves:
        world.engine.service.notice(state, seq)


async def test_a_long_poll_comes_back_with_the_end(world: World) -> None:
    task = await made(world)
    waiting = asyncio.create_task(world.ann.send("GET", f"/tasks/{task}?wait=60&detail=0"))
    await asyncio.sleep(0)
    await world.engine.settle(quiet_seconds=4)
    tell(world)
    reply = await waiting
    assert json.loads(reply.body)["state"] == "succeeded"


async def test_a_long_poll_with_a_tag_comes_back_with_the_next_change(world: World) -> None:
    task = await made(world)
    tag = header(await world.ann.send("GET", f"/tasks/{task}"), "ETag") or ""
    waiting = asyncio.create_task(
        world.ann.send("GET", f"/tasks/{task}?wait=60", headers={"if-none-match": tag})
    )
    await asyncio.sleep(0)
    assert not waiting.done()
    await world.ann.ask("POST", f"/tasks/{task}/cancel")
    reply = await waiting
    assert (reply.status, header(reply, "ETag") != tag) == (200, True)
    assert json.loads(reply.body)["state"] == "cancelled"


async def test_a_long_poll_ends_with_its_time(world: World) -> None:
    task = await made(world)
    tag = header(await world.ann.send("GET", f"/tasks/{task}"), "ETag") or ""
    waiting = asyncio.create_task(
        world.ann.send("GET", f"/tasks/{task}?wait=30", headers={"if-none-match": tag})
    )
    await asyncio.sleep(0)
    world.engine.clock.advance(31)
    assert (await waiting).status == 304
    plain = asyncio.create_task(world.ann.ask("GET", f"/tasks/{task}?wait=30"))
    await asyncio.sleep(0)
    world.engine.clock.advance(31)
    assert (await plain)["state"] == "queued"
    old = await world.ann.send("GET", f"/tasks/{task}?wait=30", headers={"if-none-match": 'W/"x"'})
    assert old.status == 200


async def test_a_long_poll_does_not_hold_up_the_shutdown(world: World) -> None:
    task = await made(world)
    world.engine.service.draining = True
    assert (await world.ann.ask("GET", f"/tasks/{task}?wait=60"))["state"] == "queued"


@pytest.mark.parametrize("seconds", ["61", "-1", "x", "", "1e1", "NaN"])
async def test_a_wait_is_a_minute_at_most(world: World, seconds: str) -> None:
    task = await made(world)
    assert (await world.ann.problem("GET", f"/tasks/{task}?wait={seconds}"))["field"] == "wait"


async def test_the_timeline_as_json(world: World) -> None:
    task = await made(world)
    told = await world.ann.ask("GET", f"/tasks/{task}/events")
    assert (told["id"], told["state"], told["final"]) == (task, "queued", False)
    assert [(event["n"], event["kind"]) for event in told["events"]] == [(1, "created")]
    assert told["events"][0]["at"].endswith("Z")
    await world.engine.settle()
    later = await world.ann.ask("GET", f"/tasks/{task}/events?after=1")
    assert [event["n"] for event in later["events"]] == list(range(2, 2 + len(later["events"])))
    assert (later["state"], later["final"]) == ("succeeded", True)
    assert (await world.ann.ask("GET", f"/tasks/{task}/events?after=99"))["events"] == []


async def test_a_stream_tells_every_change_and_ends_with_the_task(world: World) -> None:
    task = await made(world)
    reply = await world.ann.send("GET", f"/tasks/{task}/events", headers=SSE)
    assert (reply.status, reply.content_type, reply.length) == (200, "text/event-stream", None)
    reading = asyncio.create_task(everything(reply))
    await asyncio.sleep(0.05)
    await world.engine.settle(quiet_seconds=4)
    tell(world)
    messages = await reading
    lines = [m for m in messages if m.event == "event"]
    full = await world.ann.ask("GET", f"/tasks/{task}")
    assert [line.data for line in lines] == full["events"]
    assert [line.id for line in lines] == [event["n"] for event in full["events"]]
    tasks = [m.data for m in messages if m.event == "task"]
    assert (tasks[0]["state"], tasks[-1]["state"]) == ("queued", "succeeded")
    assert tasks[-1]["artifacts"] == full["artifacts"]
    assert all(m.id is None for m in messages if m.event == "task")


async def test_who_comes_back_misses_nothing(world: World) -> None:
    task = await made(world)
    await world.engine.settle()
    whole = await everything(await world.ann.send("GET", f"/tasks/{task}/events", headers=SSE))
    last = whole[-1].id
    assert last is not None
    for headers, query in (({**SSE, "last-event-id": "1"}, "?after=3"), (SSE, "?after=1")):
        again = await everything(await world.ann.send("GET", f"/tasks/{task}/events{query}", headers=headers))
        assert [m.id for m in again if m.event == "event"] == list(range(2, last + 1))
        assert again[0].event == "task"
    done = await world.ann.send("GET", f"/tasks/{task}/events", headers={**SSE, "last-event-id": str(last)})
    assert (done.status, done.stream) == (204, None)


async def test_a_quiet_stream_is_kept_alive_and_ends_with_the_server(world: World) -> None:
    task = await made(world)
    reply = await world.ann.send("GET", f"/tasks/{task}/events", headers=SSE)
    assert reply.stream is not None
    parts = reply.stream.__aiter__()
    assert (await anext(parts)).startswith(b"retry: ")
    assert b"event: task" in await anext(parts)
    beat = asyncio.ensure_future(anext(parts))
    await asyncio.sleep(0)
    world.engine.clock.advance(16)
    assert await beat == HEARTBEAT
    world.engine.service.draining = True
    with pytest.raises(StopAsyncIteration):
        await anext(parts)


async def test_a_stream_of_a_task_that_is_gone_ends(world: World) -> None:
    task = await made(world)
    reply = await world.ann.send("GET", f"/tasks/{task}/events", headers=SSE)
    reading = asyncio.create_task(everything(reply))
    await asyncio.sleep(0.05)
    await world.ann.ask("POST", f"/tasks/{task}/cancel")
    await world.engine.store.prune(world.engine.clock() + 1, 10)
    messages = await reading
    assert messages[0].data["state"] == "queued"


@pytest.mark.parametrize(
    ("query", "headers", "field"),
    [
        ("?after=x", {}, "after"),
        ("?after=-1", {}, "after"),
        ("", {"last-event-id": "٣"}, "Last-Event-ID"),
        ("?after=1", {"last-event-id": "1.5"}, "Last-Event-ID"),
    ],
)
async def test_an_odd_number_is_named(world: World, query: str, headers: dict[str, Any], field: str) -> None:
    task = await made(world)
    assert (await world.ann.problem("GET", f"/tasks/{task}/events{query}", **headers))["field"] == field


async def test_nobody_else_hears_of_it(world: World) -> None:
    task = await made(world)
    for path in (f"/tasks/{task}/events", f"/tasks/{MISSING}/events"):
        assert (await world.bob.problem("GET", path, **SSE))["status"] == 404
    head = await world.ann.send("HEAD", f"/tasks/{task}/events", headers=SSE)
    assert (head.content_type, head.stream) == ("text/event-stream", None)
    assert TaskState.QUEUED.word == (await world.ann.ask("GET", f"/tasks/{task}/events"))["state"]
