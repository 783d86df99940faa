"""What the end of a task sets off: its messages, and what becomes of tasks that wait for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, TypeAlias

from sqlalchemy import and_, exists, or_, select, update

from genmux.domain.results import TaskResult, render_result
from genmux.domain.spec import TaskError, decode_error, encode_json
from genmux.domain.states import Event, TaskState
from genmux.domain.text import Text
from genmux.engine.ports import NewEvent
from genmux.store import events, media, outbox
from genmux.store.compiled import Batch, Db, arg, given, number, sql
from genmux.store.holds import hold
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
_r = given("seq", "now")
_QUEUE: Final = Batch(
    _r,
    update(tasks)
    .values(
        state=number(TaskState.QUEUED),
        revision=tasks.c.revision + 1,
        due_at=_r.c.now,
        deadline_at=tasks.c.deadline_at + _r.c.now - tasks.c.created_at,
        worker_id=None,
    )
    .where(tasks.c.seq == _r.c.seq, tasks.c.state == number(TaskState.WAITING), ~_any_open)
    .returning(tasks.c.seq),
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
_p = given("id")
# Held until the new tasks are committed: a producer that ends meanwhile waits, and sees who waits for it.
HOLD_PRODUCERS: Final = Batch(
    _p,
    select(tasks.c.id, tasks.c.seq, tasks.c.state)
    .where(tasks.c.id.in_(select(_p.c.id).where(_p.c.id.is_not(None))))
    .order_by(tasks.c.seq)
    .with_for_update(read=True, of=tasks),
)
_Ended: TypeAlias = tuple[int, bytes, TaskState]


def needed(db: Db, ids: Iterable[bytes]) -> set[bytes]:
    """Return which of these tasks other tasks still wait for."""
    return {row[0] for row in NEEDED.run(db, [(task_id,) for task_id in ids])}


def settle(db: Db, ended: Sequence[_Ended], now: int) -> None:
    """Wake or fail everything that waits for tasks (seq, id, final state) that just ended.

    The messages of all that ended are written too, so every path that ends a task comes by here.
    """
    awaited = needed(db, [task_id for _, task_id, _ in ended])
    over = _settle(db, [one for one in ended if one[1] in awaited], now) if awaited else []
    outbox.add(db, [*(seq for seq, _, _ in ended), *over])


def settle_new(db: Db, waiting: Sequence[tuple[int, Collection[bytes]]], now: int) -> None:
    """Wake or fail tasks (seq, producers) just created whose producers ended before they were written.

    Without this a producer that ends between the caller's look and the create is never heard of.
    """
    wanted = sorted({producer for _, producers in waiting for producer in producers})
    found = {row[0]: (row[1], TaskState(row[2])) for row in HOLD_PRODUCERS.run(db, [(p,) for p in wanted])}
    over: list[int] = []
    for seq, producers in waiting:
        for missing in sorted(set(producers) - set(found)):
            over += _fail(db, seq, missing, _reason(db, missing), now)
    ended = [(seq, task_id, state) for task_id, (seq, state) in found.items() if state.final]
    over += _settle(db, ended, now)
    outbox.add(db, over)


def queue_ready(db: Db, seqs: Collection[int], now: int) -> set[int]:
    """Queue those of the waiting tasks whose inputs are all frozen; return which moved.

    The time they waited is given back to their deadlines. Whoever freezes the last input of a task sees
    the others frozen: each waits here for those that came before.
    """
    hold(db, seqs)
    moved = {row[0] for row in _QUEUE.run(db, [(seq, now) for seq in sorted(seqs)])}
    events.append(db, [(seq, NewEvent(Event.INPUTS_READY.value, now)) for seq in sorted(moved)])
    return moved


def _settle(db: Db, ended: Sequence[_Ended], now: int) -> list[int]:
    """Wake or fail what waits for tasks that have ended; return the seqs that failed."""
    made = [(seq, task_id) for seq, task_id, state in ended if state is TaskState.SUCCEEDED]
    ready = {dependant for seq, task_id in made for dependant in _freeze(db, seq, task_id)}
    if ready:
        queue_ready(db, ready, now)
    waiting = [
        (row[0], task_id)
        for _, task_id, _ in ended
        for row in db.execute(WAITING_ON, {"made_by": task_id}).fetchall()
    ]
    hold(db, [dependant for dependant, _ in waiting])
    reasons = {task_id: _reason(db, task_id) for _, task_id in waiting}
    return [
        failed
        for dependant, task_id in waiting
        for failed in _fail(db, dependant, task_id, reasons[task_id], now)
    ]


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
    media.naming(db)
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
