"""Looks tasks up and lists them; every function only reads."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, select

from genmux.domain.states import TaskState
from genmux.engine.ports import ArtifactRow, TaskDetail, TaskFilter, TaskRow
from genmux.store import rows
from genmux.store.compiled import Db, arg, number, sql
from genmux.store.schema import artifacts, attempts, events, task_inputs, task_specs, tasks

BY_ID: Final = sql(select(*rows.TASK).where(tasks.c.id == arg("wanted"))).replace(":wanted", "?")
BY_SEQ: Final = sql(select(*rows.TASK).where(tasks.c.seq == arg("wanted"))).replace(":wanted", "?")
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
OVERDUE: Final = sql(
    select(*rows.TASK)
    .where(tasks.c.state < number(TaskState.SUCCEEDED), tasks.c.deadline_at <= arg("now"))
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


def detail(db: Db, task_id: bytes) -> TaskDetail | None:
    """Return a task with everything of it, as it was at one instant."""
    db.execute("BEGIN")
    try:
        task = get(db, task_id)
        return None if task is None else _with_parts(db, task)
    finally:
        db.execute("COMMIT")


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


def list_tasks(db: Db, wanted: TaskFilter) -> tuple[TaskRow, ...]:
    """Return the newest tasks that match, below the cursor."""
    found = db.execute(_listing(wanted), _listed(wanted)).fetchall()
    return tuple(map(rows.task, found))


def _listing(wanted: TaskFilter) -> str:
    query = select(*rows.TASK).order_by(tasks.c.seq.desc()).limit(arg("most"))
    if wanted.tenant_id is not None:
        query = query.where(tasks.c.tenant_id == arg("tenant"))
    if wanted.kind is not None:
        query = query.where(tasks.c.kind == arg("of_kind"))
    if wanted.states:
        query = query.where(tasks.c.state.in_([number(state) for state in wanted.states]))
    if wanted.before_seq is not None:
        query = query.where(tasks.c.seq < arg("before"))
    return sql(query)


def _listed(wanted: TaskFilter) -> dict[str, Any]:
    return {
        "tenant": wanted.tenant_id,
        "of_kind": wanted.kind,
        "before": wanted.before_seq,
        "most": wanted.limit,
    }


def counts(db: Db) -> dict[TaskState, int]:
    """Return how many tasks are in each state; every state is named."""
    found = dict.fromkeys(TaskState, 0)
    found.update({TaskState(state): n for state, n in db.execute(_COUNTS).fetchall()})
    return found


def overdue(db: Db, now: int, limit: int) -> tuple[TaskRow, ...]:
    """Return unfinished tasks past their deadline, the longest overdue first."""
    found = db.execute(OVERDUE, {"now": now, "most": limit}).fetchall()
    return tuple(map(rows.task, found))


def attempt_outcomes(db: Db, seq: int) -> tuple[str, ...]:
    """Return the outcomes of a task's attempts so far, oldest first."""
    return tuple(row[0] for row in db.execute(_OUTCOMES, {"task": seq}).fetchall())
