"""When to look again: pure functions from what is known to the next poll."""

from __future__ import annotations

from typing import Final

FIRST_POLL_MS: Final = 2_000
SHORTEST_POLL_MS: Final = 1_000
LONGEST_POLL_MS: Final = 10_000


def first_poll_delay_ms() -> int:
    """Return how long after acceptance the first poll is due."""
    return FIRST_POLL_MS


def next_poll_delay_ms(age_ms: int) -> int:
    """Return the wait before the next poll of a task accepted `age_ms` ago.

    A tenth of its age, between one and ten seconds: the delay of noticing a finished task stays a
    small share of what the task took.
    """
    return max(SHORTEST_POLL_MS, min(LONGEST_POLL_MS, age_ms // 10))
