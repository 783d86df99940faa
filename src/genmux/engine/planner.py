"""When to look again: pure functions from what is known to the next poll."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from genmux.engine.outlook import BINS, EDGES_MS, Outlook, bin_of, effort_between

FIRST_POLL_MS: Final = 2_000
SHORTEST_POLL_MS: Final = 1_000
LONGEST_POLL_MS: Final = 10_000

SHORTEST_MS: Final = 500
"""No task is looked at more often, however much quota is left."""
LONGEST_MS: Final = 300_000
"""No task waits longer for a look, unless its channel has no quota for that."""
BATCH_LOOK_MS: Final = 60_000
"""A task that shows up in list calls is looked at by itself this often, in case the list is wrong."""
CEILING_SHARE: Final = 0.25
"""The operator's ceiling may cost this share of the quota; the rest goes where completions are likely."""
TARGET: Final = 1.25
"""So much of the quota is planned for: an estimate too careful would waste some, lateness corrects the rest."""
LATE_MS: Final = 5_000
"""When polls run this late, their spacing doubles."""
JITTER: Final = 0.1
"""Delays differ by so much from task to task: equal ones would look at equal ages, and learn nothing between."""
SCOUTS: Final = 1 / 32
"""This share of looks comes at any moment before its time: an upstream that became faster is noticed by them."""
GOLDEN: Final = 0.6180339887498949
LIST_SHARE: Final = 0.1
SHORTEST_LIST_MS: Final = 1_000
NO_CEILING: Final = 0


@dataclass(frozen=True, slots=True)
class Load:
    """What a channel's polls have to share.

    `describes_per_second` is what may be used of the limit, 0 for no limit. `effort_rate` is the
    average task's (`TimingBook.effort_rate`), 0 for the task's own. `late_ms` is how overdue the
    polls are that are made now. `ceiling_ms` is the longest wait the operator wants, 0 for none.
    """

    in_flight: int
    describes_per_second: float
    effort_rate: float = 0.0
    late_ms: float = 0.0
    batch: bool = False
    ceiling_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """When the next look is due."""

    delay_ms: int


def first_poll_delay_ms() -> int:
    """Return how long after acceptance the first poll is due."""
    return FIRST_POLL_MS


def next_poll_delay_ms(age_ms: int) -> int:
    """Return the wait before the next poll of a task accepted `age_ms` ago.

    A tenth of its age, between one and ten seconds: the delay of noticing a finished task stays a
    small share of what the task took.
    """
    return max(SHORTEST_POLL_MS, min(LONGEST_POLL_MS, age_ms // 10))


def plan(outlook: Outlook, age_ms: float, load: Load, phase: float = 0.5) -> Plan:
    """Return when to look next at a task that was unfinished at `age_ms`.

    `phase` in [0, 1) is this look's place among its like, see `phase_of`.
    """
    longest = longest_ms(load)
    if load.batch:
        return Plan(round(max(BATCH_LOOK_MS, spread(longest, phase))))
    best = best_age_ms(outlook, max(0.0, age_ms), thrift(outlook, load)) - age_ms
    return Plan(round(max(SHORTEST_MS, min(longest, spread(best, phase)))))


def phase_of(seq: int, age_ms: float) -> float:
    """Return the phase of a look: even over the tasks, and another one for the task's next look."""
    return (seq * GOLDEN + age_ms / 7_919.0) % 1.0


def spread(delay_ms: float, phase: float) -> float:
    if phase < SCOUTS:
        return delay_ms * phase / SCOUTS
    return delay_ms * (1.0 + JITTER * ((phase - SCOUTS) / (1.0 - SCOUTS) - 0.5))


def longest_ms(load: Load) -> float:
    if not load.describes_per_second:
        return load.ceiling_ms or LONGEST_MS
    affordable = 1000.0 * load.in_flight / (load.describes_per_second * CEILING_SHARE)
    return max(affordable, load.ceiling_ms or LONGEST_MS)


def thrift(outlook: Outlook, load: Load) -> float:
    """Return the square root of twice the lag (ms) that a poll must be worth."""
    if not load.describes_per_second:
        return 0.0
    need = load.in_flight * (load.effort_rate or outlook.effort_rate)
    return need / (load.describes_per_second / 1000.0 * TARGET) * (1.0 + load.late_ms / LATE_MS)


def best_age_ms(outlook: Outlook, age_ms: float, thrift: float) -> float:
    """Return the age at which the next look costs least."""
    k, start = bin_of(age_ms), age_ms
    if age_ms >= EDGES_MS[-1]:
        return age_ms + LONGEST_MS
    density = outlook.density
    alive = outlook.survival[k] - density[k] * (start - EDGES_MS[k])
    at_start, lag, root = alive, 0.0, math.sqrt(alive)
    best, least = EDGES_MS[-1], math.inf
    while k < BINS and lag < least:
        end, at_end = EDGES_MS[k + 1], outlook.survival[k + 1]
        f = density[k]
        r = (math.sqrt(thrift * thrift * f + 4.0 * alive) - thrift * math.sqrt(f)) / 2.0
        x = r * r
        if at_end <= x <= at_start:
            wait = (at_start - x) / f
            cost = lag + (alive - at_start) * wait + f * wait * wait / 2.0
            cost += thrift * (outlook.effort[k + 1] + effort_between(f, x, at_end))
            if cost < least:
                best, least = start + wait, cost
        w = end - start
        lag += (alive - at_start) * w + f * w * w / 2.0
        cost = lag + thrift * outlook.effort[k + 1]
        if cost < least:
            best, least = end, cost
        start, at_start, k = end, at_end, k + 1
    return best
