"""`python -m bench [WHICH]`: measure, and print the tables of docs/performance.md."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Final

from bench import machine
from bench.children import BenchError, running
from genmux.testing.postgres import VARIABLE

BENCHES: Final = {
    "api": "creates and status answers per second, each against its floor",
    "stores": "the same on SQLite FULL and NORMAL and on PostgreSQL",
    "litellm": "the same calls to LiteLLM's proxy and to genmux, before the same upstream",
    "start": "seconds until the server answers, idle memory, seconds until the help is there",
    "store": "the database layer alone",
    "engine": "tasks per second, many in flight, recovery after a kill, on SQLite and PostgreSQL",
    "polling": "how late ends are noticed on a simulated account",
    "render": "seconds per picture and film of the gallery, and the memory of the worker",
    "costs": "what each step of a task costs on PostgreSQL, here and there",
    "history": "whether work stays as fast beside millions of finished tasks, and its plans",
    "fleet": "what 10,000 creates/s with 3 million tasks in flight take, counted and simulated",
    "client": "calls per second of the official SDK and of our clients, all to one constant server",
}

ROUNDS: Final = 5


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    listed = "; ".join(f"{name}: {what}" for name, what in BENCHES.items())
    parser = argparse.ArgumentParser(prog="python -m bench", description=f"{listed}.")
    parser.add_argument("which", nargs="?", choices=(*BENCHES, "all"), default="all")
    parser.add_argument(
        "--seconds",
        type=float,
        help="length of one burst (default: 2; start: 1 idle; engine: 30 watched; history: 30 for "
        "3 million; render: films of 5; simulated: polling 1800, fleet 4)",
    )
    parser.add_argument(
        "--rounds", type=int, help="so many turns, the median counts (default: 5; engine: 3; render: 1)"
    )
    parser.add_argument("--dir", type=Path, help="where databases go; a disk you care about (default: temp)")
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="fleet: another demand, cost or machine, e.g. creates=500 (see bench/fleet_model.py)",
    )
    parser.add_argument(
        "--database", metavar="URL", help="a PostgreSQL whose role may create databases (default: our own)"
    )
    given = parser.parse_args()
    if given.database:
        os.environ[VARIABLE] = given.database
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"{date.today()}, {machine.describe()}", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="genmux-bench-", dir=given.dir) as directory:
            if given.which == "all":
                return max(_run_apart(name, sys.argv[1:]) for name in BENCHES)
            bench = import_module(f"bench.{given.which}")
            rounds = getattr(bench, "ROUNDS", ROUNDS) if given.rounds is None else given.rounds
            more = (given.assume,) if given.which == "fleet" else ()
            bench.measure(given.seconds, rounds, Path(directory), *more)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run_apart(name: str, arguments: Sequence[str]) -> int:
    """Run one bench in a process of its own, so that none measures in the wake of another."""
    command = [sys.executable, "-m", "bench", name, *(word for word in arguments if word != "all")]
    with running(command) as process:
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
