"""Head and tail lights that run along a line of the scene."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, add_light


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """Two streams on layer row `row`; `cars` rows are lane, place, speed and offset in 0..1."""

    cars: F32
    row: float
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw each car as a short streak of light."""
        g = moment.geometry
        red, white = (np.zeros(canvas.shape[:2], np.uint8) for _ in range(2))
        line = moment.place(0, self.row, self.depth)[1]
        for lane, place, speed, offset in self.cars:
            away = lane < 0.5
            step = (1 if away else -1) * moment.seconds * 0.07 * (0.7 + 0.6 * speed)
            x = ((place + step) % 1.1 - 0.05) * g.width
            y = line + ((2 if away else -2) - offset * 3) * g.unit
            end = x - (5 + 12 * speed) * g.unit
            start, tail = ((int(v * 16), int(y * 16)) for v in (x, end))
            cv2.line(
                red if away else white,
                start,
                tail,
                int(130 + 110 * offset),
                max(1, round(g.unit)),
                cv2.LINE_AA,
                4,
            )
        add_light(canvas, red, (1.0, 0.25, 0.15))
        add_light(canvas, white, (1.0, 0.95, 0.8))


def traffic(rng: np.random.Generator, row: float, depth: float, count: int = 60) -> Traffic:
    """Traffic on a layer row."""
    return Traffic(rng.random((count, 4)).astype(np.float32), row, depth)
