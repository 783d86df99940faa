"""The fly-over: islands, mountains, dunes, woods or fields under a camera that flies forward."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.flight.camera import flight
from genmux.render.flight.lands import LANDS
from genmux.render.flight.light import lit
from genmux.render.flight.view import Overflown, depth_steps, focal_length, pyramid
from genmux.render.layers import Element
from genmux.render.noise import Tile, tile
from genmux.render.palette import mix
from genmux.render.raster import blend, f32, to_bytes
from genmux.render.scenery.sky import clouds, sky
from genmux.render.stage import STILL_MARGIN, Stage
from genmux.render.subjects import Spot, cast

# How much air lies over the land, and in its valleys.
_HAZE: Final[dict[str, tuple[float, float]]] = {
    "dawn": (560.0, 0.6),
    "day": (820.0, 0.14),
    "sunset": (640.0, 0.35),
    "night": (560.0, 0.3),
    "storm": (400.0, 0.4),
}
_SEA_LIGHT: Final = {"day": 1.0, "night": 0.3, "storm": 0.55}
_FILM_STEPS: Final = 210
_STILL_STEPS: Final = 620
_FILM_COARSE: Final = 1.8


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g = stage.geometry
    raised = _raised(stage)
    land = _overflown(raised)
    air = Spot(stage.free_x, g.margin_y + g.height * 0.3, g.span * 0.26, 0.5, room=g.span * 0.3)
    return [sky(raised), *clouds(raised), land, *cast(raised, "air", air)]


def _raised(stage: Stage) -> Stage:
    """The stage with its horizon high, as it is from far up."""
    g = stage.geometry
    horizon = g.margin_y + g.height * (0.31 if g.height <= g.width else 0.36)
    lift = stage.horizon - horizon
    low = min(stage.sun_y - lift, horizon - g.span * 0.05)
    return replace(stage, horizon=horizon, sun_y=max(low, g.margin_y + g.height * 0.08))


def _overflown(stage: Stage) -> Overflown:
    g, rng, palette = stage.geometry, stage.rng, stage.palette
    country = LANDS[_country(stage)](stage)
    heading = float(rng.uniform(0, 2 * np.pi))
    sun = (stage.sun_x - g.margin_x - g.width / 2) / focal_length(g)
    rgb = lit(stage, country, heading + math.copysign(1.2, sun))
    # The sea keeps its blue when the light is warm.
    rgb = blend(rgb, country.rgb * _SEA_LIGHT.get(stage.time, 0.8), f32(country.water * 0.65))
    ground = np.dstack([to_bytes(rgb), to_bytes(country.water)])
    moving = g.margin_x > g.width * STILL_MARGIN * 2
    steps = depth_steps(_FILM_STEPS if moving else _STILL_STEPS)
    reach, valleys = _HAZE[stage.time]
    if stage.wants("mist"):
        reach, valleys = reach * 0.6, 0.75
    return Overflown(
        levels=pyramid(country.heights, np.ascontiguousarray(ground)),
        flight=flight(rng, country, heading, stage.reading.has("camera", "orbit")),
        steps=steps,
        detail=_bumps(rng),
        bumps=country.bumps,
        waves=tile(rng, 256, 24, 3, 0.6),
        fog=f32(1 - np.exp(-((np.maximum(steps - 60, 0) / reach) ** 1.5))),
        low_fog=valleys,
        haze=mix(palette.haze, palette.sky[4], 0.35) * 255,
        sheen=f32(mix(palette.sky[1], palette.sky[3], 0.3) * 100),
        glint=f32(mix(palette.glow, palette.sun, 0.6) * (0 if stage.time == "storm" else 235)),
        sun=float(sun),
        horizon=stage.horizon,
        coarse=_FILM_COARSE if moving else 1.0,
    )


def _bumps(rng: np.random.Generator) -> Tile:
    """Small relief lit from one side: treetops, stones, tufts."""
    bare = tile(rng, 256, 20, 4, 0.6).padded[:-1, :-1]
    lit_side = bare - np.roll(bare, (2, 2), (0, 1))
    field = f32(lit_side / max(float(lit_side.std()), 1e-6) + 0.4 * bare)
    return Tile(np.pad(field, ((0, 1), (0, 1)), mode="wrap"), 256)


def _country(stage: Stage) -> str:
    """The kind of land a prompt names; by chance when it names none."""
    named = (*stage.reading.all("family"), *stage.reading.all("home"))
    for name in named:
        if name in LANDS and stage.reading.allows(f"family.{name}"):
            return name
    if stage.wants("snowy"):
        return "mountains"
    return str(stage.rng.choice(["ocean", "mountains", "forest", "meadow"]))
