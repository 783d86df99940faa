"""Silhouettes everybody knows: towers of Shanghai and Paris, a gate tower, a spire, high-rise towers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.palette import colour
from genmux.render.raster import F32, f32, resize, spread
from genmux.render.shapes import curve, ellipse, fill, polygon


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A filled outline of a landmark of height 1: x about 0, y up.

    `shade` scales its wall, `glow` its lamps; `pattern`, a key of PATTERNS, says how lamps are set on it.
    """

    outline: F32
    shade: float = 1.0
    glow: float = 0.0
    pattern: str = "plain"


@dataclass(frozen=True, slots=True, eq=False)
class Landmark:
    """Parts from back to front, half of the width they take, and the colours of the lamps low and high."""

    parts: tuple[Part, ...]
    half: float
    lamps: tuple[F32, F32]


def _even(*half: tuple[float, float]) -> F32:
    """A symmetric outline from its right half, from the ground up."""
    return polygon([*half, *((-x, y) for x, y in reversed(half))])


def _swept(*half: tuple[float, float]) -> F32:
    """A symmetric outline with a curved right half."""
    right = curve(half, 8, closed=False)
    return f32(np.concatenate([right, right[::-1] * f32([-1, 1])]))


def _bar(left: float, low: float, right: float, high: float) -> F32:
    return polygon([(left, low), (right, low), (right, high), (left, high)])


_PEARL: Final = Landmark(
    (
        Part(polygon([(-0.2, 0), (-0.17, 0), (-0.02, 0.3), (-0.04, 0.3)]), 0.8, 0.25),
        Part(polygon([(0.2, 0), (0.17, 0), (0.02, 0.3), (0.04, 0.3)]), 0.8, 0.25),
        *(Part(_bar(x - 0.013, 0, x + 0.013, 0.66), 0.9, 0.45) for x in (-0.045, 0.0, 0.045)),
        Part(ellipse(0, 0.055, 0.05, 0.05), 1.0, 0.5, "dots"),
        Part(ellipse(0, 0.24, 0.105, 0.105), 1.1, 0.95, "dots"),
        Part(_bar(-0.1, 0.235, 0.1, 0.246), 0.5, 1.0),
        *(Part(ellipse(0, y, 0.027, 0.025), 1.0, 0.7) for y in (0.4, 0.455, 0.51)),
        Part(ellipse(0, 0.62, 0.07, 0.07), 1.1, 1.0, "dots"),
        Part(_bar(-0.066, 0.615, 0.066, 0.625), 0.5, 1.0),
        Part(_even((0.022, 0.68), (0.018, 0.77)), 0.9, 0.5),
        Part(ellipse(0, 0.78, 0.027, 0.027), 1.1, 0.9, "dots"),
        Part(_even((0.011, 0.8), (0.007, 0.9), (0.002, 1.0)), 0.9, 0.35),
    ),
    0.21,
    (colour("#ff3f8e"), colour("#8a6bff")),
)  # fmt: skip
_OPENER: Final = Landmark(
    (
        Part(polygon([(-0.11, 0), (0.11, 0), (0.085, 0.99), (0.055, 1.0), (0.05, 0.86), (-0.05, 0.86),
                      (-0.055, 1.0), (-0.085, 0.99)]), 1.0, 0.75, "windows"),
        Part(_bar(-0.07, 0.965, 0.07, 1.0), 1.1, 0.7),
        Part(polygon([(0.11, 0), (0.04, 0), (0.06, 0.86), (0.085, 0.99)]), 0.7, 0.55, "windows"),
    ),
    0.12,
    (colour("#7fb4ff"), colour("#cfe6ff")),
)  # fmt: skip
_SPIRAL: Final = Landmark(
    (
        Part(_swept((0.105, 0), (0.1, 0.3), (0.086, 0.6), (0.07, 0.86), (0.05, 0.985), (0.03, 1.0)),
             1.0, 0.75, "windows"),
        Part(curve([(0.105, 0), (0.1, 0.3), (0.086, 0.6), (0.07, 0.86), (0.05, 0.985), (0.01, 0.9),
                    (0.05, 0.6), (0.02, 0.3), (0.06, 0)], 6), 0.7, 0.5, "windows"),
    ),
    0.11,
    (colour("#8fd0ff"), colour("#ffffff")),
)  # fmt: skip
_EIFFEL: Final = Landmark(
    (
        Part(polygon([(-0.2, 0), (-0.13, 0), (-0.075, 0.17), (0.075, 0.17), (0.13, 0), (0.2, 0),
                      (0.132, 0.175), (0.088, 0.34), (0.048, 0.56), (0.026, 0.8), (0.016, 0.93),
                      (-0.016, 0.93), (-0.026, 0.8), (-0.048, 0.56), (-0.088, 0.34), (-0.132, 0.175)]),
             1.0, 0.8, "lattice"),
        Part(curve([(-0.125, 0.02), (-0.085, 0.11), (0, 0.155), (0.085, 0.11), (0.125, 0.02), (0.1, 0.12),
                    (0, 0.178), (-0.1, 0.12)], 6), 0.75, 0.9),
        Part(_bar(-0.145, 0.172, 0.145, 0.198), 0.7, 1.0),
        Part(polygon([(-0.05, 0.2), (0.05, 0.2), (0.0, 0.335)]), 0.55, 0.12),
        Part(_bar(-0.092, 0.335, 0.092, 0.356), 0.7, 1.0),
        Part(polygon([(-0.028, 0.36), (0.028, 0.36), (0.0, 0.62)]), 0.6, 0.2),
        Part(_bar(-0.03, 0.9, 0.03, 0.935), 0.75, 1.0),
        Part(_even((0.012, 0.93), (0.004, 0.97), (0.002, 1.0)), 0.8, 0.5),
    ),
    0.21,
    (colour("#ffb347"), colour("#ffd27a")),
)  # fmt: skip


def _tier(base: float, half: float, wall: float, roof: float) -> tuple[Part, ...]:
    """One storey of a gate tower: its wall and its upswept roof."""
    eave = base + wall
    shape = curve([(-half * 1.4, eave + 0.015), (-half * 0.9, eave), (0, eave - 0.008), (half * 0.9, eave),
                   (half * 1.4, eave + 0.015), (half * 0.85, eave + roof * 0.5), (half * 0.6, eave + roof),
                   (0, eave + roof * 1.04), (-half * 0.6, eave + roof),
                   (-half * 0.85, eave + roof * 0.5)], 4)  # fmt: skip
    return (Part(_bar(-half, base, half, eave), 1.0, 0.75), Part(shape, 0.42, 0.0))


_GATE: Final = Landmark(
    (
        Part(polygon([(-0.5, 0), (0.5, 0), (0.46, 0.34), (-0.46, 0.34)]), 0.7, 0.05),
        Part(ellipse(0, 0.13, 0.09, 0.09), 0.4, 0.8),
        Part(_bar(-0.09, 0, 0.09, 0.13), 0.4, 0.8),
        *_tier(0.34, 0.34, 0.13, 0.14),
        *_tier(0.6, 0.24, 0.11, 0.16),
        Part(_bar(-0.15, 0.86, 0.15, 0.885), 0.4, 0.0),
    ),
    0.55,
    (colour("#ff9a4a"), colour("#ffc46b")),
)
_SPIRE: Final = Landmark(
    (
        Part(_even((0.16, 0), (0.16, 0.3), (0.0, 0.46)), 0.9, 0.1),
        Part(_even((0.075, 0), (0.075, 0.56), (0.05, 0.6), (0.012, 0.95), (0.003, 1.0)), 1.0, 0.16),
        Part(ellipse(0, 0.48, 0.032, 0.032), 0.6, 0.9),
    ),
    0.18,
    (colour("#ffcf8a"), colour("#ffe3b0")),
)
_TOWERS: Final = Landmark(
    (
        Part(
            _even((0.12, 0), (0.12, 0.62), (0.08, 0.62), (0.08, 0.8), (0.03, 0.86), (0.006, 1.0)),
            1.0,
            0.7,
            "windows",
        ),
        Part(_bar(-0.34, 0, -0.16, 0.55), 0.9, 0.6, "windows"),
        Part(_bar(0.15, 0, 0.3, 0.46), 0.85, 0.6, "windows"),
        Part(_bar(0.26, 0, 0.42, 0.66), 0.95, 0.6, "windows"),
        Part(_bar(-0.46, 0, -0.3, 0.38), 0.8, 0.5, "windows"),
    ),
    0.46,
    (colour("#ffd493"), colour("#ffe9c2")),
)
LANDMARKS: Final[dict[str, Landmark]] = {
    "pearl": _PEARL, "opener": _OPENER, "spiral": _SPIRAL, "eiffel": _EIFFEL, "pagoda": _GATE,
    "spire": _SPIRE, "towers": _TOWERS,
}  # fmt: skip


def figure(
    rng: np.random.Generator, landmark: Landmark, height: int, walls: tuple[F32, F32], lit: float,
    supersample: int = 2,
) -> tuple[F32, F32, F32]:  # fmt: skip
    """A landmark `height` pixels high as colour (h, w, 3), coverage (h, w) and lamp light (h, w, 3).

    `walls` are the colours of what is solid and of what is glass.
    """
    size = max(8, height) * supersample
    rows, columns = size, max(4, int(size * landmark.half * 2.1))
    up = np.linspace(1, 0, rows, dtype=np.float32)
    across = np.linspace(1.14, 0.8, columns, dtype=np.float32)[None, :, None]
    base, lamps = (np.zeros((rows, columns, 3), np.float32) for _ in range(2))
    cover = np.zeros((rows, columns), np.float32)
    tone = (landmark.lamps[0] + (landmark.lamps[1] - landmark.lamps[0]) * up[:, None])[:, None, :]
    step = max(3, round(supersample * max(2.6, height / (110 if supersample > 1 else 76))))
    for part in landmark.parts:
        mask = _filled(part.outline, rows, columns)
        share = mask[..., None]
        lamp = PATTERNS[part.pattern](rng, mask, step)[..., None]
        wall = walls[part.pattern == "windows"]
        base = base * (1 - share) + wall * part.shade * across * share * (1 - 0.16 * (lamp > 0.02))
        lamps = lamps * (1 - share) + tone * lamp * (part.glow * lit) * share
        cover = np.maximum(cover, mask)
    w, h = max(2, columns // supersample), max(2, rows // supersample)
    small = [resize(f32(v), w, h, cv2.INTER_AREA) for v in (base, cover, lamps)]
    return f32(small[0] / spread(np.maximum(small[1], 1e-3))), small[1], small[2]


def _plain(rng: np.random.Generator, mask: F32, step: int) -> F32:
    """Even light that falls off toward the edges."""
    columns = np.flatnonzero(mask.max(axis=0) > 0)
    middle, half = (columns[0] + columns[-1]) / 2, max(1.0, (columns[-1] - columns[0]) / 2)
    away = np.clip(np.abs(np.arange(mask.shape[1]) - middle) / half, 0, 1)
    return f32(np.repeat(0.45 + 0.55 * np.sqrt(1 - away**2)[None, :], mask.shape[0], axis=0))


def _windows(rng: np.random.Generator, mask: F32, step: int) -> F32:
    """Floors of windows, some lit."""
    y, x = np.arange(mask.shape[0]), np.arange(mask.shape[1])
    cells = rng.random((len(y) // step + 1, len(x) // step + 1))
    lit = np.where(cells < 0.34, 0.35 + cells * 1.9, 0.04)
    lit[rng.random(len(lit)) < 0.08] = 0.9
    pane = ((y % step) > step * 0.25)[:, None] & ((x % step) > step * 0.25)[None, :]
    return f32(lit[y // step][:, x // step] * pane)


def _dots(rng: np.random.Generator, mask: F32, step: int) -> F32:
    """Lamps on a ball, brightest where it faces us."""
    rows = np.flatnonzero(mask.max(axis=1) > 0)
    middle, radius = (rows[0] + rows[-1]) / 2, max(1.0, (rows[-1] - rows[0]) / 2)
    y, x = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]].astype(np.float32)
    u, v = (x - mask.shape[1] / 2) / radius, (y - middle) / radius
    facing = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
    turn, tilt = (
        np.arcsin(np.clip(u / np.sqrt(np.clip(1 - v * v, 0.02, 1)), -1, 1)),
        np.arcsin(np.clip(v, -1, 1)),
    )
    dots = np.clip(np.cos(turn * 9) * np.cos(tilt * 9) * 1.5, 0, 1)
    return f32((0.16 + 0.84 * dots) * (0.3 + 0.7 * facing))


def _lattice(rng: np.random.Generator, mask: F32, step: int) -> F32:
    """Crossed iron."""
    y, x = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]]
    cross = ((x + y) % (step * 2) < step * 0.8) | ((x - y) % (step * 2) < step * 0.8)
    return f32(np.where(cross, 1.0, 0.3))


PATTERNS: Final = {"plain": _plain, "windows": _windows, "dots": _dots, "lattice": _lattice}


def _filled(outline: F32, rows: int, columns: int) -> F32:
    mask = np.zeros((rows, columns), np.uint8)
    fill(mask, f32(outline * f32([rows, -rows]) + f32([columns / 2, rows])))
    return f32(mask / 255)


def billboard(rng: np.random.Generator, landmark: Landmark, wall: F32, lit: float, height: int = 320) -> F32:
    """A landmark as a premultiplied texture that shines by itself."""
    rgb, cover, lamps = figure(rng, landmark, height, (wall, wall), lit, 1)
    return np.dstack([f32((rgb * spread(cover)) + lamps), cover])
