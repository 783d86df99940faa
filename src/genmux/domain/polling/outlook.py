"""What is believed of a completion age: a histogram over log-spaced ages, as the planner reads it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from genmux.domain.spec import Kind

BINS: Final = 128
FIRST_EDGE_MS: Final = 500.0
STEP: Final = 1.08
EDGES_MS: Final = (0.0, *(FIRST_EDGE_MS * STEP**k for k in range(BINS)))
"""Bin k holds the ages from edge k to edge k + 1; the last edge is 2.4 hours."""
WIDTHS_MS: Final = tuple(b - a for a, b in pairwise(EDGES_MS))
MIDDLES_MS: Final = tuple((a + b) / 2.0 for a, b in pairwise(EDGES_MS))

SURPRISE: Final = 0.002
"""The share of any belief that is spread over all ages, so that no age is ever impossible."""
TYPICAL_MS: Final[dict[str, float]] = {Kind.IMAGE: 15_000, Kind.VIDEO: 120_000}
SPREAD: Final = 1.2
"""What is believed of a kind before anything was seen: log-normal, with this deviation of the logarithm."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One belief about how long a task takes.

    `density[k]` is the probability per millisecond in bin k, `survival[k]` that of being unfinished
    at edge k. `effort[k]` is the integral of sqrt(density x survival) from edge k on, in square roots
    of milliseconds: what watching costs from there on, whatever a poll costs.
    """

    density: tuple[float, ...]
    survival: tuple[float, ...]
    effort: tuple[float, ...]
    mean_ms: float

    @property
    def effort_rate(self) -> float:
        """The effort per millisecond that such a task is in flight."""
        return self.effort[0] / self.mean_ms


@dataclass(frozen=True, slots=True)
class Completion:
    """Where one completion is believed to lie: shares of one, from bin `first` on, and its mean age."""

    first: int
    shares: tuple[float, ...]
    age_ms: float


def bin_of(age_ms: float) -> int:
    """Return the bin an age falls into; what is older than the last edge belongs to the last bin."""
    return min(BINS - 1, bisect_right(EDGES_MS, max(0.0, age_ms)) - 1)


def prior_shares(kind: str) -> tuple[float, ...]:
    """Return what each bin is believed to hold of a kind before anything was seen; they add up to one."""
    middle = math.log(TYPICAL_MS.get(kind, TYPICAL_MS[Kind.VIDEO]))
    deviations = ((math.log(edge) - middle) / SPREAD for edge in EDGES_MS[1:])
    below = (0.0, *(0.5 * (1.0 + math.erf(x / math.sqrt(2.0))) for x in deviations))
    shares = [b - a for a, b in pairwise(below)]
    total = math.fsum(shares)
    return tuple(share / total for share in shares)


def outlook_of(shares: Sequence[float]) -> Outlook:
    """Return the belief that bin k holds `shares[k]` of all completions; they add up to one."""
    mixed = [(1.0 - SURPRISE) * share + SURPRISE / BINS for share in shares]
    density = tuple(share / width for share, width in zip(mixed, WIDTHS_MS, strict=True))
    survival = _sums_to_the_end(mixed)
    effort = _sums_to_the_end(list(map(effort_between, density, survival, survival[1:])))
    mean_ms = math.fsum(map(float.__mul__, mixed, MIDDLES_MS))
    return Outlook(density, survival, effort, mean_ms)


def _sums_to_the_end(values: Sequence[float]) -> tuple[float, ...]:
    """Return for each place, and for the end, the sum of what follows."""
    return tuple(accumulate(reversed(values), initial=0.0))[::-1]


def effort_between(density: float, before: float, after: float) -> float:
    """Return the integral of sqrt(density x survival) while survival falls from `before` to `after`."""
    return (before * math.sqrt(before) - after * math.sqrt(after)) / (1.5 * math.sqrt(density))


def believed_completion(outlook: Outlook, after_ms: float, until_ms: float) -> Completion:
    """Return what is believed of a completion that is known to lie between two ages.

    Each bin gets what the outlook believes of it. All in the middle would be a mistake: the planner
    would learn when it looks, not when tasks finish.
    """
    until = min(max(0.0, until_ms), EDGES_MS[-1])
    after = min(max(0.0, after_ms), until)
    first, last = bin_of(after), bin_of(until)
    starts = (after, *EDGES_MS[first + 1 : last + 1])
    ends = (*EDGES_MS[first + 1 : last + 1], until)
    shares = [
        outlook.density[first + k] * (end - start) for k, (start, end) in enumerate(_pairs(starts, ends))
    ]
    total = math.fsum(shares)
    if total <= 0.0:
        return Completion(last, (1.0,), until)
    believed = tuple(share / total for share in shares)
    age = math.fsum(
        share * (a + b) / 2.0 for share, (a, b) in zip(believed, _pairs(starts, ends), strict=True)
    )
    return Completion(first, believed, age)


def _pairs(starts: Sequence[float], ends: Sequence[float]) -> Iterable[tuple[float, float]]:
    return zip(starts, ends, strict=True)
