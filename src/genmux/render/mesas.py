"""What stands far off in a desert: table mountains and pyramids."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from genmux.render.effects.brush import ONE, SHIFT
from genmux.render.flora import shaded
from genmux.render.layers import Layer, layer
from genmux.render.light import Light, local
from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, blend, f32, resize, spread
from genmux.render.stage import Stage

# Pyramids: place as a share of the span from the first, half width against the first's, haze.
_GROUP: Final = ((0.0, 1.0, 0.12), (0.62, 0.72, 0.24), (1.08, 0.46, 0.36))
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
    facing = np.clip(0.4 + 0.3 * np.tanh(-slope[None, :] * sun.side) + (cracks - 0.5) * 0.7, 0.03, 1)
    rock = blend(local(stage, "#7f4632"), local(stage, "#b87a52"), f32(np.clip(strata * 2.2 - 0.6, 0, 1)))
    rgb = rock * (sun.sky + spread(f32(facing)) * sun.sun)
    haze = f32(np.clip(0.62 - 0.2 * height, 0, 1) + 0 * facing)
    cover = f32(np.clip(rows - skyline[None, :] + 0.5, 0, 1))
    return layer(blend(f32(rgb), stage.palette.haze, haze), cover, depth, top)


def pyramids(stage: Stage, sun: Light, depth: float, foot: float) -> Layer:
    """A group of pyramids whose feet sink into the sand at row `foot`."""
    g = stage.geometry
    half = g.span * float(stage.rng.uniform(0.30, 0.36))
    first = g.margin_x + g.width * (0.40 if stage.flipped else 0.60)
    away = -1.0 if stage.flipped else 1.0
    room = min(half * 1.45, (g.width * 0.52) / 1.3)
    top = max(int(foot - half * 1.35), 0)
    sprite = np.zeros((max(round(foot) - top, 2), g.layer_width, 4), np.uint8)
    for place, size, haze in reversed(_GROUP):
        x, wide = first + away * -1 * place * room * 1.5, half * size
        _pyramid(sprite, x, foot - top + wide * 0.05, wide, stage, sun, haze)
    return Layer(_sunk(sprite, g.span * 0.05), depth, top)


def _pyramid(sprite: U8, x: float, foot: float, half: float, stage: Stage, sun: Light, haze: float) -> None:
    """One pyramid seen at its edge, with courses of stone."""
    tall = half * 2 * _STEEP
    edge = x + half * 0.26 * sun.side * -1
    apex = (x, foot - tall)
    stone = local(stage, "#e0b06c")
    for side in (-1.0, 1.0):
        lit = 0.95 if side == sun.side else 0.10
        tone = mix(sun.on(stone, lit), stage.palette.haze, haze)
        face = f32([apex, (x + side * half, foot), (edge, foot + half * 0.10)])
        cv2.fillPoly(sprite, [np.round(face * ONE).astype(np.int32)], shaded(tone), cv2.LINE_AA, SHIFT)
        _courses(sprite, apex, (x + side * half, foot), (edge, foot + half * 0.10), tone, stage)


def _courses(sprite: U8, apex: tuple[float, float], outer: tuple[float, float], inner: tuple[float, float],
             tone: F32, stage: Stage) -> None:  # fmt: skip
    """Rows of stone as fine lines, a little lighter or darker than the face."""
    count = int(np.clip((outer[1] - apex[1]) / (5.5 * max(stage.geometry.unit, 0.3)), 4, 60))
    for k, shade in enumerate(stage.rng.uniform(0.93, 1.05, count)):
        low, high = (k + 0.15) / count, (k + 1.0) / count
        face = f32([[apex[i] + (p[i] - apex[i]) * s for i in (0, 1)]
                    for p, s in ((outer, low), (inner, low), (inner, high), (outer, high))])  # fmt: skip
        course = shaded(np.clip(tone * float(shade), 0, 1))
        cv2.fillPoly(sprite, [np.round(face * ONE).astype(np.int32)], course, cv2.LINE_AA, SHIFT)


def _sunk(sprite: U8, depth: float) -> U8:
    """The sprite faded out at its lower edge, as if drifted over."""
    rows = np.arange(sprite.shape[0], dtype=np.float32)[::-1]
    share = smoothstep(0.0, max(depth, 1.0), rows)
    return np.ascontiguousarray((sprite * resize(share[:, None], sprite.shape[1], sprite.shape[0])[..., None]), np.uint8)
