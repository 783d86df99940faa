"""Each bench runs from the command line and prints its table; no rate is asserted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = {
    "api": ("create, TC3", "status, finished, TC3", "list of 20, bearer", "status, bearer, 256"),
    "stores": ("create, TC3 on SQLite NORMAL", "status, TC3 on PostgreSQL"),
    "engine": ("SQLite", "PostgreSQL", "100 "),
    "start": ("serve ready, new directory", "serve ready, known directory", "serve idle", "--help"),
    "costs": ("create", "look", "end and collect", "a task with 3 looks"),
    "history": ("1,000", "20,000"),
    "client": ("official SDK, async", "genmux.AsyncClient, uvloop", "genmux.Client", "a look"),
    "store": ("create, 64 waiting", "get"),
}
LITTLE = {"api": "0.05", "stores": "0.05"}


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, **environ},
    )


def printed(done: subprocess.CompletedProcess[str], rows: Iterable[str]) -> None:
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for row in rows:
        assert any(line.startswith(f"| {row}") for line in lines), done.stdout


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_bench_prints_its_table(name: str, tmp_path: Path) -> None:
    done = run(name, "--seconds", LITTLE.get(name, "0.2"), "--rounds", "1", "--dir", str(tmp_path))

    printed(done, ROWS[name])
    assert list(tmp_path.iterdir()) == []


def test_without_litellm_its_published_numbers_stand_in(tmp_path: Path) -> None:
    nowhere = {"GENMUX_BENCH_CACHE": str(tmp_path / "cache"), "PIP_NO_INDEX": "1"}
    done = run("litellm", "--seconds", "0.05", "--rounds", "1", "--dir", str(tmp_path), **nowhere)

    printed(done, ("image generation", "video status, finished", "idle, RSS"))
    assert "LiteLLM cannot be installed here" in done.stdout
    assert any("(240)" in line for line in done.stdout.splitlines() if line.startswith("| video create"))


def test_an_unknown_bench_is_refused() -> None:
    done = run("everything")

    assert done.returncode == 2
    assert "invalid choice" in done.stderr
