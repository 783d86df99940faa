"""Bubbles that rise through water."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.raster import F32, U8, add_light, mask_of
from genmux.render.subpixel import ONE, SHIFT, fixed


@dataclass(frozen=True, slots=True, eq=False)
class Bubbles:
    """Rising bubbles; `bubbles` rows are x, y, size, sway phase and speed, in 0..1 of the picture."""

    bubbles: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every bubble as a bright rim with a glint."""
        g, t, mask = moment.geometry, moment.seconds, mask_of(canvas)
        size, phase = self.bubbles[:, 2] ** 2.2, self.bubbles[:, 3] * 6.28
        near = 0.35 + 0.65 * size
        rise = t * (46 + 70 * near) * (0.7 + 0.6 * self.bubbles[:, 4]) * g.unit
        x = self.bubbles[:, 0] * g.width + np.sin(t * 2.1 + phase) * (3 + 9 * near) * g.unit
        x = x - moment.pose.x * g.margin_x * near
        y = (self.bubbles[:, 1] * 1.2 * g.height - rise) % (1.2 * g.height) - 0.1 * g.height
        for px, py, s, n in zip(x, y, size, near, strict=True):
            radius = (1.3 + 9.5 * s) * max(g.unit, 0.35)
            _bubble(mask, float(px), float(py), radius, float(n))
        add_light(canvas, np.asarray(cv2.GaussianBlur(mask, (3, 3), 0), np.uint8), (0.86, 0.97, 1.0))


def _bubble(mask: U8, x: float, y: float, radius: float, near: float) -> None:
    steps, at = int(radius * ONE), fixed(x, y)
    bright = int(70 + 110 * near)
    cv2.circle(mask, at, steps, bright // 5, -1, cv2.LINE_AA, SHIFT)
    cv2.circle(mask, at, steps, bright // 2, 1, cv2.LINE_AA, SHIFT)
    if radius > 2:
        axes = (int(steps * 0.78), int(steps * 0.78))
        cv2.ellipse(
            mask, at, axes, 0, 195, 285, bright + 60, max(1, round(radius * 0.16)), cv2.LINE_AA, SHIFT
        )
        cv2.ellipse(mask, at, axes, 0, 30, 75, bright, 1, cv2.LINE_AA, SHIFT)


def bubbles(geometry: Geometry, rng: np.random.Generator, streams: int = 5, each: int = 11) -> Bubbles:
    """Bubbles in a few columns, as they rise from the floor."""
    count = streams * each
    rows = rng.random((count, 5))
    columns = np.repeat(rng.random(streams), each)
    rows[:, 0] = columns + rng.normal(0, 0.018 * geometry.span / geometry.width, count)
    return Bubbles(rows.astype(np.float32))
