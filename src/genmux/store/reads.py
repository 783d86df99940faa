"""Looks tasks up and lists them; every function only reads."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_, select

from genmux.domain.states import TaskState
from genmux.engine.ports import ArtifactRow, TaskDetail, TaskFilter, TaskRow
from genmux.store import rows
from genmux.store.compiled import Batch, Db, Sql, Values, arg, given, number, sql
from genmux.store.schema import artifacts, attempts, events, task_inputs, task_specs, tasks

BY_ID: Final = sql(select(*rows.TASK).where(tasks.c.id == arg("wanted")), "wanted")
BY_SEQ: Final = sql(select(*rows.TASK).where(tasks.c.seq == arg("wanted")), "wanted")
_id, _seq, _task_seq = given("id"), given("seq"), given("task_seq")
BY_IDS: Final = Batch(_id, select(*rows.TASK).join_from(_id, tasks, tasks.c.id == _id.c.id))
BY_SEQS: Final = Batch(_seq, select(*rows.TASK).join_from(_seq, tasks, tasks.c.seq == _seq.c.seq))
ARTIFACTS_OF: Final = Batch(
    _task_seq,
    select(*rows.ARTIFACT).join_from(_task_seq, artifacts, artifacts.c.task_seq == _task_seq.c.task_seq),
)


def _of_tasks(of: Table, columns: Sequence[ColumnElement[Any]]) -> Batch:
    """Return the statement that reads a table's rows of many tasks, the task's seq first."""
    v = given("task_seq")
    return Batch(v, select(of.c.task_seq, *columns).join_from(v, of, of.c.task_seq == v.c.task_seq))


SPECS_OF: Final = _of_tasks(task_specs, (task_specs.c.spec, task_specs.c.extra))
INPUTS_OF: Final = _of_tasks(task_inputs, rows.INPUT)
ATTEMPTS_OF: Final = _of_tasks(attempts, rows.ATTEMPT)
EVENTS_OF: Final = _of_tasks(events, rows.EVENT)
AT_ONE_INSTANT: Final = Sql.spelt("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
_SPEC: Final = sql(select(task_specs.c.spec, task_specs.c.extra).where(task_specs.c.task_seq == arg("task")))
_INPUTS: Final = sql(
    select(*rows.INPUT).where(task_inputs.c.task_seq == arg("task")).order_by(task_inputs.c.n)
)
_ATTEMPTS: Final = sql(select(*rows.ATTEMPT).where(attempts.c.task_seq == arg("task")).order_by(attempts.c.n))
_ARTIFACTS: Final = sql(
    select(*rows.ARTIFACT)
    .where(artifacts.c.task_seq == arg("task"))
    .order_by(artifacts.c.n, artifacts.c.role != "result", artifacts.c.role)
)
_EVENTS: Final = sql(select(*rows.EVENT).where(events.c.task_seq == arg("task")).order_by(events.c.n))
_OUTCOMES: Final = sql(
    select(attempts.c.outcome)
    .where(attempts.c.task_seq == arg("task"), attempts.c.outcome.is_not(None))
    .order_by(attempts.c.n)
)
_COUNTS: Final = sql(select(tasks.c.state, func.count()).group_by(tasks.c.state))
_OF_FILE: Final = select(artifacts.c.task_seq).where(artifacts.c.file_id == arg("file"))
_AHEAD: Final = sql(
    select(func.count()).select_from(
        select(tasks.c.seq)
        .where(
            tasks.c.state == number(TaskState.QUEUED),
            tasks.c.lane == arg("lane"),
            or_(
                tasks.c.priority > arg("priority"),
                and_(tasks.c.priority == arg("priority"), tasks.c.seq < arg("seq")),
            ),
        )
        .limit(arg("most"))
        .subquery()
    )
)
COLLECT_GRACE_MS: Final = 3 * 24 * 3_600_000
"""A result that is made and paid for may be collected for so long after the deadline."""
_awaits_a_task = exists().where(
    task_inputs.c.task_seq == tasks.c.seq,
    task_inputs.c.from_task.is_not(None),
    task_inputs.c.sha256.is_(None),
)
"""A task whose time has not begun: what it waits for ends by a deadline of its own."""
OVERDUE: Final = sql(
    select(*rows.TASK)
    .where(
        tasks.c.state < number(TaskState.SUCCEEDED),
        tasks.c.finished_at.is_(None),
        tasks.c.deadline_at <= arg("now"),
        or_(tasks.c.state != number(TaskState.COLLECTING), tasks.c.deadline_at <= arg("late")),
        or_(tasks.c.state != number(TaskState.WAITING), ~_awaits_a_task),
    )
    .order_by(tasks.c.deadline_at)
    .limit(arg("most"))
)


def get(db: Db, task_id: bytes) -> TaskRow | None:
    """Return the hot row of a task by its id."""
    row = db.execute(BY_ID, (task_id,)).fetchone()
    return None if row is None else rows.task(row)


def get_seq(db: Db, seq: int) -> TaskRow | None:
    """Return the hot row of a task by its seq."""
    row = db.execute(BY_SEQ, (seq,)).fetchone()
    return None if row is None else rows.task(row)


def made(db: Db, seq: int) -> tuple[ArtifactRow, ...]:
    """Return a task's artifacts by number, the result before any other role."""
    return tuple(rows.artifact(row) for row in db.execute(_ARTIFACTS, {"task": seq}).fetchall())


def get_many(db: Db, ids: Sequence[bytes]) -> dict[bytes, TaskRow]:
    """Return the hot rows of the tasks of these ids, by id."""
    return {row[1]: rows.task(row) for row in BY_IDS.run(db, [(task_id,) for task_id in ids])}


def get_seqs(db: Db, seqs: Sequence[int]) -> dict[int, TaskRow]:
    """Return the hot rows of the tasks of these seqs, by seq."""
    return {row[0]: rows.task(row) for row in BY_SEQS.run(db, [(seq,) for seq in seqs])}


def made_many(db: Db, seqs: Sequence[int]) -> dict[int, tuple[ArtifactRow, ...]]:
    """Return the artifacts of these tasks by seq, each as `made` orders them."""
    found: dict[int, list[ArtifactRow]] = {seq: [] for seq in seqs}
    for row in ARTIFACTS_OF.run(db, [(seq,) for seq in seqs]):
        made = rows.artifact(row)
        found[made.task_seq].append(made)
    return {seq: tuple(sorted(of, key=_place)) for seq, of in found.items()}


def _place(made: ArtifactRow) -> tuple[int, bool, str]:
    return (made.n, made.role != "result", made.role)


@contextmanager
def _one_instant(db: Db) -> Iterator[None]:
    db.execute(AT_ONE_INSTANT)
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def detail(db: Db, task_id: bytes) -> TaskDetail | None:
    """Return a task with everything of it, as it was at one instant."""
    with _one_instant(db):
        task = get(db, task_id)
        return None if task is None else _with_parts(db, task)


def _with_parts(db: Db, task: TaskRow) -> TaskDetail:
    wanted = {"task": task.seq}
    spec, extra = db.execute(_SPEC, wanted).fetchone()
    return TaskDetail(
        task=task,
        spec=spec,
        extra=extra,
        inputs=tuple(map(rows.entry, db.execute(_INPUTS, wanted).fetchall())),
        attempts=tuple(map(rows.attempt, db.execute(_ATTEMPTS, wanted).fetchall())),
        artifacts=made(db, task.seq),
        events=tuple(map(rows.event, db.execute(_EVENTS, wanted).fetchall())),
    )


def details(db: Db, ids: Sequence[bytes]) -> dict[bytes, TaskDetail]:
    """Return the tasks of these ids with everything of them, by id, as they were at one instant."""
    with _one_instant(db):
        return _with_all_parts(db, get_many(db, ids))


def _with_all_parts(db: Db, found: Mapping[bytes, TaskRow]) -> dict[bytes, TaskDetail]:
    seqs = [task.seq for task in found.values()]
    if not seqs:
        return {}
    specs, inputs, attempted, told = (
        _by_task(db, of, seqs) for of in (SPECS_OF, INPUTS_OF, ATTEMPTS_OF, EVENTS_OF)
    )
    media = made_many(db, seqs)
    return {
        task_id: TaskDetail(
            task=task,
            spec=specs[task.seq][0][0],
            extra=specs[task.seq][0][1],
            inputs=tuple(map(rows.entry, inputs[task.seq])),
            attempts=tuple(map(rows.attempt, attempted[task.seq])),
            artifacts=media[task.seq],
            events=tuple(map(rows.event, told[task.seq])),
        )
        for task_id, task in found.items()
    }


def _by_task(db: Db, statement: Batch, seqs: Sequence[int]) -> dict[int, list[Values]]:
    """Return the rows of every task, by seq, in the order of their first column."""
    found: dict[int, list[Values]] = {seq: [] for seq in seqs}
    for seq, *values in statement.run(db, [(seq,) for seq in seqs]):
        found[seq].append(tuple(values))
    for values_of in found.values():
        values_of.sort(key=_number_of)
    return found


def _number_of(values: Values) -> Any:
    return values[0]


def list_tasks(db: Db, wanted: TaskFilter) -> tuple[TaskRow, ...]:
    """Return the tasks that match, one page beyond the cursor."""
    found = db.execute(_listing(wanted), _listed(wanted)).fetchall()
    return tuple(map(rows.task, found))


_listings: Final[dict[Hashable, Sql]] = {}
"""Statements of listings by what they ask for: a few combinations are used, and compiling takes long."""

MOST_LISTINGS: Final = 256


def _listing(wanted: TaskFilter) -> Sql:
    shape = (
        *(wanted.ascending, wanted.sort, wanted.states),
        *(value is None for value in _listed(wanted).values()),
    )
    found = _listings.get(shape)
    if found is None:
        found = _compiled_listing(wanted)
        if len(_listings) >= MOST_LISTINGS:
            _listings.clear()  # other threads may compile one again: the text is the same
        if len(wanted.states) <= len(TaskState):
            _listings[shape] = found
    return found


def _compiled_listing(wanted: TaskFilter) -> Sql:
    seq = tasks.c.seq.asc() if wanted.ascending else tasks.c.seq.desc()
    query = select(*rows.TASK).where(*_conditions(wanted)).limit(arg("most"))
    if wanted.sort == "finished":
        finished = tasks.c.finished_at.asc() if wanted.ascending else tasks.c.finished_at.desc()
        return sql(query.where(tasks.c.finished_at.is_not(None)).order_by(finished, seq))
    return sql(query.order_by(seq))


def _conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    pairs: list[tuple[Any, ColumnElement[bool]]] = [
        (wanted.tenant_id, tasks.c.tenant_id == arg("tenant")),
        (wanted.kind, tasks.c.kind == arg("of_kind")),
        (wanted.states or None, tasks.c.state.in_([number(state) for state in wanted.states])),
        (wanted.sub_app_id, tasks.c.sub_app_id == arg("sub_app")),
        (wanted.file_id, tasks.c.seq.in_(_OF_FILE)),
        (wanted.created_after, tasks.c.created_at >= arg("created_after")),
        (wanted.created_before, tasks.c.created_at <= arg("created_before")),
        (wanted.finished_after, tasks.c.finished_at >= arg("finished_after")),
        (wanted.finished_before, tasks.c.finished_at <= arg("finished_before")),
        (wanted.before_seq, _beyond(wanted)),
    ]
    return [condition for value, condition in pairs if value is not None]


def _beyond(wanted: TaskFilter) -> ColumnElement[bool]:
    """Return what holds of every task beyond the cursor, in the order of the listing."""
    seq: ColumnElement[bool] = (
        tasks.c.seq > arg("before") if wanted.ascending else tasks.c.seq < arg("before")
    )
    if wanted.sort != "finished":
        return seq
    at, time = tasks.c.finished_at, arg("before_time")
    return or_(at > time if wanted.ascending else at < time, and_(at == time, seq))


def _listed(wanted: TaskFilter) -> dict[str, Any]:
    return {
        "tenant": wanted.tenant_id,
        "of_kind": wanted.kind,
        "sub_app": wanted.sub_app_id,
        "file": wanted.file_id,
        "created_after": wanted.created_after,
        "created_before": wanted.created_before,
        "finished_after": wanted.finished_after,
        "finished_before": wanted.finished_before,
        "before": wanted.before_seq,
        "before_time": wanted.before_time,
        "most": wanted.limit,
    }


def queue_position(db: Db, row: TaskRow, most: int) -> int:
    """Return how many queued tasks of the same lane come before this one, at most `most`."""
    wanted = {"lane": row.lane, "priority": row.priority, "seq": row.seq, "most": most}
    return int(db.execute(_AHEAD, wanted).fetchone()[0])


def counts(db: Db) -> dict[TaskState, int]:
    """Return how many tasks are in each state; every state is named."""
    found = dict.fromkeys(TaskState, 0)
    found.update({TaskState(state): n for state, n in db.execute(_COUNTS).fetchall()})
    return found


def overdue(db: Db, now: int, limit: int) -> tuple[TaskRow, ...]:
    """Return unfinished tasks past their deadline, the longest overdue first."""
    wanted = {"now": now, "late": now - COLLECT_GRACE_MS, "most": limit}
    found = db.execute(OVERDUE, wanted).fetchall()
    return tuple(map(rows.task, found))


def attempt_outcomes(db: Db, seq: int) -> tuple[str, ...]:
    """Return the outcomes of a task's attempts so far, oldest first."""
    return tuple(row[0] for row in db.execute(_OUTCOMES, {"task": seq}).fetchall())
