"""How late the ends of generations are noticed: counted in bins, so that memory never grows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

FIRST_MS: Final = 10.0
STEP: Final = 1.25
BINS: Final = 64
"""The last bin begins at about three and a half hours."""


@dataclass(slots=True)
class LagStats:
    """Counts lags in milliseconds; quantiles are exact to a bin's width, a quarter."""

    count: int = 0
    total_ms: float = 0.0
    _bins: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, lag_ms: float) -> None:
        """Count one; a clock that runs behind makes no negative lag."""
        lag_ms = max(0.0, lag_ms)
        self.count += 1
        self.total_ms += lag_ms
        self._bins[bin_of(lag_ms)] += 1

    @property
    def mean_ms(self) -> float:
        """The mean lag, 0 before the first."""
        return self.total_ms / self.count if self.count else 0.0

    def quantile(self, share: float) -> float:
        """Return the lag that a share (0 to 1) of all ends stayed within, 0 before the first."""
        wanted, seen = share * self.count, 0
        for k, n in enumerate(self._bins):
            seen += n
            if n and seen >= wanted:
                return FIRST_MS * STEP**k
        return 0.0


def bin_of(lag_ms: float) -> int:
    """Return the first bin whose upper edge, `FIRST_MS * STEP ** k`, is not below the lag."""
    if lag_ms <= FIRST_MS:
        return 0
    return min(BINS - 1, math.ceil(math.log(lag_ms / FIRST_MS, STEP) - 1e-9))
