"""Antialiased marks on premultiplied sprites: faces, lines and ovals in one colour each."""

from __future__ import annotations

import cv2
import numpy as np

from genmux.render.effects.brush import ONE, SHIFT
from genmux.render.raster import F32, U8

Tone = tuple[float, float, float, float]


def opaque_tone(tone: F32) -> Tone:
    """A colour 0..1 as the bytes of a fully covered pixel."""
    red, green, blue = (min(max(v, 0.0), 1.0) * 255 for v in tone.tolist())
    return red, green, blue, 255.0


def face(sprite: U8, outline: F32, tone: Tone) -> None:
    """Fill an outline (n, 2) in pixels, in place."""
    cv2.fillPoly(sprite, [np.round(outline * ONE).astype(np.int32)], tone, cv2.LINE_AA, SHIFT)


def stroke(sprite: U8, points: F32, tone: Tone, width: float) -> None:
    """Draw a line through points (n, 2) in pixels with round ends, in place; it is at least a pixel wide."""
    line = [np.round(points * ONE).astype(np.int32)]
    cv2.polylines(sprite, line, False, tone, max(1, round(width)), cv2.LINE_AA, SHIFT)


def oval(sprite: U8, x: float, y: float, rx: float, ry: float, tone: Tone, turn: float = 0.0) -> None:
    """Fill an ellipse around (x, y), turned by `turn` degrees, in place."""
    axes = max(int(rx * ONE), 4), max(int(ry * ONE), 4)
    centre = int(x * ONE), int(y * ONE)
    cv2.ellipse(sprite, centre, axes, turn, 0, 360, tone, -1, cv2.LINE_AA, SHIFT)
