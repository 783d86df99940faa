"""What drifts through the air: petals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2

from genmux.render.camera import Moment
from genmux.render.effects.brush import ONE, SHIFT, fixed, mask_of
from genmux.render.raster import F32, U8, paint


@dataclass(frozen=True, slots=True, eq=False)
class Petals:
    """Drifting petals; `petals` rows are x, y, nearness, sway, turn and spin in 0..1."""

    petals: F32
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every petal, turned as it tumbles."""
        g, t, mask = moment.geometry, moment.seconds, mask_of(canvas)
        for px, py, near, sway, turn, spin in self.petals:
            n = 0.4 + 0.6 * near
            x = (px * 1.2 * g.width + (t * 70 * n + math.sin(t * 1.5 + sway * 6) * 26) * g.unit) % (
                g.width * 1.2
            )
            y = (py * 1.2 * g.height + t * 55 * n * g.unit) % (g.height * 1.2)
            size = max(g.unit, 0.3) * n * ONE
            axes = (int(7 * size), int((1.6 + 2.4 * abs(math.sin(t * 2 + sway * 6))) * size))
            angle = turn * 360 + t * 280 * (spin - 0.5)
            at = fixed(x - g.width * 0.1, y - g.height * 0.1)
            cv2.ellipse(mask, at, axes, angle, 0, 360, int(150 + 100 * n), -1, cv2.LINE_AA, SHIFT)
        paint(canvas, mask, self.tone)
