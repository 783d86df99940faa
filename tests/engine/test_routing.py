"""Several channels over one scripted upstream: spill, failover, breakers, late results, policies."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from genmux.domain.spec import GenerationSpec, Kind, OutputTarget, decode_error
from genmux.domain.states import TaskState
from genmux.engine.channels import Channel
from genmux.engine.ports import MediaStore
from genmux.engine.relane import relane
from genmux.engine.service import Caller, Draft
from genmux.media.storage import OpendalStore
from genmux.providers.seam import Account, Recovery
from genmux.testing.harness import OPERATOR, Harness
from genmux.testing.scripted import ScriptedProvider


def pair(channel: Channel, **changes: object) -> Sequence[Channel]:
    """Return the harness's channel first, and a second one behind it."""
    spare = replace(channel, id=99, name="spare", priority=-1, account=Account("spare", "scripted"))
    return (replace(channel, **changes), spare)  # type: ignore[arg-type]


@asynccontextmanager
async def two(
    tmp_path: Path, recovery: Recovery = Recovery.NEVER, **changes: object
) -> AsyncIterator[Harness]:
    harness = await Harness.open(
        tmp_path, provider=ScriptedProvider(recovery), channels=lambda c: pair(c, **changes)
    )
    try:
        yield harness
    finally:
        await harness.close()


async def lineage(harness: Harness, task_id: bytes) -> list[tuple[int, str | None]]:
    detail = await harness.detail(task_id)
    return [(attempt.channel_id, attempt.outcome) for attempt in detail.attempts]


async def kinds(harness: Harness, task_id: bytes) -> list[str]:
    return [event.kind for event in (await harness.detail(task_id)).events]


async def test_the_best_channel_takes_what_it_has_room_for_and_the_rest_spills_over(tmp_path: Path) -> None:
    async with two(tmp_path, slots=2) as harness:
        for _ in range(5):
            await harness.create("polls=9")
        await harness.step()
        assert sorted(harness.upstream.made_by) == ["scripted"] * 2 + ["spare"] * 3


@pytest.mark.parametrize("word", ["auth", "quota", "unreachable"])
async def test_before_the_upstream_has_heard_of_it_another_channel_takes_over(
    tmp_path: Path, word: str
) -> None:
    async with two(tmp_path) as harness:
        task_id = await harness.create(f"a cat {word}@scripted")
        await harness.settle()
        assert await harness.state(task_id) is TaskState.SUCCEEDED
        first, *_, last = await lineage(harness, task_id)
        assert first[1] in ("refused", "not_sent")
        assert last == (99, "succeeded")
        assert harness.upstream.made_by == ["spare"]


async def test_a_channel_without_money_is_left_alone_and_tried_again(tmp_path: Path) -> None:
    async with two(tmp_path) as harness:
        await harness.create("quota@scripted")
        await harness.settle(quiet_seconds=4)
        for _ in range(3):
            await harness.create("quota@scripted")
        await harness.settle(quiet_seconds=4)
        assert harness.upstream.calls["/create"] == 5  # one refusal, four creates at the spare
        harness.clock.advance(61)
        await harness.create("a cat")
        await harness.settle(quiet_seconds=4)
        assert harness.upstream.made_by[-1] == "scripted"


async def test_a_task_waits_for_the_only_channel_to_be_mended(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    task_id = await harness.create("auth")
    await harness.settle()
    assert await harness.state(task_id) is TaskState.QUEUED
    note = json.loads((await harness.detail(task_id)).events[-1].data)
    assert (note["class"], note["message"]) == ("auth", "said auth")
    await harness.close()


@pytest.mark.parametrize("word", ["fails", "capacity"])
async def test_an_asynchronous_failure_goes_elsewhere_only_if_the_operator_opted_in(
    tmp_path: Path, word: str
) -> None:
    async with two(tmp_path / "in", failover=True) as harness:
        task_id = await harness.create(f"a cat {word}@scripted")
        await harness.settle()
        assert await harness.state(task_id) is TaskState.SUCCEEDED
        assert await lineage(harness, task_id) == [(1, "failed"), (99, "succeeded")]
        assert "failover" in await kinds(harness, task_id)
    async with two(tmp_path / "out") as harness:
        task_id = await harness.create(f"a cat {word}@scripted")
        await harness.settle()
        assert await harness.state(task_id) is TaskState.FAILED
        assert harness.upstream.made_by == ["scripted"]


async def test_no_channel_fails_a_task_twice(tmp_path: Path) -> None:
    async with two(tmp_path, failover=True) as harness:
        task_id = await harness.create("a cat fails")
        await harness.settle()
        assert await harness.state(task_id) is TaskState.FAILED
        assert [channel for channel, _ in await lineage(harness, task_id)] == [1, 99]


@pytest.mark.parametrize("word", ["content", "refuse"])
async def test_a_refusal_of_the_task_itself_is_never_tried_elsewhere(tmp_path: Path, word: str) -> None:
    async with two(tmp_path, failover=True) as harness:
        task_id = await harness.create(f"a cat {word}@scripted")
        await harness.settle()
        assert await harness.state(task_id) is TaskState.FAILED
        assert harness.upstream.made_by == []
        assert harness.upstream.calls["/create"] == 1


async def test_an_overflow_queues_again_on_the_same_channel_without_opting_in(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.LOOKUP), slots=1)
    task_id = await harness.create("a cat overflow")
    await harness.step()
    for _ in range(3):
        harness.clock.advance(3)
        await harness.step()
    assert (await lineage(harness, task_id))[0] == (1, "overflow")
    assert await harness.state(task_id) is not TaskState.FAILED
    await harness.close()


async def test_slots_are_learnt_from_what_the_upstream_lets_through(tmp_path: Path) -> None:
    harness = await Harness.open(
        tmp_path,
        provider=ScriptedProvider(Recovery.LOOKUP),
        channels=lambda c: (replace(c, slots=1, learns=True),),
    )
    for _ in range(12):
        await harness.create("a cat polls=1")
    await harness.settle()
    channel = harness.service.router.channels[0]
    assert harness.loops.standing.slots.limit(channel) > 2
    assert await harness.store.learnt()
    await harness.close()


@pytest.mark.parametrize(
    ("policy", "state", "creates"),
    [("hold", TaskState.UNKNOWN, 1), ("fail", TaskState.FAILED, 1), ("resubmit", TaskState.SUCCEEDED, 2)],
)
async def test_the_operators_policy_decides_where_nothing_can_be_found_out(
    tmp_path: Path, policy: str, state: TaskState, creates: int
) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), on_unknown=policy)
    task_id = await harness.create("a cat vanish")
    await harness.settle()
    detail = await harness.detail(task_id)
    assert detail.task.state is state
    assert harness.upstream.calls["/create"] == creates
    if state is TaskState.FAILED:
        error = decode_error(detail.task.error or "")
        assert (error.code, error.message) == (
            "outcome_unknown",
            "outcome unknown: may have been made and billed",
        )
    await harness.close()


async def test_an_absent_task_is_sent_again_under_its_key_after_thirty_seconds(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.LOOKUP))
    task_id = await harness.create("a cat vanish")
    for _ in range(14):
        await harness.step()
        harness.clock.advance(2)
    assert harness.upstream.calls["/create"] == 1
    await harness.settle()
    detail = await harness.detail(task_id)
    assert detail.task.state is TaskState.SUCCEEDED
    assert harness.upstream.accepted == [detail.attempts[0].key]
    assert len(detail.attempts) == 1
    await harness.close()


async def test_a_second_send_that_is_put_off_keeps_its_key(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.LOOKUP))
    task_id = await harness.create("a cat vanish rate")
    for _ in range(40):
        await harness.step()
        harness.clock.advance(5)
    assert await harness.state(task_id) is TaskState.UNKNOWN
    assert harness.upstream.calls["/create"] > 2
    assert len((await harness.detail(task_id)).attempts) == 1
    await harness.close()


async def test_a_result_that_comes_after_the_deadline_is_still_kept(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    task_id = await harness.create("a cat polls=9")
    await harness.step()
    harness.clock.advance(24 * 3600 + 1)
    await harness.janitor.step()
    detail = await harness.detail(task_id)
    assert detail.task.state is TaskState.FAILED
    assert detail.attempts[0].closed_at is None  # the upstream still makes it, so its slot is not free
    for _ in range(12):
        harness.clock.advance(16)
        await harness.step()
    assert await harness.state(task_id) is TaskState.SUCCEEDED
    assert "found" in await kinds(harness, task_id)
    await harness.close()


async def test_an_unknown_task_found_after_it_was_given_up_is_reclaimed(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.LOOKUP))
    task_id = await harness.create("a cat vanish rate")
    await harness.step()
    harness.clock.advance(24 * 3600 + 1)
    await harness.janitor.step()
    assert await harness.state(task_id) is TaskState.FAILED
    key = (await harness.detail(task_id)).attempts[0].key
    harness.upstream.accept(key, "a cat", deduplicates=True)  # the lost call arrived after all
    for _ in range(6):
        harness.clock.advance(16)
        await harness.step()
    assert await harness.state(task_id) is TaskState.SUCCEEDED
    await harness.close()


async def test_polls_that_fail_leave_no_line_each_in_the_timeline(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    task_id = await harness.create("a cat puzzling")
    await harness.settle(quiet_seconds=4)
    for _ in range(20):
        harness.clock.advance(60)
        await harness.step()
    assert harness.upstream.calls["/status"] > 5
    assert (await kinds(harness, task_id)).count("puzzling_status") == 1
    await harness.close()


async def test_a_running_task_survives_that_its_channel_is_edited_or_disabled(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    task_id = await harness.create("a cat polls=2")
    await harness.step()
    channel = harness.service.router.channels[0]
    other = replace(channel, enabled=False, account=Account("scripted", endpoint="http://elsewhere.test"))
    harness.service.router.replace([other])
    await harness.settle()
    assert await harness.state(task_id) is TaskState.SUCCEEDED
    assert json.loads((await harness.detail(task_id)).attempts[0].frozen)["provider"] == "scripted"


async def test_queued_tasks_follow_the_channels(tmp_path: Path) -> None:
    class Seedless(ScriptedProvider):
        def serves(self, spec: object) -> bool:
            return getattr(spec, "seed", None) is None

    plain = ScriptedProvider(Recovery.NEVER)
    seedless = Seedless(Recovery.NEVER, "seedless")
    harness = await Harness.open(
        tmp_path,
        provider=plain,
        channels=lambda c: (c, replace(c, id=99, name="seedless", provider=seedless)),
    )
    channel = harness.service.router.channels[0]
    seeded = await harness.create("a cat", seed=7)
    assert (await harness.detail(seeded)).task.lane == "image/Hunyuan/3.0@scripted"
    harness.service.router.replace([channel])
    assert await relane(harness.store, harness.service.router) == 1
    assert (await harness.detail(seeded)).task.lane == "image/Hunyuan/3.0"
    harness.service.router.replace([replace(channel, provider=seedless)])
    await harness.step()
    assert await harness.state(seeded) is TaskState.QUEUED  # nobody here can say its seed
    await harness.service.cancel(OPERATOR, seeded)
    await harness.close()


class Outage:
    """A media store whose output buckets answer only when they are mended."""

    def __init__(self, media: OpendalStore) -> None:
        self._media = media
        self.mended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._media, name)

    async def copy_out(self, key: str, bucket: str, path: str) -> None:
        """Fail, or write as the store does."""
        if not self.mended:
            raise OSError("the bucket does not answer")
        await self._media.copy_out(key, bucket, path)


async def test_a_bucket_that_fails_for_hours_loses_no_result_whose_source_dies(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    media = Outage(harness.media)
    harness.loops.collector.media = cast(MediaStore, media)
    target = OutputTarget("bucket", "ap-guangzhou", "films")
    spec = GenerationSpec(kind=Kind.IMAGE, prompt="a cat")
    draft = Draft(wire="rest", surface="rest", spec=spec, output=target)
    task_id = (await harness.service.create(Caller(1), draft)).task_id
    await harness.settle(quiet_seconds=4)
    assert await harness.state(task_id) is TaskState.COLLECTING
    harness.upstream._tasks.clear()  # the upstream forgets the task, and its files
    for _ in range(3):
        harness.clock.advance(3600)
        await harness.step()
    assert await harness.state(task_id) is TaskState.COLLECTING
    media.mended = True
    harness.clock.advance(60)
    await harness.settle()
    assert await harness.state(task_id) is TaskState.SUCCEEDED
    assert len(list((tmp_path / "bucket" / "films").iterdir())) == 1
    assert list((tmp_path / "spool").iterdir()) == []
    await harness.close()
