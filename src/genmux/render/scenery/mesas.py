"""What stands far off in a desert: table mountains and pyramids."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Layer, layer
from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.paint.light import Light, local
from genmux.render.paint.polygons import face, opaque_tone
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, blend, f32, resize, spread
from genmux.render.stage import Stage

# Pyramids: place as a share of the span from the first, half width against the first's, haze.
_GROUP: Final = ((0.0, 1.0, 0.12), (0.9, 0.7, 0.24), (-0.62, 0.36, 0.3), (1.5, 0.44, 0.36))
_STEEP: Final = 0.64


def mesas(stage: Stage, sun: Light, depth: float) -> Layer:
    """A line of table mountains with banded cliffs, standing on the horizon."""
    g, rng = stage.geometry, stage.rng
    tall, foot = g.span * 0.16, round(stage.horizon + g.span * 0.05)
    width = g.layer_width
    wide = width / g.span
    line = fbm_line(rng, width, 2.4 * wide, 3)
    ribs = fbm_line(rng, width, 16.0 * wide, 4)
    ragged = line + (ribs - 0.5) * 0.09
    rise = smoothstep(0.56, 0.59, ragged) * (0.7 + 0.3 * smoothstep(0.74, 0.77, ragged))
    talus = smoothstep(0.34, 0.56, ragged) * 0.3
    skyline = stage.horizon - tall * np.maximum(rise * (0.93 + 0.07 * line), talus)
    top = max(int(skyline.min()) - 2, 0)
    rows = np.arange(top, max(foot, top + 2), dtype=np.float32)[:, None]
    height = (stage.horizon - rows) / tall
    strata = fbm(rng, rows.size, width, 8, 4, stretch=14)
    cracks = fbm(rng, rows.size, width, 4.0, 5, stretch=0.5)
    slope = np.gradient(ribs) * g.span / 12 + np.gradient(line) * g.span / 6
    facing = np.clip(0.4 + 0.15 * np.tanh(-slope[None, :] * sun.side) + (cracks - 0.5) * 0.7, 0.03, 1)
    rock = blend(local(stage, "#7f4632"), local(stage, "#b87a52"), f32(np.clip(strata * 2.2 - 0.6, 0, 1)))
    rgb = rock * (sun.sky + spread(f32(facing)) * sun.sun)
    haze = f32(np.clip(0.62 - 0.2 * height, 0, 1) + 0 * facing)
    cover = f32(np.clip(rows - skyline[None, :] + 0.5, 0, 1))
    return layer(blend(f32(rgb), stage.palette.haze, haze), cover, depth, top)


def pyramids(stage: Stage, sun: Light, depth: float, foot: float) -> Layer:
    """A group of pyramids whose feet sink into the sand at row `foot`."""
    g, rng = stage.geometry, stage.rng
    half = min(g.span * float(rng.uniform(0.26, 0.38)), g.width * 0.34)
    first = g.margin_x + g.width * float(
        rng.uniform(0.28, 0.42) if stage.flipped else rng.uniform(0.58, 0.72)
    )
    row = (1.0 if stage.flipped else -1.0) * min(half * 1.45, g.width * 0.44) * float(rng.uniform(1.0, 1.5))
    top = max(int(foot - half * 1.6), 0)
    sprite = np.zeros((max(round(foot) - top, 2), g.layer_width, 4), np.uint8)
    for place, size, haze in reversed(_GROUP[: int(rng.integers(2, len(_GROUP) + 1))]):
        wide = half * size * float(rng.uniform(0.85, 1.15))
        _pyramid(sprite, first + place * row, foot - top + wide * 0.05, wide, stage, sun, haze)
    return Layer(_sunk(sprite, g.span * 0.05), depth, top)


def _pyramid(sprite: U8, x: float, foot: float, half: float, stage: Stage, sun: Light, haze: float) -> None:
    """One pyramid seen at its edge, with courses of stone."""
    tall = half * 2 * _STEEP
    edge = x + half * 0.26 * sun.side * -1
    apex = (x, foot - tall)
    stone = local(stage, "#cc9c6a")
    for side in (-1.0, 1.0):
        tone = mix(sun.on(stone, 0.95 if side == sun.side else 0.10), stage.palette.haze, haze)
        corners = f32([apex, (x + side * half, foot), (edge, foot + half * 0.10)])
        face(sprite, corners, opaque_tone(tone))
        _courses(sprite, corners, tone, stage)


def _courses(sprite: U8, corners: F32, tone: F32, stage: Stage) -> None:
    """Rows of stone, a little lighter or darker than the side whose apex and feet are given."""
    apex, outer, inner = corners
    count = int(np.clip((outer[1] - apex[1]) / (5.5 * max(stage.geometry.unit, 0.3)), 4, 60))
    for k, shade in enumerate(stage.rng.uniform(0.95, 1.03, count)):
        low, high = (k + 0.15) / count, (k + 1.0) / count
        ends = ((outer, low), (inner, low), (inner, high), (outer, high))
        course = np.stack([apex + (foot - apex) * share for foot, share in ends])
        face(sprite, f32(course), opaque_tone(tone * float(shade)))


def _sunk(sprite: U8, depth: float) -> U8:
    """The sprite faded out at its lower edge, as if drifted over."""
    rows = np.arange(sprite.shape[0], dtype=np.float32)[::-1]
    share = smoothstep(0.0, max(depth, 1.0), rows)
    return np.ascontiguousarray(
        (sprite * resize(share[:, None], sprite.shape[1], sprite.shape[0])[..., None]), np.uint8
    )
