"""The rainbow: a soft arc of colours with a brighter sky inside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.palette import colour, ramp
from genmux.render.raster import F32, U8, f32, over, resize, to_bytes

_BANDS: Final = ("#7a4fd0", "#4668e0", "#2fb2d8", "#4fc06a", "#e8dc50", "#f0963c", "#e0504a")


@dataclass(frozen=True, slots=True, eq=False)
class Rainbow:
    """An arc as additive light at a quarter of the size, that breathes slowly."""

    light: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the arc, a little brighter and dimmer as the shower passes."""
        breath = 0.88 + 0.12 * math.sin(moment.seconds * 0.9)
        light = to_bytes(self.light * np.float32(breath))
        sprite = np.dstack([light, np.zeros(light.shape[:2], np.uint8)])
        rows = min(canvas.shape[0], sprite.shape[0] * 4)
        over(canvas[:rows], resize(sprite, canvas.shape[1], rows))


def rainbow(geometry: Geometry, rng: np.random.Generator) -> Rainbow:
    """A rainbow whose foot stands on the horizon, to the left or right of the middle."""
    height, width = max(1, geometry.height // 4), max(1, geometry.width // 4)
    x, y = np.meshgrid(np.arange(width) * 4.0, np.arange(height) * 4.0)
    side = float(rng.choice([-1, 1]))
    middle = geometry.width * (0.5 + side * float(rng.uniform(0.08, 0.22)))
    radius = geometry.span * float(rng.uniform(0.62, 0.78))
    level = geometry.height * 0.66
    distance = np.hypot(x - middle, (y - level) * 1.02) / radius
    stops = [(k / (len(_BANDS) - 1), colour(c)) for k, c in enumerate(_BANDS)]
    across = (distance - 0.94) / 0.085
    bow = ramp(stops, f32(np.clip(across, 0, 1)))
    body = np.exp(-(((across - 0.5) / 0.42) ** 4))
    second = ramp(stops, f32(np.clip(1 - (distance - 1.19) / 0.1, 0, 1)))
    faint = np.exp(-((((distance - 1.19) / 0.1 - 0.5) / 0.42) ** 4)) * 0.22
    inside = np.clip(1 - np.maximum(across, 0) * 3, 0, 1) * np.clip((distance - 0.4) / 0.55, 0, 1) * 0.07
    fade = np.clip((geometry.height * 0.64 - y) / (geometry.height * 0.12), 0, 1)
    lean = 0.65 + 0.35 * np.clip(side * (middle - x) / radius, -1, 1)
    light = bow * body[..., None] * 0.42 + second * faint[..., None] * 0.42 + inside[..., None]
    return Rainbow(f32(light * (fade * lean)[..., None]))
