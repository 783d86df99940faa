"""What sank: the columns of a temple, the hull of a ship."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.paint.bodies import relief
from genmux.render.palette import colour, mix, rotated
from genmux.render.raster import F32, U8, blend, f32, flat, grid, premultiplied, resize, spread
from genmux.render.stage import Stage

Points = tuple[tuple[float, float], ...]

_HULL: Final[Points] = (
    (-0.52, -0.20), (-0.50, 0.0), (-0.44, 0.11), (-0.28, 0.17), (0.20, 0.17), (0.40, 0.08), (0.50, -0.06),
    (0.57, -0.17), (0.47, -0.11), (0.30, -0.055), (0.05, -0.03), (-0.18, -0.035), (-0.31, -0.065),
    (-0.32, -0.15), (-0.42, -0.17),
)  # fmt: skip
# Spars as (from, to, half width): masts, one broken; yards; bowsprit; stays.
_SPARS: Final = (
    ((-0.20, 0.0), (-0.215, -0.56), 0.011), ((0.14, 0.0), (0.165, -0.36), 0.012),
    ((0.165, -0.36), (0.235, -0.40), 0.008), ((-0.37, -0.36), (-0.06, -0.42), 0.007),
    ((-0.31, -0.50), (-0.12, -0.53), 0.005), ((0.02, -0.24), (0.30, -0.20), 0.007),
    ((0.46, -0.12), (0.74, -0.24), 0.008), ((-0.215, -0.54), (0.14, -0.04), 0.0018),
    ((-0.215, -0.54), (-0.47, -0.17), 0.0018), ((-0.21, -0.42), (-0.36, -0.10), 0.0015),
    ((0.165, -0.34), (0.70, -0.22), 0.0018), ((0.165, -0.34), (0.34, -0.06), 0.0015),
)  # fmt: skip
_HOLES: Final = ((-0.12, 0.06, 0.075, 0.05), (0.24, 0.03, 0.05, 0.035), (-0.36, -0.02, 0.022, 0.02))
_COLUMNS: Final = (-0.62, -0.372, -0.124, 0.124, 0.372, 0.62)
_THICK: Final = 0.052
_FULL: Final = 0.74
_LEAN: Final = 0.13
_WOOD: Final = colour("#6d5a44")
_STONE: Final = colour("#b3ab94")
_MOSS: Final = colour("#4f7a58")
_DARK: Final = colour("#06121c")


def wreck(stage: Stage, height: float, haze: float) -> U8:
    """A wooden ship aground and leaning, as a sprite whose lower edge lies in the sand."""
    lean = _LEAN if stage.flipped else -_LEAN
    c, s = math.cos(lean), math.sin(lean)
    side = -1.0 if stage.rng.random() < 0.5 else 1.0

    def turned(points: Points) -> Points:
        return tuple((side * (x * c - y * s), side * x * s + y * c) for x, y in points)

    frame = [turned(_HULL), *(turned(_spar(*spar)) for spar in _SPARS)]
    form = relief(frame, height * 1.3)
    along, up = (form.x * side * c + form.y * s), (form.y * c - form.x * side * s)
    planks = 0.8 + 0.2 * np.cos((up + 0.10 * along**2) * 230)
    rgb = flat(_WOOD, form.cover) * spread(f32(planks * (0.35 + 0.85 * form.up)))
    for x, y, wide, high in _HOLES:
        rough = fbm(stage.rng, form.x.shape[0], form.x.shape[1], 14, 3) - 0.5
        away = np.hypot((along - x) / wide, (up - y) / high) + rough * 0.9
        rgb = blend(f32(rgb), flat(_DARK, form.cover), smoothstep(1.05, 0.9, f32(away)))
    cover = form.cover * smoothstep(0.17, 0.13, form.y)
    return _weathered(stage, f32(rgb), f32(cover), haze)


def _spar(start: tuple[float, float], end: tuple[float, float], half: float) -> Points:
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    nx, ny = -(end[1] - start[1]) / length * half, (end[0] - start[0]) / length * half
    return (
        (start[0] + nx, start[1] + ny), (end[0] + nx, end[1] + ny),
        (end[0] - nx, end[1] - ny), (start[0] - nx, start[1] - ny),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Masonry:
    """A drawing whose unit is its height: u from the middle, v up from the foot, and what is there."""

    u: F32
    v: F32
    light: F32
    cover: F32

    def put(self, where: npt.NDArray[np.bool_], value: F32 | float) -> None:
        """Stone of that brightness where the mask says."""
        self.light[where] = value[where] if isinstance(value, np.ndarray) else value
        self.cover[where] = 1

    def slab(self, middle: float, half: float, v: float, thick: float, value: float) -> None:
        """A flat block, lighter towards its top."""
        where = (np.abs(self.u - middle) < half) & (np.abs(self.v - v) < thick)
        self.put(where, f32(value + 4 * (self.v - v)))


def ruins(stage: Stage, height: float, haze: float) -> U8:
    """A row of fluted columns, some broken, on a worn base, as a sprite."""
    rng = stage.rng
    final = max(8, round(height)), max(8, round(height * 1.7))
    rows, columns = final[0] * 2, final[1] * 2
    x, y = grid(rows, columns)
    blank = np.zeros((rows, columns), np.float32)
    stones = _Masonry(f32((x - columns / 2) / rows), f32((rows - y) / rows), blank, blank.copy())
    tall = np.where(rng.random(6) < 0.5, _FULL, rng.uniform(0.2, 0.62, 6))
    first = int(rng.integers(0, 5))
    tall[first : first + 2] = _FULL
    for place, top in zip(_COLUMNS, tall, strict=True):
        _column(stage, stones, place, float(top))
    middle, half = (_COLUMNS[first] + _COLUMNS[first + 1]) / 2, (_COLUMNS[1] - _COLUMNS[0]) / 2 + 0.09
    stones.slab(middle, half, 0.80, 0.038, 0.58)
    stones.slab(middle, half + 0.02, 0.85, 0.014, 0.85)
    for step, reach in ((0.085, 0.74), (0.05, 0.80), (0.015, 0.85)):
        stones.slab(0.0, reach, step, 0.016, 0.55)
    buried = smoothstep(0.0, 0.05, f32(stones.v - 0.05 * fbm_line(rng, columns, 12, 4)[None, :]))
    light = resize(stones.light, final[1], final[0], cv2.INTER_AREA)
    cover = resize(f32(stones.cover * buried), final[1], final[0], cv2.INTER_AREA)
    rough = fbm(rng, final[0], final[1], 16, 4, 0.6)
    return _weathered(stage, f32(flat(_STONE, light) * spread(f32(light * (0.6 + 0.8 * rough)))), cover, haze)


def _column(stage: Stage, stones: _Masonry, place: float, top: float) -> None:
    """A fluted shaft on its foot, with a capital or a broken end."""
    across = (stones.u - place) / (_THICK * (1.06 - 0.12 * stones.v))
    bulge = np.sqrt(np.clip(1 - across**2, 0, 1))
    flutes = 0.78 + 0.22 * np.cos(np.arcsin(np.clip(across, -1, 1)) * 14)
    shade = f32((0.25 + 0.6 * bulge + 0.25 * across * (1 if stage.flipped else -1)) * flutes)
    ragged = (fbm_line(stage.rng, stones.u.shape[1], 26, 3) - 0.5)[None, :] * (0.09 if top < _FULL else 0)
    stones.put((np.abs(across) < 1) & (stones.v < top + ragged) & (stones.v > 0.08), shade)
    stones.slab(place, _THICK * 1.3, 0.11, 0.018, 0.62)
    if top >= _FULL:
        stones.slab(place, _THICK * 1.35, 0.745, 0.018, 0.8)


def _weathered(stage: Stage, rgb: F32, cover: F32, haze: float) -> U8:
    """Grown over in places and seen through water."""
    palette = stage.palette
    power = {"night": 0.4, "storm": 0.7}.get(stage.time, 1.0)
    growth = smoothstep(0.48, 0.72, fbm(stage.rng, cover.shape[0], cover.shape[1], 5, 4, 0.6))
    mossy = rgb * spread(growth) * rotated(_MOSS, float(stage.rng.uniform(-60, 60)), 1.3) * 1.6
    own = (rgb * spread(1 - growth) + mossy) * mix(np.ones(3, np.float32), palette.lit, 0.6) * power
    air = mix(palette.haze, palette.glow, 0.06)
    sinking = np.linspace(0, 0.5, cover.shape[0], dtype=np.float32)[:, None] ** 2
    veil = f32(np.clip(haze + sinking + np.zeros_like(cover), 0, 1))
    return premultiplied(blend(f32(own), flat(air, cover), veil), cover)


SUNKEN: Final[dict[str, Callable[[Stage, float, float], U8]]] = {"ruins": ruins, "wreck": wreck}
