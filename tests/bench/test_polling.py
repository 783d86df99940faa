"""The polling bench, shortened; its time is simulated and its random numbers are seeded, so results hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def cells(output: str) -> list[list[str]]:
    lines = [line for line in output.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]


def test_the_planner_beats_the_fixed_interval(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "polling", "--seconds", "300", "--dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert done.returncode == 0, done.stderr
    head, _, *rows = cells(done.stdout)
    fixed, planner, listed = (
        head.index(f"{name}: mean s") for name in ("fixed 5 s", "planner", "with lists")
    )
    assert len(rows) == 4
    for row in rows:
        assert float(row[planner]) < float(row[fixed]), row
        assert float(row[listed]) < 2.0, row
