"""Ribbons of light: bundles of fine bright lines that weave through the dark."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.abstract.harmony import Harmony
from genmux.render.camera import Moment
from genmux.render.effects import motes
from genmux.render.layers import Element, backdrop
from genmux.render.raster import F32, U8, add_light, blend, blur, f32, grid, resize
from genmux.render.stage import Stage
from genmux.render.subpixel import SHIFT, fixed_all

_POINTS = 72


@dataclass(frozen=True, slots=True, eq=False)
class Ribbon:
    """A bundle of lines around one curve.

    `path` is height, two amplitudes, two frequencies, two phases and speed; `twist` is how the lines part.
    """

    path: F32
    twist: F32
    count: int
    tone: F32
    core: F32
    upright: bool

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of every line, at half size, with a glow around the bundle."""
        height, width = canvas.shape[:2]
        mask = np.zeros((max(2, height // 2), max(2, width // 2)), np.uint8)
        lines = self._lines(mask.shape[1], mask.shape[0], moment)
        for i, line in enumerate(fixed_all(lines)):
            share = i / max(self.count - 1, 1)
            value = int(26 + 150 * (0.5 + 0.5 * np.cos((share - 0.5) * 9.4)) * (0.4 + 0.6 * share))
            cv2.polylines(mask, [line], False, value, 1, cv2.LINE_AA, SHIFT)
        small = resize(mask, max(2, width // 8), max(2, height // 8), cv2.INTER_AREA)
        glow = cv2.convertScaleAbs(blur(small, max(1.0, 30 * moment.geometry.unit / 8)), alpha=2.4)
        add_light(canvas, np.asarray(glow, np.uint8), self.tone)
        add_light(canvas, mask, self.core)

    def _lines(self, width: int, height: int, moment: Moment) -> F32:
        """Points (line, point, 2) at half size."""
        level, a1, a2, f1, f2, p1, p2, speed = (float(v) for v in self.path)
        part, f3, p3, f4, p4 = (float(v) for v in self.twist)
        t = moment.seconds * speed
        long, short = (height, width) if self.upright else (width, height)
        u = np.linspace(-0.03, 1.03, _POINTS, dtype=np.float32)[None, :]
        k = np.linspace(-1, 1, self.count, dtype=np.float32)[:, None]
        middle = level + a1 * np.sin(u * f1 + p1 + t) + a2 * np.sin(u * f2 + p2 - t * 1.3)
        open_by = part * (0.15 + 0.85 * np.sin(u * f3 + p3 + t * 0.8) ** 2)
        curl = np.sin(u * f4 + k * 1.9 + p4 + t * 1.1) * 0.35
        across = (middle + open_by * (k + curl) - moment.pose.x * 0.02) * short
        along = np.repeat(u * long, self.count, axis=0)
        pair = (across, along) if self.upright else (along, across)
        return f32(np.stack(pair, 2))


def ribbons(stage: Stage, colours: Harmony) -> list[Element]:
    """The scene's elements, far to near."""
    g, rng = stage.geometry, stage.rng
    upright = g.height > g.width * 1.2
    elements: list[Element] = [backdrop(_dusk(stage, colours))]
    count = int(rng.integers(2, 4))
    levels = 0.5 + (np.arange(count) - (count - 1) / 2) * 0.24 + rng.normal(0, 0.03, count)
    for i in range(count):
        shape = rng.uniform([0.1, 0.04, 3.0, 7.0, 0, 0], [0.22, 0.1, 6.0, 11.0, 6.28, 6.28])
        path = [levels[i], *shape, float(rng.choice([-1, 1])) * float(rng.uniform(0.35, 0.7))]
        twist = rng.uniform([0.08, 2.5, 0, 3, 0], [0.17, 5.5, 6.28, 8, 6.28])
        glow, core = colours.tone(i, 0.62, 0.2), colours.tone(i + 1, 0.86, 0.1)
        elements.append(Ribbon(f32(path), f32(twist), int(rng.integers(24, 34)), glow, core, upright))
    elements.append(motes(g, rng, 40, colours.tone(1, 0.88, 0.07), top=0.0, sizes=(1, 5), wander=18))
    return elements


def _dusk(stage: Stage, colours: Harmony) -> F32:
    """A dark ground with two clouds of colour."""
    g, rng = stage.geometry, stage.rng
    height, width = max(2, g.layer_height // 4), max(2, g.layer_width // 4)
    x, y = grid(height, width)
    x, y = f32(x / width), f32(y / height)
    rgb: F32 = blend(colours.tone(0, 0.13, 0.05), colours.tone(1, 0.20, 0.07), f32(y))
    for which in (0, 1):
        at_x, at_y = (float(v) for v in rng.uniform(0.15, 0.85, 2))
        fall = np.exp(-((x - at_x) ** 2 / 0.09 + (y - at_y) ** 2 / 0.07))
        rgb = f32(rgb + fall[..., None] * colours.tone(which, 0.42, 0.15) * 0.6)
    return resize(f32(np.clip(rgb, 0, 1)), g.layer_width, g.layer_height, cv2.INTER_CUBIC)
