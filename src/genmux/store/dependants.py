"""What the end of a task sets off: its messages, and what becomes of tasks that wait for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from sqlalchemy import and_, exists, or_, select, update

from genmux.domain.results import TaskResult, render_result
from genmux.domain.spec import TaskError, decode_error, encode_json
from genmux.domain.states import Event, TaskState
from genmux.domain.text import Text
from genmux.engine.ports import NewEvent
from genmux.store import events, outbox
from genmux.store.compiled import Batch, Db, arg, given, number, shared, sql
from genmux.store.schema import artifacts, task_inputs, tasks

_WHY: Final = {
    None: Text("there is no such task", "该任务不存在"),
    TaskState.SUCCEEDED: Text("that task has no such result", "该任务没有这个结果"),
    TaskState.CANCELLED: Text("that task was cancelled", "该任务已取消"),
}
"""Why the result of a task cannot be had, by how the task ended; of a failed one its error says it."""

_open = and_(task_inputs.c.sha256.is_(None), task_inputs.c.from_task.is_not(None))

_v = given("id")
NEEDED: Final = Batch(
    _v, select(task_inputs.c.from_task).distinct().where(_open, task_inputs.c.from_task == _v.c.id)
)
_made = (
    select(artifacts)
    .where(
        artifacts.c.task_seq == arg("producer"),
        artifacts.c.role == "result",
        or_(task_inputs.c.from_n.is_(None), artifacts.c.n == task_inputs.c.from_n),
        artifacts.c.media_key.is_not(None),
    )
    .order_by(artifacts.c.n)
    .limit(1)
    .correlate(task_inputs)
)
_FREEZE: Final = sql(
    update(task_inputs)
    .values(
        sha256=_made.with_only_columns(artifacts.c.sha256).scalar_subquery(),
        media_key=_made.with_only_columns(artifacts.c.media_key).scalar_subquery(),
        probe=_made.with_only_columns(artifacts.c.probe).scalar_subquery(),
    )
    .where(_open, task_inputs.c.from_task == arg("made_by"))
    .returning(task_inputs.c.task_seq, task_inputs.c.sha256)
)
_any_open = exists().where(task_inputs.c.task_seq == tasks.c.seq, task_inputs.c.sha256.is_(None))
_QUEUE: Final = sql(
    update(tasks)
    .values(
        state=number(TaskState.QUEUED),
        revision=tasks.c.revision + 1,
        due_at=arg("now"),
        deadline_at=tasks.c.deadline_at + arg("now") - tasks.c.created_at,
        worker_id=None,
    )
    .where(tasks.c.seq == arg("task"), tasks.c.state == number(TaskState.WAITING), ~_any_open)
    .returning(tasks.c.seq)
)
WAITING_ON: Final = sql(
    select(task_inputs.c.task_seq).distinct().where(_open, task_inputs.c.from_task == arg("made_by"))
)
_FAIL: Final = sql(
    update(tasks)
    .values(
        state=number(TaskState.FAILED),
        revision=tasks.c.revision + 1,
        error=arg("reason"),
        due_at=None,
        worker_id=None,
        finished_at=arg("now"),
    )
    .where(tasks.c.seq == arg("task"), tasks.c.state == number(TaskState.WAITING))
    .returning(tasks.c.id)
)
_MARK: Final = sql(
    update(task_inputs)
    .values(error=arg("reason"))
    .where(_open, task_inputs.c.task_seq == arg("task"), task_inputs.c.from_task == arg("made_by"))
)
_producer = select(tasks.c.seq, tasks.c.state, tasks.c.error).where(tasks.c.id == arg("made_by"))
_PRODUCER: Final = sql(_producer)
# Held until the new task is committed: a producer that ends meanwhile waits, and then sees who waits for it.
_HOLD_PRODUCER: Final = sql(_producer.with_for_update(read=True))
# Whoever freezes the last input sees the others frozen: each waits here for those that came before.
_HOLD: Final = sql(select(tasks.c.seq).where(tasks.c.seq == arg("task")).with_for_update())


def needed(db: Db, ids: Iterable[bytes]) -> set[bytes]:
    """Return which of these tasks other tasks still wait for."""
    return {row[0] for row in NEEDED.run(db, [(task_id,) for task_id in ids])}


def settle(db: Db, ended: Sequence[tuple[int, bytes, TaskState]], now: int) -> None:
    """Wake or fail everything that waits for tasks (seq, id, final state) that just ended.

    The messages of all that ended are written too, so every path that ends a task comes by here.
    """
    awaited = needed(db, [task_id for _, task_id, _ in ended])
    over = [seq for seq, _, _ in ended]
    for seq, task_id, state in ended:
        if task_id in awaited:
            over += _settle(db, seq, task_id, state, now)
    outbox.add(db, over)


def settle_new(db: Db, seq: int, producers: Collection[bytes], now: int) -> None:
    """Wake or fail a task just created whose producers ended before it was written.

    Without this a producer that ends between the caller's look and the create is never heard of.
    """
    over: list[int] = []
    for task_id in sorted(producers):
        row = db.execute(_HOLD_PRODUCER, {"made_by": task_id}).fetchone()
        if row is None:
            over += _fail(db, seq, task_id, _reason(db, task_id), now)
        elif TaskState(row[1]).final:
            over += _settle(db, row[0], task_id, TaskState(row[1]), now)
    outbox.add(db, over)


def queue_if_ready(db: Db, seq: int, now: int) -> bool:
    """Queue a waiting task whose inputs are all frozen; return True when it moved.

    The time it waited is given back to its deadline.
    """
    if shared(db):
        db.execute(_HOLD, {"task": seq})
    moved = db.execute(_QUEUE, {"task": seq, "now": now}).fetchall()
    if moved:
        events.append(db, [(seq, NewEvent(Event.INPUTS_READY.value, now))])
    return bool(moved)


def _settle(db: Db, seq: int, task_id: bytes, state: TaskState, now: int) -> list[int]:
    """Wake or fail what waits for one ended task; return the seqs that failed."""
    failed: list[int] = []
    if state is TaskState.SUCCEEDED:
        for dependant in sorted(_freeze(db, seq, task_id)):
            queue_if_ready(db, dependant, now)
    waiting = db.execute(WAITING_ON, {"made_by": task_id}).fetchall()
    reason = _reason(db, task_id) if waiting else ""
    for (dependant,) in waiting:
        failed += _fail(db, dependant, task_id, reason, now)
    return failed


def _reason(db: Db, task_id: bytes) -> str:
    """Return the error of whatever needs the result of a task that has none, as it is stored."""
    row = db.execute(_PRODUCER, {"made_by": task_id}).fetchone()
    why = _WHY.get(TaskState(row[1]) if row else None) or _failure(decode_error(row[2]))
    source = render_result(TaskResult(task_id))
    return encode_json(
        TaskError(
            code="input_failed",
            message=f"The input {source} cannot be had: {why.en}.",
            message_zh=f"无法取得输入 {source}：{why.zh}。",
        )
    )


def _failure(error: TaskError) -> Text:
    said, said_zh = error.message.rstrip("."), (error.message_zh or error.message).rstrip(".。")
    return Text(f"that task failed with {error.code}: {said}", f"该任务失败（{error.code}）：{said_zh}")


def _freeze(db: Db, seq: int, task_id: bytes) -> set[int]:
    rows = db.execute(_FREEZE, {"producer": seq, "made_by": task_id}).fetchall()
    return {dependant for dependant, sha256 in rows if sha256 is not None}


def _fail(db: Db, first: int, producer: bytes, reason: str, now: int) -> list[int]:
    """Fail one waiting task for want of `producer`, and whatever waits for it in turn; return their seqs.

    All of them are told the one reason, which names the task that broke the chain.
    """
    failing = [(first, producer)]
    failed: list[int] = []
    while failing:
        seq, cause = failing.pop()
        db.execute(_MARK, {"task": seq, "made_by": cause, "reason": reason})
        for (task_id,) in db.execute(_FAIL, {"task": seq, "reason": reason, "now": now}).fetchall():
            events.append(db, [(seq, NewEvent(Event.INPUT_FAILED.value, now))])
            waiting = db.execute(WAITING_ON, {"made_by": task_id}).fetchall()
            failing += [(dependant, task_id) for (dependant,) in waiting]
            failed.append(seq)
    return failed
