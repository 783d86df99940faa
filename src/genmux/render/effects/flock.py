"""Birds that cross the sky."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, mask_of, paint
from genmux.render.shapes import fill


@dataclass(frozen=True, slots=True, eq=False)
class Birds:
    """A small flock crossing the sky; `birds` rows are x, y offsets, size, wing phase and speed."""

    birds: F32
    start: tuple[float, float]
    direction: float
    size: float
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every bird with its wings where the beat has them."""
        g, t, mask = moment.geometry, moment.seconds, mask_of(canvas)
        along = self.start[0] + self.direction * (t - moment.duration / 2) * 0.05
        for off_x, off_y, size, phase, speed in self.birds:
            x = g.width * along + (off_x * 0.09 - moment.pose.x * 0.04) * g.span
            y = g.height * self.start[1] + (off_y * 0.035 - moment.pose.y * 0.04) * g.span
            y += math.sin(t * 1.1 + phase) * 5 * g.unit
            wings = _wings(math.sin(t * 7.5 * speed + phase))
            fill(mask, (wings * (self.size * size * g.unit) + [x, y]).astype(np.float32), 235)
        paint(canvas, mask, self.tone)


def _wings(beat: float) -> F32:
    half = [(-1, -0.45 * beat - 0.05), (-0.5, -0.34 * beat - 0.16), (-0.12, -0.04)]
    under = [(-0.1, 0.1), (-0.48, -0.2 * beat - 0.02)]
    right = [(-x, y) for x, y in reversed(half)]
    back = [(-x, y) for x, y in reversed(under)]
    return np.array([*half, (0, -0.02), *right, *back, (0, 0.16), *under], np.float32)


def birds(rng: np.random.Generator, count: int, tone: F32, height: float, size: float = 9) -> Birds:
    """A flock of `count` birds around height share `height`."""
    offsets = rng.normal(0, 1, (count, 2))
    traits = np.stack(
        [rng.uniform(0.6, 1.25, count), rng.uniform(0, 6.28, count), rng.uniform(0.8, 1.2, count)], 1
    )
    flock = np.concatenate([offsets, traits], axis=1).astype(np.float32)
    start = (float(rng.uniform(0.35, 0.65)), height)
    return Birds(flock, start, float(rng.choice([-1.0, 1.0])), size, tone)
