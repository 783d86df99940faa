"""Steps in the engine: done again when their worker dies, refused for a broken film, nothing left behind."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import pytest

from genmux.dialects.exchange import ClientGone
from genmux.domain.errors import InvalidInput, Unavailable
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, Step, decode_error
from genmux.domain.states import TaskState
from genmux.engine.inputs import InputDesk, InputLimits
from genmux.engine.ports import MediaFacts, WorkerDied
from genmux.engine.service import Caller, Draft
from genmux.net.guard import check_url
from genmux.providers.seam import RenderReply, StepJob
from genmux.providers.steps import provider
from genmux.testing.harness import Harness, InlinePool, NoOwnUrls

ANN = Caller(1)


def film(frames: int = 4) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as box:
        video = box.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for _ in range(frames):
            box.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        box.mux(video.encode())
    return out.getvalue()


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    harness = await Harness.open(tmp_path, provider=provider)
    yield harness
    await harness.close()


async def blocks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 500):
        yield data[at : at + 500]


async def last_frame(harness: Harness) -> bytes:
    upload = await harness.service.upload_film(ANN, blocks(film()))
    source = f"sha256:{upload.sha256.hex()}"
    references = (Reference(role=Role.REFERENCE, source=source, medium=Medium.VIDEO),)
    spec = GenerationSpec(kind=Kind.IMAGE, step=Step.LAST_FRAME, references=references)
    return (await harness.service.create(ANN, Draft(wire="rest", surface="rest", spec=spec))).task_id


def spooled(harness: Harness) -> list[str]:
    return [path.name for path in (harness.directory / "spool").iterdir()]


async def test_a_step_s_result_is_kept_and_nothing_else(harness: Harness) -> None:
    task_id = await last_frame(harness)
    assert spooled(harness) == []
    await harness.settle()
    detail = await harness.detail(task_id)
    assert detail.task.state is TaskState.SUCCEEDED
    (made,) = [a for a in detail.artifacts if a.role == "result"]
    assert (made.content_type, made.width, made.height) == ("image/png", 64, 48)
    assert spooled(harness) == []


@dataclass(slots=True)
class DeadlyPool(InlinePool):
    """A pool whose worker dies on the first steps."""

    left: int = 1

    async def step(
        self, job: StepJob, inputs: Sequence[Path], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Die, or do the step."""
        if self.left:
            self.left -= 1
            raise WorkerDied("killed")
        return await InlinePool.step(self, job, inputs, on_progress)


@pytest.mark.parametrize(("deaths", "state"), [(1, TaskState.SUCCEEDED), (2, TaskState.FAILED)])
async def test_a_step_whose_worker_dies_is_done_again_once(
    harness: Harness, deaths: int, state: TaskState
) -> None:
    pool = DeadlyPool(harness.pool.spool, left=deaths)
    harness.submits.runner = replace(harness.submits.runner, pool=pool)
    task_id = await last_frame(harness)
    await harness.settle()
    assert await harness.state(task_id) is state
    assert spooled(harness) == []


async def test_an_input_that_is_broken_by_then_fails_the_step_cleanly(harness: Harness) -> None:
    task_id = await last_frame(harness)
    (stored,) = (harness.directory / "media" / "inputs").iterdir()
    stored.write_bytes(stored.read_bytes()[:-100])
    await harness.settle()
    error = (await harness.detail(task_id)).task.error
    assert error is not None
    assert decode_error(error).code == "invalid_value"
    assert "ends before" in decode_error(error).message
    assert spooled(harness) == []


async def test_a_film_over_the_limit_is_refused_while_it_comes(harness: Harness) -> None:
    inputs = harness.service.inputs
    inputs.limits = replace(inputs.limits, max_film_bytes=600)
    with pytest.raises(InvalidInput, match="larger than"):
        await harness.service.upload_film(ANN, blocks(film()))
    assert spooled(harness) == []


async def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(harness: Harness) -> None:
    async def leaving() -> AsyncIterator[bytes]:
        yield film()[:500]
        raise ClientGone

    with pytest.raises(ClientGone):
        await harness.service.upload_film(ANN, leaving())
    assert spooled(harness) == []


async def test_an_upload_that_stalls_is_given_up(harness: Harness) -> None:
    async def stalling() -> AsyncIterator[bytes]:
        yield film()[:500]
        await asyncio.Event().wait()

    inputs = harness.service.inputs
    inputs.limits = replace(inputs.limits, stall_seconds=0.01)
    with pytest.raises(InvalidInput, match="Nothing more of the film came"):
        await harness.service.upload_film(ANN, stalling())
    assert spooled(harness) == []


class AbsentPool(InlinePool):
    """A pool that can start no worker."""

    async def check_image(self, data: bytes, max_pixels: int) -> tuple[MediaFacts, bytes]:
        """Find nobody to look."""
        raise WorkerDied("no worker could be started")

    async def check_film(self, path: Path) -> MediaFacts:
        """Find nobody to look."""
        raise WorkerDied("no worker could be started")


async def test_what_nobody_could_look_at_is_not_called_broken(harness: Harness) -> None:
    spool = harness.pool.spool
    desk = InputDesk(
        store=harness.store,
        media=harness.media,
        pool=AbsentPool(spool),
        spool=spool,
        own_urls=NoOwnUrls(),
        check_url=check_url,
        limits=InputLimits(),
    )
    for upload in (desk.freeze_film(blocks(film())), desk.freeze(b"a picture")):
        with pytest.raises(Unavailable):
            await upload
    assert spooled(harness) == []


async def test_an_upload_is_a_source_of_its_own_medium_only(harness: Harness) -> None:
    upload = await harness.service.upload_film(ANN, blocks(film()))
    picture = Reference(role=Role.REFERENCE, source=f"sha256:{upload.sha256.hex()}")
    spec = GenerationSpec(kind=Kind.IMAGE, step=Step.CONVERT, references=(picture,))
    with pytest.raises(InvalidInput, match="A picture is wanted"):
        await harness.service.create(ANN, Draft(wire="rest", surface="rest", spec=spec))
