"""Each bench runs from the command line and prints its table; no rate is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = {
    "api": ("create, TC3", "status, TC3", "status, bearer", "task with timeline, bearer"),
    "start": ("serve ready, new directory", "serve ready, known directory", "serve idle", "--help"),
    "costs": ("create", "look", "end and collect"),
    "client": ("official SDK, async", "genmux.AsyncClient, uvloop", "genmux.Client", "a look"),
    "store": ("create, 64 waiting", "get"),
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=100
    )


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_bench_prints_its_table(name: str, tmp_path: Path) -> None:
    done = run(name, "--seconds", "0.2", "--rounds", "1", "--dir", str(tmp_path))

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for row in ROWS[name]:
        assert any(line.startswith(f"| {row}") for line in lines), done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_bench_is_refused() -> None:
    done = run("everything")

    assert done.returncode == 2
    assert "invalid choice" in done.stderr
