"""Ways to build mountains: a massif, one peak, a valley that opens to the sun, blue ridges in mist."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element, Layer, layer, merged
from genmux.render.noise import fbm_line, smoothstep
from genmux.render.palette import colour, mix
from genmux.render.plants.conifers import Woods, woods
from genmux.render.raster import F32, blend, f32
from genmux.render.scenery.terrain import Range, mist_band, range_layer
from genmux.render.stage import Stage
from genmux.render.subjects import asked

_LARCH: Final = colour("#d98a2b")
_HEATH: Final = colour("#b5702f")
_WOODS: Final = colour("#4d7a3c")
_MAPLE: Final = colour("#b8482a")
LAYOUTS: Final = ("massif", "peak", "valley", "ridges")


def snow_share(stage: Stage) -> float:
    """How much of the heights is white."""
    if not stage.allows("snowy"):
        return 0.0
    if stage.wants("snowy"):
        return 0.72
    return 0.0 if stage.wants("autumn") else float(stage.rng.choice([0.0, 0.5]))


def green_share(stage: Stage) -> float:
    """How much the lower slopes are overgrown."""
    if stage.wants("snowy"):
        return 0.0
    lit = stage.time in ("day", "dawn")
    if stage.wants("autumn"):
        return 0.85 if lit else 0.5
    return 0.5 if lit else 0.15


def growth(stage: Stage) -> F32:
    """The colour of the woods on far slopes."""
    return _HEATH if stage.wants("autumn") else _WOODS


def white(stage: Stage) -> float:
    """How much snow lies on trees and ground."""
    return 0.6 if stage.wants("snowy") else 0.0


def accents(stage: Stage) -> tuple[F32 | None, F32 | None]:
    """The colours of far and near trees in autumn."""
    if not stage.wants("autumn"):
        return None, None
    dim = {"night": 0.65, "storm": 0.4}.get(stage.time, 0.15)
    return mix(_LARCH, stage.palette.near, dim), mix(_MAPLE, stage.palette.near, dim + 0.1)


def build(stage: Stage, layout: str) -> list[Element]:
    """The ranges of a layout, far to near, with mist between them."""
    return {"massif": _massif, "peak": _peak, "valley": _valley, "ridges": _ridges}[layout](stage)


def mid_woods(stage: Stage) -> Layer:
    """A far row of pines at the mountains' feet."""
    horizon, h, span = stage.horizon, stage.geometry.height, stage.geometry.span
    return woods(
        stage,
        Woods(horizon + h * 0.27, span * 0.11, 0.5, count=170, haze=0.14, mist=0.35, snow=white(stage),
              accent=accents(stage)[0]),
    )  # fmt: skip


def near_woods(stage: Stage) -> Layer:
    """A near row of pines that closes the picture below."""
    horizon, h, span = stage.horizon, stage.geometry.height, stage.geometry.span
    return woods(
        stage,
        Woods(horizon + h * 0.42, span * 0.27, 0.9, count=44, haze=0.0, mist=0.05, snow=white(stage),
              accent=accents(stage)[1]),
    )  # fmt: skip


def slope(
    stage: Stage, base: float, height: float, depth: float, haze: float, mist: float, floor: float
) -> Range:
    """A near range without snow on which as much grows as the prompt lets."""
    return Range(base, height, depth, haze=haze, frequency=4, mist=mist, green=green_share(stage),
                 growth=growth(stage), floor=floor)  # fmt: skip


def _thick(stage: Stage) -> float:
    return 1.7 if stage.wants("mist") else 1.0


def _massif(stage: Stage) -> list[Element]:
    horizon, h, span = stage.horizon, stage.geometry.height, stage.geometry.span
    snow, green, thick = snow_share(stage), green_share(stage), _thick(stage)
    near = slope(stage, horizon + h * 0.24, span * 0.26, 0.34, 0.12, 0.6, horizon + h * 0.4)
    middle = Range(
        horizon + h * 0.13,
        span * 0.32,
        0.20,
        haze=0.24,
        snow=snow * 0.8,
        green=green,
        growth=growth(stage),
        floor=horizon + h * 0.34,
    )
    return [
        range_layer(
            stage, Range(horizon + h * 0.04, span * 0.40, 0.10, haze=0.38, snow=snow, floor=horizon + h * 0.2)
        ),
        mist_band(stage, horizon + h * 0.02, h * 0.06, 0.13, 0.45 * thick),
        range_layer(stage, middle),
        mist_band(stage, horizon + h * 0.12, h * 0.05 * thick, 0.28, 0.4 * thick, drift=14),
        range_layer(stage, near),
        mist_band(stage, horizon + h * 0.2, h * 0.06, 0.42, 0.4 * thick, drift=18),
    ]


def _across(stage: Stage) -> F32:
    """Columns as shares of the picture's width."""
    g = stage.geometry
    return f32((np.arange(g.layer_width, dtype=np.float32) - g.margin_x) / g.width)


def peak_profile(stage: Stage, sides: tuple[float, float]) -> F32:
    """Column heights of one great peak; `sides` bounds its place, 1 standing opposite the sun."""
    g = stage.geometry
    x = 0.5 + (0.5 - (stage.sun_x - g.margin_x) / g.width) * float(stage.rng.uniform(*sides))
    across = (_across(stage) - x) * g.width / g.span
    steep = float(stage.rng.uniform(0.34, 0.48))
    return f32(0.24 + 0.86 * np.exp(-(np.abs(across / steep) ** 1.5)))


def valley_profile(stage: Stage, near: float, far: float) -> F32:
    """Column heights of two flanks: low up to `near` spans beside the sun, full at `far`."""
    g = stage.geometry
    gap = (stage.sun_x - g.margin_x) / g.width
    away = np.abs(_across(stage) - gap) * min(1.6, g.width / g.span)
    return f32(0.08 + 0.98 * smoothstep(near, far, f32(away)))


def _peak(stage: Stage) -> list[Element]:
    """One great mountain on the side away from the sun, over low hills."""
    g = stage.geometry
    horizon, h, span = stage.horizon, g.height, g.span
    snow, green, thick = snow_share(stage), green_share(stage), _thick(stage)
    profile = peak_profile(stage, (-0.5, 0.1) if asked(stage, "ground") else (0.2, 0.8))
    main = Range(
        horizon + h * 0.07,
        span * 0.56,
        0.14,
        haze=0.27,
        snow=snow,
        frequency=3,
        mist=0.8,
        floor=horizon + h * 0.26,
        profile=profile,
    )
    hills = Range(
        horizon + h * 0.2,
        span * 0.20,
        0.30,
        haze=0.14,
        frequency=4,
        mist=0.6,
        green=green,
        growth=growth(stage),
        floor=horizon + h * 0.4,
    )
    return [
        range_layer(
            stage, Range(horizon + h * 0.02, span * 0.18, 0.09, haze=0.5, snow=snow, floor=horizon + h * 0.16)
        ),
        range_layer(stage, main),
        mist_band(stage, horizon + h * 0.08, h * 0.07, 0.22, 0.55 * thick, drift=13),
        range_layer(stage, hills),
        mist_band(stage, horizon + h * 0.2, h * 0.06, 0.40, 0.42 * thick, drift=18),
    ]


def _valley(stage: Stage) -> list[Element]:
    """Two flanks that open toward the sun, with far peaks in the gap."""
    g = stage.geometry
    horizon, h, span = stage.horizon, g.height, g.span
    snow, green, thick = snow_share(stage), green_share(stage), _thick(stage)
    rear = Range(
        horizon + h * 0.10,
        span * 0.46,
        0.18,
        haze=0.30,
        snow=snow * 0.9,
        mist=0.7,
        green=green * 0.6,
        growth=growth(stage),
        floor=horizon + h * 0.3,
        profile=valley_profile(stage, 0.04, 0.62),
    )
    fore = Range(
        horizon + h * 0.24,
        span * 0.42,
        0.34,
        haze=0.13,
        frequency=3,
        mist=0.55,
        green=green,
        growth=growth(stage),
        floor=horizon + h * 0.4,
        profile=valley_profile(stage, 0.16, 0.8),
    )
    return [
        range_layer(
            stage,
            Range(horizon + h * 0.02, span * 0.26, 0.09, haze=0.52, snow=snow, floor=horizon + h * 0.16),
        ),
        mist_band(stage, horizon + h * 0.0, h * 0.06, 0.12, 0.5 * thick),
        range_layer(stage, rear),
        mist_band(stage, horizon + h * 0.13, h * 0.06, 0.27, 0.5 * thick, drift=14),
        range_layer(stage, fore),
        mist_band(stage, horizon + h * 0.22, h * 0.06, 0.42, 0.4 * thick, drift=18),
    ]


def _ridges(stage: Stage) -> list[Element]:
    """Ridge behind ridge, each a shade darker, with mist lying between."""
    g = stage.geometry
    horizon, h, span = stage.horizon, g.height, g.span
    elements: list[Element] = []
    count = 6
    for k in range(count):
        near = k / (count - 1)
        base = horizon - h * 0.12 + h * 0.36 * near**1.15
        depth = 0.08 + 0.32 * near
        swell = span * (0.20 + 0.05 * float(stage.rng.random()))
        ridge = _ridge(stage, base, swell, near, depth, horizon + h * (0.12 + 0.3 * near))
        paired = k % 2 == 1 and isinstance(elements[-1], Layer)
        elements[-1:] = [merged(elements[-1], ridge)] if paired else [*elements[-1:], ridge]  # type: ignore[arg-type]
        if k in (1, 3, 5):
            elements.append(
                mist_band(
                    stage, base + swell * 0.25, h * 0.05, depth + 0.02, 0.5 * _thick(stage), drift=11 + 3 * k
                )
            )
    return elements


def _ridge(stage: Stage, base: float, swell: float, near: float, depth: float, floor: float) -> Layer:
    """One ridge line with its slopes dissolving into mist below and a breath of light along its edge."""
    g, palette = stage.geometry, stage.palette
    line = fbm_line(stage.rng, g.layer_width, 2.0 + 1.5 * near, 7, gain=0.46)
    skyline = base - (line - 0.45) * swell * 1.35
    top = max(0, int(skyline.min()) - 2)
    bottom = max(top + 2, min(g.layer_height, int(floor)))
    below = np.arange(top, bottom, dtype=np.float32)[:, None] - skyline[None, :]
    body = mix(mix(palette.haze, palette.far, 0.55 + 0.45 * near), palette.near, 0.72 * near**1.3)
    if stage.time in ("day", "dawn") and near > 0.5 and not stage.wants("snowy"):
        body = mix(body, growth(stage), (0.9 if stage.wants("autumn") else 0.4) * (near - 0.4))
    fade = smoothstep(swell * 0.05, swell * 1.25, below) * (0.75 - 0.3 * near)
    rgb = blend(body, palette.haze, f32(fade))
    x = np.abs(np.arange(g.layer_width, dtype=np.float32)[None, :] - stage.sun_x) / g.width
    rim = np.exp(-np.maximum(below, 0) / max(1.0, 3 * g.unit) - x * 2.2) * (0.10 + 0.16 * near)
    return layer(f32(rgb + rim[..., None] * palette.glow), f32(np.clip(below + 0.5, 0, 1)), depth, top)
