"""What 10,000 creates per second with 3 million tasks in flight take: counted, then one shard simulated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.fleet_model import (
    Costs,
    Demand,
    Layout,
    Need,
    assumed,
    by_hash,
    by_size,
    needs,
    parse_assumptions,
    part_of,
    shards_needed,
    sizes,
)
from bench.fleet_shard import Lesson, Shard, Stage
from bench.table import print_table

SECONDS: Final = 4.0
"""So many simulated seconds of one shard are measured, after half as many that are not."""
CROWDED: Final = 1.3
"""The third simulation has so many times the demand on the same machines."""
WAYS: Final = {"asked one by one": False, "with lists": True}
"""How upstreams are asked: each task by itself, or for what has ended first."""
NEED_HEAD: Final = ("resource", "unit", "one carries, creates/s", *(f"needed, {way}" for way in WAYS))
SHARD_HEAD: Final = (
    *("upstreams are", "creates/s", "in flight", "looks/s", "create p50 ms", "p99 ms"),
    *("queued p99 s", "look late p50 s", "p99 s", "end seen after, mean s", "p99 s"),
)
BUSY_HEAD: Final = ("% busy", "gateways", "database cores", "database log", "engines", "checks")


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the others does not exceed; not a number where there are none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else math.nan


def need_rows(demand: Demand, found: Sequence[Sequence[Need]]) -> list[tuple[str, ...]]:
    """Return the rows of what is needed: what breaks first comes first."""
    first = sorted(zip(*found, strict=True), key=lambda ways: ways[0].carries(demand.creates))
    return [
        (
            ways[0].name,
            ways[0].unit,
            f"{ways[0].carries(demand.creates):,.0f}",
            *(f"{need.count:,}" for need in ways),
        )
        for ways in first
    ]


def shard_row(name: str, shard: Shard) -> tuple[str, ...]:
    """Return what was seen of a simulated shard."""
    seen = shard.seen
    seconds = seen.end - seen.begin
    return (
        name,
        f"{len(seen.creates) / seconds:,.0f}",
        f"{shard.stages[Stage.RUNNING]:,}",
        f"{(len(seen.late) + seen.lists) / seconds:,.0f}",
        f"{quantile(seen.creates, 0.5) * 1e3:.1f}",
        f"{quantile(seen.creates, 0.99) * 1e3:.1f}",
        f"{quantile(seen.queued, 0.99):.2f}",
        f"{quantile(seen.late, 0.5):.2f}",
        f"{quantile(seen.late, 0.99):.2f}",
        f"{sum(seen.lags) / max(1, len(seen.lags)):.2f}",
        f"{quantile(seen.lags, 0.99):.1f}",
    )


def sized(demand: Demand, costs: Costs, layout: Layout, looks: float) -> Layout:
    """Return the layout of one shard with as many processes as its part of the demand takes."""
    counts = {need.name: need.count for need in needs(demand, costs, layout, looks)}
    checks = layout.checks or counts["checks of results"]
    engines = layout.engines or max(checks, counts["engines, but for checks"])
    return replace(layout, apis=layout.apis or counts["gateways"], engines=engines, checks=checks)


def _say_shares(demand: Demand, shards: int) -> float:
    """Print how evenly tenants are spread; return the share of the fullest shard."""
    tenants = sizes(demand)
    by_list = max(by_size(tenants, shards))
    print(
        f"{demand.tenants:,} tenants, the largest with {tenants[0]:.1%} of all creates, on {shards} shards: "
        f"the fullest has {max(by_hash(tenants, shards)):.1%} where a hash places them, "
        f"{by_list:.1%} where a list does."
    )
    return by_list


def _title(demand: Demand) -> str:
    rates = f"{demand.creates:,.0f} creates/s, {demand.statuses:,.0f} statuses/s"
    return f"{rates}, {demand.in_flight:,.0f} in flight"


def _say_machines(layout: Layout) -> None:
    connections = (layout.apis + layout.engines) * layout.connections
    print(
        f"The fullest shard: {layout.apis} gateways, {layout.engines} engines that check on "
        f"{layout.checks} cores, {layout.database_cores} cores for SQL, {connections:,} connections to it.",
        flush=True,
    )


def measure(seconds: float | None, rounds: int, directory: Path, assumptions: Sequence[str] = ()) -> None:
    """Print the tables; time is simulated and random numbers are seeded, so one round tells all."""
    said = parse_assumptions(assumptions)
    demand, costs, layout = assumed(Demand(), said), assumed(Costs(), said), assumed(Layout(), said)
    lessons = {way: Lesson.learn(demand, lists=lists) for way, lists in WAYS.items()}
    found = [needs(demand, costs, layout, lesson.calls(demand)) for lesson in lessons.values()]
    shards = max(shards_needed(each, layout) for each in found)
    print_table(_title(demand), NEED_HEAD, need_rows(demand, found))
    part = part_of(demand, _say_shares(demand, shards))
    machines = sized(part, costs, layout, max(lesson.calls(part) for lesson in lessons.values()))
    _say_machines(machines)
    runs = [(way, part, lesson) for way, lesson in lessons.items()]
    crowd = replace(part, creates=part.creates * CROWDED)
    runs.append((f"with lists, {CROWDED:.1f} × the demand", crowd, lessons["with lists"]))
    rows, busy = [], []
    for name, load, lesson in runs:
        shard = Shard(load, costs, machines, lesson, SECONDS if seconds is None else seconds)
        shard.run()
        rows.append(shard_row(name, shard))
        busy.append((name, *(f"{shard.busy()[each] * 100:.0f}" for each in BUSY_HEAD[1:])))
    print_table("The fullest shard, simulated", SHARD_HEAD, rows)
    print_table("How busy its parts were", BUSY_HEAD, busy)
