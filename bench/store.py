"""The store alone, in this process: group-committed creates and point reads, against the bare drivers."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import sys
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import psycopg

from bench import machine
from bench.floors.serving import INSERT, SELECT, open_database
from bench.postgres import durable_server
from bench.requests import create_body
from bench.table import middle, print_table, ratio
from bench.tasks import new_task
from genmux.compose import now_ms, run
from genmux.compose.process import SWITCH_INTERVAL_SECONDS
from genmux.store.postgres import PostgresStore
from genmux.store.sql_store import SqlStore
from genmux.store.sqlite import SqliteStore
from genmux.testing.postgres import Postgres

SECONDS: Final = 2.0
WAITING: Final = 64
KEPT: Final = 1_000
"""So many task ids are read in turn."""
FLOOR: Final = """
CREATE TABLE floor(id bytea PRIMARY KEY, tenant integer, kind text, lane text, state smallint, created bigint,
                   due bigint, spec text)
"""
INSERT_FLOOR: Final = "INSERT INTO floor VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
SELECT_FLOOR: Final = "SELECT * FROM floor WHERE id = %s"
HEAD: Final = ("operation", "per s", "µs", "CPU µs", "floor per s", "floor CPU µs", "ratio to floor")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often something was done, and the CPU time of this process for each."""

    rate: float
    cpu_us: float


@dataclass(slots=True)
class _Meter:
    """Counts until the time is up."""

    deadline: float
    begun: float
    cpu: float
    count: int = 0

    @classmethod
    def start(cls, seconds: float) -> _Meter:
        now = time.perf_counter()
        return cls(now + seconds, now, time.process_time())

    def running(self) -> bool:
        return time.perf_counter() < self.deadline

    def pace(self) -> Pace:
        count = max(1, self.count)
        cpu = time.process_time() - self.cpu
        return Pace(count / (time.perf_counter() - self.begun), cpu * 1e6 / count)


def _insert_rows(db: sqlite3.Connection, seconds: float) -> Pace:
    spec, meter = create_body(0).decode(), _Meter.start(seconds)
    while meter.running():
        now = now_ms()
        db.execute("BEGIN IMMEDIATE")
        db.execute(INSERT, (secrets.token_bytes(16), 1, "video", "video/Kling/2.1", 1, now, now, spec))
        db.execute("COMMIT")
        meter.count += 1
    return meter.pace()


def _select_rows(db: sqlite3.Connection, ids: list[bytes], seconds: float) -> Pace:
    wanted, meter = cycle(ids), _Meter.start(seconds)
    while meter.running():
        db.execute(SELECT, (next(wanted),)).fetchone()
        meter.count += 1
    return meter.pace()


async def _create_tasks(store: SqlStore, seconds: float) -> Pace:
    meter = _Meter.start(seconds)

    async def keep_creating() -> None:
        while meter.running():
            await store.create(new_task(now_ms()))
            meter.count += 1

    await asyncio.gather(*(keep_creating() for _ in range(WAITING)))
    return meter.pace()


async def _get_tasks(store: SqlStore, ids: list[bytes], seconds: float, waiting: int = 1) -> Pace:
    wanted, meter = cycle(ids), _Meter.start(seconds)

    async def keep_getting() -> None:
        while meter.running():
            await store.get(next(wanted))
            meter.count += 1

    await asyncio.gather(*(keep_getting() for _ in range(waiting)))
    return meter.pace()


def _fill(db: sqlite3.Connection) -> list[bytes]:
    db.execute("BEGIN IMMEDIATE")
    ids = [secrets.token_bytes(16) for _ in range(KEPT)]
    db.executemany(INSERT, [(i, 1, "video", "video/Kling/2.1", 1, 0, 0, "{}") for i in ids])
    db.execute("COMMIT")
    return ids


async def _measure(seconds: float, rounds: int, directory: Path) -> None:
    floor = open_database(directory)
    store = SqliteStore(directory / "genmux.sqlite3", clock=now_ms)
    await store.open()
    inserts, creates, selects, gets = list[Pace](), list[Pace](), list[Pace](), list[Pace]()
    try:
        known, kept = _fill(floor), [new_task(now_ms()) for _ in range(KEPT)]
        await asyncio.gather(*map(store.create, kept))
        ids = [task.id for task in kept]
        for _ in range(rounds):
            inserts.append(_insert_rows(floor, seconds))
            creates.append(await _create_tasks(store, seconds))
            selects.append(_select_rows(floor, known, seconds))
            gets.append(await _get_tasks(store, ids, seconds))
    finally:
        await store.close()
        floor.close()
    rows = (
        _row(f"create, {WAITING} waiting, synchronous=FULL", creates, inserts),
        _row("get", gets, selects),
    )
    print_table("Store alone, its floor the bare driver with one row per statement and COMMIT", HEAD, rows)


def _insert_postgres(db: psycopg.Connection[Any], ids: list[bytes], seconds: float) -> Pace:
    spec, meter = create_body(0).decode(), _Meter.start(seconds)
    while meter.running():
        now = now_ms()
        task_id = secrets.token_bytes(16)
        db.execute(INSERT_FLOOR, (task_id, 1, "video", "video/Kling/2.1", 1, now, now, spec))
        ids.append(task_id)
        meter.count += 1
    return meter.pace()


def _select_postgres(db: psycopg.Connection[Any], ids: list[bytes], seconds: float) -> Pace:
    wanted, meter = cycle(ids[:KEPT]), _Meter.start(seconds)
    while meter.running():
        db.execute(SELECT_FLOOR, (next(wanted),)).fetchone()
        meter.count += 1
    return meter.pace()


async def _measure_postgres(seconds: float, rounds: int, postgres: Postgres) -> None:
    inserts, creates, selects = list[Pace](), list[Pace](), list[Pace]()
    gets: dict[int, list[Pace]] = {1: [], WAITING: []}
    with postgres.database() as url, psycopg.connect(url, autocommit=True) as floor:
        floor.execute(FLOOR)
        store = PostgresStore(url, clock=now_ms)
        await store.open()
        try:
            known, kept = list[bytes](), [new_task(now_ms()) for _ in range(KEPT)]
            await asyncio.gather(*map(store.create, kept))
            ids = [task.id for task in kept]
            for _ in range(rounds):
                inserts.append(_insert_postgres(floor, known, seconds))
                creates.append(await _create_tasks(store, seconds))
                selects.append(_select_postgres(floor, known, seconds))
                for waiting, paces in gets.items():
                    paces.append(await _get_tasks(store, ids, seconds, waiting))
        finally:
            await store.close()
            floor.execute("DROP TABLE floor")
    rows = (
        _row(f"create, {WAITING} waiting", creates, inserts),
        *(_row(f"get, {waiting} waiting", paces, selects) for waiting, paces in gets.items()),
    )
    title = "Store alone on PostgreSQL, its floor psycopg with one row per statement and COMMIT"
    print_table(title, HEAD, rows)


def _row(name: str, ours: list[Pace], floors: list[Pace]) -> tuple[str, ...]:
    rates, least = [p.rate for p in ours], [p.rate for p in floors]
    return (
        name,
        middle(rates),
        middle([1e6 / p.rate for p in ours], 1),
        middle([p.cpu_us for p in ours], 1),
        middle(least),
        middle([p.cpu_us for p in floors], 1),
        ratio(rates, least),
    )


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the tables; everything takes turns of `seconds`, on the server core, PostgreSQL on the other."""
    seconds = SECONDS if seconds is None else seconds
    directory.mkdir(parents=True, exist_ok=True)
    with durable_server(directory) as server:
        machine.pin(machine.server_core())
        sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
        run(_measure(seconds, rounds, directory))
        run(_measure_postgres(seconds, rounds, server.postgres))
