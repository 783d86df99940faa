"""Bamboo: jointed stalks with light on one side, and sprays of leaves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.layers import Layer
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import Shape, curve, ellipse, polygon, shapes_layer
from genmux.render.stage import Stage

_LIGHT: Final = colour("#e8f7a8")
_DARK: Final = colour("#06240f")


@dataclass(frozen=True, slots=True, eq=False)
class Grove:
    """One row of stalks; `width` in pixels; stalks keep clear of the share `clear` around the centre."""

    depth: float
    count: int
    width: float
    haze: float
    tone: F32
    leaves: bool
    clear: float = 0.0


def grove(stage: Stage, spec: Grove) -> Layer:
    """A row of bamboo over the whole height of the layer."""
    g, rng = stage.geometry, stage.rng
    count = max(2, round(spec.count * g.width / (g.span * 1.78)))
    gap = g.layer_width / count
    shapes: list[Shape] = []
    for x in np.linspace(0, g.layer_width, count) + rng.normal(0, gap * 0.35, count):
        if abs(x / g.layer_width - 0.5) >= spec.clear / 2:
            shapes += _stalk(stage, spec, float(x))
    return shapes_layer(g, shapes, spec.depth)


def _stalk(stage: Stage, spec: Grove, x: float) -> Iterator[Shape]:
    g, rng = stage.geometry, stage.rng
    tone = mix(spec.tone, stage.palette.haze, spec.haze)
    light = mix(tone, _LIGHT, 0.45 * (1 - 0.5 * spec.haze))
    dark = mix(tone, _DARK, 0.55 * (1 - spec.haze))
    width = spec.width * float(rng.uniform(0.7, 1.3))
    lean = float(rng.normal(0, 0.025)) * g.layer_height
    joint = width * float(rng.uniform(4.5, 6.5))
    y = float(g.layer_height + 20)
    while y > -joint:
        upper = y - joint
        low_x, high_x = (x + lean * (1 - v / g.layer_height) for v in (y, upper))
        yield from _segment(low_x, y, high_x, upper, width, (tone, light, dark))
        if spec.leaves and rng.random() < 0.4 and upper < g.layer_height * 0.75:
            yield from _spray(rng, high_x, upper, width, tone, light)
        y = upper


def _segment(
    x0: float, y0: float, x1: float, y1: float, w: float, tones: tuple[F32, F32, F32]
) -> Iterator[Shape]:
    tone, light, dark = tones
    end = y1 + w * 0.12
    for from_share, to_share, colour_of, opacity in (
        (-0.5, 0.5, tone, 1.0),
        (-0.36, -0.12, light, 0.75),
        (0.28, 0.5, dark, 0.5),
    ):
        corners = [
            (x0 + from_share * w, y0),
            (x0 + to_share * w, y0),
            (x1 + to_share * w * 0.97, end),
            (x1 + from_share * w * 0.97, end),
        ]
        yield Shape(polygon(corners), colour_of, opacity)
    yield Shape(ellipse(x1, y1 + w * 0.1, w * 0.56, w * 0.12, points=18), dark)
    yield Shape(ellipse(x1, y1 + w * 0.03, w * 0.54, w * 0.08, points=18), light, 0.6)


def _spray(rng: np.random.Generator, x: float, y: float, w: float, tone: F32, light: F32) -> Iterator[Shape]:
    side = float(rng.choice([-1, 1]))
    for j in range(int(rng.integers(4, 9))):
        angle, length = float(rng.uniform(0.15, 1.25)), w * float(rng.uniform(2.2, 4.2))
        start = np.array([x + side * w * (0.6 + j * 0.55), y - w * 0.12 * j])
        tip = start + np.array([side * math.cos(angle), math.sin(angle)]) * length
        across = np.array([-(tip - start)[1], (tip - start)[0]]) / length * w * 0.2
        middle = (start + tip) / 2
        yield Shape(
            curve([start, middle + across, tip, middle - across], 4),
            mix(tone, light, float(rng.random()) * 0.8),
        )
