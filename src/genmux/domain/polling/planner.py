"""When to look again: pure functions from what is known to the next poll."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from genmux.domain.polling.outlook import BINS, EDGES_MS, Outlook, bin_of, effort_between

SHORTEST_POLL_MS: Final = 1_000
LONGEST_POLL_MS: Final = 10_000

SHORTEST_MS: Final = 500
"""No task is looked at more often, however much quota is left."""
LONGEST_MS: Final = 300_000
"""No task waits longer for its next look, unless the quota does not allow that."""
LAST_RESORT_MS: Final = 3_600_000
"""No task waits longer than this, whatever the quota."""
LISTED_MS: Final = 60_000
"""A task that list calls tell of is looked at by itself this often, in case the list forgets it."""
MOST_LOOKS: Final = 60
"""A task is worth about so many looks at most: more would only save fractions of a second."""
CEILING_SHARE: Final = 0.25
"""A ceiling may cost this share of the quota; the rest goes where completions are likely."""

JITTER: Final = 0.1
"""Delays differ by so much: looks at equal ages only would never tell what happens between them."""
SCOUTS: Final = 1 / 16
"""This share of looks comes at any moment before its time, and notices that an upstream became faster."""
GOLDEN: Final = 0.6180339887498949
PRIME: Final = 7_919

LATE_MS: Final = 30_000
"""Polls that run this late are planned at half the rate at once."""
LATE_AIM_MS: Final = 1_000
"""The strain settles where polls are this late: the quota is used up, and hardly any poll waits."""
STRAIN_LOOKS: Final = 30_000
"""The strain changes by a factor of e in so many looks; a quicker one would swing with the queue."""
LEAST_STRAIN: Final = 0.7
MOST_STRAIN: Final = 4.0

LIST_SHARE: Final = 0.1
"""List calls may cost this share of the quota, however few tasks they tell of."""
SHORTEST_LIST_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Load:
    """What the polls of one quota have to share.

    `describes_per_second` is what may be used of the limit, 0 for no limit. `effort_rate` is the
    average task's, from `TimingBook.effort_rate`; 0 for the planned task's own. `late_ms` is how
    overdue the polls are that are made now. `ceiling_ms` is the longest wait between two looks that
    the operator wants, 0 for none. With `batch` list calls tell which tasks have ended.
    """

    in_flight: int
    describes_per_second: float
    effort_rate: float = 0.0
    late_ms: float = 0.0
    batch: bool = False
    ceiling_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to wait before the next look."""

    delay_ms: int


def next_poll_delay_ms(age_ms: int) -> int:
    """Return the wait before the next poll of a task accepted `age_ms` ago.

    A tenth of its age, between one and ten seconds: the delay of noticing a finished task stays a
    small share of what the task took.
    """
    return max(SHORTEST_POLL_MS, min(LONGEST_POLL_MS, age_ms // 10))


def plan(outlook: Outlook, age_ms: float, load: Load, phase: float = 0.5) -> Plan:
    """Return when to look next at a task that was unfinished at `age_ms`.

    `phase`, from 0 to 1, tells the looks of one age apart: see `phase_of`. More tasks, a smaller quota
    and later polls never make the delay shorter.
    """
    longest = longest_wait_ms(load)
    if load.batch:
        return Plan(round(max(LISTED_MS, longest * jitter(phase))))
    age = max(0.0, age_ms)
    wait = (best_age_ms(outlook, age, thrift(outlook, load)) - age) * jitter(phase)
    return Plan(round(max(SHORTEST_MS, min(longest, wait))))


def phase_of(seq: int, age_ms: float) -> float:
    """Return the phase of a look: evenly spread over the tasks, and another one for each look."""
    return (seq * GOLDEN + age_ms / PRIME) % 1.0


def jitter(phase: float) -> float:
    """Return what a delay is multiplied with."""
    if phase < SCOUTS:
        return phase / SCOUTS
    return 1.0 + JITTER * ((phase - SCOUTS) / (1.0 - SCOUTS) - 0.5)


def longest_wait_ms(load: Load) -> float:
    """Return the longest wait between two looks: the ceiling, or what its share of the quota allows."""
    ceiling = LISTED_MS if load.batch else load.ceiling_ms or LONGEST_MS
    if not load.describes_per_second:
        return ceiling
    affordable = 1_000.0 * load.in_flight / load.describes_per_second / CEILING_SHARE
    return min(LAST_RESORT_MS, max(ceiling, affordable))


def thrift(outlook: Outlook, load: Load) -> float:
    """Return how dear a look is: the square root of twice the lag, in milliseconds, that it must save.

    A task that is looked at so thriftily costs about `effort / thrift` looks. This thrift makes the
    tasks in flight cost the quota together.
    """
    least = outlook.effort[0] / MOST_LOOKS
    if not load.describes_per_second:
        return least
    effort_per_ms = load.in_flight * (load.effort_rate or outlook.effort_rate)
    looks_per_ms = load.describes_per_second / 1_000.0
    return max(least, effort_per_ms / looks_per_ms * (1.0 + load.late_ms / LATE_MS))


def strain_after(strain: float, late_ms: float) -> float:
    """Return the correction of the effort rate after a look that was `late_ms` late.

    It starts at 1 and finds out what the estimate of looks per task leaves out.
    """
    error = max(-1.0, min(1.0, late_ms / LATE_AIM_MS - 1.0))
    return max(LEAST_STRAIN, min(MOST_STRAIN, strain * math.exp(error / STRAIN_LOOKS)))


def batch_interval_ms(load: Load) -> int:
    """Return the wait between two list calls: a second, unless that is too large a part of the quota."""
    if not load.describes_per_second:
        return SHORTEST_LIST_MS
    affordable = 1_000.0 / (load.describes_per_second * LIST_SHARE)
    return round(max(SHORTEST_LIST_MS, min(LAST_RESORT_MS, affordable)))


def best_age_ms(outlook: Outlook, age_ms: float, thrift: float) -> float:
    """Return the age at which the next look costs least, of a task that was unfinished at `age_ms`.

    A look at age b costs the lag of what finished before b, and `thrift` times the effort that
    remains from b on: the price of looking on in the best way, were looks divisible. In a bin of
    density f the least is where the survival x satisfies `alive - x = thrift * sqrt(f * x)`.
    """
    if age_ms >= EDGES_MS[-1]:
        return age_ms + LONGEST_MS
    first, start, lag = bin_of(age_ms), age_ms, 0.0
    best, least = EDGES_MS[-1], math.inf
    density, survival, effort = outlook.density, outlook.survival, outlook.effort
    alive = before = survival[first] - density[first] * (age_ms - EDGES_MS[first])
    for k in range(first, BINS):
        f, end, after = density[k], EDGES_MS[k + 1], survival[k + 1]
        half = thrift * math.sqrt(f) / 2.0
        x = (math.sqrt(half * half + alive) - half) ** 2
        if after <= x <= before:
            wait = (before - x) / f
            cost = (
                lag + _lag(alive - before, f, wait) + thrift * (effort[k + 1] + effort_between(f, x, after))
            )
            if cost < least:
                best, least = start + wait, cost
        lag += _lag(alive - before, f, end - start)
        if lag >= least:
            break
        if lag + thrift * effort[k + 1] < least:
            best, least = end, lag + thrift * effort[k + 1]
        start, before = end, after
    return best


def _lag(done: float, density: float, wait: float) -> float:
    """Return the lag gathered while waiting: `done` have finished before, more finish meanwhile."""
    return wait * (done + density * wait / 2.0)
