"""From a stored task to what the VOD wire shows of it."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from genmux.domain.spec import GenerationSpec, Kind, decode_error, decode_spec
from genmux.domain.states import TaskState
from genmux.engine.ports import ArtifactRow, TaskDetail, TaskRow
from genmux.engine.service import Caller, TaskService, TaskView
from genmux.wires import vod

ResultUrls = Callable[[str, TaskView], tuple[str, ...]]
"""Takes the client's base URL and a finished task; returns its signed result URLs, always the same."""

WIRE: Final = "vod"
VOD_SPELT: Final = ("vod", "anyapi")
"""Wires whose `extra` is spelt as VOD spells it."""
RESULT: Final = "result"
REMEMBERED: Final = 2_000
NO_APPLICATION: Final = 0
"""The SubAppId in the ids of tasks that came by another wire, where none is asked for."""


class Asked(NamedTuple):
    """What a task was asked for, which never changes; `extra` is empty for another wire's task."""

    spec: GenerationSpec
    extra: dict[str, Any]
    echo: dict[str, Any]


class VodViews:
    """Reads tasks and says what the wire shows.

    What was asked for is remembered for a while, so that polling reads only the hot row.
    """

    def __init__(self, service: TaskService, result_urls: ResultUrls) -> None:
        self._service = service
        self._result_urls = result_urls
        self._remembered: OrderedDict[bytes, Asked] = OrderedDict()

    async def picture(
        self, caller: Caller, view: TaskView, sub_app_id: int, base_url: str
    ) -> vod.TaskPicture:
        """Return a task as it stands, its id spelt for an application. Raises `NotFound`."""
        return self.picture_of(view, await self._asked(caller, view.row), sub_app_id, base_url)

    async def _asked(self, caller: Caller, row: TaskRow) -> Asked:
        asked = self._remembered.get(row.id)
        if asked is None:
            asked = asked_of(await self._service.detail(caller, row.id))
            self._remembered[row.id] = asked
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return asked

    def picture_of(self, view: TaskView, asked: Asked, sub_app_id: int, base_url: str) -> vod.TaskPicture:
        """Return what the wire shows of a task that was read already."""
        row = view.row
        kind = Kind(row.kind)
        return vod.TaskPicture(
            task_id=vod.render_task_id(kind, sub_app_id, row.id),
            kind=kind,
            state=row.state,
            created_at=row.created_at,
            begun_at=row.submitted_at,
            finished_at=row.finished_at,
            progress=row.progress,
            spec=asked.spec,
            extra=asked.extra,
            error=decode_error(row.error) if row.error else None,
            files=self._files(view, base_url),
            echo=asked.echo,
        )

    def _files(self, view: TaskView, base_url: str) -> tuple[vod.StoredFile, ...]:
        results = [artifact for artifact in view.artifacts if artifact.role == RESULT]
        if not results:
            return ()
        urls = self._result_urls(base_url, view)
        return tuple(stored_file(artifact, url) for artifact, url in zip(results, urls, strict=True))

    async def listed(self, caller: Caller, row: TaskRow) -> vod.ListedTask:
        """Return one line of a list; only tasks of this wire have a session or a file to tell of."""
        kind = Kind(row.kind)
        asked = await self._asked(caller, row) if row.wire in VOD_SPELT else None
        extra = asked.extra if asked else {}
        file_id = ""
        if vod.is_permanent(extra) and row.state is TaskState.SUCCEEDED:
            view = await self._service.find(caller, row.id)
            file_id = next((str(a.file_id) for a in view.artifacts if a.file_id is not None), "")
        return vod.ListedTask(
            task_id=vod.render_task_id(kind, row.sub_app_id or NO_APPLICATION, row.id),
            task_type=vod.TASK_WORDS[kind],
            status=vod.STATUS[row.state],
            created_at=row.created_at,
            begun_at=row.submitted_at,
            finished_at=row.finished_at,
            file_id=file_id,
            session_id=extra.get("SessionId", ""),
            session_context=extra.get("SessionContext", ""),
        )


def asked_of(detail: TaskDetail) -> Asked:
    """Return what a task was asked for."""
    extra: dict[str, Any] = json.loads(detail.extra) if detail.task.wire in VOD_SPELT else {}
    spec = decode_spec(detail.spec)
    return Asked(spec, extra, vod.render_input(spec, extra))


def stored_file(artifact: ArtifactRow, url: str) -> vod.StoredFile:
    """Return an artifact as the wire's `MetaData` needs it."""
    return vod.StoredFile(
        url=url,
        file_id="" if artifact.file_id is None else str(artifact.file_id),
        width=artifact.width,
        height=artifact.height,
        size=artifact.size,
        seconds=artifact.seconds,
        probe=json.loads(artifact.probe or "{}"),
    )
