"""Steam that rises from something hot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, add_light, blur

_COARSE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Steam:
    """Wisps above layer point (x, y), `size` pixels high; `wisps` are phases in 0..1."""

    x: float
    y: float
    size: float
    depth: float
    wisps: F32
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of every wisp, at quarter size and only around the steam."""
        x, y = moment.place(self.x, self.y, self.depth)
        size = self.size * float(moment.matrix(self.depth)[1, 1])
        left, right = max(int(x - size * 0.5), 0), min(int(x + size * 0.5) + 1, canvas.shape[1])
        top, bottom = max(int(y - size * 1.2), 0), min(int(y) + 1, canvas.shape[0])
        if right - left < 8 or bottom - top < 8:
            return
        mask = np.zeros(((bottom - top) // _COARSE, (right - left) // _COARSE), np.uint8)
        for phase in self.wisps:
            wisp = np.zeros_like(mask)
            self._wisp(wisp, (x - left, y - top), size, float(phase), moment.seconds)
            cv2.add(mask, wisp, mask)
        add_light(canvas[top:bottom, left:right], blur(mask, max(0.3, size * 0.007)), self.tone)

    def _wisp(self, mask: U8, at: tuple[float, float], size: float, phase: float, t: float) -> None:
        start = (phase - 0.5) * size * 0.22
        for k in range(22):
            up = k / 21
            bend = (
                math.sin(up * 5.0 - t * 1.7 + phase * 9) * 0.12 * up**0.7
                + 0.05 * math.sin(t * 0.6 + phase * 5) * up
            )
            power = math.sin(math.pi * min(1.0, up * 1.1)) * (
                0.6 + 0.4 * math.sin(up * 7 - t * 2.2 + phase * 20)
            )
            x, y = at[0] + start + bend * size, at[1] - up * size
            radius = max(1, round(size * (0.014 + 0.03 * up) / _COARSE))
            cv2.circle(
                mask, (int(x / _COARSE), int(y / _COARSE)), radius, max(0, int(95 * power)), -1, cv2.LINE_AA
            )
