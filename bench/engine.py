"""The engine before an upstream in its own process: tasks per second, many in flight, recovery."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from bench import instant, machine, requests
from bench.children import BenchError, Child, serving
from bench.load import burst
from bench.postgres import Server, durable_server, first_row
from bench.table import middle, print_table
from genmux.domain.states import TaskState

SECONDS: Final = 30.0
"""How long tasks in flight settle, and then are watched; a part of it scales everything down."""
ROUNDS: Final = 3
TASKS: Final = 10_000
IN_FLIGHT: Final = 100_000
SHARED_PART: Final = 5
"""On PostgreSQL so many times fewer are kept in flight: bringing them there would take all day."""
RECOVERED: Final = 4_000
LEAST: Final = 100
CHANNEL: Final = {"provider": instant.NAME}
SOON: Final = {"channel": {"poll_seconds": 0.5}}
"""The first look comes half a second after the upstream has accepted, not when a film would be ready."""
LOOKS: Final = 500
"""Looks per second that the upstream of many tasks allows: what ten accounts of Tencent's do.

With many in flight they are planned for it but not held back, so that their lateness is that of timers.
"""
RUN_SECONDS: Final = 570.0
LEASED: Final = 64
"""The victim is killed once it holds so many leases."""
LEASE_SECONDS: Final = 12
SHORT_LEASE_SECONDS: Final = 4
"""For a scaled-down run."""
WAIT_SECONDS: Final = 120.0
THROUGH_HEAD: Final = (
    *("store", "creates/s", "p50 ms", "p99 ms", "tasks/s, end to end", "CPU µs per task", "in PostgreSQL"),
)
HELD_HEAD: Final = (
    *("store", "tasks", "kB per task", "goal", "looks/s", "CPU of a core"),
    *("looks late by p50 ms", "p99 ms"),
)
RECOVERY_HEAD: Final = (
    *("tasks", "leased by the dead", "all taken over after s", "all done after s", "lost", "made twice"),
)


def _run(directory: Path, **options: Any) -> Mapping[str, Any]:
    """Return what a child measured that is a whole genmux."""
    with serving("bench.engine_run", directory, wait_seconds=RUN_SECONDS, **options) as child:
        return child.said


def _through(directory: Path, tasks: int, rounds: int, server: Server) -> list[tuple[str, ...]]:
    """Let tasks go through, on each store in turn."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for n in range(rounds):
        given = {"phase": "through", "tasks": tasks, **SOON}
        found.setdefault("SQLite", []).append(_run(directory / f"sqlite-{n}", **given))
        with server.postgres.database() as url:
            name = f"PostgreSQL {server.version}"
            before = server.cpu_seconds()
            run = _run(directory / f"postgres-{n}", database=url, **given)
            found.setdefault(name, []).append({**run, "server_us": server.cpu_us(before, tasks)})
    return [_through_row(name, runs) for name, runs in found.items()]


def _through_row(name: str, runs: list[Mapping[str, Any]]) -> tuple[str, ...]:
    creates, p50, p99, rate, cpu = (
        median(run[key] for run in runs) for key in ("creates", "p50_ms", "p99_ms", "rate", "cpu_us")
    )
    server = middle([run.get("server_us") for run in runs])
    return (name, f"{creates:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{rate:,.0f}", f"{cpu:,.0f}", server)


def _held(directory: Path, tasks: int, seconds: float, server: Server) -> list[tuple[str, ...]]:
    """Keep many tasks in flight, on each store."""
    given = {
        "phase": "hold",
        "tasks": tasks,
        "seconds": seconds,
        "channel": {"describes_per_second": LOOKS, "looks_at_once": True},
    }
    fewer = max(LEAST, tasks // SHARED_PART)
    with server.postgres.database() as url:
        alone = _run(directory / "held", **given)
        shared = _run(directory / "held-postgres", database=url, **{**given, "tasks": fewer})
    return [
        _held_row("SQLite", tasks, alone),
        _held_row(f"PostgreSQL {server.version}", fewer, shared),
    ]


def _held_row(name: str, tasks: int, run: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name,
        f"{tasks:,}",
        f"{run['kb']:.2f}",
        "2.00",
        f"{run['looks']:.0f}",
        f"{run['cpu'] * 100:.0f} %",
        f"{run['late_p50_ms']:.0f}",
        f"{run['late_p99_ms']:.0f}",
    )


# Recovery.


@contextmanager
def _members(directory: Path, url: str, lease: int) -> Iterator[tuple[Child, Child, Child]]:
    """Run one API process and two engine processes on one database."""
    channel = {**CHANNEL, "look_seconds": 1.0, "poll_seconds": 0.5, "describes_per_second": LOOKS}
    options: dict[str, Any] = {
        "database": url,
        "lease_seconds": lease,
        "instant": True,
        "channels": {"instant": channel},
        "media": str(directory / "media"),
    }
    with ExitStack() as stack:
        api, first, second = (
            stack.enter_context(
                serving("bench.served", directory / name, role=name.partition("-")[0], **options)
            )
            for name in ("api", "engine-1", "engine-2")
        )
        yield api, first, second


def _recover(directory: Path, url: str, tasks: int, lease: int) -> tuple[int, float, float, int, int]:
    """Kill one of two engine processes; return leases, seconds to take over and to end, lost, doubled."""
    with _members(directory, url, lease) as (api, victim, _), psycopg.connect(url, autocommit=True) as db:
        bodies = [requests.create_body(n) for n in range(requests.FEW)]
        creates = requests.signed_posts(api, "CreateAigcVideoTask", bodies)
        burst(api, islice(creates, tasks), b'"TaskId":"', WAIT_SECONDS)
        made = _number(db, "SELECT count(*) FROM tasks")
        theirs = f"worker_id LIKE '%-{victim.pid}-%'"
        _wait(db, f"SELECT count(*) >= {min(LEASED, tasks // 4)} FROM tasks WHERE {theirs}")
        os.kill(victim.pid, signal.SIGKILL)
        killed = time.perf_counter()
        leased = _number(db, f"SELECT count(*) FROM tasks WHERE {theirs}")
        _wait(db, f"SELECT count(*) = 0 FROM tasks WHERE {theirs}")
        taken = time.perf_counter() - killed
        _wait(db, f"SELECT count(*) = 0 FROM tasks WHERE state < {int(TaskState.SUCCEEDED)}")
        done = time.perf_counter() - killed
        lost = made - _number(
            db,
            f"SELECT count(*) FROM tasks WHERE state = {int(TaskState.SUCCEEDED)}",
        )
        doubled = _number(db, "SELECT count(*) FROM attempts WHERE n > 1")
    return leased, taken, done, lost, doubled


def _number(db: psycopg.Connection[Any], statement: str) -> int:
    return int(first_row(db, statement)[0])


def _wait(db: psycopg.Connection[Any], statement: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not _number(db, statement):
        if time.monotonic() > until:
            raise BenchError(f"this did not become true: {statement}")
        time.sleep(0.02)


def _recoveries(
    directory: Path, tasks: int, lease: int, rounds: int, server: Server
) -> list[tuple[str, ...]]:
    runs = []
    for n in range(rounds):
        with server.postgres.database() as url:
            runs.append(_recover(directory / f"fleet-{n}", url, tasks, lease))
    leased, taken, done, lost, doubled = (sorted(values) for values in zip(*runs, strict=True))
    return [
        (
            f"{tasks:,}",
            f"{median(leased):.0f}",
            f"{median(taken):.1f} ({taken[-1]:.1f} at most)",
            f"{median(done):.1f}",
            str(sum(lost)),
            str(sum(doubled)),
        )
    ]


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the tables; with fewer `seconds` there are fewer tasks as well."""
    each = SECONDS if seconds is None else seconds
    scale = min(1.0, each / SECONDS)
    directory.mkdir(parents=True, exist_ok=True)
    machine.pin(machine.generator_core())
    with durable_server(directory) as server:
        through = _through(directory, max(LEAST, round(TASKS * scale)), rounds, server)
        held = _held(directory, max(LEAST, round(IN_FLIGHT * scale)), each, server)
        lease = LEASE_SECONDS if scale == 1.0 else SHORT_LEASE_SECONDS
        recovery = _recoveries(directory, max(LEAST, round(RECOVERED * scale)), lease, rounds, server)
    print_table("Engine: one process on one core, its upstream in the same process", THROUGH_HEAD, through)
    print_table(f"In flight, planned for {LOOKS} looks per second, none held back", HELD_HEAD, held)
    title = f"kill -9 of one of two engine processes, leases of {lease} s"
    print_table(title, RECOVERY_HEAD, recovery)
