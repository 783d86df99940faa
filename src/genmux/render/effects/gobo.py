"""Window light on a wall, with the shadow of leaves that move in a breeze."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.raster import F32, U8, blur, f32, resize, warp
from genmux.render.shapes import curve, fill

_COARSE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Gobo:
    """Darkens the canvas except where the light comes through; masks are at quarter size."""

    window: U8
    leaves: U8
    floor: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Multiply the canvas with the light of this moment."""
        g, t = moment.geometry, moment.seconds
        height, width = self.window.shape
        sway = 0.016 * math.sin(t * 1.1) + 0.008 * math.sin(t * 2.3 + 1)
        turn = 0.012 * math.sin(t * 0.8 + 2)
        slide = -moment.pose.x * g.margin_x * 0.2 / _COARSE
        moved = np.array([[1, sway, slide - sway * height / 2], [turn, 1, -turn * width / 2]], np.float32)
        shade = warp(self.leaves, moved, width, height)
        light = warp(self.window, np.array([[1, 0, slide], [0, 1, 0]], np.float32), width, height)
        through = cv2.multiply(light, cv2.bitwise_not(shade), scale=1 / 255.0)
        power = cv2.convertScaleAbs(through, alpha=1 - self.floor, beta=255 * self.floor)
        whole = resize(np.asarray(power, np.uint8), canvas.shape[1], canvas.shape[0])
        cv2.multiply(canvas, cv2.merge((whole,) * 4), canvas, 1 / 255.0)


def gobo(geometry: Geometry, rng: np.random.Generator, side: float, panes: bool, floor: float) -> Gobo:
    """Light that falls from `side`; through panes, or all around with the leaves alone."""
    width, height = max(2, geometry.width // _COARSE), max(2, geometry.height // _COARSE)
    span = min(width, height)
    window = np.zeros((height, width), np.uint8) if panes else np.full((height, width), 255, np.uint8)
    if panes:
        lean, tall = side * 0.5, span * 0.3
        x0, y0 = width * (0.5 + 0.03 * side) - span * 0.42, height * 0.5 - tall * 1.25
        for column in range(3):
            for row in range(2):
                x, y = x0 + column * span * 0.3, y0 + row * tall * 1.08
                pane = [(x, y), (x + span * 0.27, y), (x + span * 0.27, y + tall), (x, y + tall)]
                fill(window, f32([(px - (py - height * 0.5) * lean, py) for px, py in pane]))
    leaves = np.zeros((height, width), np.uint8)
    for _ in range(3):
        _branch(leaves, rng, span, side)
    return Gobo(blur(window, span * 0.022), blur(leaves, span * 0.012), floor)


def _branch(mask: U8, rng: np.random.Generator, span: float, side: float) -> None:
    """A twig with leaves in pairs, reaching in from the upper corner on the side of the light."""
    height, width = mask.shape
    x = width * 0.5 + side * span * float(rng.uniform(0.25, 0.9))
    y = height * float(rng.uniform(-0.15, 0.2))
    angle = math.pi / 2 + side * float(rng.uniform(0.1, 0.8))
    for k in range(11):
        x, y = x + math.cos(angle) * span * 0.07, y + math.sin(angle) * span * 0.07
        angle += float(rng.uniform(-0.12, 0.12))
        size = span * 0.15 * (1 - 0.05 * k)
        for turn in (-0.8, 0.8):
            fill(mask, _leaf(x, y, size, angle + turn), int(rng.integers(150, 235)))


def _leaf(x: float, y: float, size: float, angle: float) -> F32:
    c, s = math.cos(angle), math.sin(angle)
    shape = curve([(0, 0), (0.35, 0.16), (0.7, 0.13), (1, 0), (0.7, -0.13), (0.35, -0.16)], 5) * size
    return f32(np.stack([x + shape[:, 0] * c - shape[:, 1] * s, y + shape[:, 0] * s + shape[:, 1] * c], 1))
