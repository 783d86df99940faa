"""The polling bench, shortened; its time is simulated and its random numbers are seeded, so results hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tables(output: str) -> list[list[list[str]]]:
    """Return the cells of every table; its second row is the rule below the head."""
    parts = [part.splitlines() for part in output.split("\n## ")[1:]]
    return [
        [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("| ")]
        for lines in parts
    ]


def test_the_planner_beats_the_fixed_interval(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "polling", "--seconds", "300", "--dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert done.returncode == 0, done.stderr
    (head, _, *rows), (channels, _, *each) = tables(done.stdout)
    fixed, planner, listed = (
        head.index(f"{name}: mean s") for name in ("fixed 5 s", "planner", "with lists")
    )
    assert len(rows) == 4
    for row in rows:
        assert float(row[planner]) < float(row[fixed]), row
        assert float(row[listed]) < 2.0, row
    fixed, planner = channels.index("fixed 5 s: mean s"), channels.index("planner: mean s")
    assert len(each) == 9
    for row in each:
        assert float(row[planner]) < float(row[fixed]), row
