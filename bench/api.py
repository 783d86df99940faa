"""Rates of the API on one core, each against its floor: durable creates and status answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import msgspec

from bench import machine, requests
from bench.children import BenchError, Child, serving
from bench.load import CONNECTIONS, Burst, burst
from bench.table import middle, print_table, ratio
from genmux.wires import mps, rest

SECONDS: Final = 2.0
WARM_PART: Final = 0.25
TASKS: Final = 256
"""So many existing tasks are asked about in turn."""
MOST_PER_SECOND: Final = 15_000
"""So many creates are signed for each second of a burst; a faster server ends the burst early."""
HEAD: Final = (
    *("request", "per s", "p50 ms", "p99 ms", "CPU µs", "MB", "floor per s", "floor CPU µs"),
    *("ratio to floor", "by CPU"),
)

Prepare = Callable[[float], Iterator[bytes]]
"""Takes how long a burst will last; returns its requests."""


@dataclass(slots=True)
class Side:
    """One kind of request to one server, and what its bursts were like."""

    child: Child
    marker: bytes
    prepare: Prepare
    bursts: list[Burst] = field(default_factory=list)

    def load(self, seconds: float) -> Burst:
        """Run one burst."""
        return burst(self.child, self.prepare(seconds), self.marker, seconds)

    def rates(self) -> list[float]:
        """Return the rate of every burst."""
        return [b.rate for b in self.bursts]

    def cpu(self) -> list[float | None]:
        """Return the CPU µs per answer of every burst."""
        return [b.cpu_us for b in self.bursts]


class _SignedCreates:
    """Signs as many creates as the next burst can use, all different."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._signed = 0

    def prepare(self, seconds: float) -> Iterator[bytes]:
        count = int(MOST_PER_SECOND * seconds) + CONNECTIONS
        first, self._signed = self._signed, self._signed + count
        return requests.signed_creates(self._child, first, count)


def _create_tasks(child: Child) -> list[bytes]:
    """Create the tasks that status requests ask about; returns their ids."""
    connection = HTTPConnection(*child.address, timeout=30)
    ids = []
    try:
        for body in map(requests.create_body, range(TASKS)):
            connection.request("POST", "/", body, requests.signed_headers(child, "CreateAigcVideoTask", body))
            answer = connection.getresponse().read()
            named = mps.parse_task_id(msgspec.json.decode(answer)["Response"].get("TaskId", ""))
            if named is None:
                raise BenchError(f"a create was refused: {answer.decode()}")
            ids.append(named[1])
    finally:
        connection.close()
    return ids


def _pairs(
    create_floor: Child, status_floor: Child, genmux: Child
) -> tuple[tuple[str, float | None, Side, Side], ...]:
    """Return what is measured: a name, the goal, the floor's side and ours."""
    ids = _create_tasks(genmux)
    tencent_ids = [mps.render_task_id(mps.CREATES["CreateAigcVideoTask"], i) for i in ids]
    rest_ids = [rest.render_task_id(i) for i in ids]
    task_id, status, id_ = b'"TaskId":"', b'"Status":"WAIT"', b'"id":"'

    def floor_status() -> Side:
        return Side(status_floor, status, lambda _: requests.floor_gets(status_floor))

    return (
        (
            "create, TC3",
            2.0,
            Side(create_floor, task_id, lambda _: requests.unsigned_creates(create_floor)),
            Side(genmux, task_id, _SignedCreates(genmux).prepare),
        ),
        (
            "status, TC3",
            0.6,
            floor_status(),
            Side(genmux, status, lambda _: requests.signed_describes(genmux, tencent_ids)),
        ),
        (
            "status, bearer",
            0.8,
            floor_status(),
            Side(genmux, id_, lambda _: requests.bearer_gets(genmux, rest_ids, "?detail=0")),
        ),
        (
            "task with timeline, bearer",
            None,
            floor_status(),
            Side(genmux, id_, lambda _: requests.bearer_gets(genmux, rest_ids, "")),
        ),
    )


def _row(name: str, goal: float | None, floor: Side, ours: Side) -> tuple[str, ...]:
    megabytes, _ = machine.memory_mb(ours.child.pid)
    return (
        name,
        middle(ours.rates()),
        middle([b.p50_ms for b in ours.bursts], 1),
        middle([b.p99_ms for b in ours.bursts], 1),
        middle(ours.cpu()),
        f"{megabytes:.0f}",
        middle(floor.rates()),
        middle(floor.cpu()),
        ratio(ours.rates(), floor.rates(), goal),
        _cpu_ratio(floor, ours),
    )


def _cpu_ratio(floor: Side, ours: Side) -> str:
    """Return how much CPU the floor uses for each µs of ours: what noise on the machine changes least."""
    pairs = [(f, o) for f, o in zip(floor.cpu(), ours.cpu(), strict=True) if f and o]
    return ratio([f for f, _ in pairs], [o for _, o in pairs]) if pairs else "-"


def measure(seconds: float | None, rounds: int, directory: Path) -> None:
    """Print the table; every burst lasts `seconds`, floor and genmux take turns."""
    each = SECONDS if seconds is None else seconds
    machine.pin(machine.generator_core())
    with ExitStack() as stack:
        create_floor, status_floor = (
            stack.enter_context(serving(module, directory / module.rpartition(".")[2]))
            for module in ("bench.floors.create_floor", "bench.floors.status_floor")
        )
        genmux = stack.enter_context(serving("bench.served", directory / "genmux", paused=True))
        rows = []
        for name, goal, floor, ours in _pairs(create_floor, status_floor, genmux):
            floor.load(each * WARM_PART)
            ours.load(each * WARM_PART)
            for _ in range(rounds):
                floor.bursts.append(floor.load(each))
                ours.bursts.append(ours.load(each))
            rows.append(_row(name, goal, floor, ours))
    title = f"API, one server process on one core, {CONNECTIONS} connections"
    print_table(title, HEAD, rows)
