"""What a batch would make, and what it has made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from genmux.cli.batch_show import STYLES, Board
from genmux.cli.show import print_table
from genmux.cli.words import language, say
from genmux.client.batch.arrangement import Arranged
from genmux.client.batch.lines import Line
from genmux.client.batch.manifest import Stage
from genmux.client.batch.tally import WORDS
from genmux.domain.spec import Kind


def plan_rows(batch: Arranged) -> list[dict[str, Any]]:
    """Return what is to be made of each model: lines in all, lines done, pictures, and seconds of film.

    `unsaid` are the films whose length is the model's own.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for planned in batch.lines:
        line = planned.line
        nothing = {"lines": 0, "done": 0, "pictures": 0, "seconds": 0.0, "unsaid": 0}
        row = rows.setdefault(
            (str(line.spec.kind), line.model), {"kind": str(line.spec.kind), "model": line.model, **nothing}
        )
        row["lines"] += 1
        if batch.progress[planned.key].stage is Stage.SAVED:
            row["done"] += 1
        else:
            _add(row, line)
    return [rows[key] for key in sorted(rows)]


def _add(row: dict[str, Any], line: Line) -> None:
    if line.spec.kind is Kind.IMAGE:
        row["pictures"] += line.spec.count or 1
    elif line.spec.duration is None:
        row["unsaid"] += 1
    else:
        row["seconds"] += line.spec.duration


def print_plan(batch: Arranged) -> None:
    """Print what a run would make; nothing is wrong with any line."""
    rows = plan_rows(batch)
    print_table(
        ("KIND", "MODEL", "LINES", "DONE", "TO MAKE"),
        [(r["kind"], r["model"] or "*", str(r["lines"]), str(r["done"]), _makes(r)) for r in rows],
    )
    for name in batch.gone:
        click.echo(say(f"{name} is not in the file any more.", f"文件中已没有 {name}。"), err=True)


def _makes(row: dict[str, Any]) -> str:
    pictures, seconds, unsaid = row["pictures"], row["seconds"], row["unsaid"]
    parts = [say(f"{pictures} pictures", f"{pictures} 张图片")] if pictures else []
    if seconds:
        parts.append(say(f"{seconds:g} s of film", f"{seconds:g} 秒视频"))
    if unsaid:
        parts.append(say(f"{unsaid} films of the usual length", f"{unsaid} 段默认时长的视频"))
    return ", ".join(parts) or "–"


def summary(batch: Arranged, board: Board, manifest: Path, seconds: float) -> dict[str, Any]:
    """Return how a run has ended, as JSON has it; `said` is the same as a sentence."""
    counts = {str(mark): board.tally.count(mark) for mark in STYLES}
    shown = ", ".join(
        f"{board.tally.count(mark)} {WORDS[mark].say(language())}"
        for mark in STYLES
        if board.tally.count(mark)
    )
    total = board.tally.total
    return {
        "lines": total,
        **counts,
        "seconds": round(seconds, 3),
        "manifest": str(manifest),
        "gone": list(batch.gone),
        "failures": [
            {"line": n, "name": news.name, "state": str(news.mark), "error": news.detail}
            for n, news in board.failures
        ],
        "said": say(f"{total} lines: {shown}; {manifest}", f"共 {total} 行：{shown}；{manifest}"),
    }
