"""Small painted things that move: they glide, bob on water or sway about a root."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Layer
from genmux.render.raster import U8, over


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A sprite whose top left is at layer point (`left`, `top`).

    It glides `glide` and bobs `bob` units, and turns up to `sway` radians about the layer point `root`.
    """

    sprite: U8
    left: float
    top: float
    depth: float
    root: tuple[float, float] = (0.0, 0.0)
    glide: float = 0.0
    bob: float = 0.0
    sway: float = 0.0
    phase: float = 0.0

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose the sprite where it is now, touching only the pixels it covers."""
        height, width = canvas.shape[:2]
        matrix = self._matrix(moment)
        tall, wide = self.sprite.shape[:2]
        corners = np.array([[0, 0, 1], [wide, 0, 1], [0, tall, 1], [wide, tall, 1]], np.float32) @ matrix.T
        low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
        high = np.minimum(np.ceil(corners.max(axis=0)), [width, height]).astype(int)
        if (high <= low).any():
            return
        matrix[:, 2] -= low
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        placed = cv2.warpAffine(
            self.sprite, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        window = np.ascontiguousarray(canvas[low[1] : high[1], low[0] : high[0]])
        over(window, np.asarray(placed, np.uint8))
        canvas[low[1] : high[1], low[0] : high[0]] = window

    def _matrix(self, moment: Moment) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """Sprite pixels to picture pixels."""
        t, unit = moment.seconds, moment.geometry.unit
        angle = self.sway * math.sin(t * 1.15 + self.phase)
        c, s = math.cos(angle), math.sin(angle)
        x, y = self.left - self.root[0], self.top - self.root[1]
        shift_x = c * x - s * y + self.root[0] + self.glide * unit * (t - moment.duration / 2)
        shift_y = s * x + c * y + self.root[1] + self.bob * unit * math.sin(t * 1.7 + self.phase)
        view = moment.matrix(self.depth)
        turned = np.array([[c, -s, shift_x], [s, c, shift_y], [0, 0, 1]], np.float32)
        return np.asarray(view @ turned, np.float32)


def patch(
    source: Layer, root: tuple[float, float] = (0.0, 0.0), glide: float = 0.0, bob: float = 0.0,
    sway: float = 0.0, phase: float = 0.0,
) -> Patch:  # fmt: skip
    """A layer cut down to what it shows, set in motion."""
    x, y, wide, tall = cv2.boundingRect(np.ascontiguousarray(source.sprite[..., 3]))
    low_x, low_y = max(x - 1, 0), max(y - 1, 0)
    part = source.sprite[low_y : y + tall + 1, low_x : x + wide + 1].copy()
    return Patch(part, low_x, source.top + low_y, source.depth, root, glide, bob, sway, phase)
