"""The shadow a figure throws on the ground it stands on."""

from __future__ import annotations

import numpy as np

from genmux.render.palette import colour, mix
from genmux.render.raster import blur, f32, flat, grid, premultiplied
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

_STRENGTH = {"day": 0.5, "dawn": 0.42, "sunset": 0.5, "night": 0.55, "storm": 0.35}


def ground_shadow(stage: Stage, spot: Spot, half: float) -> Sprite:
    """A soft shadow under a figure that reaches `half` of its height to both sides, away from the sun."""
    reach, tall = half * spot.size, max(half * spot.size * 0.2, 2.0)
    away = -1.0 if stage.sun_x > spot.x else 1.0
    width, height = max(8, round(reach * 4.4)), max(6, round(tall * 4))
    x, y = grid(height, width)
    u, v = (x - width / 2) / reach, (y - height / 2) / tall
    core = np.exp(-((u * 1.15) ** 2) * 1.6 - v**2 * 2.2)
    long = np.exp(-((u - away * 0.55) ** 2) * 1.3 - (v - 0.15) ** 2 * 3.0) * 0.55
    edge = np.clip((1 - np.abs(x / width * 2 - 1)) * 6, 0, 1) * np.clip(
        (1 - np.abs(y / height * 2 - 1)) * 4, 0, 1
    )
    cover = f32(np.clip(core + long, 0, 1) * _STRENGTH[stage.time] * edge)
    tone = mix(stage.palette.near, colour("#0a0c12"), 0.6)
    sprite = premultiplied(flat(tone, cover), blur(cover, 1.0))
    return Sprite(sprite, spot.x - width / 2, spot.y - height / 2 - tall * 0.1, spot.depth)
