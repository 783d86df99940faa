"""Several engines on one store: leases, results on one machine's disk, and what only one of them does."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from genmux.domain.errors import Unavailable
from genmux.domain.spec import GenerationSpec
from genmux.domain.states import TaskState
from genmux.domain.text import same
from genmux.engine.channels import Channel
from genmux.engine.fleet import Fleet, Role, WorkerRow
from genmux.engine.health import Health
from genmux.engine.leases import Leases
from genmux.engine.ports import Binding, MediaFacts, TaskRow
from genmux.providers.base import BaseProvider
from genmux.providers.seam import ErrorClass, Finished, Flow, HttpCall, Output, Recovery, Refused, Work
from genmux.testing.harness import Harness, InlinePool
from genmux.testing.scripted import UPSTREAM, ScriptedProvider, tiny_png


class InlineProvider(BaseProvider):
    """Answers a create with the picture itself, as servers without tasks do."""

    name = "inline"
    needs_credential = False

    def __init__(self, recovery: Recovery) -> None:
        self.recovery = recovery

    def serves(self, spec: GenerationSpec) -> bool:
        """Take everything."""
        return True

    def submit(self, work: Work) -> Flow:
        """POST a create; the answer is the result."""
        yield HttpCall("POST", f"{UPSTREAM}/nothing")
        return Finished((Output(data=tiny_png(), content_type="image/png"),))


def engines(number: int) -> Fleet:
    return Fleet(f"engine-{number}", ("engine-1", "engine-2"), (), shared=True)


@pytest.fixture(params=[Recovery.FREE, Recovery.NEVER], ids=str)
async def one(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    provider = InlineProvider(request.param)
    harness = await Harness.open(tmp_path / "one", provider=provider, fleet=engines(1))
    yield harness
    await harness.close()


async def test_a_result_on_one_machine_is_left_to_it_while_it_lives(one: Harness, tmp_path: Path) -> None:
    two = one.beside(tmp_path / "two", engines(2))
    task = await one.create("a cat")
    await one.loops.dispatcher.step()
    await one.flown()
    assert await one.state(task) is TaskState.COLLECTING
    for _ in range(5):
        one.clock.advance(50)
        await one.loops.leases.beat()
        assert await two.loops.collector.step() == 0
    await one.loops.collector.step()
    await one.loops.collector.crew.rest()
    assert await one.state(task) is TaskState.SUCCEEDED
    assert list((one.directory / "spool").iterdir()) == []
    assert not any(path.is_file() for path in (one.directory / "media" / "spool").rglob("*"))


async def test_another_machine_goes_on_with_the_result_of_a_dead_one(one: Harness, tmp_path: Path) -> None:
    """Free work is done again; paid bytes were published before anybody heard of them."""
    two = one.beside(tmp_path / "two", engines(2))
    task = await one.create("a cat")
    await one.loops.dispatcher.step()
    await one.flown()
    shutil.rmtree(one.directory / "spool")
    one.clock.advance(61)
    await two.settle()
    detail = await two.detail(task)
    assert detail.task.state is TaskState.SUCCEEDED
    paid = two.service.router.channels[0].provider.recovery is Recovery.NEVER
    assert len(detail.attempts) == (1 if paid else 2)
    assert await two.media.size(detail.artifacts[0].media_key)


async def test_a_result_that_cannot_be_kept_now_stays_with_its_machine(one: Harness, tmp_path: Path) -> None:
    two = one.beside(tmp_path / "two", engines(2))
    task = await one.create("a cat")
    await one.loops.dispatcher.step()
    await one.flown()
    one.loops.collector.pool = BrokenPool(one.pool.spool)
    await one.loops.collector.step()
    await one.loops.collector.crew.rest()
    assert await one.state(task) is TaskState.COLLECTING
    assert await two.loops.collector.step() == 0
    one.loops.collector.pool = one.pool
    (held,) = one.loops.leases._held.values()
    one.loops.collector._kept.append(held)  # as the timer does
    await one.loops.collector.step()
    await one.loops.collector.crew.rest()
    assert await one.state(task) is TaskState.SUCCEEDED


class BrokenPool(InlinePool):
    """Stands for any trouble on the way of a result."""

    async def verify(self, path: Path, kind: str) -> MediaFacts:
        raise OSError("the disk is full")


# ---------------------------------------------------------------- leases


async def test_a_beat_prolongs_everything_and_tells_who_has_lost(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), fleet=engines(1))
    try:
        for _ in range(2):
            await harness.create("polls=9 a cat")
        await harness.loops.dispatcher.step()
        await harness.flown()
        harness.clock.advance(3600)
        taken = await take(harness, "engine-1")
        lost: list[int] = []
        leases = Leases(harness.store, harness.clock, 10_000)
        held = [leases.hold(row.seq, row.fence, lambda seq=row.seq: lost.append(seq)) for row in taken]  # type: ignore[misc]
        harness.clock.advance(9)
        await leases.beat()
        harness.clock.advance(9)
        assert await take(harness, "engine-2") == ()
        harness.clock.advance(9)
        (other,) = await take(harness, "engine-2", 1)
        await leases.beat()
        assert lost == [other.seq]
        assert await take(harness, "engine-2") == ()
        await leases.give_back()
        (given,) = await take(harness, "engine-2")
        assert {given.seq, other.seq} == {row.seq for row in taken} == {one.seq for one in held}
    finally:
        await harness.close()


async def take(harness: Harness, worker: str, limit: int = 9) -> tuple[TaskRow, ...]:
    channel = harness.service.router.channels[0].id
    return await harness.store.take_due(TaskState.RUNNING, channel, worker, harness.clock(), 10_000, limit)


# ---------------------------------------------------------------- who does what


def worker(name: str, role: Role) -> WorkerRow:
    return WorkerRow(name, role, "host", 1, 1)


def test_one_engine_keeps_each_thing_and_together_they_keep_all() -> None:
    rows = [worker("a", Role.ALL), worker("b", Role.ENGINE), worker("c", Role.API), worker("d", Role.ENGINE)]
    fleets = {name: Fleet(name, shared=True) for name in "abcd"}
    for fleet in fleets.values():
        assert fleet.alone
        assert fleet.take_in(rows)
        assert not fleet.take_in(rows)
        assert not fleet.alone
    for number in range(20):
        assert sum(fleet.keeps(number) for fleet in fleets.values()) == 1
        assert not fleets["c"].keeps(number)
    assert fleets["a"].apis == ("a", "c")
    assert Fleet().keeps(7)


def test_an_open_breaker_is_known_elsewhere_and_closed_elsewhere() -> None:
    one, two = Health(), Health()
    one.learn(3, Refused(ErrorClass.QUOTA, "NoMoney", "top up"), 1_000)
    name, text = one.told(3)
    assert name == "health:3"
    two.adopt(3, text)
    assert two.room(3, 1_001) == 0
    assert two.view(3, 1_001) == one.view(3, 1_001)
    two.forgive(3)
    one.adopt(3, two.told(3)[1])
    assert one.room(3, 1_001) is None


async def test_only_the_keeper_tries_whether_a_trouble_is_over(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), fleet=engines(1))
    two = harness.beside(tmp_path / "two", engines(2))
    try:
        (channel,) = harness.service.router.channels
        refusal = Refused(ErrorClass.AUTH, "No", "no")
        await harness.loops.standing.submitted(channel, "image", refusal)
        two.loops.standing.adopt(await two.store.learnt())
        rooms = [one.loops.standing.room(channel) for one in (harness, two)]
        assert rooms == [0, 0]
        harness.clock.advance(31)
        rooms = [one.loops.standing.room(channel) for one in (harness, two)]
        assert sorted(rooms, key=str) == [0, 1]
    finally:
        await harness.close()


async def test_workers_of_a_machine_are_counted_by_that_machine(tmp_path: Path) -> None:
    """A channel whose slots are each process's own takes as many here as there are workers here."""

    def own(channel: Channel) -> list[Channel]:
        return [replace(channel, slots=2, own_slots=True)]

    harness = await Harness.open(
        tmp_path, provider=ScriptedProvider(Recovery.FREE), channels=own, fleet=engines(1)
    )
    two = harness.beside(tmp_path / "two", engines(2))
    try:
        for _ in range(6):
            await harness.create("polls=9 a cat")
        assert [await one.loops.dispatcher.step() for one in (harness, two)] == [2, 2]
        await harness.flown()
        await two.flown()
    finally:
        await harness.close()


async def test_the_answer_of_a_paid_call_waits_for_a_store_that_is_away(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    bind, refused = harness.store.bind, [Unavailable(same("away")), Unavailable(same("away"))]

    async def bind_later(bindings: Sequence[Binding]) -> set[int]:
        if refused:
            raise refused.pop()
        return await bind(bindings)

    harness.store.bind = bind_later  # type: ignore[method-assign]
    try:
        task = await harness.create("polls=9 a cat")
        await harness.loops.dispatcher.step()
        await harness.flown()
        assert await harness.state(task) is TaskState.RUNNING
        assert len(harness.upstream.accepted) == 1
    finally:
        await harness.close()
