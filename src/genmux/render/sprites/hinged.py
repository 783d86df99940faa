"""Cut-outs: sprites no larger than what they show, that may breathe, sway and turn."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.paint.gouache import Sheet
from genmux.render.raster import F32, U8, f32, over


@dataclass(frozen=True, slots=True)
class Sway:
    """A slow rhythm about a pivot: shift in pixels, turn in radians, stretch as a share of the height.

    `speed` is in radians per second.
    """

    pivot: tuple[float, float] = (0.0, 0.0)
    x: float = 0.0
    y: float = 0.0
    turn: float = 0.0
    stretch: float = 0.0
    lean: float = 0.0
    speed: float = 1.3
    phase: float = 0.0

    def matrix(self, seconds: float) -> F32:
        """The motion at a time as a 3x3 matrix on layer pixels."""
        beat = math.sin(seconds * self.speed + self.phase)
        slow = math.sin(seconds * self.speed * 0.63 + self.phase * 1.7)
        c, s = math.cos(self.turn * slow), math.sin(self.turn * slow)
        tall = 1 + self.stretch * beat
        px, py = self.pivot
        linear = np.array([[c, -s * tall + self.lean * beat], [s, c * tall]])
        shift = np.array([px + self.x * slow, py + self.y * beat]) - linear @ np.array([px, py])
        return f32(np.vstack([np.column_stack([linear, shift]), [0, 0, 1]]))


STILL: Final = Sway()


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A sprite whose corner is at layer pixel (x, y), at one depth, moved by its sways in order."""

    sprite: U8
    x: float
    y: float
    depth: float
    sways: tuple[Sway, ...] = field(default=())

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Warp the sprite to the camera and compose it onto the pixels that it covers."""
        compose_sprite(canvas, self.sprite, self.matrix(moment))

    def matrix(self, moment: Moment) -> F32:
        """Sprite pixels to picture pixels, 2x3."""
        whole = np.array([[1, 0, self.x], [0, 1, self.y], [0, 0, 1]], np.float32)
        for sway in self.sways:
            whole = f32(sway.matrix(moment.seconds) @ whole)
        return f32(moment.matrix(self.depth) @ whole)


def compose_sprite(canvas: U8, sprite: U8, matrix: F32) -> None:
    """Compose a sprite under a 2x3 matrix; only the pixels that it can touch cost time."""
    height, width = canvas.shape[:2]
    rows, columns = sprite.shape[:2]
    corners = np.array([[0, 0, 1], [columns, 0, 1], [0, rows, 1], [columns, rows, 1]], np.float32) @ matrix.T
    left, top = (max(math.floor(v) - 1, 0) for v in corners.min(axis=0))
    right, bottom = (math.ceil(v) + 1 for v in corners.max(axis=0))
    right, bottom = min(right, width), min(bottom, height)
    if right <= left or bottom <= top:
        return
    placed = matrix.copy()
    placed[:, 2] -= [left, top]
    size = (right - left, bottom - top)
    warped = cv2.warpAffine(
        sprite, placed, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    over(canvas[top:bottom, left:right], np.asarray(warped, np.uint8))


def cutout(sheet: Sheet, x: float, y: float, depth: float, sways: tuple[Sway, ...] = ()) -> Cutout:
    """The sheet as a cut-out, its origin at layer pixel (x, y); empty borders are cut off."""
    rows = np.flatnonzero(sheet.cover.max(axis=1) > 1 / 255)
    columns = np.flatnonzero(sheet.cover.max(axis=0) > 1 / 255)
    if not (rows.size and columns.size):
        return Cutout(np.zeros((1, 1, 4), np.uint8), x, y, depth, sways)
    # One empty pixel all around keeps the edge antialiased when the sprite is warped.
    sprite = np.pad(
        sheet.sprite()[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], ((1, 1), (1, 1), (0, 0))
    )
    left, top = columns[0] - 1 - sheet.origin[0], rows[0] - 1 - sheet.origin[1]
    return Cutout(sprite, x + float(left), y + float(top), depth, sways)
