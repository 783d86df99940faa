"""Small figures of an ink painting: a fisherman's boat, a pavilion, rocks and reeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from genmux.render.ink.plants import stroke
from genmux.render.ink.tones import Tones
from genmux.render.palette import mix
from genmux.render.raster import F32
from genmux.render.shapes import Shape, curve, ellipse, polygon
from genmux.render.stage import Stage

# Outlines in shares of a boat's length; (0, 0) is the middle of its waterline, y counts downward.
_HULL: Final = (
    (-0.52, -0.095),
    (-0.3, -0.03),
    (0.0, -0.015),
    (0.3, -0.035),
    (0.54, -0.13),
    (0.36, 0.03),
    (-0.34, 0.035),
)
_AWNING: Final = ((-0.2, -0.03), (-0.18, -0.15), (-0.06, -0.205), (0.08, -0.2), (0.15, -0.14), (0.16, -0.035))
_ROBE: Final = ((0.27, -0.04), (0.285, -0.15), (0.325, -0.2), (0.375, -0.185), (0.40, -0.1), (0.415, -0.04))
_HAT: Final = ((0.255, -0.205), (0.335, -0.285), (0.425, -0.2), (0.34, -0.215))
_ROD: Final = ((0.37, -0.13), (0.6, -0.34), (0.83, -0.43))
_LINE: Final = ((0.83, -0.43), (0.845, -0.2), (0.84, 0.03))

# A pavilion of height 1 that stands on (0, 0).
_ROOF: Final = (
    (-0.56, -0.50), (-0.46, -0.545), (-0.24, -0.66), (-0.05, -0.86), (0.0, -0.92), (0.05, -0.86),
    (0.24, -0.66), (0.46, -0.545), (0.56, -0.50), (0.44, -0.50), (0.2, -0.53), (0.0, -0.54),
    (-0.2, -0.53), (-0.44, -0.50),
)  # fmt: skip
_HOOPS: Final = (-0.17, -0.09, -0.01, 0.07)
_RIBS: Final = (-0.5, -0.25, 0.25, 0.5)
_POSTS: Final = (-0.34, -0.13, 0.13, 0.34)


def boat(used: Tones, x: float, y: float, length: float, mirrored: bool) -> list[Shape]:
    """A small boat with an awning and a fisherman, its waterline's middle at (x, y)."""
    pale = mix(used.ink, used.paper(0.8), 0.45)
    shapes = [
        Shape(ellipse(0.0, 0.045, 0.5, 0.022), used.near, 0.22),
        Shape(curve(_HULL, 6), used.ink, 0.92),
        Shape(curve(_AWNING, 6), pale, 0.95),
        *(Shape(_hoop(at), used.ink, 0.6) for at in _HOOPS),
        Shape(stroke(_AWNING, (0.014,) * 6), used.ink, 0.9),
        Shape(curve(_ROBE, 6), used.ink, 0.85),
        Shape(curve(_HAT, 5), used.ink, 0.95),
        Shape(stroke(_ROD, (0.013, 0.009, 0.004)), used.ink, 0.95),
        Shape(stroke(_LINE, (0.005, 0.004, 0.004)), used.ink, 0.6),
    ]
    return [s.moved(x, y, length, mirrored) for s in shapes]


def _hoop(at: float) -> F32:
    return stroke(((at, -0.035), (at + 0.015, -0.15), (at + 0.05, -0.2)), (0.012,) * 3)


def _rib(eave: float) -> F32:
    return stroke(((0.0, -0.86), (eave * 0.4, -0.66), (eave * 0.9, -0.54)), (0.008,) * 3)


def ripples(stage: Stage, used: Tones, x: float, y: float, reach: float, count: int = 9) -> Iterator[Shape]:
    """Thin level strokes of water around a point."""
    rng = stage.rng
    for _ in range(count):
        at_x, at_y = x + float(rng.normal(0, reach * 0.6)), y + float(rng.uniform(0.01, 0.2)) * reach
        half = reach * float(rng.uniform(0.08, 0.3))
        line = [(at_x - half, at_y), (at_x, at_y + float(rng.normal(0, 0.004)) * reach), (at_x + half, at_y)]
        yield Shape(
            stroke(line, np.array([0.001, 0.007, 0.001]) * reach), used.near, float(rng.uniform(0.18, 0.5))
        )


def pavilion(used: Tones, x: float, y: float, height: float) -> list[Shape]:
    """An open pavilion with upturned eaves that stands on (x, y)."""
    ink, pale = used.ink, used.paper(0.5)
    posts = [
        Shape(polygon([(p - 0.018, 0), (p + 0.018, 0), (p + 0.016, -0.53), (p - 0.016, -0.53)]), ink, 0.88)
        for p in _POSTS
    ]
    shapes = [
        Shape(polygon([(-0.44, 0.0), (0.44, 0.0), (0.46, 0.06), (-0.46, 0.06)]), ink, 0.6),
        Shape(polygon([(-0.34, -0.5), (0.34, -0.5), (0.34, 0.0), (-0.34, 0.0)]), pale, 0.35),
        *posts,
        Shape(polygon([(-0.36, -0.17), (0.36, -0.17), (0.36, -0.14), (-0.36, -0.14)]), ink, 0.7),
        Shape(curve(_ROOF, 6), ink, 0.92),
        Shape(ellipse(0, -0.95, 0.035, 0.05), ink, 0.95),
        *(Shape(_rib(eave), pale, 0.4) for eave in _RIBS),
    ]
    return [s.moved(x, y, height) for s in shapes]


def grass(stage: Stage, used: Tones, ground: F32, count: int, height: float) -> Iterator[Shape]:
    """Tufts of reeds along a ground line given per layer column."""
    rng = stage.rng
    for x in rng.uniform(0, len(ground), count):
        y = float(ground[min(int(x), len(ground) - 1)]) + height * 0.15
        for _ in range(int(rng.integers(3, 7))):
            lean, tall = float(rng.normal(0, 0.5)) * height, height * float(rng.uniform(0.5, 1.1))
            line = [(x, y), (x + lean * 0.35, y - tall * 0.6), (x + lean, y - tall)]
            yield Shape(
                stroke(line, np.array([0.05, 0.035, 0.004]) * height), used.ink, float(rng.uniform(0.35, 0.8))
            )
