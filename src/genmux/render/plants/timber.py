"""Broad-leaved trees seen from inside a wood: trunks with roots and branches, barked and lit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import smoothstep, value_noise
from genmux.render.paint.limbs import limb
from genmux.render.raster import F32, U8, blend, blur, f32, flat, resize
from genmux.render.shapes import fill

_SNOW: Final = f32([0.93, 0.96, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class Bark:
    """The surface of trunks: dark and light tone, dark rings as on birches, snow on what looks up (0..1)."""

    dark: F32
    light: F32
    ringed: bool = False
    snow: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """One tree as outlines, and where its twigs end, in pixels."""

    outlines: list[F32]
    tips: list[tuple[float, float]]
    x: float
    width: float


def tree(rng: np.random.Generator, x: float, foot: float, height: float, width: float, bushy: float) -> Tree:
    """A trunk that rises `height` from its foot, flared at the roots; `bushy` 0..1 is how it branches."""
    lean = float(rng.normal(0, 0.035)) * height
    wave = float(rng.normal(0, 0.012)) * height
    spine = [
        (x - wave * 0.2, foot + width * 0.02, width * 0.72),
        (x, foot - width * 0.6, width * 0.6),
        (x + wave, foot - height * 0.25, width * 0.5),
        (x + lean * 0.5 - wave, foot - height * 0.55, width * 0.42),
        (x + lean, foot - height, width * 0.24),
    ]
    outlines = [limb(spine)]
    for side in (-1, 1):
        reach = width * float(rng.uniform(1.0, 1.7))
        root = [(x, foot - width * 0.5, width * 0.3),
            (x + side * reach * 0.55, foot - width * 0.02, width * 0.2),
                (x + side * reach, foot + width * 0.2, width * 0.05)]  # fmt: skip
        outlines.append(limb(root, 4))
    tips: list[tuple[float, float]] = [(x + lean, foot - height)]
    for _ in range(round(bushy * 7)):
        at: float = float(rng.uniform(0.3, 0.95))
        base = (x + lean * at * at, foot - height * at)
        way = float(rng.choice([-1, 1]))
        length = height * float(rng.uniform(0.12, 0.26)) * (1.25 - at)
        for outline, tip in branch(
            rng, *base, way * float(rng.uniform(0.5, 1.1)), length, width * 0.26 * (1.2 - at), 2
        ):
            outlines.append(outline)
            tips.append(tip)
    return Tree(outlines, tips, x, width)


def branch(
    rng: np.random.Generator, x: float, y: float, tilt: float, length: float, width: float, depth: int
) -> Iterator[tuple[F32, tuple[float, float]]]:
    """A branch that leaves at `tilt` from upright and forks `depth` times: each outline and where it ends."""
    bend = tilt * float(rng.uniform(0.5, 1.1))
    middle = (x + math.sin(tilt) * length * 0.5, y - math.cos(tilt) * length * 0.5)
    end = (middle[0] + math.sin(bend) * length * 0.5, middle[1] - math.cos(bend) * length * 0.5)
    yield _twig((x, y), middle, end, width), end
    if depth and length > 6:
        for base, turn in ((middle, 0.55), (end, 0.4), (end, -0.45)):
            share = float(rng.uniform(0.45, 0.7))
            yield from branch(rng, *base, bend + turn * float(rng.uniform(0.6, 1.4)) * math.copysign(1, tilt),
                               length * share, width * 0.42, depth - 1)  # fmt: skip


def _twig(
    start: tuple[float, float], middle: tuple[float, float], end: tuple[float, float], width: float
) -> F32:
    """A tapering bent twig of six corners; there are thousands, so it is no spline."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    scale = width / max(math.hypot(dx, dy), 1e-6)
    ax, ay = -dy * scale, dx * scale
    return f32(
        [
            (start[0] + ax, start[1] + ay),
            (middle[0] + ax * 0.7, middle[1] + ay * 0.7),
            (end[0] + ax * 0.35, end[1] + ay * 0.35),
            (end[0] - ax * 0.35, end[1] - ay * 0.35),
            (middle[0] - ax * 0.7, middle[1] - ay * 0.7),
            (start[0] - ax, start[1] - ay),
        ]
    )


def trunk_mask(trees: list[Tree], height: int, width: int) -> U8:
    """Coverage of all trees, antialiased."""
    mask = np.zeros((height, width), np.uint8)
    for each in trees:
        for outline in each.outlines:
            fill(mask, outline)
    return mask


def barked(
    rng: np.random.Generator, mask: U8, bark: Bark, width: float, side: float, glow: F32, rim: float
) -> F32:
    """The colour of trunks about `width` pixels thick, lit from `side` (-1 left, 1 right) with `glow`."""
    height, across = mask.shape
    fine = value_noise(rng, height, across, height / max(width * 2.4, 6), across / max(width * 0.16, 2.0))
    coarse = value_noise(rng, height, across, height / max(width * 1.6, 6), across / max(width * 0.6, 3.0))
    grain = np.clip((fine - 0.5) * 1.3 + (coarse - 0.5) * 0.7 + 0.5, 0, 1)
    across_slope, up_slope = _slopes(mask, width)
    toward = np.tanh(-across_slope * side)
    rgb = blend(bark.dark, bark.light, f32(np.clip(0.06 + 0.62 * grain + 0.42 * toward, 0, 1)))
    if bark.ringed:
        spots = value_noise(rng, height, across, height / max(width * 0.35, 4), across / max(width * 0.8, 4))
        rgb = blend(rgb, f32([0.12, 0.11, 0.12]), smoothstep(0.72, 0.84, spots) * 0.85)
    edge = smoothstep(0.25, 0.85, f32(toward)) * rim
    rgb = f32(rgb + flat(glow, edge) * edge[..., None])
    if bark.snow > 0:
        rgb = blend(rgb, _SNOW, f32(np.clip(smoothstep(0.2, 0.6, up_slope) * bark.snow, 0, 1)))
    return rgb


def _slopes(mask: U8, width: float) -> tuple[F32, F32]:
    """How the rounded trunks rise to the right and upward; found at half size, where it is smooth enough."""
    height, across = mask.shape
    small = resize(mask, max(1, across // 2), max(1, height // 2), cv2.INTER_AREA)
    body = blur(f32(small / np.float32(255)), max(width * 0.15, 0.6))
    right, down = (cv2.Sobel(body, cv2.CV_32F, dx, 1 - dx, scale=width * 0.075) for dx in (1, 0))
    return resize(f32(right), across, height), resize(f32(down), across, height)


def soft_silhouette(mask: U8, sigma: float) -> F32:
    """Coverage 0..1 of a far row, a little out of focus."""
    return blur(f32(mask / np.float32(255)), sigma)
