"""The façade that dialects talk to: create, find, list, cancel, resolve."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace as replace_record
from typing import Final

import msgspec

from genmux.domain.catalog import Catalogue
from genmux.domain.errors import (
    Forbidden,
    InvalidValue,
    KeyReused,
    MissingValue,
    NotFound,
    Unavailable,
)
from genmux.domain.spec import Kind, Step
from genmux.domain.states import REOPENABLE, Event, TaskState
from genmux.domain.steps import model_of
from genmux.domain.text import Text
from genmux.engine.admission import Admission
from genmux.engine.admission import Draft as Draft
from genmux.engine.admission import ServiceRules as ServiceRules
from genmux.engine.caller import Caller as Caller
from genmux.engine.channels import Router, model_path, parse_lane
from genmux.engine.checking import Checker, CheckResult
from genmux.engine.counts import TaskCounts
from genmux.engine.creating import Creator, row_of
from genmux.engine.extending import parts_of
from genmux.engine.inputs import InputDesk, facts_json
from genmux.engine.outcomes import Settled, change_for, resolution
from genmux.engine.ports import (
    ArtifactRow,
    Binding,
    Clock,
    MediaFacts,
    MediaStore,
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

FINAL_CACHE_SIZE: Final = 10_000
LONGEST_QUEUE: Final = 10_000
JOINED: Final = model_path(Kind.VIDEO, model_of(Step.CONCATENATE))
"""The queue of the only tasks that may have parts."""
UPLOAD_MS: Final = 24 * 3_600_000
LONGEST_NAP_SECONDS: Final = 0.5
"""Progress is not announced, only moves are: a waiter looks this often by itself."""


class TaskView(msgspec.Struct, frozen=True):
    """A task as wires render it: the hot row, and its artifacts once there are any."""

    row: TaskRow
    artifacts: tuple[ArtifactRow, ...] = ()


class Created(msgspec.Struct, frozen=True):
    """The task a create made, or the one an earlier equal create made.

    `written` and its `seq` are there for one that was made now.
    """

    task_id: bytes
    repeated: bool = False
    written: NewTask | None = None
    seq: int = 0

    @property
    def view(self) -> TaskView | None:
        """The task as it was written; None where the store alone knows: repeated, or waiting for others."""
        if self.written is None or self.written.state is not TaskState.QUEUED:
            return None
        return TaskView(row_of(self.written, self.seq))


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
        self._creator = Creator(Admission(catalogue, router, inputs, media, staging, rules), inputs, clock)
        self._checker = Checker(self._creator)
        self._finals: OrderedDict[bytes, TaskView] = OrderedDict()
        self._watch = Watch()
        self.counts = TaskCounts(store.counts)
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
        """Accept a task: it is on disk when this returns. Raises `CallerError` and makes nothing.

        The parts of an `extend` are on disk with it, or not at all.
        """
        self._refuse_while_draining()
        before = await self._made_before(caller, draft)
        if before is not None:
            return before
        *parts, task = await self._creator.tasks(caller, draft)
        stored = await self.store.create(task, parts)
        if isinstance(stored, Repeat):
            return repeated(stored)
        for seq, written in enumerate((*parts, task), stored - len(parts)):
            self._tell(written.state, seq)
        return Created(task.id, written=task, seq=stored)

    async def check(self, caller: Caller, draft: Draft) -> CheckResult:
        """Return everything that a create would refuse, and what it would make; nothing is kept.

        What an `extend` would make is its generation. A reference to `domain.results.TO_COME` is right.
        """
        return await self._checker.check(caller, draft)

    async def upload(self, caller: Caller, data: bytes) -> UploadRow:
        """Keep a picture for the caller's tenant, usable as a source for a day. Raises `InvalidInput`."""
        self._refuse_while_draining()
        return await self._keep_upload(caller, *await self.inputs.freeze(data))

    async def upload_film(self, caller: Caller, blocks: AsyncIterator[bytes]) -> UploadRow:
        """Keep a film as `upload` keeps a picture; it is never whole in memory. Raises `InvalidInput`."""
        self._refuse_while_draining()
        return await self._keep_upload(caller, *await self.inputs.freeze_film(blocks))

    async def _keep_upload(self, caller: Caller, facts: MediaFacts, key: str) -> UploadRow:
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

    def wake_all(self) -> None:
        """Wake whoever waits for any task: nobody knows what was missed."""
        self._watch.wake_all()

    # ------------------------------------------------------------ act

    async def cancel(self, caller: Caller, task_id: bytes) -> TaskView:
        """Ask for a task to end; what is waiting or queued ends at once. Raises `NotFound`.

        The parts of an `extend` exist only for it and are asked to end with it, what waits before
        what it waits for: a task fails when its input ends first.
        """
        view = await self.find(caller, task_id)
        for row in (view.row, *await self._parts(view.row)):
            await self._cancel(row)
        return await self.find(caller, task_id)

    async def _cancel(self, row: TaskRow) -> None:
        if not row.state.final:
            state = await self.store.request_cancel(row.seq, self.clock())
            if state is not None:
                self._tell(TaskState.CANCELLED, row.seq)

    async def _parts(self, row: TaskRow) -> tuple[TaskRow, ...]:
        if row.state.final or parse_lane(row.lane).path != JOINED:
            return ()
        detail = await self.store.detail(row.id)
        found = [await self.store.get(part) for part in (parts_of(detail) if detail is not None else ())]
        return tuple(part for part in found if part is not None)

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
