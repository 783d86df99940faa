"""Small sprites that stand or float in a scene and move a little: trees, balloons, kites."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, f32, over


def stamp(canvas: U8, sprite: U8, matrix: F32) -> None:
    """Compose a sprite under a 2x3 matrix onto the part of the canvas that it covers, in place."""
    height, width = sprite.shape[:2]
    corners = f32([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ matrix.T
    low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0)), [canvas.shape[1], canvas.shape[0]]).astype(int)
    if (high <= low).any():
        return
    shifted = matrix - f32([[0, 0, low[0]], [0, 0, low[1]]])
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    placed = cv2.warpAffine(sprite, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    over(canvas[low[1] : high[1], low[0] : high[0]], np.asarray(placed, np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Swayer:
    """A sprite whose corner is at layer point (x, y); its motion is a pure function of the clock.

    `sway` leans it about its foot by this share of its height; `bob`, `rise` and `drift` move it as a whole,
    in units and units per second.
    """

    sprite: U8
    x: float
    y: float
    depth: float
    sway: float = 0.0
    bob: float = 0.0
    rise: float = 0.0
    drift: float = 0.0
    phase: float = 0.0

    def at(self, moment: Moment) -> tuple[float, float]:
        """The layer point where the sprite's corner is at a moment."""
        t, unit = moment.seconds, moment.geometry.unit
        from_middle = t - moment.duration / 2
        down = self.bob * math.sin(t * 0.9 + self.phase) - self.rise * from_middle
        return self.x + self.drift * unit * from_middle, self.y + down * unit

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the sprite as the camera and its own motion have it."""
        t, (x, y) = moment.seconds, self.at(moment)
        lean = self.sway * (math.sin(t * 1.25 + self.phase) + 0.4 * math.sin(t * 2.9 + self.phase * 2))
        own = f32([[1, -lean, x + lean * self.sprite.shape[0]], [0, 1, y]])
        camera = moment.matrix(self.depth)
        matrix = camera[:, :2] @ own
        matrix[:, 2] += camera[:, 2]
        stamp(canvas, self.sprite, f32(matrix))
