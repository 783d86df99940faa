"""Small premultiplied pictures put onto the canvas, whole or bent: only what they cover costs time."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.raster import F32, U8, f32, over, remap, to_bytes, warp

Bend = Callable[[F32, F32], tuple[F32, F32]]


def stamp(canvas: U8, sprite: U8, matrix: F32, power: float = 1.0) -> None:
    """Compose a sprite under a 2x3 matrix, in place; `power` 0..1 fades it.

    Where a sprite's alpha is zero it adds its colour as light.
    """
    left, top, right, bottom = covered(sprite, matrix, canvas)
    if right <= left or bottom <= top:
        return
    placed = warp(sprite, _from(matrix, left, top), right - left, bottom - top, cv2.BORDER_CONSTANT)
    if power < 1:
        placed = np.asarray(cv2.convertScaleAbs(placed, alpha=max(power, 0.0)), np.uint8)
    over(canvas[top:bottom, left:right], placed)


def stamp_bent(canvas: U8, sprite: U8, matrix: F32, bend: Bend, pad: float = 0.0) -> None:
    """Compose a sprite under a 2x3 matrix that has no shear after bending it.

    `bend` moves sprite coordinates (arrays that broadcast to one shape) by less than `pad` pixels.
    """
    left, top, right, bottom = covered(sprite, matrix, canvas, pad)
    if right <= left or bottom <= top:
        return
    back = f32(cv2.invertAffineTransform(matrix))
    x = np.arange(left, right, dtype=np.float32)[None, :]
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    # Without a turn one row and one column of coordinates tell all, and bending them costs next to nothing.
    upright = back[0, 1] == 0 and back[1, 0] == 0
    across = back[0, 0] * x + back[0, 2] + (0 if upright else back[0, 1] * y)
    down = back[1, 1] * y + back[1, 2] + (0 if upright else back[1, 0] * x)
    u, v = np.broadcast_arrays(*bend(f32(across), f32(down)))
    placed = remap(sprite, np.ascontiguousarray(u), np.ascontiguousarray(v), cv2.BORDER_CONSTANT)
    over(canvas[top:bottom, left:right], placed)


def covered(sprite: U8, matrix: F32, canvas: U8, pad: float = 0.0) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what a sprite can touch on the canvas; empty when it is out of sight."""
    high, wide = sprite.shape[0] + pad, sprite.shape[1] + pad
    (a, b, x), (c, d, y) = matrix.tolist()
    across = [a * u + b * v + x for u in (-pad, wide) for v in (-pad, high)]
    down = [c * u + d * v + y for u in (-pad, wide) for v in (-pad, high)]
    left, top = max(math.floor(min(across)), 0), max(math.floor(min(down)), 0)
    right, bottom = math.ceil(max(across)) + 1, math.ceil(max(down)) + 1
    return left, top, min(right, canvas.shape[1]), min(bottom, canvas.shape[0])


def pose(
    x: float, y: float, scale: float, anchor: tuple[float, float], turn: float = 0.0, mirrored: bool = False
) -> F32:
    """Sprite pixels to picture pixels: `anchor` comes to (x, y), mirrored first, then turned by radians."""
    c, s = math.cos(turn) * scale, math.sin(turn) * scale
    side = -1.0 if mirrored else 1.0
    matrix = np.array([[c * side, -s, 0], [s * side, c, 0]], np.float32)
    matrix[:, 2] = np.array([x, y], np.float32) - matrix[:, :2] @ f32(anchor)
    return matrix


def centred(sprite: U8, x: float, y: float, scale: float = 1.0) -> F32:
    """Sprite pixels to picture pixels with the sprite's middle at (x, y)."""
    height, width = sprite.shape[:2]
    return f32([[scale, 0, x - width * scale / 2], [0, scale, y - height * scale / 2]])


def glow(radius: float, colour: npt.ArrayLike, core: float = 0.16) -> U8:
    """A round light as a sprite without alpha: a bright core of `core` radii in a fading halo."""
    reach = max(2, math.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32) / reach
    away = np.hypot(x, y)
    halo = np.clip(1 - away, 0, 1) ** 2.4 * 0.55
    light = halo[..., None] * np.asarray(colour, np.float32)
    light += np.exp(-((away / core) ** 2))[..., None] * (0.4 + 0.6 * np.asarray(colour, np.float32))
    return additive(f32(light))


def additive(light: F32) -> U8:
    """Light (h, w, 3) in 0..1 as a sprite that only brightens."""
    return np.dstack([to_bytes(light), np.zeros(light.shape[:2], np.uint8)])


def _from(matrix: F32, left: int, top: int) -> F32:
    """The matrix to pixels of a window whose corner is at (left, top)."""
    return matrix - np.array([[0, 0, left], [0, 0, top]], np.float32)
