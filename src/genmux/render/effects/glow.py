"""Soft glowing points: fireflies, dust in light, bright stars."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.raster import F32, U8, add_light, f32, windows


@dataclass(frozen=True, slots=True, eq=False)
class Motes:
    """Soft glowing points that wander and twinkle: fireflies, dust in light, bright stars.

    `motes` rows are x, y, size, two wander phases and twinkle speed in 0..1.
    """

    motes: F32
    sprites: tuple[F32, ...]
    tone: F32
    top: float
    wander: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of every mote, at half size."""
        g, t = moment.geometry, moment.seconds
        height, width = max(1, canvas.shape[0] // 2), max(1, canvas.shape[1] // 2)
        light = np.zeros((height, width), np.float32)
        for (px, py, size, a, b, speed), sprite in zip(self.motes, self.sprites, strict=True):
            shift = self.wander * g.unit
            x = (px * 1.1 - 0.05) * width + math.sin(t * 0.7 * (0.5 + a) + b * 6.28) * shift * (1 + size)
            x -= moment.pose.x * g.margin_x / 2 * (0.3 + 0.7 * size)
            y = (self.top + (1 - self.top) * py) * height + math.cos(t * 0.9 * (0.5 + b) + a * 6.28) * shift
            power = 0.3 + 0.7 * math.sin(t * 2.2 * (0.4 + speed) + b * 6.28) ** 2
            reach = sprite.shape[0] // 2
            there, here = windows(light.shape, sprite.shape, int(x) - reach, int(y) - reach)
            light[there] += sprite[here] * power
        add_light(canvas, (np.clip(light, 0, 1) * 255).astype(np.uint8), self.tone)


def motes(
    geometry: Geometry, rng: np.random.Generator, count: int, tone: F32, top: float = 0.4,
    sizes: tuple[float, float] = (3, 9), wander: float = 12,
) -> Motes:  # fmt: skip
    """Motes between height share `top` and the bottom; `sizes` are radii in units."""
    points = rng.random((count, 6)).astype(np.float32)
    radii = (sizes[0] + (sizes[1] - sizes[0]) * points[:, 2] ** 2) * geometry.unit * 1.1
    return Motes(points, tuple(_glow(max(2, round(float(r)))) for r in radii), tone, top, wander)


def _glow(reach: int) -> F32:
    y, x = np.mgrid[-1 : 1 : (2 * reach + 1) * 1j, -1 : 1 : (2 * reach + 1) * 1j]
    return f32(np.clip(np.exp(-((np.hypot(x, y) * 2.4) ** 2)) - math.exp(-5.76), 0, 1))
