"""Every statement of the loops and of the callers goes by an index on PostgreSQL, as a generic plan too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from genmux.domain.states import TaskState
from genmux.engine.ports import Sink
from genmux.store import (
    abandoned,
    changes,
    claims,
    creates,
    dependants,
    events,
    holds,
    leases,
    media,
    outbox,
    reads,
    retention,
    upstreams,
)
from genmux.store.compiled import Batch, Sql
from genmux.store.postgres_connection import PgDb
from genmux.testing.postgres import Postgres

FINISHED = 15_000
LIVE = 300
FILL = f"""
INSERT INTO tasks(seq, id, tenant_id, wire, kind, lane, state, channel_id, upstream_ref, due_at, deadline_at,
                  created_at, finished_at)
SELECT g, decode(md5(g::text), 'hex'), g % 20, 'vod', 'video', 'video/Kling/2.1', 6, g % 5, 'up', NULL,
       g, g, g
  FROM generate_series(1, {FINISHED}) g;
INSERT INTO tasks(seq, id, tenant_id, wire, kind, lane, state, channel_id, upstream_ref, due_at, deadline_at,
                  created_at)
SELECT {FINISHED} + g, decode(md5('live' || g), 'hex'), g % 20, 'vod', 'video', 'video/Kling/2.' || g % 3,
       g % 6, CASE WHEN g % 6 > 1 THEN g % 5 END, 'up', g, g, g
  FROM generate_series(1, {LIVE}) g;
INSERT INTO task_specs SELECT seq, '{{}}', '{{}}' FROM tasks;
INSERT INTO attempts(task_seq, n, key, channel_id, frozen, upstream_ref, due_at, opened_at, closed_at)
SELECT seq, 1, md5(seq::text), 1 + seq % 5, '{{}}', 'up-' || seq,
       CASE WHEN seq % 100 = 0 THEN seq END, seq, CASE WHEN state = 6 THEN seq END FROM tasks;
INSERT INTO events SELECT seq, n, seq, 'x', '{{}}' FROM tasks, generate_series(1, 2) n;
INSERT INTO artifacts(task_seq, n, role, media_key, expires_at)
SELECT seq, 0, 'result', 'tasks/' || seq, 1000000 + seq FROM tasks WHERE state = 6;
INSERT INTO task_inputs(task_seq, n, role, source, from_task, sha256, media_key)
SELECT seq, 0, 'style', 'task', id, CASE WHEN state = 6 THEN id END,
       CASE WHEN state = 6 THEN 'inputs/' || seq END
  FROM tasks;
INSERT INTO outbox(task_seq, task_id, tenant_id, sub_app_id, sink, created_at, due_at, handle, done_at)
SELECT seq, id, tenant_id, tenant_id, CASE WHEN seq % 2 = 0 THEN 'vod' ELSE 'webhook' END, seq, seq,
       CASE WHEN seq % 50 = 0 THEN 'h' || seq END, CASE WHEN seq % 20 > 1 THEN seq END FROM tasks;
INSERT INTO idempotency SELECT g % 20, 'http', 'k' || g, '', '', 1000000 + g FROM generate_series(1, 5000) g;
INSERT INTO uploads SELECT tenant_id, id, 'inputs/' || seq, '{{}}', 1000000 + seq FROM tasks;
INSERT INTO event_configs SELECT t, 0, 'PUSH', 1, 'https://a.example', NULL, 0, 0, 0
  FROM generate_series(1, 3) t;
"""

TEXTS = ("of_lane", "of_kind", "paced", "worker", "stored_as", "word", "reason", "lease", "error", "lane")
BYTES = ("made_by",)

DUE = ("tasks_due",)
QUEUE = ("tasks_queue",)
OWN = {
    "artifacts": "artifacts_pk",
    "inputs": "task_inputs_pk",
    "attempts": "attempts_pk",
    "events": "events_pk",
    "messages": "outbox_once",
    "specs": "task_specs_pkey",
    "tasks": "tasks_pkey",
}
"""What is deleted with a task, in the order of `retention.DELETES`."""
ALL_MEDIA = ("artifacts_media", "inputs_media", "uploads_media")
PLANS: dict[str, tuple[Sql | Batch, tuple[str, ...]]] = {
    "claim": (claims.TAKE, QUEUE),
    "tenants after": (claims.TENANTS_AFTER, QUEUE),
    "tenants up to": (claims.TENANTS_UPTO, QUEUE),
    "lanes": (claims.LANES, QUEUE),
    "slots": (claims.SLOTS_USED, ("Index Cond: (channel_id",)),
    "kind slots": (claims.KIND_SLOTS_USED, ("Index Cond: (channel_id",)),
    **{f"take {state.word}": (leases.TAKE[state], DUE) for state in leases.TAKE},
    **{f"take any {state.word}": (leases.TAKE_ANY[state], DUE) for state in leases.TAKE_ANY},
    "take waiting": (leases.TAKE_WAITING, DUE),
    "extend": (leases.EXTEND, ("tasks_pkey",)),
    "next due": (leases.NEXT_DUE, DUE),
    "hold": (holds.TASKS, ("tasks_pkey",)),
    "apply": (changes.CHANGE, ("tasks_pkey",)),
    "end attempts": (changes.END, ("attempts_pk",)),
    "run": (changes.RUN, ("tasks_pkey",)),
    "name attempts": (changes.NAME, ("attempts_pk",)),
    "abandon attempts": (changes.ABANDON, ("attempts_pk", "tasks_pkey")),
    "append events": (events.APPEND, ("events_pk",)),
    "get": (reads.BY_IDS, ("tasks_id",)),
    "get by seq": (reads.BY_SEQS, ("tasks_pkey",)),
    "artifacts": (reads.ARTIFACTS_OF, ("artifacts_pk",)),
    "specs": (reads.SPECS_OF, ("task_specs_pkey",)),
    "inputs": (reads.INPUTS_OF, ("task_inputs_pk",)),
    "attempts": (reads.ATTEMPTS_OF, ("attempts_pk",)),
    "events": (reads.EVENTS_OF, ("events_pk",)),
    "overdue": (reads.OVERDUE, ("tasks_deadline",)),
    "reserved keys": (creates.FIND_MANY, ("idempotency_pk",)),
    "reserve": (creates.RESERVE, ("idempotency_pk",)),
    "producers": (dependants.HOLD_PRODUCERS, ("tasks_id",)),
    "dependants": (dependants.WAITING_ON, ("inputs_from",)),
    "awaited": (dependants.NEEDED, ("inputs_from",)),
    "prune": (retention.OLD, ("tasks_old",)),
    "expired": (retention.EXPIRED, ("artifacts_expiry",)),
    "forget keys": (retention.FORGET_KEYS, ("idempotency_old",)),
    **{
        f"delete {name}": (batch, (index,))
        for (name, index), batch in zip(OWN.items(), retention.DELETES, strict=True)
    },
    "media in use": (media.USED, ALL_MEDIA),
    "media unused": (media.UNUSED, ALL_MEDIA),
    "media doomed": (media.DOOMED, ("uploads_",)),
    "abandoned": (abandoned.DUE, ("attempts_due",)),
    "by reference": (upstreams.OPEN_BY_REF, ("attempts_ref",)),
    "by key": (upstreams.OPEN_BY_KEY, ("attempts_key",)),
    "unread": (outbox.UNREAD, ("outbox_pu",)),
    "pull": (outbox.PULL, ("outbox_pu",)),
    "confirm": (outbox.CONFIRM, ("outbox_handle",)),
    "take webhooks": (outbox.take_text((Sink.FAL, Sink.WEBHOOK)), ("outbox_due",)),
    "take pushes": (outbox.take_text(tuple(Sink)), ("outbox_pu", "outbox_due")),
    "prune messages": (outbox.OLD, ("outbox_old",)),
    "add messages": (outbox.ADD, ("tasks_pkey", "task_specs_pkey")),
    "withdraw": (outbox.WITHDRAW, ("outbox_once",)),
}
"""Statement by name, and how the indexes begin that its plan must name."""

SMALL = ("event_configs", "pace")


ENDED = "DELETE FROM tasks WHERE state < 6; DELETE FROM attempts WHERE closed_at IS NULL"
LIVES = {
    "empty": "",
    "history": f"{FILL} {ENDED}; ANALYZE",
    "live": f"{FILL} ANALYZE",
}
"""Databases by what they have seen: a plan that is made early is used for long."""


@pytest.fixture(scope="module", params=LIVES)
def database(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[PgDb]:
    """A database with more or less in it; its plans are generic, as after some executions."""
    with postgres.database() as url:
        with psycopg.connect(url, autocommit=True) as admin:
            for statement in filter(str.strip, LIVES[request.param].split(";")):
                admin.execute(statement.encode())
        db = PgDb(url, by_key=True)
        db.execute("SET plan_cache_mode = force_generic_plan", ())
        yield db
        db.close()


@pytest.mark.parametrize("name", PLANS)
def test_the_indexes_are_used(database: PgDb, name: str, request: pytest.FixtureRequest) -> None:
    statement, indexes = PLANS[name]
    seen = request.node.callspec.params["database"]
    if isinstance(statement, Batch) and statement.postgres.anew and seen != "live":
        return  # its plan is not kept
    plan = plan_of(database, statement)
    for index in indexes:
        assert index in plan, plan
    scanned = set(re.findall(r"Seq Scan on (\w+)", plan)) - set(SMALL)
    assert not scanned, plan


def plan_of(db: PgDb, statement: Sql | Batch) -> str:
    """Return the generic plan of a statement as psycopg prepares it, with the types of its values."""
    text = statement.postgres if isinstance(statement, Batch) else statement
    connection = db._connection
    connection.execute("BEGIN")
    try:
        known = set(names(connection))
        connection.execute(text.postgres_bytes, values_of(text), prepare=True)
        prepared, types = next((n, t) for n, t in names(connection).items() if n not in known)
        nulls = f"({', '.join(['NULL'] * types)})" if types else ""
        found = connection.execute(f"EXPLAIN EXECUTE {prepared}{nulls}".encode(), prepare=False).fetchall()
        return "\n".join(row[0] for row in found)
    finally:
        connection.execute("ROLLBACK")


def names(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the prepared statements, and how many values each has."""
    query = "SELECT name, coalesce(array_length(parameter_types, 1), 0) FROM pg_prepared_statements"
    return dict(connection.execute(query, prepare=False).fetchall())


def values_of(text: Sql) -> Any:
    named = re.findall(r"%\((\w+)\)s", text.postgres)
    if not named:
        return ["{}"] * text.postgres.count("%s")
    return {name: "x" if name in TEXTS else b"x" if name in BYTES else 1 for name in named}


def test_states_are_literals() -> None:
    for name, (statement, indexes) in PLANS.items():
        text = statement.postgres if isinstance(statement, Batch) else statement
        if indexes in (DUE, QUEUE):
            assert re.search(r"state = \d", text.postgres), name
            assert not re.search(r"\bstate = %", text.postgres), name


def test_every_state_is_looked_at() -> None:
    assert set(leases.TAKE) == set(leases.TAKE_ANY) == set(leases.LEASABLE) - {TaskState.WAITING}
