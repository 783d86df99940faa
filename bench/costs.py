"""What each step of a task costs on PostgreSQL: CPU here and in the server, disk and log for each task."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from bench import machine
from bench.postgres import Server, durable_server, first_row
from bench.table import print_table
from bench.tasks import LANE, new_task
from genmux.compose import now_ms, run
from genmux.domain.states import TaskState
from genmux.engine.ports import Binding, Change, ClaimOrder, NewArtifact, NewEvent, Store, TaskRow
from genmux.store.postgres import PostgresStore

TASKS: Final = 4_000
"""So many tasks go from create to success in each round; fewer where fewer go together."""
TOGETHER: Final = (64, 8, 1)
"""So many creates wait for the same commit, and so many tasks are looked at by one statement."""
LEAST: Final = 512
LOOKS: Final = 3
TIMES: Final = {"look": LOOKS, "get": 0}
"""How often a task goes through a step, where it is not once; a client's reads are no part of it."""
WHOLE: Final = f"a task with {LOOKS} looks"
LEASE_MS: Final = 60_000
CHANNEL: Final = 1
HEAD: Final = (
    *("step", f"CPU here µs, {TOGETHER[0]} together", *(f"{n}" for n in TOGETHER[1:])),
    *(f"in PostgreSQL µs, {TOGETHER[0]} together", *(f"{n}" for n in TOGETHER[1:])),
    f"log bytes, {TOGETHER[0]} together",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one task cost in one step: CPU in µs (not a number where it cannot be told), `log` in bytes."""

    here_us: float
    server_us: float
    log: float


class Meter:
    """Sums up what every step cost in every round; `db` is a connection of its own."""

    def __init__(self, server: Server, db: psycopg.Connection[Any]) -> None:
        self._server = server
        self.costs: dict[str, list[Cost]] = {}
        self._db = db

    def log(self) -> float:
        """Return how many bytes of log the server has written."""
        return float(first_row(self._db, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")[0])

    async def step(self, name: str, batches: Iterable[Callable[[], Awaitable[int]]]) -> None:
        """Run the batches one after the other; each returns how many tasks it took on."""
        log, server = self.log(), self._server.cpu_seconds()
        here = time.process_time()
        count = max(1, sum([await batch() for batch in batches]))
        cost = Cost(
            (time.process_time() - here) * 1e6 / count,
            math.nan if (used := self._server.cpu_us(server, count)) is None else used,
            (self.log() - log) / count,
        )
        self.costs.setdefault(name, []).append(cost)


class Life:
    """Takes tasks from create to success, so many `together`, by the calls that the engine makes."""

    def __init__(self, store: Store, now: int, together: int) -> None:
        self.store = store
        self.now = now
        self.together = together
        self.batches = max(LEAST, TASKS * together // TOGETHER[0]) // together
        self.ids: list[bytes] = []

    def creates(self) -> Iterator[Callable[[], Awaitable[int]]]:
        """Yield group commits of new tasks."""
        for _ in range(self.batches):
            yield self._create

    async def _create(self) -> int:
        tasks = [new_task(self.now) for _ in range(self.together)]
        await asyncio.gather(*map(self.store.create, tasks))
        self.ids += [task.id for task in tasks]
        return len(tasks)

    def gets(self) -> Iterator[Callable[[], Awaitable[int]]]:
        """Yield point reads of every task."""
        for first in range(0, len(self.ids), self.together):
            yield partial(self._get, self.ids[first : first + self.together])

    async def _get(self, ids: Iterable[bytes]) -> int:
        return sum(row is not None for row in await asyncio.gather(*map(self.store.get, ids)))

    def claims(self) -> Iterator[Callable[[], Awaitable[int]]]:
        """Yield dispatch rounds and the binding of what they claimed."""
        for _ in range(self.batches):
            yield self._claim

    async def _claim(self) -> int:
        order = ClaimOrder(
            channel_id=CHANNEL,
            lane=LANE,
            worker_id="bench",
            now=self.now,
            lease_ms=LEASE_MS,
            want=self.together,
            slots=10 * TASKS,
            pace_name="channel:1:create",
            interval_us=0,
            horizon_us=200_000,
            after_tenant=0,
            frozen='{"endpoint":"https://mps.tencentcloudapi.com","model":"Kling 2.1"}',
        )
        round_ = await self.store.claim_queued(order)
        bound = await self.store.bind(
            [
                Binding(
                    seq=claim.seq,
                    attempt=claim.attempt,
                    upstream_ref=secrets.token_hex(16),
                    now=self.now,
                    first_poll_at=self.now,
                    events=(NewEvent("submitted", self.now, '{"channel":"bench"}'),),
                )
                for claim in round_.claims
            ]
        )
        return len(bound)

    def looks(self) -> Iterator[Callable[[], Awaitable[int]]]:
        """Yield polls that find every task still running."""
        for _ in range(LOOKS):
            for _ in range(self.batches):
                yield self._look
            self.now += LEASE_MS

    async def _look(self) -> int:
        rows = await self._take(TaskState.RUNNING)
        return len(await self.store.apply([self._again(row) for row in rows]))

    async def _take(self, state: TaskState) -> tuple[TaskRow, ...]:
        return await self.store.take_due(state, CHANNEL, "bench", self.now, LEASE_MS, self.together)

    def _again(self, row: TaskRow) -> Change:
        same = TaskState.RUNNING
        return Change(row.seq, row.fence, same, same, self.now, due_at=self.now + LEASE_MS, visible=False)

    def ends(self) -> Iterator[Callable[[], Awaitable[int]]]:
        """Yield polls that find the end, and what collecting writes."""
        for _ in range(self.batches):
            yield self._end

    async def _end(self) -> int:
        rows = await self._take(TaskState.RUNNING)
        found = '{"urls":["https://example.com/a.mp4"]}'
        await self.store.apply(
            [
                Change(
                    row.seq,
                    row.fence,
                    TaskState.RUNNING,
                    TaskState.COLLECTING,
                    self.now,
                    due_at=self.now,
                    upstream_ref=found,
                    events=(NewEvent("produced", self.now, "{}"),),
                )
                for row in rows
            ]
        )
        return len(
            await self.store.apply([self._success(row) for row in await self._take(TaskState.COLLECTING)])
        )

    def _success(self, row: TaskRow) -> Change:
        made = NewArtifact(
            n=0,
            role="result",
            media_key=f"results/{row.id.hex()}.mp4",
            sha256=secrets.token_bytes(32),
            size=2_000_000,
            content_type="video/mp4",
            width=1280,
            height=720,
            seconds=5.0,
            probe='{"fps":24}',
            expires_at=self.now + 86_400_000,
        )
        return Change(
            row.seq,
            row.fence,
            TaskState.COLLECTING,
            TaskState.SUCCEEDED,
            self.now,
            attempt_outcome="succeeded",
            events=(NewEvent("succeeded", self.now, "{}"),),
            artifacts=(made,),
        )


async def _rounds(url: str, meter: Meter, rounds: int, together: int) -> int:
    """Return how many tasks there are in the end."""
    store = PostgresStore(url, clock=now_ms)
    await store.open()
    try:
        for _ in range(rounds):
            life = Life(store, now_ms(), together)
            await meter.step("create", life.creates())
            await meter.step("get", life.gets())
            await meter.step("claim and bind", life.claims())
            await meter.step("look", life.looks())
            await meter.step("end and collect", life.ends())
        return rounds * life.batches * together
    finally:
        await store.close()


def _of_task(costs: Mapping[str, Cost]) -> Cost:
    """Return what a whole task costs."""
    parts = [(TIMES.get(name, 1), cost) for name, cost in costs.items()]
    here, server, log = (
        sum(times * getattr(cost, name) for times, cost in parts) for name in ("here_us", "server_us", "log")
    )
    return Cost(here, server, log)


def _row(name: str, found: Sequence[Cost]) -> tuple[str, ...]:
    """Return what a step costs, by how many go together."""
    times = [getattr(cost, what) for what in ("here_us", "server_us") for cost in found]
    return (name, *("-" if math.isnan(us) else f"{us:.0f}" for us in times), f"{found[0].log:,.0f}")


def _measured(server: Server, rounds: int, together: int) -> tuple[dict[str, Cost], float]:
    """Return the median cost of every step, and the bytes that a finished task takes."""
    with server.postgres.database() as url, psycopg.connect(url, autocommit=True) as db:
        meter = Meter(server, db)
        tasks = run(_rounds(url, meter, rounds, together))
        (size,) = first_row(
            db,
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = relnamespace WHERE relkind = 'r' AND nspname = 'public'",
        )
    costs = {
        name: Cost(*map(median, zip(*map(astuple, found), strict=True)))
        for name, found in meter.costs.items()
    }
    return {**costs, WHOLE: _of_task(costs)}, float(size) / tasks


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the table; a round has so many tasks, however long they take."""
    machine.pin(machine.server_core())
    with durable_server(directory, machine.server_core()) as server:
        found = [_measured(server, rounds, together) for together in TOGETHER]
    rows = [_row(name, [costs[name] for costs, _ in found]) for name in found[0][0]]
    print_table(f"One task's steps, PostgreSQL {server.version}", HEAD, rows)
    print(f"A finished task takes {found[0][1]:,.0f} bytes.")
