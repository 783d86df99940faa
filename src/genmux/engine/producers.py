"""Inputs that are results of tasks here: named by their task, by a URL of ours, or by a FileId."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from genmux.domain.errors import InvalidInput
from genmux.domain.results import TO_COME, TaskResult, parse_result
from genmux.domain.spec import Kind, Medium, Reference
from genmux.domain.states import TaskState
from genmux.domain.text import Text
from genmux.engine.caller import Caller
from genmux.engine.ports import ArtifactRow, NewInput, Store, TaskFilter, TaskRow

FILE_PREFIX: Final = "file:"
_FILE: Final = re.compile(r"file:(\d{1,18})/(\d{1,18})\Z", re.ASCII)

MADE: Final = {Medium.IMAGE: Kind.IMAGE, Medium.VIDEO: Kind.VIDEO}
"""What a task must make to be the source of each medium; nothing here makes sounds alone."""

NO_SUCH_TASK: Final = Text(
    "There is no such task; a reference names a task that was created before.",
    "任务不存在;引用的任务必须已经创建。",
)
NOT_KEPT: Final = Text(
    "The source names a result of this server that is no longer kept.",
    "该 source 指向的本服务结果已不再保存。",
)
NO_FILE: Final = Text("There is no such file in this application.", "该应用中不存在此文件。")
MISFITS: Final = {
    Medium.IMAGE: Text(
        "A picture is wanted and the source is a film; make a step of it first, its last frame or its "
        "poster, and give that task.",
        "此处需要图片,而该 source 是视频;请先将其转为图片(尾帧或封面),再引用那个任务。",
    ),
    Medium.VIDEO: Text(
        "A film is wanted and the source is a picture.",
        "此处需要视频,而该 source 是图片。",
    ),
    Medium.AUDIO: Text(
        "A sound is wanted, and no task here makes one.",
        "此处需要音频,而本服务的任务不生成单独的音频。",
    ),
}
"""Why a result is no source for a reference of each medium."""


Coming = Mapping[bytes, Kind | None]
"""Tasks that will be written together with the one whose inputs are found, and what they make.

None is whatever is wanted.
"""
NOTHING_COMING: Final[Coming] = {}
ANYTHING_COMING: Final[Coming] = {TO_COME: None}
"""For checks: one task stands for all that their caller has not created yet."""


class OwnUrls(Protocol):
    """Recognises our own signed file URLs by parsing and signature."""

    def recognise(self, url: str) -> tuple[bytes, int] | None:
        """Return (task id, artifact number) of a live URL of ours, None for anybody else's.

        Raises `InvalidInput` for one of ours that has expired.
        """
        ...


@dataclass(frozen=True, slots=True)
class Producers:
    """Finds the results that references name. Every method raises `InvalidInput`."""

    store: Store
    own_urls: OwnUrls

    async def find(
        self, n: int, reference: Reference, caller: Caller, now: int, coming: Coming = NOTHING_COMING
    ) -> NewInput | None:
        """Return input number `n` if its reference is a result of ours, None if it comes from elsewhere.

        What is made is frozen; what is still to be made names its task, which the new one waits for.
        """
        source = reference.source
        named = parse_result(source)
        if named is not None:
            if named.task_id in coming:
                _check_fit(reference, coming[named.task_id])
                return _awaited(n, reference, named)
            return await self._of_task(n, reference, named, caller, now)
        if source.startswith(FILE_PREFIX):
            return await self._of_file(n, reference, caller.tenant_id, now)
        own = self.own_urls.recognise(source)
        if own is None:
            return None
        row = await self.store.get(own[0])
        if row is None:
            raise InvalidInput(NOT_KEPT)
        return await self._made(n, reference, row, TaskResult(*own), now, source="artifact")

    def holds(self, reference: Reference) -> bool:
        """Return whether a reference names a result of ours, one that is gone too."""
        if reference.source.startswith(FILE_PREFIX) or parse_result(reference.source) is not None:
            return True
        try:
            return self.own_urls.recognise(reference.source) is not None
        except InvalidInput:
            return True

    async def _of_task(
        self, n: int, reference: Reference, named: TaskResult, caller: Caller, now: int
    ) -> NewInput:
        row = await self.store.get(named.task_id)
        if row is None or not caller.may_see(row):
            raise InvalidInput(NO_SUCH_TASK)
        _check_fit(reference, row.kind)
        if row.state is TaskState.SUCCEEDED:
            return await self._made(n, reference, row, named, now, source="task")
        if row.state.final:
            raise InvalidInput(_ended(row.state))
        return _awaited(n, reference, named)

    async def _of_file(self, n: int, reference: Reference, tenant_id: int, now: int) -> NewInput:
        """Return the permanent artifact that a `file:<SubAppId>/<FileId>` source names."""
        match = _FILE.match(reference.source)
        if match is None:
            raise InvalidInput(NO_FILE, field="file_id")
        app, file_id = int(match[1]), int(match[2])
        rows = await self.store.list_tasks(
            TaskFilter(tenant_id=tenant_id, sub_app_id=app, file_id=file_id, limit=1)
        )
        artifacts = await self.store.artifacts(rows[0].seq) if rows else ()
        filed = next((a for a in artifacts if a.file_id == file_id), None)
        if filed is None:
            raise InvalidInput(NO_FILE, field="file_id")
        named = TaskResult(rows[0].id, filed.n)
        return await self._made(n, reference, rows[0], named, now, source="artifact")

    async def _made(
        self, n: int, reference: Reference, row: TaskRow, named: TaskResult, now: int, *, source: str
    ) -> NewInput:
        """Freeze a result that is there."""
        results = [a for a in await self.store.artifacts(row.seq) if a.role == "result"]
        artifact = _chosen(results, named)
        if not artifact.media_key or (artifact.expires_at is not None and artifact.expires_at <= now):
            raise InvalidInput(NOT_KEPT)
        if artifact.content_type.partition("/")[0] != reference.medium:
            raise InvalidInput(MISFITS[reference.medium])
        return NewInput(
            role=reference.role,
            source=source,
            from_task=row.id,
            from_n=artifact.n,
            sha256=artifact.sha256,
            media_key=artifact.media_key,
            probe=artifact.probe,
            n=n,
        )


def _check_fit(reference: Reference, kind: str | None) -> None:
    wanted = MADE.get(reference.medium)
    if wanted is None or kind not in (None, wanted):
        raise InvalidInput(MISFITS[reference.medium])


def _awaited(n: int, reference: Reference, named: TaskResult) -> NewInput:
    return NewInput(reference.role, "task", from_task=named.task_id, from_n=named.n, n=n)


def _chosen(results: Sequence[ArtifactRow], named: TaskResult) -> ArtifactRow:
    """Return the result that is named. Raises `InvalidInput`."""
    found = next((a for a in results if named.n in (None, a.n)), None)
    if found is not None:
        return found
    if not results:
        raise InvalidInput(NOT_KEPT)
    numbers = ", ".join(f"#{a.n}" for a in results)
    raise InvalidInput(
        Text(
            f"The task has no result #{named.n}; it has {numbers}.",
            f"该任务没有编号为 #{named.n} 的结果;可用:{numbers}。",
        )
    )


def _ended(state: TaskState) -> Text:
    how, how_zh = ("failed", "已失败") if state is TaskState.FAILED else ("was cancelled", "已取消")
    return Text(f"The task {how}, so it has no result.", f"该任务{how_zh},没有结果。")
