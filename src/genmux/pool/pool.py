"""The pool port: renders in some workers, decodes of foreign bytes in another, results on the spool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from genmux.domain.spec import Kind
from genmux.engine.ports import MediaFacts, MediaRefused, Spool, WorkerDied
from genmux.pool import frames
from genmux.pool.lane import Lane, PoolClosed
from genmux.pool.process import COMMAND, JobFailed, NotStarted
from genmux.providers.seam import InputBytes, PictureLimits, RenderJob, RenderReply, StepJob

_CHECK_SECONDS: Final = 30.0
_CHECK_TRIES: Final = 2
_NOT_THE_INPUTS_FAULT: Final = (PoolClosed, NotStarted)
_ORDER_FIELDS: Final = tuple(
    item.name for item in fields(RenderJob) if item.name not in ("inputs", "siblings")
)

_STEP_FIELDS: Final = tuple(item.name for item in fields(StepJob) if item.name != "inputs")


class WorkerPool:
    """The `Pool` port on spawned processes.

    Renders, steps and checks of uploaded films run `render_workers` at a time; checks of pictures and
    verifications have a worker of their own. Each lane is first come, first served. Workers start
    when first needed, stay warm, and end after `idle_seconds` without work. `memory_bytes` is what
    each may allocate, `job_seconds` what each job may take. `command` is the worker program; it is
    given the memory limit and our process id.
    """

    def __init__(
        self,
        spool: Spool,
        *,
        render_workers: int,
        memory_bytes: int,
        job_seconds: float,
        idle_seconds: float = 60.0,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._spool = spool
        self._job_seconds = job_seconds
        self._renders = Lane(
            command, width=render_workers, memory_bytes=memory_bytes, idle_seconds=idle_seconds
        )
        self._checks = Lane(command, width=1, memory_bytes=memory_bytes, idle_seconds=idle_seconds)

    def pids(self) -> frozenset[int]:
        """Return the worker processes that are alive now."""
        return self._renders.pids() | self._checks.pids()

    async def render(
        self, job: RenderJob, inputs: Sequence[tuple[str, bytes]], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Render into a spool file, on the disk when this returns; the caller owns it then.

        Cancelling stops the render, and when the cancel comes back the file is gone. Raises
        `WorkerDied`, of which `JobFailed` means that the renderer itself raised.
        """
        path = self._spool.new(_suffix(job))
        return await self._made(
            path, lambda number: frames.RenderWork(number, str(path), _order(job), tuple(inputs)), on_progress
        )

    async def step(
        self, job: StepJob, inputs: Sequence[Path], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Do a step on local files into a spool file, as `render` does; raises `MediaRefused` as well."""
        path = self._spool.new(_suffix(job))
        order = {name: getattr(job, name) for name in _STEP_FIELDS}
        return await self._made(
            path,
            lambda number: frames.StepWork(number, str(path), order, tuple(map(str, inputs))),
            on_progress,
        )

    async def _made(
        self, path: Path, make: Callable[[int], frames.Work], on_progress: Callable[[int, int], None]
    ) -> RenderReply:
        """Have a job write the spool file at `path`, which is gone if that fails."""
        try:
            return _reply(path, await self._renders.run(make, self._job_seconds, on_progress))
        except BaseException:
            self._spool.drop(path)
            raise

    async def check_image(self, data: bytes, max_pixels: int) -> tuple[MediaFacts, bytes]:
        """Decode a picture fully, as the port says; one that kills two workers is `not_decodable`."""
        answer = await self._ask_of_picture(lambda number: frames.CheckWork(number, data, max_pixels))
        facts = _facts(answer)
        return facts.media_facts(), data if facts.kept is None else facts.kept

    async def fit_image(self, data: bytes, limits: PictureLimits) -> InputBytes:
        """Make a picture fit, as the port says; raises `MediaRefused` when it cannot be made to."""
        answer = await self._ask_of_picture(lambda number: frames.FitWork(number, data, limits))
        if not isinstance(answer, frames.Fitted):
            raise _failure(answer)
        return InputBytes(data if answer.data is None else answer.data, answer.content_type, answer.note)

    async def check_film(self, path: Path) -> MediaFacts:
        """Decode a foreign film fully, as the port says; one that ends its worker is `not_decodable`."""
        answer = await _ask_of_foreign(
            self._renders,
            lambda number: frames.VerifyWork(number, str(path), Kind.VIDEO),
            self._job_seconds,
            tries=1,
            what="film",
        )
        return _facts(answer).media_facts()

    async def verify(self, path: Path, kind: str) -> MediaFacts:
        """Decode a result file fully, as the port says."""
        answer = await self._checks.run(
            lambda number: frames.VerifyWork(number, str(path), kind), self._job_seconds
        )
        return _facts(answer).media_facts()

    async def _ask_of_picture(self, make: Callable[[int], frames.Work]) -> frames.Answer:
        seconds = min(_CHECK_SECONDS, self._job_seconds)
        return await _ask_of_foreign(self._checks, make, seconds, tries=_CHECK_TRIES, what="picture")

    async def close(self) -> None:
        """End every worker; what still runs raises `WorkerDied`."""
        await self._renders.close()
        await self._checks.close()


async def _ask_of_foreign(
    lane: Lane, make: Callable[[int], frames.Work], seconds: float, *, tries: int, what: str
) -> frames.Answer:
    """Have a job done on foreign bytes; those that break it, or end their worker so often, are refused."""
    for _ in range(tries):
        try:
            answer = await lane.run(make, seconds)
        except _NOT_THE_INPUTS_FAULT:
            raise
        except WorkerDied:
            continue
        if not isinstance(answer, frames.Broken):
            return answer
        break
    raise MediaRefused("not_decodable", f"the {what} cannot be decoded: the decoder gave up on it")


def _order(job: RenderJob) -> dict[str, Any]:
    return {name: getattr(job, name) for name in _ORDER_FIELDS}


def _suffix(job: RenderJob | StepJob) -> str:
    return ".mp4" if job.kind is Kind.VIDEO else f".{job.image_format}"


def _reply(path: Path, answer: frames.Answer) -> RenderReply:
    if isinstance(answer, frames.Rendered):
        return RenderReply(path.name, answer.content_type, answer.understood, answer.mode, answer.notes)
    raise _failure(answer)


def _facts(answer: frames.Answer) -> frames.Facts:
    if isinstance(answer, frames.Facts):
        return answer
    raise _failure(answer)


def _failure(answer: frames.Answer) -> Exception:
    if isinstance(answer, frames.Refusal):
        return MediaRefused(answer.code, answer.reason)
    if isinstance(answer, frames.Broken):
        return JobFailed(answer.reason)
    return JobFailed(f"a worker answered {type(answer).__name__} to another question")
