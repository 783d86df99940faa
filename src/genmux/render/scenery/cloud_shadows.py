"""Shadows of clouds that drift over open ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import Tile, smoothstep
from genmux.render.raster import U8, f32, grid, resize

_COARSE: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class CloudShadows:
    """Soft dark patches on the plain below layer row `horizon`, computed at an eighth of the size."""

    noise: Tile
    horizon: float
    focal: float
    strength: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Darken the ground where the clouds' shadows are at this moment."""
        height, width = canvas.shape[:2]
        _, horizon = moment.place(0, self.horizon, 0.2)
        top = min(max(round(horizon), 0), height)
        if height - top < 2 * _COARSE:
            return
        x, y = grid((height - top) // _COARSE, max(width // _COARSE, 1))
        z = self.focal / (y * _COARSE + self.focal * 0.02 + 2)
        across = (x * _COARSE - width / 2 + moment.pose.x * moment.geometry.margin_x * 0.3) / self.focal * z
        cover = self.noise.at(f32(across * 5 - moment.seconds * 9), f32(z * 8 + 200))
        fade = np.clip(y / 3, 0, 1)
        dark = 255 * (1 - self.strength * smoothstep(-0.2, 1.1, cover) * fade)
        mask = resize(dark.astype(np.uint8), width, height - top)
        cv2.multiply(canvas[top:], cv2.merge((mask,) * 4), canvas[top:], 1 / 255.0)
