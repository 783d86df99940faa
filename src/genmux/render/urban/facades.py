"""Facades of street houses as textures: storeys of windows above shops, in the manner of a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import fbm
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, f32, spread
from genmux.render.urban.shops import room
from genmux.render.urban.signs import NEON, sign
from genmux.render.urban.timber import PAPER, bay, lattice

_WARM: Final = tuple(colour(c) for c in ("#ffd493", "#ffbf6b", "#ffe9c2", "#ffcf8a", "#cfe6ff"))
_SHOPS: Final = tuple(colour(c) for c in ("#ffd9a0", "#fff0d6", "#ffc98a", "#e9f4ff", "#ffe0b8"))
_FRAME: Final = colour("#15131a")


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How a place builds: metres, shares 0..1 and the colours of its walls.

    `half` is half the street's width, `signs` how many hang out per house, `eaves` how far roofs reach out.
    """

    tones: tuple[F32, ...]
    half: float
    heights: tuple[float, float]
    storey: float
    pitch: float
    window: tuple[float, float]
    lit: float
    signs: float = 0.0
    eaves: float = 0.0
    lattice: bool = False
    shutters: bool = False
    balconies: float = 0.0
    awnings: float = 0.0
    road: bool = True
    end: str = "towers"


def _tones(text: str) -> tuple[F32, ...]:
    return tuple(colour(c) for c in text.split())


MANNERS: Final[dict[str, Manner]] = {
    "modern": Manner(_tones("#8d8a86 #a39b90 #6f7680 #b8aea0 #7c6a60"), 7.2, (11, 26), 3.3, 2.2, (0.62, 0.6),
                     0.36, signs=0.5, awnings=0.3),
    "tokyo": Manner(_tones("#7d7f88 #8f8478 #5e6570 #9c948c #6d5f5f"), 4.6, (9, 22), 3.0, 1.9, (0.6, 0.56),
                    0.42, signs=2.4, balconies=0.5, road=False),
    "neon": Manner(_tones("#4c4a5c #5a4a60 #3d4658 #66586c #39405a"), 4.8, (12, 34), 3.1, 1.8, (0.6, 0.52),
                   0.34, signs=3.4, balconies=0.4, road=False),
    "european": Manner(_tones("#d8c6a4 #e3d3b6 #c9a88a #d9b79a #cfc7b8 #bfb09a"), 6.2, (11, 17), 3.3, 2.1,
                       (0.46, 0.66), 0.3, signs=0.25, shutters=True, balconies=0.35, awnings=0.75,
                       end="spire"),
    "old_town": Manner(_tones("#5f4334 #6e5140 #4c382e #a89a88"), 3.9, (5.8, 7.8), 3.1, 1.3, (0.82, 0.56),
                       0.6, eaves=1.0, balconies=0.8, lattice=True, road=False, end="pagoda"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """What falls on walls: `ambient` everywhere, `lamps` near the ground; `glass` is what panes mirror."""

    ambient: F32
    lamps: F32
    glass: F32
    dark: bool


def facade(
    rng: np.random.Generator, manner: Manner, light: Light, width: float, height: float, fine: float
) -> F32:
    """The front of a house `width` x `height` metres at `fine` pixels per metre, as (h, w, 3) light."""
    rows, columns = max(8, round(height * fine)), max(6, round(width * fine))
    picture = _wall(rng, manner, light, rows, columns, fine)
    storeys = max(1, int((height - manner.storey * 1.05) / manner.storey))
    count = max(1, round(width / manner.pitch))
    lamp = _WARM[0 if manner.lattice else int(rng.integers(len(_WARM)))]
    for storey in range(storeys):
        base = height - manner.storey * 1.12 - storey * manner.storey
        _storey(rng, picture, manner, light, (base, width, fine), count, lamp)
    _shop(rng, picture, manner, light, (height, width, fine))
    if not manner.lattice:
        cornice = max(1, round(0.28 * fine))
        picture[:cornice] *= 1.25
        picture[cornice : cornice * 2] *= 0.7
    return picture


def _wall(
    rng: np.random.Generator, manner: Manner, light: Light, rows: int, columns: int, fine: float
) -> F32:
    tone = manner.tones[int(rng.integers(len(manner.tones)))] * float(rng.uniform(0.8, 1.1))
    up = np.arange(rows, 0, -1, dtype=np.float32) / fine
    fall = (np.exp(-up / 4.5) * 0.8 + np.exp(-up / 14) * 0.25)[:, None, None]
    stain = 0.78 + 0.44 * fbm(rng, rows, columns, max(2.0, rows / fine / 3), 4)
    return f32(tone * (light.ambient + light.lamps * fall) * spread(f32(stain)))


def _box(picture: F32, fine: float, left: float, top: float, right: float, bottom: float) -> F32:
    """The pixels of a rectangle in metres, as a view."""
    x0, x1 = (min(max(round(v * fine), 0), picture.shape[1]) for v in (left, right))
    y0, y1 = (min(max(round(v * fine), 0), picture.shape[0]) for v in (top, bottom))
    return picture[y0:y1, x0:x1]


def _storey(
    rng: np.random.Generator, picture: F32, manner: Manner, light: Light,
    size: tuple[float, float, float], count: int, lamp: F32,
) -> None:  # fmt: skip
    """One row of windows whose storey ends `base` metres below the roof."""
    base, width, fine = size
    pitch = width / count
    wide, tall = manner.window[0] * pitch, manner.window[1] * manner.storey
    balcony = rng.random() < manner.balconies
    for k in range(count):
        left, top = (k + 0.5) * pitch - wide / 2, base - manner.storey * 0.2 - tall
        _box(picture, fine, left - 0.1, top - 0.1, left + wide + 0.1, top + tall + 0.14)[:] *= (
            1.22 if manner.shutters else 0.62
        )
        pane = _box(picture, fine, left, top, left + wide, top + tall)
        if not pane.size:
            continue
        lit = light.dark and rng.random() < manner.lit
        if manner.lattice:
            lattice(pane, light.glass, lit, 3, PAPER * float(rng.uniform(0.6, 1.0)))
            continue
        _fill_pane(rng, pane, light, lamp if lit else None, fine)
        if manner.shutters:
            for x in (left - wide * 0.42, left + wide * 1.02):
                _box(picture, fine, x, top, x + wide * 0.4, top + tall)[:] *= f32([0.5, 0.58, 0.6])
    _box(picture, fine, 0, base - 0.1, width, base)[:] *= 1.18
    if balcony:
        rail = _box(picture, fine, 0, base - 1.15, width, base - 0.15)
        rail[:, :: max(2, round(0.16 * fine))] *= 0.35
        rail[: max(1, round(0.08 * fine))] *= 0.35


def _fill_pane(rng: np.random.Generator, pane: F32, light: Light, lamp: F32 | None, fine: float) -> None:
    h, w = pane.shape[:2]
    down = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    if lamp is None:
        pane[:] = light.glass * (0.5 + 0.5 * (1 - down)) * float(rng.uniform(0.55, 1.0))
    else:
        pane[:] = lamp * float(rng.uniform(0.55, 1.05)) * (1.1 - 0.4 * down)
        if rng.random() < 0.5:
            pane[:, : int(w * rng.uniform(0.15, 0.5))] *= 0.62
    bar = max(1, round(0.05 * fine))
    pane[:, w // 2 : w // 2 + bar] *= 0.4
    pane[h // 3 : h // 3 + bar] *= 0.5
    pane[: 2 * bar] *= 0.5


def _shop(
    rng: np.random.Generator, picture: F32, manner: Manner, light: Light, size: tuple[float, float, float]
) -> None:
    """The ground floor: lit shop windows between piers, goods in them, a sign board above."""
    height, width, fine = size
    top, bottom = height - manner.storey * 0.82, height - 0.12
    open_now = rng.random() < (0.88 + 0.03 * manner.signs if light.dark else 0.75)
    glow = colour("#ffb060") if manner.lattice else _SHOPS[int(rng.integers(len(_SHOPS)))]
    if manner.signs > 2 and rng.random() < 0.4:
        glow = mix(glow, NEON[int(rng.integers(len(NEON)))], 0.6)
    level = float(rng.uniform(0.55, 1.15)) if open_now else 0.1
    bays = max(1, round(width / 2.4))
    for k in range(bays):
        left, right = (k + 0.07) * width / bays, (k + 0.93) * width / bays
        _box(picture, fine, left - 0.08, top - 0.08, right + 0.08, bottom + 0.1)[:] *= f32([0.3, 0.28, 0.28])
        pane = _box(picture, fine, left, top, right, bottom - 0.4)
        if not pane.size:
            continue
        if manner.lattice:
            bay(rng, pane, f32(light.ambient + light.lamps * 0.75), light.glass, light.dark)
        elif open_now or light.dark:
            room(rng, pane, glow, level if light.dark else 0.3)
            pane += light.glass * (0.05 if light.dark else 0.32)
        else:
            _fill_pane(rng, pane, light, None, fine)
    _board(rng, picture, manner, light, (top, width, fine))


def _board(
    rng: np.random.Generator, picture: F32, manner: Manner, light: Light, size: tuple[float, float, float]
) -> None:
    """The board above the shop with its name."""
    top, width, fine = size
    box = _box(picture, fine, width * 0.06, top - 0.7, width * 0.94, top - 0.16)
    if box.shape[0] < 4 or box.shape[1] < 8:
        return
    tone = colour("#d8a24a") if manner.lattice else NEON[int(rng.integers(len(NEON)))]
    glowing = 0.12 if manner.lattice else float(rng.choice([0.06, 0.4, 0.75]))
    cells = int(np.clip(box.shape[1] / box.shape[0], 2, 7))
    texture = sign(rng, cells, False, tone, glowing)[..., :3]
    level = 1.0 if light.dark else 0.4
    board = cv2.resize(texture, (box.shape[1], box.shape[0]), interpolation=cv2.INTER_AREA)
    base = f32(board) * level if light.dark else f32(board) * level + mix(tone, _FRAME, 0.5) * 0.35
    box[:] = base
