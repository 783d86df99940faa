"""Parts of a page that a program writes, between two comments that name it: its tables, most of all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars and angle brackets in a cell are kept."""
    lines = [list(head), ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(map(_kept, line)) + " |" for line in lines)


def read_part(page: Path, name: str) -> str:
    """Return what stands between the marks of one part of a page. Raises `ValueError` if it has none."""
    return _split(page, name)[1].strip("\n")


def write_part(page: Path, name: str, text: str) -> None:
    """Replace what stands between the marks of one part of a page. Raises `ValueError` if it has none."""
    before, _, after = _split(page, name)
    page.write_text(f"{before}\n\n{text}\n\n{after}", "utf-8")


def named_parts(page: Path) -> list[str]:
    """Return the names of a page's parts, whoever writes them."""
    return re.findall(r"^<!-- (.+): written by make \w+ -->$", page.read_text("utf-8"), re.MULTILINE)


def _kept(cell: str) -> str:
    """Return a cell that shows what it says; GitHub and the site escape bars in code differently."""
    parts = cell.split("`")
    return "".join(
        _code(part) if n % 2 else escape(part, quote=False) for n, part in enumerate(parts)
    ).replace("|", "&#124;")


def _code(text: str) -> str:
    return f"<code>{escape(text, quote=False)}</code>" if "|" in text else f"`{text}`"


def _split(page: Path, name: str) -> tuple[str, str, str]:
    """Return what comes before a part, with its mark; the part; and what follows, with its other mark."""
    begin, end = rf"<!-- {re.escape(name)}: written by make \w+ -->", f"<!-- end of {re.escape(name)} -->"
    found = re.fullmatch(rf"(.*{begin})(.*)({end}.*)", page.read_text("utf-8"), re.DOTALL)
    if found is None:
        raise ValueError(f"{page} has no part {name}")
    return found[1], found[2], found[3]
