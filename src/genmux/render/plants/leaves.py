"""Outlines of leaves, blades of grass and fern fronds, many at a time."""

from __future__ import annotations

import numpy as np

from genmux.render.raster import F32, f32


def leaf_polygons(at: F32, length: F32, angle: F32, slim: float = 0.42) -> F32:
    """Leaves as polygons (n, 6, 2) that start at `at` and point along `angle` (radians)."""
    shape = f32([(0, 0), (0.28, 0.9), (0.62, 0.8), (1, 0), (0.62, -0.8), (0.28, -0.9)])
    shape = shape * f32([1, slim * 0.5])
    return placed(shape, at, length, angle)


def placed(shape: F32, at: F32, size: F32, angle: F32) -> F32:
    """One outline (k, 2) scaled, turned and moved to many places: (n, k, 2)."""
    c, s = np.cos(angle)[:, None] * size[:, None], np.sin(angle)[:, None] * size[:, None]
    x, y = shape[:, 0][None, :], shape[:, 1][None, :]
    return f32(np.stack([x * c - y * s, x * s + y * c], 2) + at[:, None, :])


def blade_polygons(at: F32, height: F32, lean: F32, width: F32) -> F32:
    """Blades of grass as triangles (n, 3, 2) that stand on `at`."""
    tip = at + np.stack([lean * height, -height], 1)
    half = np.stack([width, np.zeros_like(width)], 1)
    return f32(np.stack([at - half, tip, at + half], 1))


def frond(rng: np.random.Generator, x: float, y: float, length: float, angle: float) -> F32:
    """One arching fern frond as leaflets (n, 6, 2), its stem's end last."""
    count = 15
    t = np.linspace(0.12, 1, count, dtype=np.float32)
    bend = (1.0 if np.cos(angle) >= 0 else -1.0) * float(rng.uniform(0.9, 1.5))
    heading = angle + bend * t**1.6
    step = length / count
    stem = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1) * step, axis=0) + np.array([x, y])
    size = length * 0.27 * np.clip(np.sin(np.pi * (0.16 + 0.82 * t)), 0, 1) ** 0.8 + length * 0.02
    sides = [leaf_polygons(f32(stem), f32(size), f32(heading + side * 0.95), 0.26) for side in (-1, 1)]
    return f32(np.stack(sides, 1).reshape(-1, 6, 2))
