"""Palms: leaning ringed trunks and arching fronds with leaflets that hang from their ribs."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.light import Light, light, local
from genmux.render.paint.polygons import face, line, opaque_tone, oval
from genmux.render.palette import mix
from genmux.render.plants.foliage import draw_round
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve
from genmux.render.sprites.motion import gusts
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.shadows import ground_shadow
from genmux.render.subjects.spot import Spot

_BARK: Final = "#8a6a48"
_LEAVES: Final = ("#0f3520", "#347536", "#9cc054")
_NUT: Final = "#5a4424"
_FRONDS: Final = 13
_LEAFLETS: Final = 34


def palm(stage: Stage, spot: Spot) -> list[Element]:
    """A palm of the spot's height, or two that lean apart."""
    side = -1.0 if stage.flipped else 1.0
    found: list[Element] = [ground_shadow(stage, spot, 0.3), _palm(stage, spot, spot.size, side)]
    if stage.rng.random() < 0.6:
        found.append(_palm(stage, spot, spot.size * 0.74, -side))
    return found


def _palm(stage: Stage, spot: Spot, size: float, side: float) -> Sprite:
    rng, sun = stage.rng, light(stage)
    sprite = np.zeros((int(size * 1.32) + 8, int(size * 1.5) + 8, 4), np.uint8)
    foot = f32([sprite.shape[1] / 2, size * 1.28])
    lean = side * float(rng.uniform(0.12, 0.26))
    bends = f32([(0, 0), (lean * 0.12, -0.4), (lean * 0.5, -0.7), (lean, -0.92)])
    spine = curve(foot + bends * size, 12, closed=False)
    _trunk(sprite, spine, size, local(stage, _BARK), sun)
    leaves = [local(stage, c) for c in _LEAVES]
    turns = np.linspace(-0.5, math.pi + 0.5, _FRONDS) + rng.normal(0, 0.08, _FRONDS)
    for n, k in enumerate([*range(1, _FRONDS, 2), *range(0, _FRONDS, 2)]):
        length = size * float(rng.uniform(0.34, 0.46))
        _frond(sprite, _rib(spine[-1], length, float(turns[k])), length, leaves, sun, n / (_FRONDS - 1), rng)
    for k in (-1, 0, 1):
        nut = opaque_tone(sun.on(local(stage, _NUT), 0.5))
        at = spine[-1] + f32([k * 0.022, 0.022]) * size
        oval(sprite, float(at[0]), float(at[1]), size * 0.017, size * 0.017, nut)
    x, y = spot.x - float(foot[0]), spot.y - float(foot[1])
    return Sprite(sprite, x, y, spot.depth, gusts(y + sprite.shape[0], 0.012, float(rng.uniform(0, 6))))


def _trunk(sprite: U8, spine: F32, size: float, bark: F32, sun: Light) -> None:
    half = np.linspace(0.028, 0.015, len(spine), dtype=np.float32) * size
    half[:3] *= f32([1.4, 1.2, 1.08])
    draw_round(sprite, spine, half, bark, sun)
    ring = opaque_tone(sun.on(bark * 0.55, 0.25))
    for (x, y), wide in zip(spine[2::2], half[2::2], strict=True):
        line(sprite, f32([(x - wide * 0.9, y), (x + wide * 0.9, y + wide * 0.2)]), ring, size * 0.004)


def _rib(top: F32, length: float, turn: float) -> F32:
    """The arching middle of a frond that leaves the trunk's top at an angle."""
    right, down = math.cos(turn), -math.sin(turn) * 0.8
    t = np.linspace(0, 1, _LEAFLETS, dtype=np.float32)[:, None]
    droop = f32([0, 0.2 + 0.42 * abs(right)]) * length
    return f32(top + f32([right, down]) * length * (t - 0.12 * t**2) + droop * t**2.2)


def _frond(
    sprite: U8, rib: F32, length: float, leaves: list[F32], sun: Light, front: float, rng: np.random.Generator
) -> None:
    """One frond; `front` 0..1 tells how near to the viewer it is."""
    along = np.gradient(rib, axis=0)
    along /= np.maximum(np.hypot(*along.T), 1e-3)[:, None]
    right = float(np.clip((rib[-1, 0] - rib[0, 0]) / length, -1, 1))
    facing = 0.34 + 0.22 * right * sun.side + 0.2 * front
    for side in (-1.0, 1.0):
        upper = side * right < 0
        for k in range(3, _LEAFLETS):
            lit = float(np.clip(facing + (0.16 if upper else -0.1) + 0.10 * rng.normal(), 0.03, 1))
            tone = mix(leaves[0], leaves[1], lit * 2) if lit < 0.5 else mix(leaves[1], leaves[2], lit * 2 - 1)
            reach = math.sin(math.pi * (0.10 + 0.87 * k / _LEAFLETS)) ** 0.75 * float(rng.uniform(0.8, 1.1))
            out = (f32([-along[k, 1], along[k, 0]]) * side * 0.55 + along[k] * 0.6) * length * 0.2 * reach
            leaf = _leaflet(rib[k], f32(out), f32(along[k] * length * 0.009))
            face(sprite, leaf, opaque_tone(sun.on(tone, lit)))
    line(sprite, rib, opaque_tone(sun.on(mix(leaves[1], leaves[2], 0.5), 0.5)), length * 0.008)


def _leaflet(at: F32, out: F32, half: F32) -> F32:
    """A leaflet that goes out from the rib and bends down."""
    bend, end = at + out * 0.6, at + out + f32([0, 0.5]) * float(np.hypot(*out)) * 1.2
    return np.stack([at - half, bend - half * 0.7, end, bend + half * 0.7, at + half])
