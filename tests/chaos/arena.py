"""The place where gateways die: one upstream, one data directory, and many lives on it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from tests.chaos.gateway import MODELS, Gateway, Nursery, write_config
from tests.chaos.verdict import Verdict, judge, read_tasks
from tests.e2e.serving import IMAGE, VIDEO, Client

from genmux.testing.crash import POINTS
from genmux.testing.upstream.launch import Launched

ACTIONS: Final = {"image": IMAGE, "video": VIDEO}
LOOKUP_POINTS: Final = frozenset({"before-lookup", "looked-up"})
"""Passed only while something is unknown, and only where the upstream can be asked."""
SETTLE_SECONDS: Final = 120.0
DEATH_SECONDS: Final = 30.0
LIFE_SECONDS: Final = 1.0
"""The longest life that random kills give a gateway, which takes about as long for a whole task."""


@dataclass(slots=True)
class Arena:
    """What lasts from one life of the gateway to the next; `acknowledged` are labels with a TaskId."""

    home: Path
    upstream: Launched
    channels: tuple[str, ...]
    config: Path
    nursery: Nursery
    client: Client | None = None
    acknowledged: list[str] = field(default_factory=list)
    created: int = 0
    kills: int = 0

    @property
    def data(self) -> Path:
        """The gateway's data directory."""
        return self.home / "data"

    @contextmanager
    def life(self, crash_at: str = "") -> Iterator[Gateway]:
        """Run a gateway; it may be dead before it serves, and is dead when the block ends."""
        gateway = Gateway(self.nursery, self.data, self.config, crash_at)
        try:
            if gateway.up():
                self.client = gateway.client(self.client)
            yield gateway
        finally:
            gateway.kill()

    def create(self, channel: str, kind: str, words: str = "") -> None:
        """Ask for one task; it counts as acknowledged only if the answer arrived."""
        assert self.client is not None
        self.created += 1
        label = f"{channel}-{self.created:05d}"
        family, version = MODELS[channel][kind]
        body: dict[str, Any] = {
            "ModelName": family,
            "ModelVersion": version,
            "Prompt": f"label={label} {words} a cat",
        }
        try:
            self.client.create(ACTIONS[kind], body)
        except (OSError, HTTPException):
            return
        self.acknowledged.append(label)

    def verdicts(self) -> dict[str, Verdict]:
        """Read ledger, database and media store side by side, for each channel."""
        tasks, entries = read_tasks(self.data), self.upstream.entries()
        return {c: judge(c, self.acknowledged, tasks, entries) for c in self.channels}

    def settle(self) -> dict[str, Verdict]:
        """Let the last gateway finish what it can, end it, and return what is to be said."""
        with self.life() as gateway:
            deadline = time.monotonic() + SETTLE_SECONDS
            while any(v.stuck for v in self.verdicts().values()) and time.monotonic() < deadline:
                time.sleep(0.25)
            assert gateway.stop() == 0
        return self.verdicts()


@contextmanager
def arena(home: Path, upstream: Launched, *channels: str) -> Iterator[Arena]:
    """Open an arena whose gateways have both channels at this upstream; `channels` are judged."""
    home.mkdir(parents=True, exist_ok=True)
    nursery = Nursery(home)
    try:
        yield Arena(home, upstream, channels, write_config(home / "genmux.toml", upstream.url), nursery)
    finally:
        nursery.close()


def points_of(channel: str) -> list[str]:
    """Return the points that tasks of a channel pass."""
    return [point for point in POINTS if channel == "vod" or point not in LOOKUP_POINTS]


def die_at(ring: Arena, point: str, kind: str = "image") -> None:
    """Let a gateway pass a point once and die there, with a task in flight on each channel."""
    if point in LOOKUP_POINTS:
        die_at(ring, "accepted", kind)
    with ring.life(point) as gateway:
        for channel in ring.channels:
            if not gateway.ended():
                ring.create(channel, kind)
        assert gateway.ended(DEATH_SECONDS), f"no task passes {point}"
        ring.kills += 1


def die_at_random(ring: Arena, chance: random.Random, tasks: int) -> None:
    """Kill a gateway by its id at a random moment, with several tasks in flight."""
    with ring.life() as gateway:
        for _ in range(tasks):
            kind = chance.choice(("image", "image", "video"))
            seconds = chance.uniform(0.05, 1.5)
            ring.create(chance.choice(ring.channels), kind, f"seconds={seconds:.2f}")
        time.sleep(chance.uniform(0.0, LIFE_SECONDS))  # the moment is what is tested
        gateway.kill()
        ring.kills += 1
