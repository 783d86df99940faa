"""The documents are true: every setting, script word and link they name exists, and all are named."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from genmux.providers.script import WORDS
from genmux.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def first_cells(path: Path) -> set[str]:
    return set(re.findall(r"^\| `([a-z_]+)` \|", path.read_text("utf-8"), re.MULTILINE))


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert first_cells(ROOT / "docs/settings.md") == {f.name for f in fields(Settings)}


def test_every_script_word_has_a_row() -> None:
    assert first_cells(ROOT / "docs/emulator.md") == set(WORDS)


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_tour_names_modules_that_exist() -> None:
    text = (ROOT / "docs/tour.md").read_text("utf-8")
    for name in re.findall(r"`([a-z_0-9]+(?:/[a-z_0-9]+)*\.py)`", text):
        assert (ROOT / "src/genmux" / name).exists() or (ROOT / name).exists(), name
    for name in re.findall(r"`([a-z]+)`(?=[ ,.:])", text):
        if (ROOT / "src/genmux" / name).is_dir():
            continue
        assert name not in {"helpers", "utils"}


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(p.name[:4]) for p in sorted((ROOT / "docs/adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
