"""A lotus pond in ink: broad wet leaves, pink blossoms on thin stems, and koi that glide below them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from genmux.render.ink.plants import stroke
from genmux.render.ink.tones import Tones
from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import Shape, curve, ellipse, shapes_layer
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import lifted
from genmux.render.stage import Stage

_LEAF: Final = colour("#4d7a5c")
_ROSE: Final = colour("#d9607f")
_PALE: Final = colour("#f8d5da")
_VERMILION: Final = colour("#d2492f")

# A koi of length 1 that swims to the right; (0, 0) is its middle.
_BODY: Final = (
    (0.5, 0.0),
    (0.32, -0.1),
    (0.02, -0.12),
    (-0.28, -0.05),
    (-0.3, 0.04),
    (0.02, 0.11),
    (0.32, 0.09),
)
_TAIL: Final = ((-0.26, 0.0), (-0.5, -0.12), (-0.44, 0.0), (-0.52, 0.1))
_FINS: Final = (((0.16, -0.1), (0.04, -0.22), (0.0, -0.1)), ((0.16, 0.09), (0.04, 0.2), (0.0, 0.09)))
_PATCHES: Final = ((0.3, -0.01, 0.12, 0.07), (-0.02, -0.02, 0.11, 0.075))


def pond(stage: Stage, used: Tones, x: float, y: float, reach: float) -> list[Element]:
    """Koi, leaves and blossoms around (x, y), reaching `reach` to either side."""
    g, rng = stage.geometry, stage.rng
    shapes: list[Shape] = []
    rows = np.sort(rng.uniform(-0.1, 0.95, 19))
    for i, row in enumerate(rows):
        at = (x + float(rng.normal(0, 0.5)) * reach, y + float(row) * g.height * 0.17)
        shapes += _leaf(stage, used, *at, g.span * float(rng.uniform(0.07, 0.11)) * (0.55 + float(row)))
        if i % 4 == 1:
            shapes += _blossom(stage, used, *at, g.span * 0.05 * (0.75 + 0.5 * float(row)))
    return [*_koi(stage, used, x, y + g.height * 0.04, reach), shapes_layer(g, shapes, 0.55)]


def _leaf(stage: Stage, used: Tones, x: float, y: float, size: float) -> Iterator[Shape]:
    """A leaf seen from the side of the pond: wet rings of ink and thin veins."""
    rng = stage.rng
    dark = float(rng.uniform(0.3, 0.62))
    turn = float(rng.normal(0, 0.12))
    for share, strength in ((1.0, dark), (0.82, dark * 0.7), (0.5, dark * 0.6)):
        edge = ellipse(x, y, size * share, size * share * 0.36, turn, 18)
        ragged = edge + rng.normal(0, size * 0.02, edge.shape)
        yield Shape(curve(ragged, 3), mix(used.near, _LEAF, 0.3), strength)
    for angle in np.linspace(0, 2 * math.pi, 11)[:-1] + float(rng.uniform(0, 0.6)):
        tip = (x + math.cos(angle) * size * 0.86, y + math.sin(angle) * size * 0.31)
        yield Shape(
            stroke([(x, y), ((x + tip[0]) / 2, (y + tip[1]) / 2), tip], (size * 0.03, size * 0.02, 0.3)),
            used.ink,
            0.5,
        )


def _blossom(stage: Stage, used: Tones, x: float, y: float, size: float) -> Iterator[Shape]:
    """A blossom on a stem: petals from the outer to the inner."""
    rng = stage.rng
    lean, tall = float(rng.normal(0, 0.6)) * size, size * float(rng.uniform(2.6, 4.2))
    top = np.array([x + lean, y - tall])
    yield Shape(
        stroke([(x, y), (x + lean * 0.3, y - tall * 0.5), tuple(top)], (size * 0.07,) * 3), used.ink, 0.8
    )
    for spread_of, length, tone in ((1.25, 1.0, 0.55), (0.8, 1.12, 0.3), (0.36, 1.16, 0.1)):
        for side in (-1, 1):
            yield Shape(_petal(top, side * spread_of, size * length), mix(_ROSE, _PALE, tone + 0.25), 0.88)
    yield Shape(_petal(top, 0.0, size * 1.1), mix(_ROSE, _PALE, 0.75), 0.9)


def _petal(at: F32, angle: float, length: float) -> F32:
    along = np.array([math.sin(angle), -math.cos(angle)]) * length
    across = np.array([-along[1], along[0]]) * 0.27
    points = np.stack([at, at + along * 0.45 + across, at + along, at + along * 0.45 - across])
    return curve(points, 5)


def _koi(stage: Stage, used: Tones, x: float, y: float, reach: float) -> list[Element]:
    g, rng = stage.geometry, stage.rng
    swimmers: list[Element] = []
    for i in range(3):
        length = g.span * float(rng.uniform(0.1, 0.14))
        left = bool(rng.random() < 0.5)
        at = (
            x + float(rng.uniform(-0.9, 0.9)) * reach,
            y + float(rng.uniform(0.0, 0.1)) * stage.geometry.height,
        )
        tone = used.ink if i == 2 else _VERMILION
        placed = shapes_layer(g, [s.moved(*at, length, left) for s in _fish(used, tone)], 0.5, supersample=3)
        pace, phase = (-g.unit if left else g.unit) * float(rng.uniform(9, 16)), float(rng.uniform(0, 6.28))
        sway = Motion(at, turn=0.05, rate=1.15, phase=phase)
        swim = Motion(y=1.5 * g.unit, drift=(pace, 0.0), rate=1.7, phase=phase)
        swimmers.append(lifted(placed, sway, swim))
    return swimmers


def _fish(used: Tones, tone: F32) -> Iterator[Shape]:
    pale = mix(used.paper(0.9), tone, 0.25)
    yield from (Shape(curve(fin, 5), mix(tone, pale, 0.4), 0.6) for fin in (_TAIL, *_FINS))
    yield Shape(curve(_BODY, 6), pale, 0.92)
    yield from (Shape(ellipse(*spot), tone, 0.85) for spot in _PATCHES)
    yield Shape(stroke([(0.46, -0.01), (0.1, -0.06), (-0.28, -0.01)], (0.01, 0.03, 0.01)), used.ink, 0.35)
    yield Shape(ellipse(0.4, -0.045, 0.016, 0.016), used.ink, 0.9)
