"""Counting how late ends are noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.engine.lag import LagStats


def test_nothing_counted_is_nothing_late() -> None:
    lags = LagStats()

    assert (lags.count, lags.mean_ms, lags.quantile_ms(0.99)) == (0, 0.0, 0.0)


def test_mean_and_quantiles() -> None:
    lags = LagStats()
    for lag in range(1_000):
        lags.add(float(lag))

    assert lags.count == 1_000
    assert lags.mean_ms == pytest.approx(499.5)
    assert lags.quantile_ms(0.5) == pytest.approx(500, rel=0.06)
    assert lags.quantile_ms(0.99) == pytest.approx(990, rel=0.06)


@given(st.lists(st.floats(-1e6, 1e12), min_size=1), st.floats(0, 1))
def test_any_lag_is_counted(values: list[float], share: float) -> None:
    lags = LagStats()
    for value in values:
        lags.add(value)

    assert lags.count == len(values)
    assert lags.mean_ms >= 0.0
    assert lags.quantile_ms(0.0) <= lags.quantile_ms(share) <= lags.quantile_ms(1.0)
