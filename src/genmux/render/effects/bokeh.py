"""Bokeh: out-of-focus lights that drift as soft discs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.raster import F32, U8, add_light, blur
from genmux.render.subpixel import ONE, SHIFT, fixed


@dataclass(frozen=True, slots=True, eq=False)
class Bokeh:
    """Soft discs of light, drawn at quarter size; `discs` rows are x, y, size, two phases, tone in 0..1."""

    discs: F32
    tones: tuple[F32, ...]
    size: tuple[float, float]
    strength: float
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of every disc where its drift has brought it."""
        height, width = max(1, canvas.shape[0] // 4), max(1, canvas.shape[1] // 4)
        for k, tone in enumerate(self.tones):
            light = np.zeros((height, width), np.uint8)
            for disc in self.discs[k :: len(self.tones)]:
                self._shine(light, disc, moment)
            add_light(canvas, blur(light, 0.8), tone)

    def _shine(self, light: U8, disc: F32, moment: Moment) -> None:
        """A disc that is brighter at its edge, as a lens draws it."""
        g, t = moment.geometry, moment.seconds
        px, py, size, a, b, _ = (float(v) for v in disc)
        near = self.depth + 0.5 * size
        x = (px * 1.2 - 0.1) * g.width + math.sin(t * 0.35 * (0.5 + a) + b * 6.28) * 34 * g.unit
        y = (
            (py * 1.2 - 0.1) * g.height
            + math.cos(t * 0.3 * (0.5 + b) + a * 6.28) * 22 * g.unit
            - t * 5 * g.unit
        )
        x -= moment.pose.x * g.margin_x * near
        y -= moment.pose.y * g.margin_y * near
        radius = (self.size[0] + (self.size[1] - self.size[0]) * size * size) * g.unit / 4
        power = (
            self.strength * (0.45 + 0.55 * math.sin(t * 0.9 * (0.4 + a) + b * 6.28) ** 2) * (1.1 - 0.6 * size)
        )
        reach = max(2, math.ceil(radius) + 2)
        low_x, low_y = max(int(x / 4) - reach, 0), max(int(y / 4) - reach, 0)
        part = light[low_y : max(int(y / 4) + reach + 1, 0), low_x : max(int(x / 4) + reach + 1, 0)]
        if not part.size:
            return
        shape = np.zeros_like(part)
        at = fixed(x / 4 - low_x, y / 4 - low_y)
        cv2.circle(shape, at, int(radius * ONE), int(170 * power), -1, cv2.LINE_AA, SHIFT)
        cv2.circle(shape, at, int(radius * ONE), int(255 * power), 1, cv2.LINE_AA, SHIFT)
        cv2.add(part, shape, part)


def bokeh(
    geometry: Geometry, rng: np.random.Generator, count: int, tones: tuple[F32, ...],
    size: tuple[float, float] = (10, 58), strength: float = 0.42, depth: float = 0.1, clear: float = 0.0,
) -> Bokeh:  # fmt: skip
    """Discs of radius `size` (units) in some tones; wide pictures have more of them.

    None starts nearer to the middle than `clear`, a share of the width.
    """
    wide = geometry.width / max(geometry.span, 1)
    discs = rng.random((max(4, round(count * min(wide, 2.4) ** 0.5)), 6)).astype(np.float32)
    aside = discs[:, 0] - 0.5
    discs[:, 0] = 0.5 + np.copysign(clear + np.abs(aside) * (1 - 2 * clear), aside)
    return Bokeh(discs, tones, size, strength, depth)
