"""Two transactions that overlap in the worst way: the second meets what the first has not committed yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from genmux.domain.states import TaskState
from genmux.engine.ports import (
    AttemptRow,
    Binding,
    IdempotencyClaim,
    NewEvent,
    NewInput,
    NewTask,
    Repeat,
    Sink,
    UploadRow,
)
from genmux.store import abandoned, creates, moves, outbox, retention, uploads
from genmux.store.changes import apply, bind
from genmux.store.compiled import Db
from genmux.store.postgres import PostgresStore, numbers
from genmux.store.postgres_connection import PgDb
from genmux.testing.store_suite import (
    HOUR,
    NOW,
    artifact,
    change,
    claimed,
    failure,
    made,
    new_task,
    row_of,
    running,
    waiting_for,
)

S = TaskState
Work = Callable[[Db], Any]

BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@dataclass
class Pair:
    """Two processes: `one` commits when `other` waits for it, or is done."""

    one: PgDb
    other: PgDb

    async def run(self, first: Work, second: Work) -> tuple[Any, Any, bool]:
        """Return what both returned, and whether the second waited for the first."""
        self.one.execute("BEGIN")
        did = first(self.one)
        beside = asyncio.create_task(asyncio.to_thread(_in_transaction, self.other, second))
        waited = False
        while not beside.done() and not waited:
            await asyncio.sleep(0.002)
            waited = bool(self.one.execute(BLOCKED, ()).fetchone()[0])
        self.one.execute("COMMIT")
        return did, await beside, waited


def _in_transaction(db: PgDb, work: Work) -> Any:
    db.execute("BEGIN")
    try:
        done = work(db)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return done


@pytest.fixture
async def pair(store: PostgresStore) -> AsyncIterator[Pair]:
    pair = Pair(store.connect(), store.connect())
    yield pair
    pair.one.close()
    pair.other.close()


def creating(*tasks: NewTask) -> Work:
    return lambda db: creates.Creates(numbers).write(db, [[task] for task in tasks])


def cancelling(seq: int) -> Work:
    return lambda db: moves.request_cancel(db, seq, NOW)


def pruning(db: Db) -> tuple[int, set[str]]:
    return retention.prune(db, NOW + 1, 10, NOW)


async def collecting(store: PostgresStore, task: NewTask) -> Work:
    """Bring a new task to collecting; return the work that ends it well."""
    claim = await claimed(store, task)
    await store.apply([change(claim, S.COLLECTING, upstream_ref="x", keep_lease=True)])
    end = change(claim, S.SUCCEEDED, state=S.COLLECTING, attempt_outcome="x", artifacts=(artifact(),))
    return lambda db: apply(db, [end])


async def test_a_task_written_while_its_producer_ends(store: PostgresStore, pair: Pair) -> None:
    producer = new_task()
    end = await collecting(store, producer)
    _, (seq,), waited = await pair.run(end, creating(waiting_for(producer.id)))
    assert waited
    assert (await row_of(store, seq)).state is S.QUEUED


async def test_a_producer_that_ends_while_a_task_is_written(store: PostgresStore, pair: Pair) -> None:
    producer = new_task()
    end = await collecting(store, producer)
    (seq,), _, waited = await pair.run(creating(waiting_for(producer.id)), end)
    assert waited
    assert (await row_of(store, seq)).state is S.QUEUED


async def test_a_task_written_while_its_producer_is_cancelled(store: PostgresStore, pair: Pair) -> None:
    producer = new_task()
    of = await made(store, producer)
    (seq,), _, waited = await pair.run(creating(waiting_for(producer.id)), cancelling(of))
    assert waited
    assert (await row_of(store, seq)).state is S.FAILED


async def test_a_task_written_while_its_producer_is_pruned(store: PostgresStore, pair: Pair) -> None:
    producer = new_task()
    await store.request_cancel(await made(store, producer), NOW)
    _, (seq,), waited = await pair.run(pruning, creating(waiting_for(producer.id)))
    assert waited
    row = await row_of(store, seq)
    assert row.state is S.FAILED
    assert "no such task" in (row.error or "")


async def test_inputs_frozen_by_two(store: PostgresStore, pair: Pair) -> None:
    inputs = tuple(NewInput("style", "url", url="https://a.example", n=n) for n in range(2))
    seq = await made(store, new_task(state=S.WAITING, inputs=inputs))

    def freeze(n: int) -> Work:
        return lambda db: moves.freeze_input(db, seq, n, b"h" * 32, "k", "{}", NOW)

    assert await pair.run(freeze(0), freeze(1)) == (False, True, True)


async def test_producers_that_end_together(store: PostgresStore, pair: Pair) -> None:
    producers = [new_task(), new_task()]
    ends = [await collecting(store, task) for task in producers]
    inputs = tuple(NewInput("style", "task", from_task=p.id, from_n=0, n=n) for n, p in enumerate(producers))
    seq = await made(store, new_task(state=S.WAITING, inputs=inputs))
    _, _, waited = await pair.run(*ends)
    assert waited
    assert (await row_of(store, seq)).state is S.QUEUED


async def test_lines_of_one_timeline_by_two(store: PostgresStore, pair: Pair) -> None:
    task = new_task(extra='{"webhook":"https://a.example"}')
    claim = await claimed(store, task)
    await store.apply([change(claim, S.FAILED, error=failure("x"), due_at=NOW)])
    (message,) = await store.take_outbox([Sink.WEBHOOK], NOW, 1_000, 1)
    late = Binding(claim.seq, 1, "up", NOW, NOW, (NewEvent("accepted", NOW),))

    def give_up(db: Db) -> bool:
        return outbox.settle(db, message.n, message.handle or "", NOW, None, "404")

    _, settled, waited = await pair.run(lambda db: bind(db, [late]), give_up)
    assert settled
    assert waited
    detail = await store.detail(task.id)
    assert detail is not None
    assert [line.n for line in detail.events] == [1, 2, 3]
    assert detail.attempts[0].upstream_ref == "up"


async def test_a_reference_while_the_task_is_ended(store: PostgresStore, pair: Pair) -> None:
    claim = await claimed(store, new_task())
    late = change(claim, S.FAILED, error=failure("deadline"), due_at=NOW + 9)
    binding = Binding(claim.seq, claim.attempt, "up", NOW, NOW + 5)
    landed, moved, waited = await pair.run(lambda db: apply(db, [late]), lambda db: bind(db, [binding]))
    assert (landed, moved, waited) == ({claim.seq}, set(), True)
    ((_, attempt),) = await store.take_due_attempts(NOW + 9, 1_000, 9)
    assert attempt.upstream_ref == "up"


async def test_one_key_reserved_by_two(store: PostgresStore, pair: Pair) -> None:
    claim = IdempotencyClaim("http", "k", b"b", NOW + HOUR)
    task, again = new_task(idempotency=claim), new_task(idempotency=claim)
    (seq,), (answer,), waited = await pair.run(creating(task), creating(again))
    assert isinstance(seq, int)
    assert (answer, waited) == (Repeat(task.id, True), True)


async def test_a_key_that_is_forgotten_while_it_is_asked_for(store: PostgresStore, pair: Pair) -> None:
    claim = IdempotencyClaim("http", "k", b"b", NOW + HOUR)
    await store.create(new_task(idempotency=claim))

    def forget(db: Db) -> int:
        return retention.forget_idempotency(db, NOW + HOUR)

    forgotten, (answer,), _ = await pair.run(forget, creating(new_task(idempotency=claim)))
    assert forgotten == 1
    assert isinstance(answer, int)


async def test_media_is_named_while_it_is_let_go(store: PostgresStore, pair: Pair) -> None:
    entry = NewInput("style", "value", sha256=b"h" * 32, media_key="inputs/a", probe="{}")
    await store.request_cancel(await made(store, new_task(inputs=(entry,))), NOW)
    _, (pruned, freed), waited = await pair.run(creating(new_task(inputs=(entry,))), pruning)
    assert (pruned, freed, waited) == (1, set(), True)


async def test_media_is_held_while_it_is_let_go(store: PostgresStore, pair: Pair) -> None:
    entry = NewInput("style", "value", sha256=b"h" * 32, media_key="inputs/a", probe="{}")
    await store.request_cancel(await made(store, new_task(inputs=(entry,))), NOW)
    hold = UploadRow(0, b"h" * 32, "inputs/a", "{}", NOW + HOUR)
    (_, freed), kept, waited = await pair.run(pruning, lambda db: uploads.keep(db, hold, NOW))
    assert (freed, kept, waited) == ({"inputs/a"}, False, True)
    await store.media_deleted(["inputs/a"])
    await store.hold_media("inputs/a", b"h" * 32)


async def test_a_chain_fails_while_it_grows(store: PostgresStore, pair: Pair) -> None:
    first = new_task()
    seq = await made(store, first)
    second = waiting_for(first.id)
    await made(store, second)
    _, (third,), waited = await pair.run(cancelling(seq), creating(waiting_for(second.id)))
    assert waited
    assert (await row_of(store, third)).state is S.FAILED


async def test_a_due_attempt_is_taken_by_one(store: PostgresStore, pair: Pair) -> None:
    claim = await claimed(store, new_task())
    await store.apply([change(claim, S.CANCELLED)])
    await store.bind([Binding(claim.seq, 1, "late", NOW, NOW + 60)])

    def take(db: Db) -> tuple[tuple[int, AttemptRow], ...]:
        return abandoned.take(db, NOW + 60, 1_000, 9)

    first, second, waited = await pair.run(take, take)
    assert [seq for seq, _ in first] == [claim.seq]
    assert (second, waited) == ((), False)


async def test_a_task_that_is_found_again_is_not_pruned(store: PostgresStore, pair: Pair) -> None:
    claim = await running(store)
    (row,) = await store.take_due(S.RUNNING, 7, "w", NOW, 10, 1)
    await store.apply([change(row, S.FAILED, error=failure("deadline"))])
    reopened, (pruned, _), waited = await pair.run(
        lambda db: moves.reopen(db, claim.seq, "up-1", NOW), pruning
    )
    assert (reopened, pruned, waited) == (True, 0, False)
    assert (await row_of(store, claim.seq)).state is S.COLLECTING
