"""The ledger of an upstream: every call it got, and every task it took on and would bill."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

CALL: Final = "call"
ACCEPT: Final = "accept"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line; `at_us` is when the call's first byte arrived, in microseconds since the epoch.

    `code` is the error the call was answered with, "" for none. `billed` says of an accepted task
    that something is made of it, so that it will be paid for.
    """

    what: str
    at_us: int
    api: str
    action: str = ""
    code: str = ""
    task: str = ""
    kind: str = ""
    session: str = ""
    prompt: str = ""
    secret_id: str = ""
    billed: bool = False
    authorized: bool = False  # the call carried a credential

    @property
    def label(self) -> str:
        """What the prompt says behind `label=`, "" for nothing."""
        return next((w[6:] for w in self.prompt.split() if w.startswith("label=")), "")


_ENCODER: Final = msgspec.json.Encoder()


class Ledger:
    """Appends entries to a file; what was accepted is on the disk when `write` returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def write(self, entry: Entry) -> None:
        """Append one entry; acceptances are forced to the disk, calls only to the system."""
        self._file.write(_ENCODER.encode(entry) + b"\n")
        self._file.flush()
        if entry.what == ACCEPT:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_ledger(path: Path) -> list[Entry]:
    """Return all entries in the order they were written; a torn last line is left out."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [msgspec.json.decode(line, type=Entry) for line in lines]


def accepted(entries: Iterable[Entry]) -> list[Entry]:
    """Return the tasks that were taken on."""
    return [entry for entry in entries if entry.what == ACCEPT]


def calls(entries: Iterable[Entry], *actions: str) -> list[Entry]:
    """Return the calls, of these actions if any are named."""
    return [e for e in entries if e.what == CALL and (not actions or e.action in actions)]


def busiest_second(times_us: Iterable[int]) -> int:
    """Return how many of these moments the fullest window of one second holds."""
    ordered: Sequence[int] = sorted(times_us)
    most = first = 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= 1_000_000:
            first += 1
        most = max(most, last - first + 1)
    return most


def write_ready(path: Path, **told: Any) -> None:
    """Tell a waiting parent, all at once, that the server listens."""
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(told))
    draft.replace(path)
