"""Statements over many rows: padding, chunks and numbering."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from genmux.engine.ports import NewEvent
from genmux.store import events, schema
from genmux.store.compiled import VARIABLES, Batch, arg, given, number, sql

things = Table("things", MetaData(), Column("a", Integer), Column("b", Integer))
v = given("a", "b")
STORE = Batch(
    v,
    insert(things)
    .from_select(["a", "b"], select(v.c.a, v.c.b).where(v.c.a.is_not(None)))
    .returning(things.c.a),
)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("CREATE TABLE things(a INTEGER, b INTEGER)")
    yield db
    db.close()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 64, 65])
def test_padding_is_left_out(db: sqlite3.Connection, n: int) -> None:
    rows = [(i, None) for i in range(n)]
    assert sorted(STORE.run(db, rows)) == [(i,) for i in range(n)]
    assert db.execute("SELECT a, b FROM things ORDER BY a").fetchall() == rows


def test_more_rows_than_one_statement_can_carry(db: sqlite3.Connection) -> None:
    assert STORE.most * 2 <= VARIABLES
    rows = [(i, i) for i in range(STORE.most + 3)]
    assert len(STORE.run(db, rows)) == len(rows)
    assert db.execute("SELECT count(*) FROM things").fetchone() == (len(rows),)


def test_events_are_numbered_on_across_statements(db: sqlite3.Connection) -> None:
    for statement in (
        "CREATE TABLE events(task_seq, n, at, kind, data)",
        "INSERT INTO events VALUES (7, 1, 0, 'created', '{}')",
    ):
        db.execute(statement)
    assert schema.events.name == "events"
    events.append(db, [(7, NewEvent(str(i), i)) for i in range(5_000)] + [(8, NewEvent("x", 0))])
    found = db.execute("SELECT n, kind FROM events WHERE task_seq = 7 ORDER BY n").fetchall()
    assert found == [(1, "created")] + [(i + 2, str(i)) for i in range(5_000)]
    assert db.execute("SELECT n FROM events WHERE task_seq = 8").fetchall() == [(1,)]


def test_values_are_spelt_out_and_arguments_stay_bound() -> None:
    text = sql(select(things.c.a).where(things.c.a == arg("wanted"), things.c.b == number(1)).limit(5))
    assert " ".join(text.split()) == (
        "SELECT things.a FROM things WHERE things.a = :wanted AND things.b = 1 LIMIT 5 OFFSET 0"
    )
