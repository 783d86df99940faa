"""Vector shapes: outlines as point lists, filled with supersampling into layers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.camera import Geometry
from genmux.render.layers import Layer
from genmux.render.raster import F32, U8, f32, resize, to_bytes
from genmux.render.subpixel import SHIFT, fixed_all


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A filled outline: points (n, 2), a colour 0..1 and an opacity."""

    points: F32
    colour: F32
    opacity: float = 1.0

    def moved(self, x: float, y: float, scale: float, mirrored: bool = False) -> Shape:
        """The shape scaled about its origin and then moved."""
        factors = np.array([-scale if mirrored else scale, scale], np.float32)
        return Shape((self.points * factors + np.array([x, y])).astype(np.float32), self.colour, self.opacity)


def polygon(points: npt.ArrayLike) -> F32:
    """Corner points as an outline."""
    return np.asarray(points, np.float32).reshape(-1, 2)


def path(text: str, side: float = 1.0) -> F32:
    """Points written as "x y, x y"; `side` -1 mirrors them."""
    pairs = [pair.split() for pair in text.split(",")]
    return f32([(side * float(x), float(y)) for x, y in pairs])


def curve(points: npt.ArrayLike, steps: int = 8, closed: bool = True) -> F32:
    """A Catmull-Rom spline through the points, `steps` points per piece."""
    p = polygon(points)
    count = len(p)
    ends = range(count) if closed else range(count - 1)
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[:, None]
    around = [[p[_neighbour(i + k, count, closed)] for k in (-1, 0, 1, 2)] for i in ends]
    pieces = [_spline_piece(a, b, c, d, t) for a, b, c, d in around]
    return f32(np.concatenate(pieces if closed else [*pieces, p[-1:]]))


def _neighbour(i: int, count: int, closed: bool) -> int:
    return i % count if closed else min(max(i, 0), count - 1)


def _spline_piece(a: F32, b: F32, c: F32, d: F32, t: F32) -> F32:
    return np.asarray(
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3),
        np.float32,
    )


def shifted(points: npt.ArrayLike, x: float, y: float) -> F32:
    """The points moved by (x, y)."""
    return f32(polygon(points) + f32([x, y]))


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0, points: int = 40) -> F32:
    """An ellipse outline, turned by `turn` radians."""
    a = np.linspace(0, 2 * math.pi, points, endpoint=False, dtype=np.float32)
    u, v = np.cos(a) * rx, np.sin(a) * ry
    c, s = math.cos(turn), math.sin(turn)
    return np.stack([x + u * c - v * s, y + u * s + v * c], 1).astype(np.float32)


def fill(mask: U8, points: F32, value: int = 255) -> None:
    """Fill an outline into a mask with antialiased sub-pixel edges, in place."""
    cv2.fillPoly(mask, [fixed_all(points)], value, cv2.LINE_AA, SHIFT)


def coverage(outlines: Iterable[F32], width: int, height: int, supersample: int = 2) -> F32:
    """How much of each pixel some outlines cover together, 0..1."""
    mask = np.zeros((height * supersample, width * supersample), np.uint8)
    for outline in outlines:
        fill(mask, f32(outline * supersample))
    return f32(resize(mask, width, height, cv2.INTER_AREA) / np.float32(255))


def shapes_layer(geometry: Geometry, shapes: Iterable[Shape], depth: float, supersample: int = 2) -> Layer:
    """Paint shapes in order into one layer."""
    colour = np.zeros((geometry.layer_height, geometry.layer_width, 3), np.float32)
    cover = np.zeros(colour.shape[:2], np.float32)
    for shape in shapes:
        _paint_shape(colour, cover, shape, supersample)
    rows = np.flatnonzero(cover.max(axis=1) > 1 / 255)
    low, high = (max(int(rows[0]) - 1, 0), int(rows[-1]) + 1) if rows.size else (0, 1)
    sprite = np.concatenate([colour[low:high], cover[low:high, :, None]], axis=2)
    return Layer(to_bytes(sprite), depth, low)


def _paint_shape(colour: F32, cover: F32, shape: Shape, supersample: int) -> None:
    height, width = cover.shape
    low = np.maximum(np.floor(shape.points.min(axis=0) - 2), 0).astype(int)
    high = np.minimum(np.ceil(shape.points.max(axis=0) + 2), [width, height]).astype(int)
    if (high <= low).any():
        return
    box_w, box_h = (int(v) for v in high - low)
    area = coverage([shape.points - low], box_w, box_h, supersample) * np.float32(shape.opacity)
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    colour[window] = colour[window] * (1 - area[..., None]) + shape.colour * area[..., None]
    cover[window] = cover[window] * (1 - area) + area


def moved_all(
    shapes: Sequence[Shape], x: float, y: float, scale: float, mirrored: bool = False
) -> list[Shape]:
    """Several shapes moved as one."""
    return [shape.moved(x, y, scale, mirrored) for shape in shapes]
