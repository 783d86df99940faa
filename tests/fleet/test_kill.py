"""kill -9 of every process of a fleet under load: nothing is lost, made twice or left behind."""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.arena import ACTIONS
from tests.chaos.gateway import MODELS, write_config
from tests.chaos.verdict import Verdict, judge, read_shared_tasks
from tests.e2e.serving import Client
from tests.fleet.members import Fleet, Member

from genmux.testing.postgres import Postgres
from genmux.testing.upstream.launch import Launched, launched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills processes by their ids")

PAUSE_SECONDS = 0.08
CREATORS = 4
CHANNELS = ("mps", "vod")
SETTLE_SECONDS = 75.0


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Launched]:
    with launched(tmp_path / "upstream", median=0.6, spread=0.6, seed=7) as upstream:
        yield upstream


@pytest.fixture
def fleet(tmp_path: Path, postgres: Postgres, upstream: Launched) -> Iterator[Fleet]:
    with postgres.database() as url:
        fleet = Fleet(tmp_path, url, write_config(tmp_path / "genmux.toml", upstream.url))
        yield fleet
        fleet.close()


class Load:
    """Creates tasks through whichever API answers; a label counts once its answer has arrived."""

    def __init__(self, apis: list[Member], key: Client) -> None:
        self.acknowledged: list[str] = []
        self._apis = apis
        self._key = key
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.enough = threading.Event()

    def create(self) -> None:
        """Create one task after the other until there are enough."""
        while not self.enough.wait(PAUSE_SECONDS):
            with self._lock:
                number = next(self._numbers)
            channel = CHANNELS[number % 3 == 0]
            label = f"{channel}-{number:05d}"
            family, version = MODELS[channel]["image"]
            body: dict[str, Any] = {
                "ModelName": family,
                "ModelVersion": version,
                "Prompt": f"label={label} a cat",
            }
            try:
                client = self._apis[number % len(self._apis)].client(self._key)
                client.create(ACTIONS["image"], body)
                self.acknowledged.append(label)
            except (OSError, HTTPException):
                pass  # nobody was told of it: it may be there or not


def verdicts(fleet: Fleet, upstream: Launched, acknowledged: list[str]) -> dict[str, Verdict]:
    """Read ledger, database and media side by side, for each channel."""
    tasks, entries = read_shared_tasks(fleet.database, fleet.media), upstream.entries()
    return {channel: judge(channel, acknowledged, tasks, entries) for channel in CHANNELS}


@pytest.mark.timeout(180)
def test_every_process_may_die_under_load(fleet: Fleet, upstream: Launched) -> None:
    apis = [fleet.member(f"api-{n}", "api") for n in (1, 2)]
    engines = [fleet.member(f"engine-{n}", "engine") for n in (1, 2)]
    for member in (*apis, *engines):
        member.up()
    seed = int(os.environ.get("GENMUX_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"GENMUX_TEST_SEED={seed}")
    chance = random.Random(seed)
    load = Load(apis, apis[0].client())
    with ThreadPoolExecutor(CREATORS) as pool:
        creating = [pool.submit(load.create) for _ in range(CREATORS)]
        for member in (engines[0], apis[0], engines[1], apis[1]):
            time.sleep(chance.uniform(0.3, 1.2))  # the moment is what is tested
            member.kill()
            member.start()
            member.up()
        load.enough.set()
        for one in creating:
            one.result()
    found = verdicts(fleet, upstream, load.acknowledged)
    deadline = time.monotonic() + SETTLE_SECONDS
    while any(v.stuck for v in found.values()) and time.monotonic() < deadline:
        time.sleep(0.25)
        found = verdicts(fleet, upstream, load.acknowledged)
    rows = {channel: verdict.row() for channel, verdict in found.items()}
    print(rows)
    assert all(verdict.clean for verdict in found.values()), (rows, found, fleet.log())
    assert len(load.acknowledged) > 150
    assert found["vod"].states["succeeded"] == sum(found["vod"].states.values())
    assert [member.stop() for member in (*apis, *engines)] == [0] * 4
