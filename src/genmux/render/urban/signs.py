"""Shop signs: glowing strokes that look like writing and say nothing."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from genmux.render.palette import colour
from genmux.render.raster import F32, blur, f32, spread

NEON: Final = tuple(
    colour(c) for c in ("#ff3fa8", "#39e6ff", "#ffd23c", "#ff4a4a", "#7d6bff", "#42ffb0", "#ff8a3c")
)
_CELL: Final = 26

# Strokes of a glyph on a grid of 0..1; each glyph takes some of them.
_STROKES: Final = (
    (0.15, 0.2, 0.85, 0.2), (0.15, 0.5, 0.85, 0.5), (0.1, 0.82, 0.9, 0.82), (0.5, 0.1, 0.5, 0.9),
    (0.22, 0.2, 0.22, 0.82), (0.78, 0.2, 0.78, 0.82), (0.5, 0.5, 0.18, 0.88), (0.5, 0.5, 0.84, 0.88),
    (0.3, 0.35, 0.7, 0.35), (0.3, 0.66, 0.7, 0.66), (0.2, 0.12, 0.32, 0.3), (0.34, 0.35, 0.34, 0.66),
)  # fmt: skip


def sign(rng: np.random.Generator, cells: int, upright: bool, tone: F32, panel: float = 0.0) -> F32:
    """A sign of `cells` glyphs as a premultiplied texture; `panel` 0..1 is how much its ground shines."""
    along, across = cells * _CELL + 10, _CELL + 10
    height, width = (along, across) if upright else (across, along)
    tubes = np.zeros((height, width), np.float32)
    cv2.rectangle(tubes, (3, 3), (width - 4, height - 4), 0.8, 1, cv2.LINE_AA)
    for cell in range(cells):
        step = 5 + cell * _CELL
        _glyph(tubes, rng, (5, step) if upright else (step, 5))
    halo = blur(tubes, 3.5) * 1.5
    face = colour("#0d0b16") + tone * panel
    core = np.clip(tone * 0.7 + 0.3, 0, 1) * 1.9
    if panel > 0.35:
        ink = 1.5 if panel < 0.7 else 0.2
        light = face * (1.3 - 1.1 * spread(tubes)) + spread(tubes) * colour("#fff8ea") * ink
    else:
        light = face + spread(halo) * tone * 0.8 + spread(tubes) * core
    return np.dstack([f32(light), np.ones((height, width), np.float32)])


def _glyph(tubes: F32, rng: np.random.Generator, at: tuple[int, int]) -> None:
    for k in rng.choice(len(_STROKES), int(rng.integers(4, 7)), replace=False):
        x0, y0, x1, y1 = (round(v * (_CELL - 4) * 16) for v in _STROKES[k])
        left, top = (v * 16 + 32 for v in at)
        cv2.line(tubes, (left + x0, top + y0), (left + x1, top + y1), 1.0, 2, cv2.LINE_AA, 4)


def hologram(rng: np.random.Generator, width: int, height: int, tone: F32) -> F32:
    """A large picture of light: abstract bands and a figure of rings, as light (h, w, 3) in 0..1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / max(width - 1, 1) - 0.5, y / max(height - 1, 1) - 0.5
    waves = np.sin(v * float(rng.uniform(8, 16)) + np.sin(u * float(rng.uniform(4, 9))) * 1.8)
    away = np.hypot(u * width / max(height, 1), v - float(rng.uniform(-0.2, 0.1)))
    rings = np.exp(-(((away - 0.2) / 0.03) ** 2)) + 0.6 * np.exp(-(((away - 0.28) / 0.015) ** 2))
    body = 0.14 + 0.12 * waves + rings
    lines = 0.75 + 0.25 * (np.floor(y / 2) % 2)
    edge = np.clip(np.minimum(0.5 - np.abs(u), 0.5 - np.abs(v)) * 9, 0, 1) ** 1.5
    other = NEON[int(rng.integers(len(NEON)))]
    hue = spread(f32(np.clip(v + 0.5, 0, 1)))
    return f32(np.clip((tone * (1 - hue) + other * hue) * spread(f32(body * lines * edge)), 0, 1))
