"""Outlines of living things: tapering limbs and symmetric bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from genmux.render.raster import F32, f32
from genmux.render.shapes import curve


def limb(points: Sequence[tuple[float, float, float]], steps: int = 6) -> F32:
    """A tapering limb through (x, y, radius) points with round ends, as an outline."""
    p = np.asarray(points, np.float32)
    line = curve(p[:, :2], steps, closed=False)
    at = np.linspace(0, len(p) - 1, len(line))
    radius = np.interp(at, np.arange(len(p)), p[:, 2]).astype(np.float32)
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    left, right = line + across * radius[:, None], line - across * radius[:, None]
    return f32(
        np.concatenate(
            [left, _cap(line[-1], radius[-1], along[-1]), right[::-1], _cap(line[0], radius[0], -along[0])]
        )
    )


def _cap(centre: F32, radius: float, along: F32) -> F32:
    start = math.atan2(along[1], along[0])
    a = np.linspace(math.pi / 2, -math.pi / 2, 9)[1:-1] + start
    return f32(centre + np.stack([np.cos(a), np.sin(a)], 1) * radius)


def mirror(half: Sequence[tuple[float, float]], steps: int = 8) -> F32:
    """A smooth symmetric outline from its right half, top to bottom, both ends on the axis."""
    back = [(-x, y) for x, y in reversed(half[1:-1])]
    return curve([*half, *back], steps)
