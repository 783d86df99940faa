"""Outlines swollen into bodies: a mask, where its pixels are on the body, and how they face the light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.raster import F32, blur, f32, grid
from genmux.render.shapes import coverage, curve

_PAD: Final = 3
_ASIDE: Final = -0.3


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """A body seen from its side; x, y are in body lengths, all arrays of one shape.

    `up` is 0..1 towards light from above, `edge` 0..1 towards the outline; `anchor` is the pixel of (0, 0).
    """

    cover: F32
    x: F32
    y: F32
    up: F32
    edge: F32
    scale: float
    anchor: tuple[float, float]

    def near(self, x: float, y: float, radius: float) -> F32:
        """1 inside a disc, soft at its edge."""
        away = np.hypot(self.x - x, self.y - y)
        return f32(np.clip((radius - away) * self.scale + 0.5, 0, 1))

    def under(self, points: Sequence[tuple[float, float]], soft: float) -> F32:
        """1 below a line given by its points (growing x), 0 above, over `soft` lengths."""
        line = np.interp(self.x[0], *np.array(points, float).T)
        return f32(np.clip((self.y - line[None, :]) / soft + 0.5, 0, 1))


def relief(
    outlines: Sequence[npt.ArrayLike],
    scale: float,
    swell: float = 1.0,
    frame: Sequence[npt.ArrayLike] = (),
) -> Relief:
    """A body of smooth outlines in body lengths, `scale` pixels long; its arrays have room for `frame`."""
    shapes = [curve(points, 8) for points in outlines]
    corners = np.concatenate([curve(points, 8) for points in frame] or shapes)
    low = np.floor(corners.min(axis=0) * scale).astype(int) - _PAD
    width, height = (int(v) for v in np.ceil(corners.max(axis=0) * scale).astype(int) + _PAD - low)
    cover = coverage([f32(shape * scale - low) for shape in shapes], width, height)
    up, edge = _facing(cover, swell)
    x, y = grid(height, width)
    anchor = (float(-low[0]), float(-low[1]))
    return Relief(cover, (x - anchor[0]) / scale, (y - anchor[1]) / scale, up, edge, scale, anchor)


def _facing(cover: F32, swell: float) -> tuple[F32, F32]:
    solid = (np.pad(cover, 1) > 0.5).astype(np.uint8)
    inside = f32(cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1])
    radius = max(float(inside.max()), 1.0)
    out = 1 - np.clip(inside / radius, 0, 1)
    bulge = blur(f32(np.sqrt(np.clip(1 - out**2, 0, 1)) * radius), max(radius * 0.10, 0.8))
    slope_y, slope_x = np.gradient(bulge * swell)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    up = (slope_y * 0.80 - slope_x * _ASIDE + 0.50) / length
    return f32(np.clip(up, 0, 1)), f32(1 - 1 / length)
