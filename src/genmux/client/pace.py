"""How fast calls may leave: the next free instant of every limit, later after a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SLOWEST_FACTOR: Final = 8.0
RECOVERY: Final = 0.95
"""What is left of a slow-down after each second."""


@dataclass(slots=True)
class Lane:
    """The turns of one limit; times are seconds. It is `factor` times slower than it need be."""

    interval: float
    free_at: float = 0.0
    factor: float = 1.0
    eased_at: float = 0.0

    def spacing(self, now: float, *, refused: bool) -> float:
        """Return the seconds between two turns now: twice as many after each refusal, less as time goes."""
        if refused or self.factor > 1.0:
            eased = max(1.0, self.factor * RECOVERY ** max(0.0, now - self.eased_at))
            self.factor = min(SLOWEST_FACTOR, eased * 2) if refused else eased
            self.eased_at = now
        return self.interval * self.factor


class Pace:
    """Gives out turns, evenly spaced; whoever shares one between threads must ask under a lock."""

    def __init__(self, paces: Mapping[str, float]) -> None:
        """`paces` are turns a second by the limit's name; a limit that is not listed lets all pass."""
        self._lanes = {name: Lane(1.0 / rate) for name, rate in paces.items()}

    def claim(self, name: str, now: float, *, refused: bool = False) -> float:
        """Take the next turn of a limit; return how many seconds it is away from `now`.

        `refused` says that the call was made before and refused for being one too many.
        """
        lane = self._lanes.get(name)
        if lane is None:
            return 0.0
        at = max(now, lane.free_at)
        lane.free_at = at + lane.spacing(now, refused=refused)
        return at - now
