"""Weather: falling snow and rain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, add_light, mask_of, paint
from genmux.render.subpixel import ONE, SHIFT, fixed


@dataclass(frozen=True, slots=True, eq=False)
class Snow:
    """Falling flakes; `flakes` rows are x, y, size, sway phase and speed in 0..1."""

    flakes: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every flake where it has fallen to."""
        g, t, mask = moment.geometry, moment.seconds, mask_of(canvas)
        near = 0.25 + 0.75 * self.flakes[:, 2] ** 2
        sway = np.sin(t * 1.3 + self.flakes[:, 3] * 6.3) * 14
        x = (
            self.flakes[:, 0] * 1.2 * g.width
            + (sway + t * 26) * g.unit * near
            - moment.pose.x * g.margin_x * near
        )
        y = self.flakes[:, 1] * 1.2 * g.height + t * (48 + 90 * near) * g.unit * (
            0.6 + 0.6 * self.flakes[:, 4]
        )
        x, y = x % (g.width * 1.1) - g.width * 0.05, y % (g.height * 1.1) - g.height * 0.05
        for px, py, n in zip(x, y, near, strict=True):
            radius = int((0.9 + 3.4 * n * n) * max(g.unit, 0.3) * ONE)
            cv2.circle(mask, fixed(px, py), radius, int(110 + 130 * n), -1, cv2.LINE_AA, SHIFT)
        paint(canvas, np.asarray(cv2.GaussianBlur(mask, (3, 3), 0), np.uint8), (0.97, 0.98, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Rain:
    """Slanted streaks; `drops` rows are x, y and nearness in 0..1."""

    drops: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every streak where it has fallen to."""
        g, t, mask = moment.geometry, moment.seconds, mask_of(canvas)
        near = 0.35 + 0.65 * self.drops[:, 2]
        x = (self.drops[:, 0] * 1.3 * g.width - t * 260 * g.unit * near) % (g.width * 1.3) - g.width * 0.1
        y = (self.drops[:, 1] * 1.3 * g.height + t * 1500 * g.unit * near) % (g.height * 1.3) - g.height * 0.2
        for px, py, n in zip(x, y, near, strict=True):
            length = 36 * n * g.unit
            end = fixed(px - length * 0.17, py + length)
            cv2.line(mask, fixed(px, py), end, int(40 + 70 * n), 1, cv2.LINE_AA, SHIFT)
        add_light(canvas, mask, (0.8, 0.9, 1.0))
