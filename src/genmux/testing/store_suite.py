"""What every store must do: subclass `StoreSuite`, say how to make one, and run it with pytest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from genmux.domain.errors import InvalidValue
from genmux.domain.ids import attempt_key, new_task_id
from genmux.domain.spec import TaskError, decode_error, encode_json
from genmux.domain.states import TaskState
from genmux.engine.ports import (
    Binding,
    Change,
    Claim,
    ClaimOrder,
    ClaimRound,
    Clock,
    EventConfig,
    EventMode,
    IdempotencyClaim,
    KeyRow,
    NewArtifact,
    NewEvent,
    NewInput,
    NewTask,
    OutboxRow,
    Repeat,
    Sink,
    Store,
    TaskDetail,
    TaskFilter,
    TaskRow,
    UploadRow,
)

S = TaskState
NOW: Final = 1_700_000_000_000
HOUR: Final = 3_600_000
LANE: Final = "video/Kling/3.0"
CHANNEL: Final = 7
LEASE: Final = 30_000

# ---------------------------------------------------------------- builders


def new_task(**changes: Any) -> NewTask:
    """Return a queued task with a fresh id; `changes` replace fields."""
    task = NewTask(
        id=new_task_id(),
        tenant_id=1,
        key_id=1,
        wire="mps",
        sub_app_id=None,
        kind="video",
        lane=LANE,
        state=S.QUEUED,
        priority=0,
        deadline_at=NOW + HOUR,
        created_at=NOW,
        spec='{"kind":"video"}',
        extra='{"Operator":"me"}',
        events=(NewEvent("created", NOW),),
    )
    return structs.replace(task, **changes)


def waiting_for(producer: bytes, *, from_n: int | None = 0, **changes: Any) -> NewTask:
    """Return a task that waits for one artifact of another."""
    entry = NewInput("first_frame", "task", from_task=producer, from_n=from_n)
    return new_task(state=S.WAITING, inputs=(entry,), **changes)


def claim_order(**changes: Any) -> ClaimOrder:
    """Return an unpaced order for ten tasks of `LANE`; `changes` replace fields."""
    order = ClaimOrder(
        channel_id=CHANNEL,
        lane=LANE,
        worker_id="w",
        now=NOW,
        lease_ms=LEASE,
        want=10,
        slots=1_000,
        pace_name="channel:7:create",
        interval_us=0,
        horizon_us=200_000,
        after_tenant=0,
        frozen='{"model":"kling-v3"}',
    )
    return replace(order, **changes)


def artifact(n: int = 0, **changes: Any) -> NewArtifact:
    """Return one result; its media key is fresh."""
    made = NewArtifact(
        n=n,
        role="result",
        media_key=f"results/{new_task_id().hex()}.mp4",
        sha256=new_task_id() * 2,
        size=1_000,
        content_type="video/mp4",
        width=1280,
        height=720,
        seconds=5.0,
        probe='{"fps":24}',
        expires_at=None,
    )
    return replace(made, **changes)


def failure(code: str) -> str:
    """Return a stored error of this code."""
    return encode_json(TaskError(code=code, message="it broke"))


# ---------------------------------------------------------------- steps through a task's life


async def made(store: Store, task: NewTask) -> int:
    """Create a task that must not be a repeat; return its seq."""
    seq = await store.create(task)
    assert isinstance(seq, int)
    return seq


async def row_of(store: Store, seq: int) -> TaskRow:
    """Return a task that must exist."""
    row = await store.get_seq(seq)
    assert row is not None
    return row


async def detail_of(store: Store, task: NewTask) -> TaskDetail:
    """Return the detail of a task that must exist."""
    detail = await store.detail(task.id)
    assert detail is not None
    return detail


async def claimed(store: Store, task: NewTask | None = None) -> Claim:
    """Create a task and claim it."""
    await made(store, task or new_task())
    claims = (await store.claim_queued(claim_order(want=1))).claims
    assert len(claims) == 1
    return claims[0]


async def running(store: Store, task: NewTask | None = None, ref: str = "up-1") -> Claim:
    """Create a task, claim it and bind it to an upstream reference."""
    claim = await claimed(store, task)
    assert await store.bind([Binding(claim.seq, claim.attempt, ref, NOW, NOW)]) == {claim.seq}
    return claim


def change(row: TaskRow | Claim, to: TaskState, *, state: TaskState = S.SUBMITTING, **changes: Any) -> Change:
    """Return a change of a claimed task, or of the row as it stands."""
    now_in = row.state if isinstance(row, TaskRow) else state
    return Change(seq=row.seq, fence=row.fence, state=now_in, to=to, now=NOW, **changes)


async def succeed(store: Store, task: NewTask, *artifacts: NewArtifact) -> int:
    """Bring a created task from the queue to success; return its seq."""
    claim = next(c for c in (await store.claim_queued(claim_order(want=1_000))).claims if c.id == task.id)
    collect = change(claim, S.COLLECTING, upstream_ref='{"inline":"spool"}', keep_lease=True)
    assert await store.apply([collect]) == {claim.seq}
    store_it = change(
        claim, S.SUCCEEDED, state=S.COLLECTING, attempt_outcome="succeeded", artifacts=tuple(artifacts)
    )
    assert await store.apply([store_it]) == {claim.seq}
    return claim.seq


async def fail(store: Store, task: NewTask, code: str = "upstream_failed") -> int:
    """Bring a created task from the queue to failure; return its seq."""
    claim = next(c for c in (await store.claim_queued(claim_order(want=1_000))).claims if c.id == task.id)
    end = change(claim, S.FAILED, error=failure(code), attempt_outcome=code)
    assert await store.apply([end]) == {claim.seq}
    return claim.seq


def kinds(detail: TaskDetail) -> list[str]:
    """Return the kinds of a timeline."""
    return [line.kind for line in detail.events]


def tenants_of(found: ClaimRound) -> list[int]:
    """Return the tenants of the claims, in send order."""
    return [claim.tenant_id for claim in found.claims]


async def queue_many(store: Store, tenant: int, n: int, **changes: Any) -> list[int]:
    """Create n queued tasks of a tenant; return their seqs."""
    return [await made(store, new_task(tenant_id=tenant, **changes)) for _ in range(n)]


# ---------------------------------------------------------------- the suite


class StoreHook:
    """How the suite gets its store; a backend overrides `make` and nothing else."""

    def make(self, folder: Path, clock: Clock) -> Store:
        """Return a closed store, empty the first time it is made in `folder`."""
        raise NotImplementedError

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        """Lend an open, empty store."""
        store = self.make(tmp_path, lambda: NOW)
        await store.open()
        yield store
        await store.close()


class Creates(StoreHook):
    """Creating and reading back."""

    async def test_a_created_task_reads_back_whole(self, store: Store) -> None:
        entry = NewInput(
            "first_frame", "value", sha256=b"h" * 32, media_key="inputs/a.png", probe='{"width":1}'
        )
        task = new_task(
            sub_app_id=1_500_000_000_000,
            priority=3,
            inputs=(entry,),
            events=(NewEvent("created", NOW, '{"a":1}'),),
        )
        seq = await made(store, task)
        detail = await detail_of(store, task)
        assert (detail.spec, detail.extra) == (task.spec, task.extra)
        row = detail.task
        assert (row.seq, row.id, row.state, row.priority) == (seq, task.id, S.QUEUED, 3)
        assert (row.sub_app_id, row.wire, row.lane) == (1_500_000_000_000, "mps", LANE)
        assert (row.revision, row.fence, row.attempt, row.worker_id, row.finished_at) == (0, 0, 0, None, None)
        (stored,) = detail.inputs
        assert (stored.n, stored.role, stored.sha256, stored.media_key) == (
            0,
            "first_frame",
            b"h" * 32,
            "inputs/a.png",
        )
        (line,) = detail.events
        assert (line.n, line.at, line.kind, line.data) == (1, NOW, "created", '{"a":1}')
        assert detail.attempts == ()
        assert detail.artifacts == ()

    async def test_a_get_sees_the_create_that_returned(self, store: Store) -> None:
        for _ in range(20):
            task = new_task()
            seq = await made(store, task)
            by_id = await store.get(task.id)
            assert by_id is not None
            assert by_id == await store.get_seq(seq)

    async def test_unknown_tasks_are_none(self, store: Store) -> None:
        assert await store.get(new_task_id()) is None
        assert await store.get_seq(99) is None
        assert await store.detail(new_task_id()) is None
        assert await store.artifacts(99) == ()

    async def test_seqs_rise_in_the_order_of_creates(self, store: Store) -> None:
        seqs = await queue_many(store, 1, 5)
        assert seqs == sorted(set(seqs))

    async def test_many_creates_at_once_all_land(self, store: Store) -> None:
        tasks = [
            new_task(
                inputs=tuple(
                    NewInput("style", "value", sha256=b"1" * 32, media_key="k", n=n) for n in range(i % 3)
                )
            )
            for i in range(130)
        ]
        seqs = await asyncio.gather(*(made(store, task) for task in tasks))
        assert len(set(seqs)) == 130
        for task, seq in zip(tasks, seqs, strict=True):
            detail = await detail_of(store, task)
            assert detail.task.seq == seq
            assert len(detail.inputs) == len(task.inputs)
            assert kinds(detail) == ["created"]

    async def test_everything_is_there_after_reopening(self, store: Store) -> None:
        task = new_task()
        seq = await made(store, task)
        await store.close()
        await store.open()
        assert (await row_of(store, seq)).id == task.id
        assert await made(store, new_task()) > seq

    async def test_listing_is_newest_first_with_a_cursor(self, store: Store) -> None:
        seqs = await queue_many(store, 1, 5)
        await queue_many(store, 2, 2)
        first = await store.list_tasks(TaskFilter(tenant_id=1, limit=3))
        assert [row.seq for row in first] == seqs[:1:-1]
        rest = await store.list_tasks(TaskFilter(tenant_id=1, limit=3, before_seq=first[-1].seq))
        assert [row.seq for row in rest] == seqs[1::-1]

    async def test_listing_filters_by_kind_and_state(self, store: Store) -> None:
        picture = await made(store, new_task(kind="image"))
        film = await made(store, new_task())
        await store.request_cancel(film, NOW)
        assert [row.seq for row in await store.list_tasks(TaskFilter(kind="image"))] == [picture]
        listed = await store.list_tasks(TaskFilter(states=(S.CANCELLED, S.FAILED)))
        assert [row.seq for row in listed] == [film]
        assert len(await store.list_tasks(TaskFilter())) == 2

    async def test_listing_by_times_and_application(self, store: Store) -> None:
        early = await made(store, new_task(created_at=NOW, sub_app_id=1))
        late = await made(store, new_task(created_at=NOW + 10, sub_app_id=2))
        assert await self.listed(store, created_after=NOW + 1) == [late]
        assert await self.listed(store, created_before=NOW) == [early]
        assert await self.listed(store, sub_app_id=2) == [late]
        assert await self.listed(store, ascending=True) == [early, late]
        assert await self.listed(store, ascending=True, before_seq=early) == [late]
        await store.request_cancel(late, NOW + 20)
        assert await self.listed(store, finished_after=NOW + 20) == [late]
        assert await self.listed(store, finished_before=NOW + 19) == []

    async def test_listing_by_the_time_they_finished(self, store: Store) -> None:
        seqs = await queue_many(store, 1, 4)
        for seq, at in zip(seqs, (30, 10, 10, 20), strict=True):
            await store.request_cancel(seq, NOW + at)
        newest_first = [seqs[0], seqs[3], seqs[2], seqs[1]]
        assert await self.listed(store, sort="finished") == newest_first
        assert await self.listed(store, sort="finished", ascending=True) == newest_first[::-1]
        rest = await self.listed(store, sort="finished", before_seq=seqs[2], before_time=NOW + 10)
        assert rest == [seqs[1]]
        await queue_many(store, 1, 1)
        assert len(await self.listed(store, sort="finished")) == 4

    async def test_listing_by_file(self, store: Store) -> None:
        task, other = new_task(), new_task()
        await made(store, task)
        seq = await succeed(store, task, artifact(0, file_id=123456789012345678))
        await made(store, other)
        await succeed(store, other, artifact(0))
        assert await self.listed(store, file_id=123456789012345678) == [seq]
        assert await self.listed(store, file_id=1) == []

    @staticmethod
    async def listed(store: Store, **wanted: Any) -> list[int]:
        """Return the seqs of a listing."""
        return [row.seq for row in await store.list_tasks(TaskFilter(**wanted))]

    async def test_queue_positions_follow_priority_then_age(self, store: Store) -> None:
        first, second = await queue_many(store, 1, 2)
        urgent = await made(store, new_task(priority=5))
        await made(store, new_task(lane="elsewhere"))
        places = [await store.queue_position(await row_of(store, s), 10) for s in (first, second, urgent)]
        assert places == [1, 2, 0]
        assert await store.queue_position(await row_of(store, second), 1) == 1

    async def test_counts_name_every_state(self, store: Store) -> None:
        await queue_many(store, 1, 3)
        assert await store.counts() == {state: 3 if state is S.QUEUED else 0 for state in S}


class Idempotency(StoreHook):
    """Keys that may come again."""

    @staticmethod
    def claim(key: str = "k", body: bytes = b"b", **changes: Any) -> IdempotencyClaim:
        """Return a claim that lives for an hour."""
        return replace(IdempotencyClaim("http", key, body * 32, NOW + HOUR), **changes)

    async def test_a_repeat_names_the_first_task_and_makes_none(self, store: Store) -> None:
        first = new_task(idempotency=self.claim())
        await made(store, first)
        assert await store.create(new_task(idempotency=self.claim())) == Repeat(first.id, True)
        assert await store.create(new_task(idempotency=self.claim(body=b"c"))) == Repeat(first.id, False)
        assert (await store.counts())[S.QUEUED] == 1

    async def test_parts_are_written_with_their_task_or_not_at_all(self, store: Store) -> None:
        parts = (new_task(), new_task())
        whole = new_task(idempotency=self.claim())
        seq = await store.create(whole, parts)
        assert isinstance(seq, int)
        assert [(await detail_of(store, part)).task.seq for part in parts] == [seq - 2, seq - 1]
        again = (new_task(), new_task())
        assert await store.create(new_task(idempotency=self.claim()), again) == Repeat(whole.id, True)
        assert [await store.get(part.id) for part in again] == [None, None]
        broken = new_task(id=parts[0].id)
        with pytest.raises(Exception, match=r"(?i)unique|constraint"):
            await store.create(broken, again)
        assert [await store.get(part.id) for part in again] == [None, None]

    async def test_keys_are_apart_by_tenant_and_scope(self, store: Store) -> None:
        for tenant, scope in ((1, "http"), (2, "http"), (1, "vod:1")):
            await made(store, new_task(tenant_id=tenant, idempotency=self.claim(scope=scope)))

    async def test_an_expired_key_is_free(self, store: Store) -> None:
        await made(store, new_task(idempotency=self.claim()))
        late = new_task(created_at=NOW + HOUR, idempotency=self.claim(expires_at=NOW + 2 * HOUR))
        await made(store, late)
        again = new_task(created_at=NOW + HOUR, idempotency=self.claim())
        assert await store.create(again) == Repeat(late.id, True)

    async def test_equal_keys_at_once_make_one_task(self, store: Store) -> None:
        tasks = [new_task(idempotency=self.claim(body=b"b" if i % 2 else b"c")) for i in range(10)]
        answers = await asyncio.gather(*(store.create(task) for task in tasks))
        (winner,) = [i for i, answer in enumerate(answers) if isinstance(answer, int)]
        for i, answer in enumerate(answers):
            if i != winner:
                assert answer == Repeat(tasks[winner].id, i % 2 == winner % 2)
        assert (await store.counts())[S.QUEUED] == 1

    async def test_find_repeat_only_looks(self, store: Store) -> None:
        assert await store.find_repeat(1, self.claim(), NOW) is None
        first = new_task(idempotency=self.claim())
        await made(store, first)
        assert await store.find_repeat(1, self.claim(), NOW) == Repeat(first.id, True)
        assert await store.find_repeat(1, self.claim(body=b"x"), NOW) == Repeat(first.id, False)
        assert await store.find_repeat(2, self.claim(), NOW) is None
        assert await store.find_repeat(1, self.claim(), NOW + HOUR) is None


class Claims(StoreHook):
    """Dispatch: fairness, priority, slots, pace."""

    async def test_a_claim_opens_an_attempt(self, store: Store) -> None:
        task = new_task()
        claim = await claimed(store, task)
        detail = await detail_of(store, task)
        row = detail.task
        assert (row.state, row.channel_id, row.worker_id) == (S.SUBMITTING, CHANNEL, "w")
        assert (row.due_at, row.submitted_at, row.revision) == (NOW + LEASE, NOW, 1)
        assert (row.attempt, row.fence) == (claim.attempt, claim.fence) == (1, 1)
        (attempt,) = detail.attempts
        assert (attempt.n, attempt.key, attempt.channel_id) == (1, attempt_key(task.id, 1), CHANNEL)
        assert (attempt.frozen, attempt.opened_at, attempt.closed_at) == ('{"model":"kling-v3"}', NOW, None)

    async def test_nothing_due_claims_nothing(self, store: Store) -> None:
        assert await store.claim_queued(claim_order(after_tenant=4)) == ClaimRound((), 4)
        await queue_many(store, 1, 1, created_at=NOW + 1)
        assert await store.claim_queued(claim_order(after_tenant=4)) == ClaimRound((), 4)
        await queue_many(store, 1, 1, lane="image/other")
        assert (await store.claim_queued(claim_order())).claims == ()

    async def test_lanes_are_named_once_and_only_when_due(self, store: Store) -> None:
        assert await store.queued_lanes(NOW) == ()
        await queue_many(store, 1, 2)
        await queue_many(store, 2, 2, lane="image/a")
        await queue_many(store, 2, 1, lane="image/b", created_at=NOW + 5)
        assert await store.queued_lanes(NOW) == ("image/a", LANE)
        assert await store.queued_lanes(NOW + 5) == ("image/a", "image/b", LANE)

    async def test_a_small_tenant_is_in_the_next_round(self, store: Store) -> None:
        await asyncio.gather(*(made(store, new_task()) for _ in range(1_000)))
        (lonely,) = await queue_many(store, 2, 1)
        found = await store.claim_queued(claim_order(want=4))
        assert tenants_of(found) == [1, 2, 1, 1]
        assert found.claims[1].seq == lonely

    async def test_tenants_get_the_same_number(self, store: Store) -> None:
        for tenant in (1, 2, 3):
            await queue_many(store, tenant, 5)
        found = await store.claim_queued(claim_order(want=9))
        assert sorted(tenants_of(found)) == [1, 1, 1, 2, 2, 2, 3, 3, 3]

    async def test_the_cursor_rotates_the_remainder(self, store: Store) -> None:
        for tenant in (1, 2, 3):
            await queue_many(store, tenant, 5)
        cursor, served = 0, []
        for _ in range(3):
            found = await store.claim_queued(claim_order(want=2, after_tenant=cursor))
            cursor = found.after_tenant
            served.append(tenants_of(found))
        assert served == [[1, 2], [3, 1], [2, 3]]

    async def test_the_cursor_wraps(self, store: Store) -> None:
        for tenant in (1, 2, 3):
            await queue_many(store, tenant, 1)
        found = await store.claim_queued(claim_order(want=3, after_tenant=2))
        assert tenants_of(found) == [3, 1, 2]

    async def test_unused_shares_go_to_the_others(self, store: Store) -> None:
        await queue_many(store, 1, 1)
        await queue_many(store, 2, 20)
        await queue_many(store, 3, 2)
        found = await store.claim_queued(claim_order(want=12))
        assert sorted(tenants_of(found)) == [1] + [2] * 9 + [3] * 2

    async def test_priority_then_age_inside_a_tenant(self, store: Store) -> None:
        old, _, urgent = [(await queue_many(store, 1, 1, priority=p))[0] for p in (0, -5, 5)]
        found = await store.claim_queued(claim_order(want=2))
        assert [claim.seq for claim in found.claims] == [urgent, old]

    async def test_open_attempts_use_up_slots(self, store: Store) -> None:
        await queue_many(store, 1, 6)
        first = await store.claim_queued(claim_order(slots=4, want=3))
        second = await store.claim_queued(claim_order(slots=4, want=3))
        assert (len(first.claims), len(second.claims)) == (3, 1)
        assert (await store.claim_queued(claim_order(slots=4))).claims == ()
        other = await store.claim_queued(claim_order(slots=1, channel_id=8))
        assert len(other.claims) == 1
        await store.apply([change(first.claims[0], S.QUEUED, attempt_outcome="not_sent", due_at=NOW + 1)])
        assert len((await store.claim_queued(claim_order(slots=4))).claims) == 1

    async def test_send_times_are_evenly_spaced_and_go_on(self, store: Store) -> None:
        await queue_many(store, 1, 10)
        first = await store.claim_queued(claim_order(want=3, interval_us=20_000))
        start = NOW * 1000
        assert [claim.send_at_us for claim in first.claims] == [start, start + 20_000, start + 40_000]
        second = await store.claim_queued(claim_order(want=2, interval_us=20_000, now=NOW + 10))
        assert [claim.send_at_us for claim in second.claims] == [start + 60_000, start + 80_000]

    async def test_send_times_stay_within_the_horizon(self, store: Store) -> None:
        await queue_many(store, 1, 10)
        paced = claim_order(interval_us=30_000, horizon_us=100_000)
        found = await store.claim_queued(paced)
        assert len(found.claims) == 4  # at 0, 30, 60 and 90 ms
        assert (await store.claim_queued(paced)).claims == ()
        later = await store.claim_queued(replace(paced, now=NOW + 30))
        assert [claim.send_at_us for claim in later.claims] == [NOW * 1000 + 120_000]

    async def test_only_used_instants_are_reserved(self, store: Store) -> None:
        await queue_many(store, 1, 1)
        paced = claim_order(interval_us=50_000)
        assert len((await store.claim_queued(paced)).claims) == 1
        await queue_many(store, 1, 1)
        found = await store.claim_queued(paced)
        assert [claim.send_at_us for claim in found.claims] == [NOW * 1000 + 50_000]

    async def test_an_idle_pace_does_not_save_up(self, store: Store) -> None:
        await queue_many(store, 1, 3)
        paced = claim_order(want=1, interval_us=50_000)
        await store.claim_queued(paced)
        found = await store.claim_queued(replace(paced, want=2, now=NOW + 10_000))
        start = (NOW + 10_000) * 1000
        assert [claim.send_at_us for claim in found.claims] == [start, start + 50_000]


class Leases(StoreHook):
    """Due work, heart-beats, and the end of leases."""

    async def test_due_work_is_leased_once(self, store: Store) -> None:
        claim = await running(store)
        (row,) = await store.take_due(S.RUNNING, CHANNEL, "poller", NOW, LEASE, 10)
        assert (row.seq, row.fence, row.worker_id) == (claim.seq, claim.fence + 1, "poller")
        assert row.due_at == NOW + LEASE
        assert await store.take_due(S.RUNNING, CHANNEL, "poller", NOW, LEASE, 10) == ()
        (again,) = await store.take_due(S.RUNNING, CHANNEL, "other", NOW + LEASE, LEASE, 10)
        assert again.fence == row.fence + 1

    async def test_only_the_channel_asked_for(self, store: Store) -> None:
        claim = await running(store)
        assert await store.take_due(S.RUNNING, CHANNEL + 1, "w", NOW, LEASE, 10) == ()
        (row,) = await store.take_due(S.RUNNING, None, "w", NOW, LEASE, 10)
        assert row.seq == claim.seq

    async def test_the_longest_due_come_first(self, store: Store) -> None:
        for first_poll in (30, 10, 20):
            claim = await claimed(store)
            await store.bind([Binding(claim.seq, 1, f"r{first_poll}", NOW, NOW + first_poll)])
        for channel in (CHANNEL, None):
            (row,) = await store.take_due(S.RUNNING, channel, "w", NOW + 50, 1, 1)
            assert row.upstream_ref == "r10"
            await store.apply([change(row, S.RUNNING, due_at=NOW + 10, visible=False)])

    @pytest.mark.parametrize("state", [S.SUBMITTING, S.UNKNOWN, S.COLLECTING])
    @pytest.mark.parametrize("channel", [CHANNEL, None])
    async def test_every_working_state_is_taken(
        self, store: Store, state: TaskState, channel: int | None
    ) -> None:
        claim = await claimed(store)
        if state is not S.SUBMITTING:
            await store.apply([change(claim, state, due_at=NOW + LEASE, upstream_ref="r")])
        assert await store.take_due(state, channel, "x", NOW, LEASE, 10) == ()
        (row,) = await store.take_due(state, channel, "x", NOW + LEASE, LEASE, 10)
        assert (row.seq, row.state, row.fence) == (claim.seq, state, claim.fence + 1)

    async def test_waiting_tasks_are_taken_for_their_urls_only(self, store: Store) -> None:
        url = await made(
            store,
            new_task(state=S.WAITING, inputs=(NewInput("style", "url", url="https://a.example/p.png"),)),
        )
        await made(store, waiting_for((await row_of(store, url)).id))
        (row,) = await store.take_due(S.WAITING, None, "f", NOW, LEASE, 10)
        assert row.seq == url
        (entry,) = await store.open_inputs(url)
        assert (entry.n, entry.url, entry.sha256) == (0, "https://a.example/p.png", None)

    async def test_queued_and_final_tasks_are_not_leased(self, store: Store) -> None:
        with pytest.raises(ValueError, match="not leased"):
            await store.take_due(S.QUEUED, CHANNEL, "w", NOW, LEASE, 10)

    async def test_a_heartbeat_keeps_what_is_still_held(self, store: Store) -> None:
        claim = await claimed(store)
        lost = await claimed(store)
        held = [(claim.seq, claim.fence), (lost.seq, lost.fence - 1), (999, 1)]
        assert await store.extend(held, NOW + 2 * LEASE) == {claim.seq}
        assert (await row_of(store, claim.seq)).due_at == NOW + 2 * LEASE
        assert (await row_of(store, lost.seq)).due_at == NOW + LEASE

    async def test_a_lease_given_back_is_not_extended(self, store: Store) -> None:
        claim = await running(store)
        assert await store.extend([(claim.seq, claim.fence)], NOW + 2 * LEASE) == set()
        assert (await row_of(store, claim.seq)).due_at == NOW

    async def test_release_makes_leased_rows_due_and_spares_the_rest(self, store: Store) -> None:
        submitting = await claimed(store)
        parked = await claimed(store)
        await store.bind([Binding(parked.seq, 1, "r", NOW, NOW + HOUR)])
        fetching = await made(store, new_task(state=S.WAITING, inputs=(NewInput("style", "url", url="u"),)))
        await store.take_due(S.WAITING, None, "f", NOW, LEASE, 1)
        assert await store.release_all_leases(NOW + 1) == 2
        for seq in (submitting.seq, fetching):
            row = await row_of(store, seq)
            assert (row.worker_id, row.due_at) == (None, NOW + 1)
        assert (await row_of(store, parked.seq)).due_at == NOW + HOUR
        assert len(await store.take_due(S.SUBMITTING, CHANNEL, "x", NOW + 1, LEASE, 5)) == 1
        assert await store.release_all_leases(NOW + 2) == 1

    async def test_next_due_is_the_earliest_that_is_not_queued(self, store: Store) -> None:
        assert await store.next_due(NOW) is None
        await made(store, new_task())
        assert await store.next_due(NOW) is None
        claim = await claimed(store)
        assert await store.next_due(NOW) == NOW + LEASE
        await store.bind([Binding(claim.seq, 1, "r", NOW, NOW + 5)])
        assert await store.next_due(NOW) == NOW + 5
        await made(store, new_task(state=S.WAITING, inputs=(NewInput("style", "url", url="u"),)))
        assert await store.next_due(NOW) == NOW

    async def test_a_result_that_is_made_may_be_collected_after_the_deadline(self, store: Store) -> None:
        seq = await made(store, new_task(deadline_at=NOW + 5))
        (claim,) = (await store.claim_queued(claim_order())).claims
        done = Change(seq, claim.fence, S.SUBMITTING, S.COLLECTING, NOW, due_at=NOW, upstream_ref="{}")
        await store.apply([done])
        assert await store.overdue(NOW + 2 * 24 * HOUR, 10) == ()
        assert [row.seq for row in await store.overdue(NOW + 73 * HOUR, 10)] == [seq]

    async def test_overdue_names_unfinished_tasks_past_their_deadline(self, store: Store) -> None:
        late = await made(store, new_task(deadline_at=NOW + 5))
        later = await made(store, new_task(deadline_at=NOW + 4))
        done = await made(store, new_task(deadline_at=NOW))
        await store.request_cancel(done, NOW)
        assert await store.overdue(NOW + 3, 10) == ()
        assert [row.seq for row in await store.overdue(NOW + 5, 10)] == [later, late]
        assert [row.seq for row in await store.overdue(NOW + 5, 1)] == [later]


class Changes(StoreHook):
    """Fenced writes and unfenced bindings."""

    async def test_a_stale_fence_changes_nothing(self, store: Store) -> None:
        task = new_task()
        claim = await running(store, task)
        (row,) = await store.take_due(S.RUNNING, CHANNEL, "a", NOW, LEASE, 1)
        (taken,) = await store.take_due(S.RUNNING, CHANNEL, "b", NOW + LEASE, LEASE, 1)
        before = await detail_of(store, task)
        stale = change(
            row,
            S.FAILED,
            error=failure("internal"),
            attempt_outcome="failed",
            events=(NewEvent("x", NOW),),
            artifacts=(artifact(),),
        )
        assert await store.apply([stale]) == set()
        assert await store.apply([replace(stale, fence=taken.fence, state=S.COLLECTING)]) == set()
        assert await detail_of(store, task) == before
        assert await store.apply([replace(stale, fence=taken.fence)]) == {claim.seq}

    async def test_one_stale_change_does_not_stop_the_others(self, store: Store) -> None:
        first, second = await claimed(store), await claimed(store)
        changes = [
            replace(change(first, S.UNKNOWN, due_at=NOW), fence=99),
            change(second, S.UNKNOWN, due_at=NOW),
        ]
        assert await store.apply(changes) == {second.seq}

    async def test_no_changes_are_no_work(self, store: Store) -> None:
        assert await store.apply([]) == set()
        assert await store.bind([]) == set()
        assert await store.extend([], NOW) == set()
        await store.drop_artifact_media([])

    async def test_success_writes_everything_at_once(self, store: Store) -> None:
        task = new_task()
        claim = await claimed(store, task)
        collect = change(
            claim, S.COLLECTING, upstream_ref='{"inline":"a"}', due_at=NOW + 1, source_expires_at=NOW + 9
        )
        await store.apply([collect])
        (row,) = await store.take_due(S.COLLECTING, CHANNEL, "c", NOW + 1, LEASE, 1)
        assert (row.upstream_ref, row.source_expires_at) == ('{"inline":"a"}', NOW + 9)
        results = (artifact(0), artifact(1, file_id=5), artifact(0, role="cover"))
        end = change(
            row,
            S.SUCCEEDED,
            usage='{"seconds":5}',
            progress=100,
            attempt_outcome="succeeded",
            events=(NewEvent("stored", NOW), NewEvent("done", NOW)),
            artifacts=results,
        )
        assert await store.apply([end]) == {claim.seq}
        detail = await detail_of(store, task)
        done = detail.task
        assert (done.state, done.finished_at, done.due_at, done.worker_id) == (S.SUCCEEDED, NOW, None, None)
        assert (done.usage, done.progress, done.revision) == ('{"seconds":5}', 100, row.revision + 1)
        assert kinds(detail) == ["created", "stored", "done"]
        assert [line.n for line in detail.events] == [1, 2, 3]
        (attempt,) = detail.attempts
        assert (attempt.outcome, attempt.closed_at) == ("succeeded", NOW)
        assert await store.attempt_outcomes(claim.seq) == ("succeeded",)
        kept = await store.artifacts(claim.seq)
        assert kept == detail.artifacts
        assert [(a.n, a.role, a.media_key, a.size, a.file_id) for a in kept] == [
            (r.n, r.role, r.media_key, 1_000, r.file_id) for r in (results[0], results[2], results[1])
        ]

    async def test_a_poll_moves_the_due_time_and_gives_the_lease_back(self, store: Store) -> None:
        await running(store)
        (row,) = await store.take_due(S.RUNNING, CHANNEL, "p", NOW, LEASE, 1)
        await store.apply([change(row, S.RUNNING, due_at=NOW + 7, visible=False)])
        after = await row_of(store, row.seq)
        assert (after.due_at, after.worker_id, after.revision) == (NOW + 7, None, row.revision)

    async def test_progress_keeps_the_lease(self, store: Store) -> None:
        await running(store)
        (row,) = await store.take_due(S.RUNNING, CHANNEL, "p", NOW, LEASE, 1)
        await store.apply([change(row, S.RUNNING, keep_lease=True, progress=40, due_at=1)])
        after = await row_of(store, row.seq)
        assert after == structs.replace(row, progress=40, revision=row.revision + 1)

    async def test_what_is_not_said_stays(self, store: Store) -> None:
        claim = await claimed(store)
        told = change(
            claim, S.UNKNOWN, due_at=NOW, progress=5, usage="{}", upstream_ref="r", error=failure("internal")
        )
        await store.apply([told])
        row = await row_of(store, claim.seq)
        await store.apply([change(row, S.UNKNOWN, due_at=NOW + 1)])
        after = await row_of(store, claim.seq)
        assert (after.progress, after.usage, after.upstream_ref, after.error) == (5, "{}", "r", row.error)

    async def test_back_in_the_queue_forgets_the_attempt(self, store: Store) -> None:
        task = new_task()
        claim = await running(store, task)
        row = await row_of(store, claim.seq)
        back = change(row, S.QUEUED, due_at=NOW + 3, attempt_outcome="redo", progress=50)
        assert await store.apply([back]) == {claim.seq}
        queued = await row_of(store, claim.seq)
        assert (queued.state, queued.due_at, queued.worker_id) == (S.QUEUED, NOW + 3, None)
        assert (queued.channel_id, queued.upstream_ref, queued.progress) == (None, None, None)
        assert (await store.claim_queued(claim_order())).claims == ()
        (again,) = (await store.claim_queued(claim_order(now=NOW + 3))).claims
        assert (again.attempt, again.fence) == (2, claim.fence + 1)
        assert [a.key for a in (await detail_of(store, task)).attempts] == [
            attempt_key(task.id, n) for n in (1, 2)
        ]

    async def test_two_changes_of_one_task_keep_their_order(self, store: Store) -> None:
        claim = await running(store)
        (row,) = await store.take_due(S.RUNNING, CHANNEL, "p", NOW, LEASE, 1)
        progress = change(row, S.RUNNING, keep_lease=True, progress=90, events=(NewEvent("a", NOW),))
        collect = change(row, S.COLLECTING, due_at=NOW, events=(NewEvent("b", NOW),))
        assert await store.apply([progress, collect]) == {claim.seq}
        after = await row_of(store, claim.seq)
        assert (after.state, after.progress, after.revision) == (S.COLLECTING, 90, row.revision + 2)

    async def test_many_changes_at_once(self, store: Store) -> None:
        await asyncio.gather(*(made(store, new_task()) for _ in range(70)))
        claims = (await store.claim_queued(claim_order(want=70))).claims
        bindings = [Binding(c.seq, c.attempt, f"r{c.seq}", NOW, NOW) for c in claims]
        assert await store.bind(bindings) == {c.seq for c in claims}
        rows = await store.take_due(S.RUNNING, CHANNEL, "p", NOW, LEASE, 100)
        ends = [change(row, S.FAILED, error=failure("internal"), attempt_outcome="f") for row in rows]
        assert await store.apply(ends) == {c.seq for c in claims}
        assert (await store.counts())[S.FAILED] == 70

    async def test_each_caller_hears_of_his_own_changes(self, store: Store) -> None:
        claims = [await claimed(store) for _ in range(4)]
        wishes = [
            [change(claims[0], S.FAILED, error=failure("a"))],
            [change(claims[0], S.FAILED, error=failure("b"))],
            [change(claims[1], S.UNKNOWN, due_at=NOW), change(claims[2], S.UNKNOWN, due_at=NOW)],
            [replace(change(claims[3], S.UNKNOWN), fence=claims[3].fence - 1)],
            [change(claims[3], S.UNKNOWN, due_at=NOW)],
        ]
        landed = await asyncio.gather(*map(store.apply, wishes))
        seqs = [claim.seq for claim in claims]
        assert landed[2:] == [{seqs[1], seqs[2]}, set(), {seqs[3]}]
        assert landed[:2] in ([{seqs[0]}, set()], [set(), {seqs[0]}])  # one of two won, and knows it
        first = await row_of(store, seqs[0])
        assert first.error == failure("a" if landed[0] else "b")

    async def test_each_caller_hears_of_his_own_bindings(self, store: Store) -> None:
        claims = [await claimed(store) for _ in range(3)]
        bindings = [Binding(claim.seq, claim.attempt, f"up-{claim.seq}", NOW, NOW) for claim in claims]
        late = replace(bindings[0], attempt=7)
        landed = await asyncio.gather(*(store.bind([b]) for b in (late, *bindings)))
        assert landed == [set(), *({claim.seq} for claim in claims)]

    async def test_a_binding_runs_the_task(self, store: Store) -> None:
        task = new_task()
        claim = await claimed(store, task)
        binding = Binding(claim.seq, claim.attempt, "up-9", NOW + 1, NOW + 50)
        assert await store.bind([binding]) == {claim.seq}
        detail = await detail_of(store, task)
        row, (attempt,) = detail.task, detail.attempts
        assert (row.state, row.upstream_ref, row.accepted_at) == (S.RUNNING, "up-9", NOW + 1)
        assert (row.due_at, row.worker_id, row.fence) == (NOW + 50, None, claim.fence)
        assert (attempt.upstream_ref, attempt.outcome, attempt.closed_at) == ("up-9", "accepted", None)
        assert await store.bind([replace(binding, upstream_ref="other")]) == set()
        again = await detail_of(store, task)
        assert again == detail

    async def test_a_binding_needs_no_lease(self, store: Store) -> None:
        claim = await claimed(store)
        await store.take_due(S.SUBMITTING, CHANNEL, "rescue", NOW + LEASE, LEASE, 1)
        assert await store.bind([Binding(claim.seq, 1, "r", NOW, NOW)]) == {claim.seq}

    async def test_a_binding_after_a_cancel_leaves_the_attempt_open_and_due(self, store: Store) -> None:
        task = new_task()
        claim = await claimed(store, task)
        assert await store.apply([change(claim, S.CANCELLED)]) == {claim.seq}
        assert await store.bind([Binding(claim.seq, 1, "late", NOW, NOW + 60)]) == set()
        detail = await detail_of(store, task)
        (attempt,) = detail.attempts
        assert detail.task.state is S.CANCELLED
        assert (attempt.upstream_ref, attempt.closed_at, attempt.due_at) == ("late", None, NOW + 60)
        assert (await store.claim_queued(claim_order(slots=1))).claims == ()

    async def test_a_cancel_asked_for_while_submitting_is_seen_at_once(self, store: Store) -> None:
        claim = await claimed(store)
        assert await store.request_cancel(claim.seq, NOW + 1) is S.SUBMITTING
        await store.bind([Binding(claim.seq, 1, "r", NOW + 2, NOW + HOUR)])
        assert (await row_of(store, claim.seq)).due_at == NOW + 2


class Moves(StoreHook):
    """Inputs, dependants, cancels, late finds."""

    async def test_the_last_frozen_input_queues_the_task(self, store: Store) -> None:
        urls = tuple(NewInput("style", "url", url=f"https://a.example/{i}", n=i) for i in range(2))
        task = new_task(state=S.WAITING, inputs=urls)
        seq = await made(store, task)
        frozen: dict[str, Any] = {"sha256": b"s" * 32, "media_key": "inputs/s", "probe": "{}", "now": NOW + 1}
        assert await store.freeze_input(seq, 0, **frozen) is False
        assert [entry.n for entry in await store.open_inputs(seq)] == [1]
        assert await store.freeze_input(seq, 1, **frozen) is True
        assert await store.freeze_input(seq, 1, **frozen) is False
        detail = await detail_of(store, task)
        assert (detail.task.state, detail.task.due_at, detail.task.worker_id) == (S.QUEUED, NOW + 1, None)
        assert kinds(detail) == ["created", "inputs_ready"]
        assert {entry.media_key for entry in detail.inputs} == {"inputs/s"}
        assert len((await store.claim_queued(claim_order(now=NOW + 1))).claims) == 1

    async def test_a_success_wakes_what_waits_for_it(self, store: Store) -> None:
        producer = new_task()
        await made(store, producer)
        consumer = waiting_for(producer.id, from_n=1)
        await made(store, consumer)
        result = artifact(1)
        await succeed(store, producer, artifact(0), result)
        detail = await detail_of(store, consumer)
        (entry,) = detail.inputs
        assert (entry.sha256, entry.media_key, entry.probe) == (result.sha256, result.media_key, result.probe)
        assert (detail.task.state, detail.task.due_at) == (S.QUEUED, NOW)
        assert kinds(detail) == ["created", "inputs_ready"]

    async def test_two_producers_are_both_waited_for(self, store: Store) -> None:
        first, second = new_task(), new_task()
        await made(store, first)
        await made(store, second)
        entries = tuple(
            NewInput("style", "task", from_task=p.id, from_n=0, n=n) for n, p in enumerate((first, second))
        )
        consumer = new_task(state=S.WAITING, inputs=entries)
        seq = await made(store, consumer)
        claims = {c.id: c for c in (await store.claim_queued(claim_order())).claims}
        for producer, state in ((first, S.WAITING), (second, S.QUEUED)):
            claim = claims[producer.id]
            await store.apply([change(claim, S.COLLECTING, upstream_ref="r", keep_lease=True)])
            await store.apply([change(claim, S.SUCCEEDED, state=S.COLLECTING, artifacts=(artifact(0),))])
            assert (await row_of(store, seq)).state is state

    async def test_a_producer_without_that_artifact_fails_what_waits(self, store: Store) -> None:
        producer = new_task()
        await made(store, producer)
        seq = await made(store, waiting_for(producer.id, from_n=3))
        await succeed(store, producer, artifact(0), artifact(3, role="thumbnail"))
        await self.assert_input_failed(store, seq, "no such result")

    async def test_a_failure_fails_the_whole_chain(self, store: Store) -> None:
        producer = new_task()
        await made(store, producer)
        chain = [producer]
        for _ in range(3):
            chain.append(waiting_for(chain[-1].id))
            await made(store, chain[-1])
        await fail(store, producer)
        for task in chain[1:]:
            why = f"task:{producer.id.hex()} cannot be had: that task failed with "
            await self.assert_input_failed(store, (await detail_of(store, task)).task.seq, why)

    async def test_a_cancel_fails_what_waits(self, store: Store) -> None:
        producer = new_task()
        seq = await made(store, producer)
        dependant = await made(store, waiting_for(producer.id))
        assert await store.request_cancel(seq, NOW) is S.CANCELLED
        await self.assert_input_failed(store, dependant, "that task was cancelled")

    async def test_a_producer_that_ended_before_the_create_is_not_missed(self, store: Store) -> None:
        good, bad = new_task(), new_task()
        await made(store, good)
        await succeed(store, good, artifact(0))
        await made(store, bad)
        await fail(store, bad)
        assert (await row_of(store, await made(store, waiting_for(good.id)))).state is S.QUEUED
        await self.assert_input_failed(store, await made(store, waiting_for(bad.id)), "that task failed")
        unknown = await made(store, waiting_for(new_task_id()))
        await self.assert_input_failed(store, unknown, "there is no such task")

    @staticmethod
    async def assert_input_failed(store: Store, seq: int, why: str) -> None:
        """Check that a task failed for want of an input, with its event, and what it says."""
        row = await row_of(store, seq)
        assert (row.state, row.finished_at, row.due_at) == (S.FAILED, NOW, None)
        assert row.error is not None
        assert decode_error(row.error).code == "input_failed"
        assert why in decode_error(row.error).message
        detail = await store.detail(row.id)
        assert detail is not None
        assert [entry.error for entry in detail.inputs] == [row.error]
        assert kinds(detail) == ["created", "input_failed"]

    @pytest.mark.parametrize("state", [S.WAITING, S.QUEUED])
    async def test_what_has_not_left_is_cancelled_at_once(self, store: Store, state: TaskState) -> None:
        inputs = (NewInput("style", "url", url="u"),) if state is S.WAITING else ()
        task = new_task(state=state, inputs=inputs)
        seq = await made(store, task)
        assert await store.request_cancel(seq, NOW + 1) is S.CANCELLED
        detail = await detail_of(store, task)
        row = detail.task
        assert (row.state, row.finished_at, row.cancel_at, row.due_at) == (
            S.CANCELLED,
            NOW + 1,
            NOW + 1,
            None,
        )
        assert kinds(detail) == ["created", "cancelled"]
        assert await store.request_cancel(seq, NOW + 2) is S.CANCELLED
        assert await row_of(store, seq) == row

    async def test_a_running_task_is_only_marked(self, store: Store) -> None:
        claim = await claimed(store)
        await store.bind([Binding(claim.seq, 1, "r", NOW, NOW + HOUR)])
        before = await row_of(store, claim.seq)
        assert await store.request_cancel(claim.seq, NOW + 1) is S.RUNNING
        marked = await row_of(store, claim.seq)
        due = structs.replace(before, cancel_at=NOW + 1, due_at=NOW + 1)
        assert marked == structs.replace(due, revision=before.revision + 1)
        assert await store.request_cancel(claim.seq, NOW + 2) is S.RUNNING
        assert await row_of(store, claim.seq) == marked

    async def test_a_leased_task_keeps_its_lease_when_marked(self, store: Store) -> None:
        claim = await claimed(store)
        assert await store.request_cancel(claim.seq, NOW + 1) is S.SUBMITTING
        row = await row_of(store, claim.seq)
        assert (row.due_at, row.fence, row.worker_id, row.cancel_at) == (
            NOW + LEASE,
            claim.fence,
            "w",
            NOW + 1,
        )

    async def test_cancelling_nothing_is_none(self, store: Store) -> None:
        assert await store.request_cancel(404, NOW) is None

    @pytest.mark.parametrize("code", ["outcome_unknown", "deadline"])
    async def test_a_late_find_is_collected(self, store: Store, code: str) -> None:
        task = new_task(deadline_at=NOW + 1)
        await made(store, task)
        seq = await fail(store, task, code)
        assert await store.reopen(seq, "found-1", NOW + 2) is True
        detail = await detail_of(store, task)
        row, (attempt,) = detail.task, detail.attempts
        assert (row.state, row.upstream_ref, row.error, row.finished_at) == (
            S.COLLECTING,
            "found-1",
            None,
            None,
        )
        assert (attempt.closed_at, attempt.upstream_ref) == (None, "found-1")
        assert kinds(detail)[-1] == "found"
        assert await store.overdue(NOW + 2, 10) == ()
        (taken,) = await store.take_due(S.COLLECTING, CHANNEL, "c", NOW + 2, LEASE, 1)
        end = change(taken, S.SUCCEEDED, artifacts=(artifact(),), attempt_outcome="succeeded")
        assert await store.apply([end]) == {seq}

    async def test_other_tasks_stay_closed(self, store: Store) -> None:
        task = new_task()
        await made(store, task)
        assert await store.reopen(await fail(store, task), "r", NOW) is False
        assert await store.reopen(await made(store, new_task()), "r", NOW) is False
        assert await store.reopen(404, "r", NOW) is False

    async def test_a_task_that_never_left_cannot_be_found(self, store: Store) -> None:
        seq = await made(store, new_task())
        row = await row_of(store, seq)
        await store.apply([change(row, S.FAILED, error=failure("deadline"))])
        assert await store.reopen(seq, "r", NOW) is False


class Retention(StoreHook):
    """Pruning and expiry."""

    async def done(
        self, store: Store, *made_of: NewArtifact, inputs: Sequence[NewInput] = ()
    ) -> tuple[NewTask, int]:
        """Return a task that succeeded at `NOW`."""
        task = new_task(inputs=tuple(inputs))
        await made(store, task)
        return task, await succeed(store, task, *made_of)

    async def test_prune_takes_everything_of_old_tasks(self, store: Store) -> None:
        result, entry = artifact(), NewInput("style", "value", sha256=b"1" * 32, media_key="inputs/1")
        task, seq = await self.done(store, result, inputs=(entry,))
        fresh = await made(store, new_task())
        assert await store.prune(NOW, 10) == ()
        assert set(await store.prune(NOW + 1, 10)) == {result.media_key, "inputs/1"}
        assert await store.detail(task.id) is None
        assert await store.artifacts(seq) == ()
        assert await store.attempt_outcomes(seq) == ()
        assert await store.get_seq(fresh) is not None

    async def test_a_result_stays_while_a_task_needs_it(self, store: Store) -> None:
        """The producer may be pruned while the one that was frozen from it waits for another."""
        producer, result, other = new_task(), artifact(), new_task(lane="image/Other/1.0")
        await made(store, producer)
        await made(store, other)
        entries = tuple(
            NewInput("style", "task", from_task=p.id, n=n) for n, p in enumerate((producer, other))
        )
        await made(store, new_task(state=S.WAITING, inputs=entries))
        await succeed(store, producer, result)
        assert await store.prune(NOW + 1, 10) == ()
        assert await store.get(producer.id) is None
        assert await store.media_in_use(result.media_key)

    async def test_shared_media_stay(self, store: Store) -> None:
        entry = NewInput("style", "value", sha256=b"1" * 32, media_key="inputs/shared")
        await self.done(store, inputs=(entry,))
        await made(store, new_task(inputs=(entry,)))
        assert await store.prune(NOW + 1, 10) == ()
        assert await store.media_in_use("inputs/shared")
        assert not await store.media_in_use("inputs/none")

    async def test_prune_keeps_its_limit_and_takes_the_oldest(self, store: Store) -> None:
        for i in range(5):
            await store.request_cancel(await made(store, new_task()), NOW + i)
        await store.prune(NOW + 10, 3)
        assert [row.finished_at for row in await store.list_tasks(TaskFilter())] == [NOW + 4, NOW + 3]

    async def test_a_large_prune_goes_in_steps(self, store: Store) -> None:
        seqs = await asyncio.gather(*(made(store, new_task()) for _ in range(250)))
        await asyncio.gather(*(store.request_cancel(seq, NOW) for seq in seqs))
        await store.prune(NOW + 1, 1_000)
        assert await store.list_tasks(TaskFilter()) == ()

    async def test_a_pruned_seq_is_never_used_again(self, store: Store) -> None:
        seq = await made(store, new_task())
        await store.request_cancel(seq, NOW)
        await store.prune(NOW + 1, 10)
        await store.close()
        await store.open()
        assert await made(store, new_task()) > seq

    async def test_what_has_a_file_id_stays(self, store: Store) -> None:
        _, kept = await self.done(store, artifact(0, file_id=123456789012345678))
        _, old = await self.done(store, artifact(0))
        await store.prune(NOW + 1_000, 10)
        assert await store.get_seq(kept) is not None
        assert await store.get_seq(old) is None

    async def test_expired_artifacts_are_dropped_once(self, store: Store) -> None:
        old, young = artifact(0, expires_at=NOW + 5), artifact(1, expires_at=NOW + 50)
        _, seq = await self.done(store, old, young, artifact(2))
        assert await store.expired_artifacts(NOW, 10) == ()
        (expired,) = await store.expired_artifacts(NOW + 5, 10)
        assert (expired.task_seq, expired.role, expired.n, expired.media_key) == (
            seq,
            "result",
            0,
            old.media_key,
        )
        await store.drop_artifact_media([(seq, "result", 0)])
        assert await store.expired_artifacts(NOW + 5, 10) == ()
        assert not await store.media_in_use(old.media_key)
        kept = await store.artifacts(seq)
        assert [a.media_key for a in kept][:2] == ["", young.media_key]


class Uploads(StoreHook):
    """Pictures that tenants sent ahead."""

    async def test_an_upload_is_its_tenant_s_until_it_expires(self, store: Store) -> None:
        kept = UploadRow(1, b"a" * 32, "inputs/a", '{"width":1}', NOW + 10)
        await store.keep_upload(kept)
        assert await store.find_upload(1, kept.sha256, NOW) == kept
        assert await store.find_upload(2, kept.sha256, NOW) is None
        assert await store.find_upload(1, b"b" * 32, NOW) is None
        assert await store.find_upload(1, kept.sha256, NOW + 10) is None

    async def test_an_equal_upload_lives_as_long_as_the_newest(self, store: Store) -> None:
        for expires_at in (NOW + 10, NOW + 30):
            await store.keep_upload(UploadRow(1, b"a" * 32, "inputs/a", "{}", expires_at))
        found = await store.find_upload(1, b"a" * 32, NOW + 20)
        assert found is not None
        assert found.expires_at == NOW + 30

    async def test_forgotten_uploads_give_up_media_that_nobody_else_uses(self, store: Store) -> None:
        kept = ((1, b"a", NOW), (2, b"a", NOW + 5), (1, b"b", NOW), (1, b"c", NOW))
        for tenant, digest, expires_at in kept:
            row = UploadRow(tenant, digest * 32, f"inputs/{digest.decode()}", "{}", expires_at)
            await store.keep_upload(row)
        used = NewInput(role="style", source="value", sha256=b"c" * 32, media_key="inputs/c", probe="{}")
        await made(store, new_task(inputs=(used,)))
        assert await store.media_in_use("inputs/b")
        assert await store.forget_uploads(NOW) == ("inputs/b",)
        assert not await store.media_in_use("inputs/b")
        assert await store.forget_uploads(NOW) == ()
        assert await store.forget_uploads(NOW + 5) == ("inputs/a",)


class LettingGo(StoreHook):
    """Media that nobody uses any more, and who may delete it."""

    @staticmethod
    async def unused(store: Store, media_key: str = "inputs/a") -> tuple[str, ...]:
        """Create the one task that uses an input, cancel it and prune it; return what is to be deleted."""
        used = NewInput(role="style", source="value", sha256=b"a" * 32, media_key=media_key, probe="{}")
        await store.request_cancel(await made(store, new_task(inputs=(used,))), NOW)
        return await store.prune(NOW + 1, 10)

    async def test_who_wants_what_is_being_deleted_waits(self, store: Store) -> None:
        assert await self.unused(store) == ("inputs/a",)
        wanting = asyncio.ensure_future(store.hold_media("inputs/a", b"a" * 32))
        beside = asyncio.ensure_future(store.keep_upload(UploadRow(1, b"b" * 32, "inputs/b", "{}", NOW + 1)))
        await asyncio.wait((wanting, beside), return_when=asyncio.FIRST_COMPLETED)
        assert (wanting.done(), beside.done()) == (False, True)
        await store.media_deleted(["inputs/a"])
        await wanting
        assert await store.media_in_use("inputs/a")

    async def test_what_is_held_is_not_let_go(self, store: Store) -> None:
        await store.hold_media("inputs/a", b"a" * 32)
        assert await self.unused(store) == ()
        assert await store.forget_uploads(NOW + HOUR) == ("inputs/a",)

    async def test_it_is_one_callers_to_delete(self, store: Store) -> None:
        for tenant in (1, 2):
            await store.keep_upload(UploadRow(tenant, b"a" * 32, "inputs/a", "{}", NOW + tenant))
        assert await store.forget_uploads(NOW + 1) == ()
        assert await store.forget_uploads(NOW + 2) == ("inputs/a",)
        assert await store.forget_uploads(NOW + 3) == ()

    async def test_what_a_caller_died_deleting_is_deleted_by_another(self, store: Store) -> None:
        assert await self.unused(store) == ("inputs/a",)
        assert await store.forget_uploads(NOW + HOUR) == ("inputs/a",)
        await store.media_deleted(["inputs/a"])
        assert await store.forget_uploads(NOW + 2 * HOUR) == ()

    async def test_dropped_bytes_that_another_task_uses_stay(self, store: Store) -> None:
        seqs = []
        for _ in range(2):
            task = new_task()
            await made(store, task)
            seqs.append(await succeed(store, task, artifact(media_key="results/shared.mp4")))
        assert await store.drop_artifact_media([(seqs[0], "result", 0)]) == ()
        assert await store.drop_artifact_media([(seqs[1], "result", 0)]) == ("results/shared.mp4",)


class Directory(StoreHook):
    """Access keys and channels."""

    @staticmethod
    def key(name: str, n: int) -> KeyRow:
        """Return a key that no store has seen."""
        return KeyRow(0, 1, name, f"AKID{n}", b"sealed", bytes([n]) * 32, NOW, None)

    async def test_keys_are_found_by_both_their_names(self, store: Store) -> None:
        added = await store.add_key(self.key("a", 1))
        assert replace(added, id=0) == self.key("a", 1)
        other = await store.add_key(self.key("b", 2))
        assert added.id != other.id
        assert await store.find_secret_id("AKID1") == added
        assert await store.find_token(bytes([2]) * 32) == other
        assert await store.find_secret_id("AKID9") is None
        assert await store.find_token(b"") is None
        assert await store.keys() == (added, other)

    async def test_a_secret_id_is_taken_once(self, store: Store) -> None:
        both = await asyncio.gather(
            *(store.add_key(self.key(name, 1)) for name in "ab"), return_exceptions=True
        )
        assert [type(one) for one in both] == [KeyRow, InvalidValue]
        assert [row.name for row in await store.keys()] == ["a"]

    async def test_a_key_is_revoked_once(self, store: Store) -> None:
        await store.add_key(self.key("a", 1))
        assert await store.revoke_key("AKID1", NOW + 1) is True
        assert await store.revoke_key("AKID1", NOW + 2) is False
        assert await store.revoke_key("AKID9", NOW) is False
        found = await store.find_secret_id("AKID1")
        assert found is not None
        assert found.revoked_at == NOW + 1

    async def test_a_channel_keeps_its_id(self, store: Store) -> None:
        first = await store.put_channel("mps", "tencent_mps", "{}", True)
        other = await store.put_channel("demo", "preview", "{}", False)
        again = await store.put_channel("mps", "tencent_mps", '{"region":"x"}', False)
        assert again == replace(first, config='{"region":"x"}', enabled=False)
        assert await store.channels() == (again, other)


# ---------------------------------------------------------------- the outbox

APP: Final = 1_500_000_001
DAY: Final = 24 * HOUR
CONFIRM_MS: Final = 30_000
PUSHED: Final = EventConfig(1, APP, EventMode.PUSH, NOW, "https://app.example/events")


def vod_task(**changes: Any) -> NewTask:
    """Return a queued task of the VOD application `APP`."""
    return new_task(**{"wire": "vod", "sub_app_id": APP, **changes})


def hooked(**urls: Any) -> NewTask:
    """Return a queued task whose `extra` says where to tell of its end."""
    return new_task(extra=encode_json({"Operator": "me", **urls}))


async def pulled(store: Store, now: int = NOW, *, tenant: int = 1, app: int = APP) -> tuple[OutboxRow, ...]:
    """Pull all events of an application as its client does."""
    return await store.pull_events(tenant, app, now, 16, now + CONFIRM_MS)


async def taken(store: Store, *sinks: Sink, now: int = NOW, limit: int = 10) -> tuple[OutboxRow, ...]:
    """Take messages as the notifier does; all sinks unless some are named."""
    return await store.take_outbox(sinks or tuple(Sink), now, LEASE, limit)


async def cancelled(store: Store, task: NewTask, at: int = NOW) -> int:
    """Create a task and cancel it in the queue; return its seq."""
    seq = await made(store, task)
    await store.request_cancel(seq, at)
    return seq


def handles(found: Sequence[OutboxRow]) -> list[str]:
    """Return the handles of lent messages."""
    return [row.handle or "" for row in found]


class Outbox(StoreHook):
    """Which ends are told of, and to whom."""

    async def test_success_failure_and_cancel_write_one_event_each(self, store: Store) -> None:
        good, bad = vod_task(), vod_task()
        seqs = [await made(store, task) for task in (good, bad)]
        claims = (await store.claim_queued(claim_order())).claims
        assert await pulled(store) == ()
        ends = [
            change(claims[0], S.SUCCEEDED, artifacts=(artifact(),), attempt_outcome="succeeded"),
            change(claims[1], S.FAILED, error=failure("upstream_failed"), attempt_outcome="refused"),
        ]
        assert await store.apply(ends) == set(seqs)
        seqs.append(await cancelled(store, vod_task()))
        seqs.append(await cancelled(store, vod_task(state=S.WAITING, inputs=(NewInput("style", "url"),))))
        found = await pulled(store)
        assert [row.task_seq for row in found] == seqs
        assert [row.task_id for row in found][:2] == [good.id, bad.id]
        first = found[0]
        assert (first.tenant_id, first.sub_app_id, first.sink, first.created_at) == (1, APP, Sink.VOD, NOW)
        assert (first.tries, first.done_at, first.last_error) == (0, None, None)

    async def test_a_failed_input_is_told_of(self, store: Store) -> None:
        seq = await made(store, vod_task(state=S.WAITING, inputs=(NewInput("style", "url"),)))
        (row,) = await store.take_due(S.WAITING, None, "w", NOW, LEASE, 10)
        assert await store.apply([change(row, S.FAILED, error=failure("input_failed"))]) == {seq}
        assert [row.task_seq for row in await pulled(store)] == [seq]

    async def test_dependants_that_fail_are_told_of(self, store: Store) -> None:
        producer = vod_task()
        seqs = [await made(store, producer)]
        child = waiting_for(producer.id, wire="vod", sub_app_id=APP)
        seqs.append(await made(store, child))
        seqs.append(await made(store, waiting_for(child.id, wire="vod", sub_app_id=APP)))
        await fail(store, producer)
        assert sorted(row.task_seq for row in await pulled(store)) == seqs

    async def test_a_task_that_fails_as_it_is_created_is_told_of(self, store: Store) -> None:
        producer = new_task()
        await cancelled(store, producer)
        seq = await made(store, waiting_for(producer.id, wire="vod", sub_app_id=APP))
        assert [row.task_seq for row in await pulled(store)] == [seq]

    async def test_two_paths_to_the_end_make_one_message(self, store: Store) -> None:
        claim = await claimed(store, vod_task())
        first = change(claim, S.FAILED, error=failure("deadline"), attempt_outcome="deadline")
        second = change(claim, S.SUCCEEDED, artifacts=(artifact(),), attempt_outcome="succeeded")
        landed = await asyncio.gather(
            store.apply([first]), store.apply([second]), store.request_cancel(claim.seq, NOW)
        )
        assert [landed[0], landed[1]].count({claim.seq}) == 1
        await store.apply([first, second])
        assert len(await pulled(store)) == 1
        assert await pulled(store) == ()

    async def test_each_sink_is_told_where_the_task_asks_for_it(self, store: Store) -> None:
        both = hooked(fal_webhook="https://a.example/x", webhook="http://b.example")
        extra = encode_json({"fal_webhook": "https://a.example/y"})
        seqs = [await cancelled(store, both), await cancelled(store, vod_task(extra=extra))]
        found = {(row.task_seq, row.sink) for row in await taken(store)}
        assert found == {(seqs[0], Sink.FAL), (seqs[0], Sink.WEBHOOK), (seqs[1], Sink.FAL)}
        assert [row.task_seq for row in await pulled(store)] == [seqs[1]]

    async def test_tasks_that_ask_for_nothing_write_nothing(self, store: Store) -> None:
        odd = ({"x": 1}, {"y": "https://a"}, 5, None, "", "ftp://a.example", ["https://a.example"])
        for value in odd:
            await cancelled(store, hooked(fal_webhook=value, webhook=value))
        for extra in ("", "[]", "no json", '"https://a.example"'):
            await cancelled(store, new_task(extra=extra))
        await cancelled(store, new_task(sub_app_id=APP))
        await cancelled(store, vod_task(sub_app_id=None))
        assert await taken(store) == ()
        assert await pulled(store) == ()

    async def test_a_task_found_after_all_is_told_of_again(self, store: Store) -> None:
        task = vod_task()
        await made(store, task)
        seq = await fail(store, task, "outcome_unknown")
        (told,) = await pulled(store)
        assert await store.confirm_events(1, handles([told]), NOW) == 1
        assert await store.reopen(seq, "up-1", NOW) is True
        assert await pulled(store, NOW + HOUR) == ()
        (row,) = await store.take_due(S.COLLECTING, None, "w", NOW, LEASE, 1)
        end = change(row, S.SUCCEEDED, artifacts=(artifact(),), attempt_outcome="succeeded")
        assert await store.apply([end]) == {seq}
        (again,) = await pulled(store)
        assert (again.task_seq, again.n > told.n) == (seq, True)

    async def test_messages_outlive_a_restart_with_their_leases(self, store: Store) -> None:
        await cancelled(store, vod_task())
        await cancelled(store, vod_task())
        (lent,) = await store.pull_events(1, APP, NOW, 1, NOW + CONFIRM_MS)
        await store.close()
        await store.open()
        (other,) = await pulled(store)
        assert other.n > lent.n
        assert await store.confirm_events(1, handles([lent, other]), NOW) == 2

    async def test_they_go_with_their_task_or_after_four_days(self, store: Store) -> None:
        await cancelled(store, vod_task(), NOW - 1)
        await cancelled(store, vod_task())
        await store.prune(NOW, 10)
        assert len(await pulled(store)) == 1
        assert await store.prune_outbox(NOW + 4 * DAY - 1) == 0
        assert await store.prune_outbox(NOW + 4 * DAY) == 1
        assert await store.prune_outbox(NOW + 4 * DAY) == 0

    async def test_a_large_prune_takes_everything(self, store: Store) -> None:
        seqs = await asyncio.gather(*(made(store, vod_task()) for _ in range(1_100)))
        await asyncio.gather(*(store.request_cancel(seq, NOW) for seq in seqs))
        assert await store.prune_outbox(NOW + 4 * DAY) == 1_100


class PulledEvents(StoreHook):
    """Events that an application fetches and confirms."""

    async def test_the_oldest_come_first_up_to_the_limit(self, store: Store) -> None:
        seqs = [await cancelled(store, vod_task(), NOW - i) for i in range(5)]
        first = await store.pull_events(1, APP, NOW, 3, NOW + CONFIRM_MS)
        assert [row.task_seq for row in first] == seqs[:3]
        assert [row.task_seq for row in await pulled(store)] == seqs[3:]

    async def test_an_unconfirmed_event_comes_again_under_another_handle(self, store: Store) -> None:
        await cancelled(store, vod_task())
        (first,) = await pulled(store)
        assert await pulled(store, NOW + CONFIRM_MS - 1) == ()
        (again,) = await pulled(store, NOW + CONFIRM_MS)
        assert again.n == first.n
        assert len({first.handle, again.handle, None}) == 3
        assert await store.confirm_events(1, handles([first]), NOW + CONFIRM_MS) == 0
        assert await store.confirm_events(1, handles([again]), NOW + CONFIRM_MS) == 1

    async def test_a_confirmed_event_never_comes_again(self, store: Store) -> None:
        await cancelled(store, vod_task())
        (row,) = await pulled(store)
        assert await store.confirm_events(1, handles([row]), NOW + CONFIRM_MS - 1) == 1
        for later in (0, CONFIRM_MS, HOUR, 3 * DAY):
            assert await pulled(store, NOW + later) == ()
        assert await store.confirm_events(1, handles([row]), NOW + DAY) == 1  # an answer got lost

    async def test_late_and_foreign_confirms_do_not_count(self, store: Store) -> None:
        for _ in range(3):
            await cancelled(store, vod_task())
        first, second, third = handles(await pulled(store))
        assert await store.confirm_events(2, [first], NOW) == 0
        assert await store.confirm_events(1, [second, "no handle", "", second], NOW) == 1
        assert await store.confirm_events(1, [], NOW) == 0
        assert await store.confirm_events(1, [first, third], NOW + CONFIRM_MS) == 0
        assert len(await pulled(store, NOW + CONFIRM_MS)) == 2

    async def test_handles_are_long_and_all_different(self, store: Store) -> None:
        for _ in range(16):
            await cancelled(store, vod_task())
        found = handles(await pulled(store))
        assert len(set(found)) == 16
        assert min(map(len, found)) >= 32

    async def test_others_see_nothing(self, store: Store) -> None:
        await cancelled(store, vod_task())
        assert await pulled(store, tenant=2) == ()
        assert await pulled(store, app=APP + 1) == ()
        assert len(await pulled(store)) == 1

    async def test_pulls_at_once_share_nothing(self, store: Store) -> None:
        for _ in range(10):
            await cancelled(store, vod_task())
        pulls = [store.pull_events(1, APP, NOW, 3, NOW + CONFIRM_MS) for _ in range(5)]
        found = [row.n for rows in await asyncio.gather(*pulls) for row in rows]
        assert len(found) == len(set(found)) == 10

    async def test_unread_events_are_kept_four_days(self, store: Store) -> None:
        await cancelled(store, vod_task())
        assert await pulled(store, NOW + 4 * DAY) == ()
        assert len(await pulled(store, NOW + 4 * DAY - 1)) == 1


class PushedMessages(StoreHook):
    """Messages that we deliver, and how applications choose that."""

    async def test_a_configuration_reads_back(self, store: Store) -> None:
        assert await store.event_config(1, APP) is None
        await store.put_event_config(PUSHED)
        other = replace(PUSHED, sub_app_id=APP + 1, sign_key=b"sealed", delete_switch=True)
        await store.put_event_config(other)
        assert await store.event_config(1, APP) == PUSHED
        assert await store.event_config(1, APP + 1) == other
        assert await store.event_config(2, APP) is None
        pulls = EventConfig(1, APP, EventMode.PULL, NOW + 1, upload_switch=True, persistence_switch=True)
        await store.put_event_config(pulls)
        assert await store.event_config(1, APP) == pulls

    async def test_the_mode_decides_who_gets_the_events(self, store: Store) -> None:
        await cancelled(store, vod_task())
        assert await taken(store) == ()
        await store.put_event_config(replace(PUSHED, notification_url=""))
        assert await taken(store) == await pulled(store) == ()
        await store.put_event_config(PUSHED)
        assert await pulled(store) == ()
        assert await taken(store, Sink.FAL, Sink.WEBHOOK) == ()
        (row,) = await taken(store)
        assert await store.settle_outbox(row.n, handles([row])[0], now=NOW, due_at=NOW) is True
        await store.put_event_config(replace(PUSHED, mode=EventMode.PULL))
        assert await taken(store) == ()
        assert [found.n for found in await pulled(store)] == [row.n]

    async def test_another_application_keeps_pulling(self, store: Store) -> None:
        await store.put_event_config(PUSHED)
        for tenant, app in ((1, APP), (1, APP + 1), (2, APP)):
            await cancelled(store, vod_task(tenant_id=tenant, sub_app_id=app))
        assert [(row.tenant_id, row.sub_app_id) for row in await taken(store)] == [(1, APP)]
        assert len(await pulled(store, app=APP + 1)) == len(await pulled(store, tenant=2)) == 1

    async def test_what_is_due_the_longest_is_taken_whatever_its_sink(self, store: Store) -> None:
        await store.put_event_config(PUSHED)
        tasks = (hooked(webhook="http://a"), vod_task(), hooked(fal_webhook="http://a"), vod_task())
        seqs = [await cancelled(store, task, NOW - i) for i, task in enumerate(tasks)]
        assert [row.task_seq for row in await taken(store, limit=2)] == seqs[2:]
        assert [row.task_seq for row in await taken(store)] == seqs[:2]
        assert await taken(store) == ()
        assert await store.take_outbox((), NOW + HOUR, LEASE, 10) == ()

    async def test_only_the_holder_settles_and_only_once(self, store: Store) -> None:
        await cancelled(store, hooked(webhook="http://a"))
        (old,) = await taken(store)
        assert await taken(store, now=NOW + LEASE - 1) == ()
        (new,) = await taken(store, now=NOW + LEASE)
        assert await store.settle_outbox(old.n, handles([old])[0], now=NOW) is False
        assert await store.settle_outbox(new.n, handles([new])[0], now=NOW) is True
        assert await store.settle_outbox(new.n, handles([new])[0], now=NOW) is False
        assert await taken(store, now=NOW + DAY) == ()

    async def settle(self, store: Store, now: int, **outcome: Any) -> OutboxRow:
        """Take the one message that is due and settle it; return it as it was taken."""
        (row,) = await taken(store, now=now)
        assert await store.settle_outbox(row.n, handles([row])[0], now=now, **outcome) is True
        return row

    async def test_failed_tries_are_counted_and_the_last_is_in_the_timeline(self, store: Store) -> None:
        task = hooked(webhook="http://a")
        await cancelled(store, task)
        await self.settle(store, NOW, due_at=NOW + 10, error="HTTP 500")
        assert await taken(store, now=NOW + 9) == ()
        second = await self.settle(store, NOW + 10, due_at=NOW + 20)
        third = await self.settle(store, NOW + 20, error="HTTP 410")
        assert [(row.tries, row.last_error) for row in (second, third)] == [(1, "HTTP 500")] * 2
        assert await taken(store, now=NOW + DAY) == ()
        detail = await detail_of(store, task)
        assert kinds(detail) == ["created", "cancelled", "notify_failed"]
        assert detail.events[-1].data == '{"sink":"webhook","message":"HTTP 410","tries":2}'

    async def test_a_delivery_is_silent(self, store: Store) -> None:
        task = hooked(webhook="http://a")
        await cancelled(store, task)
        await self.settle(store, NOW)
        assert kinds(await detail_of(store, task)) == ["created", "cancelled"]

    async def test_a_new_configuration_is_tried_at_once(self, store: Store) -> None:
        await store.put_event_config(PUSHED)
        await cancelled(store, vod_task())
        await self.settle(store, NOW, due_at=NOW + HOUR, error="HTTP 500")
        assert await taken(store, now=NOW + 1) == ()
        await store.put_event_config(replace(PUSHED, updated_at=NOW + 1, notification_url="http://b"))
        (row,) = await taken(store, now=NOW + 1)
        assert row.tries == 0


# ---------------------------------------------------------------- invariants


async def check_invariants(store: Store, seqs: Iterable[int], fences: dict[int, int]) -> None:
    """Check what must hold after every write; `fences` remembers the last fence of each task."""
    for seq in seqs:
        row = await row_of(store, seq)
        detail = await store.detail(row.id)
        assert detail is not None
        assert row.state.final == (row.finished_at is not None)
        assert not (row.state.final and (row.due_at is not None or row.worker_id is not None))
        assert row.fence >= fences.get(seq, 0)
        fences[seq] = row.fence
        assert [line.n for line in detail.events] == list(range(1, len(detail.events) + 1))
        open_attempts = [attempt.n for attempt in detail.attempts if attempt.closed_at is None]
        holds = row.state in (S.SUBMITTING, S.RUNNING, S.UNKNOWN, S.COLLECTING)
        assert open_attempts == ([row.attempt] if holds else [])
        assert len(detail.attempts) == row.attempt


class Walk:
    """A random walk of one store through creates, claims, bindings, changes and cancels."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.seqs: list[int] = []
        self.fences: dict[int, int] = {}
        self.now = NOW

    async def step(self, move: str, pick: int) -> None:
        """Make one move with the task that `pick` names; moves that do not apply must change nothing."""
        self.now += 1
        if move == "create":
            self.seqs.append(await made(self.store, vod_task(tenant_id=1 + pick % 3)))
        elif move == "wait" and self.seqs:
            producer = await row_of(self.store, self.seqs[pick % len(self.seqs)])
            waiting = waiting_for(producer.id, wire="vod", sub_app_id=APP)
            self.seqs.append(await made(self.store, waiting))
        elif move == "claim":
            await self.store.claim_queued(claim_order(now=self.now, want=1 + pick % 3, slots=4))
        elif move == "release":
            await self.store.release_all_leases(self.now)
        elif self.seqs:
            await self._touch(move, await row_of(self.store, self.seqs[pick % len(self.seqs)]))
        await check_invariants(self.store, self.seqs, self.fences)

    async def check_told(self) -> None:
        """Check that the tasks that have ended, and no others, have one event each."""
        ended = [seq for seq in self.seqs if (await row_of(self.store, seq)).state.final]
        pulls = [await self.store.pull_events(t, APP, self.now, 99, self.now) for t in (1, 2, 3)]
        assert sorted(row.task_seq for rows in pulls for row in rows) == ended

    async def _touch(self, move: str, row: TaskRow) -> None:
        if move == "bind":
            await self.store.bind([Binding(row.seq, row.attempt, "r", self.now, self.now)])
        elif move == "cancel":
            await self.store.request_cancel(row.seq, self.now)
        elif move == "reopen":
            await self.store.reopen(row.seq, "r", self.now)
        elif row.state in (S.SUBMITTING, S.RUNNING, S.UNKNOWN, S.COLLECTING):
            await self.store.take_due(row.state, None, "w", self.now + LEASE, 0, 1)
            await self.store.apply([self._ending(move, row)])

    def _ending(self, move: str, row: TaskRow) -> Change:
        change = Change(row.seq, row.fence, row.state, S.QUEUED, self.now, attempt_outcome=move)
        if move == "fail":
            return replace(change, to=S.FAILED, error=failure("outcome_unknown"))
        if move == "succeed":
            return replace(change, to=S.SUCCEEDED, artifacts=(artifact(),))
        if move == "collect":
            return replace(change, to=S.COLLECTING, upstream_ref="r", due_at=self.now, attempt_outcome=None)
        return change


MOVES: Final = (
    *("create", "wait", "claim", "bind", "requeue", "fail"),
    *("succeed", "collect", "cancel", "reopen", "release"),
)
"""What a walk can do."""


class Walks(StoreHook):
    """Invariants that hold after any sequence of operations."""

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 9)), min_size=5, max_size=25))
    def test_any_sequence_keeps_the_invariants(self, steps: list[tuple[str, int]]) -> None:
        asyncio.run(self.walk(steps))

    async def walk(self, steps: list[tuple[str, int]]) -> None:
        """Walk one store of its own."""
        with TemporaryDirectory() as folder:
            store = self.make(Path(folder), lambda: NOW)
            await store.open()
            try:
                walk = Walk(store)
                for move, pick in steps:
                    await walk.step(move, pick)
                await walk.check_told()
            finally:
                await store.close()


class Upstreams(StoreHook):
    """What is kept about upstreams, and tasks found by what upstreams call them."""

    async def test_credentials_are_kept_by_id_and_dropped(self, store: Store) -> None:
        await store.put_credential("a", b"sealed", NOW)
        await store.put_credential("b", b"other", NOW + 1)
        await store.put_credential("a", b"again", NOW)
        assert await store.credential("a") == b"again"
        assert await store.credentials() == ("a", "b")
        await store.drop_credential("a")
        assert await store.credential("a") is None
        assert await store.credentials() == ("b",)

    async def test_what_was_learnt_is_replaced_by_name(self, store: Store) -> None:
        await store.put_learnt([("1/video", "[1]"), ("slots:1", "{}")], NOW)
        await store.put_learnt([("1/video", "[2]")], NOW + 1)
        assert await store.learnt() == {"1/video": "[2]", "slots:1": "{}"}

    async def test_open_attempts_are_counted_by_channel_and_kind(self, store: Store) -> None:
        assert await store.slots_used() == {}
        for kind, lane in (("video", LANE), ("video", LANE), ("image", "image/Kling/3.0")):
            await made(store, new_task(kind=kind, lane=lane))
        await store.claim_queued(claim_order())
        await store.claim_queued(claim_order(lane="image/Kling/3.0", channel_id=8, frozen="{}"))
        assert await store.slots_used() == {(CHANNEL, "video"): 2, (8, "image"): 1}
        assert set(await store.accounts()) == {claim_order().frozen, "{}"}

    async def test_slots_of_one_kind_are_a_limit_of_their_own(self, store: Store) -> None:
        for _ in range(3):
            await made(store, new_task())
            await made(store, new_task(kind="image", lane="image/Kling/3.0"))
        pictures = claim_order(lane="image/Kling/3.0", kind="image", kind_slots=2)
        assert len((await store.claim_queued(pictures)).claims) == 2
        assert len((await store.claim_queued(pictures)).claims) == 0
        films = claim_order(kind="video", kind_slots=9, slots=4)
        assert len((await store.claim_queued(films)).claims) == 2  # the channel has four in all

    async def test_hints_make_our_tasks_due(self, store: Store) -> None:
        for _ in range(3):
            await made(store, new_task())
        first, second, third = (await store.claim_queued(claim_order())).claims
        far = NOW + HOUR
        await store.bind([Binding(c.seq, 1, f"ref-{c.seq}", NOW, far) for c in (first, second, third)])
        key = attempt_key(second.id, 1)
        known = await store.hasten(CHANNEL, [f"ref-{first.seq}", "another's"], [key, "nobody's"], NOW + 5)
        assert known == (f"ref-{first.seq}", key)
        assert await store.hasten(CHANNEL + 1, [f"ref-{third.seq}"], [], NOW + 5) == ()
        due = await store.take_due(S.RUNNING, CHANNEL, "w", NOW + 5, LEASE, 10)
        assert {row.seq for row in due} == {first.seq, second.seq}

    async def test_a_hint_leaves_a_task_alone_that_is_looked_at(self, store: Store) -> None:
        await made(store, new_task())
        (claim,) = (await store.claim_queued(claim_order())).claims
        await store.bind([Binding(claim.seq, 1, "ref", NOW, NOW)])
        await store.take_due(S.RUNNING, CHANNEL, "w", NOW, LEASE, 10)
        assert await store.hasten(CHANNEL, ["ref"], [], NOW + 5) == ("ref",)
        assert (await row_of(store, claim.seq)).due_at == NOW + LEASE

    async def test_a_binding_leaves_a_line_in_the_timeline(self, store: Store) -> None:
        task = new_task()
        await made(store, task)
        (claim,) = (await store.claim_queued(claim_order())).claims
        line = NewEvent("accepted", NOW, '{"ref":"r"}')
        await store.bind([Binding(claim.seq, 1, "r", NOW, NOW, (line,))])
        detail = await store.detail(task.id)
        assert detail is not None
        assert [(event.kind, event.data) for event in detail.events][-1] == ("accepted", '{"ref":"r"}')

    async def test_only_unclaimed_tasks_change_their_queue(self, store: Store) -> None:
        seqs = [await made(store, new_task(spec=f'{{"n":{n}}}')) for n in range(3)]
        waiting = await made(store, waiting_for(new_task_id()))
        (claim,) = (await store.claim_queued(claim_order(want=1))).claims
        left = [seq for seq in seqs if seq != claim.seq]
        told = await store.unclaimed(0, 10)
        assert [(seq, lane) for seq, lane, _ in told if seq != waiting] == [(seq, LANE) for seq in left]
        assert await store.unclaimed(left[0], 1) == (told[1],)
        moved = await store.relane([(claim.seq, "other"), (left[0], "other")])
        assert moved == {left[0]}
        assert await store.queued_lanes(NOW) == ("other", LANE)

    async def test_a_task_that_goes_back_may_change_its_queue(self, store: Store) -> None:
        await made(store, new_task())
        (claim,) = (await store.claim_queued(claim_order())).claims
        back = Change(claim.seq, claim.fence, S.SUBMITTING, S.QUEUED, NOW, attempt_outcome="x", lane="l!7")
        await store.apply([back])
        assert (await row_of(store, claim.seq)).lane == "l!7"

    async def test_results_whose_source_dies_soonest_are_collected_first(self, store: Store) -> None:
        ends = {}
        for source_end in (None, NOW + HOUR, NOW + 60_000):
            await made(store, new_task())
            (claim,) = (await store.claim_queued(claim_order())).claims
            done = Change(
                *(claim.seq, claim.fence, S.SUBMITTING, S.COLLECTING, NOW),
                due_at=NOW,
                upstream_ref="{}",
                source_expires_at=source_end,
            )
            await store.apply([done])
            ends[claim.seq] = source_end
        order = []
        for _ in range(3):
            (row,) = await store.take_due(S.COLLECTING, None, "w", NOW, LEASE, 1)
            order.append(ends[row.seq])
        assert order == [NOW + 60_000, NOW + HOUR, None]

    async def test_a_late_result_keeps_its_reference_beside_its_outputs(self, store: Store) -> None:
        task = new_task()
        seq = await made(store, task)
        (claim,) = (await store.claim_queued(claim_order())).claims
        await store.bind([Binding(seq, 1, "ref", NOW, NOW)])
        late = Change(seq, claim.fence, S.RUNNING, S.FAILED, NOW, error=failure("deadline"))
        assert await store.apply([late]) == {seq}
        assert await store.reopen(seq, "ref", NOW + 1, '{"outputs":[]}')
        detail = await store.detail(task.id)
        assert detail is not None
        assert detail.task.upstream_ref == '{"outputs":[]}'
        assert detail.attempts[0].upstream_ref == "ref"


class Messages(Outbox, PulledEvents, PushedMessages):
    """Everything about the messages that tasks have ended."""


class StoreSuite(
    Creates,
    Idempotency,
    Claims,
    Leases,
    Changes,
    Moves,
    Retention,
    Uploads,
    LettingGo,
    Directory,
    Upstreams,
    Messages,
    Walks,
):
    """The whole contract of `genmux.engine.ports.Store`."""
