"""Kinds of requests to genmux and to its floors: what is sent, what must come back, how the bursts were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench import requests
from bench.asking import finish_pictures, make_films
from bench.children import Child, serving
from bench.load import CONNECTIONS, Burst, burst
from bench.table import middle, ratio
from genmux.wires import mps, rest

WARM_PART: Final = 0.25
TASKS: Final = 256
"""So many existing tasks are asked about in turn."""
PAGE: Final = 20
MOST_PER_SECOND: Final = 15_000
"""So many creates are signed for each second of a burst; a faster server ends the burst early."""
MOST_CONNECTIONS: Final = 256
CREATE, LOOK, LOOK_PICTURE = "CreateAigcVideoTask", "DescribeAigcVideoTask", "DescribeAigcImageTask"
PREVIEW: Final = {"provider": "preview", "models": ["video/Kling/*", "image/*"]}
RELAY: Final = {
    "provider": "openai",
    "endpoint": "http://127.0.0.1:9/v1",
    "allow_private": True,
    "models": ["video/fake/*"],
}
"""A channel of the kind that most have; paused servers never call it."""
CHANNELS: Final = {"preview": PREVIEW, "relay": RELAY}

Prepare = Callable[[float], Iterator[bytes]]
"""Takes how long a burst will last; returns its requests."""


@dataclass(slots=True)
class Side:
    """One kind of request to one server, and what its bursts were like."""

    child: Child
    marker: bytes
    prepare: Prepare
    bursts: list[Burst] = field(default_factory=list)

    def load(self, seconds: float, connections: int = CONNECTIONS) -> Burst:
        """Run one burst."""
        return burst(self.child, self.prepare(seconds), self.marker, seconds, connections)

    def rates(self) -> list[float]:
        """Return the rate of every burst."""
        return [b.rate for b in self.bursts]

    def cpu(self) -> list[float | None]:
        """Return the CPU µs per answer of every burst."""
        return [b.cpu_us for b in self.bursts]

    def told(self) -> tuple[str, ...]:
        """Return rate, p50, p99 and CPU as cells."""
        found = self.bursts
        return (
            middle(self.rates()),
            middle([b.p50_ms for b in found], 1),
            middle([b.p99_ms for b in found], 1),
            middle(self.cpu()),
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """A kind of request: its name, the wanted ratio to the floor, and who answers it."""

    name: str
    goal: float | None
    floor: Side | None
    ours: Side

    def measure(self, seconds: float, rounds: int, connections: int = CONNECTIONS) -> None:
        """Let floor and genmux take turns."""
        sides = [side for side in (self.floor, self.ours) if side is not None]
        for side in sides:
            side.bursts.clear()
            side.load(seconds * WARM_PART, connections)
        for _ in range(rounds):
            for side in sides:
                side.bursts.append(side.load(seconds, connections))

    def beside_floor(self) -> tuple[str, ...]:
        """Return the floor's rate and CPU, and both ratios, as cells."""
        if self.floor is None:
            return ("-",) * 4
        floor, ours = self.floor, self.ours
        pairs = [(f, o) for f, o in zip(floor.cpu(), ours.cpu(), strict=True) if f and o]
        return (
            middle(floor.rates()),
            middle(floor.cpu()),
            ratio(ours.rates(), floor.rates(), self.goal),
            ratio([f for f, _ in pairs], [o for _, o in pairs]) if pairs else "-",
        )


class _SignedCreates:
    """Signs as many creates as the next burst can use, all different."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._signed = 0

    def prepare(self, seconds: float) -> Iterator[bytes]:
        count = int(MOST_PER_SECOND * seconds) + MOST_CONNECTIONS
        first, self._signed = self._signed, self._signed + count
        return requests.signed_creates(self._child, first, count)


@dataclass(frozen=True, slots=True)
class Ours:
    """One genmux with tasks in it, and every kind of request to it."""

    child: Child
    films: Sequence[bytes]
    pictures: Sequence[bytes]

    def create(self) -> Side:
        """Creates over TC3."""
        return Side(self.child, b'"TaskId":"', _SignedCreates(self.child).prepare)

    def create_openai(self) -> Side:
        """Creates over OpenAI's wire."""
        bodies = [requests.openai_body("fake-video", n, seconds="4") for n in range(requests.FEW)]
        return Side(self.child, b'"id":"', lambda _: requests.bearer_posts(self.child, "/v1/videos", bodies))

    def status(self) -> Side:
        """Looks at waiting tasks over TC3."""
        ids = [mps.render_task_id(mps.CREATES[CREATE], i) for i in self.films]
        return Side(
            self.child, b'"Status":"WAIT"', lambda _: requests.signed_describes(self.child, ids, LOOK)
        )

    def status_finished(self) -> Side:
        """Looks at finished tasks over TC3."""
        ids = [mps.render_task_id(mps.CREATES["CreateAigcImageTask"], i) for i in self.pictures]
        return Side(
            self.child, b'"Status":"DONE"', lambda _: requests.signed_describes(self.child, ids, LOOK_PICTURE)
        )

    def gets(self, marker: bytes, targets: Sequence[str]) -> Side:
        """Any GETs with a bearer token."""
        return Side(self.child, marker, lambda _: requests.bearer_gets(self.child, targets))

    def rest(self, query: str, ids: Sequence[bytes], marker: bytes = b'"id":"') -> Side:
        """Looks at tasks over our own REST."""
        return self.gets(marker, [f"/api/v1/tasks/{rest.render_task_id(i)}{query}" for i in ids])

    def openai(self) -> Side:
        """Looks at films over OpenAI's wire."""
        return self.gets(b'"status":"queued"', [f"/v1/videos/video_{i.hex()}" for i in self.films])

    def listed(self) -> Side:
        """Lists of the newest tasks."""
        return self.gets(b'"tasks":[', [f"/api/v1/tasks?limit={PAGE}"])


def serve_tasks(stack: ExitStack, directory: Path, *, pictures: int = 0, **options: Any) -> Ours:
    """Start genmux with waiting tasks and so many finished ones; nothing is made any more."""
    finished: list[bytes] = []
    if pictures:
        with serving("bench.served", directory, channels={"preview": PREVIEW}, **options) as busy:
            finished = finish_pictures(busy, pictures)
    child = stack.enter_context(serving("bench.served", directory, paused=True, channels=CHANNELS, **options))
    return Ours(child, make_films(child, TASKS), finished)


def start_floor(stack: ExitStack, name: str, directory: Path, **options: Any) -> Child:
    """Start a floor for as long as the stack lives."""
    return stack.enter_context(serving(f"bench.floors.{name}", directory, **options))


def floor_creates(child: Child) -> Side:
    """Return creates for a floor."""
    return Side(child, b'"TaskId":"', lambda _: requests.unsigned_creates(child))


def floor_looks(child: Child) -> Side:
    """Return looks at the tasks of a floor."""
    return Side(child, b'"Status":"WAIT"', lambda _: requests.floor_gets(child))
