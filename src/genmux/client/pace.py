"""How fast calls may leave: the next free instant of every limit."""

from __future__ import annotations

from collections.abc import Mapping


class Pace:
    """Gives out turns, evenly spaced; whoever shares one between threads must ask under a lock."""

    def __init__(self, paces: Mapping[str, float]) -> None:
        """`paces` are turns a second by the limit's name; a limit that is not listed lets all pass."""
        self._intervals = {name: 1.0 / rate for name, rate in paces.items()}
        self._free = dict.fromkeys(self._intervals, 0.0)

    def claim(self, name: str, now: float) -> float:
        """Take the next turn of a limit; return how many seconds it is away from `now`."""
        interval = self._intervals.get(name)
        if interval is None:
            return 0.0
        at = max(now, self._free[name])
        self._free[name] = at + interval
        return at - now
