"""The ground at the viewer's feet: a grassy knoll or soft drifts of snow, where subjects stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.layers import Element, Layer, layer
from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.paint.light import shade_and_beam
from genmux.render.palette import colour, mix
from genmux.render.plants.conifers import Woods, woods
from genmux.render.raster import F32, blend, f32, resize
from genmux.render.scenes.ridges import accents
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

_GRASS: Final = colour("#6f8f45")
_DRY: Final = colour("#c08a3e")
_SNOW: Final = colour("#f6f9ff")
_DEPTH: Final = 0.72


@dataclass(frozen=True, slots=True)
class Stand:
    """Where subjects stand on the knoll, in layer pixels; `half` is half the width they need.

    The ground rises by `rise` toward them.
    """

    x: float
    y: float
    size: float
    half: float
    rise: float


def stand(stage: Stage) -> Stand:
    """The place for ground subjects: away from the sun, lower in tall pictures."""
    g = stage.geometry
    names = asked(stage, "ground")
    size = g.span * 0.25
    wide = {"village": 2.5, "castle": 1.2}.get(names[0], 0.75) if names else 0.6
    half = min(size * wide * (1.0 + 0.6 * (len(names) - 1)), g.width * 0.42)
    x = float(np.clip(stage.free_x, g.margin_x + half, g.margin_x + g.width - half))
    lift = 0.12 if "castle" in names else 0.0
    return Stand(x, g.margin_y + g.height * (0.87 - lift), size, half, g.height * (0.115 + lift))


def knoll(stage: Stage, trees: bool = True) -> list[Element]:
    """The near ground with its subjects and, beside them, a few near pines."""
    g, place = stage.geometry, stand(stage)
    elements: list[Element] = [_ground(stage, place)]
    if trees:
        elements.append(_pines(stage, place))
    if asked(stage, "ground"):
        wide = 2.0 if asked(stage, "ground") == ["village"] else 1.45
        spot = Spot(place.x, place.y, place.size, _DEPTH, room=min(place.size * wide, g.width * 0.27))
        elements += cast(stage, "ground", spot)
    return elements


def _pines(stage: Stage, place: Stand) -> Layer:
    """A few pines on the knoll, none where the subjects stand."""
    g = stage.geometry
    clear = (place.x - place.half * 1.25, place.x + place.half * 1.25)
    spec = Woods(g.margin_y + g.height * 0.965, g.span * 0.27, _DEPTH, count=13, haze=0.0, mist=0.04,
                 snow=0.0, roll=0.02, clear=clear, bare=True, accent=accents(stage)[1])  # fmt: skip
    return woods(stage, spec)


def _ground(stage: Stage, place: Stand) -> Layer:
    """Rolling ground that rises under the subjects, lit from the sun's side."""
    g, rng, palette = stage.geometry, stage.rng, stage.palette
    x = np.arange(g.layer_width, dtype=np.float32)
    away = (x - place.x) / (place.half * 1.5 + g.width * 0.14)
    hump = np.exp(-(away**2))
    roll = (fbm_line(rng, g.layer_width, 3.0, 4) - 0.5) * g.height * 0.05 * (1 - 0.7 * hump)
    edge = place.y - g.height * 0.03 + place.rise * (1 - hump) + roll
    top = max(0, int(edge.min()) - 2)
    rows, columns = g.layer_height - top, g.layer_width
    below = np.arange(top, g.layer_height, dtype=np.float32)[:, None] - edge[None, :]
    octaves, wide = (2, 6.0) if stage.wants("snowy") else (5, 3.0)
    swell = resize(
        fbm(rng, max(2, rows // 2), max(2, columns // 2), 2.2, octaves, stretch=wide), columns, rows
    )
    level = _lit(stage, f32(edge), swell)
    shade, key = shade_and_beam(stage)
    rgb = _cover(stage, swell) * np.clip(shade + level[..., None] * key, 0, 1.1)
    if not stage.wants("snowy"):
        rgb = rgb * (1 + rng.normal(0, 0.085, (rows, columns)).astype(np.float32))[..., None]
    haze = np.exp(-np.maximum(below, 0) / (g.height * 0.05)) * 0.22
    rgb = blend(f32(np.clip(rgb, 0, 1)), palette.haze, f32(haze))
    rim = np.exp(-np.maximum(below, 0) / max(1.0, 2.2 * g.unit)) * (0.12 if stage.time == "day" else 0.28)
    rgb = rgb + rim[..., None] * palette.glow
    return layer(f32(np.clip(rgb, 0, 1)), f32(np.clip(below + 0.5, 0, 1)), _DEPTH - 0.02, top)


def _cover(stage: Stage, swell: F32) -> F32:
    """The colour of what grows or lies on the ground."""
    if stage.wants("snowy"):
        return blend(_SNOW, mix(_SNOW, stage.palette.far, 0.16), smoothstep(0.3, 0.7, swell))
    lush = _DRY if stage.wants("autumn") else mix(_GRASS, stage.palette.near, 0.15)
    return blend(lush, mix(lush, _DRY, 0.28), smoothstep(0.35, 0.8, swell))


def _lit(stage: Stage, edge: F32, swell: F32) -> F32:
    """Light 0..1: slopes toward the sun are bright, hollows dim, the foreground darker."""
    side = -1.0 if stage.flipped else 1.0
    slope = np.gradient(edge)[None, :] * side
    dents = np.gradient(swell, axis=1) * side * swell.shape[1] * 0.10
    down = np.linspace(0, 1, swell.shape[0], dtype=np.float32)[:, None]
    return f32(np.clip(0.62 - slope * 1.1 - dents + 0.5 * (swell - 0.5) - 0.28 * down, 0.05, 1.05))
