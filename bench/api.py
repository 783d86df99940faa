"""Rates of the API on one core, each against its floor: durable creates, status answers, lists."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import machine
from bench.children import Child
from bench.load import CONNECTIONS
from bench.sides import (
    MOST_CONNECTIONS,
    PAGE,
    Ours,
    Pair,
    floor_creates,
    floor_looks,
    serve_tasks,
    start_floor,
)
from bench.table import print_table

SECONDS: Final = 2.0
ROUNDS: Final = 3
PICTURES: Final = 16
"""So many finished tasks are asked about in turn."""
AT_ONCE: Final = (1, 16, 64, MOST_CONNECTIONS)
HEAD: Final = (
    *("request", "per s", "p50 ms", "p99 ms", "CPU µs", "MB", "floor per s", "floor CPU µs"),
    *("ratio to floor", "by CPU"),
)
AT_ONCE_HEAD: Final = ("request, connections", "per s", "p50 ms", "p99 ms", "CPU µs")


def _kinds(ours: Ours, create: Child, status: Child) -> tuple[Pair, ...]:
    """Return every kind of request."""
    films, pictures = ours.films, ours.pictures
    return (
        Pair("create, TC3", 2.0, floor_creates(create), ours.create()),
        Pair("create, OpenAI", None, floor_creates(create), ours.create_openai()),
        Pair("status, TC3", 0.6, floor_looks(status), ours.status()),
        Pair("status, bearer", 0.8, floor_looks(status), ours.rest("?detail=0", films)),
        Pair("status, OpenAI", None, floor_looks(status), ours.openai()),
        Pair("status, finished, TC3", None, floor_looks(status), ours.status_finished()),
        Pair("status, finished, bearer", None, floor_looks(status), ours.rest("?detail=0", pictures)),
        Pair("task with timeline, bearer", None, floor_looks(status), ours.rest("", films)),
        Pair(f"list of {PAGE}, bearer", None, floor_looks(status), ours.listed()),
    )


def _row(pair: Pair) -> tuple[str, ...]:
    megabytes, _ = machine.memory_mb(pair.ours.child.pid)
    return (pair.name, *pair.ours.told(), f"{megabytes:.0f}", *pair.beside_floor())


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the tables; every burst lasts `seconds`, floor and genmux take turns."""
    each = SECONDS if seconds is None else seconds
    directory.mkdir(parents=True, exist_ok=True)
    machine.pin(machine.generator_core())
    rows, at_once = [], []
    with ExitStack() as stack:
        create = start_floor(stack, "create_floor", directory / "create-floor")
        status = start_floor(stack, "status_floor", directory / "status-floor")
        ours = serve_tasks(stack, directory / "genmux", pictures=PICTURES)
        for pair in _kinds(ours, create, status):
            pair.measure(each, rounds)
            rows.append(_row(pair))
        sides = {"create, TC3": ours.create(), "status, bearer": ours.rest("?detail=0", ours.films)}
        for name, side in sides.items():
            for connections in AT_ONCE:
                Pair(name, None, None, side).measure(each, rounds, connections)
                at_once.append((f"{name}, {connections}", *side.told()))
    title = f"API, one server process on one core, {CONNECTIONS} connections, SQLite FULL"
    print_table(title, HEAD, rows)
    print_table("API, by connections, SQLite FULL", AT_ONCE_HEAD, at_once)
