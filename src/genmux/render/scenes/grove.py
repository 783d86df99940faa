"""The bamboo grove: stalks that recede into green light, and a clear place between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from genmux.render.effects import motes, rays
from genmux.render.layers import Element, Layer, backdrop, merged
from genmux.render.noise import fbm_line
from genmux.render.palette import Palette, colour, mix, ramp
from genmux.render.plants.bamboo import Grove, grove
from genmux.render.raster import F32, grid, resize
from genmux.render.scenery.terrain import mist_band
from genmux.render.shapes import Shape, shapes_layer
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    stage = replace(stage, palette=_grove_light(stage))
    g, h = stage.geometry, stage.geometry.height
    top = g.margin_y
    eater = bool(asked(stage, "ground"))
    elements: list[Element] = [
        merged(
            _clearing(stage),
            grove(stage, Grove(0.0, 40, g.span * 0.012, 0.72, colour("#5fa04a"), leaves=False)),
        ),
        mist_band(stage, top + h * 0.72, h * 0.2, 0.1, 0.5),
        grove(stage, Grove(0.2, 24, g.span * 0.02, 0.48, colour("#4f9440"), leaves=True)),
        _ground(stage, top + h * 0.86, 0.24, colour("#5a8f45"), 0.4),
        rays(g, stage.rng, (stage.sun_x - g.margin_x) / g.width, stage.palette.glow, 0.45),
        grove(
            stage,
            Grove(0.42, 13, g.span * 0.032, 0.2, colour("#3f8a38"), leaves=True, clear=0.2 if eater else 0.0),
        ),
        _ground(stage, top + h * 0.92, 0.48, colour("#3a7a36"), 0.12),
    ]
    if eater:
        x = g.margin_x + g.width * float(stage.rng.uniform(0.44, 0.56))
        size = min(h * 0.54, g.span * 0.62)
        elements += cast(stage, "ground", Spot(x, top + h * 0.945, size, 0.6, room=size * 0.9))
    near = Grove(0.9, 5, g.span * 0.06, 0.0, colour("#2f7a30"), leaves=True, clear=0.62 if eater else 0.3)
    dust = motes(g, stage.rng, 26, np.array([1, 1, 0.75], np.float32), top=0.0, sizes=(1, 3), wander=14)
    return [*elements, grove(stage, near), dust]


def _grove_light(stage: Stage) -> Palette:
    """The palette under a roof of leaves: green haze, and the time's own light where it comes through."""
    night = stage.time == "night"
    haze = (
        colour("#2a5a5a")
        if night
        else mix(colour("#e6f5bf"), stage.palette.haze, 0.25 if stage.time == "day" else 0.4)
    )
    glow = colour("#9fe0d0") if night else mix(colour("#fbffd0"), stage.palette.glow, 0.3)
    return replace(stage.palette, haze=haze, glow=glow, near=colour("#0b2a17"), lit=colour("#f2ffc0"))


def _clearing(stage: Stage) -> Layer:
    """The bright opening behind the stalks."""
    g, haze = stage.geometry, stage.palette.haze
    x, y = (v * 4 for v in grid(g.layer_height // 4 + 1, g.layer_width // 4 + 1))
    distance = np.hypot((x - stage.sun_x) / g.width, (y - g.margin_y - g.height * 0.2) / g.height).astype(
        np.float32
    )
    bright = mix(haze, colour("#ffffff"), 0.2 if stage.time == "night" else 0.75)
    stops = [
        (0.0, bright),
        (0.3, haze),
        (0.75, mix(haze, colour("#4f8f4a"), 0.55)),
        (1.3, mix(haze, colour("#1f5a35"), 0.8)),
    ]
    return backdrop(resize(ramp(stops, distance), g.layer_width, g.layer_height))


def _ground(stage: Stage, base: float, depth: float, tone: F32, haze: float) -> Layer:
    """Rolling ground from `base` to the bottom."""
    g = stage.geometry
    edge = base - fbm_line(stage.rng, g.layer_width // 8, 2, 4) * g.height * 0.05
    x = np.linspace(0, g.layer_width, edge.size)
    outline = np.concatenate([np.stack([x, edge], 1), [[g.layer_width, g.layer_height], [0, g.layer_height]]])
    return shapes_layer(g, [Shape(outline.astype(np.float32), mix(tone, stage.palette.haze, haze))], depth)
