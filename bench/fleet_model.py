"""What a fleet has to carry, what each step costs, and how many of everything that takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Final, TypeVar

from bench.children import BenchError
from genmux.engine.pace import SHARE

SEED: Final = 20_261_127
DAY_SECONDS: Final = 86_400
SPARE: Final = 0.6
"""A resource is planned to be used so far: the rest is for bursts, and for the work of one that died."""

T = TypeVar("T", bound="Demand | Costs | Layout")


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes from outside; rates per second.

    A task takes `upstream_seconds` ± `upstream_deviation` at its upstream, so that creates × seconds
    are in flight. Clients ask for each task in flight every `client_seconds`. An account at an
    upstream takes `account_creates` and answers `account_looks`.
    """

    creates: float = 10_000.0
    upstream_seconds: float = 300.0
    upstream_deviation: float = 60.0
    client_seconds: float = 30.0
    film_share: float = 0.5
    picture_mb: float = 1.0
    film_mb: float = 8.0
    downloads: float = 1.0
    keep_days: float = 2.0
    account_creates: float = 10.0
    account_looks: float = 50.0
    account_fill: float = 0.85
    tenants: int = 10_000
    zipf: float = 1.0

    @property
    def in_flight(self) -> float:
        """How many tasks are at upstreams at any time."""
        return self.creates * self.upstream_seconds

    @property
    def statuses(self) -> float:
        """How many times per second clients ask."""
        return self.in_flight / self.client_seconds

    @property
    def accounts(self) -> int:
        """How many accounts at upstreams it takes."""
        return max(1, math.ceil(self.creates / (self.account_creates * SHARE * self.account_fill)))

    @property
    def result_mb(self) -> float:
        """The mean size of a result."""
        return self.film_share * self.film_mb + (1.0 - self.film_share) * self.picture_mb


@dataclass(frozen=True, slots=True)
class Costs:
    """What one step of one task costs: `api_`, `engine_`, `sql_` in µs of CPU, `log_` and `disk_` in bytes.

    `file_` and `check_` are ms: moving a result from its upstream to the store, `file_mb` of it for each MB,
    and decoding it. docs/scaling.md says where each was measured.
    """

    api_create: float = 110.0
    api_status: float = 55.0
    engine_submit: float = 230.0
    engine_look: float = 195.0
    engine_end: float = 105.0
    file: float = 4.0
    file_mb: float = 1.9
    check_picture: float = 17.0
    check_film: float = 190.0
    sql_create: float = 44.0
    sql_status: float = 15.0
    sql_submit: float = 115.0
    sql_look: float = 63.0
    sql_end: float = 200.0
    log_create: float = 1_600.0
    log_submit: float = 2_800.0
    log_look: float = 900.0
    log_end: float = 3_600.0
    disk_task: float = 3_500.0

    def check_ms(self, demand: Demand) -> float:
        """Return the mean time of checking a result."""
        return demand.film_share * self.check_film + (1.0 - demand.film_share) * self.check_picture

    def file_ms(self, demand: Demand) -> float:
        """Return the mean time of moving a result."""
        return self.file + self.file_mb * demand.result_mb


@dataclass(frozen=True, slots=True)
class Layout:
    """The machines of one shard; 0 is as many as it takes.

    Every process has `connections` to the database, and an engine checks one result at a time.
    `flush_ms` is what the disk takes to make a commit durable, `log_mb` what it writes per second.
    With `replicas` clients' questions are answered from read replicas.
    """

    shards: int = 0
    apis: int = 0
    engines: int = 0
    checks: int = 0
    database_cores: int = 8
    database_disk_gb: float = 4_000.0
    log_mb: float = 100.0
    flush_ms: float = 1.0
    upstream_ms: float = 200.0
    node_gbit: float = 10.0
    replicas: bool = True
    connections: int = 7


@dataclass(frozen=True, slots=True)
class Need:
    """One resource, and how much of it the demand takes."""

    name: str
    unit: str
    used: float  # so many units would be busy all of the time
    spare: float = SPARE

    @property
    def count(self) -> int:
        """How many units it takes."""
        return max(1, math.ceil(self.used / self.spare - 1e-9))

    def carries(self, creates: float) -> float:
        """Return how many creates per second one unit carries, where so many come now."""
        return math.inf if not self.used else creates * self.spare / self.used


def needs(demand: Demand, costs: Costs, layout: Layout, looks: float) -> tuple[Need, ...]:
    """Return what the whole fleet needs, with so many looks per second at all upstreams together."""
    rate, us = demand.creates, 1e-6
    told = demand.statuses * costs.sql_status * us
    primary = rate * (costs.sql_create + costs.sql_submit + costs.sql_end) * us + looks * costs.sql_look * us
    log = rate * (costs.log_create + costs.log_submit + costs.log_end) + looks * costs.log_look
    disk = rate * DAY_SECONDS * demand.keep_days * costs.disk_task
    apis = (rate * costs.api_create + demand.statuses * costs.api_status) * us
    engines = (rate * (costs.engine_submit + costs.engine_end) + looks * costs.engine_look) * us
    engines += rate * costs.file_ms(demand) / 1_000.0
    moved = rate * demand.result_mb * 8.0 / 1_000.0
    return (
        Need("checks of results", "cores", rate * costs.check_ms(demand) / 1_000.0, 0.85),
        Need("gateways", "processes", apis),
        Need("engines, but for checks", "cores", engines),
        Need("database, log", f"disks of {layout.log_mb:.0f} MB/s", log / (layout.log_mb * 1e6)),
        Need(
            "database, rows kept",
            f"disks of {layout.database_disk_gb / 1_000:.0f} TB",
            disk / 1e9 / layout.database_disk_gb,
            0.8,
        ),
        Need("database, writes", "cores", primary + (0.0 if layout.replicas else told)),
        *((Need("read replicas", "cores", told),) if layout.replicas else ()),
        Need(
            "results in and to the store",
            f"nodes of {layout.node_gbit:.0f} Gbit/s",
            2.0 * moved / layout.node_gbit,
        ),
        Need(
            "downloads through gateways",
            f"nodes of {layout.node_gbit:.0f} Gbit/s",
            2.0 * moved * demand.downloads / layout.node_gbit,
        ),
        Need("accounts at upstreams", "accounts", demand.accounts * demand.account_fill, demand.account_fill),
    )


def shards_needed(found: Iterable[Need], layout: Layout) -> int:
    """Return how many databases it takes, whichever of cores, log and disk asks for the most."""
    counts = {need.name: need.count for need in found}
    cores = math.ceil(counts["database, writes"] / layout.database_cores)
    return layout.shards or max(cores, counts["database, log"], counts["database, rows kept"])


def sizes(demand: Demand) -> list[float]:
    """Return the share of every tenant in all creates, the largest first."""
    weights = [1.0 / (rank**demand.zipf) for rank in range(1, demand.tenants + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def by_hash(tenants: Sequence[float], shards: int) -> list[float]:
    """Return each shard's share where chance places the tenants."""
    random, shares = Random(SEED), [0.0] * shards
    for size in tenants:
        shares[random.randrange(shards)] += size
    return shares


def by_size(tenants: Sequence[float], shards: int) -> list[float]:
    """Return each shard's share where a list places the tenants, each on the emptiest shard of its day."""
    shares = [0.0] * shards
    for size in tenants:
        emptiest = min(range(shards), key=shares.__getitem__)
        shares[emptiest] += size
    return shares


def part_of(demand: Demand, share: float) -> Demand:
    """Return the demand that one shard of this share has to carry."""
    return replace(demand, creates=demand.creates * share)


def assumed(base: T, said: Mapping[str, float]) -> T:
    """Return `base` with the values that were said for its fields."""
    kinds = {f.name: type(getattr(base, f.name)) for f in fields(base)}
    return replace(base, **{name: kinds[name](value) for name, value in said.items() if name in kinds})


def parse_assumptions(words: Sequence[str]) -> dict[str, float]:
    """Read `name=number` words; every name is a field of the demand, the costs or the layout."""
    known = {f.name for part in (Demand, Costs, Layout) for f in fields(part)}
    said: dict[str, float] = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            said[name] = float(number)
        except ValueError:
            raise BenchError(f"{word} must read name=number") from None
        if name not in known:
            raise BenchError(f"{name} is not assumed; known: {', '.join(sorted(known))}")
    return said
