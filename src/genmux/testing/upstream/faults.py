"""The fault menu: which words of a prompt make the upstream do what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FAULTS: Final[dict[str, str]] = {
    # How long, and what comes of it
    "label=TEXT": "changes nothing; tells tasks apart in the ledger",
    "seconds=X": "is made for X seconds",
    "fails=CLASS": "is accepted and fails; CLASS is content, capacity, internal or invalid",
    # What becomes of the create
    "lost-answer": "accepts, then closes the connection without a byte",
    "hang": "accepts, then never answers",
    "reset-answer": "accepts, sends half of its answer, then resets the connection",
    "malformed-answer": "accepts, then answers something that is not JSON",
    "error-after": "accepts, then answers HTTP 500",
    "error-before=N": "answers HTTP 500 to the first N creates and accepts nothing",
    "busy=N": "answers RequestLimitExceeded to the first N creates",
    "storm=N": "answers HTTP 429 with `Retry-After: 1` to the first N creates",
    "skew": "answers AuthFailure.SignatureExpire, as to a caller whose clock is wrong",
    "refuses=CLASS": "refuses the create; CLASS is content, invalid, quota or auth",
    # What polls are told
    "poll-error=N": "answers HTTP 500 to the first N polls",
    "poll-malformed=N": "answers something that is not JSON to the first N polls",
    "poll-busy=N": "answers RequestLimitExceeded to the first N polls",
    "poll-reset=N": "resets the connection of the first N polls",
    "odd-status=N": "tells the first N polls a status that no documentation knows",
    "backwards": "runs, then waits again, then is done",
    "forgotten": "is accepted and then not known any more",
    # What the result is
    "no-url": "is done, but names no file",
    "file-404": "the file is not there",
    "file-403": "the file may not be read",
    "file-expired": "the file's URL has expired, as the storage says it",
    "file-truncated": "the file ends before its Content-Length",
    "file-type": "an HTML page lies where the file should be, with status 200",
    "file-endless": "the file never ends",
    "file-redirect": "the file's URL leads to an address inside a private network",
    "file-drip": "the file comes a byte at a time",
    "file-times=N": "only the first N downloads of the file are as bad as that",
}
"""Words of a prompt, separated by spaces; N, X, CLASS and TEXT stand for a value."""

_NAMES: Final = frozenset(word.partition("=")[0] for word in FAULTS)
_WITH_VALUE: Final = frozenset(word.partition("=")[0] for word in FAULTS if "=" in word)


@dataclass(frozen=True, slots=True)
class Script:
    """What the words of one prompt command."""

    words: Mapping[str, str]

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def text(self, word: str) -> str:
        """Return what stands behind a word, "" without the word."""
        return self.words.get(word, "")

    def number(self, word: str) -> float:
        """Return the number behind a word, 0 without the word."""
        return float(self.words.get(word, 0))

    def file_fault(self, downloads: int) -> str:
        """Return what is wrong with the file for a client that downloaded it so often, "" for nothing."""
        if "file-times" in self.words and downloads >= self.number("file-times"):
            return ""
        return next((w for w in self.words if w.startswith("file-") and w != "file-times"), "")


def read_script(prompt: str) -> Script:
    """Return what the prompt commands; other words of it mean nothing here."""
    found: dict[str, str] = {}
    for word in prompt.split():
        name, equals, value = word.partition("=")
        if name in _NAMES and bool(equals) == (name in _WITH_VALUE):
            found[name] = value
    return Script(found)
