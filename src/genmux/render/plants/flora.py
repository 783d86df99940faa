"""What stands on open ground: drifts of flowers, and trees in groups on far slopes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from genmux.render.noise import Tile
from genmux.render.paint.light import Light, local, toward_named_hue
from genmux.render.paint.polygons import line, opaque_tone, oval
from genmux.render.palette import colour
from genmux.render.plants.blossoms import blossom
from genmux.render.raster import F32, U8, f32
from genmux.render.scenery.relief import Relief
from genmux.render.scenery.turf import CROPS, Turf, winding
from genmux.render.stage import Stage

STEM: Final = "#3f7a2c"
_FACINGS: Final = 6
_MOST_FLOWERS: Final = 9000
_MOST_TREES: Final = 1500

# Below this radius in pixels a flower is a dot without stem and petals.
_DOT: Final = 3.2


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """A ground sprite to draw plants on; its first row is layer row `top`."""

    sprite: U8
    top: int
    ground: Relief
    stage: Stage
    light: Light

    def places(self, near: float, far: float, count: int) -> tuple[F32, F32]:
        """Random points of the ground across the picture, far to near, as many on each scale."""
        rng = self.stage.rng
        z = f32(np.sort(near * (far / near) ** rng.random(count))[::-1])
        return f32((rng.random(count) - 0.5) * self.ground.width / self.ground.focal * z), z


@dataclass(frozen=True, slots=True, eq=False)
class Bed:
    """Flowers of one mixture, strewn on a turf where its noise is high; `density` 0..1."""

    blossoms: tuple[tuple[str, str], ...]
    turf: Turf
    density: float

    def grows(self, x: F32, z: F32, luck: F32) -> npt.NDArray[np.bool_]:
        """Whether a flower grows at each place, by drifts and a normal `luck`."""
        drift = _patches(self.turf.noise, x, z, 14) + _patches(self.turf.noise, x, z, 60) * 0.6
        dry = np.abs(x - winding(self.turf, z)) > self.turf.path * 1.3
        return np.asarray((drift + luck > 1.35 - 1.5 * self.density) & dry, np.bool_)

    def kinds(self, rng: np.random.Generator, x: F32, z: F32) -> npt.NDArray[np.int64]:
        """Which blossom each flower bears: of one kind in each lane of tulips, else the first ones mostly."""
        if self.turf.crop == "tulips":
            lane = np.floor((x - self.turf.slant * z) * CROPS["tulips"][4] / 2)
            return np.asarray(lane, np.int64) % len(self.blossoms)
        return np.minimum(rng.exponential(0.75, x.size).astype(np.int64), len(self.blossoms) - 1)


def petal(stage: Stage, name: str) -> F32:
    """A petal's colour "#rrggbb": a hue that the prompt names is meant for flowers more than for grass."""
    return toward_named_hue(stage, colour(name), 0.8)


def _patches(noise: Tile, x: F32, z: F32, scale: float) -> F32:
    """The noise at points of the world given as two lists."""
    return f32(noise.at((x * scale)[None], (z * scale)[None])[0])


def strew(plot: Plot, near: float, far: float, bed: Bed) -> None:
    """Draw the flowers of a bed between two distances."""
    rng, stage, light = plot.stage.rng, plot.stage, plot.light
    x, z = plot.places(near, far, int(_MOST_FLOWERS * bed.density))
    keep = bed.grows(x, z, f32(rng.normal(0, 0.5, z.size))) & (rng.random(z.size) < 0.35 + z * 0.1)
    x, z = x[keep], z[keep]
    column, row = plot.ground.footing(x, z)
    radius = 0.021 * plot.ground.focal / z * rng.uniform(0.7, 1.25, z.size)
    tones = [_lit_tones(light, petal(stage, tone)) for _, tone in bed.blossoms]
    stem = light.on(local(stage, STEM), 0.55)
    drawn = zip(
        column, row - plot.top, radius, bed.kinds(rng, x, z), rng.integers(0, _FACINGS, z.size), strict=True
    )
    for px, py, r, kind, lit in drawn:
        _flower(plot.sprite, bed.blossoms[kind][0], float(px), float(py), float(r), tones[kind][lit], stem)


def _lit_tones(light: Light, surface: F32) -> list[F32]:
    """A surface as it looks at `_FACINGS` angles to the light."""
    return [light.on(surface, 0.45 + 0.55 * k / (_FACINGS - 1)) for k in range(_FACINGS)]


def _flower(sprite: U8, form: str, x: float, y: float, r: float, tone: F32, stem: F32) -> None:
    """One flower: a dot when it is small, else a blossom on a short stem."""
    if r < _DOT:
        oval(sprite, x, y + r * 0.3, r * 0.8, r * 0.6, opaque_tone(tone * 0.72))
        oval(sprite, x, y - r * 0.1, r * 0.7, r * 0.5, opaque_tone(tone))
        return
    line(sprite, f32([(x, y), (x + r * 0.3, y + r * 3.2)]), opaque_tone(stem), r * 0.16)
    blossom(sprite, form, x, y, r, tone)


def copses(plot: Plot, near: float, far: float, noise: Tile, leaves: list[F32], haze: F32) -> None:
    """Draw trees in groups between two distances, where the ground is seen."""
    rng, ground = plot.stage.rng, plot.ground
    x, z = plot.places(near, far, _MOST_TREES)
    keep = _patches(noise, x, z, 7) + 0.7 * _patches(noise, x, z, 26) > 0.95
    x, z = x[keep], z[keep]
    column, row = ground.footing(x, z)
    seen = row <= ground.read(np.minimum.accumulate(ground.rows, axis=0), column, z) + 2
    for px, py, away in zip(column[seen], row[seen] - plot.top, z[seen], strict=True):
        size = ground.focal / float(away) * float(rng.uniform(0.2, 0.42))
        clear = 1 - min(0.75, float(away) / 70)
        leaf = leaves[int(rng.integers(len(leaves)))]
        veiled = Light(
            plot.light.sun * clear,
            plot.light.sky * clear,
            plot.light.toward,
            plot.light.side,
            plot.light.grey,
        )
        _far_tree(plot.sprite, float(px), float(py), size, leaf, veiled, haze * (1 - clear), rng)


def _far_tree(
    sprite: U8, x: float, y: float, size: float, leaf: F32, light: Light, haze: F32, rng: np.random.Generator
) -> None:
    """A broad tree far away: its shadow, and tufts that are lit from the sun's side."""
    shadow = opaque_tone(light.on(leaf, 0.0) + haze)
    oval(sprite, x - light.side * size * 0.3, y - size * 0.02, size * 0.5, size * 0.11, shadow)
    tufts = 16 if size > 12 else 9 if size > 5 else 3
    crown = size * float(rng.uniform(0.36, 0.5))
    around, away = rng.uniform(0, 2 * math.pi, tufts), np.sqrt(rng.random(tufts)) * 0.75
    u, v = np.cos(around) * away, np.sin(around) * away
    lit = np.clip(0.36 + 0.4 * (light.side * u * 0.6 - v) + rng.normal(0, 0.07, tufts), 0.02, 1)
    for k in np.argsort(lit):
        part = crown * (0.62 if tufts < 9 else 0.45 - 0.12 * float(lit[k]))
        tone = opaque_tone(light.on(leaf, float(lit[k])) + haze)
        oval(sprite, x + u[k] * crown, y - size * 0.42 + v[k] * crown * 0.8, part, part * 0.85, tone)
