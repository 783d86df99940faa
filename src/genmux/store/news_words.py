"""What processes tell each other of their commits, and how it is spelt in the payload of a NOTIFY."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from genmux.domain.states import TaskState

VERSION: Final = "1"
LONGEST: Final = 7_900
"""Bytes of a payload; PostgreSQL takes less than 8,000."""
MOST_TASKS: Final = 2_000
"""Tasks that are remembered until they are told."""
WORD: Final = re.compile(r"[a-z0-9._:-]{1,64}\Z")

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Heard:
    """What other processes did, as far as they told.

    `tasks` are (state, seq) of tasks that changed; `words` are other facts. `all` says that something
    was left out or lost, so that everything is worth a look.
    """

    states: frozenset[TaskState] = frozenset()
    tasks: tuple[tuple[TaskState, int], ...] = ()
    words: frozenset[str] = frozenset()
    all: bool = False

    def joined(self, other: Heard) -> Heard:
        """Return what both say."""
        return Heard(
            self.states | other.states,
            tuple(dict.fromkeys((*self.tasks, *other.tasks))),
            self.words | other.words,
            self.all or other.all,
        )


@dataclass(slots=True)
class Told:
    """What is still to be told; not for several threads."""

    states: set[TaskState] = field(default_factory=set)
    tasks: set[tuple[TaskState, int]] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    more: bool = False

    def __bool__(self) -> bool:
        return bool(self.states or self.words or self.more)

    def add(self, state: TaskState, seq: int) -> None:
        """Add that a task entered a state; without a seq only the state is told."""
        self.states.add(state)
        if seq and len(self.tasks) < MOST_TASKS:
            self.tasks.add((state, seq))
        elif seq:
            self.more = True


def spell(told: Told, origin: str) -> str:
    """Return one payload: what does not fit is left out, ends and cancels last, and that is said."""
    states = "".join(str(state.value) for state in sorted(told.states))
    words = ",".join(sorted(told.words))
    room = LONGEST - len(origin) - len(states) - len(words) - 8
    if room < 0:
        words, room = "", room + len(words)
    parts: list[str] = []
    for state, seq in sorted(told.tasks, reverse=True):
        part = f"{state.value}{_base36(seq)}"
        room -= len(part) + 1
        if room < 0:
            break
        parts.append(part)
    left_out = told.more or len(parts) < len(told.tasks) or bool(told.words) > bool(words)
    return ";".join((VERSION, origin, "+" if left_out else "", states, ",".join(parts), words))


def read(payload: str, own: str) -> Heard | None:
    """Return what a payload says, None for one of our own; of what cannot be read all is worth a look."""
    try:
        version, origin, more, states, tasks, words = payload.split(";")
        if version != VERSION:
            return Heard(all=True)
        if origin == own:
            return None
        return Heard(
            frozenset(TaskState(int(digit)) for digit in states),
            tuple((TaskState(int(part[0])), int(part[1:], 36)) for part in _split(tasks)),
            frozenset(_split(words)),
            bool(more),
        )
    except (ValueError, IndexError):
        return Heard(all=True)


def _split(text: str) -> Iterable[str]:
    return text.split(",") if text else ()


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
