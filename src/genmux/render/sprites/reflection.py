"""The mirror images of sprites on water."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import U8, over, remap, warp
from genmux.render.sprites.sprite import Sprite
from genmux.render.sprites.stamps import covered


@dataclass(frozen=True, slots=True, eq=False)
class Reflection:
    """A sprite's mirror image on water, its rows swaying by up to `sway` pixels."""

    mirror: Sprite
    sway: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose the mirror image with its rows displaced by passing waves."""
        matrix = self.mirror.matrix(moment)
        left, top, right, bottom = covered(self.mirror.image, matrix, canvas)
        if right <= left or bottom <= top:
            return
        width, height = right - left, bottom - top
        matrix[:, 2] -= (left, top)
        picture = warp(self.mirror.image, matrix, width, height, cv2.BORDER_CONSTANT)
        down = np.arange(height, dtype=np.float32)
        unit, t = moment.geometry.unit, moment.seconds
        wave = np.sin(down / (4.2 * unit) - t * 3.1) + 0.6 * np.sin(down / (9.7 * unit) - t * 1.9 + 1)
        shift = wave * self.sway * np.clip(down / (10 * unit) + 0.3, 0, 1.6)
        x = np.arange(width, dtype=np.float32)[None, :] + shift[:, None].astype(np.float32)
        y = np.repeat(down[:, None], width, axis=1)
        over(canvas[top:bottom, left:right], remap(picture, x.astype(np.float32), y, cv2.BORDER_CONSTANT))


def reflection(sprite: Sprite, waterline: float, strength: float, unit: float) -> Reflection:
    """The sprite mirrored at layer row `waterline`, fading downward; `strength` 0..1."""
    above = max(2, min(sprite.image.shape[0], math.ceil(waterline - sprite.top)))
    flipped = cv2.GaussianBlur(sprite.image[:above][::-1], (0, 0), max(0.6, 1.1 * unit))
    fade = np.linspace(1, 0.25, above, dtype=np.float32)[:, None, None] * strength
    image = (np.asarray(flipped, np.float32) * fade).astype(np.uint8)
    image = np.asarray(cv2.resize(image, (image.shape[1], max(2, round(above * 0.82)))), np.uint8)
    motions = tuple(replace(m, turn=-m.turn, y=-m.y) for m in sprite.motions)
    return Reflection(replace(sprite, image=image, top=waterline, motions=motions), 1.7 * unit)
