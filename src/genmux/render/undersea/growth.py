"""What grows under water before it has a colour: drawn as light and coverage, coloured when it is planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import smoothstep
from genmux.render.palette import polar, ramp
from genmux.render.raster import F32, U8, blur, f32, premultiplied, resize
from genmux.render.subpixel import SHIFT, fixed_all

SOFTEN: Final = 2
"""How many times larger a board is than its form."""

# OKLab hue, chroma and lightness of living colours: pinks, reds, oranges, yellows, greens, blues, violets.
HUES: Final[tuple[tuple[float, float, float], ...]] = (
    (5, 0.19, 0.66), (355, 0.16, 0.72), (25, 0.18, 0.60), (48, 0.17, 0.70), (70, 0.15, 0.78),
    (100, 0.14, 0.84), (128, 0.14, 0.74), (175, 0.10, 0.74), (285, 0.14, 0.62), (312, 0.16, 0.62),
    (335, 0.18, 0.64), (85, 0.05, 0.86),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A growth before it has a colour: light and coverage 0..1, rooted at the middle of its lower edge."""

    light: F32
    cover: F32


@dataclass(slots=True, eq=False)
class Sketch:
    """A drawing board of `size` pixels; lines are painted on `light` and covered on `cover`."""

    light: U8
    cover: U8

    def line(self, points: F32, width: float, value: int) -> None:
        """A round-ended line through the points."""
        fixed = fixed_all(points)
        thick = max(1, round(width))
        cv2.polylines(self.light, [fixed], False, value, thick, cv2.LINE_AA, SHIFT)
        cv2.polylines(self.cover, [fixed], False, 255, thick, cv2.LINE_AA, SHIFT)

    def tube(self, points: F32, width: float, value: int) -> None:
        """A line shaded like a tube lit from the upper left."""
        lit = f32(points - np.array([0.2, 0.12], np.float32) * width)
        self.line(points, width, round(value * 0.42))
        for share, bright in ((0.62, 0.74), (0.28, 1.0)):
            fixed = fixed_all(points + (lit - points) * (1 - share))
            thick = max(1, round(width * share))
            cv2.polylines(self.light, [fixed], False, round(value * bright), thick, cv2.LINE_AA, SHIFT)

    def disc(self, x: float, y: float, radius: float, value: int) -> None:
        """A filled circle."""
        at, r = (round(x * 16), round(y * 16)), max(8, round(radius * 16))
        cv2.circle(self.light, at, r, value, -1, cv2.LINE_AA, SHIFT)
        cv2.circle(self.cover, at, r, 255, -1, cv2.LINE_AA, SHIFT)

    def area(self, points: F32, value: int) -> None:
        """A filled outline."""
        fixed = fixed_all(points)
        cv2.fillPoly(self.light, [fixed], value, cv2.LINE_AA, SHIFT)
        cv2.fillPoly(self.cover, [fixed], 255, cv2.LINE_AA, SHIFT)

    def form(self) -> Form:
        """What was drawn, at half of the board's size."""
        height, width = self.light.shape[0] // SOFTEN, self.light.shape[1] // SOFTEN
        light, cover = (resize(a, width, height, cv2.INTER_AREA) for a in (self.light, self.cover))
        shown = f32(cover / 255)
        return Form(f32(np.clip(light / np.maximum(cover, 1), 0, 1)), shown)


def board_of(height: int, width: int) -> Sketch:
    """An empty board for a form of this size."""
    shape = (height * SOFTEN, width * SOFTEN)
    return Sketch(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))


def dressed(form: Form, hue: Sequence[float], air: F32, haze: float, lit: F32) -> tuple[F32, F32]:
    """Colour (h, w, 3) and coverage of a growth of a row of `HUES`, seen through `haze` 0..1 of water."""
    turn, chroma, lightness = hue
    stops = [
        (0.0, polar(0.20, chroma * 0.5, turn - 55)),
        (0.35, polar(lightness * 0.62, chroma * 0.9, turn - 12)),
        (0.72, polar(lightness, chroma, turn)),
        (1.0, polar(min(lightness + 0.2, 0.96), chroma * 0.55, turn + 14)),
    ]
    height, width = form.light.shape
    up = 1 - (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    shade = 0.5 + 0.54 * smoothstep(0.0, 0.75, up)
    rgb = ramp(stops, f32(form.light * shade)) * lit
    aside = (np.arange(width, dtype=np.float32)[None, :] / width - 0.5) * 2
    footed = smoothstep(0.0, 0.07, f32(up - 0.16 * aside**2))
    return f32(rgb * (1 - haze) + air * haze), f32(form.cover * footed)


def sprite_of(form: Form, hue: Sequence[float], air: F32, haze: float, lit: F32) -> U8:
    """A growth in colour as a sprite."""
    return premultiplied(*dressed(form, hue, air, haze, lit))


def scaled(form: Form, height: float) -> Form:
    """The growth at another height in pixels."""
    rows = max(2, round(height))
    columns = max(2, round(form.light.shape[1] * rows / form.light.shape[0]))
    shrink = form.light.shape[0] / rows
    light, cover = (blur(a, 0.3 * (shrink - 1)) if shrink > 1.5 else a for a in (form.light, form.cover))
    return Form(resize(light, columns, rows, cv2.INTER_AREA), resize(cover, columns, rows, cv2.INTER_AREA))
