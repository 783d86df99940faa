"""Mushrooms that glow in an enchanted wood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.paint.limbs import limb
from genmux.render.paint.polygons import blank, faces
from genmux.render.palette import colour
from genmux.render.raster import U8, add_light, windows
from genmux.render.shapes import curve, ellipse
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage

_CAP: Final = colour("#7ff5e0")
_DEPTH: Final = 0.46


@dataclass(frozen=True, slots=True, eq=False)
class _Caps:
    """Mushrooms whose light breathes by groups; `glows` are (light, left, top, phase) at quarter size."""

    bodies: Sequence[Sprite]
    glows: tuple[tuple[U8, float, float, float], ...]
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the caps and add their light."""
        for body in self.bodies:
            body.draw(canvas, moment)
        height, width = max(1, canvas.shape[0] // 4), max(1, canvas.shape[1] // 4)
        light = np.zeros((height, width), np.uint8)
        for glow, left, top, phase in self.glows:
            x, y = (v / 4 for v in moment.place(left, top, self.depth))
            power = 0.68 + 0.32 * math.sin(moment.seconds * 1.7 + phase)
            there, here = windows(light.shape, glow.shape, round(x), round(y))
            if light[there].size:
                light[there] = cv2.add(light[there], cv2.convertScaleAbs(glow[here], alpha=power))
        add_light(canvas, light, _CAP)


def glowing_caps(stage: Stage, clear_x: float, floor: float, clear: float) -> Element:
    """Groups of glowing mushrooms beside the clear middle."""
    g, rng = stage.geometry, stage.rng
    pieces, glows = [], []
    for _ in range(max(4, round(3.4 * g.layer_width / g.span))):
        side = float(rng.choice([-1, 1]))
        x = clear_x + side * (clear * 0.9 + float(rng.uniform(0, 0.45)) * g.width)
        down = float(rng.uniform(0.42, 0.9))
        y = floor + down * (g.layer_height - floor) - g.margin_y * 0.8
        size = g.span * 0.05 * (0.35 + 0.65 * down)
        piece, glow = _group(rng, x, y, size)
        pieces.append(piece)
        glows.append((glow, piece.left, piece.top, float(rng.uniform(0, 6))))
    return _Caps(pieces, tuple(glows), _DEPTH)


def _group(rng: np.random.Generator, x: float, y: float, size: float) -> tuple[Sprite, U8]:
    """A few mushrooms as a sprite, and the light about them at quarter size."""
    side = max(16, int(size * 9))
    sprite, middle = blank(side, side), side / 2
    glow = np.zeros((side // 4, side // 4), np.float32)
    v, u = np.mgrid[0 : side // 4, 0 : side // 4].astype(np.float32) * 4
    offsets = rng.normal(0, 1, (int(rng.integers(2, 5)), 2)) * [size * 1.2, size * 0.25]
    for dx, dy in offsets[np.argsort(offsets[:, 1])]:
        tall = size * float(rng.uniform(0.5, 1.15))
        _mushroom(sprite, middle + float(dx), middle + float(dy), tall)
        away = np.hypot(u - middle - dx, v - middle - dy + tall * 0.7) / (tall * 2.1)
        glow += (np.exp(-away * 2.2) * np.clip(2 - away, 0, 1)).astype(np.float32)
    edge = np.clip(2.2 - np.hypot(u - middle, v - middle) / middle * 2.2, 0, 1)
    bright = np.asarray(np.clip(glow * edge, 0, 1) * 105, np.uint8)
    return Sprite(sprite, x - middle, y - middle, _DEPTH), bright


def _mushroom(sprite: U8, x: float, y: float, size: float) -> None:
    stem = limb(
        [
            (x, y, size * 0.13),
            (x + size * 0.04, y - size * 0.4, size * 0.09),
            (x, y - size * 0.72, size * 0.1),
        ],
        4,
    )
    faces(sprite, [stem], colour("#cfeee0"))
    under = ellipse(x, y - size * 0.62, size * 0.44, size * 0.13)
    faces(sprite, [under], colour("#eafff4"))
    cap = curve([(x - size * 0.5, y - size * 0.6), (x - size * 0.36, y - size * 0.9), (x, y - size * 1.06),
                 (x + size * 0.36, y - size * 0.9), (x + size * 0.5, y - size * 0.6),
                  (x, y - size * 0.66)])  # fmt: skip
    faces(sprite, [cap], colour("#2fbfae"))
    shine = curve([(x - size * 0.34, y - size * 0.74), (x - size * 0.2, y - size * 0.92),
        (x + size * 0.1, y - size * 0.98),
                   (x - size * 0.05, y - size * 0.82)])  # fmt: skip
    faces(sprite, [shine], colour("#a8fff0"))
    for dx, dy, r in ((0.2, 0.76, 0.05), (-0.1, 0.72, 0.04), (0.05, 0.88, 0.04)):
        faces(
            sprite,
            [ellipse(x + size * dx, y - size * dy, size * r, size * r * 0.8, points=12)],
            colour("#d8fff6"),
        )
