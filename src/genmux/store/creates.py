"""Inserts new tasks: one statement per table for all creates of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Table, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from genmux.domain.states import TaskState
from genmux.engine.ports import IdempotencyClaim, NewInput, NewTask, Repeat
from genmux.store import dependants, media
from genmux.store.arrays import NUL, REPLACEMENT
from genmux.store.compiled import Batch, Db, Values, given
from genmux.store.schema import events, idempotency, task_inputs, task_specs, tasks

Key: TypeAlias = tuple[int, str, str]
"""Whose key it is, its scope, and the key."""
Group: TypeAlias = Sequence[NewTask]


class Reserved(NamedTuple):
    """What is stored of an idempotency key."""

    task_id: bytes
    body_sha256: bytes
    expires_at: int


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
RESERVE: Final = Batch(
    _v,
    _reserve.on_conflict_do_update(
        index_elements=[_k.tenant_id, _k.scope, _k.key],
        set_={name: _reserve.excluded[name] for name in ("body_sha256", "task_id", "expires_at")},
        where=_k.expires_at <= _now,
    ).returning(_k.tenant_id, _k.scope, _k.key),
)
_w = given("tenant_id", "scope", "key")
FIND_MANY: Final = Batch(
    _w,
    select(_k.tenant_id, _k.scope, _k.key, _k.task_id, _k.body_sha256, _k.expires_at).join_from(
        _w,
        idempotency,
        (_k.tenant_id == _w.c.tenant_id) & (_k.scope == _w.c.scope) & (_k.key == _w.c.key),
    ),
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
    key = key_of(tenant_id, claim)
    return repeated(find_many(db, [key]).get(key), claim, now)


def key_of(tenant_id: int, claim: IdempotencyClaim) -> Key:
    """Return what a claim is stored under; a NUL, which PostgreSQL cannot store, is replaced."""
    return (tenant_id, claim.scope, claim.key.replace(NUL, REPLACEMENT))


def find_many(db: Db, keys: Sequence[Key]) -> dict[Key, Reserved]:
    """Return what is stored of these keys, live or not."""
    return {(row[0], row[1], row[2]): Reserved(*row[3:]) for row in FIND_MANY.run(db, keys)}


def repeated(found: Reserved | None, claim: IdempotencyClaim, now: int) -> Repeat | None:
    """Return what a create with this claim would repeat, given what is stored of its key."""
    if found is None or found.expires_at <= now:
        return None
    return Repeat(found.task_id, found.body_sha256 == claim.body_sha256)


def _reserve_keys(db: Db, new: Sequence[NewTask]) -> dict[int, Repeat]:
    """Take every free key for the first task that asks for it; return the repeats by place in `new`."""
    askers: dict[Key, list[int]] = {}
    for place, task in enumerate(new):
        if task.idempotency is not None:
            askers.setdefault(key_of(task.tenant_id, task.idempotency), []).append(place)
    repeats: dict[int, Repeat] = {}
    while askers:
        rows = [_reservation(key, new[places[0]]) for key, places in sorted(askers.items())]
        taken = set(RESERVE.run(db, rows))
        losers = {key: places[key in taken :] for key, places in askers.items()}
        held = find_many(db, [key for key, places in losers.items() if places])
        for key, found in held.items():
            repeats.update((place, _repeat(found, new[place])) for place in losers[key])
        # A key that was live and is gone now was forgotten by another process: it is free.
        askers = {key: places for key, places in losers.items() if places and key not in held}
    return repeats


def _repeat(found: Reserved, task: NewTask) -> Repeat:
    assert task.idempotency is not None
    return Repeat(found.task_id, found.body_sha256 == task.idempotency.body_sha256)


def _reservation(key: Key, task: NewTask) -> Values:
    claim = task.idempotency
    assert claim is not None
    return (*key, claim.body_sha256, task.id, claim.expires_at, task.created_at)


def _insert_all(db: Db, fresh: list[tuple[int, NewTask]]) -> None:
    _TASKS.run(db, [_task_values(seq, task) for seq, task in fresh])
    _SPECS.run(db, [(seq, task.spec, task.extra) for seq, task in fresh])
    inputs = [_input_values(seq, entry) for seq, task in fresh for entry in task.inputs]
    if inputs:
        media.naming(db)
        _INPUTS.run(db, inputs)
    lines = [(seq, n, e.at, e.kind, e.data) for seq, task in fresh for n, e in enumerate(task.events, 1)]
    if lines:
        _EVENTS.run(db, lines)
    waiting = [(seq, _producers(task)) for seq, task in fresh if task.state is TaskState.WAITING]
    if waiting:
        dependants.settle_new(db, waiting, max(task.created_at for _, task in fresh))


def _producers(task: NewTask) -> set[bytes]:
    return {i.from_task for i in task.inputs if i.from_task is not None and i.sha256 is None}


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
