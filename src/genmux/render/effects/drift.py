"""What drifts through the air: petals, leaves and embers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.paint.polygons import dab
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, add_light, blur, f32, mask_of, paint
from genmux.render.subpixel import ONE, SHIFT, fixed

_AUTUMN: Final = f32([colour(hue) for hue in ("#b8371c", "#e2762a", "#f2b63c", "#8f4a22")])
_EMBER: Final = colour("#ffa24a")
_LEAF: Final = f32([(1, 0), (0.35, 0.42), (-0.3, 0.4), (-0.95, 0), (-0.3, -0.4), (0.35, -0.42)])


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


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """Falling autumn leaves of several hues; `leaves` rows are x, y, nearness, sway, turn, spin in 0..1."""

    leaves: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every leaf as it swings and turns over on its way down."""
        outlines = f32([_leaf(row, moment) for row in self.leaves])
        light = 0.72 + 0.28 * self.leaves[:, 5:6]
        dab(canvas, outlines, f32(_AUTUMN[(self.leaves[:, 3] * len(_AUTUMN)).astype(int)] * light))


def _leaf(row: F32, moment: Moment) -> F32:
    """The outline of one leaf on the canvas."""
    px, py, near, sway, turn, spin = (float(v) for v in row)
    g, t, n = moment.geometry, moment.seconds, 0.35 + 0.65 * near**1.5
    swing = math.sin(t * 1.25 + sway * 6.3)
    x = (px * 1.2 * g.width + (t * 34 * n + swing * 42 * n) * g.unit - moment.pose.x * g.margin_x * n) % (
        g.width * 1.2
    )
    y = (py * 1.2 * g.height + (t * 74 * n + abs(swing) * 12) * g.unit) % (g.height * 1.2)
    angle = turn * 6.3 + swing * 0.9 + t * (spin - 0.5) * 1.6
    over = 0.25 + 0.75 * abs(math.sin(t * 1.7 + spin * 6.3))
    size = 12.5 * n * max(g.unit, 0.3)
    c, s = math.cos(angle) * size, math.sin(angle) * size
    u, v = _LEAF[:, 0], _LEAF[:, 1] * over
    at = np.array([x - g.width * 0.1, y - g.height * 0.1])
    return f32(np.stack([u * c - v * s, u * s + v * c], 1) + at)


@dataclass(frozen=True, slots=True, eq=False)
class Embers:
    """Sparks that rise, waver and fade; `embers` rows are x, y, size, sway and flicker in 0..1."""

    embers: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of every spark and its halo, at half size."""
        g, t = moment.geometry, moment.seconds
        mask = np.zeros((max(1, canvas.shape[0] // 2), max(1, canvas.shape[1] // 2)), np.uint8)
        for px, py, size, sway, flicker in self.embers:
            n = 0.3 + 0.7 * size**2
            risen = (py + t * (0.05 + 0.11 * n)) % 1.1
            x = px * g.width + math.sin(t * (0.8 + sway) + sway * 6.3) * 34 * n * g.unit
            power = (1 - risen / 1.1) ** 0.7 * (
                0.62 + 0.38 * math.sin(t * 9 * (0.5 + flicker) + flicker * 6.3)
            )
            radius = max(int((0.8 + 1.9 * n) * max(g.unit, 0.35) * ONE / 2), ONE // 3)
            at = fixed(x / 2, (1.05 - risen) * g.height / 2)
            cv2.circle(mask, at, radius, int(255 * power), -1, cv2.LINE_AA, SHIFT)
        halo = cv2.convertScaleAbs(blur(mask, 4.5 * max(g.unit, 0.3)), alpha=2.6)
        add_light(canvas, np.asarray(cv2.add(mask, halo), np.uint8), _EMBER)
