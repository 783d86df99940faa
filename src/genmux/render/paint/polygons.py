"""Antialiased polygons, lines and ovals on premultiplied sprites, in one colour each."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from genmux.render.raster import F32, U8
from genmux.render.subpixel import ONE, SHIFT, fixed, fixed_all

Tone = tuple[float, float, float, float]


def blank(height: int, width: int) -> U8:
    """An empty sprite of at least one pixel."""
    return np.zeros((max(1, height), max(1, width), 4), np.uint8)


def opaque_tone(tone: F32) -> Tone:
    """A colour 0..1 as the bytes of a fully covered pixel."""
    red, green, blue = (min(max(v, 0.0), 1.0) * 255 for v in tone.tolist())
    return red, green, blue, 255.0


def face(sprite: U8, outline: F32, tone: Tone) -> None:
    """Fill an outline (n, 2) in pixels, in place."""
    cv2.fillPoly(sprite, [fixed_all(outline)], tone, cv2.LINE_AA, SHIFT)


def faces(sprite: U8, outlines: Iterable[F32], colour: F32) -> None:
    """Fill outlines with one colour (3) in 0..1, in place."""
    tone = opaque_tone(colour)
    for outline in outlines:
        face(sprite, outline, tone)


def dab(sprite: U8, polygons: F32, colours: F32) -> None:
    """Fill many convex polygons (n, k, 2) in order, each in its colour (n, 3) in 0..1, in place."""
    bytes_of = np.clip(colours * 255, 0, 255).astype(np.uint8).tolist()
    for points, (red, green, blue) in zip(fixed_all(polygons), bytes_of, strict=True):
        cv2.fillConvexPoly(sprite, points, (red, green, blue, 255), cv2.LINE_AA, SHIFT)


def line(sprite: U8, points: F32, tone: Tone, width: float) -> None:
    """Draw a line through points (n, 2) in pixels with round ends, in place; it is at least a pixel wide."""
    cv2.polylines(sprite, [fixed_all(points)], False, tone, max(1, round(width)), cv2.LINE_AA, SHIFT)


def oval(sprite: U8, x: float, y: float, rx: float, ry: float, tone: Tone, turn: float = 0.0) -> None:
    """Fill an ellipse around (x, y), turned by `turn` degrees, in place."""
    axes = max(int(rx * ONE), 4), max(int(ry * ONE), 4)
    cv2.ellipse(sprite, fixed(x, y), axes, turn, 0, 360, tone, -1, cv2.LINE_AA, SHIFT)
