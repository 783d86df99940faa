"""Shafts of light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.raster import F32, U8, add_light, f32


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Shafts of light fanning out from a point above the picture, drawn at quarter size."""

    angles: F32
    fall: F32
    speeds: tuple[float, float, float]
    phases: tuple[float, float, float]
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of the shafts as they slowly turn."""
        t = moment.seconds
        fans = (np.sin(self.angles * f + p + t * 0.2 * (1 + 0.5 * i) * (-1) ** i)
                for i, (f, p) in enumerate(zip(self.speeds, self.phases, strict=True)))  # fmt: skip
        power = np.clip(sum(fans) * 0.4, 0, 1) ** 1.4 * self.fall
        add_light(canvas, (power * 255).astype(np.uint8), self.tone)


def rays(geometry: Geometry, rng: np.random.Generator, from_x: float, tone: F32, strength: float) -> Rays:
    """Shafts from above, `from_x` as a share of the width."""
    height, width = max(1, geometry.height // 4), max(1, geometry.width // 4)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    down, across = y + height * 0.35, x - width * from_x
    fall = np.exp(-np.hypot(down, across) / height * 0.9) * strength
    a, b, c = (float(v) for v in rng.uniform(0, 6.28, 3))
    return Rays(
        f32(np.arctan2(down, across)),
        fall.astype(np.float32),
        (8.0, 15.0, 27.0),
        (a, b, c),
        tone,
    )
