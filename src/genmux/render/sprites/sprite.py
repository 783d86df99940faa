"""Sprites: pictures no larger than what they show, which may breathe, sway, turn and travel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Layer
from genmux.render.paint.gouache import Sheet
from genmux.render.raster import F32, U8, f32
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.stamps import stamp

_BLINK_SECONDS: Final = 0.16
_BLINK_EVERY: Final = 3.1


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A premultiplied picture whose upper left corner is at layer point (left, top), moved by its motions.

    The motions follow one another, its own first. Where the picture's alpha is zero its colour is added as
    light. With `blinks`, the phase of blinking in seconds, it is seen only for moments.
    """

    image: U8
    left: float
    top: float
    depth: float
    motions: tuple[Motion, ...] = ()
    blinks: float | None = None

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose the picture where its motions and the camera have it."""
        if self.blinks is None or (moment.seconds + self.blinks) % _BLINK_EVERY < _BLINK_SECONDS:
            stamp(canvas, self.image, self.matrix(moment))

    def matrix(self, moment: Moment) -> F32:
        """Picture pixels to canvas pixels, 2x3."""
        whole = np.array([[1, 0, self.left], [0, 1, self.top], [0, 0, 1]], np.float32)
        for motion in self.motions:
            whole = motion.matrix(moment) @ whole
        return f32(moment.matrix(self.depth) @ whole)

    def moving(self, *motions: Motion) -> Sprite:
        """The sprite with more motions after its own."""
        return replace(self, motions=(*self.motions, *motions))


def painted(sheet: Sheet, x: float, y: float, depth: float, *motions: Motion) -> Sprite:
    """A painted sheet as a sprite, the sheet's origin at layer point (x, y)."""
    left, top = x - sheet.origin[0], y - sheet.origin[1]
    return cropped(Sprite(sheet.sprite(), left, top, depth, motions))


def lifted(source: Layer, *motions: Motion) -> Sprite:
    """What a layer shows as a sprite of its own, to be set in motion."""
    return cropped(Sprite(source.sprite, 0.0, source.top, source.depth, motions))


def cropped(sprite: Sprite) -> Sprite:
    """The sprite without its empty borders, but for a pixel that keeps its edge smooth when warped."""
    x, y, wide, tall = cv2.boundingRect(sprite.image[..., 3].copy())
    kept = sprite.image[y : y + max(tall, 1), x : x + max(wide, 1)]
    image = np.pad(kept, ((1, 1), (1, 1), (0, 0)))
    return replace(sprite, image=image, left=sprite.left + x - 1, top=sprite.top + y - 1)
