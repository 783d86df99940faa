"""A rush of tasks against an account with limits, and what arrived at the upstream."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from tests.chaos.gateway import MPS_MODEL, Gateway, Nursery, write_config
from tests.e2e.serving import Client, fail

from genmux.testing.upstream.launch import Launched, launched
from genmux.testing.upstream.ledger import busiest_second

IN_FLIGHT: Final = 2400
THREADS: Final = 4
PATIENCE_SECONDS: Final = 600.0
POLL_CEILING: Final = "poll_seconds = 5"
"""What the seeds poll with: 480 looks a second are wanted, far more than any limit here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls per second, by kind of task."""

    creates: Mapping[str, int]
    describes: Mapping[str, int]

    def by_action(self) -> dict[str, int]:
        """Return the limits as the upstream has them."""
        return {
            **{f"CreateAigc{kind.title()}Task": n for kind, n in self.creates.items()},
            **{f"DescribeAigc{kind.title()}Task": n for kind, n in self.describes.items()},
        }

    def describe_actions(self) -> list[str]:
        """Return the actions that look at tasks."""
        return [f"DescribeAigc{kind.title()}Task" for kind in self.describes]


MPS: Final = Limits(creates={"image": 20, "video": 10}, describes={"image": 20, "video": 50})
"""What the documentation of MPS states."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What the ledger says: accepted tasks, refused calls, and the fullest second of each action."""

    accepted: int
    refused: int
    calls: Mapping[str, int]
    busiest: Mapping[str, int]
    seconds: float


def rush(home: Path, limits: Limits, polls: int) -> Arrivals:
    """Let a gateway find all tasks queued, and watch until all are accepted and `polls` looks arrived."""
    actions = limits.by_action()
    with launched(home / "upstream", rates=actions, median=36_000) as upstream:
        config = write_config(
            home / "genmux.toml",
            upstream.url,
            slots=IN_FLIGHT,
            creates=_toml(limits.creates),
            describes=_toml(limits.describes),
            more=POLL_CEILING,
        )
        nursery = Nursery(home)
        try:
            with _life(nursery, home / "data", config, paused="true") as gateway:
                _queue(gateway.client(None))
            with _life(nursery, home / "data", config):
                _watch(upstream, limits, polls)
        finally:
            nursery.close()
        return arrivals(upstream, actions)


@contextmanager
def _life(nursery: Nursery, data: Path, config: Path, **settings: str) -> Iterator[Gateway]:
    gateway = Gateway(nursery, data, config, **settings)
    try:
        assert gateway.up()
        yield gateway
    finally:
        gateway.kill()


def _queue(client: Client) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        made = sum(pool.map(lambda first: _create(client, range(first, IN_FLIGHT, THREADS)), range(THREADS)))
    assert made == IN_FLIGHT


def _create(client: Client, numbers: range) -> int:
    """Create these tasks over one connection; return how many were accepted."""
    connection, made = HTTPConnection(client.address, timeout=60), 0
    for n in numbers:
        kind = "image" if n % 3 else "video"
        family, version = MPS_MODEL[kind]
        body = {"ModelName": family, "ModelVersion": version, "Prompt": f"label={n} a cat"}
        raw = json.dumps(body).encode()
        headers = client.sign(f"CreateAigc{kind.title()}Task", raw)
        connection.request("POST", "/", raw, headers)
        made += "TaskId" in json.loads(connection.getresponse().read())["Response"]
    connection.close()
    return made


def _watch(upstream: Launched, limits: Limits, polls: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _enough(upstream, limits, polls):
        if time.monotonic() > deadline:
            fail(f"not within {PATIENCE_SECONDS:.0f} s: {arrivals(upstream, limits.by_action())}")
        time.sleep(0.5)


def _enough(upstream: Launched, limits: Limits, polls: int) -> bool:
    looks = len(upstream.calls(*limits.describe_actions()))
    return looks >= polls and len(upstream.accepted()) == IN_FLIGHT


def arrivals(upstream: Launched, actions: Mapping[str, int]) -> Arrivals:
    """Return what the ledger says of these actions."""
    calls = upstream.calls(*actions)
    times: dict[str, list[int]] = {action: [] for action in actions}
    for call in calls:
        times[call.action].append(call.at_us)
    every = [call.at_us for call in calls]
    return Arrivals(
        accepted=len(upstream.accepted()),
        refused=sum(call.code == "RequestLimitExceeded" for call in calls),
        calls=Counter(call.action for call in calls),
        busiest={action: busiest_second(found) for action, found in times.items()},
        seconds=(max(every) - min(every)) / 1e6 if every else 0.0,
    )


def _toml(rates: Mapping[str, int]) -> str:
    return "{ " + ", ".join(f"{kind} = {n}" for kind, n in rates.items()) + " }"
