"""Chains: a task whose input is the result of another waits for it, begins at once, or fails cleanly."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from genmux.domain.errors import InvalidInput, Unsupported
from genmux.domain.results import TaskResult, render_result
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, decode_error
from genmux.domain.states import TaskState
from genmux.engine.caller import Caller
from genmux.engine.engine import Engine
from genmux.engine.fleet import Fleet
from genmux.engine.notify import Notifier
from genmux.engine.ports import UploadRow
from genmux.engine.service import Draft
from genmux.providers.seam import ProviderFacts, Recovery
from genmux.testing.harness import OPERATOR, Harness
from genmux.testing.scripted import ScriptedProvider

ANN, BOB = Caller(2), Caller(3)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    opened = await Harness.open(tmp_path, provider=ScriptedProvider(Recovery.NEVER))
    yield opened
    await opened.close()


def result_of(task_id: bytes, n: int | None = None, **changes: object) -> Reference:
    """Return a plain reference to a result of a task."""
    fields = {"role": Role.REFERENCE, "source": render_result(TaskResult(task_id, n)), **changes}
    return Reference(**fields)  # type: ignore[arg-type]


async def made(
    harness: Harness, *references: Reference, caller: Caller = ANN, kind: Kind = Kind.IMAGE, prompt: str = "x"
) -> bytes:
    spec = GenerationSpec(kind=kind, prompt=prompt, references=references)
    return (await harness.service.create(caller, Draft(wire="rest", surface="rest", spec=spec))).task_id


async def refusal(harness: Harness, reference: Reference, caller: Caller = ANN) -> InvalidInput:
    """Return why a create is refused, and see that a check says the same."""
    with pytest.raises(InvalidInput) as caught:
        await made(harness, reference, caller=caller)
    assert caught.value.field == "references.0"
    spec = GenerationSpec(kind=Kind.IMAGE, references=(reference,))
    draft = Draft(wire="rest", surface="rest", spec=spec)
    (finding,) = (await harness.service.check(caller, draft)).findings
    assert (finding.code, finding.text) == (caught.value.code, caught.value.text)
    return caught.value


async def why(harness: Harness, task_id: bytes) -> str:
    """Return the message of a task that failed for want of an input."""
    row = (await harness.detail(task_id)).task
    assert row.error is not None
    error = decode_error(row.error)
    assert error.code == "input_failed"
    return error.message


async def test_a_chain_of_three_is_made_one_after_the_other(harness: Harness) -> None:
    first = await made(harness)
    second = await made(harness, result_of(first))
    third = await made(harness, result_of(second, 0), result_of(first))
    assert [await harness.state(t) for t in (second, third)] == [TaskState.WAITING] * 2
    await harness.settle()
    details = [await harness.detail(t) for t in (first, second, third)]
    assert [d.task.state for d in details] == [TaskState.SUCCEEDED] * 3
    results = [d.artifacts[0] for d in details]
    assert [i.media_key for i in details[2].inputs] == [results[1].media_key, results[0].media_key]
    probe = json.loads(details[1].inputs[0].probe or "")
    assert (probe["content_type"], probe["bytes"]) == ("image/png", results[0].size)
    assert [e.kind for e in details[1].events][:2] == ["created", "inputs_ready"]


async def test_a_create_wakes_the_dispatch_too(harness: Harness) -> None:
    """What it waits for may end between the look at it and the write, which then queues the new task."""
    notifier = Notifier(harness.store, harness.net, harness.clock, {})
    engine = Engine(
        store=harness.store,
        loops=harness.loops,
        notifier=notifier,
        clock=harness.clock,
        drain_seconds=0,
        fleet=Fleet(),
    )
    engine.notice(TaskState.WAITING, 1)
    assert engine.dispatch.signal.is_set()
    assert engine.fetch.signal.is_set()


async def test_a_result_that_is_there_is_frozen_at_once(harness: Harness) -> None:
    first = await made(harness)
    await harness.settle()
    second = await made(harness, result_of(first))
    detail = await harness.detail(second)
    (entry,) = detail.inputs
    assert detail.task.state is TaskState.QUEUED
    assert (entry.source, entry.from_task, entry.from_n) == ("task", first, 0)
    assert entry.sha256 == (await harness.detail(first)).artifacts[0].sha256


async def test_a_result_that_is_no_longer_kept_is_refused(harness: Harness) -> None:
    first = await made(harness)
    await harness.settle()
    (artifact,) = (await harness.detail(first)).artifacts
    harness.clock.now = artifact.expires_at or 0
    assert "no longer kept" in (await refusal(harness, result_of(first))).text.en
    await harness.janitor.step()
    assert await harness.media.size(artifact.media_key), "a create that found it before may still need it"


async def test_who_may_name_a_task(harness: Harness) -> None:
    first = await made(harness)
    missing = await refusal(harness, result_of(b"\1" * 16))
    foreign = await refusal(harness, result_of(first), caller=BOB)
    assert missing.text == foreign.text
    assert "no such task" in missing.text.en
    assert await made(harness, result_of(first), caller=OPERATOR)


async def test_the_producer_must_make_what_is_wanted(harness: Harness) -> None:
    film, picture = await made(harness, kind=Kind.VIDEO), await made(harness)
    assert "last frame" in (await refusal(harness, result_of(film))).text.en
    wanted = result_of(picture, role=Role.BASE_VIDEO, medium=Medium.VIDEO)
    assert "A film is wanted" in (await refusal(harness, wanted)).text.en
    sound = result_of(film, role=Role.AUDIO, medium=Medium.AUDIO)
    assert "A sound is wanted" in (await refusal(harness, sound)).text.en


async def test_a_number_beyond_the_results_is_refused_or_fails(harness: Harness) -> None:
    first = await made(harness)
    late = await made(harness, result_of(first, 5))
    await harness.settle()
    assert (
        await why(harness, late)
        == f"The input task:{first.hex()} cannot be had: that task has no such result."
    )
    assert "it has #0" in (await refusal(harness, result_of(first, 5))).text.en


async def test_a_failure_goes_through_the_whole_chain_and_names_its_task(harness: Harness) -> None:
    first = await made(harness, prompt="content")
    second = await made(harness, result_of(first))
    third = await made(harness, result_of(second))
    await harness.settle()
    error = decode_error((await harness.detail(first)).task.error or "")
    expected = f"The input task:{first.hex()} cannot be had: that task failed with {error.code}: "
    for dependant in (second, third):
        assert (await why(harness, dependant)).startswith(expected)
    assert "failed" in (await refusal(harness, result_of(first))).text.en


async def test_a_cancelled_producer_fails_what_waits_and_no_dependant_touches_its_producer(
    harness: Harness,
) -> None:
    first = await made(harness)
    second, third = await made(harness, result_of(first)), await made(harness, result_of(first))
    await harness.service.cancel(ANN, second)
    assert await harness.state(first) is TaskState.QUEUED
    await harness.service.cancel(ANN, first)
    assert await harness.state(second) is TaskState.CANCELLED
    assert (await why(harness, third)).endswith("that task was cancelled.")
    assert "was cancelled" in (await refusal(harness, result_of(first))).text.en


class ByUrl(ScriptedProvider):
    """An upstream that fetches its films."""

    facts = ProviderFacts(by_url=frozenset({Medium.VIDEO}))


async def test_a_film_of_ours_needs_a_way_to_the_upstream(tmp_path: Path) -> None:
    harness = await Harness.open(tmp_path, provider=ByUrl(Recovery.NEVER))
    film = result_of(await made(harness, kind=Kind.VIDEO), role=Role.BASE_VIDEO, medium=Medium.VIDEO)
    foreign = Reference(role=Role.BASE_VIDEO, source="https://a.example/a.mp4", medium=Medium.VIDEO)
    picture = result_of(await made(harness))
    assert await made(harness, foreign, picture, kind=Kind.VIDEO)
    upload = UploadRow(ANN.tenant_id, b"h" * 32, f"inputs/{'68' * 32}.mp4", "{}", harness.clock() + 1000)
    await harness.store.keep_upload(upload)
    uploaded = replace(foreign, source=f"sha256:{upload.sha256.hex()}")
    for held in (film, uploaded):
        with pytest.raises(Unsupported, match="fetches films by URL") as caught:
            await made(harness, picture, held, kind=Kind.VIDEO)
        assert caught.value.field == "references.1"
    harness.staging.base = "https://staging.example"
    waiting = await made(harness, foreign, film, kind=Kind.VIDEO)
    assert [entry.n for entry in (await harness.detail(waiting)).inputs] == [1]
    await harness.close()


async def test_waiting_for_a_task_is_not_counted_against_the_deadline(harness: Harness) -> None:
    first = await made(harness)
    second = await made(harness, result_of(first))
    left = (await harness.detail(second)).task.deadline_at - harness.clock()
    harness.clock.advance(left / 1000 + 1)
    late = await harness.store.overdue(harness.clock(), 10)
    assert [row.id for row in late] == [first]
    await harness.settle()
    detail = await harness.detail(second)
    began = next(event.at for event in detail.events if event.kind == "inputs_ready")
    assert detail.task.deadline_at == began + left
