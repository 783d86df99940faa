"""A camp fire: tongues of flame over logs and the light they throw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.palette import colour
from genmux.render.raster import U8, add_light, blur, paint
from genmux.render.shapes import curve, fill, polygon

_LOGS: Final = polygon([(-0.5, 0.05), (0.42, -0.12), (0.5, -0.02), (-0.42, 0.15)])
# Size, colour and brightness of the tongues inside each other.
_TONGUES: Final = ((1.0, colour("#ff5a1e")), (0.68, colour("#ff9d2e")), (0.4, colour("#ffe9a0")))


@dataclass(frozen=True, slots=True, eq=False)
class Fire:
    """Flames `size` pixels high whose foot is at layer point `at`."""

    at: tuple[float, float]
    size: float
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw logs, flames and their flickering light within a window of the canvas."""
        x, y = moment.place(*self.at, self.depth)
        reach = self.size * 2.2
        left, right = max(0, int(x - reach)), min(canvas.shape[1], int(x + reach))
        top, bottom = max(0, int(y - reach)), min(canvas.shape[0], int(y + reach * 0.7))
        if right - left < 2 or bottom - top < 2:
            return
        part = np.ascontiguousarray(canvas[top:bottom, left:right])
        self._burn(part, x - left, y - top, moment.seconds)
        canvas[top:bottom, left:right] = part

    def _burn(self, part: U8, x: float, y: float, t: float) -> None:
        offset = np.array([x, y], np.float32)
        for side in (-1, 1):
            mask = np.zeros(part.shape[:2], np.uint8)
            fill(mask, (_LOGS * [side * self.size, self.size] + offset).astype(np.float32))
            paint(part, mask, (0.12, 0.07, 0.05))
        flicker = 0.82 + 0.1 * math.sin(t * 11) + 0.08 * math.sin(t * 17.3 + 1)
        halo = np.zeros((max(1, part.shape[0] // 4), max(1, part.shape[1] // 4)), np.float32)
        rows, columns = np.ogrid[: halo.shape[0], : halo.shape[1]]
        away = np.hypot(columns - x / 4, (rows - (y - self.size * 0.3) / 4) * 1.25) / (self.size / 4)
        halo += np.clip(np.exp(-away * 1.7) - 0.035, 0, 1) * flicker * 0.75
        add_light(part, (np.clip(halo, 0, 1) * 255).astype(np.uint8), colour("#ff8a3a"))
        for k, (share, tone) in enumerate(_TONGUES):
            mask = np.zeros(part.shape[:2], np.uint8)
            fill(mask, (self._tongue(t + k * 0.7, share) * self.size + offset).astype(np.float32))
            paint(part, np.asarray(blur(mask, self.size * 0.02), np.uint8), tone)

    def _tongue(self, t: float, share: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        sway = 0.08 * math.sin(t * 6.1) + 0.05 * math.sin(t * 9.7)
        high = share * (0.88 + 0.12 * math.sin(t * 8.3))
        wide = 0.26 * share
        return curve([(-wide, -0.05), (-wide * 0.95, -0.22 * share), (-wide * 0.3 + sway * 0.4, -0.5 * share),
                      (sway, -high), (wide * 0.5 + sway * 0.5, -0.48 * share), (wide, -0.2 * share),
                      (wide * 0.9, -0.04), (0, 0.02)], 6)  # fmt: skip
