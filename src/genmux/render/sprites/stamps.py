"""Small sprites put onto the canvas at sub-pixel places: glows, lanterns, figures."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.raster import F32, U8, f32, over, to_bytes, warp


def stamp(canvas: U8, sprite: U8, x: float, y: float, power: float = 1.0, scale: float = 1.0) -> None:
    """Compose a premultiplied sprite with its middle at (x, y), in place; `power` 0..1 fades it.

    A sprite whose alpha is zero adds its light.
    """
    height, width = sprite.shape[0] * scale, sprite.shape[1] * scale
    left, top = math.floor(x - width / 2), math.floor(y - height / 2)
    low_x, low_y = max(left, 0), max(top, 0)
    high_x = min(left + math.ceil(width) + 1, canvas.shape[1])
    high_y = min(top + math.ceil(height) + 1, canvas.shape[0])
    if high_x <= low_x or high_y <= low_y:
        return
    matrix = f32([[scale, 0, x - width / 2 - low_x], [0, scale, y - height / 2 - low_y]])
    placed = warp(sprite, matrix, high_x - low_x, high_y - low_y, cv2.BORDER_CONSTANT)
    if power < 1:
        placed = np.asarray(cv2.convertScaleAbs(placed, alpha=max(power, 0.0)), np.uint8)
    over(canvas[low_y:high_y, low_x:high_x], placed)


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
