"""The collect loop: fetches, verifies and stores results; only then is a task done."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from genmux.domain.catalog import Catalogue
from genmux.domain.ids import new_file_id
from genmux.domain.spec import GenerationSpec, Kind, TaskError, Usage, decode_spec, encode_json
from genmux.domain.states import Event, TaskState, advance
from genmux.domain.words import EXTENSIONS
from genmux.engine.channels import Channel, Router
from genmux.engine.flows import FlowRunner
from genmux.engine.inputs import size_facts
from genmux.engine.outcomes import Settled, cancelled, change_for, failed, parse_made
from genmux.engine.planner import next_poll_delay_ms
from genmux.engine.poll import ignore_progress
from genmux.engine.ports import (
    Change,
    Clock,
    FetchFailed,
    MediaFacts,
    MediaRefused,
    MediaStore,
    Net,
    NewArtifact,
    NewEvent,
    Pool,
    Spool,
    Store,
    TaskDetail,
    TaskRow,
    WorkerDied,
)
from genmux.engine.work import build_work
from genmux.providers.seam import Finished, Output, Recovery

log = structlog.get_logger(__name__)

COLLECT_LEASE_MS: Final = 15 * 60_000
COLLECT_BATCH: Final = 4
GONE: Final = frozenset({"bad_status", "bad_url", "refused_address", "too_large", "wrong_type"})
"""Fetch failures that waiting cannot mend."""


@dataclass(frozen=True, slots=True)
class CollectLimits:
    """What a result may be at most, and how long it is kept."""

    max_bytes: int = 2 * 1024**3
    download_seconds: float = 600.0
    keep_ms: int = 7 * 24 * 3_600_000


OUTPUT_ERROR: Final = TaskError(
    code="output_failed",
    message="The result was made but could not be written to the bucket.",
    message_zh="结果已生成,但未能写入存储桶。",
)
IMPOSSIBLE: Final = (ValueError, NotADirectoryError, IsADirectoryError, FileExistsError)
"""What a bucket says of a path that waiting cannot mend."""


class OutputFailed(Exception):
    """The result can never be written where StoreCosParam asked for it."""


class ResultLost(Exception):
    """The result cannot be had any more; `reason` is for the timeline."""


@dataclass(slots=True)
class Haul:
    """What became of a task's outputs: verified files by number, and why the others are missing."""

    found: list[tuple[int, Path, MediaFacts]] = field(default_factory=list)
    missing: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Collector:
    """Moves tasks from collecting to succeeded, one verified artifact after the other."""

    store: Store
    router: Router
    runner: FlowRunner
    media: MediaStore
    pool: Pool
    net: Net
    spool: Spool
    catalogue: Catalogue
    clock: Clock
    worker_id: str
    limits: CollectLimits
    on_settled: Callable[[TaskState, int], None]

    async def step(self) -> int:
        """Collect every due result; return how many were looked at."""
        rows = await self.store.take_due(
            TaskState.COLLECTING, None, self.worker_id, self.clock(), COLLECT_LEASE_MS, COLLECT_BATCH
        )
        await asyncio.gather(*(self._collect(row) for row in rows))
        return len(rows)

    async def _collect(self, row: TaskRow) -> None:
        spools: list[Path] = []
        try:
            change = await self._change(row, spools)
            landed = await self.store.apply([change])
        except Exception as error:
            log.exception("result could not be collected", seq=row.seq)
            change = change_for(row, self._later(row, error), self.clock())
            landed = await self.store.apply([change])
        if row.seq in landed:
            if change.to is not TaskState.COLLECTING:
                self._drop(spools)
            self.on_settled(change.to, row.seq)

    def _drop(self, spools: list[Path]) -> None:
        for path in spools:
            self.spool.drop(path)

    async def _change(self, row: TaskRow, spools: list[Path]) -> Change:
        detail = await self.store.detail(row.id)
        channel = self.router.by_id(row.channel_id)
        recovery = channel.provider.recovery if channel is not None else Recovery.NEVER
        _, outputs = parse_made(row.upstream_ref)
        spools.extend(self.spool.resolve(o.spool) for o in outputs if o.spool)
        now = self.clock()
        if row.cancel_at is not None:
            return change_for(row, cancelled(), now)
        if detail is None:
            raise LookupError(f"task {row.seq} vanished while it was collected")
        try:
            outputs = outputs or await self._ask_again(detail, channel)
            allow_private = channel is not None and channel.allow_private
            haul = await self._haul(outputs, detail.task.kind, spools, allow_private)
            if haul.missing and (recovery is Recovery.FREE or not haul.found):
                raise ResultLost("; ".join(haul.missing.values()))
            return await self._stored(detail, row, haul)
        except OutputFailed as failure:
            log.warning("output bucket refuses", seq=row.seq, reason=str(failure))
            return change_for(row, failed(Event.LOST, OUTPUT_ERROR, "output_failed"), self.clock())
        except ResultLost as loss:
            return change_for(row, self._lost(recovery, str(loss)), self.clock())
        except (FetchFailed, WorkerDied) as trouble:
            return change_for(row, self._later(row, trouble), self.clock())

    async def _ask_again(self, detail: TaskDetail, channel: Channel | None) -> tuple[Output, ...]:
        """A task that was found again has a reference but no outputs: poll its upstream for them."""
        if channel is None:
            raise ResultLost("the channel that made it is not configured any more")
        work = build_work(detail, self.catalogue, detail.task.attempt)
        outcome = await self.runner.run(channel.provider.poll(work), channel, work.inputs, ignore_progress)
        if isinstance(outcome, Finished):
            return outcome.outputs
        raise FetchFailed("unreachable", "the upstream does not show the result yet")

    async def _haul(
        self, outputs: tuple[Output, ...], kind: str, spools: list[Path], allow_private: bool
    ) -> Haul:
        """Bring in and verify every output; one that is lost does not take the others with it."""
        haul = Haul()
        for n, output in enumerate(outputs):
            try:
                path = await self._local(output, spools, allow_private)
                haul.found.append((n, path, await self._verify(path, kind)))
            except ResultLost as loss:
                haul.missing[n] = str(loss)
        return haul

    async def _verify(self, path: Path, kind: str) -> MediaFacts:
        try:
            return await self.pool.verify(path, kind)
        except MediaRefused as refusal:
            raise ResultLost(f"the result is not a whole {kind}: {refusal.reason}") from None

    async def _local(self, output: Output, spools: list[Path], allow_private: bool) -> Path:
        if output.spool:
            path = self.spool.resolve(output.spool)
            if not path.exists():
                raise ResultLost("the spooled result is gone")
            return path
        path = self.spool.new(".download")
        spools.append(path)
        try:
            await self.net.download(
                output.url,
                path,
                max_bytes=self.limits.max_bytes,
                timeout_seconds=self.limits.download_seconds,
                allow_private=allow_private,
            )
        except FetchFailed as failure:
            if failure.code in GONE:
                raise ResultLost(f"the result URL gives {failure.reason}") from None
            raise
        return path

    async def _stored(self, detail: TaskDetail, row: TaskRow, haul: Haul) -> Change:
        spec, extra = decode_spec(detail.spec), json.loads(detail.extra)
        artifacts: list[NewArtifact] = []
        posters: list[NewArtifact] = []
        for n, path, facts in haul.found:
            extension = EXTENSIONS.get(facts.content_type, "bin")
            key = f"tasks/{row.id.hex()[:2]}/{row.id.hex()}/{n}.{extension}"
            await self.media.publish(path, key)
            artifacts.append(self._artifact(n, key, facts, permanent=bool(extra.get("permanent"))))
            if facts.poster:
                posters.append(await self._poster(row, n, facts))
        try:
            await self._copy_out(detail, artifacts)
        except IMPOSSIBLE as error:
            for artifact in (*artifacts, *posters):
                await self.media.delete(artifact.media_key)
            raise OutputFailed(str(error)) from error
        now = self.clock()
        usage = usage_of(spec, [facts for _, _, facts in haul.found])
        note: dict[str, Any] = {"artifacts": len(artifacts)}
        if haul.missing:
            note["missing"] = haul.missing
        return Change(
            seq=row.seq,
            fence=row.fence,
            state=row.state,
            to=advance(row.state, Event.STORED).state,
            now=now,
            progress=100,
            usage=encode_json(usage),
            attempt_outcome="succeeded",
            artifacts=(*artifacts, *posters),
            events=(NewEvent("succeeded", now, encode_json(note)),),
        )

    async def _poster(self, row: TaskRow, n: int, facts: MediaFacts) -> NewArtifact:
        """Keep a film's first frame beside it; it has the film's number and a role of its own."""
        key = f"tasks/{row.id.hex()[:2]}/{row.id.hex()}/{n}.poster.jpg"
        path = self.spool.new(".poster")
        try:
            await asyncio.to_thread(path.write_bytes, facts.poster)
            await self.media.publish(path, key)
        finally:
            self.spool.drop(path)
        return NewArtifact(
            n=n,
            role="thumbnail",
            media_key=key,
            sha256=hashlib.sha256(facts.poster).digest(),
            size=len(facts.poster),
            content_type="image/jpeg",
            width=facts.width,
            height=facts.height,
            seconds=None,
            probe="{}",
            expires_at=self.clock() + self.limits.keep_ms,
        )

    def _artifact(self, n: int, key: str, facts: MediaFacts, *, permanent: bool) -> NewArtifact:
        seen = size_facts(facts.width, facts.height, facts.content_type, facts.size)
        return NewArtifact(
            n=n,
            role="result",
            media_key=key,
            sha256=facts.sha256,
            size=facts.size,
            content_type=facts.content_type,
            width=facts.width,
            height=facts.height,
            seconds=facts.seconds,
            probe=encode_json({**facts.probe, **seen}),
            expires_at=None if permanent else self.clock() + self.limits.keep_ms,
            file_id=new_file_id() if permanent else None,
        )

    async def _copy_out(self, detail: TaskDetail, artifacts: list[NewArtifact]) -> None:
        """Put the results where StoreCosParam asked for them as well."""
        output = json.loads(detail.extra).get("output")
        if not output:
            return
        folder = str(output.get("path", "")).strip("/")
        for artifact in artifacts:
            name = f"{detail.task.id.hex()}-{artifact.n}.{artifact.extension}"
            path = f"{folder}/{name}" if folder else name
            await self.media.copy_out(artifact.media_key, output["bucket"], path)

    def _lost(self, recovery: Recovery, reason: str) -> Settled:
        if recovery is Recovery.FREE:
            return Settled(
                Event.REDO,
                due_in_ms=0,
                attempt_outcome="lost",
                note_kind="retry",
                note={"message": reason},
            )
        error = TaskError(
            code="source_gone",
            message=f"The result was made but could not be kept: {reason}.",
            message_zh=f"结果已生成但未能保存:{reason}。",
        )
        return failed(Event.LOST, error, "lost")

    def _later(self, row: TaskRow, trouble: Exception) -> Settled:
        age = self.clock() - row.created_at
        log.warning("result not collected yet", seq=row.seq, reason=str(trouble))
        return Settled(None, due_in_ms=next_poll_delay_ms(age))


def usage_of(spec: GenerationSpec, facts: list[MediaFacts]) -> Usage:
    """Return what was made, measured on the stored files, in the units platforms bill."""
    first = facts[0] if facts else None
    size = f"{first.width}x{first.height}" if first is not None else ""
    if spec.kind is Kind.IMAGE:
        return Usage(images=len(facts), resolution=size)
    seconds = sum(f.seconds or 0.0 for f in facts)
    return Usage(seconds=round(seconds, 3), resolution=size, audio=any(f.audio for f in facts))
