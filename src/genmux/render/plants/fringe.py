"""Blades and blossoms at the viewer's feet, in sheets that sway out of step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.noise import fbm_line
from genmux.render.paint.light import Light, local
from genmux.render.paint.polygons import face, line, opaque_tone
from genmux.render.palette import mix
from genmux.render.plants.blossoms import blossom
from genmux.render.plants.flora import STEM, Bed, petal
from genmux.render.raster import F32, U8, f32
from genmux.render.sprites.motion import gusts
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage

_SHEETS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """One sheet of grass: `foot` is the row it grows from, `tall` its height, `number` 0 the farthest."""

    sprite: U8
    foot: float
    tall: float
    number: int


def fringe(stage: Stage, light: Light, bed: Bed | None, grass: tuple[F32, F32]) -> list[Sprite]:
    """Grass, and flowers of the bed, along the lower edge of the picture."""
    return [_sheet(stage, light, bed, grass, number) for number in range(_SHEETS)]


def _sheet(stage: Stage, light: Light, bed: Bed | None, grass: tuple[F32, F32], number: int) -> Sprite:
    g, rng = stage.geometry, stage.rng
    tall = g.span * (0.10 + 0.035 * number)
    height = max(4, int(tall * 1.5))
    # Nearer sheets stand lower, so that a camera that tilts down finds grass and no edge.
    low = g.margin_y * 0.3 * number
    foot = height - g.span * 0.03
    sheet = _Sheet(np.zeros((height, g.layer_width, 4), np.uint8), foot, tall, number)
    _blades(sheet, light, grass, rng, int(g.layer_width / g.span * (170 - 25 * number)))
    if bed is not None:
        count = int((4 + 26 * bed.density) * g.layer_width / g.span * (1.0 - 0.28 * number))
        for x in rng.uniform(0, g.layer_width, count):
            _stalk(sheet, float(x), light, bed, stage)
    y = g.margin_y + g.height + low - (foot - g.span * 0.012 * (_SHEETS - 1 - number))
    phase = float(rng.uniform(0, 6))
    sway = gusts(y + height, 0.07 + 0.03 * number, phase)
    return Sprite(sheet.sprite, 0.0, y, 0.62 + 0.16 * number, sway)


def _blades(
    sheet: _Sheet, light: Light, grass: tuple[F32, F32], rng: np.random.Generator, count: int
) -> None:
    """Bent blades in clumps; the nearer sheets are darker."""
    shares, bright = np.linspace(0.1, 0.9, 6), 1.15 - 0.3 * sheet.number
    tones = [opaque_tone(light.on(mix(*grass, float(a)), float(b) * bright)) for a in shares for b in shares]
    outlines = _outlines(sheet, rng, count)
    for outline, tone in zip(outlines, rng.integers(0, len(tones), count), strict=True):
        face(sheet.sprite, outline, tones[tone])


def _outlines(sheet: _Sheet, rng: np.random.Generator, count: int) -> F32:
    """Outlines of all blades, (count, points, 2)."""
    width = sheet.sprite.shape[1]
    clumps = fbm_line(rng, width, 0.45 * width / max(sheet.tall, 1.0), 3)
    x = f32(rng.uniform(0, width, count))
    lush = clumps[np.minimum(x.astype(int), width - 1)]
    size = f32(sheet.tall * (0.22 + 0.75 * lush) * rng.uniform(0.55, 1.1, count))
    lean = f32(size * rng.normal(0.05, 0.22, count))
    up = np.linspace(0, 1, 5, dtype=np.float32)[:, None]
    across, down = x + lean * up**2.2, sheet.foot + size * rng.uniform(0, 0.2, count) - size * up
    half = np.maximum(0.8, size * 0.022) * (1 - up**1.6)
    left, right = np.stack([across - half, down], -1), np.stack([across + half, down], -1)
    return f32(np.concatenate([left, right[::-1]]).transpose(1, 0, 2))


def _stalk(sheet: _Sheet, x: float, light: Light, bed: Bed, stage: Stage) -> None:
    """One flower on a long stem."""
    rng = stage.rng
    form, name = bed.blossoms[min(int(rng.exponential(0.8)), len(bed.blossoms) - 1)]
    up = sheet.tall * float(rng.uniform(0.45, 1.15))
    r = stage.geometry.span * float(rng.uniform(0.009, 0.015)) * (1 + 0.35 * sheet.number)
    r *= 1.7 if form == "sun" else 1.0
    head = x + up * float(rng.normal(0, 0.1)), sheet.foot - up
    stem = opaque_tone(light.on(local(stage, STEM), 0.5))
    line(sheet.sprite, f32([(x, sheet.foot), head]), stem, r * 0.16)
    blossom(sheet.sprite, form, *head, r, light.on(petal(stage, name), float(rng.uniform(0.6, 1.05))))
