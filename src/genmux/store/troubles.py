"""Whose fault a failed statement is, and how long it is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

CONFLICTS: Final = 8
"""How often an operation meets others in its way before it is given up."""
CONFLICT_SECONDS: Final = 3.0
"""How long it tries at most: whatever else this process wants to write waits behind it."""
LOST_SECONDS: Final = 5.0
"""How long a lost database is sought before those who wait are told."""
SHORTEST_SECONDS: Final = 0.005
LONGEST_SECONDS: Final = 0.5


class Trouble(Enum):
    """What a failed statement says of the transaction it was in."""

    OWN = "it would fail again"
    CONFLICT = "another process was in the way: nothing was written, and it may well work now"
    LOST = "the connection is gone: nothing was written, unless the COMMIT was sent"


def never(error: Exception) -> Trouble:
    """Judge for a database that nobody else writes: no error passes by itself."""
    return Trouble.OWN


@dataclass(slots=True)
class Patience:
    """Pauses between the tries of one transaction, until they are too many or took too long."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.Random)
    _begun: float = field(init=False)
    _conflicts: int = 0
    _losses: int = 0

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def again(self, trouble: Trouble) -> bool:
        """Pause and return True, or return False when it is time to give up."""
        if trouble is Trouble.OWN:
            return False
        spent = self.clock() - self._begun
        if trouble is Trouble.CONFLICT:
            self._conflicts += 1
            return self._conflicts < CONFLICTS and spent < CONFLICT_SECONDS and self._pause(self._conflicts)
        self._losses += 1
        return spent < LOST_SECONDS and (self._losses == 1 or self._pause(self._losses))

    def _pause(self, tries: int) -> bool:
        longest = min(LONGEST_SECONDS, SHORTEST_SECONDS * 2**tries)
        self.sleep(self.chance.uniform(longest / 2, longest))
        return True
