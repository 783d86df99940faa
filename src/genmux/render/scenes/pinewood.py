"""The pine wood: misty slopes of pines with shafts of light, and a clearing when something stands there."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.effects import birds, motes, rays
from genmux.render.layers import Element, Layer
from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.paint.polygons import dab
from genmux.render.palette import colour, mix, ramp
from genmux.render.plants.conifers import Woods, woods
from genmux.render.plants.leaves import blade_polygons
from genmux.render.raster import F32, f32, grid, premultiplied
from genmux.render.scenery.sky import clouds, sky
from genmux.render.scenery.terrain import Range, mist_band, range_layer
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

_PINE: Final = colour("#1f4a33")
_GRASS: Final = colour("#5f7f45")

# Rows of pines from far to near: base and size as shares of height and span, depth, count, haze.
_ROWS: Final = (
    (0.02, 0.07, 0.18, 300, 0.62),
    (0.10, 0.11, 0.28, 220, 0.44),
    (0.20, 0.17, 0.42, 130, 0.27),
    (0.32, 0.27, 0.62, 70, 0.12),
    (0.47, 0.44, 0.92, 26, 0.0),
)
_LIT_DEPTH: Final = 0.28
_STANDS_AT: Final = 0.62


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, h, span = stage.geometry, stage.geometry.height, stage.geometry.span
    horizon = stage.horizon - h * 0.1
    tone = mix(stage.palette.near, _PINE, 0.7 if stage.time in ("day", "dawn") else 0.3)
    white = 0.6 if stage.wants("snowy") else 0.0
    stander = bool(asked(stage, "ground"))
    middle = g.margin_x + g.width * float(stage.rng.uniform(0.4, 0.6))
    far = Range(
        horizon + h * 0.03, span * 0.24, 0.1, 0.62, snow=0.5 if white else 0.0, floor=horizon + h * 0.14
    )
    elements: list[Element] = [sky(stage), *clouds(stage), range_layer(stage, far)]
    for base, size, depth, count, haze in _ROWS:
        row = horizon + h * base
        floor = None if depth > 0.9 else row + h * 0.22
        half = span * (0.4 if depth > 0.9 else 0.32)
        clear = (middle - half, middle + half) if stander and depth > 0.5 else None
        mist = 0.55 * (1 - depth)
        elements.append(
            woods(
                stage,
                Woods(row, span * size, depth, count, haze, mist, white, 0.05, tone, floor, clear=clear),
            )
        )
        if depth < 0.6 and stage.allows("mist"):
            strength = 0.75 if stage.wants("mist") else 0.5
            elements.append(
                mist_band(stage, row + h * 0.035, h * 0.05, depth + 0.05, strength, drift=8 + 16 * depth)
            )
        if depth == _LIT_DEPTH and stage.time not in ("storm", "night"):
            across = (stage.sun_x - g.margin_x) / g.width
            elements.append(rays(g, stage.rng, across, stage.palette.glow, 0.34))
        if depth == _LIT_DEPTH:
            sky_spot = Spot(stage.free_x, g.margin_y + h * 0.24, span * 0.34, 0.2, span * 0.34)
            elements += cast(stage, "air", sky_spot)
        if depth == _STANDS_AT and stander:
            size = min(h * 0.42, span * 0.52)
            foot = min(horizon + h * 0.43, g.margin_y + h * 0.9)
            elements.append(_clearing(stage, horizon + h * 0.345, middle, tone, white))
            elements += cast(stage, "ground", Spot(middle, foot, size, _STANDS_AT, room=size * 0.8))
    return [*elements, *_life(stage)]


def _clearing(stage: Stage, row: float, middle: float, tone: F32, white: float) -> Layer:
    """Grass in the light between the trees, or snow, with blades along its far edge."""
    g, rng, palette = stage.geometry, stage.rng, stage.palette
    edge = row + (fbm_line(rng, g.layer_width, 3, 5) - 0.5) * g.height * 0.03
    top = max(0, int(edge.min()) - int(g.span * 0.03))
    x, y = grid(g.layer_height - top, g.layer_width)
    y += top
    pool = np.exp(
        -(((x - middle) / (g.span * 0.55)) ** 2) - ((y - row - g.height * 0.09) / (g.height * 0.1)) ** 2
    )
    mottle = fbm(rng, x.shape[0], x.shape[1], 7, 5, stretch=3.5)
    lit = (
        mix(mix(_GRASS, palette.lit, 0.3), palette.haze, 0.25)
        if stage.time != "night"
        else mix(tone, palette.haze, 0.4)
    )
    if white:
        lit = mix(colour("#eef4fb"), palette.haze, 0.3 if stage.time != "night" else 0.6)
    ground = mix(tone, lit, 0.3 + 0.4 * white)
    share = f32(np.clip(pool * 0.95 + (mottle - 0.5) * 0.5, 0, 1))
    rgb = ramp([(0, ground), (1, lit)], share)
    sprite = premultiplied(rgb, smoothstep(-1.5, 1.5, f32(y - edge[None, :])))
    count = 0 if white else int(900 * g.layer_width / g.span)
    at = f32(np.stack([rng.uniform(0, g.layer_width - 1, count), rng.uniform(0, 1, count)], 1))
    at[:, 1] = edge[at[:, 0].astype(int)] - top + at[:, 1] ** 1.5 * g.height * 0.2
    at = at[np.argsort(at[:, 1], kind="stable")]
    near = np.clip((at[:, 1] + top - row) / (g.height * 0.2), 0, 1)
    blades = blade_polygons(at, f32(g.span * (0.008 + 0.02 * near) * rng.uniform(0.5, 1.3, count)),
                            f32(rng.normal(0, 0.3, count)),
                                f32(g.span * (0.0008 + 0.0014 * near)))  # fmt: skip
    inside = (np.clip(at[:, 1], 0, x.shape[0] - 1).astype(int), at[:, 0].astype(int))
    tones = f32(rgb[inside] * rng.uniform(0.78, 1.2, (count, 1)))
    dab(sprite, blades, tones)
    return Layer(sprite, _STANDS_AT, top)


def _life(stage: Stage) -> list[Element]:
    if stage.time == "night":
        return [motes(stage.geometry, stage.rng, 34, colour("#d8ff8a"), top=0.45, sizes=(2, 6))]
    if stage.allows("birds") and stage.time != "storm":
        return [birds(stage.rng, 5, stage.palette.near, float(stage.rng.uniform(0.16, 0.28)), size=8)]
    return []
