"""Prompt words and the picture concepts they stand for, English and Chinese.

The words live in `vocabulary.json`: each row maps words of both languages to concepts written
"group.name", the one the words name first, then what it brings along. Its shields only keep
letters from other words (海报, a poster, is not the sea), its table of characters makes
traditional Chinese simplified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from genmux.render.vocabulary.negation import denied
from genmux.render.vocabulary.quantity import quantity, worn

GROUPS: Final = ("family", "home", "subject", "time", "effect", "feature", "camera", "hue", "style")

# A place, a subject or a style outlives what is banned about it; other words go as a whole.
_LASTING: Final = ("family", "subject", "style")
# Said last where another word says it as what it names: 月 is night, but not at sunset.
_YIELDING: Final = ("time", "home")

_SPACES: Final = re.compile(r"\s+")
_STARTS: Final = re.compile(r"[a-z0-9]+|[^\x00-\x7f]")
_LATIN: Final = re.compile(r"[a-z0-9]")
_LOOKED_BACK: Final = 40
_PUNCTUATION: Final = {ord(c): " " for c in "-_\t\r\n\u3000"} | {ord("’"): "'", ord("‘"): "'"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prompt was found to say.

    `words` are its known words and `concepts` the concepts of each group, both in order of mention;
    what a word only brings along comes after what others name. `banned` holds the concepts
    ("group.name") that the negative prompt, or a "no" before them, excludes. `counts` says how many
    of a subject are wanted, where that is more than one.
    """

    words: tuple[str, ...]
    concepts: Mapping[str, tuple[str, ...]]
    banned: frozenset[str]
    counts: Mapping[str, int] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True)
class _Mention:
    """A known word, what it stands for, and how many of it there are."""

    word: str
    concepts: tuple[str, ...]
    many: int = 1


@dataclass(frozen=True, slots=True)
class _Book:
    """The vocabulary, ready to be looked up.

    `spellings` gives the word and whether the spelling is its plural; `lengths` the lengths of the
    spellings that begin with a character or, in Latin, with a whole word, longest first.
    """

    spellings: Mapping[str, tuple[_Mention, bool]]
    lengths: Mapping[str, tuple[int, ...]]
    simplified: Mapping[int, str]


def read(prompt: str, negative_prompt: str = "") -> Reading:
    """Read a prompt; what the negative prompt names is left out, and so is what the prompt denies."""
    said, refused = _heard(prompt)
    refused += (mention.concepts for mention, *_ in _mentions(_plain(negative_prompt)))
    # A word that only hints at a place, such as "smile" in a negative prompt, bans no place.
    banned = frozenset(concepts[0] for concepts in refused if not concepts[0].startswith("home."))
    kept = [replace(m, concepts=_left(m.concepts, banned)) for m in said]
    kept = [m for m in kept if m.concepts]
    concepts = {group: _members(group, kept) for group in GROUPS}
    words = tuple(dict.fromkeys(m.word for m in said))
    return Reading(words, MappingProxyType(concepts), banned, MappingProxyType(_counts(kept)))


def understood(prompt: str) -> tuple[str, ...]:
    """The known words of a prompt, as the vocabulary writes them, in order of mention."""
    return read(prompt).words


def rows() -> list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """The rows of the vocabulary: concepts, English words, Chinese words."""
    return [(tuple(key.split()), _split(en), _split(zh)) for key, (en, zh) in _data()["words"].items()]


def shields() -> tuple[str, ...]:
    """The words that stand for nothing."""
    return tuple(word for line in _data()["shields"] for word in _split(line))


def _heard(prompt: str) -> tuple[list[_Mention], list[tuple[str, ...]]]:
    """What a prompt says, and the concepts of each word that it denies; each thing once."""
    text = _plain(prompt)
    said: dict[_Mention, None] = {}
    refused: dict[tuple[str, ...], None] = {}
    last, no = 0, False
    for mention, start, end, plural in _mentions(text):
        before = text[max(last, start - _LOOKED_BACK) : start]
        no = denied(before, after_denied=no)
        colour = mention.concepts[0].startswith("hue.")
        if no:
            refused[mention.concepts] = None
        elif not (colour and worn(text, end)):
            many = quantity(before, plural)
            said[mention if many == 1 else replace(mention, many=many)] = None
        if no or not colour:
            last = end
    return list(said), list(refused)


def _left(concepts: tuple[str, ...], banned: frozenset[str]) -> tuple[str, ...]:
    """What of a word remains when some concepts are banned."""
    if banned.isdisjoint(concepts):
        return concepts
    if concepts[0] in banned or concepts[0].partition(".")[0] not in _LASTING:
        return ()
    return tuple(concept for concept in concepts if concept not in banned)


def _members(group: str, mentions: Sequence[_Mention]) -> tuple[str, ...]:
    """The names of one group in order of mention; of a yielding group, those named come first."""
    prefix = group + "."
    if group not in _YIELDING:
        found = [c for m in mentions for c in m.concepts if c.startswith(prefix)]
    else:
        ranked = sorted(mentions, key=lambda m: _yields(group, m.concepts))
        found = [c for m in ranked for c in m.concepts if c.startswith(prefix)]
    return tuple(dict.fromkeys(c.removeprefix(prefix) for c in found))


def _yields(group: str, concepts: tuple[str, ...]) -> bool:
    """A time yields where it is only brought along, a home where no subject or feature lives there."""
    leads = concepts[0].startswith(group + ".")
    return leads if group == "home" else not leads


def _counts(mentions: Iterable[_Mention]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for mention in mentions:
        told = [int(c.removeprefix("count.")) for c in mention.concepts if c.startswith("count.")]
        many = max([mention.many, *told])
        for concept in mention.concepts:
            if many > 1 and concept.startswith("subject."):
                name = concept.removeprefix("subject.")
                counts[name] = max(many, counts.get(name, 0))
    return counts


def _plain(prompt: str) -> str:
    """The prompt in small letters and simplified characters, its words one space apart."""
    return _SPACES.sub(" ", prompt.lower().translate(_book().simplified))


def _mentions(text: str) -> Iterator[tuple[_Mention, int, int, bool]]:
    """The known words of a plain text, at each place the longest: where each starts and ends, if plural."""
    book, end = _book(), 0
    for start in _STARTS.finditer(text):
        at = start.start()
        if at < end:
            continue
        for length in book.lengths.get(start.group(), ()):
            found = book.spellings.get(text[at : at + length])
            if found is not None and _whole(text, at + length):
                end = at + length
                mention, plural = found
                if mention.concepts:
                    yield mention, at, end, plural
                break


def _whole(text: str, end: int) -> bool:
    """Whether a Latin word ends here; Chinese words always do."""
    return not (_LATIN.match(text, end - 1) and _LATIN.match(text, end))


@cache
def _data() -> Mapping[str, Mapping[str, list[str]]]:
    loaded = json.loads(
        files("genmux.render.vocabulary").joinpath("vocabulary.json").read_text(encoding="utf-8")
    )
    return MappingProxyType(loaded)


@cache
def _book() -> _Book:
    concepts: dict[str, tuple[str, ...]] = dict.fromkeys(shields(), ())
    for row, english, chinese in rows():
        concepts |= dict.fromkeys((*english, *chinese), row)
    words = [_Mention(word, row) for word, row in concepts.items()]
    spellings = {plural: (m, True) for m in words for plural in _plurals(m.word)}
    spellings |= {m.word: (m, False) for m in words}
    lengths: dict[str, set[int]] = {}
    for spelling in spellings:
        first = _STARTS.match(spelling)
        lengths.setdefault(first.group() if first else spelling[:1], set()).add(len(spelling))
    longest_first = {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}
    traditional, simple = _data()["traditional"]
    simplified = _PUNCTUATION | {ord(t): s for t, s in zip(traditional, simple, strict=True)}
    return _Book(spellings, longest_first, simplified)


def _plurals(word: str) -> Iterator[str]:
    """The plurals that a word may be written with."""
    if "a" <= word[-1:] <= "z":
        yield from (word + "s", word + "es")
        if word[-1] == "y":
            yield word[:-1] + "ies"


def _split(line: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in line.split(",") if word.strip())
