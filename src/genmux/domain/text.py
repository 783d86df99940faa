"""Sentences shown to people, in the two languages the wires can ask for."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """One sentence in English and in Simplified Chinese."""

    en: str
    zh: str

    def say(self, language: str) -> str:
        """Return the sentence in `language` (`en…` is English, `zh…` is Chinese, anything else English)."""
        return self.zh if language.lower().startswith("zh") else self.en

    def __str__(self) -> str:
        return self.en


def same(sentence: str) -> Text:
    """Return a text that reads the same in every language (names, numbers, upstream messages)."""
    return Text(sentence, sentence)
