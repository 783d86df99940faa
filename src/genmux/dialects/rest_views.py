"""From the service's records to tasks as our own REST shows them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from genmux.dialects.rest_call import Call, Desk
from genmux.domain.spec import Kind, decode_error, decode_spec, decode_usage
from genmux.domain.states import TaskState
from genmux.engine.channels import MAX_REMEMBERED, parse_lane
from genmux.engine.ports import ArtifactRow, AttemptRow, EventRow, InputRow, TaskDetail, TaskRow
from genmux.engine.service import Caller, TaskView, no_such_task
from genmux.wires import rest

HOUR_SECONDS: Final = 3600
_REASON_EVENTS: Final = ("unknown", "puzzling_status")


class TaskViews:
    """Shows tasks to one client: in its language, with URLs under the address it reaches us by."""

    def __init__(self, desk: Desk, base_url: str, language: str) -> None:
        self._desk = desk
        self._base_url = base_url
        self._language = language

    def short(self, view: TaskView, reason: str | None = None) -> rest.TaskStatus:
        """Return a task without what lies beside its row."""
        row = view.row
        return rest.TaskStatus(
            id=rest.render_task_id(row.id),
            kind=Kind(row.kind),
            model=model_of(row.lane),
            state=row.state.word,
            reason=reason,
            wire=row.wire,
            progress=row.progress,
            created_at=row.created_at,
            started_at=row.submitted_at,
            finished_at=row.finished_at,
            cancel_requested_at=row.cancel_at,
            error=self._fault(row.error),
            usage=decode_usage(row.usage) if row.usage else None,
            artifacts=self._artifacts(row, view.artifacts),
        )

    def brief(self, detail: TaskDetail) -> rest.TaskStatus:
        """Return a task without what lies beside it; an unknown one tells why."""
        row = detail.task
        artifacts = detail.artifacts if row.state is TaskState.SUCCEEDED else ()
        return self.short(TaskView(row, artifacts), reason_of(row, detail.events))

    def full(self, detail: TaskDetail) -> rest.TaskStatus:
        """Return a task with its spec, inputs, attempts and timeline."""
        return msgspec.structs.replace(
            self.brief(detail),
            spec=rest.render_create(decode_spec(detail.spec), priority=detail.task.priority),
            extra=_object(detail.extra),
            inputs=tuple(self._input(entry) for entry in detail.inputs),
            attempts=tuple(_attempt(entry) for entry in detail.attempts),
            events=tuple(event_status(entry) for entry in detail.events),
        )

    async def read_short(self, caller: Caller, task_id: bytes) -> rest.TaskStatus:
        """Find a task and show it without what lies beside it; an unknown one tells why."""
        return await self.short_of(caller, await self._desk.service.find(caller, task_id))

    async def short_of(self, caller: Caller, view: TaskView) -> rest.TaskStatus:
        """Show a task that was found without what lies beside it; an unknown one tells why."""
        if view.row.state is not TaskState.UNKNOWN:
            return self.short(view)
        return self.brief(await self._desk.service.detail(caller, view.row.id))

    async def read_full(self, caller: Caller, task_id: bytes) -> rest.TaskStatus:
        """Find a task and show everything of it."""
        return self.full(await self._desk.service.detail(caller, task_id))

    def _fault(self, error: str | None) -> rest.Fault | None:
        if error is None:
            return None
        told = decode_error(error)
        return rest.Fault(told.code, told.say(self._language), told.upstream_code)

    def _input(self, entry: InputRow) -> rest.InputStatus:
        return rest.InputStatus(
            n=entry.n,
            role=entry.role,
            source=entry.source,
            url=entry.url,
            from_task=rest.render_task_id(entry.from_task) if entry.from_task else None,
            from_n=entry.from_n,
            sha256=entry.sha256.hex() if entry.sha256 else None,
            error=decode_error(entry.error).say(self._language) if entry.error else None,
        )

    def _artifacts(self, row: TaskRow, artifacts: Sequence[ArtifactRow]) -> tuple[rest.ArtifactStatus, ...]:
        until = (row.finished_at or row.created_at) // 1000 + self._desk.url_hours * HOUR_SECONDS
        return tuple(
            rest.ArtifactStatus(
                n=artifact.n,
                url=self.file_url(row, artifact, until),
                content_type=artifact.content_type,
                width=artifact.width,
                height=artifact.height,
                seconds=artifact.seconds,
                bytes=artifact.size,
                sha256=artifact.sha256.hex(),
                url_expires_at=until * 1000,
                kept_until=artifact.expires_at,
            )
            for artifact in artifacts
            if artifact.role == "result"
        )

    def fresh_url(self, row: TaskRow, artifact: ArtifactRow) -> str:
        """Return the URL that polls show, or one for another hour where that one ends before."""
        until = (row.finished_at or row.created_at) // 1000 + self._desk.url_hours * HOUR_SECONDS
        return self.file_url(row, artifact, max(until, self._desk.clock() // 1000 + HOUR_SECONDS))

    def file_url(self, row: TaskRow, artifact: ArtifactRow, until_seconds: int) -> str:
        """Return a signed URL of an artifact, good until then."""
        extension = artifact.extension
        return self._base_url + self._desk.urls.path(row.id.hex(), artifact.n, extension, until_seconds)


def views_for(desk: Desk, call: Call) -> TaskViews:
    """Return what shows tasks to the caller."""
    return TaskViews(desk, call.request.base_url, call.language)


def task_id_of(call: Call) -> bytes:
    """Return the id in the path. Raises `NotFound` for what is spelt like none."""
    task_id = rest.parse_task_id(call.params["id"])
    if task_id is None:
        raise no_such_task()
    return task_id


@lru_cache(maxsize=MAX_REMEMBERED)
def model_of(lane: str) -> str | None:
    """Return the `family/version` in a lane's name."""
    _, _, model = parse_lane(lane).path.partition("/")
    return model.rstrip("/") or None


def reason_of(row: TaskRow, events: Sequence[EventRow]) -> str | None:
    """Return why a task's state is unknown, as its timeline tells it; None in every other state."""
    if row.state is not TaskState.UNKNOWN:
        return None
    told = [e for e in events if e.kind in _REASON_EVENTS]
    message = _object(told[-1].data).get("message") if told else None
    return str(message) if message else "The upstream did not say whether it took the task."


def _object(text: str) -> dict[str, Any]:
    value = msgspec.json.decode(text) if text else {}
    return value if isinstance(value, dict) else {}


def _attempt(entry: AttemptRow) -> rest.AttemptStatus:
    return rest.AttemptStatus(
        n=entry.n,
        key=entry.key,
        channel_id=entry.channel_id,
        upstream_ref=entry.upstream_ref,
        outcome=entry.outcome,
        opened_at=entry.opened_at,
        closed_at=entry.closed_at,
    )


def event_status(entry: EventRow) -> rest.EventStatus:
    """Return one line of a timeline as this wire shows it."""
    return rest.EventStatus(n=entry.n, at=entry.at, kind=entry.kind, data=_object(entry.data))
