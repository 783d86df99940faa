"""The loops over a real store with a scripted upstream of each recovery kind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import pytest

from genmux.domain.errors import InvalidInput, ModelNotSupported, NotFound
from genmux.domain.spec import OutputTarget, Reference, Role, decode_error
from genmux.domain.states import TaskState
from genmux.engine.channels import Channel
from genmux.engine.crew import Crew
from genmux.engine.ports import Claim, TaskFilter
from genmux.engine.service import Caller
from genmux.engine.submits import Stop, SubmitDesk
from genmux.providers.preview import PreviewProvider
from genmux.providers.seam import Flow, Recovery, Wait, Work
from genmux.testing.harness import OPERATOR, Harness
from genmux.testing.scripted import ScriptedProvider, tiny_png

KINDS = list(Recovery)
Desk = TypeVar("Desk", bound=SubmitDesk)


@pytest.fixture
async def never(tmp_path: Path) -> AsyncIterator[Harness]:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    yield harness
    await harness.close()


class DeadDesk(SubmitDesk):
    """A worker that dies between its intent and its call."""

    def start(self, claim: Claim, channel: Channel) -> None:
        """Do nothing, as the dead do."""


class KeepingDesk(SubmitDesk):
    """A desk that puts claims aside instead of starting them."""

    __slots__ = ("kept",)
    kept: list[tuple[Claim, Channel]]

    def start(self, claim: Claim, channel: Channel) -> None:
        """Put the claim aside."""
        self.kept.append((claim, channel))


def like(desk: SubmitDesk, kind: type[Desk]) -> Desk:
    """Return a desk of another kind in a desk's place."""
    return kind(**{f.name: getattr(desk, f.name) for f in fields(SubmitDesk)})


class StuckProvider(PreviewProvider):
    """A preview that never ends."""

    def submit(self, work: Work) -> Flow:
        """Wait for ever."""
        while True:
            yield Wait(3600)


def ignore(state: TaskState, seq: int) -> None:
    """Nobody listens."""


async def error_of(harness: Harness, task_id: bytes) -> str:
    error = (await harness.detail(task_id)).task.error
    assert error is not None
    return decode_error(error).code


def kinds(harness_events: object) -> list[str]:
    return [event.kind for event in harness_events]  # type: ignore[attr-defined]


@pytest.mark.parametrize("recovery", KINDS)
async def test_a_task_goes_all_the_way(tmp_path: Path, recovery: Recovery) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(recovery))
    task_id = await harness.create("a cat polls=2")
    await harness.settle()
    detail = await harness.detail(task_id)
    assert detail.task.state is TaskState.SUCCEEDED
    assert [a.outcome for a in detail.attempts] == ["succeeded"]
    assert detail.attempts[0].closed_at is not None
    assert json.loads(detail.task.usage or "") == {"images": 1, "resolution": "8x8"}
    assert await harness.media.read(detail.artifacts[0].media_key) == tiny_png()
    assert kinds(detail.events)[0] == "created"
    assert kinds(detail.events)[-1] == "succeeded"
    assert list((tmp_path / "spool").iterdir()) == []
    await harness.close()


async def test_progress_is_what_the_upstream_said(never: Harness) -> None:
    task_id = await never.create("polls=3")
    await never.step()
    never.clock.advance(3)
    await never.step()
    assert (await never.detail(task_id)).task.progress == 25
    await never.settle()
    assert (await never.detail(task_id)).task.progress == 100


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("refuse", "invalid_value"),
        ("content", "content_refused"),
        ("fails", "upstream_failed"),
        ("forgotten", "upstream_expired"),
        ("gone", "source_gone"),
        ("broken", "source_gone"),
    ],
)
async def test_failures_have_codes_and_close_their_attempt(never: Harness, prompt: str, code: str) -> None:
    task_id = await never.create(prompt)
    await never.settle(quiet_seconds=170)
    detail = await never.detail(task_id)
    assert detail.task.state is TaskState.FAILED
    assert await error_of(never, task_id) == code
    assert all(a.closed_at is not None for a in detail.attempts)
    assert list((never.directory / "spool").iterdir()) == []


async def test_one_output_that_is_lost_does_not_take_the_others_with_it(never: Harness) -> None:
    task_id = await never.create("count=3 gone=1")
    await never.settle()
    detail = await never.detail(task_id)
    assert detail.task.state is TaskState.SUCCEEDED
    assert [a.n for a in detail.artifacts] == [0, 2]
    note = json.loads(detail.events[-1].data)
    assert note["artifacts"] == 2
    assert list(note["missing"]) == ["1"]
    assert json.loads(detail.task.usage or "")["images"] == 2


async def test_what_never_left_is_tried_again_later(never: Harness) -> None:
    task_id = await never.create("unreachable")
    await never.step()
    detail = await never.detail(task_id)
    assert detail.task.state is TaskState.QUEUED
    assert [a.outcome for a in detail.attempts] == ["not_sent"]
    assert detail.task.due_at is not None
    assert detail.task.due_at > never.clock()
    never.clock.advance(5)
    await never.step()
    assert len((await never.detail(task_id)).attempts) == 2


async def test_a_busy_upstream_is_asked_again(never: Harness) -> None:
    task_id = await never.create("busy")
    await never.step()
    assert await never.state(task_id) is TaskState.QUEUED


async def test_an_ambiguous_submit_is_never_repeated_without_lookup(never: Harness) -> None:
    task_id = await never.create("lost")
    await never.step()
    never.clock.advance(3600)
    await never.step()
    await never.janitor.step()
    await never.step()
    assert await never.state(task_id) is TaskState.UNKNOWN
    assert len(never.upstream.accepted) == 1
    assert (await never.detail(task_id)).attempts[0].closed_at is None  # the slot is held


async def test_an_ambiguous_submit_is_looked_up(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.LOOKUP))
    task_id = await harness.create("lost")
    await harness.settle()
    assert await harness.state(task_id) is TaskState.SUCCEEDED
    assert harness.upstream.accepted == [(await harness.detail(task_id)).attempts[0].key]
    await harness.close()


async def test_operator_settles_an_unknown_task(never: Harness) -> None:
    found, resent, lost = [await never.create("lost") for _ in range(3)]
    await never.step()
    ref = next(iter(never.upstream._tasks))
    await never.service.resolve(OPERATOR, found, "accepted", ref)
    await never.service.resolve(OPERATOR, lost, "give_up")
    await never.service.resolve(OPERATOR, resent, "not_accepted")
    assert await never.state(found) is TaskState.RUNNING
    assert await error_of(never, lost) == "outcome_unknown"
    assert await never.state(resent) is TaskState.QUEUED
    await never.service.resolve(OPERATOR, lost, "accepted", ref)
    assert await never.state(lost) is TaskState.COLLECTING
    await never.step()
    assert await never.state(lost) is TaskState.SUCCEEDED


async def test_deadlines_end_tasks_in_every_state(never: Harness) -> None:
    queued, running, unknown = [await never.create(p) for p in ("unreachable", "polls=99", "lost")]
    await never.step()
    never.clock.advance(25 * 3600)
    await never.janitor.step()
    assert [await error_of(never, t) for t in (queued, running, unknown)] == [
        "deadline",
        "deadline",
        "outcome_unknown",
    ]


async def test_a_late_success_reclaims_a_given_up_task(never: Harness) -> None:
    task_id = await never.create("polls=2")
    await never.step()
    never.clock.advance(25 * 3600)
    await never.janitor.end_overdue()
    ref = next(iter(never.upstream._tasks))
    never.upstream.calls[ref] = 9
    await never.service.reopen(OPERATOR, task_id, ref)
    await never.step()
    assert await never.state(task_id) is TaskState.SUCCEEDED


async def test_puzzling_polls_never_fail_a_task(never: Harness) -> None:
    task_id = await never.create("puzzling")
    await never.step()
    never.clock.advance(3)
    await never.step()
    detail = await never.detail(task_id)
    assert detail.task.state is TaskState.RUNNING
    assert "puzzling_status" in kinds(detail.events)


async def test_cancel_in_every_live_state(never: Harness) -> None:
    queued, running, unknown = [await never.create(p) for p in ("unreachable", "polls=99", "lost")]
    await never.step()
    for task_id in (queued, running, unknown):
        await never.service.cancel(OPERATOR, task_id)
    await never.step()
    assert [await never.state(t) for t in (queued, running, unknown)] == [TaskState.CANCELLED] * 3
    never.clock.advance(60)
    await never.step()
    assert len(never.upstream.accepted) == 2


async def test_what_an_upstream_goes_on_making_keeps_its_slot_to_the_end(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), slots=1)
    first, second = await harness.create("polls=2"), await harness.create("polls=0")
    await harness.step()
    await harness.service.cancel(OPERATOR, first)
    await harness.polled()
    detail = await harness.detail(first)
    assert detail.task.state is TaskState.CANCELLED
    assert detail.attempts[0].closed_at is None
    await harness.dispatcher.step()
    assert await harness.state(second) is TaskState.QUEUED  # the slot is not free yet
    for _ in range(6):
        harness.clock.advance(16)
        await harness.step()
    detail = await harness.detail(first)
    assert [a.outcome for a in detail.attempts] == ["dropped"]
    assert detail.artifacts == ()
    await harness.settle()
    assert await harness.state(second) is TaskState.SUCCEEDED
    await harness.close()


async def test_an_upstream_that_can_stop_is_asked_to(tmp_path: Path) -> None:
    provider = ScriptedProvider(Recovery.NEVER, cancels=True)
    harness = await Harness.open(tmp_path, provider=provider, slots=1)
    task_id = await harness.create("polls=99")
    await harness.step()
    await harness.service.cancel(OPERATOR, task_id)
    await harness.polled()
    detail = await harness.detail(task_id)
    assert detail.task.state is TaskState.CANCELLED
    assert [a.outcome for a in detail.attempts] == ["cancelled"]
    assert harness.upstream.calls["/cancel"] == 1
    await harness.close()


@pytest.mark.parametrize("moment", ["before the flight", "before its first step", "under way"])
async def test_a_cancel_at_any_moment_of_a_submit_lands(tmp_path: Path, moment: str) -> None:
    harness = await Harness.open(tmp_path, provider=StuckProvider())
    task_id = await harness.create("stuck")
    row = (await harness.detail(task_id)).task
    if moment == "before the flight":
        claims: list[tuple[Claim, Channel]] = []
        keep = like(harness.submits, KeepingDesk)
        keep.kept = claims
        harness.dispatcher.submits = keep
        await harness.dispatcher.step()
        await harness.service.cancel(OPERATOR, task_id)
        harness.submits.start(*claims[0])
    else:
        await harness.dispatcher.step()
        if moment == "under way":
            await asyncio.sleep(0.05)
        await harness.service.cancel(OPERATOR, task_id)
        assert harness.submits.stop(row.seq, Stop.CANCEL)
    await asyncio.wait_for(harness.flown(), 5)
    detail = await harness.detail(task_id)
    assert detail.task.state is TaskState.CANCELLED
    assert [a.outcome for a in detail.attempts] == ["cancelled"]
    assert not harness.submits.flights
    await harness.close()


async def test_one_task_of_b_behind_a_thousand_of_a_starts_in_the_next_round(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), slots=4)
    for _ in range(1000):
        await harness.create("polls=99", tenant=1)
    await harness.dispatcher.step()
    await harness.flown()
    late = await harness.create("polls=99", tenant=2)
    for task_id in [t.id for t in await harness.service.list_tasks(OPERATOR, TaskFilter(limit=1001))]:
        if await harness.state(task_id) is TaskState.RUNNING:
            await harness.service.cancel(OPERATOR, task_id)
    await harness.polled()
    harness.upstream._tasks.clear()  # the upstream forgets what was cancelled: its slots are free
    await harness.loops.abandoned.step()
    await harness.dispatcher.step()
    await harness.flown()
    assert await harness.state(late) is TaskState.RUNNING
    await harness.close()


async def test_slots_are_never_exceeded(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER), slots=3)
    for _ in range(10):
        await harness.create("polls=99")
    for _ in range(5):
        await harness.step()
        harness.clock.advance(1)
    counts = await harness.store.counts()
    assert counts[TaskState.RUNNING] == 3
    assert counts[TaskState.QUEUED] == 7
    await harness.close()


async def test_inputs_by_url_are_fetched_while_waiting(never: Harness) -> None:
    url = "https://pictures.example/cat.png"
    never.net.inputs[url] = tiny_png(64, 48)
    reference = Reference(role=Role.REFERENCE, source=url)
    task_id = await never.create("a cat", references=(reference,))
    assert await never.state(task_id) is TaskState.WAITING
    await never.settle()
    detail = await never.detail(task_id)
    assert detail.task.state is TaskState.SUCCEEDED
    assert json.loads(detail.inputs[0].probe or "")["width"] == 64
    assert detail.inputs[0].sha256 is not None


@pytest.mark.parametrize("data", [None, b"GIF89a", tiny_png(64, 64)[:60]])
async def test_an_input_that_cannot_be_had_fails_the_task(never: Harness, data: bytes | None) -> None:
    url = "https://pictures.example/cat.png"
    if data is not None:
        never.net.inputs[url] = data
    task_id = await never.create("a cat", references=(Reference(role=Role.REFERENCE, source=url),))
    await never.settle()
    assert await error_of(never, task_id) == "input_failed"
    assert never.upstream.accepted == []


async def test_inputs_by_value_are_frozen_at_create(never: Harness) -> None:
    import base64

    source = "data:image/png;base64," + base64.b64encode(tiny_png(32, 16)).decode()
    task_id = await never.create("a cat", references=(Reference(role=Role.REFERENCE, source=source),))
    detail = await never.detail(task_id)
    assert detail.task.state is TaskState.QUEUED
    assert "base64" not in detail.spec
    assert detail.inputs[0].sha256 is not None
    assert f"sha256:{detail.inputs[0].sha256.hex()}" in detail.spec
    with pytest.raises(InvalidInput):
        await never.create(
            "a cat", references=(Reference(role=Role.REFERENCE, source="data:image/png;base64,QUJD"),)
        )


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x.png", "http://0x7f.1/x.png", "ftp://a.example/x", "nonsense"]
)
async def test_private_and_odd_urls_are_refused_at_create(never: Harness, url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await never.create("a cat", references=(Reference(role=Role.REFERENCE, source=url),))
    assert caught.value.field == "references.0"


async def test_other_tenants_see_nothing(never: Harness) -> None:
    task_id = await never.create("a cat", tenant=1)
    with pytest.raises(NotFound):
        await never.service.find(Caller(2), task_id)
    with pytest.raises(NotFound):
        await never.service.cancel(Caller(2), task_id)
    assert await never.service.list_tasks(Caller(2), TaskFilter()) == ()


async def test_a_worker_that_dies_twice_fails_the_task(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=PreviewProvider())
    once, always = await harness.create("deadly-once"), await harness.create("deadly")
    await harness.settle()
    assert await harness.state(once) is TaskState.SUCCEEDED
    assert await error_of(harness, always) == "internal"
    assert [a.outcome for a in (await harness.detail(always)).attempts] == ["worker_died"] * 2
    await harness.close()


async def test_scripts_of_the_preview(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=PreviewProvider())
    with pytest.raises(ModelNotSupported):  # this harness has no scripted channel
        await harness.create("[[genmux fail=InternalError]]")
    await harness.close()


async def test_results_are_copied_into_the_named_bucket(never: Harness) -> None:
    from genmux.domain.spec import GenerationSpec, Kind
    from genmux.engine.service import Draft

    spec = GenerationSpec(kind=Kind.IMAGE, prompt="a cat")
    draft = Draft("rest", "rest", spec, output=OutputTarget("bucket", "ap-guangzhou", "films/today"))
    task_id = (await never.service.create(OPERATOR, draft)).task_id
    await never.settle()
    copy = never.directory / "bucket" / "films" / "today" / f"{task_id.hex()}-0.png"
    assert copy.read_bytes() == tiny_png()


async def test_old_tasks_are_pruned_with_their_media(never: Harness) -> None:
    task_id = await never.create("a cat")
    await never.settle()
    key = (await never.detail(task_id)).artifacts[0].media_key
    never.clock.advance(8 * 86_400)
    await never.janitor.step()
    assert await never.media.size(key) is None
    with pytest.raises(NotFound):
        await never.service.find(OPERATOR, task_id)


@pytest.mark.parametrize(
    ("recovery", "state"),
    [
        (Recovery.FREE, TaskState.QUEUED),
        (Recovery.LOOKUP, TaskState.UNKNOWN),
        (Recovery.NEVER, TaskState.UNKNOWN),
    ],
)
async def test_an_orphaned_submit_is_rescued_by_its_recovery_fact(
    tmp_path: Path, recovery: Recovery, state: TaskState
) -> None:
    harness = await Harness.open(tmp_path, provider=ScriptedProvider(recovery))
    task_id = await harness.create("a cat")
    harness.dispatcher.submits = like(harness.submits, DeadDesk)
    await harness.dispatcher.step()
    assert await harness.state(task_id) is TaskState.SUBMITTING
    await harness.janitor.rescue()
    assert await harness.state(task_id) is TaskState.SUBMITTING  # its lease still runs
    harness.clock.advance(61)
    await harness.janitor.rescue()
    assert await harness.state(task_id) is state
    await harness.close()


async def test_a_full_crew_of_collectors_goes_on_as_soon_as_there_is_room(never: Harness) -> None:
    collector = never.loops.collector
    collector.crew = Crew(1)
    for n in range(3):
        await never.create(f"a cat {n}")
    await never.dispatcher.step()
    await never.flown()
    never.clock.advance(60)
    await never.polled()
    async with asyncio.timeout(20):
        started = [await collector.step() for _ in range(3)]
        await collector.crew.rest()

    assert started == [1, 1, 1]
    assert (await never.store.counts())[TaskState.SUCCEEDED] == 3
