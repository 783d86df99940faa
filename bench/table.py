"""Tables on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table: the first column is text, the others are numbers."""
    widths = [max(len(line[k]) for line in (head, *rows)) for k in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    print(f"\n## {title}\n")
    for line in (head, rule, *rows):
        cells = [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        print(f"| {' | '.join(cells)} |")
    print(flush=True)


def middle(values: Sequence[float | None], digits: int = 0) -> str:
    """Return the median, "-" where nothing was measured."""
    told = [value for value in values if value is not None]
    return f"{median(told):,.{digits}f}" if told else "-"


def ratio(ours: Sequence[float], floors: Sequence[float], goal: float | None = None) -> str:
    """Return the median of the ratios of neighbouring measurements, and the goal for it."""
    found = median(mine / floor for mine, floor in zip(ours, floors, strict=True))
    return f"{found:.2f}" if goal is None else f"{found:.2f} (goal {goal:.1f})"
