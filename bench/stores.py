"""The same creates and looks on SQLite, more and less durable, and on PostgreSQL, each against its floor."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import machine
from bench.children import Child
from bench.load import CONNECTIONS
from bench.postgres import Server, durable_server
from bench.sides import Ours, Pair, Side, floor_creates, floor_looks, serve_tasks, start_floor
from bench.table import middle, print_table

SECONDS: Final = 2.0
ROUNDS: Final = 3
HEAD: Final = (
    *("request, store", "connections", "per s", "p50 ms", "p99 ms", "CPU µs", "in PostgreSQL"),
    *("floor per s", "floor CPU µs", "ratio to floor", "by CPU"),
)


def _rows(
    store: str, ours: Ours, floors: tuple[Child, Child], server: Server | None, seconds: float, rounds: int
) -> list[tuple[str, ...]]:
    """Measure creates and looks on one store; the floors are those of creates and of looks."""
    pairs = (
        Pair("create, TC3", None, floor_creates(floors[0]), ours.create()),
        Pair("status, TC3", None, floor_looks(floors[1]), ours.status()),
    )
    rows = []
    for pair in pairs:
        for connections in (1, CONNECTIONS):
            pair.measure(seconds, rounds, connections)
            inside = _server_us(server, pair.ours, seconds, connections)
            told = (f"{pair.name} on {store}", str(connections), *pair.ours.told(), inside)
            rows.append((*told, *pair.beside_floor()))
    return rows


def _server_us(server: Server | None, side: Side, seconds: float, connections: int) -> str:
    """Return the CPU µs that PostgreSQL uses for each request, measured in one more burst."""
    if server is None:
        return "-"
    before = server.cpu_seconds()
    return middle([server.cpu_us(before, side.load(seconds, connections).answered)])


def _on_sqlite(synchronous: str, seconds: float, rounds: int, directory: Path) -> list[tuple[str, ...]]:
    with ExitStack() as stack:
        create = start_floor(stack, "create_floor", directory / "create", synchronous=synchronous)
        status = start_floor(stack, "status_floor", directory / "status")
        ours = serve_tasks(stack, directory / "genmux", synchronous=synchronous)
        return _rows(f"SQLite {synchronous}", ours, (create, status), None, seconds, rounds)


def _on_postgres(seconds: float, rounds: int, directory: Path) -> list[tuple[str, ...]]:
    with (
        durable_server(directory) as server,
        server.postgres.database() as url,
        ExitStack() as stack,
    ):
        floor = start_floor(stack, "postgres_floor", directory / "floor", database=url)
        ours = serve_tasks(stack, directory / "genmux", database=url)
        return _rows(f"PostgreSQL {server.version}", ours, (floor, floor), server, seconds, rounds)


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the table; every burst lasts `seconds`, floor and genmux take turns.

    SQLite with `synchronous=NORMAL` is no setting of genmux: it may lose the last creates with the power.
    """
    each = SECONDS if seconds is None else seconds
    directory.mkdir(parents=True, exist_ok=True)
    machine.pin(machine.generator_core())
    rows = [
        *_on_sqlite("FULL", each, rounds, directory / "full"),
        *_on_sqlite("NORMAL", each, rounds, directory / "normal"),
        *_on_postgres(each, rounds, directory / "postgres"),
    ]
    rows.sort(key=lambda row: (row[0].partition(" on ")[0], int(row[1])))
    print_table("API, by store", HEAD, rows)
