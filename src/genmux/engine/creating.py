"""From a parsed create to the tasks that are written for it: one, or a step's several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genmux.domain.catalog import Choice
from genmux.domain.errors import CallerError
from genmux.domain.ids import new_task_id
from genmux.domain.spec import GenerationSpec, Step, encode_json
from genmux.domain.states import TaskState
from genmux.domain.steps import check_extended
from genmux.engine.admission import Admission, Draft, refusal_of
from genmux.engine.caller import Caller
from genmux.engine.channels import Channel, Lane
from genmux.engine.extending import Extension, Part, extension_of
from genmux.engine.inputs import InputDesk, Resolved
from genmux.engine.ports import Clock, NewEvent, NewTask, TaskRow
from genmux.engine.producers import NOTHING_COMING, Coming
from genmux.providers.seam import Provider


@dataclass(frozen=True, slots=True)
class Creator:
    """Judges creates, settles their inputs and makes what the store writes; it writes nothing itself."""

    admission: Admission
    inputs: InputDesk
    clock: Clock

    async def tasks(self, caller: Caller, draft: Draft) -> tuple[NewTask, ...]:
        """Return the task of a create, after the parts of it if it has any. Raises `CallerError`."""
        if draft.spec.step is not Step.EXTEND:
            return (await self._task(caller, Part(new_task_id(), draft)),)
        extension = self.extension(draft)
        try:
            frame = await self._task(caller, extension.frame)
        except CallerError as refusal:
            refusal.field = extension.place(refusal.field)
            raise
        generation = await self._task(caller, extension.generation, extension.coming)
        joined = await self._task(caller, extension.joined, extension.coming)
        return frame, generation, joined

    def extension(self, draft: Draft) -> Extension:
        """Return the parts of an `extend`. Raises `CallerError` for one without a film to extend."""
        violations = check_extended(draft.spec)
        if violations:
            raise refusal_of(violations[0])
        return extension_of(draft)

    async def _task(self, caller: Caller, part: Part, coming: Coming = NOTHING_COMING) -> NewTask:
        admission, draft = self.admission, part.draft
        choice = admission.choose(draft)
        spec = admission.completed(draft, choice)
        admission.validate(draft, spec)
        lane, channel = admission.route(spec)
        admission.check_output(draft.output)
        resolved = await self.inputs.resolve(spec, caller, self.clock(), coming)
        return self._written(caller, part, choice, resolved, lane, channel)

    def _written(
        self, caller: Caller, part: Part, choice: Choice, resolved: Resolved, lane: Lane, channel: Channel
    ) -> NewTask:
        now, draft, spec, rules = self.clock(), part.draft, resolved.spec, self.admission.rules
        extra = dict(draft.extra)
        output = draft.output or rules.default_output
        if output is not None:
            extra["output"] = output
        if draft.permanent:
            extra["permanent"] = True
        note = {**created_note(draft, spec, choice, channel.provider), **part.note}
        return NewTask(
            id=part.task_id,
            tenant_id=caller.tenant_id,
            key_id=caller.key_id,
            wire=draft.wire,
            sub_app_id=draft.sub_app_id,
            kind=spec.kind,
            lane=str(lane),
            state=TaskState.QUEUED if resolved.frozen else TaskState.WAITING,
            priority=draft.priority,
            deadline_at=now + (channel.deadline_ms or rules.deadline_ms),
            created_at=now,
            spec=encode_json(spec),
            extra=encode_json(extra),
            inputs=resolved.inputs,
            events=(NewEvent("created", now, encode_json(note)),),
            idempotency=draft.idempotency,
        )


def row_of(task: NewTask, seq: int) -> TaskRow:
    """Return the hot row of a queued task as it was written."""
    return TaskRow(
        seq=seq,
        id=task.id,
        tenant_id=task.tenant_id,
        key_id=task.key_id,
        wire=task.wire,
        sub_app_id=task.sub_app_id,
        kind=task.kind,
        lane=task.lane,
        state=task.state,
        revision=0,
        fence=0,
        priority=task.priority,
        attempt=0,
        channel_id=None,
        upstream_ref=None,
        progress=None,
        error=None,
        usage=None,
        due_at=task.created_at,
        worker_id=None,
        deadline_at=task.deadline_at,
        source_expires_at=None,
        cancel_at=None,
        created_at=task.created_at,
        submitted_at=None,
        accepted_at=None,
        finished_at=None,
    )


def created_note(draft: Draft, spec: GenerationSpec, choice: Choice, provider: Provider) -> Mapping[str, Any]:
    """Return what the first line of a timeline says: the wire, the model, what was chosen or ignored."""
    note: dict[str, Any] = {"wire": draft.wire, "model": str(spec.model)}
    if choice.chosen:
        note["chosen"] = choice.chosen
    ignored = provider.ignored(spec, draft.preview_ignores)
    if ignored:
        note["ignored"] = ignored
    return note
