"""Columnar cactuses."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.light import Light, light, local
from genmux.render.paint.polygons import line, opaque_tone
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.shadows import ground_shadow
from genmux.render.subjects.spot import Spot

# Where cactuses stand: shares of the room to the side and of the size down, and their heights.
_PLACES: Final = ((0.0, 0.0, 1.25), (-1.15, -0.22, 0.72), (0.75, 0.18, 0.9))
_RIBS: Final = 5


def cactus(stage: Stage, spot: Spot) -> list[Element]:
    """Two or three columnar cactuses around the spot."""
    found: list[Element] = []
    count = int(stage.rng.integers(2, len(_PLACES) + 1))
    for across, down, size in sorted(_PLACES[:count], key=lambda p: p[1]):
        inward = 1.0 if spot.x < stage.geometry.layer_width / 2 else -1.0
        foot = Spot(
            spot.x + (across + float(stage.rng.normal(0, 0.1))) * spot.room * inward,
            spot.y + down * spot.size,
            spot.size * size,
            spot.depth,
            spot.room,
        )
        found += [ground_shadow(stage, foot, 0.28), _column(stage, foot)]
    return found


def _column(stage: Stage, spot: Spot) -> Sprite:
    rng, sun, size = stage.rng, light(stage), spot.size
    sprite = np.zeros((int(size * 1.1) + 6, int(size) + 6, 4), np.uint8)
    foot = f32([sprite.shape[1] / 2, size * 1.06])
    tones = (local(stage, "#22482c"), local(stage, "#7fa355"))
    for side in (-1.0, 1.0) if rng.random() < 0.75 else (1.0,):
        low, out, up = (float(rng.uniform(a, b)) for a, b in ((0.3, 0.52), (0.17, 0.24), (0.2, 0.34)))
        arm = [
            (0, -low),
            (side * out * 0.7, -low + 0.005),
            (side * out, -low - 0.07),
            (side * out * 1.02, -low - up),
        ]
        _limb(sprite, f32(arm) * size + foot, size * 0.042, tones, sun)
    trunk = f32([(0, 0.01), (0.004, -0.35), (-0.004, -0.7), (0, -0.95)]) * size + foot
    _limb(sprite, trunk, size * 0.062, tones, sun)
    return Sprite(sprite, spot.x - float(foot[0]), spot.y - float(foot[1]), spot.depth)


def _limb(sprite: U8, points: F32, half: float, tones: tuple[F32, F32], sun: Light) -> None:
    """A ribbed limb with a round end, lit across its width."""
    spine = curve(points, 8, closed=False)
    along = np.gradient(spine, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-3)[:, None]
    line(sprite, spine, opaque_tone(sun.on(tones[0], 0.12)), max(half * 2, 2))
    for k in range(_RIBS):
        share = (k + 0.5) / _RIBS * 2 - 1
        lit = float(np.clip(0.45 + 0.55 * float(across[-1, 0]) * share * sun.side, 0.04, 1))
        rib = f32(spine[:-1] + across[:-1] * half * share * 0.8)
        line(sprite, rib, opaque_tone(sun.on(mix(*tones, lit), lit)), half * 1.3 / _RIBS)
