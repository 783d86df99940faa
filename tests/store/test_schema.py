"""The migrations and the metadata say the same, and the statements use the indexes made for them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from genmux.domain.states import TaskState
from genmux.engine.ports import Sink
from genmux.store import (
    abandoned,
    claims,
    dependants,
    leases,
    media,
    moves,
    outbox,
    reads,
    retention,
    schema,
    upstreams,
)
from genmux.store.connections import open_writer
from genmux.store.upgrade import migrate, revision, upgrade

Objects = dict[str, str]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "genmux.db"
    db = open_writer(path)
    assert upgrade(db, path) is True
    assert upgrade(db, path) is False
    yield db
    db.close()


def objects(db: sqlite3.Connection) -> Objects:
    found = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: " ".join(sql.split()) for name, sql in found if name != "alembic_version"}


def test_the_migrated_schema_is_the_metadata(db: sqlite3.Connection, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    schema.metadata.create_all(engine)
    engine.dispose()
    other = sqlite3.connect(tmp_path / "other.db")
    expected = objects(other)
    other.close()
    assert objects(db) == expected
    assert {"tasks", "meta", "tasks_queue", "attempts_open"} <= set(expected)


def test_a_database_of_the_first_release_is_upgraded_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    db = open_writer(path)
    migrate(path, "0001")
    assert revision(db) == "0001"
    assert "outbox" not in objects(db)
    db.execute(
        "INSERT INTO tasks(id, tenant_id, wire, sub_app_id, kind, lane, state, deadline_at, created_at)"
        " VALUES (x'01', 1, 'vod', 7, 'video', 'video/Kling/3.0', 1, 9, 1)"
    )
    db.execute("INSERT INTO task_specs VALUES (1, '{}', '{\"fal_webhook\":\"https://a.example\"}')")
    before = objects(db)
    assert upgrade(db, path) is True
    after = objects(db)
    assert {name: after[name] for name in before} == before
    assert {"outbox", "event_configs", "outbox_pull"} <= set(after) - set(before)
    assert moves.request_cancel(db, 1, 5) is TaskState.CANCELLED
    found = db.execute("SELECT n, task_seq, task_id, sub_app_id, sink, created_at FROM outbox").fetchall()
    assert found == [(1, 1, b"\x01", 7, "vod", 5), (2, 1, b"\x01", 7, "fal", 5)]
    db.close()


def test_inputs_of_older_tasks_are_renumbered_by_their_places(tmp_path: Path) -> None:
    """Pictures between foreign films were numbered among themselves; every input has its place now."""
    film, picture = {"role": "base_video", "source": "http://a.example", "medium": "video"}, {"role": "asset"}
    subject = {"images": [picture], "videos": [film]}
    specs: tuple[tuple[dict[str, object], int], ...] = (
        ({"references": [film, picture, film, picture], "subjects": [subject, subject]}, 4),
        ({"references": [picture, picture]}, 2),
        ({"references": [film]}, 0),
        ({"references": [film, picture]}, 2),  # written since: the film is held too
    )
    path = tmp_path / "old.db"
    db = open_writer(path)
    migrate(path, "0004")
    for seq, (spec, count) in enumerate(specs, 1):
        db.execute("INSERT INTO task_specs VALUES (?, ?, '{}')", (seq, json.dumps(spec)))
        for n in range(count):
            values = (seq, n, f"input {n}")
            db.execute("INSERT INTO task_inputs(task_seq, n, role, source) VALUES (?, ?, ?, 'url')", values)
    assert upgrade(db, path) is True
    found = db.execute("SELECT task_seq, n, role FROM task_inputs ORDER BY task_seq, n").fetchall()
    assert [(n, role) for seq, n, role in found if seq == 1] == [
        *((1, "input 0"), (3, "input 1")),
        *((4, "input 2"), (6, "input 3")),
    ]
    assert [(seq, n) for seq, n, _ in found if seq != 1] == [(2, 0), (2, 1), (4, 0), (4, 1)]
    db.close()


def test_seqs_are_never_used_again(db: sqlite3.Connection) -> None:
    assert "AUTOINCREMENT" in objects(db)["tasks"]


QUEUE = "INDEX tasks_queue (lane=? AND tenant_id"
DUE = "INDEX tasks_due (channel_id=? AND state=? AND due_at<?)"
PULL = "INDEX outbox_pull (tenant_id=? AND sub_app_id=?)"
PUSH = "INDEX outbox_push (tenant_id=? AND sub_app_id=? AND due_at<?)"
PLANS = {
    "claim": (claims.TAKE, f"{QUEUE}=?)"),
    "tenants after": (claims.TENANTS_AFTER, f"{QUEUE}>?)"),
    "tenants up to": (claims.TENANTS_UPTO, f"{QUEUE}>? AND tenant_id<?)"),
    "lanes": (claims.LANES, "INDEX tasks_queue (lane>?)"),
    "slots": (claims.SLOTS_USED, "INDEX attempts_open (channel_id=?)"),
    "take due": (leases.TAKE[TaskState.RUNNING], DUE),
    "take any": (leases.TAKE_ANY[TaskState.RUNNING], DUE),
    "take waiting": (leases.TAKE_WAITING, DUE),
    "release": (leases.RELEASE, "INDEX tasks_due (channel_id=? AND state=?"),
    "next due": (leases.NEXT_DUE, "INDEX tasks_due (channel_id=? AND state=?"),
    "overdue": (reads.OVERDUE, "INDEX tasks_deadline (deadline_at<?)"),
    "prune": (retention.OLD, "INDEX tasks_old (finished_at>? AND finished_at<?)"),
    "expired": (retention.EXPIRED, "INDEX artifacts_expiry (expires_at>? AND expires_at<?)"),
    "media in use": (media.USED, "INDEX artifacts_media (media_key=?)"),
    "abandoned": (abandoned.DUE, "INDEX attempts_due (due_at>? AND due_at<?)"),
    "by reference": (upstreams.OPEN_BY_REF.text(8), "INDEX attempts_ref (channel_id=? AND upstream_ref=?)"),
    "by key": (upstreams.OPEN_BY_KEY.text(8), "INDEX sqlite_autoindex_attempts_2 (key=?)"),
    "unclaimed": (upstreams.UNCLAIMED, "SEARCH tasks USING INTEGER PRIMARY KEY (rowid>?)"),
    "kind slots": (claims.KIND_SLOTS_USED, "INDEX attempts_open (channel_id=?)"),
    "dependants": (dependants.WAITING_ON, "INDEX inputs_from (from_task=?)"),
    "awaited": (dependants.NEEDED.text(64), "INDEX inputs_from (from_task=?)"),
    "unread": (outbox.UNREAD, PUSH),
    "pull": (outbox.PULL, PULL),
    "confirm": (outbox.CONFIRM.text(16), "INDEX outbox_handle (handle=?)"),
    "take webhooks": (outbox.take_text((Sink.FAL, Sink.WEBHOOK)), "INDEX outbox_due (sink=? AND due_at<?)"),
    "take pushes": (outbox.take_text(tuple(Sink)), PUSH),
    "pushing": (outbox.take_text(tuple(Sink)), "INDEX event_configs_push"),
    "new configuration": (outbox.HURRY, "INDEX outbox_pu"),
    "prune messages": (outbox.OLD, "INDEX outbox_old (created_at<?)"),
    "add messages": (outbox.ADD.text(64), "SEARCH tasks USING INTEGER PRIMARY KEY (rowid=?)"),
    "withdraw": (outbox.WITHDRAW, "INDEX sqlite_autoindex_outbox_1 (task_seq=?)"),
}
"""Statement by name: its text, and what its plan must say."""

UNSORTED = ("claim", "take due", "take waiting", "overdue", "prune", "expired", "abandoned", "pull")
"""Statements whose order comes from the index."""


@pytest.mark.parametrize("name", PLANS)
def test_the_partial_indexes_are_used(db: sqlite3.Connection, name: str) -> None:
    statement, wanted = PLANS[name]
    values = (
        [None] * statement.count("?") if "?" in statement else dict.fromkeys(re.findall(r":(\w+)", statement))
    )
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert any(wanted in line for line in plan), plan
    assert not any(line.startswith(("SCAN tasks", "SCAN outbox", "SCAN task_specs")) for line in plan), plan
    assert name not in UNSORTED or not any("TEMP B-TREE" in line for line in plan), plan
