"""Whether work stays as fast while the history of finished tasks grows, on PostgreSQL, and by which plans."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg
from psycopg import sql

from bench import machine
from bench.costs import CHANNEL, LEASE_MS, Life
from bench.postgres import first_row
from bench.table import print_table
from bench.tasks import LANE
from genmux.compose import now_ms, run
from genmux.domain.states import TaskState
from genmux.store import claims, leases, retention
from genmux.store.compiled import Sql
from genmux.store.postgres import PostgresStore
from genmux.store.postgres_connection import PgDb
from genmux.testing.postgres import postgres_server

SECONDS: Final = 30.0
"""A part of it scales the sizes down."""
ROUNDS: Final = 1
SIZES: Final = (10_000, 100_000, 1_000_000, 3_000_000)
TOGETHER: Final = 100
LEAST: Final = 1_000
TENANTS: Final = 50
DONE: Final = int(TaskState.SUCCEEDED)
ENDED: Final = 1_600_000_000_000
"""When the first task of the history ended, in milliseconds; the others follow one by one."""
PRUNES: Final = 5
IDLE: Final = "look for what is due"
STEPS: Final = ("create", "claim and bind", "look", "end and collect", IDLE, "prune")
HEAD: Final = ("finished tasks", "database MB", *STEPS)
FILL: Final = """
INSERT INTO tasks(seq, id, tenant_id, key_id, wire, kind, lane, state, revision, fence, attempt, channel_id,
                  upstream_ref, progress, deadline_at, created_at, submitted_at, accepted_at, finished_at)
SELECT g, decode(md5(g::text), 'hex'), g % {tenants}, 1, 'mps', 'video', {lane}, {done}, 5, 4, 1, {channel},
       'up-' || g, 100, {ended} + g, {ended} + g, {ended} + g, {ended} + g, {ended} + g
  FROM generate_series({first}, {last}) g;
INSERT INTO task_specs
SELECT seq, '{{"kind":"video","prompt":"a cat that walks over a bridge in the rain"}}', '{{}}'
  FROM tasks WHERE seq BETWEEN {first} AND {last};
INSERT INTO attempts(task_seq, n, key, channel_id, frozen, upstream_ref, outcome, opened_at, closed_at)
SELECT seq, 1, md5(seq::text) || '-1', {channel}, '{{"model":"kling"}}', 'up-' || seq, 'succeeded',
       created_at, finished_at
  FROM tasks WHERE seq BETWEEN {first} AND {last};
INSERT INTO events
SELECT seq, n, created_at, 'x', '{{}}' FROM tasks, generate_series(1, 2) n
 WHERE seq BETWEEN {first} AND {last};
INSERT INTO artifacts(task_seq, n, role, media_key, sha256, bytes, content_type, width, height, seconds,
                      probe)
SELECT seq, 0, 'result', 'tasks/' || seq || '/0.mp4', '', 100, 'video/mp4', 1280, 720, 5.0, '{{}}'
  FROM tasks WHERE seq BETWEEN {first} AND {last};
SELECT setval(pg_get_serial_sequence('tasks', 'seq'), {last});
"""
"""Finished tasks as they are kept: spec, attempt, two lines of the timeline and an artifact each."""


def _fill(url: str, wanted: int) -> float:
    """Bring the number of finished tasks up to `wanted`; return the size of the database in MB."""
    with psycopg.connect(url, autocommit=True) as db:
        have, last = first_row(db, f"SELECT count(*), coalesce(max(seq), 0) FROM tasks WHERE state = {DONE}")
        if have < wanted:
            values = {
                "tenants": TENANTS,
                "lane": LANE,
                "done": DONE,
                "channel": CHANNEL,
                "ended": ENDED,
                "first": last + 1,
                "last": last + wanted - have,
            }
            db.execute(sql.SQL(FILL).format(**{name: sql.Literal(value) for name, value in values.items()}))
            db.execute("VACUUM ANALYZE")
        return float(first_row(db, "SELECT pg_database_size(current_database())")[0]) / 1e6


async def _timed(batches: Iterable[Callable[[], Awaitable[Any]]]) -> float:
    """Run batches one after the other; return the median of their milliseconds."""
    took = []
    for batch in batches:
        begun = time.perf_counter()
        await batch()
        took.append((time.perf_counter() - begun) * 1e3)
    return median(took)


async def _measured(url: str) -> dict[str, float]:
    """Take tasks through their life beside the history; return the milliseconds of each step's batch."""
    store = PostgresStore(url, clock=now_ms)
    await store.open()

    async def idle() -> None:
        await store.queued_lanes(now_ms())
        await store.next_due(now_ms())

    async def prune() -> None:
        await store.prune(ENDED + max(SIZES), TOGETHER)

    try:
        life = Life(store, now_ms(), TOGETHER)
        return {
            "create": await _timed(life.creates()),
            "claim and bind": await _timed(life.claims()),
            "look": await _timed(life.looks()),
            IDLE: await _timed([idle] * PRUNES),
            "end and collect": await _timed(life.ends()),
            "prune": await _timed([prune] * PRUNES),
        }
    finally:
        await store.close()


async def _leave_live(url: str) -> None:
    """Leave some tasks queued and some running, for the plans."""
    store = PostgresStore(url, clock=now_ms)
    await store.open()
    try:
        life = Life(store, now_ms(), TOGETHER)
        (create, *_), (claim, *_) = life.creates(), life.claims()
        await create()
        await create()
        await claim()
    finally:
        await store.close()


def _plans(url: str) -> dict[str, str]:
    """Return how PostgreSQL goes about claiming, taking and pruning, measured and rolled back."""
    lease = {"worker": "bench", "lease_end": now_ms() + LEASE_MS, "now": now_ms() + LEASE_MS, "ch": CHANNEL}
    wanted: dict[str, tuple[Sql, Mapping[str, Any]]] = {
        "claim": (claims.TAKE, {**lease, "of_lane": LANE, "tenant": 1, "most": TOGETHER}),
        "take what is due": (leases.TAKE[TaskState.RUNNING], {**lease, "most": TOGETHER}),
        "prune": (retention.OLD, {"before": ENDED + max(SIZES), "most": TOGETHER}),
    }
    db = PgDb(url, by_key=True)
    found = {}
    try:
        for name, (statement, values) in wanted.items():
            explain = Sql.spelt("", f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {statement.postgres}")
            db.execute("BEGIN")
            found[name] = "\n".join(row[0] for row in db.execute(explain, values).fetchall())
            db.execute("ROLLBACK")
    finally:
        db.close()
    return found


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the table, milliseconds for each batch, and the plans beside the longest history.

    What waits for no disk is compared, so `fsync` is off.
    """
    scale = min(1.0, (SECONDS if seconds is None else seconds) / SECONDS)
    machine.pin(machine.server_core())
    with postgres_server(directory) as server, server.database() as url:
        rows = []
        for size in sorted({max(LEAST, round(size * scale)) for size in SIZES}):
            megabytes = _fill(url, size)
            found = [run(_measured(url)) for _ in range(rounds)]
            told = [f"{median(one[step] for one in found):.1f}" for step in STEPS]
            rows.append((f"{size:,}", f"{megabytes:,.0f}", *told))
        run(_leave_live(url))
        plans = _plans(url)
    print_table(f"Beside a history, ms for each batch of {TOGETHER}", HEAD, rows)
    for name, plan in plans.items():
        print(f"Plan of {name}:\n\n```text\n{plan}\n```\n", flush=True)
