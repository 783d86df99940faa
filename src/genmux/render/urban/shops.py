"""What is seen through a shop window: a lit room, shelves and the things on them."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from genmux.render.palette import colour
from genmux.render.raster import F32, blur, f32, spread
from genmux.render.shapes import curve, ellipse, fill

_GOODS: Final = tuple(
    colour(c)
    for c in ("#b5483a", "#c98a3a", "#4a6a8a", "#6a8a5a", "#8a5a7a", "#d8c8a8", "#3a3a44", "#a86a4a")
)


def room(rng: np.random.Generator, pane: F32, lamp: F32, level: float) -> None:
    """Fill a window's pixels (h, w, 3) with a shop's inside, in place; `level` is how strongly it is lit."""
    h, w = pane.shape[:2]
    if h < 3 or w < 3:
        pane[:] = lamp * level * 0.7
        return
    y = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, w, dtype=np.float32)[None, :]
    back = (0.8 - 0.5 * y) * (1 - 0.22 * x * x)
    pane[:] = back[..., None] * lamp * level
    _shelves(rng, pane, lamp * level)
    if rng.random() < 0.45:
        _keeper(pane, float(rng.uniform(0.2, 0.8)))
    _spots(rng, pane, x, y, level)


def _shelves(rng: np.random.Generator, pane: F32, light: F32) -> None:
    h, w = pane.shape[:2]
    shelves = int(rng.integers(2, 5))
    span = 0.66 / shelves
    for k in range(shelves):
        floor = int(h * (0.34 + span * (k + 1)))
        things = max(2, int(w / h * rng.uniform(5, 11)))
        edges = np.linspace(0, w, things + 1).astype(int)
        for left, right in itertools.pairwise(edges):
            if rng.random() < 0.25:
                continue
            tall = max(1, int(h * span * rng.uniform(0.3, 0.85)))
            tone = _GOODS[int(rng.integers(len(_GOODS)))] * float(rng.uniform(0.6, 1.2))
            gap = max(1, (right - left) // 6)
            pane[max(floor - tall, 0) : floor, left + gap : right] = light * (0.08 + tone * 0.8)
        pane[floor : floor + max(1, h // 36)] *= 0.45


def _keeper(pane: F32, at: float) -> None:
    """Somebody inside, against the light."""
    h, w = pane.shape[:2]
    mask = np.zeros((h, w), np.uint8)
    fill(mask, ellipse(at * w, h * 0.4, h * 0.055, h * 0.07))
    shoulders = [(-0.12, 1.0), (-0.13, 0.6), (-0.1, 0.52), (0, 0.46), (0.1, 0.52), (0.13, 0.6), (0.12, 1.0)]
    fill(mask, curve(f32(shoulders) * h + f32([at * w, 0]), 4))
    pane *= spread(blur(f32(1 - f32(mask) / 255 * 0.75), h * 0.008))


def _spots(rng: np.random.Generator, pane: F32, x: F32, y: F32, level: float) -> None:
    """Lamps below the ceiling and the cones of light under them."""
    for at in np.linspace(-0.8, 0.8, int(rng.integers(2, 5))):
        bulb = np.exp(-(((x - at) / 0.05) ** 2) - ((y - 0.1) / 0.05) ** 2) * 0.9
        cone = np.exp(-(((x - at) / (0.08 + 0.3 * y)) ** 2)) * np.exp(-2.2 * y) * 0.35
        pane += f32((bulb + cone) * level)[..., None]
