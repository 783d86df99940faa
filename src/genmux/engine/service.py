"""The façade that dialects talk to: create, find, list, cancel, resolve."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace as replace_record
from typing import Any, Final

import msgspec

from genmux.domain.catalog import Catalogue, Choice
from genmux.domain.errors import (
    CallerError,
    Forbidden,
    InvalidValue,
    KeyReused,
    MissingValue,
    NotFound,
    Unavailable,
)
from genmux.domain.ids import new_task_id
from genmux.domain.spec import GenerationSpec, Kind, encode_json
from genmux.domain.states import REOPENABLE, Event, TaskState
from genmux.domain.text import Text
from genmux.engine.admission import Admission
from genmux.engine.admission import Draft as Draft
from genmux.engine.admission import ServiceRules as ServiceRules
from genmux.engine.caller import Caller as Caller
from genmux.engine.channels import Channel, Lane, Router
from genmux.engine.checking import (
    CheckResult,
    Finding,
    finding_of,
    model_finding,
    plan_of,
    refusal_finding,
)
from genmux.engine.inputs import InputDesk, Resolved, facts_json
from genmux.engine.outcomes import Settled, change_for, resolution
from genmux.engine.ports import (
    ArtifactRow,
    Binding,
    Clock,
    MediaStore,
    NewEvent,
    NewTask,
    Repeat,
    Staging,
    Store,
    TaskDetail,
    TaskFilter,
    TaskRow,
    UploadRow,
)
from genmux.engine.watch import Watch
from genmux.providers.seam import Provider

FINAL_CACHE_SIZE: Final = 10_000
LONGEST_QUEUE: Final = 10_000
UPLOAD_MS: Final = 24 * 3_600_000
LONGEST_NAP_SECONDS: Final = 0.5
"""Progress is not announced, only moves are: a waiter looks this often by itself."""


class Created(msgspec.Struct, frozen=True):
    """The task a create made, or the one an earlier equal create made."""

    task_id: bytes
    repeated: bool = False


class TaskView(msgspec.Struct, frozen=True):
    """A task as wires render it: the hot row, and its artifacts once there are any."""

    row: TaskRow
    artifacts: tuple[ArtifactRow, ...] = ()


class TaskService:
    """Creates tasks durably and answers what became of them."""

    def __init__(
        self,
        *,
        store: Store,
        media: MediaStore,
        inputs: InputDesk,
        catalogue: Catalogue,
        router: Router,
        staging: Staging,
        clock: Clock,
        rules: ServiceRules,
    ) -> None:
        self.store = store
        self.media = media
        self.catalogue = catalogue
        self.router = router
        self.clock = clock
        self.rules = rules
        self.inputs = inputs
        self._admission = Admission(catalogue, router, inputs, media, staging, rules)
        self._finals: OrderedDict[bytes, TaskView] = OrderedDict()
        self._watch = Watch()
        self._listeners: list[Callable[[TaskState, int], None]] = []
        self.draining = False

    def listen(self, listener: Callable[[TaskState, int], None]) -> None:
        """Call `listener(state, seq)` whenever a task enters a state the loops care about."""
        self._listeners.append(listener)

    def _tell(self, state: TaskState, seq: int) -> None:
        self._watch.wake(seq)
        for listener in self._listeners:
            listener(state, seq)

    # ------------------------------------------------------------ create

    async def create(self, caller: Caller, draft: Draft) -> Created:
        """Accept a task: it is on disk when this returns. Raises `CallerError` and makes nothing."""
        self._refuse_while_draining()
        made = await self._made_before(caller, draft)
        if made is not None:
            return made
        choice = self._admission.choose(draft)
        spec = self._admission.completed(draft, choice)
        self._admission.validate(draft, spec)
        lane, channel = self._admission.route(spec)
        self._admission.check_output(draft.output)
        resolved = await self.inputs.resolve(spec, caller, self.clock())
        task = self._new_task(caller, draft, choice, resolved, lane, channel)
        stored = await self.store.create(task)
        if isinstance(stored, Repeat):
            return repeated(stored)
        self._tell(task.state, stored)
        return Created(task.id)

    async def check(self, caller: Caller, draft: Draft) -> CheckResult:
        """Return everything that a create would refuse, and what it would make; nothing is kept."""
        found: list[Finding] = []
        spec, plan = draft.spec, None
        try:
            choice = self._admission.choose(draft)
            spec = self._admission.completed(draft, choice)
        except CallerError as refusal:
            choice = None
            found.append(
                model_finding(refusal, self.catalogue, spec.kind, draft.model_name, draft.model_version)
            )
        if self.rules.validation != "off":
            found += map(finding_of, self._admission.violations(draft, spec))
        if choice is not None:
            found += _refusals(lambda: self._admission.route(spec))
            channel = next(iter(self.router.eligible(spec)), None)
            plan = plan_of(spec, choice, self.catalogue, channel, draft.preview_ignores)
        found += _refusals(lambda: self._admission.check_output(draft.output))
        found += map(refusal_finding, await self.inputs.examine(spec, caller, self.clock()))
        return CheckResult(tuple(found), plan)

    async def upload(self, caller: Caller, data: bytes) -> UploadRow:
        """Keep a picture for the caller's tenant, usable as a source for a day. Raises `InvalidInput`."""
        self._refuse_while_draining()
        facts, key = await self.inputs.freeze(data)
        expires_at = self.clock() + UPLOAD_MS
        upload = UploadRow(caller.tenant_id, facts.sha256, key, facts_json(facts), expires_at)
        await self.store.keep_upload(upload)
        return upload

    def _refuse_while_draining(self) -> None:
        if self.draining:
            raise Unavailable(Text("The server is shutting down.", "服务正在关闭。"))

    async def _made_before(self, caller: Caller, draft: Draft) -> Created | None:
        """Return what an earlier create with the same key made, whatever has changed since."""
        if draft.idempotency is None:
            return None
        repeat = await self.store.find_repeat(caller.tenant_id, draft.idempotency, self.clock())
        return repeated(repeat) if repeat is not None else None

    def _new_task(
        self,
        caller: Caller,
        draft: Draft,
        choice: Choice,
        resolved: Resolved,
        lane: Lane,
        channel: Channel,
    ) -> NewTask:
        now = self.clock()
        spec = resolved.spec
        extra = dict(draft.extra)
        output = draft.output or self.rules.default_output
        if output is not None:
            extra["output"] = output
        if draft.permanent:
            extra["permanent"] = True
        return NewTask(
            id=new_task_id(),
            tenant_id=caller.tenant_id,
            key_id=caller.key_id,
            wire=draft.wire,
            sub_app_id=draft.sub_app_id,
            kind=spec.kind,
            lane=str(lane),
            state=TaskState.QUEUED if resolved.frozen else TaskState.WAITING,
            priority=draft.priority,
            deadline_at=now + (channel.deadline_ms or self.rules.deadline_ms),
            created_at=now,
            spec=encode_json(spec),
            extra=encode_json(extra),
            inputs=resolved.inputs,
            events=(NewEvent("created", now, created_note(draft, spec, choice, channel.provider)),),
            idempotency=draft.idempotency,
        )

    # ------------------------------------------------------------ read

    async def find(self, caller: Caller, task_id: bytes, kind: Kind | None = None) -> TaskView:
        """Return a task this caller may see. Raises `NotFound`, also for another kind's or tenant's."""
        view = self._remembered(task_id)
        if view is None:
            view = await self._read(task_id)
        if view is None or not caller.may_see(view.row) or (kind is not None and view.row.kind != kind):
            raise no_such_task()
        return view

    def _remembered(self, task_id: bytes) -> TaskView | None:
        """Return a finished task from memory, unless it is old enough to have been pruned."""
        view = self._finals.get(task_id)
        if view is None or (view.row.finished_at or 0) + self.rules.retention_ms > self.clock():
            return view
        del self._finals[task_id]
        return None

    async def _read(self, task_id: bytes) -> TaskView | None:
        row = await self.store.get(task_id)
        if row is None:
            return None
        if row.state is not TaskState.SUCCEEDED:
            return TaskView(row)
        view = TaskView(row, await self.store.artifacts(row.seq))
        self._finals[task_id] = view
        if len(self._finals) > FINAL_CACHE_SIZE:
            self._finals.popitem(last=False)
        return view

    async def detail(self, caller: Caller, task_id: bytes) -> TaskDetail:
        """Return a task with its spec, inputs, attempts, artifacts and timeline. Raises `NotFound`."""
        detail = await self.store.detail(task_id)
        if detail is None or not caller.may_see(detail.task):
            raise no_such_task()
        return detail

    async def list_tasks(self, caller: Caller, wanted: TaskFilter) -> tuple[TaskRow, ...]:
        """Return one page of tasks; a caller that is no operator sees its own tenant's only.

        Raises `NotFound` for a cursor that is no task of the caller's.
        """
        if not caller.operator:
            wanted = replace_record(wanted, tenant_id=caller.tenant_id)
        if wanted.cursor is not None:
            row = (await self.find(caller, wanted.cursor)).row
            wanted = replace_record(wanted, before_seq=row.seq, before_time=row.finished_at)
        return await self.store.list_tasks(wanted)

    async def queue_position(self, view: TaskView) -> int | None:
        """Return how many tasks come before a queued one (up to 10,000), None once it is under way."""
        if view.row.state not in (TaskState.WAITING, TaskState.QUEUED):
            return None
        return await self.store.queue_position(view.row, LONGEST_QUEUE)

    async def changed(self, task_id: bytes, revision: int, timeout_seconds: float) -> TaskRow | None:
        """Return the task as soon as its revision is above `revision`, or as it is at the time-out.

        None when there is no such task (any more).
        """
        until = self.clock() + int(timeout_seconds * 1000)
        while True:
            row = await self.store.get(task_id)
            left = (until - self.clock()) / 1000
            if row is None or row.revision > revision or row.state.final or left <= 0:
                return row
            await self._watch.wait(row.seq, min(left, LONGEST_NAP_SECONDS))

    def notice(self, state: TaskState, seq: int) -> None:
        """A task entered `state`: wake whoever waits for it."""
        self._watch.wake(seq)

    # ------------------------------------------------------------ act

    async def cancel(self, caller: Caller, task_id: bytes) -> TaskView:
        """Ask for a task to end; what is waiting or queued ends at once. Raises `NotFound`."""
        view = await self.find(caller, task_id)
        if not view.row.state.final:
            state = await self.store.request_cancel(view.row.seq, self.clock())
            if state is not None:
                self._tell(TaskState.CANCELLED, view.row.seq)
        return await self.find(caller, task_id)

    async def resolve(
        self, caller: Caller, task_id: bytes, outcome: str, upstream_ref: str | None = None
    ) -> TaskView:
        """Settle an `unknown` task by the operator's word.

        `outcome` is `accepted` (with `upstream_ref`), `not_accepted` or `give_up`. A failed task
        that turned up after all is `accepted` too. Raises `Forbidden`, `NotFound`, `InvalidValue`.
        """
        if not caller.operator:
            raise Forbidden(Text("Only an operator can resolve a task.", "只有管理员可以处置任务。"))
        view = await self.find(caller, task_id)
        if outcome == "accepted" and not upstream_ref:
            raise MissingValue(
                Text(
                    "upstream_ref is needed: what the upstream calls the task.",
                    "缺少 upstream_ref:上游的任务 ID。",
                ),
                field="upstream_ref",
            )
        if outcome == "accepted" and view.row.state is TaskState.FAILED:
            return await self.reopen(caller, task_id, upstream_ref or "")
        settled = resolution(outcome)
        if settled is None:
            raise InvalidValue(
                Text(
                    "outcome must be accepted, not_accepted or give_up.",
                    "outcome 只能是 accepted、not_accepted 或 give_up。",
                ),
                field="outcome",
            )
        if view.row.state is not TaskState.UNKNOWN:
            raise InvalidValue(
                Text(
                    f"Only unknown tasks can be resolved; this one is {view.row.state.word}.",
                    f"只能处置 unknown 状态的任务;当前为 {view.row.state.word}。",
                ),
                field="state",
            )
        await self._settle_unknown(view.row, settled, upstream_ref)
        return await self.find(caller, task_id)

    async def _settle_unknown(self, row: TaskRow, settled: Settled, upstream_ref: str | None) -> None:
        now = self.clock()
        if settled.event is Event.ACCEPTED:
            await self.store.bind([Binding(row.seq, row.attempt, upstream_ref or "", now, now)])
            self._tell(TaskState.RUNNING, row.seq)
            return
        change = change_for(row, settled, now)
        if row.seq in await self.store.apply([change]):
            self._tell(change.to, row.seq)

    async def reopen(self, caller: Caller, task_id: bytes, upstream_ref: str) -> TaskView:
        """Bring back a task given up as unknown or late: its result was found. Raises `NotFound`."""
        view = await self.find(caller, task_id)
        if not await self.store.reopen(view.row.seq, upstream_ref, self.clock()):
            raise InvalidValue(
                Text(
                    f"Only failed tasks with code {' or '.join(sorted(REOPENABLE))} can be found again.",
                    "只有以 outcome_unknown 或 deadline 失败的任务可以恢复。",
                ),
                field="state",
            )
        self._tell(TaskState.COLLECTING, view.row.seq)
        return await self.find(caller, task_id)


def created_note(draft: Draft, spec: GenerationSpec, choice: Choice, provider: Provider) -> str:
    """Return what the first line of a timeline says: the wire, the model, what was chosen or ignored."""
    note: dict[str, Any] = {"wire": draft.wire, "model": str(spec.model)}
    if choice.chosen:
        note["chosen"] = choice.chosen
    ignored = provider.ignored(spec, draft.preview_ignores)
    if ignored:
        note["ignored"] = ignored
    return encode_json(note)


def _refusals(look: Callable[[], object]) -> tuple[Finding, ...]:
    """Return what `look` raises as a finding."""
    try:
        look()
    except CallerError as refusal:
        return (refusal_finding(refusal),)
    return ()


def repeated(repeat: Repeat) -> Created:
    """Return the task of an equal create before. Raises `KeyReused` if it was not equal."""
    if not repeat.same_body:
        raise KeyReused(
            Text(
                "The idempotency key was used before with another body.",
                "该幂等键此前已用于不同的请求内容。",
            ),
            field="Idempotency-Key",
        )
    return Created(repeat.task_id, repeated=True)


def no_such_task() -> NotFound:
    """Return the error for a task that is not there, or not this caller's."""
    return NotFound(Text("The task does not exist.", "任务不存在。"), field="task_id")
