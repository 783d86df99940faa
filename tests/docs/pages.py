"""The pages of the documentation, read as data: their headings, tables, links and fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))

_BLOCK: Final = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block, and what the comment on the line above it says of it.

    `notes` are `run: server=emulator upstream=mps`, `file: NAME` and `not run: REASON`, each by its
    first words.
    """

    page: str
    line: int
    language: str
    text: str
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def wants(self) -> dict[str, str]:
        """What it is run with, by name."""
        return dict(word.split("=", 1) for word in self.notes.get("run", "").split())


def name_of(path: Path) -> str:
    """Return a page's path in the repository."""
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> tuple[Block, ...]:
    """Return a page's fenced blocks in order."""
    text = path.read_text("utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Block(name_of(path), line, match["language"], match["text"], _notes(match["note"])))
    assert len(found) * 2 == len(re.findall(r"^ *```", text, re.MULTILINE)), f"{path}: a block is not closed"
    return tuple(found)


def _notes(comment: str | None) -> dict[str, str]:
    head, colon, rest = (comment or "").partition(": ")
    return {head: rest} if colon and head in NOTES else {}


NOTES: Final = ("run", "not run", "file")


def first_cells(name: str) -> set[str]:
    """Return the words in code that begin the rows of a page's tables."""
    return set(re.findall(r"^\| `([a-z_]+)` \|", (DOCS / name).read_text("utf-8"), re.MULTILINE))


def sections(name: str) -> dict[str, str]:
    """Return the text of each section of a page by its heading of the second level."""
    parts = re.split(r"^## (.+)$", (DOCS / name).read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
