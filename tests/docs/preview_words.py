"""The words that the preview understands, as tables of docs/preview.md: concepts, and a few words of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from tests.docs.pages import DOCS
from tests.docs.parts import table

from genmux.render.vocabulary import rows

PAGE: Final = DOCS / "preview.md"
SHOWN: Final = 6

GROUPS: Final = {
    "family": "scenes",
    "subject": "subjects",
    "time": "times",
    "effect": "weather and effects",
    "feature": "features",
    "camera": "camera",
    "hue": "colours",
    "style": "styles",
}
"""The part of the page for each group of concepts; where a subject is at home has none."""


def words(group: str) -> str:
    """Return the concepts of a group, each with the first of its words in both languages."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for concepts, english, chinese in sorted(rows(), key=lambda row: _told(group, row[0])):
        for concept in concepts:
            if concept.startswith(group + "."):
                lists = found.setdefault(concept.partition(".")[2], ([], []))
                lists[0].extend(english)
                lists[1].extend(chinese)
    told = [(f"`{name}`", _few(en), _few(zh)) for name, (en, zh) in sorted(found.items())]
    return table((GROUPS[group], "English", "中文"), told)


def _told(group: str, concepts: tuple[str, ...]) -> bool:
    """Rows that name a concept of the group come before those that only bring one along."""
    return not concepts[0].startswith(group + ".")


def _few(found: list[str]) -> str:
    shown = ", ".join(found[:SHOWN])
    return f"{shown}, … ({len(found)})" if len(found) > SHOWN else shown


def made() -> Iterator[tuple[Path, str, Callable[[], str]]]:
    """Yield the parts of the page that are written from the vocabulary."""
    for group, name in GROUPS.items():
        yield PAGE, name, partial(words, group)
