"""What is wrong with a batch file, said of the row where it is."""

from __future__ import annotations

from dataclasses import dataclass

from genmux.domain.text import Text


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault; `row` is where its line begins in the file, 0 for the file as a whole."""

    row: int
    text: Text

    @property
    def placed(self) -> Text:
        """The sentence with its place in front."""
        if not self.row:
            return self.text
        return Text(f"line {self.row}: {self.text.en}", f"第 {self.row} 行：{self.text.zh}")
