"""Lets one call write what several callers want of different tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from genmux.store.compiled import Db


class OfTask(Protocol):
    """Something that is wanted of one task."""

    @property
    def seq(self) -> int: ...


W = TypeVar("W", bound=OfTask)


def write_joined(
    write: Callable[[Db, Sequence[W]], set[int]], db: Db, wishes: Sequence[Sequence[W]]
) -> list[set[int]]:
    """Write what each caller wishes, and return for each of them the seqs that landed.

    Callers who wish something of one and the same task come one after the other, so that each hears
    of his own.
    """
    landed: list[set[int]] = []
    for part in _apart(wishes):
        written = write(db, [one for wish in part for one in wish])
        landed += [written & {one.seq for one in wish} for wish in part]
    return landed


def _apart(wishes: Sequence[Sequence[W]]) -> Iterator[list[Sequence[W]]]:
    """Split wishes, in their order, so that no two of a part name the same task."""
    part: list[Sequence[W]] = []
    named: set[int] = set()
    for wish in wishes:
        seqs = {one.seq for one in wish}
        if not named.isdisjoint(seqs):
            yield part
            part, named = [], set()
        part.append(wish)
        named |= seqs
    if part:
        yield part
