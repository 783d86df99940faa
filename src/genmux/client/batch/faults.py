"""What is wrong with a batch file, said of the rows where it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from genmux.domain.text import Text

MOST_ROWS: Final = 5
"""How many rows are named that have the same fault."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault; `row` is where its line begins in the file, 0 for the file as a whole."""

    row: int
    text: Text

    @property
    def placed(self) -> Text:
        """The sentence with its place in front."""
        return _placed((self.row,), self.text)


def place_faults(faults: Iterable[LineFault]) -> tuple[Text, ...]:
    """Return the sentences with their places in front, in the order of the file.

    What is wrong with many rows, such as a column that no line has, is said once.
    """
    rows: dict[Text, dict[int, None]] = {}
    for fault in sorted(faults, key=lambda fault: fault.row):
        rows.setdefault(fault.text, {})[fault.row] = None
    return tuple(_placed(tuple(places), text) for text, places in rows.items())


def _placed(rows: Sequence[int], text: Text) -> Text:
    if rows == (0,):
        return text
    listed, more = ", ".join(map(str, rows[:MOST_ROWS])), len(rows) - MOST_ROWS
    word = "line" if len(rows) == 1 else "lines"
    and_more = (f" and {more} more", f" 等共 {len(rows)} ") if more > 0 else ("", " ")
    return Text(f"{word} {listed}{and_more[0]}: {text.en}", f"第 {listed}{and_more[1]}行：{text.zh}")
