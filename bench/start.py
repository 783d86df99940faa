"""How soon `genmux serve` answers, what it holds when idle, and how soon the help is there."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from bench import machine
from bench.children import ROOT, BenchError, running, serving
from bench.table import print_table

SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.005
HEAD: Final = ("what", "genmux", "goal", "floor", "ratio to floor")
_NOTHING: Final = (sys.executable, "-c", "pass")
_HELP: Final = (sys.executable, "-m", "genmux", "--help")


def time_command(command: Sequence[str]) -> float:
    """Return how long a command takes. Raises `BenchError` where it fails."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{' '.join(command)} failed: {done.stderr.strip()[-2000:]}")
    return time.perf_counter() - begun


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _time_serve(directory: Path, idle_seconds: float) -> tuple[float, float]:
    """Return seconds until /healthz says 200, and MB after `idle_seconds` more."""
    port = _free_port()
    command = (sys.executable, "-m", "genmux", "serve", "--port", str(port), "--data", str(directory))
    with tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        with running(command, stdout=subprocess.DEVNULL, stderr=errors) as process:
            while not _healthy(port):
                if process.poll() is not None or time.perf_counter() - begun > LONGEST_SECONDS:
                    errors.seek(0)
                    raise BenchError(f"genmux serve did not start: {errors.read().decode()[-2000:]}")
                time.sleep(PAUSE_SECONDS)
            ready = time.perf_counter() - begun
            time.sleep(idle_seconds)
            return ready, machine.memory_mb(process.pid)[0]


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _time_floor(directory: Path, idle_seconds: float) -> tuple[float, float]:
    begun = time.perf_counter()
    with serving("bench.floors.create_floor", directory) as child:
        ready = time.perf_counter() - begun
        time.sleep(idle_seconds)
        return ready, machine.memory_mb(child.pid)[0]


def _row(name: str, unit: str, ours: Sequence[float], goal: float, floor: Sequence[float]) -> tuple[str, ...]:
    digits = 0 if unit == "MB" else 2
    mine, least = median(ours), median(floor)
    return (
        name,
        f"{mine:.{digits}f} {unit}",
        f"{goal} {unit}",
        f"{least:.{digits}f} {unit}",
        f"{mine / least:.1f}",
    )


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the table; memory is read `seconds` after the server was ready.

    The floors are a bare interpreter for the help, and a Starlette route with SQLite for the server.
    Starts in a new directory, which make the database, are measured apart from starts that find one.
    """
    idle = SECONDS if seconds is None else seconds
    measured_as = machine.memory_mb(os.getpid())[1]
    helps, nothings, ours, floors, first = [], [], [], [], []
    for n in range(rounds):
        nothings.append(time_command(_NOTHING))
        helps.append(time_command(_HELP))
        floors.append(_time_floor(directory / "floor", idle))
        ours.append(_time_serve(directory / "genmux", idle))
        first.append(_time_serve(directory / f"fresh-{n}", 0.0)[0])
    ready, mb = [r for r, _ in ours], [m for _, m in ours]
    floor_ready, floor_mb = [r for r, _ in floors], [m for _, m in floors]
    print_table(
        f"Start, median of {rounds}",
        HEAD,
        (
            _row("serve ready, new directory", "s", first, 1.5, floor_ready),
            _row("serve ready, known directory", "s", ready, 1.5, floor_ready),
            _row(f"serve idle ({measured_as})", "MB", mb, 120, floor_mb),
            _row("--help", "s", helps, 0.3, nothings),
        ),
    )
