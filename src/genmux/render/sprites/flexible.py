"""Small sprites that turn, bend and travel: drawn only where they are in the picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, f32, over, remap, warp

Bend = Callable[[F32, F32], tuple[F32, F32]]


def pose(
    x: float, y: float, scale: float, anchor: tuple[float, float], turn: float = 0.0, mirrored: bool = False
) -> F32:
    """Sprite pixels to picture pixels: `anchor` comes to (x, y), mirrored first, then turned by radians."""
    c, s = math.cos(turn) * scale, math.sin(turn) * scale
    side = -1.0 if mirrored else 1.0
    matrix = np.array([[c * side, -s, 0], [s * side, c, 0]], np.float32)
    matrix[:, 2] = np.array([x, y], np.float32) - matrix[:, :2] @ f32(anchor)
    return matrix


def stamp(canvas: U8, sprite: U8, matrix: F32, bend: Bend | None = None, pad: float = 0.0) -> None:
    """Compose a sprite under a 2x3 matrix.

    `bend` moves sprite coordinates (arrays that broadcast to one shape) by less than `pad` pixels.
    """
    left, top, right, bottom = _box(sprite, matrix, pad, canvas.shape)
    if right <= left or bottom <= top:
        return
    window = canvas[top:bottom, left:right]
    if bend is None:
        moved = matrix - np.array([[0, 0, left], [0, 0, top]], np.float32)
        over(window, warp(sprite, moved, right - left, bottom - top, cv2.BORDER_CONSTANT))
        return
    back = f32(cv2.invertAffineTransform(matrix))
    x = np.arange(left, right, dtype=np.float32)[None, :]
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    # Without a turn one row and one column of coordinates tell all, and bending them costs next to nothing.
    upright = back[0, 1] == 0 and back[1, 0] == 0
    across = back[0, 0] * x + back[0, 2] + (0 if upright else back[0, 1] * y)
    down = back[1, 1] * y + back[1, 2] + (0 if upright else back[1, 0] * x)
    u, v = np.broadcast_arrays(*bend(f32(across), f32(down)))
    over(window, remap(sprite, np.ascontiguousarray(u), np.ascontiguousarray(v), cv2.BORDER_CONSTANT))


def _box(sprite: U8, matrix: F32, pad: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    height, width = sprite.shape[:2]
    corners = (
        np.array([(u, v, 1) for u in (-pad, width + pad) for v in (-pad, height + pad)], np.float32)
        @ matrix.T
    )
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0)) + 1
    low, high = np.clip(low, 0, [shape[1], shape[0]]), np.clip(high, 0, [shape[1], shape[0]])
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


@dataclass(frozen=True, slots=True, eq=False)
class Swaying:
    """A plant rooted at the middle of its sprite's lower edge that sways in the current.

    (x, y) is the root in layer pixels; `reach` is how far its tip moves, in sprite pixels.
    """

    sprite: U8
    x: float
    y: float
    depth: float
    reach: float
    phase: float
    speed: float = 1.3

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Bend the sprite, its root kept still, and compose it."""
        height, width = self.sprite.shape[:2]
        x, y = moment.place(self.x, self.y, self.depth)
        scale = float(moment.matrix(self.depth)[0, 0])
        now = moment.seconds * self.speed + self.phase

        def bend(u: F32, v: F32) -> tuple[F32, F32]:
            up = np.clip(1 - v / height, 0, 1)
            lean = up**1.6 * (0.75 * np.sin(now - up * 1.9) + 0.25 * np.sin(now * 1.7 - up * 4.0))
            return f32(u + self.reach * lean), f32(v)

        stamp(canvas, self.sprite, pose(x, y, scale, (width / 2, height)), bend, pad=self.reach)
