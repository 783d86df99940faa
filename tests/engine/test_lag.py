"""Lag statistics stay within a bin of the truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.engine.lag import SHORTEST_MS, STEP, LagStats

LAGS = st.lists(st.floats(0, 3_600_000), min_size=1, max_size=200)


@given(lags=LAGS, share=st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_quantiles_are_exact_to_a_bin(lags: list[float], share: float) -> None:
    stats = LagStats()
    for lag in lags:
        stats.add(lag)
    ranked = sorted(lags)
    truth = next(lag for n, lag in enumerate(ranked, 1) if n >= share * len(lags))
    found = stats.quantile_ms(share)
    assert found <= max(SHORTEST_MS, truth) * STEP
    assert truth <= max(SHORTEST_MS, found * STEP)
    assert stats.mean_ms == pytest.approx(sum(lags) / len(lags))


def test_nothing_counted_is_no_lag_and_a_wrong_clock_makes_none() -> None:
    stats = LagStats()
    assert (stats.count, stats.mean_ms, stats.quantile_ms(0.99)) == (0, 0.0, 0.0)
    stats.add(-500.0)
    assert (stats.count, stats.total_ms) == (1, 0.0)
