"""What several callers want is written at once, and each hears of his own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from genmux.store.joining import write_joined


class Wish(NamedTuple):
    """Something wanted of a task; only the first one lands."""

    seq: int
    name: int


class Tasks:
    """Remembers in which calls, and by whom, tasks were written."""

    def __init__(self) -> None:
        self.calls: list[list[Wish]] = []
        self.winners: dict[int, int] = {}

    def write(self, db: Any, wishes: Sequence[Wish]) -> set[int]:
        """Write each task once and for ever."""
        self.calls.append(list(wishes))
        return {w.seq for w in wishes if self.winners.setdefault(w.seq, w.name) == w.name}


@given(st.lists(st.lists(st.integers(1, 6), max_size=4, unique=True), max_size=12))
def test_each_hears_of_his_own(wanted: list[list[int]]) -> None:
    tasks = Tasks()
    wishes = [[Wish(seq, name) for seq in seqs] for name, seqs in enumerate(wanted)]
    landed = write_joined(tasks.write, None, wishes)  # type: ignore[arg-type]
    assert [wish for call in tasks.calls for wish in call] == [one for wish in wishes for one in wish]
    first: dict[int, int] = {}
    for name, seqs in enumerate(wanted):
        assert landed[name] == {seq for seq in seqs if first.setdefault(seq, name) == name}
    for call in tasks.calls:
        assert len({wish.seq for wish in call}) == len(call)


def test_wishes_of_different_tasks_are_one_call() -> None:
    tasks = Tasks()
    write_joined(tasks.write, None, [[Wish(n, n)] for n in range(100)])  # type: ignore[arg-type]
    assert len(tasks.calls) == 1


def test_nothing_wanted_is_nothing_landed() -> None:
    assert write_joined(Tasks().write, None, [[], []]) == [set(), set()]  # type: ignore[arg-type]
