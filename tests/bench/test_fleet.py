"""The simulated fleet in small: nothing appears or vanishes, and what is simulated is what is counted."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import fmean

import pytest
from bench.children import BenchError
from bench.fleet import sized
from bench.fleet_model import (
    Costs,
    Demand,
    Layout,
    assumed,
    by_hash,
    by_size,
    needs,
    parse_assumptions,
    shards_needed,
    sizes,
)
from bench.fleet_parts import Agenda, Crowd, Database, Process, Row, Servers
from bench.fleet_shard import Lesson, Shard, Stage

from genmux.engine.pace import SHARE

ROOT = Path(__file__).parents[2]
SMALL = Demand(creates=40.0, upstream_seconds=40.0, upstream_deviation=8.0, client_seconds=10.0)
SECONDS = 20.0


def simulated(*, lists: bool, demand: Demand = SMALL) -> Shard:
    lesson = Lesson.learn(demand, lists=lists, seconds=60.0)
    layout = sized(demand, Costs(), Layout(database_cores=1), lesson.calls(demand))
    shard = Shard(demand, Costs(), layout, lesson, SECONDS)
    shard.run()
    return shard


@pytest.fixture(scope="module", params=[False, True], ids=["asked one by one", "with lists"])
def shard(request: pytest.FixtureRequest) -> Shard:
    return simulated(lists=request.param)


def test_no_task_appears_or_vanishes(shard: Shard) -> None:
    assert shard.created > 1_000
    assert shard.created + shard.present == sum(shard.stages.values())
    assert all(number >= 0 for number in shard.stages.values())
    assert shard.stages[Stage.RUNNING] == sum(len(account.running) for account in shard.accounts)
    assert shard.stages[Stage.DONE] > 500


def test_in_flight_is_what_comes_times_how_long_it_stays(shard: Shard) -> None:
    stay = SMALL.upstream_seconds + fmean(shard.seen.lags)
    assert shard.stages[Stage.RUNNING] == pytest.approx(SMALL.creates * stay, rel=0.1)


def test_no_account_is_called_more_often_than_it_may(shard: Shard) -> None:
    calls = len(shard.seen.late) + shard.seen.lists
    allowed = SMALL.account_looks * SHARE * SECONDS + 1
    assert 0 < calls <= len(shard.accounts) * allowed
    assert len(shard.seen.queued) <= len(shard.accounts) * (SMALL.account_creates * SHARE * SECONDS + 1)


def test_what_is_simulated_is_as_busy_as_what_is_counted(shard: Shard) -> None:
    looks = len(shard.seen.late) / SECONDS  # list calls take none of the database's time
    counted = {need.name: need.used for need in needs(SMALL, Costs(), shard.layout, looks)}
    busy = shard.busy()
    assert busy["gateways"] * shard.layout.apis == pytest.approx(counted["gateways"], rel=0.1)
    assert busy["engines"] * shard.layout.engines == pytest.approx(
        counted["engines, but for checks"], rel=0.15
    )
    assert busy["database cores"] == pytest.approx(counted["database, writes"], rel=0.1)
    assert busy["checks"] * shard.layout.checks == pytest.approx(counted["checks of results"], rel=0.15)


def test_lists_save_looks_and_time() -> None:
    alone, listed = simulated(lists=False), simulated(lists=True)
    assert len(listed.seen.late) < len(alone.seen.late)
    assert fmean(listed.seen.lags) < fmean(alone.seen.lags)


def test_the_same_seed_simulates_the_same() -> None:
    assert simulated(lists=True).seen == simulated(lists=True).seen


def test_more_than_the_machines_carry_waits() -> None:
    crowded = replace(SMALL, client_seconds=0.3)  # 5,333 statuses per second on one gateway, 200 µs each
    lesson = Lesson.learn(SMALL, lists=True, seconds=60.0)
    costs = replace(Costs(), api_status=200.0)
    shard = Shard(crowded, costs, Layout(apis=1, engines=9, checks=9), lesson, SECONDS)
    shard.run()
    assert shard.busy()["gateways"] > 1.0
    assert max(shard.seen.creates) > 1.0
    assert shard.created + shard.present == sum(shard.stages.values())


# ---------------------------------------------------------------- parts


def test_rows_that_wait_share_the_next_commit() -> None:
    agenda = Agenda()
    process = Process(agenda, Database(1, 1e9, 0.001, Crowd(Random(0), 0.0, 0.0)))
    durable: list[float] = []
    for _ in range(10):
        process.write(0.0, Row(0.01, 0.0, durable.append))
    agenda.run(1.0)
    assert (process.rows, process.commits) == (10, 2)
    assert durable == pytest.approx([0.011] + [0.102] * 9)


def test_cores_work_side_by_side_and_in_order() -> None:
    servers = Servers(2)
    assert [servers.serve(0.0, 1.0) for _ in range(3)] == [1.0, 1.0, 2.0]
    assert servers.busy == 3.0


def test_a_crowd_comes_as_often_as_it_is_said() -> None:
    servers = Servers(1)
    came = Crowd(Random(1), 1_000.0, 0.0001).arrive(10.0, servers)
    assert came == pytest.approx(10_000, rel=0.05)
    assert servers.busy == pytest.approx(came * 0.0001)


# ---------------------------------------------------------------- counting


def test_twice_the_demand_takes_twice_as_much() -> None:
    once, twice = (
        needs(replace(Demand(), creates=creates), Costs(), Layout(), creates * 5.0)
        for creates in (5_000.0, 10_000.0)
    )
    for half, whole in zip(once, twice, strict=True):
        assert whole.used == pytest.approx(2.0 * half.used, rel=0.01), whole.name
        assert half.carries(5_000.0) == pytest.approx(whole.carries(10_000.0), rel=0.01), whole.name


def test_one_unit_carries_what_it_says() -> None:
    for need in needs(Demand(), Costs(), Layout(), 50_000.0):
        alone = replace(Demand(), creates=need.carries(Demand().creates))
        looks = 50_000.0 * alone.creates / Demand().creates
        again = next(n for n in needs(alone, Costs(), Layout(), looks) if n.name == need.name)
        assert again.count == 1, need.name


def test_tenants_are_all_placed_and_a_list_places_them_evenly() -> None:
    tenants = sizes(replace(Demand(), tenants=500))
    for placed in (by_hash(tenants, 7), by_size(tenants, 7)):
        assert sum(placed) == pytest.approx(1.0)
    assert max(by_size(tenants, 7)) <= max(by_hash(tenants, 7))


def test_shards_are_as_many_as_the_scarcest_part_takes() -> None:
    found = needs(Demand(), Costs(), Layout(), 50_000.0)
    assert shards_needed(found, Layout()) == max(
        need.count for need in found if need.name in ("database, log", "database, rows kept")
    )
    assert shards_needed(found, Layout(shards=9)) == 9


def test_what_is_assumed_can_be_said() -> None:
    said = parse_assumptions(["creates=500", "sql_look=12.5", "replicas=0"])
    assert assumed(Demand(), said).creates == 500.0
    assert assumed(Costs(), said).sql_look == 12.5
    assert assumed(Layout(), said).replicas is False


@pytest.mark.parametrize(("word", "why"), [("creats=1", "is not assumed"), ("creates=many", "name=number")])
def test_a_wrong_assumption_is_refused(word: str, why: str) -> None:
    with pytest.raises(BenchError, match=why):
        parse_assumptions([word])


def test_the_bench_prints_its_tables(tmp_path: Path) -> None:
    words = ("creates=30", "upstream_seconds=40", "upstream_deviation=8")
    assume = [part for word in words for part in ("--assume", word)]
    done = subprocess.run(
        [sys.executable, "-m", "bench", "fleet", "--seconds", "2", "--dir", str(tmp_path), *assume],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    for row in ("checks of results", "database, writes", "asked one by one", "with lists, 1.3 × the demand"):
        assert f"| {row}" in done.stdout
