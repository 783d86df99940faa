"""Several processes on one database: what one takes no other has, and what one ends the other sees."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

import psycopg
import pytest
from tests.store.conftest import MakeStores

from genmux.domain.states import TaskState
from genmux.engine.ports import (
    Binding,
    Change,
    Claim,
    ClaimRound,
    IdempotencyClaim,
    NewInput,
    NewTask,
    Repeat,
    Sink,
)
from genmux.store.compiled import Db
from genmux.store.postgres import PostgresStore
from genmux.testing.store_suite import (
    HOUR,
    NOW,
    artifact,
    change,
    claim_order,
    claimed,
    failure,
    made,
    new_task,
    row_of,
    running,
    succeed,
    waiting_for,
)

S = TaskState


async def create_all(store: PostgresStore, tasks: Sequence[NewTask]) -> list[int]:
    return await asyncio.gather(*(made(store, task) for task in tasks))


def claims_of(rounds: Sequence[ClaimRound]) -> list[Claim]:
    return [claim for round_ in rounds for claim in round_.claims]


# ---------------------------------------------------------------- claims


async def test_no_task_is_claimed_twice(stores: MakeStores) -> None:
    four = await stores(4)
    seqs = await create_all(four[0], [new_task(tenant_id=i % 3) for i in range(120)])

    async def claim_all(store: PostgresStore) -> list[int]:
        got: list[int] = []
        while claims := (await store.claim_queued(claim_order(want=7, worker_id=str(id(store))))).claims:
            got += [claim.seq for claim in claims]
        return got

    got = await asyncio.gather(*map(claim_all, four))
    assert Counter(seq for some in got for seq in some) == Counter(seqs)
    assert sum(map(bool, got)) > 1
    assert await four[0].slots_used() == {(7, "video"): 120}


async def test_slots_are_counted_over_all_processes(stores: MakeStores) -> None:
    four = await stores(4)
    await create_all(four[0], [new_task() for _ in range(40)])
    order = claim_order(want=10, slots=15, kind="video", kind_slots=13)
    rounds = await asyncio.gather(*(store.claim_queued(order) for store in four))
    assert len(claims_of(rounds)) == 13


async def test_the_pace_is_kept_over_all_processes(stores: MakeStores) -> None:
    four = await stores(4)
    await create_all(four[0], [new_task() for _ in range(60)])
    order = claim_order(want=15, interval_us=10_000, horizon_us=200_000)
    rounds = await asyncio.gather(*(store.claim_queued(order) for store in four))
    sent = sorted(claim.send_at_us for claim in claims_of(rounds))
    assert sent == [NOW * 1000 + i * 10_000 for i in range(20)]


async def test_tenants_share_evenly_whoever_claims(stores: MakeStores) -> None:
    two = await stores(2)
    await create_all(two[0], [new_task(tenant_id=1) for _ in range(40)])
    await create_all(two[0], [new_task(tenant_id=2) for _ in range(10)])
    rounds = await asyncio.gather(*(store.claim_queued(claim_order(want=10)) for store in two))
    assert Counter(claim.tenant_id for claim in claims_of(rounds)) == {1: 10, 2: 10}


async def test_what_another_holds_is_left_out(stores: MakeStores, url: str) -> None:
    (store,) = await stores(1)
    held, free = await create_all(store, [new_task(), new_task()])
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM tasks WHERE seq = %s FOR UPDATE", (held,))
        assert [c.seq for c in (await store.claim_queued(claim_order())).claims] == [free]
        await store.bind([Binding(free, 1, "up", NOW, NOW)])
        assert len(await store.take_due(S.RUNNING, 7, "w", NOW, 1_000, 10)) == 1
    assert [c.seq for c in (await store.claim_queued(claim_order())).claims] == [held]


async def test_due_work_is_leased_to_one(stores: MakeStores) -> None:
    four = await stores(4)
    await create_all(four[0], [new_task() for _ in range(60)])
    claims = (await four[0].claim_queued(claim_order(want=60))).claims
    await four[0].bind([Binding(claim.seq, 1, "up", NOW, NOW) for claim in claims])
    taken = await asyncio.gather(
        *(store.take_due(S.RUNNING, None, "w", NOW, 1_000, 20) for store in four for _ in range(2))
    )
    assert Counter(row.seq for some in taken for row in some) == Counter(claim.seq for claim in claims)


async def test_a_lease_that_ran_out_writes_nothing(stores: MakeStores) -> None:
    late, next_one = await stores(2)
    await running(late)
    (old,) = await late.take_due(S.RUNNING, 7, "late", NOW, 10, 1)
    (new,) = await next_one.take_due(S.RUNNING, 7, "next", NOW + 10, 10, 1)
    ends = [change(row, S.FAILED, error=failure("x"), attempt_outcome="x") for row in (old, new)]
    landed = await asyncio.gather(late.apply(ends[:1]), next_one.apply(ends[1:]))
    assert list(landed) == [set(), {new.seq}]


async def test_a_task_is_cancelled_or_claimed(stores: MakeStores) -> None:
    one, other = await stores(2)
    seqs = await create_all(one, [new_task() for _ in range(40)])
    states, round_ = await asyncio.gather(
        asyncio.gather(*(one.request_cancel(seq, NOW) for seq in seqs)),
        other.claim_queued(claim_order(want=40)),
    )
    claimed_seqs = {claim.seq for claim in round_.claims}
    for seq, state in zip(seqs, states, strict=True):
        assert state is (S.SUBMITTING if seq in claimed_seqs else S.CANCELLED)
        assert (await row_of(one, seq)).cancel_at == NOW


# ---------------------------------------------------------------- dependants


@pytest.mark.parametrize("goal", [S.SUCCEEDED, S.FAILED, S.CANCELLED])
async def test_who_is_written_while_its_producer_ends_is_told(stores: MakeStores, goal: TaskState) -> None:
    one, other = await stores(2)
    producers = [new_task() for _ in range(30)]
    await create_all(one, producers)
    claims = {claim.id: claim for claim in (await one.claim_queued(claim_order(want=30))).claims}
    collects = [change(c, S.COLLECTING, upstream_ref="x", keep_lease=True) for c in claims.values()]
    await one.apply(collects)

    def end(task: NewTask) -> Change:
        what = {"error": failure("x")} if goal is S.FAILED else {}
        results = (artifact(),) if goal is S.SUCCEEDED else ()
        return change(
            claims[task.id], goal, state=S.COLLECTING, attempt_outcome="x", artifacts=results, **what
        )

    chains = [waiting_for(task.id) for task in producers]
    last = [waiting_for(task.id) for task in chains]
    await asyncio.gather(
        *(
            call
            for task, next_ in zip(producers, chains, strict=True)
            for call in (one.apply([end(task)]), other.create(next_))
        ),
        *(one.create(task) for task in last),
    )
    states = Counter([(await other.get(task.id)).state for task in chains])  # type: ignore[union-attr]
    assert states == {S.QUEUED if goal is S.SUCCEEDED else S.FAILED: 30}
    if goal is not S.SUCCEEDED:
        assert Counter([(await one.get(task.id)).state for task in last]) == {S.FAILED: 30}  # type: ignore[union-attr]


async def test_the_last_of_two_producers_queues_the_task(stores: MakeStores) -> None:
    two = await stores(2)
    pairs = [(new_task(), new_task()) for _ in range(20)]
    await create_all(two[0], [task for pair in pairs for task in pair])
    ends: dict[bytes, Change] = {}
    for claim in (await two[0].claim_queued(claim_order(want=40))).claims:
        await two[0].apply([change(claim, S.COLLECTING, upstream_ref="x", keep_lease=True)])
        ends[claim.id] = change(
            claim, S.SUCCEEDED, state=S.COLLECTING, attempt_outcome="x", artifacts=(artifact(),)
        )
    waiting = [
        new_task(
            state=S.WAITING,
            inputs=tuple(
                NewInput("style", "task", from_task=p.id, from_n=0, n=n) for n, p in enumerate(pair)
            ),
        )
        for pair in pairs
    ]
    await create_all(two[1], waiting)
    left = [ends[pair[i % 2].id] for i, pair in enumerate(pairs)]
    right = [ends[pair[1 - i % 2].id] for i, pair in enumerate(pairs)]
    await asyncio.gather(
        *(two[0].apply(left[i : i + 5]) for i in range(0, 20, 5)),
        *(two[1].apply(right[i : i + 5]) for i in range(15, -1, -5)),
    )
    assert (await two[0].counts())[S.QUEUED] == 20


async def test_the_last_of_two_fetched_inputs_queues_the_task(stores: MakeStores) -> None:
    two = await stores(2)
    inputs = tuple(NewInput("style", "url", url="https://a.example", n=n) for n in range(2))
    seqs = await create_all(two[0], [new_task(state=S.WAITING, inputs=inputs) for _ in range(20)])
    queued = await asyncio.gather(
        *(
            store.freeze_input(seq, n, sha256=b"h" * 32, media_key="k", probe="{}", now=NOW)
            for seq in seqs
            for n, store in enumerate(two)
        )
    )
    assert queued.count(True) == 20
    assert (await two[0].counts())[S.QUEUED] == 20


# ---------------------------------------------------------------- one row, two writers


async def test_one_key_makes_one_task(stores: MakeStores) -> None:
    four = await stores(4)
    keys = [IdempotencyClaim("http", f"key {i}", b"b", NOW + HOUR) for i in range(25)]
    tries = [(store, new_task(idempotency=key)) for key in keys for store in four]
    answers = await asyncio.gather(*(store.create(task) for store, task in tries))
    for i in range(25):
        some = answers[4 * i : 4 * i + 4]
        winners = [
            task for (_, task), answer in zip(tries[4 * i :], some, strict=False) if isinstance(answer, int)
        ]
        assert len(winners) == 1
        assert some.count(Repeat(winners[0].id, True)) == 3


async def test_a_reference_is_kept_while_its_task_is_ended_by_another(stores: MakeStores) -> None:
    one, other = await stores(2)
    await create_all(one, [new_task() for _ in range(30)])
    claims = (await one.claim_queued(claim_order(want=30))).claims
    late = [change(c, S.FAILED, error=failure("deadline"), due_at=NOW) for c in claims]
    moved, *landed = await asyncio.gather(
        one.bind([Binding(c.seq, c.attempt, f"up-{c.seq}", NOW, NOW) for c in reversed(claims)]),
        *(other.apply([end]) for end in late),
    )
    ended = {seq for some in landed for seq in some}
    assert moved | ended == {claim.seq for claim in claims}
    assert moved & ended == set()
    due = await one.take_due_attempts(NOW, 1_000, 100)
    assert {(seq, attempt.upstream_ref) for seq, attempt in due} == {(seq, f"up-{seq}") for seq in ended}


async def test_a_tenant_has_one_number(stores: MakeStores) -> None:
    four = await stores(4)
    numbers = await asyncio.gather(*(store.tenant("studio") for store in four))
    assert len(set(numbers)) == 1


async def test_a_late_find_counts_once(stores: MakeStores) -> None:
    two = await stores(2)
    claim = await running(two[0])
    (row,) = await two[0].take_due(S.RUNNING, 7, "w", NOW, 10, 1)
    await two[0].apply([change(row, S.FAILED, error=failure("deadline"))])
    found = await asyncio.gather(*(store.reopen(claim.seq, "up-1", NOW) for store in two))
    assert sorted(found) == [False, True]


async def test_messages_are_lent_to_one(stores: MakeStores) -> None:
    two = await stores(2)
    tasks = [new_task(wire="vod", sub_app_id=9) for _ in range(20)]
    tasks += [new_task(extra='{"webhook":"https://a.example"}') for _ in range(20)]
    for seq in await create_all(two[0], tasks):
        await two[0].request_cancel(seq, NOW)
    pulled = await asyncio.gather(*(store.pull_events(1, 9, NOW, 10, NOW + 1_000) for store in two))
    sent = await asyncio.gather(*(store.take_outbox([Sink.WEBHOOK], NOW, 1_000, 10) for store in two))
    assert len({row.n for some in (*pulled, *sent) for row in some}) == 40
    handles = [row.handle or "" for some in pulled for row in some]
    both = await asyncio.gather(
        two[0].confirm_events(1, handles, NOW), two[1].confirm_events(1, handles[::-1], NOW)
    )
    assert set(both) == {20}


async def test_what_two_let_go_is_deleted_by_one(stores: MakeStores) -> None:
    two = await stores(2)
    shared = NewInput("style", "value", sha256=b"h" * 32, media_key="inputs/shared", probe="{}")
    for seq in await create_all(two[0], [new_task(inputs=(shared,)) for _ in range(20)]):
        await two[0].request_cancel(seq, NOW)
    freed = await asyncio.gather(*(store.prune(NOW + 1, 10) for store in two))
    assert sorted(freed) == [(), ("inputs/shared",)]
    assert (await two[0].counts())[S.CANCELLED] == 0


# ---------------------------------------------------------------- in each other's way


async def test_a_ring_of_waiters_is_broken_and_nothing_is_lost(stores: MakeStores) -> None:
    two = await stores(2)
    seqs = await create_all(two[0], [new_task(), new_task()])
    both = threading.Barrier(2, timeout=5)
    runs: Counter[int] = Counter()

    def lock(db: Db, order: Sequence[int]) -> int:
        runs[order[0]] += 1
        for seq in order:
            db.execute("UPDATE tasks SET priority = priority + 1 WHERE seq = %s", (seq,))
            if runs[order[0]] == 1 and seq == order[0]:
                both.wait()
        return order[0]

    done = await asyncio.gather(
        two[0]._write(lambda db: lock(db, seqs)),
        two[0].put_meta("beside", "1"),
        two[1]._write(lambda db: lock(db, seqs[::-1])),
        two[1].create(new_task()),
    )
    assert [done[0], done[2]] == seqs
    assert sum(runs.values()) >= 3
    assert [(await row_of(two[0], seq)).priority for seq in seqs] == [2, 2]
    assert await two[1].meta("beside") == "1"


async def test_a_row_that_is_held_for_long_stops_only_who_wants_it(store: PostgresStore, url: str) -> None:
    held, free = await create_all(store, [new_task(), new_task()])
    await store._write(lambda db: db.execute("SET lock_timeout = 5", ()))
    with ExitStack() as stack:
        other = stack.enter_context(psycopg.connect(url))
        other.execute("SELECT 1 FROM tasks WHERE seq = %s FOR UPDATE", (held,))
        answers = await asyncio.gather(
            store.request_cancel(held, NOW), store.request_cancel(free, NOW), return_exceptions=True
        )
    assert "lock timeout" in str(answers[0])
    assert answers[1] is S.CANCELLED
    assert await store.request_cancel(held, NOW) is S.CANCELLED


async def test_a_finished_result_is_seen_by_the_next_statement_of_another(stores: MakeStores) -> None:
    one, other = await stores(2)
    task = new_task()
    await made(one, task)
    seq = await succeed(one, task, artifact())
    found = await other.get(task.id)
    assert found is not None
    assert found.state is S.SUCCEEDED
    assert len(await other.artifacts(seq)) == 1
    assert (await claimed(other)).seq > seq
