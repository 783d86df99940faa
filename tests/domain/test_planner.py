"""When to look again: bounds, order and totality for whatever is known, and what the quota is spent on."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.polling.outlook import BINS, EDGES_MS, Outlook, bin_of, outlook_of
from genmux.domain.polling.planner import (
    LAST_RESORT_MS,
    LEAST_STRAIN,
    LISTED_MS,
    LONGEST_MS,
    MOST_LOOKS,
    MOST_STRAIN,
    SCOUTS,
    SHORTEST_LIST_MS,
    SHORTEST_MS,
    Load,
    batch_interval_ms,
    best_age_ms,
    phase_of,
    plan,
    strain_after,
)
from genmux.domain.polling.timings import Timing, blend
from genmux.domain.spec import Kind

ages = st.floats(0, 1e10)
phases = st.floats(0, 1, exclude_max=True)
steady = st.floats(SCOUTS, 1, exclude_max=True)
outlooks = st.lists(
    st.lists(st.floats(0, 1_000), min_size=BINS, max_size=BINS).map(lambda values: Timing(tuple(values))),
    max_size=2,
).map(lambda timings: blend(timings, Kind.VIDEO))
loads = st.builds(
    Load,
    in_flight=st.integers(0, 1_000_000),
    describes_per_second=st.just(0.0) | st.floats(1e-6, 1e6),
    effort_rate=st.just(0.0) | st.floats(1e-6, 1e3),
    late_ms=st.floats(0, 1e9),
    batch=st.booleans(),
    ceiling_ms=st.just(0.0) | st.floats(1, 1e8),
)


def peaks(*seconds: float) -> Outlook:
    """Return the belief that all tasks end in the bins of these ages, equally many in each."""
    bins = [bin_of(at * 1_000) for at in seconds]
    return outlook_of([bins.count(k) / len(bins) for k in range(BINS)])


def looks(outlook: Outlook, load: Load, until_ms: float = 1e6) -> list[float]:
    """Return the ages at which a task is looked at that does not end."""
    found = [0.0]
    while found[-1] < until_ms:
        found.append(found[-1] + plan(outlook, found[-1], load).delay_ms)
    return found[1:]


def expected_looks(outlook: Outlook, load: Load) -> float:
    """Return how many looks a task costs on average until one shows its end."""
    times = [0.0, *looks(outlook, load, EDGES_MS[-2])]
    return sum(_alive(outlook, at) for at in times)


def _alive(outlook: Outlook, age_ms: float) -> float:
    k = bin_of(age_ms)
    return outlook.survival[k] - outlook.density[k] * (min(age_ms, EDGES_MS[-1]) - EDGES_MS[k])


# For whatever is known.


@given(outlooks, ages, loads, phases)
def test_a_delay_is_within_bounds(outlook: Outlook, age_ms: float, load: Load, phase: float) -> None:
    assert SHORTEST_MS <= plan(outlook, age_ms, load, phase).delay_ms <= LAST_RESORT_MS * 1.1


@given(outlooks, ages, loads, phases, st.integers(1, 100), st.floats(1, 100), st.floats(0, 1e6))
def test_more_load_never_hastens_a_look(
    outlook: Outlook, age_ms: float, load: Load, phase: float, times: int, share: float, late_ms: float
) -> None:
    calm = plan(outlook, age_ms, load, phase).delay_ms
    heavier = (
        replace(load, in_flight=load.in_flight * times),
        replace(load, describes_per_second=load.describes_per_second / share),
        replace(load, late_ms=load.late_ms + late_ms),
    )
    assert all(plan(outlook, age_ms, heavy, phase).delay_ms >= calm - 1 for heavy in heavier)


@given(outlooks, ages, st.floats(1, 1e6), phases)
def test_the_ceiling_holds_where_the_quota_allows_it(
    outlook: Outlook, age_ms: float, ceiling: float, phase: float
) -> None:
    load = Load(in_flight=1, describes_per_second=1e6, ceiling_ms=ceiling)
    assert plan(outlook, age_ms, load, phase).delay_ms <= max(SHORTEST_MS, ceiling + 1)


def test_the_quota_wins_over_the_ceiling() -> None:
    delays = [b - a for a, b in pairwise(looks(peaks(240), Load(2_400, 49.0, ceiling_ms=5_000), 150_000))]
    assert min(delays, default=1e6) > 50_000


@given(outlooks, ages, phases)
def test_nobody_starves(outlook: Outlook, age_ms: float, phase: float) -> None:
    assert plan(outlook, age_ms, Load(10, 49.0), phase).delay_ms <= LONGEST_MS
    assert plan(outlook, age_ms, Load(2_400, 49.0), phase).delay_ms <= LONGEST_MS


# What the quota is spent on.


def costs(outlook: Outlook, age_ms: float, thrift: float, step_ms: float = 100.0) -> dict[float, float]:
    """Return by age what a look then costs: the lag until then, and what it costs to look on; summed up."""
    grid = [age_ms + k * step_ms for k in range(6_000)]
    alive = [_alive(outlook, at) for at in grid]
    density = [outlook.density[bin_of(at)] for at in grid]
    lags = accumulate((alive[0] - left) * step_ms for left in alive)
    efforts = [*accumulate(math.sqrt(f * left) * step_ms for f, left in zip(density, alive, strict=True))]
    return {at: lag + thrift * (efforts[-1] - e) for at, lag, e in zip(grid, lags, efforts, strict=True)}


@pytest.mark.parametrize("thrift", [10.0, 40.0, 100.0])
@pytest.mark.parametrize("age_ms", [0.0, 85_000.0, 240_000.0])
@pytest.mark.parametrize("outlook", [peaks(88, 93, 290, 310), peaks(*range(200, 280))])
def test_no_other_moment_is_cheaper(outlook: Outlook, age_ms: float, thrift: float) -> None:
    best = best_age_ms(outlook, age_ms, thrift)
    table = costs(outlook, age_ms, thrift)
    chosen = min(table, key=lambda at: abs(at - best))

    assert table[chosen] == pytest.approx(min(table.values()), rel=0.01)
    assert table[chosen] < 0.99 * max(table.values())


def test_late_looks_are_planned_further_apart() -> None:
    load = Load(2_400, 49.0)
    late = replace(load, late_ms=60_000)
    assert plan(peaks(240), 0, late).delay_ms > plan(peaks(240), 0, load).delay_ms


def test_looks_come_when_completions_are_likely() -> None:
    found = looks(peaks(88, 93, 290, 310), Load(2_400, 49.0), 400_000)
    idle = [at for at in found if at < 80_000 or 130_000 < at < 270_000]

    assert len(found) >= 4
    assert len(idle) <= 1


def test_a_task_that_outlives_all_others_is_looked_at_ever_more_rarely() -> None:
    found = [at for at in looks(peaks(60), Load(2_400, 49.0), 3e6) if at > 120_000]
    delays = [b - a for a, b in pairwise(found)]

    assert len(delays) > 8
    assert all(b >= 0.9 * a for a, b in pairwise(delays))


@pytest.mark.parametrize("per_task", [4.0, 10.0, 30.0])
@pytest.mark.parametrize(
    "outlook", [blend([], Kind.VIDEO), peaks(60, 65, 70, 200, 220, 240), peaks(*range(200, 280))]
)
def test_the_looks_cost_about_the_quota(outlook: Outlook, per_task: float) -> None:
    in_flight = 1_000
    quota = in_flight / outlook.mean_ms * 1_000 * per_task
    assert expected_looks(outlook, Load(in_flight, quota)) == pytest.approx(per_task, rel=0.3)


def test_spare_quota_is_not_burnt() -> None:
    outlook = peaks(*range(200, 280))

    assert expected_looks(outlook, Load(1, 1_000.0)) < MOST_LOOKS * 1.2
    assert looks(outlook, Load(1, 1_000.0)) == looks(outlook, Load(1, 0.0))


def test_a_fleet_of_easy_tasks_leaves_more_for_a_hard_one() -> None:
    hard, easy = blend([], Kind.VIDEO), peaks(240)
    alone = Load(2_400, 49.0)
    beside = replace(alone, effort_rate=easy.effort_rate)
    assert expected_looks(hard, beside) > 2 * expected_looks(hard, alone)


# Phases.


def test_tasks_of_one_age_are_not_looked_at_together() -> None:
    delays = [plan(peaks(240), 0, Load(2_400, 49.0), phase_of(seq, 0)).delay_ms for seq in range(1_000)]
    assert len(set(delays)) > 900


def test_some_looks_are_early_scouts() -> None:
    usual = plan(peaks(240), 0, Load(2_400, 49.0)).delay_ms
    delays = [plan(peaks(240), 0, Load(2_400, 49.0), phase_of(seq, 0)).delay_ms for seq in range(1_000)]
    early = sum(delay < 0.9 * usual for delay in delays)
    assert 0.5 * SCOUTS < early / len(delays) < 1.5 * SCOUTS


@given(st.integers(0, 2**60), ages)
def test_a_phase_is_a_share(seq: int, age_ms: float) -> None:
    assert 0.0 <= phase_of(seq, age_ms) < 1.0


# List calls, and the strain.


@given(outlooks, ages, loads, phases)
def test_a_listed_task_is_rarely_looked_at_by_itself(
    outlook: Outlook, age_ms: float, load: Load, phase: float
) -> None:
    assert plan(outlook, age_ms, replace(load, batch=True), phase).delay_ms >= LISTED_MS


def test_list_calls_follow_each_other_as_the_quota_allows() -> None:
    assert batch_interval_ms(Load(0, 0.0, batch=True)) == SHORTEST_LIST_MS
    assert batch_interval_ms(Load(2_400, 49.0, batch=True)) == SHORTEST_LIST_MS
    assert batch_interval_ms(Load(1, 2.0, batch=True)) == 5_000
    assert batch_interval_ms(Load(1, 1e-9, batch=True)) == LAST_RESORT_MS


def test_the_strain_follows_the_queue_and_stays_within_bounds() -> None:
    assert strain_after(1.0, 60_000) > 1.0 > strain_after(1.0, 0)
    assert strain_after(MOST_STRAIN, 1e9) == MOST_STRAIN
    assert strain_after(LEAST_STRAIN, 0) == LEAST_STRAIN
