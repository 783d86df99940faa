"""Small sprites: pictures smaller than a layer that are placed, rocked, turned and mirrored by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, over, remap, warp

_STILL: Final = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Motion:
    """How a sprite moves about its pivot: `heave` pixels up and down, `roll` and `spin` in radians.

    Heave and roll swing with `period` seconds and `phase` radians; spin is per second.
    """

    heave: float = 0.0
    roll: float = 0.0
    spin: float = 0.0
    period: float = 4.0
    phase: float = 0.0

    def at(self, seconds: float) -> tuple[float, float]:
        """The turn in radians and the fall in pixels at one moment."""
        swing = 2 * math.pi * seconds / self.period + self.phase
        return self.spin * seconds + self.roll * math.sin(swing), self.heave * math.sin(swing * 1.13 + 1)


STEADY: Final = Motion()


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A premultiplied picture whose upper left corner is at layer point (left, top).

    It turns about `pivot`, a layer point. Where its alpha is zero its colour is added as light.
    """

    image: U8
    left: float
    top: float
    depth: float
    pivot: tuple[float, float] = _STILL
    motion: Motion = STEADY

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose the sprite onto the rectangle it covers."""
        found = _placed(self, canvas, moment)
        if found is not None:
            rows, columns, picture = found
            part = np.ascontiguousarray(canvas[rows, columns])
            over(part, picture)
            canvas[rows, columns] = part


@dataclass(frozen=True, slots=True, eq=False)
class Reflection:
    """A sprite's mirror image on water, its rows swaying by up to `sway` pixels."""

    mirror: Sprite
    sway: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose the mirror image with its rows displaced by passing waves."""
        found = _placed(self.mirror, canvas, moment)
        if found is None:
            return
        rows, columns, picture = found
        height, width = picture.shape[:2]
        down = np.arange(height, dtype=np.float32)
        unit, t = moment.geometry.unit, moment.seconds
        wave = np.sin(down / (4.2 * unit) - t * 3.1) + 0.6 * np.sin(down / (9.7 * unit) - t * 1.9 + 1)
        shift = wave * self.sway * np.clip(down / (10 * unit) + 0.3, 0, 1.6)
        x = np.arange(width, dtype=np.float32)[None, :] + shift[:, None].astype(np.float32)
        y = np.repeat(down[:, None], width, axis=1)
        part = np.ascontiguousarray(canvas[rows, columns])
        over(part, remap(picture, x.astype(np.float32), y, cv2.BORDER_CONSTANT))
        canvas[rows, columns] = part


def reflection(sprite: Sprite, waterline: float, strength: float, unit: float) -> Reflection:
    """The sprite mirrored at layer row `waterline`, fading downward; `strength` 0..1."""
    above = max(2, min(sprite.image.shape[0], math.ceil(waterline - sprite.top)))
    flipped = cv2.GaussianBlur(sprite.image[:above][::-1], (0, 0), max(0.6, 1.1 * unit))
    fade = np.linspace(1, 0.25, above, dtype=np.float32)[:, None, None] * strength
    image = (np.asarray(flipped, np.float32) * fade).astype(np.uint8)
    image = np.asarray(cv2.resize(image, (image.shape[1], max(2, round(above * 0.82)))), np.uint8)
    motion = replace(sprite.motion, heave=-sprite.motion.heave, roll=-sprite.motion.roll)
    return Reflection(replace(sprite, image=image, top=waterline, motion=motion), 1.7 * unit)


def _placed(sprite: Sprite, canvas: U8, moment: Moment) -> tuple[slice, slice, U8] | None:
    """The canvas rows and columns a sprite touches and the sprite warped to them, if it is in sight."""
    matrix = _matrix(sprite, moment)
    height, width = sprite.image.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float32)
    spots = corners @ matrix.T
    low = np.maximum(np.floor(spots.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(spots.max(axis=0)), [canvas.shape[1], canvas.shape[0]]).astype(int)
    if (high <= low).any():
        return None
    matrix[:, 2] -= low
    picture = warp(sprite.image, matrix, int(high[0] - low[0]), int(high[1] - low[1]), cv2.BORDER_CONSTANT)
    return slice(low[1], high[1]), slice(low[0], high[0]), picture


def _matrix(sprite: Sprite, moment: Moment) -> F32:
    """Sprite pixels to picture pixels."""
    camera = moment.matrix(sprite.depth)
    scale = float(camera[0, 0])
    turn, fall = sprite.motion.at(moment.seconds)
    c, s = math.cos(turn), math.sin(turn)
    px, py = sprite.pivot
    x, y = sprite.left - px, sprite.top - py
    at_x, at_y = px + c * x - s * y, py + s * x + c * y + fall
    return np.array(
        [
            [scale * c, -scale * s, scale * at_x + camera[0, 2]],
            [scale * s, scale * c, scale * at_y + camera[1, 2]],
        ],
        np.float32,
    )
