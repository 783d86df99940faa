"""The long run: rounds of kills at random points and random instants, each judged after it settled."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from tests.chaos.arena import Arena, arena, die_at_random
from tests.e2e.serving import fail

from genmux.testing.crash import POINTS
from genmux.testing.upstream.launch import launched

CHANNELS: Final = ("vod", "mps")
RANDOM: Final = "any instant"
POINT_SECONDS: Final = 5.0
MOST_TASKS: Final = 6
RANDOM_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to; `moments` counts its kills by where they struck."""

    seed: int
    kills: int
    seconds: float
    moments: dict[str, int]
    verdicts: dict[str, dict[str, int]]
    wrong: dict[str, list[str]] = field(default_factory=dict)


def run_round(home: Path, seed: int, kills: int) -> Round:
    """Kill gateways on one data directory, let the last one settle, and judge both channels."""
    began, moments = time.monotonic(), Counter[str]()
    chance = random.Random(seed)
    shutil.rmtree(home, ignore_errors=True)
    with (
        launched(home / "upstream", median=0.4, spread=0.6, seed=seed) as upstream,
        arena(home, upstream, *CHANNELS) as ring,
    ):
        while sum(moments.values()) < kills:
            moments[_strike(ring, chance)] += 1
        verdicts = ring.settle()
    wrong = {c: [*v.lost, *v.duplicated, *v.stuck] for c, v in verdicts.items() if not v.clean}
    rows: dict[str, Any] = {c: v.row() for c, v in verdicts.items()}
    if not wrong:
        shutil.rmtree(home, ignore_errors=True)
    return Round(seed, kills, round(time.monotonic() - began, 1), dict(moments), rows, wrong)


def _strike(ring: Arena, chance: random.Random) -> str:
    """Kill once; return where it struck."""
    tasks = chance.randint(2, MOST_TASKS)
    if chance.random() < RANDOM_SHARE:
        die_at_random(ring, chance, tasks)
        return RANDOM
    point, times = chance.choice(list(POINTS)), chance.choice((1, 1, 1, 2, 3))
    with ring.life(f"{point}:{times}") as gateway:
        for _ in range(tasks):
            if not gateway.ended():
                kind = chance.choice(("image", "image", "video"))
                ring.create(chance.choice(CHANNELS), kind, f"seconds={chance.uniform(0.05, 1.5):.2f}")
        return point if gateway.ended(POINT_SECONDS) else RANDOM


def read_rounds(path: Path) -> list[Round]:
    """Return the rounds that an earlier run finished."""
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=Round) for line in path.read_bytes().splitlines()]


def add_round(path: Path, found: Round) -> None:
    """Note a finished round; a run that is interrupted goes on after it."""
    if set(found.verdicts) != set(CHANNELS):
        fail(f"a round judges {CHANNELS}, this one {set(found.verdicts)}")
    with path.open("ab") as file:
        file.write(msgspec.json.encode(asdict(found)) + b"\n")
