"""kill -9 of the gateway at every step boundary and at random instants: nothing lost, nothing paid twice.

Each channel has a gateway of its own, so that every point is passed by a task of that channel; both
run at once. VOD can be asked afterwards (`recovery = lookup`): every task ends well. MPS cannot
(`never`): what was on its way when the gateway died is `unknown`, and is never sent again.
"""

from __future__ import annotations

import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.chaos.arena import arena, die_at, die_at_random, points_of
from tests.chaos.verdict import Verdict

from genmux.testing.upstream.launch import launched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's times of arrival")

CHANNELS = ("vod", "mps")
KILLS = 5


@pytest.fixture
def seed() -> int:
    """Random moments that can be had again: the seed is printed when a test fails."""
    seed = int(os.environ.get("GENMUX_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"GENMUX_TEST_SEED={seed}")
    return seed


@pytest.mark.timeout(300)
def test_every_point_and_random_moments(tmp_path: Path, seed: int) -> None:
    def torture(channel: str) -> Verdict:
        home = tmp_path / channel
        with (
            launched(home / "upstream", median=0.2) as upstream,
            arena(home, upstream, channel) as ring,
        ):
            for point in points_of(channel):
                die_at(ring, point)
            chance = random.Random(f"{seed} {channel}")
            for _ in range(KILLS):
                die_at_random(ring, chance, tasks=4)
            assert ring.kills >= len(points_of(channel)) + KILLS
            return ring.settle()[channel]

    with ThreadPoolExecutor(len(CHANNELS)) as pool:
        verdicts = dict(zip(CHANNELS, pool.map(torture, CHANNELS), strict=True))
    for channel, verdict in verdicts.items():
        print(channel, verdict.row())
    for channel, verdict in verdicts.items():
        assert verdict.clean, (channel, verdict)
    assert set(verdicts["vod"].states) == {"succeeded"}
    assert set(verdicts["mps"].states) == {"succeeded", "unknown"}
