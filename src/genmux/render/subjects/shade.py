"""The shadow that a standing subject casts on the ground, and the room it needs."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from genmux.render.raster import blur
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

# How much longer than the subject is wide its shadow gets.
_LENGTHS: Final = {"dawn": 1.5, "day": 0.55, "sunset": 1.9, "night": 0.6, "storm": 0.45}


def ground_shadow(stage: Stage, spot: Spot, reach: float) -> Sprite:
    """The soft shadow of something `reach` wide to each side, cast away from the light."""
    long = 1 + _LENGTHS[stage.time]
    width, height = max(int(reach * 2 * long), 8), max(int(reach * 0.42), 6)
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (int(width * 0.4), int(height * 0.3)), 0, 0, 360, 150, -1)
    mask = blur(mask, max(height * 0.13, 0.5))
    shade = [cv2.convertScaleAbs(mask, alpha=float(c) * 0.5) for c in stage.palette.near]
    away = 0.5 + (1 if stage.flipped else -1) * (0.5 - 0.5 / long)
    sprite = np.asarray(cv2.merge((*shade, mask)), np.uint8)
    return Sprite(sprite, spot.x - width * away, spot.y - height * 0.45, spot.depth)


def inside(stage: Stage, x: float, reach: float) -> float:
    """Where something `reach` wide to each side stands fully in the picture, as near to `x` as can be."""
    g = stage.geometry
    room = min(reach, g.width / 2)
    return min(max(x, g.margin_x + room), g.margin_x + g.width - room)
