"""How late ends are noticed: counted in log-spaced bins, so that a mean and quantiles cost nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

SHORTEST_MS: Final = 10.0
STEP: Final = 1.1
BINS: Final = 144
"""The last bin begins at two hours; a quantile is exact to 5 %."""


@dataclass(slots=True)
class LagStats:
    """Detection lags of one channel, milliseconds."""

    count: int = 0
    total_ms: float = 0.0
    _bins: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, lag_ms: float) -> None:
        """Count one lag; a negative one, from clocks that differ, counts as none."""
        lag = max(0.0, lag_ms)
        self.count += 1
        self.total_ms += lag
        self._bins[_bin_of(lag)] += 1

    @property
    def mean_ms(self) -> float:
        """The mean, 0 where nothing was counted."""
        return self.total_ms / self.count if self.count else 0.0

    def quantile_ms(self, share: float) -> float:
        """Return the lag that `share` of all do not exceed, 0 where nothing was counted."""
        wanted, found = share * self.count, 0
        for k, number in enumerate(self._bins):
            found += number
            if number and found >= wanted:
                return _middle_ms(k)
        return 0.0


def _bin_of(lag_ms: float) -> int:
    if lag_ms < SHORTEST_MS:
        return 0
    return min(BINS - 1, 1 + int(math.log(lag_ms / SHORTEST_MS) / math.log(STEP)))


def _middle_ms(k: int) -> float:
    return SHORTEST_MS / 2.0 if k == 0 else SHORTEST_MS * STEP ** (k - 0.5)
