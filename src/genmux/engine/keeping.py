"""Keeping results: verified files become artifacts, and the task is done."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from genmux.domain.ids import new_file_id
from genmux.domain.spec import GenerationSpec, Kind, TaskError, Usage, decode_spec, encode_json
from genmux.domain.states import Event, advance
from genmux.domain.words import EXTENSIONS
from genmux.engine.inputs import size_facts
from genmux.engine.ports import (
    Change,
    Clock,
    MediaFacts,
    MediaStore,
    NewArtifact,
    NewEvent,
    Spool,
    TaskDetail,
    TaskRow,
)

TOLERANCE_SECONDS: Final = 0.6
"""A film may be this much off the asked length before the timeline says so (encoders round to frames)."""
OUTPUT_ERROR: Final = TaskError(
    code="output_failed",
    message="The result was made but could not be written to the bucket.",
    message_zh="结果已生成,但未能写入存储桶。",
)
IMPOSSIBLE: Final = (ValueError, NotADirectoryError, IsADirectoryError, FileExistsError)
"""What a bucket says of a path that waiting cannot mend."""


class OutputFailed(Exception):
    """The result can never be written where StoreCosParam asked for it."""


@dataclass(slots=True)
class Haul:
    """What became of a task's outputs: verified files by number, and why the others are missing."""

    found: list[tuple[int, Path, MediaFacts]] = field(default_factory=list)
    missing: dict[int, str] = field(default_factory=dict)
    for_good: bool = True  # no other try would bring what is missing


@dataclass(frozen=True, slots=True)
class Keeper:
    """Publishes verified files; artifacts live `keep_ms` unless they are permanent."""

    media: MediaStore
    spool: Spool
    clock: Clock
    keep_ms: int

    async def keep(self, detail: TaskDetail, row: TaskRow, haul: Haul) -> Change:
        """Publish every verified file and return the change that ends the task.

        Raises `OutputFailed` where the caller's bucket can never take it, `OSError` where it may yet.
        """
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
        if differs := differences(spec, [facts for _, _, facts in haul.found]):
            note["differs"] = differs
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
            expires_at=self.clock() + self.keep_ms,
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
            expires_at=None if permanent else self.clock() + self.keep_ms,
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


def differences(spec: GenerationSpec, made: list[MediaFacts]) -> dict[str, str]:
    """Return what was asked for and came out otherwise: it is paid, so it is kept and said."""
    found: dict[str, str] = {}
    for facts in made:
        if spec.size is not None and (facts.width, facts.height) != spec.size:
            found["size"] = f"{spec.size[0]}x{spec.size[1]} asked, {facts.width}x{facts.height} made"
        off = abs((facts.seconds or 0.0) - spec.duration) if spec.duration is not None else 0.0
        if facts.seconds is not None and off > TOLERANCE_SECONDS:
            found["duration"] = f"{spec.duration:g} s asked, {facts.seconds:.2f} s made"
    if spec.count is not None and len(made) != spec.count:
        found["count"] = f"{spec.count} asked, {len(made)} made"
    return found


def usage_of(spec: GenerationSpec, facts: list[MediaFacts]) -> Usage:
    """Return what was made, measured on the stored files, in the units platforms bill."""
    first = facts[0] if facts else None
    size = f"{first.width}x{first.height}" if first is not None else ""
    if spec.kind is Kind.IMAGE:
        return Usage(images=len(facts), resolution=size)
    seconds = sum(f.seconds or 0.0 for f in facts)
    return Usage(seconds=round(seconds, 3), resolution=size, audio=any(f.audio for f in facts))
