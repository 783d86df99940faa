"""Turns: which line may begin next, when only so many may be under way, in all and of one model."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from genmux.client.batch.lines import Line

FREE: Final = ""
"""The limit of the models that have none of their own."""


class Turns:
    """Lines that wait, handed out in the order of the file as far as the limits allow."""

    def __init__(self, most: int, per_model: Mapping[str, int]) -> None:
        """`per_model` limits "Kling/3.0", or all versions of "Kling" together; case does not count."""
        self._most = most
        self._limits = {name.casefold(): limit for name, limit in per_model.items()}
        self._waiting: dict[str, deque[Line]] = {}
        self._under_way: dict[str, int] = {}
        self._count = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Queue lines that could begin."""
        for line in lines:
            self._waiting.setdefault(self._limit_of(line), deque()).append(line)

    def take(self) -> Line | None:
        """Return the first line that may begin now, None while there is none; `give_back` ends its turn."""
        if self._count >= self._most:
            return None
        open_queues = [name for name, queue in self._waiting.items() if queue and self._open(name)]
        if not open_queues:
            return None
        name = min(open_queues, key=lambda name: self._waiting[name][0].n)
        self._under_way[name] = self._under_way.get(name, 0) + 1
        self._count += 1
        return self._waiting[name].popleft()

    def give_back(self, line: Line) -> None:
        """End the turn of a line that was taken."""
        self._under_way[self._limit_of(line)] -= 1
        self._count -= 1

    def _open(self, name: str) -> bool:
        return name == FREE or self._under_way.get(name, 0) < self._limits[name]

    def _limit_of(self, line: Line) -> str:
        model = line.model.casefold()
        names = (model, model.partition("/")[0])
        return next((name for name in names if name in self._limits), FREE)
