"""The turning beam of a lighthouse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, add_light, f32

_SECONDS_PER_TURN: Final = 9.0
_TONE: Final = (1.0, 0.93, 0.72)
_HALF_WIDTH: Final = 0.085


@dataclass(frozen=True, slots=True, eq=False)
class Beam:
    """Two opposite shafts from layer point `at`, `length` pixels long, that turn about the vertical.

    `lamp` is the radius of the lamp, `start` the angle of the first shaft at second 0.
    """

    at: tuple[float, float]
    depth: float
    length: float
    lamp: float
    start: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add both shafts and the flash of the lamp, at a quarter of the size."""
        x, y = moment.place(*self.at, self.depth)
        height, width = max(1, canvas.shape[0] // 4), max(1, canvas.shape[1] // 4)
        reach = max(2, math.ceil(self.length * 0.5 / 4))
        top, bottom = max(0, int(y / 4) - reach), min(height, int(y / 4) + reach)
        if bottom - top < 2:
            return
        across = f32((np.arange(width) * 4 - x)[None, :])
        down = f32((np.arange(top, bottom) * 4 - y)[:, None])
        angle = self.start + moment.seconds * math.tau / _SECONDS_PER_TURN
        light = f32(self._shaft(across, down, angle) + self._shaft(across, down, angle + math.pi))
        towards = max(0.0, math.sin(angle), -math.sin(angle)) ** 8
        away = np.hypot(across, down) / (self.lamp * 4)
        light += np.exp(-away) * (0.5 + 0.5 * towards) + np.exp(-away / 6) * 0.25 * towards
        mask = np.zeros((height, width), np.uint8)
        mask[top:bottom] = (np.clip(light, 0, 1) * 255).astype(np.uint8)
        low, high = min(top * 4, canvas.shape[0]), min(bottom * 4, canvas.shape[0])
        part = canvas[low:high]
        add_light(part, np.asarray(cv2.resize(mask[top:bottom], part.shape[1::-1]), np.uint8), _TONE)

    def _shaft(self, across: F32, down: F32, angle: float) -> F32:
        """Light of one shaft: longest when it points sideways, brightest when it comes toward us."""
        side, near = math.cos(angle), math.sin(angle)
        along = across * math.copysign(1.0, side)
        length = self.length * (0.12 + 0.88 * abs(side))
        tilt = down - along * 0.05 * near
        width = self.lamp + np.maximum(along, 0) * _HALF_WIDTH * (1 + 0.9 * max(near, 0) * (1 - abs(side)))
        body = np.exp(-((tilt / width) ** 2)) * np.clip(along / (self.lamp * 1.5), 0, 1)
        fall = np.clip(1 - along / length, 0, 1) ** 1.3
        return f32(body * fall * (0.48 + 0.2 * near) * (0.35 + 0.65 * abs(side)))
