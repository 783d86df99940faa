"""The meadow: rolling ground with grass, flowers or a crop in rows, far hills, and cloud shadows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.effects import birds, motes
from genmux.render.layers import Element, Layer, layer
from genmux.render.noise import smoothstep, tile
from genmux.render.paint.light import Light, light, local
from genmux.render.palette import PALETTES, Palette, colour, mix, turned
from genmux.render.plants.blossoms import CROP_BLOSSOMS, MIXTURES
from genmux.render.plants.flora import Bed, Plot, copses, petal, strew
from genmux.render.plants.fringe import fringe
from genmux.render.raster import F32, blend, f32
from genmux.render.scenery.cloud_shadows import CloudShadows
from genmux.render.scenery.relief import Height, Relief, relief, view
from genmux.render.scenery.sky import clouds, sky
from genmux.render.scenery.terrain import Range, mist_band, range_layer
from genmux.render.scenery.turf import CROPS, Turf, growth
from genmux.render.stage import HUE_JITTER_DEGREES, Stage
from genmux.render.subjects import Spot, asked, cast
from genmux.render.subjects.trees import tree

_FAR: Final = 90.0
_EDGE: Final = 6.5
_NEAR_DEPTH: Final = 0.46
_FAR_DEPTH: Final = 0.2

# Half widths of what may wind through the meadow, in eye heights.
_WAYS: Final = {"path": 0.2, "stream": 0.28}
_LEAVES: Final = {
    "spring": ("#3f7a34", "#548c3a", "#2f6a34"),
    "summer": ("#356a30", "#4a7a32", "#2a5a30"),
    "autumn": ("#a85a20", "#8a7a2c", "#b8862a"),
    "winter": ("#66727f", "#7f8c99", "#5a6a6a"),
}
_BLADES: Final = {
    "spring": ("#1f5a1c", "#9fce4a"),
    "summer": ("#2a5420", "#b5bf52"),
    "autumn": ("#5a3d14", "#e0b04a"),
    "winter": ("#7f8ea0", "#eef3f8"),
}

# The mixture of flowers that has a hue already.
_OF_HUE: Final = {
    "red": "poppies", "orange": "poppies", "pink": "cosmos", "blue": "cornflowers", "purple": "cornflowers",
    "yellow": "buttercups", "gold": "buttercups",
}  # fmt: skip


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    stage = replace(stage, palette=_palette(stage))
    g, sun = stage.geometry, light(stage)
    turf = _turf(stage)
    ground = relief(stage, _hills(stage, turf), _FAR, steps=260)
    bed = _bed(stage, turf)
    if bed is not None:
        tone = petal(stage, bed.blossoms[0][1])
        turf = replace(turf, carpet=tone, lushness=bed.density)
    elements: list[Element] = [sky(stage), *clouds(stage), *_distance(stage), *_flocks(stage)]
    elements.append(_slopes(stage, ground, turf, sun, None, far=True))
    elements += cast(stage, "air", _air(stage))
    elements.append(mist_band(stage, stage.horizon + g.span * 0.05, g.span * 0.03, 0.3, _mist(stage)))
    elements.append(_slopes(stage, ground, turf, sun, bed, far=False))
    if stage.wants("mist") and stage.allows("mist"):
        row = stage.horizon + g.span * 0.14
        elements.append(mist_band(stage, row, g.span * 0.05, _NEAR_DEPTH, 0.7, drift=16))
    if stage.time == "day" and stage.allows("clouds"):
        elements.append(CloudShadows(turf.noise, stage.horizon, ground.focal, 0.34))
    elements += _standing(stage)
    blades = _BLADES[turf.season]
    elements += fringe(stage, sun, bed, (local(stage, blades[0]), local(stage, blades[1])))
    return [*elements, *_life(stage)]


def _palette(stage: Stage) -> Palette:
    """The colours of the time of day: a colour named for a meadow is the colour of its flowers."""
    if stage.borrowed or stage.reading.first("hue") is None:
        return stage.palette
    jitter = float(stage.rng.uniform(-HUE_JITTER_DEGREES, HUE_JITTER_DEGREES))
    return turned(PALETTES[stage.time], jitter)


def _turf(stage: Stage) -> Turf:
    rng = stage.rng
    seasons = ("spring", "summer")
    season = "autumn" if stage.wants("autumn") else "winter" if stage.wants("snowy") else seasons[
        int(rng.integers(2))
    ]  # fmt: skip
    crop = next((name for name in CROPS if stage.wants(name)), None)
    way = _way(stage, float(rng.random()), crop)
    bend = float(rng.uniform(0.25, 0.6)) * (-1 if stage.flipped else 1)
    slant = float(rng.uniform(-0.35, 0.35))
    stream = way == "stream"
    return Turf(season, crop, tile(rng, 512, 16, 4, 0.6), bend, _WAYS.get(way, 0.0), stream, slant)


def _way(stage: Stage, draw: float, crop: str | None) -> str:
    """Whether a path or a stream winds through the meadow: as asked, else by a `draw` from 0..1."""
    asked_for = [way for way in _WAYS if stage.wants(way)]
    if asked_for:
        return asked_for[0]
    likely = "" if crop or draw > 0.55 else "path" if draw > 0.18 else "stream"
    return likely if stage.allows(likely) else ""


def _hills(stage: Stage, turf: Turf) -> Height:
    noise = tile(stage.rng, 256, 6, 3, 0.42)
    tall = float(stage.rng.uniform(0.85, 1.25))
    calm = 0.45 if turf.crop else 1.0

    def height(x: F32, z: F32) -> F32:
        swell = noise.at(x * 7 + 90, z * 9) * smoothstep(1.5, 6.0, z) * 0.27 * calm
        roll = noise.at(x * 3.2, z * 4.6 + 40) * smoothstep(5.0, 22.0, z) * 1.15 * tall
        ridge = noise.at(x * 1.0 + 11, z * 1.5) * smoothstep(16.0, 60.0, z) * 2.3 * tall
        return f32(swell + roll + ridge + smoothstep(20.0, 90.0, z) * 1.9 * tall)

    return height


def _bed(stage: Stage, turf: Turf) -> Bed | None:
    if not stage.allows("flowers") or turf.season == "winter":
        return None
    if turf.crop:
        return Bed(CROP_BLOSSOMS[turf.crop], turf, 0.75)
    names = tuple(MIXTURES)
    density = 0.95 if stage.wants("flowers") else float(stage.rng.uniform(0.12, 0.4))
    if turf.season == "autumn":
        density *= 0.5
    drawn = names[int(stage.rng.integers(len(names)))]
    return Bed(MIXTURES[_OF_HUE.get(stage.reading.first("hue") or "", drawn)], turf, density)


def _distance(stage: Stage) -> list[Element]:
    """Mountains far behind the hills, in most pictures."""
    if stage.rng.random() > 0.7:
        return []
    span, h = stage.geometry.span, stage.horizon
    snow = 0.45 if stage.rng.random() < 0.5 and stage.allows("snowy") else 0.0
    return [
        range_layer(
            stage, Range(h, span * 0.22, 0.08, haze=0.58, snow=snow, green=0.2, floor=h + span * 0.04)
        )
    ]


def _flocks(stage: Stage) -> list[Element]:
    if stage.time in ("night", "storm") or not stage.allows("birds") or stage.wants("birds"):
        return []
    tone = mix(stage.palette.near, stage.palette.far, 0.35)
    return [birds(stage.rng, 5, tone, float(stage.rng.uniform(0.16, 0.26)), size=7)]


def _mist(stage: Stage) -> float:
    if not stage.allows("mist"):
        return 0.0
    return 0.75 if stage.wants("mist") else 0.55 if stage.time == "dawn" else 0.25


def _slopes(stage: Stage, ground: Relief, turf: Turf, sun: Light, bed: Bed | None, far: bool) -> Layer:
    """The ground beyond the edge of the near meadow, or the meadow itself, with what grows there."""
    g = stage.geometry
    split = int(np.searchsorted(ground.z, _EDGE))
    lowest = float(ground.rows[:split].min(axis=0).max())
    bottom = min(round(lowest + g.span * 0.06), g.layer_height) if far else g.layer_height
    near, end = (_EDGE * 0.8, _FAR) if far else (0.0, _EDGE)
    seen = view(ground, near, end, bottom)
    shade = seen.read(ground.shade(sun, 0.45 if far else 0.3))
    rgb = growth(seen, turf, stage, sun, shade, ground.focal)
    veil = f32(np.clip(1 - np.exp(-seen.z / 46), 0, 1) * 0.92)
    hazy = mix(stage.palette.haze, stage.palette.far, 0.12)
    rgb = blend(rgb, hazy, f32(veil))
    painted = layer(rgb, seen.cover, _FAR_DEPTH if far else _NEAR_DEPTH, seen.top)
    room = min(round(g.span * 0.08), painted.top)
    sprite = np.ascontiguousarray(np.pad(painted.sprite, ((room, 0), (0, 0), (0, 0))))
    plot = Plot(sprite, painted.top - room, ground, stage, sun)
    if far:
        leaves = [local(stage, c) for c in _LEAVES[turf.season]]
        copses(plot, _EDGE * 1.3, _FAR * 0.8, turf.noise, leaves, hazy)
    elif bed is not None:
        strew(plot, float(ground.z[0]), _EDGE, bed)
    return Layer(sprite, painted.depth, plot.top)


def _air(stage: Stage) -> Spot:
    """Over the free side, or over the other one when something stands there."""
    g = stage.geometry
    other = stage.flipped != bool(asked(stage, "ground"))
    x = g.margin_x + g.width * (0.36 if other else 0.64)
    size = min(g.span * 0.42, (stage.horizon - g.margin_y) * 0.62)
    y = g.margin_y + (stage.horizon - g.margin_y) * 0.47
    return Spot(x, y, size, 0.26, room=min(g.span * 0.55, g.width * 0.38))


def _standing(stage: Stage) -> list[Element]:
    """The subjects on the ground; without any, sometimes a tree."""
    g = stage.geometry
    y = stage.horizon + (g.margin_y + g.height - stage.horizon) * 0.42
    spot = Spot(stage.free_x, y, g.span * 0.46, _NEAR_DEPTH, room=g.span * 0.44)
    if asked(stage, "ground"):
        return cast(stage, "ground", spot)
    lone = stage.reading.allows("subject.tree") and not any(stage.wants(c) for c in CROPS)
    if not lone or stage.rng.random() > 0.6:
        return []
    if not asked(stage, "air"):
        return tree(stage, spot)
    aside = 0.86 if stage.flipped else 0.14
    return tree(stage, replace(spot, x=g.margin_x + g.width * aside, size=g.span * 0.34))


def _life(stage: Stage) -> list[Element]:
    g = stage.geometry
    if stage.time == "night":
        return [motes(g, stage.rng, 26, colour("#d8ff8a"), top=0.55, sizes=(2, 5))]
    if stage.time in ("sunset", "dawn"):
        return [motes(g, stage.rng, 30, stage.palette.glow, top=0.5, sizes=(1, 3), wander=16)]
    return []
