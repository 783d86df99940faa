"""The tables of docs/reliability.md: what the long run found, and what LiteLLM did with the same faults."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.chaos.pace import Arrivals, Limits
from tests.chaos.rounds import CHANNELS, RANDOM, Round
from tests.docs.parts import table

from genmux.testing.crash import POINTS

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
RECOVERY: Final = {"vod": "lookup", "mps": "never"}
NUMBERS: Final = ("tasks", "billed", "succeeded", "unknown", "lost", "duplicated", "stuck")


def matrix_text(rounds: Sequence[Round]) -> str:
    """Return the text between the marks of the crash matrix."""
    kills = sum(r.kills for r in rounds)
    seeds = sorted(r.seed for r in rounds)
    return "\n\n".join(
        (
            f"{kills} kills in {len(rounds)} rounds (seeds {seeds[0]} to {seeds[-1]}), {_machine()}, "
            f"{_today()}.",
            _verdicts(rounds),
            _moments(rounds),
        )
    )


def _verdicts(rounds: Iterable[Round]) -> str:
    totals: dict[str, Counter[str]] = {channel: Counter() for channel in CHANNELS}
    for found in rounds:
        for channel, row in found.verdicts.items():
            totals[channel].update(row)
    rows = [
        [channel.upper(), RECOVERY[channel], *(str(totals[channel][name]) for name in NUMBERS)]
        for channel in CHANNELS
    ]
    return table(["channel", "recovery", *NUMBERS], rows)


def _moments(rounds: Iterable[Round]) -> str:
    counted: Counter[str] = Counter()
    for found in rounds:
        counted.update(found.moments)
    rows = [[name, str(counted[name])] for name in (*POINTS, RANDOM)]
    return table(["killed at", "times"], rows)


def pace_text(seen: Arrivals, limits: Limits) -> str:
    """Return the text between the marks of the pace."""
    rows = [
        [action, str(limit), str(seen.calls[action]), str(seen.busiest[action])]
        for action, limit in limits.by_action().items()
    ]
    head = ["action", "limit per second", "calls", "most in any sliding second"]
    told = f"{seen.accepted} tasks, {seen.seconds:.0f} s, {seen.refused} calls refused"
    return f"{told}, {_machine()}, {_today()}.\n\n{table(head, rows)}"


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def _machine() -> str:
    """Return the machine in a few words; no host name, which says nothing to others."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    python = platform.python_version()
    release = ".".join(platform.release().split(".")[:2])
    return f"{os.cpu_count()} cores ({model}), {platform.system()} {release}, Python {python}"
