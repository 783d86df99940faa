"""Renders without a server: workers whose results are handed back as bytes, and nothing stays on the disk."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from genmux.domain.spec import Kind
from genmux.media.spool import DiskSpool
from genmux.pool.pool import WorkerPool
from genmux.providers.seam import RenderJob


class Scratch:
    """Workers that render for whoever opened them with `scratch`."""

    def __init__(self, pool: WorkerPool, spool: DiskSpool) -> None:
        self._pool = pool
        self._spool = spool

    def pids(self) -> frozenset[int]:
        """Return the worker processes that are alive now."""
        return self._pool.pids()

    async def render(self, job: RenderJob, inputs: Sequence[tuple[str, bytes]] = ()) -> bytes:
        """Return the file that a job makes of (role, bytes) inputs; raises as `WorkerPool.render` does."""
        reply = await self._pool.render(job, inputs, lambda done, total: None)
        path = self._spool.resolve(reply.spool)
        data = path.read_bytes()
        self._spool.drop(path)
        return data


@asynccontextmanager
async def scratch(
    *, render_workers: int, memory_mb: int, job_seconds: float, directory: Path | None = None
) -> AsyncIterator[Scratch]:
    """Yield workers that end with the block; `memory_mb` is what each may allocate.

    Files lie in a directory of their own until they are read, inside `directory` if it is said.
    """
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        spool = DiskSpool(Path(folder))
        pool = WorkerPool(
            spool,
            render_workers=render_workers,
            memory_bytes=memory_mb * 1024 * 1024,
            job_seconds=job_seconds,
        )
        try:
            yield Scratch(pool, spool)
        finally:
            await pool.close()


def plain_job(
    kind: Kind,
    prompt: str,
    seed: int,
    size: tuple[int, int],
    *,
    frames: int = 1,
    audio: bool = False,
    mark: bool = False,
) -> RenderJob:
    """Return a job for one PNG or film of which nothing else is said; its label is empty."""
    return RenderJob(
        kind=kind,
        prompt=prompt,
        negative_prompt="",
        seed=seed,
        index=0,
        width=size[0],
        height=size[1],
        frames=frames,
        audio=audio,
        image_format="png",
        mark=mark,
        label="{}",
    )
