"""Branches that enter an ink painting from its edge: pine, bamboo, plum and willow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genmux.render.ink.tones import Tones
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, f32
from genmux.render.shapes import Shape, curve, ellipse
from genmux.render.stage import Stage

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Corner:
    """Where a branch grows: its root in layer pixels, the way inward (-1 or 1), and the unit of its size."""

    x: float
    y: float
    inward: float
    size: float


def stroke(points: npt.ArrayLike, widths: Sequence[float] | npt.NDArray[np.float64]) -> F32:
    """The outline of a brush stroke along a smooth line whose width changes from point to point."""
    line = curve(points, 6, closed=False)
    wide = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)
    along = np.gradient(line, axis=0)
    across = (
        np.stack([-along[:, 1], along[:, 0]], 1)
        / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
    )
    half = across * wide[:, None] / 2
    return f32(np.concatenate([line + half, (line - half)[::-1]]))


def _grown(
    rng: np.random.Generator, start: Points, angle: float, length: float, bend: float, pieces: int
) -> Points:
    """A crooked line from `start`; the angle counts from the x axis, downward positive."""
    turns = angle + np.cumsum(rng.normal(0, bend, pieces))
    steps = np.stack([np.cos(turns), np.sin(turns)], 1) * (length / pieces)
    return np.concatenate([start[None], start + np.cumsum(steps, axis=0)])


def _rooted(stage: Stage, corner: Corner, line: Points) -> Points:
    """The line begun beyond the edge of the layer, so that no camera move shows its cut end."""
    back = stage.geometry.margin_x + corner.size * 0.15
    return np.concatenate([[line[0] - [corner.inward * back, back * 0.1]], line])


def pine(stage: Stage, used: Tones, corner: Corner) -> list[Shape]:
    """A pine bough with fans of needles."""
    rng, s = stage.rng, corner.size
    heading = math.pi / 2 - corner.inward * float(rng.uniform(0.95, 1.2))
    trunk = _grown(rng, np.array([corner.x, corner.y]), heading, s * 1.0, 0.22, 6)
    shapes = [Shape(stroke(_rooted(stage, corner, trunk), np.linspace(0.09, 0.02, 8) * s), used.ink, 0.86)]
    shapes += [
        Shape(
            stroke(trunk[:-1] - np.array([0, s * 0.012]), np.linspace(0.02, 0.004, 6) * s),
            used.paper(0.2),
            0.22,
        )
    ]
    tips: list[Points] = [trunk[-1], trunk[-2]]
    for i in range(1, 6):
        for side in (-1, 1):
            angle = heading + side * float(rng.uniform(0.5, 1.1))
            twig = _grown(rng, trunk[i], angle, s * float(rng.uniform(0.2, 0.42)) * (1.1 - i * 0.08), 0.25, 3)
            shapes.append(Shape(stroke(twig, np.array([0.03, 0.018, 0.01, 0.005]) * s), used.ink, 0.82))
            tips += [twig[-1], twig[2], (twig[1] + twig[2]) / 2]
    needles: list[Shape] = []
    for tip in tips:
        needles += _needles(stage, used, tip, s * float(rng.uniform(0.085, 0.13)))
    return [*needles[: len(needles) // 3], *shapes, *needles[len(needles) // 3 :]]


def _needles(stage: Stage, used: Tones, at: Points, length: float) -> Iterator[Shape]:
    rng = stage.rng
    yield Shape(
        ellipse(float(at[0]), float(at[1]) - length * 0.25, length * 0.95, length * 0.55), used.near, 0.05
    )
    tilt, dark = float(rng.normal(0, 0.25)), float(rng.uniform(0.6, 0.95))
    for angle in np.linspace(-math.pi * 0.98, -math.pi * 0.02, 22) + rng.normal(0, 0.05, 22) + tilt:
        reach = length * float(rng.uniform(0.8, 1.08)) * (0.78 + 0.22 * abs(math.cos(angle)))
        tip = at + np.array([math.cos(angle), math.sin(angle) * 0.8]) * reach
        across = np.array([-(tip - at)[1], (tip - at)[0]]) / reach * max(length * 0.014, 0.7)
        yield Shape(f32([at + across, tip, at - across]), used.ink, dark)


def bamboo(stage: Stage, used: Tones, corner: Corner, count: int = 3) -> list[Shape]:
    """Stalks of bamboo from the foot of the picture upward, with sprays of leaves."""
    rng = stage.rng
    back: list[Shape] = []
    front: list[Shape] = []
    for i in range(count):
        pale = i % 2 == 0 and count > 1
        x = corner.x + corner.inward * corner.size * (0.08 + 0.17 * i + float(rng.normal(0, 0.03)))
        width = corner.size * float(rng.uniform(0.028, 0.05)) * (0.8 if pale else 1.0)
        shapes = list(_stalk(stage, used, corner, x, width, 0.42 if pale else 0.78))
        (back if pale else front).extend(shapes)
    return [*back, *front]


def _stalk(
    stage: Stage, used: Tones, corner: Corner, x: float, width: float, strength: float
) -> Iterator[Shape]:
    rng, g = stage.rng, stage.geometry
    lean = corner.inward * float(rng.uniform(0.02, 0.11)) * g.layer_height
    joint = width * float(rng.uniform(4.2, 5.6))
    y = float(g.layer_height) + width
    sprays: list[tuple[float, float]] = []
    while y > -joint:
        upper = y - joint * float(rng.uniform(0.9, 1.1))
        low_x, high_x = (x + lean * max(1 - v / g.layer_height, 0.0) ** 1.5 for v in (y, upper))
        ends = [
            (low_x, y - width * 0.1),
            ((low_x + high_x) / 2, (y + upper) / 2),
            (high_x, upper + width * 0.12),
        ]
        yield Shape(stroke(ends, np.array([1.06, 0.9, 1.06]) * width), used.ink, strength)
        yield Shape(
            stroke([(a + width * 0.14, b) for a, b in ends], np.array([0.16, 0.3, 0.16]) * width),
            used.paper(0.3),
            0.4,
        )
        yield Shape(
            curve(
                [
                    (high_x - width * 0.62, upper + width * 0.08),
                    (high_x, upper),
                    (high_x + width * 0.62, upper + width * 0.08),
                    (high_x, upper + width * 0.1),
                ],
                5,
            ),
            used.ink,
            0.95,
        )
        if upper < g.layer_height * 0.78 and rng.random() < 0.62:
            sprays.append((high_x, upper))
        y = upper
    for at_x, at_y in sprays:
        yield from _spray(stage, used, at_x, at_y, corner, strength)


def _spray(stage: Stage, used: Tones, x: float, y: float, corner: Corner, strength: float) -> Iterator[Shape]:
    """A twig and its leaves, which hang."""
    rng, s = stage.rng, corner.size
    side = corner.inward if rng.random() < 0.7 else -corner.inward
    twig = _grown(
        rng,
        np.array([x, y]),
        -side * 0.35 if side > 0 else math.pi + 0.35,
        s * float(rng.uniform(0.1, 0.26)),
        0.15,
        3,
    )
    yield Shape(stroke(twig, np.array([0.008, 0.006, 0.005, 0.004]) * s), used.ink, strength)
    for at in twig[1:]:
        dark = min(0.96, strength * float(rng.uniform(0.75, 1.25)))
        middle = (0.5 if side > 0 else math.pi - 0.5) + float(rng.normal(0, 0.25))
        for fan in np.linspace(-0.62, 0.62, int(rng.integers(3, 5))):
            angle = middle + fan + float(rng.normal(0, 0.08))
            yield Shape(_leaf(at, angle, s * float(rng.uniform(0.09, 0.17))), used.ink, dark)


def _leaf(at: Points, angle: float, length: float) -> F32:
    """A blade: quickly broad, slowly pointed."""
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]]) * length
    droop = np.array([0.0, length * 0.06])
    rows = [(0.0, 0.006), (0.18, 0.05), (0.42, 0.068), (0.7, 0.04), (1.0, 0.0)]
    upper = [at + along * length * d + across * w + droop * d * d for d, w in rows]
    lower = [at + along * length * d - across * w + droop * d * d for d, w in rows[-2:0:-1]]
    return curve([*upper, *lower], 4)


def plum(stage: Stage, used: Tones, corner: Corner) -> list[Shape]:
    """An angular branch with pink blossoms."""
    rng, s = stage.rng, corner.size
    heading = math.pi / 2 - corner.inward * float(rng.uniform(1.0, 1.3))
    trunk = _grown(rng, np.array([corner.x, corner.y]), heading, s * 1.15, 0.4, 7)
    shapes = [Shape(stroke(_rooted(stage, corner, trunk), np.linspace(0.08, 0.012, 9) * s), used.ink, 0.86)]
    places: list[Points] = [trunk[-1]]
    for i in range(1, 8):
        angle = heading + (1 if i % 2 else -1) * float(rng.uniform(0.5, 1.0))
        twig = _grown(rng, trunk[i], angle, s * float(rng.uniform(0.22, 0.5)), 0.3, 4)
        shapes.append(Shape(stroke(twig, np.array([0.028, 0.016, 0.011, 0.008, 0.004]) * s), used.ink, 0.84))
        places += [*twig[1:], (trunk[i] + trunk[i - 1]) / 2]
    for at in places:
        for _ in range(int(rng.integers(1, 4))):
            shapes += _blossom(rng, at + rng.normal(0, 0.028 * s, 2), s * float(rng.uniform(0.016, 0.031)))
    return shapes


def _blossom(rng: np.random.Generator, at: Points, radius: float) -> Iterator[Shape]:
    tone = mix(colour("#d8476a"), colour("#f7c2cd"), float(rng.uniform(0.15, 0.9)))
    turn = float(rng.uniform(0, 6.28))
    for k in range(5 if rng.random() < 0.75 else 2):
        angle = turn + k * 2 * math.pi / 5
        x, y = at + np.array([math.cos(angle), math.sin(angle)]) * radius * 0.72
        yield Shape(ellipse(float(x), float(y), radius * 0.62, radius * 0.52, angle, 14), tone, 0.72)
    yield Shape(
        ellipse(float(at[0]), float(at[1]), radius * 0.2, radius * 0.2, points=8), colour("#7a1f38"), 0.8
    )


def willow(stage: Stage, used: Tones, corner: Corner) -> list[Shape]:
    """Hanging willow twigs with narrow leaves."""
    rng, s = stage.rng, corner.size
    shapes: list[Shape] = []
    for _ in range(13):
        start = np.array([corner.x + corner.inward * s * float(rng.uniform(-0.1, 0.75)), corner.y - s * 0.1])
        lean = math.pi / 2 - corner.inward * float(rng.uniform(-0.05, 0.2))
        twig = _grown(rng, start, lean, s * float(rng.uniform(0.45, 1.15)), 0.05, 9)
        dark = float(rng.uniform(0.35, 0.8))
        shapes.append(Shape(stroke(twig, np.linspace(0.008, 0.003, 10) * s), used.ink, dark))
        for at in np.concatenate([twig[2:], (twig[2:] + twig[1:-1]) / 2]):
            angle = math.pi / 2 + float(rng.choice([-1, 1])) * float(rng.uniform(0.25, 0.6))
            shapes.append(Shape(_leaf(at, angle, s * float(rng.uniform(0.035, 0.06))), used.near, dark))
    return shapes
