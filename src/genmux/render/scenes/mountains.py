"""Mountains: ranges that fade into haze, pine woods before them, or a lake that mirrors them."""

from __future__ import annotations

from genmux.render.conifers import Woods, woods
from genmux.render.layers import Element
from genmux.render.sky import clouds, sky
from genmux.render.stage import Stage
from genmux.render.terrain import Range, mist_band, range_layer
from genmux.render.water import water


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    lake = stage.wants("lake") and stage.allows("lake")
    return [sky(stage), *clouds(stage), *(_lakeside(stage) if lake else _ranges(stage))]


def _snow(stage: Stage) -> float:
    if not stage.allows("snowy"):
        return 0.0
    return 0.72 if stage.wants("snowy") else float(stage.rng.choice([0.0, 0.5]))


def _green(stage: Stage) -> float:
    return 0.5 if stage.time in ("day", "dawn") and not stage.wants("snowy") else 0.0


def _ranges(stage: Stage) -> list[Element]:
    horizon, h, span = stage.horizon, stage.geometry.height, stage.geometry.span
    snow, green = _snow(stage), _green(stage)
    ranges: list[Element] = [
        range_layer(
            stage, Range(horizon + h * 0.04, span * 0.40, 0.10, haze=0.38, snow=snow, floor=horizon + h * 0.2)
        ),
        mist_band(stage, horizon + h * 0.02, h * 0.06, 0.13, 0.45),
        range_layer(
            stage,
            Range(
                horizon + h * 0.13,
                span * 0.32,
                0.20,
                haze=0.24,
                snow=snow * 0.8,
                green=green,
                floor=horizon + h * 0.34,
            ),
        ),
        mist_band(stage, horizon + h * 0.12, h * 0.05, 0.28, 0.4, drift=14),
        range_layer(
            stage,
            Range(
                horizon + h * 0.24,
                span * 0.26,
                0.34,
                haze=0.12,
                frequency=4,
                mist=0.6,
                green=green,
                floor=horizon + h * 0.4,
            ),
        ),
        mist_band(stage, horizon + h * 0.2, h * 0.06, 0.42, 0.4, drift=18),
    ]
    white = 0.6 if stage.wants("snowy") else 0.0
    return [
        *ranges,
        woods(
            stage, Woods(horizon + h * 0.27, span * 0.11, 0.5, count=170, haze=0.14, mist=0.35, snow=white)
        ),
        woods(stage, Woods(horizon + h * 0.42, span * 0.27, 0.9, count=44, haze=0.0, mist=0.05, snow=white)),
    ]


def _lakeside(stage: Stage) -> list[Element]:
    horizon, h, span = stage.horizon, stage.geometry.height, stage.geometry.span
    snow, green = _snow(stage), _green(stage)
    white = 0.6 if stage.wants("snowy") else 0.0
    return [
        range_layer(stage, Range(horizon, span * 0.44, 0.10, haze=0.38, snow=snow, floor=horizon + h * 0.06)),
        range_layer(
            stage,
            Range(
                horizon + h * 0.01,
                span * 0.24,
                0.16,
                haze=0.24,
                snow=snow * 0.5,
                frequency=4,
                green=green,
                floor=horizon + h * 0.06,
            ),
        ),
        mist_band(stage, horizon - h * 0.01, h * 0.035, 0.17, 0.5),
        woods(
            stage,
            Woods(
                horizon + h * 0.004,
                span * 0.055,
                0.18,
                count=260,
                haze=0.2,
                mist=0.4,
                snow=white,
                roll=0.004,
                floor=horizon + h * 0.06,
            ),
        ),
        water(stage, horizon, roughness=0.55, clarity=0.93),
        woods(
            stage,
            Woods(horizon + h * 0.44, span * 0.34, 0.95, count=13, haze=0.0, mist=0.0, snow=white, roll=0.05),
        ),
    ]
