"""A street seen by one who stands in it: metres to pixels, and the sheets that facades are laid on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.raster import F32, f32, resize, spread

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """A level camera; metres (x right, y up from the ground, z away) to layer pixels."""

    centre_x: float
    horizon: float
    focal: float
    eye: float

    def at(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Where a point appears; `z` must be positive."""
        return self.centre_x + self.focal * x / z, self.horizon - self.focal * (y - self.eye) / z

    def scale(self, z: float) -> float:
        """Pixels per metre at a distance."""
        return self.focal / z


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """Premultiplied float pictures (h, w, 4) of a street and of what its wet ground mirrors."""

    view: View
    front: F32
    mirror: F32

    def lay(self, texture: F32, corners: Sequence[Point]) -> None:
        """Put a premultiplied texture (h, w, 4) on four corners, from its top left clockwise, in place."""
        _warped(self.front, texture, [self.view.at(*c) for c in corners])
        _warped(self.mirror, texture, [self.view.at(x, -y, z) for x, y, z in corners])


def plate(view: View, width: int, height: int) -> Plate:
    """An empty plate."""
    front, mirror = (np.zeros((height, width, 4), np.float32) for _ in range(2))
    return Plate(view, front, mirror)


def _warped(sheet: F32, texture: F32, points: Sequence[tuple[float, float]]) -> None:
    at = f32(points)
    low = np.maximum(np.floor(at.min(axis=0)) - 1, 0).astype(int)
    high = np.minimum(np.ceil(at.max(axis=0)) + 2, [sheet.shape[1], sheet.shape[0]]).astype(int)
    wide, tall = (int(v) for v in high - low)
    if wide <= 0 or tall <= 0:
        return
    fitted = _shrunk(texture, at)
    h, w = fitted.shape[:2]
    source = f32([(0, 0), (w, 0), (w, h), (0, h)]) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(source, f32(at - low))
    patch = f32(cv2.warpPerspective(fitted, matrix, (wide, tall), flags=cv2.INTER_LINEAR))
    window = sheet[low[1] : high[1], low[0] : high[0]]
    through = spread(f32(1 - np.clip(patch[..., 3], 0, 1)), 4)
    window *= through
    window += patch


def _shrunk(texture: F32, at: F32) -> F32:
    """The texture no finer than it will be seen, so that it does not shimmer."""
    wide = max(np.hypot(*(at[1] - at[0])), np.hypot(*(at[2] - at[3])))
    tall = max(np.hypot(*(at[3] - at[0])), np.hypot(*(at[2] - at[1])))
    w, h = max(2, min(texture.shape[1], int(wide * 1.1))), max(2, min(texture.shape[0], int(tall * 1.1)))
    if (w, h) == (texture.shape[1], texture.shape[0]):
        return texture
    return resize(texture, w, h, cv2.INTER_AREA)


def covered(rgb: F32) -> F32:
    """An opaque texture."""
    return np.dstack([rgb, np.ones(rgb.shape[:2], np.float32)])
