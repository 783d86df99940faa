"""Waves cut from paper, one before the other, each with a lit edge and a soft shadow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.abstract.harmony import Harmony
from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import fbm
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, blur, f32, grid, resize
from genmux.render.stage import Stage
from genmux.render.subpixel import SHIFT, fixed_all

_POINTS = 90
_QUARTER = 4


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """Sheets from back to front; `curves` rows are height, three amplitudes, frequencies and phases, speed.

    `tones` and `rims` are bytes; `light` is the soft light over the whole, 255 for none taken.
    """

    ground: tuple[int, int, int]
    curves: F32
    tones: tuple[tuple[int, int, int], ...]
    rims: tuple[tuple[int, int, int], ...]
    light: U8
    tilt: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover the canvas with the sheets as they are now."""
        canvas[:] = (*self.ground, 255)
        for i, curve in enumerate(self.curves):
            depth = (i + 1) / len(self.curves)
            line = self._line(curve, depth, canvas.shape[1], canvas.shape[0], moment)
            _shade(canvas, line, moment.geometry.unit)
            _sheet(canvas, line, self.tones[i], self.rims[i], moment.geometry.unit)
        cv2.multiply(canvas, self.light, canvas, 1 / 255.0)

    def _line(self, curve: F32, depth: float, width: int, height: int, moment: Moment) -> F32:
        """The edge of a sheet as (n, 2) picture points, left to right."""
        g = moment.geometry
        x = np.linspace(-0.02, 1.02, _POINTS, dtype=np.float32)
        level, t = float(curve[0]), moment.seconds * float(curve[10])
        u = x * width / g.span + moment.pose.x * 0.12 * depth
        y = sum(curve[1 + k] * np.sin(u * curve[4 + k] + curve[7 + k] + t * (1 + 0.4 * k)) for k in range(3))
        rows = (level - moment.pose.y * 0.06 * depth + (x - 0.5) * self.tilt) * height + y * g.span
        return f32(np.stack([x * width, rows], 1))


def _sheet(canvas: U8, line: F32, tone: tuple[int, ...], rim: tuple[int, ...], unit: float) -> None:
    height, width = canvas.shape[:2]
    body = np.concatenate([line, [[width * 1.02, height + 40], [-0.02 * width, height + 40]]])
    fixed = [fixed_all(body)]
    cv2.fillPoly(canvas, fixed, (*tone, 255), cv2.LINE_AA, SHIFT)
    edge = [fixed_all(line + np.array([0, unit]))]
    cv2.polylines(canvas, edge, False, (*rim, 255), max(1, round(2 * unit)), cv2.LINE_AA, SHIFT)


def _shade(canvas: U8, line: F32, unit: float) -> None:
    """Darken what lies just above a sheet's edge."""
    height, width = canvas.shape[:2]
    reach = 46 * unit
    top = int(min(max(line[:, 1].min() - reach, 0), height))
    bottom = int(min(max(line[:, 1].max() + 2, 0), height))
    if bottom - top < 2:
        return
    small = np.zeros((max(1, (bottom - top) // _QUARTER + 1), max(1, width // _QUARTER)), np.uint8)
    lowered = (line - np.array([0, top + 10 * unit])) / _QUARTER
    end = [[width / _QUARTER + 2, small.shape[0] + reach], [-2, small.shape[0] + reach]]
    points = np.round(np.concatenate([lowered, end])).astype(np.int32)
    cv2.fillPoly(small, [points], 125)
    soft = cv2.bitwise_not(resize(blur(small, max(0.8, 13 * unit / _QUARTER)), width, bottom - top))
    band = canvas[top:bottom]
    cv2.multiply(band, cv2.merge((soft,) * 4), band, 1 / 255.0)


def waves(stage: Stage, colours: Harmony) -> list[Element]:
    """The scene's elements."""
    g, rng = stage.geometry, stage.rng
    count = int(rng.integers(6, 9))
    levels = np.linspace(0.16, 0.9, count) + rng.normal(0, 0.02, count)
    if g.height > g.width:
        levels = np.linspace(0.12, 0.92, count)
    amplitudes = rng.uniform([0.035, 0.014, 0.004], [0.115, 0.045, 0.014], (count, 3))
    frequencies = rng.uniform([1.6, 3.4, 6.5], [3.2, 6.0, 10.0], (count, 3))
    phases = rng.uniform(0, 6.28, (count, 3))
    speeds = rng.uniform(0.28, 0.6, count) * rng.choice([-1, 1], count)
    curves = np.concatenate([levels[:, None], amplitudes, frequencies, phases, speeds[:, None]], 1)
    order = np.linspace(0, 1, count)
    if rng.random() < 0.5:
        order = order[::-1]
    ramp = colours.ramp()
    tones = [ramp[int(140 + 800 * v)] for v in order]
    ground = mix(tones[0], f32([1, 1, 1]), 0.28) if order[0] > 0.5 else mix(tones[0], ramp[20], 0.55)
    return [
        Waves(
            ground=_bytes(ground),
            curves=f32(curves),
            tones=tuple(_bytes(t) for t in tones),
            rims=tuple(_bytes(mix(t, f32([1, 1, 1]), 0.3)) for t in tones),
            light=_light(stage),
            tilt=float(rng.uniform(0.06, 0.26)) * float(rng.choice([-1, 1])),
        )
    ]


def _bytes(tone: F32) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in np.round(tone * 255))
    return red, green, blue


def _light(stage: Stage) -> U8:
    """Light from one upper corner, and the grain of the paper."""
    g, rng = stage.geometry, stage.rng
    x, y = grid(g.height, g.width)
    away = np.hypot(x / g.width - (0.85 if stage.flipped else 0.15), y / g.height * 0.8)
    paper = 0.05 * (fbm(rng, g.height, g.width, 90, 3) - 0.5)
    table = np.clip(1.0 - 0.26 * away + paper, 0, 1)
    one = (table * 255).astype(np.uint8)
    return np.asarray(cv2.merge((one, one, one, np.full_like(one, 255))), np.uint8)
