"""Figures that live: cropped sprites that breathe, sway and blink about their joints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, over, warp

_BLINK_SECONDS = 0.16


@dataclass(frozen=True, slots=True)
class Motion:
    """A joint: a turn of up to `swing` radians, a stretch of up to `stretch` about a pivot in layer pixels.

    `rate` is in radians per second. A `sharp` motion rests most of the time and then flicks.
    """

    pivot: tuple[float, float]
    swing: float = 0.0
    stretch: float = 0.0
    rate: float = 1.6
    phase: float = 0.0
    sharp: bool = False

    def matrix(self, seconds: float) -> F32:
        """The 3x3 matrix of the joint at this time."""
        wave = math.sin(self.rate * seconds + self.phase)
        if self.sharp:
            wave = wave**15
        angle, tall = self.swing * wave, 1 + self.stretch * wave
        wide = 1 - self.stretch * wave * 0.5
        c, s, (x, y) = math.cos(angle), math.sin(angle), self.pivot
        turn = np.array([[c * wide, -s * tall], [s * wide, c * tall]])
        shift = np.array([x, y]) - turn @ np.array([x, y])
        return np.array([[*turn[0], shift[0]], [*turn[1], shift[1]], [0, 0, 1]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A cropped premultiplied sprite with its corner in layer pixels and the joints that move it, own first.

    With `blinks`, the phase of blinking in seconds, it is seen only for moments.
    """

    sprite: U8
    left: float
    top: float
    motions: tuple[Motion, ...] = ()
    blinks: float | None = None

    def shown(self, seconds: float) -> bool:
        """Whether the piece is seen at this time."""
        return self.blinks is None or (seconds + self.blinks) % 3.1 < _BLINK_SECONDS


@dataclass(frozen=True, slots=True, eq=False)
class Puppet:
    """A figure of pieces, back to front, at one depth."""

    pieces: Sequence[Piece]
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every piece where its joints have it."""
        camera = np.concatenate([moment.matrix(self.depth), [[0, 0, 1]]])
        for piece in self.pieces:
            if not piece.shown(moment.seconds):
                continue
            matrix = np.array([[1, 0, piece.left], [0, 1, piece.top], [0, 0, 1]], np.float32)
            for motion in piece.motions:
                matrix = motion.matrix(moment.seconds) @ matrix
            place(canvas, piece.sprite, (camera @ matrix)[:2])


def place(canvas: U8, sprite: U8, matrix: F32) -> None:
    """Compose a sprite onto the canvas under a 2x3 matrix; only the rows and columns it covers cost time."""
    height, width = sprite.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float32) @ matrix.T
    low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0)) + 1, [canvas.shape[1], canvas.shape[0]]).astype(int)
    if (high <= low).any():
        return
    moved = np.array(matrix, np.float32)
    moved[:, 2] -= low
    placed = warp(sprite, moved, int(high[0] - low[0]), int(high[1] - low[1]), cv2.BORDER_CONSTANT)
    window = np.ascontiguousarray(canvas[low[1] : high[1], low[0] : high[0]])
    over(window, placed)
    canvas[low[1] : high[1], low[0] : high[0]] = window
