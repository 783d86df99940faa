"""Prompt words and the picture concepts they stand for, English and Chinese.

The words live in `vocabulary.json`: each maps to concepts written "group.name".
A word that maps to nothing only shields its letters (海报, a poster, is not the sea).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

GROUPS: Final = ("family", "home", "subject", "time", "effect", "feature", "camera", "hue", "style")
_LATIN: Final = re.compile(r"[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prompt was found to say.

    `words` are its known words and `concepts` the concepts of each group, both in order of mention.
    `banned` holds the concepts ("group.name") that the negative prompt names.
    """

    words: tuple[str, ...]
    concepts: Mapping[str, tuple[str, ...]]
    banned: frozenset[str]

    def all(self, group: str) -> tuple[str, ...]:
        """The concepts of one group, first mentioned first."""
        return self.concepts[group]

    def first(self, group: str) -> str | None:
        """The first mentioned concept of a group, if any."""
        return next(iter(self.concepts[group]), None)

    def has(self, group: str, name: str) -> bool:
        """Whether the prompt asked for this concept."""
        return name in self.concepts[group]

    def without(self, group: str) -> Reading:
        """The same reading with nothing in one group."""
        return replace(self, concepts=MappingProxyType({**self.concepts, group: ()}))

    def allows(self, concept: str) -> bool:
        """Whether the negative prompt leaves "group.name" alone."""
        return concept not in self.banned


def read(prompt: str, negative_prompt: str = "") -> Reading:
    """Read a prompt; concepts named by the negative prompt are left out."""
    words = tuple(word for word in dict.fromkeys(_found(prompt)) if _words()[word])
    banned = frozenset(_concepts(_found(negative_prompt)))
    named = [concept for concept in _concepts(words) if concept not in banned]
    concepts = {group: _members(group, named) for group in GROUPS}
    return Reading(words, MappingProxyType(concepts), banned)


def understood(prompt: str) -> tuple[str, ...]:
    """The known words of a prompt, as the vocabulary writes them, in order of mention."""
    return read(prompt).words


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    text = files("genmux.render").joinpath("vocabulary.json").read_text(encoding="utf-8")
    entries = json.loads(text).items()
    longest_first = sorted(entries, key=lambda entry: (-len(entry[0]), entry[0]))
    return MappingProxyType({word: tuple(concepts) for word, concepts in longest_first})


@cache
def _pattern() -> re.Pattern[str]:
    """One group per word, longest word first, so that at each place the longest word wins."""
    return re.compile("|".join(f"({_spelling(word)})" for word in _words()))


def _spelling(word: str) -> str:
    if not _LATIN.search(word):
        return re.escape(word)
    return rf"(?<![a-z0-9]){re.escape(word)}(?:s|es)?(?![a-z0-9])"


def _found(prompt: str) -> list[str]:
    words = tuple(_words())
    matches = _pattern().finditer(prompt.lower())
    return [words[m.lastindex - 1] for m in matches if m.lastindex is not None]


def _concepts(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(concept for word in words for concept in _words()[word]))


def _members(group: str, concepts: Iterable[str]) -> tuple[str, ...]:
    prefix = group + "."
    return tuple(c.removeprefix(prefix) for c in concepts if c.startswith(prefix))
