"""The shadow that a subject throws on the ground it stands on."""

from __future__ import annotations

import numpy as np

from genmux.render.paint.hours import HOURS
from genmux.render.palette import colour, mix
from genmux.render.raster import blur, f32, flat, grid, premultiplied
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot


def ground_shadow(stage: Stage, spot: Spot, half: float) -> Sprite:
    """A soft shadow under what reaches `half` of its height to both sides, drawn out away from the sun.

    It is dark at the foot, and the lower the sun stands the longer it is.
    """
    hour = HOURS[stage.time]
    reach, tall = max(half * spot.size, 2.0), max(half * spot.size * 0.2, 2.0)
    away = -1.0 if stage.sun_x > spot.x else 1.0
    width, height = max(8, round(reach * (3.4 + 2 * hour.length))), max(6, round(tall * 4))
    x, y = grid(height, width)
    u, v = (x - width / 2) / reach, (y - height / 2) / tall
    core = np.exp(-((u * 1.15) ** 2) * 1.6 - v**2 * 2.2)
    along = (u * away - hour.length * 0.5) / (0.7 + 0.45 * hour.length)
    long = np.exp(-(along**2) * 1.3 - (v - 0.15) ** 2 * 3.0) * 0.7
    edge = np.clip((1 - np.abs(x / width * 2 - 1)) * 6, 0, 1)
    edge = edge * np.clip((1 - np.abs(y / height * 2 - 1)) * 4, 0, 1)
    cover = f32(np.clip(core + long, 0, 1) * hour.shadow * edge)
    tone = mix(stage.palette.near, colour("#0a0c12"), 0.6)
    image = premultiplied(flat(tone, cover), blur(cover, 1.0))
    return Sprite(image, spot.x - width / 2, spot.y - height / 2 - tall * 0.1, spot.depth)
