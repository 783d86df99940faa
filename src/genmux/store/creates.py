"""Inserts new tasks: one statement per table for all creates of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from sqlalchemy import Table, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.domain.states import TaskState
from genmux.engine.ports import IdempotencyClaim, NewInput, NewTask, Repeat
from genmux.store import dependants
from genmux.store.compiled import Batch, Db, Values, arg, given, sql
from genmux.store.schema import events, idempotency, task_inputs, task_specs, tasks

Key: TypeAlias = tuple[int, str, str]
Group: TypeAlias = Sequence[NewTask]

# "INSERT … SELECT … FROM v WHERE first column IS NOT NULL": the padding of a batch is left out


def _insert(into: Table, *columns: str) -> Batch:
    v = given(*columns)
    return Batch(v, insert(into).from_select(list(columns), select(*v.c).where(v.c[columns[0]].is_not(None))))


_TASK_COLUMNS: Final = (
    *("seq", "id", "tenant_id", "key_id", "wire", "sub_app_id", "kind", "lane"),
    *("state", "priority", "due_at", "deadline_at", "created_at"),
)
_INPUT_COLUMNS: Final = (
    *("task_seq", "n", "role", "source", "url", "from_task", "from_n", "sha256", "media_key", "probe"),
)
_TASKS: Final = _insert(tasks, *_TASK_COLUMNS)
_SPECS: Final = _insert(task_specs, "task_seq", "spec", "extra")
_INPUTS: Final = _insert(task_inputs, *_INPUT_COLUMNS)
_EVENTS: Final = _insert(events, "task_seq", "n", "at", "kind", "data")

_k = idempotency.c
_v = given("tenant_id", "scope", "key", "body_sha256", "task_id", "expires_at", "now")
_reserve = upsert(idempotency).from_select(
    ["tenant_id", "scope", "key", "body_sha256", "task_id", "expires_at"],
    select(*list(_v.c)[:6]).where(_v.c.tenant_id.is_not(None)),
)
_now = select(func.min(_v.c.now)).scalar_subquery()
_RESERVE: Final = Batch(
    _v,
    _reserve.on_conflict_do_update(
        index_elements=[_k.tenant_id, _k.scope, _k.key],
        set_={name: _reserve.excluded[name] for name in ("body_sha256", "task_id", "expires_at")},
        where=_k.expires_at <= _now,
    ).returning(_k.tenant_id, _k.scope, _k.key),
)
_FIND: Final = sql(
    select(_k.task_id, _k.body_sha256, _k.expires_at).where(
        _k.tenant_id == arg("tenant"), _k.scope == arg("in_scope"), _k.key == arg("named")
    )
)
Numbers: TypeAlias = Callable[[Db, int], Sequence[int]]
"""Gives so many new seqs, in their order."""


class Creates:
    """Numbers new tasks and writes them; belongs to the one writer of a process."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def write(self, db: Db, new: Sequence[Group]) -> list[int | Repeat]:
        """Insert all tasks whose idempotency keys are free; return a seq or a repeat for each, in order.

        A task comes last in its group, after the parts of it, which are left out when it is repeated.
        """
        repeats = _reserve_keys(db, [group[-1] for group in new])
        wanted = sum(len(group) for place, group in enumerate(new) if place not in repeats)
        seqs = iter(self._numbers(db, wanted) if wanted else ())
        results: list[int | Repeat] = []
        fresh: list[tuple[int, NewTask]] = []
        for place, group in enumerate(new):
            repeat = repeats.get(place)
            if repeat is None:
                fresh += zip(islice(seqs, len(group)), group, strict=True)
            results.append(fresh[-1][0] if repeat is None else repeat)
        if fresh:
            _insert_all(db, fresh)
        return results


def find_repeat(db: Db, tenant_id: int, claim: IdempotencyClaim, now: int) -> Repeat | None:
    """Return what a create with this key would repeat now, None if the key is free."""
    row = _find(db, (tenant_id, claim.scope, claim.key))
    if row is None or row[2] <= now:
        return None
    return Repeat(row[0], row[1] == claim.body_sha256)


def _find(db: Db, key: Key) -> Values | None:
    tenant, scope, name = key
    row: Values | None = db.execute(_FIND, {"tenant": tenant, "in_scope": scope, "named": name}).fetchone()
    return row


def _reserve_keys(db: Db, new: Sequence[NewTask]) -> dict[int, Repeat]:
    """Take every free key for the first task that asks for it; return the repeats by place in `new`."""
    askers: dict[Key, list[int]] = {}
    for place, task in enumerate(new):
        if task.idempotency is not None:
            askers.setdefault((task.tenant_id, task.idempotency.scope, task.idempotency.key), []).append(
                place
            )
    if not askers:
        return {}
    rows = [_reservation(key, new[places[0]]) for key, places in sorted(askers.items())]
    taken = set(_RESERVE.run(db, rows))
    repeats: dict[int, Repeat] = {}
    for key, places in askers.items():
        losers = places[1:] if key in taken else places
        if losers:
            repeats.update(_repeats(db, key, [(place, new[place]) for place in losers]))
    return repeats


def _reservation(key: Key, task: NewTask) -> Values:
    claim = task.idempotency
    assert claim is not None
    return (*key, claim.body_sha256, task.id, claim.expires_at, task.created_at)


def _repeats(db: Db, key: Key, losers: list[tuple[int, NewTask]]) -> dict[int, Repeat]:
    row = _find(db, key)
    assert row is not None
    return {
        place: Repeat(row[0], task.idempotency is not None and row[1] == task.idempotency.body_sha256)
        for place, task in losers
    }


def _insert_all(db: Db, fresh: list[tuple[int, NewTask]]) -> None:
    _TASKS.run(db, [_task_values(seq, task) for seq, task in fresh])
    _SPECS.run(db, [(seq, task.spec, task.extra) for seq, task in fresh])
    inputs = [_input_values(seq, entry) for seq, task in fresh for entry in task.inputs]
    if inputs:
        _INPUTS.run(db, inputs)
    lines = [(seq, n, e.at, e.kind, e.data) for seq, task in fresh for n, e in enumerate(task.events, 1)]
    if lines:
        _EVENTS.run(db, lines)
    for seq, task in fresh:
        if task.state is TaskState.WAITING:
            producers = {i.from_task for i in task.inputs if i.from_task is not None and i.sha256 is None}
            dependants.settle_new(db, seq, producers, task.created_at)


def _task_values(seq: int, task: NewTask) -> Values:
    return (
        *(seq, task.id, task.tenant_id, task.key_id, task.wire, task.sub_app_id, task.kind, task.lane),
        *(int(task.state), task.priority, _due_at(task), task.deadline_at, task.created_at),
    )


def _due_at(task: NewTask) -> int | None:
    """Return when somebody must look: at once, unless only other tasks can give what is missing."""
    if task.state is TaskState.QUEUED or any(_fetched(entry) for entry in task.inputs):
        return task.created_at
    return None


def _fetched(entry: NewInput) -> bool:
    return entry.sha256 is None and entry.from_task is None


def _input_values(seq: int, entry: NewInput) -> tuple[Any, ...]:
    return (
        *(seq, entry.n, entry.role, entry.source, entry.url, entry.from_task, entry.from_n),
        *(entry.sha256, entry.media_key, entry.probe),
    )
