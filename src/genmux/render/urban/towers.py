"""High-rise towers: outlines as half profiles, walls of windows, lamps, masts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.palette import colour
from genmux.render.raster import F32, blend, f32, flat, spread
from genmux.render.shapes import fill
from genmux.render.urban.signs import NEON

# Right half outlines, (x, y) as shares of half the width and of the height, from the ground up.
PROFILES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "slab": ((1, 0), (1, 0.985), (0.96, 0.985), (0.96, 1)),
    "box": ((1, 0), (1, 0.94), (0.5, 0.94), (0.5, 1)),
    "steps": ((1, 0), (1, 0.66), (0.76, 0.66), (0.76, 0.86), (0.5, 0.86), (0.5, 1)),
    "art_deco": ((1, 0), (1, 0.55), (0.84, 0.55), (0.84, 0.74), (0.62, 0.74), (0.62, 0.86), (0.4, 0.86),
                 (0.36, 0.92), (0.1, 0.97), (0.03, 0.985), (0.012, 1.16)),
    "taper": ((1, 0), (0.95, 0.4), (0.82, 0.75), (0.62, 0.97), (0.55, 1)),
    "needle": ((1, 0), (0.9, 0.45), (0.68, 0.72), (0.4, 0.9), (0.2, 0.97), (0.05, 1.0), (0.015, 1.22)),
    "round": ((1, 0), (1, 0.82), (0.97, 0.88), (0.86, 0.94), (0.66, 0.98), (0.36, 0.997), (0, 1)),
    "pyramid": ((1, 0), (1, 0.84), (0.92, 0.86), (0.12, 0.99), (0.02, 1.0), (0.012, 1.08)),
    "notch": ((1, 0), (1, 1), (0.62, 1), (0.5, 0.9), (0, 0.9)),
    "slant": ((1, 0), (1, 0.86), (-1, 1.0)),
}  # fmt: skip
_NEAR_KINDS: Final = ("slab", "box", "slab", "steps", "slant", "notch")
_TALL_KINDS: Final = (
    "steps",
    "art_deco",
    "taper",
    "needle",
    "round",
    "pyramid",
    "notch",
    "slant",
    "box",
    "slab",
)
_ROUND: Final = ("round", "taper", "needle")
_WARM: Final = tuple(colour(c) for c in ("#ffd98a", "#ffc46b", "#fff1c9", "#ffe3b0", "#ffb45c", "#bfe0ff"))
_WALLS: Final = tuple(
    colour(c) for c in ("#8f959e", "#b5aea4", "#c9c3b8", "#7d8894", "#a58f7f", "#d6d2ca", "#6f7f92")
)
_TALLEST: Final = 1.24


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How one row of towers looks: `haze` 0..1 of `air` over it, `lamps` the share of lit windows.

    `glass` are the colours that panes mirror, from the street up to the roofs; `pitch` is a storey in pixels;
    `snow` the colour of what lies on roofs, if any.
    """

    wall: F32
    air: F32
    haze: float
    lamps: float
    glass: F32
    sun: F32
    pitch: float
    dark: bool
    neon: bool
    flipped: bool
    snow: F32 | None


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The pixels a row is drawn on, from layer row `top` down to `base`; `tips` collects where masts end."""

    colour: F32
    cover: F32
    lamps: F32
    top: int
    base: int
    tips: list[tuple[float, float]]

    def put(self, x: int, y: int, rgb: F32, mask: F32, lamps: F32) -> None:
        """Compose a box whose top left is at sheet pixel (x, y), in place."""
        height, width = self.cover.shape
        low_x, low_y = max(x, 0), max(y, 0)
        high_x, high_y = min(x + mask.shape[1], width), min(y + mask.shape[0], height)
        if high_x <= low_x or high_y <= low_y:
            return
        part = np.s_[low_y - y : high_y - y, low_x - x : high_x - x]
        window = np.s_[low_y:high_y, low_x:high_x]
        share = np.ascontiguousarray(mask[part])
        self.colour[window] = blend(self.colour[window], f32(rgb[part]), share)
        self.lamps[window] = self.lamps[window] * spread(f32(1 - share)) + lamps[part] * spread(share)
        self.cover[window] = np.maximum(self.cover[window], share)


def sheet(width: int, top: int, base: int) -> Sheet:
    """An empty sheet of this width."""
    rows = max(4, base - top + 4)
    rgb, lamps = (np.zeros((rows, width, 3), np.float32) for _ in range(2))
    return Sheet(rgb, np.zeros((rows, width), np.float32), lamps, top, base, [])


def tower(
    rng: np.random.Generator, paper: Sheet, look: Look, left: float, wide: float, tall: float, prominent: bool
) -> None:
    """Draw one tower that stands on the sheet's base; `prominent` ones have the rarer shapes."""
    kinds = _TALL_KINDS if prominent else _NEAR_KINDS
    kind = kinds[int(rng.integers(len(kinds)))]
    w, h = max(4, round(wide)), max(6, round(tall * _TALLEST))
    mask = _silhouette(kind, w, h, tall, bool(rng.random() < 0.5))
    rgb, lamps = _walls(rng, look, w, h, tall, kind)
    down = (
        np.linspace(0, 0.5 if look.dark else 0.28, h, dtype=np.float32)[:, None] * (1 - look.haze) + look.haze
    )
    rgb = blend(rgb, look.air, np.repeat(np.clip(down, 0, 1), w, axis=1))
    if look.snow is not None:
        _cap(rgb, mask, look, look.snow)
    x, y = round(left), paper.base - paper.top - h
    paper.put(x, y, rgb, mask, lamps)
    _roof_things(rng, paper, look, (left, wide, tall), kind)


def _silhouette(kind: str, w: int, h: int, tall: float, flipped: bool) -> F32:
    half = PROFILES[kind]
    turn = -1.0 if flipped else 1.0
    right = [(x * turn, y) for x, y in half]
    rest = [(-turn, 0.0)] if kind == "slant" else [(-x, y) for x, y in reversed(right)]
    points = f32([*right, *rest]) * f32([w / 2 - 0.5, -tall]) + f32([w / 2 - 0.5, h])
    mask = np.zeros((h, w), np.uint8)
    fill(mask, f32(points))
    return f32(mask / 255)


def _walls(rng: np.random.Generator, look: Look, w: int, h: int, tall: float, kind: str) -> tuple[F32, F32]:
    """Wall colour and lamp light of a tower's box."""
    tint = _WALLS[int(rng.integers(len(_WALLS)))] * 1.35
    tone = (
        look.wall * (0.72 + 0.28 * tint if look.dark else 0.1 + 0.72 * tint) * float(rng.uniform(0.86, 1.12))
    )
    rgb = np.empty((h, w, 3), np.float32)
    rgb[:] = tone
    style = str(rng.choice(["grid", "grid", "ribbon", "fins", "curtain"]))
    pane, cells = _panes(rng, w, h, look.pitch, style)
    up = np.linspace(1, 0, h, dtype=np.float32)
    sheen = np.stack(
        [np.interp(up, np.linspace(0, 1, len(look.glass)), look.glass[:, k]) for k in range(3)], 1
    )
    strength = (0.95 if style == "curtain" else 0.75) * (0.35 if look.dark else 1.0)
    variety = rng.uniform(0.55, 1.0, cells[2]).astype(np.float32)[cells[0]][:, cells[1]]
    rgb = blend(
        rgb, np.repeat(sheen[:, None, :], w, axis=1).astype(np.float32), f32(pane * strength * variety)
    )
    rgb *= spread(_shading(rng, look, w, h, kind in _ROUND))
    if not look.dark:
        rgb *= 0.86 + 0.2 * look.sun
    return f32(rgb), _lit(rng, look, pane, cells, tall)


def _shading(rng: np.random.Generator, look: Look, w: int, h: int, rounded: bool) -> F32:
    """Light across a tower: two faces, or a drum; the sun's side is brighter."""
    u = np.linspace(0, 1, w, dtype=np.float32)
    if rounded:
        shade = 0.7 + 0.5 * np.sqrt(np.clip(1 - (2 * u - 0.75) ** 2 / 2.2, 0, 1)) - 0.3 * u
    else:
        edge = float(rng.uniform(0.5, 0.8))
        shade = np.where(u < edge, 1.16 - 0.1 * u, 0.58 + 0.1 * u)
    row = shade if not look.flipped else shade[::-1]
    return np.repeat(row[None, :].astype(np.float32), h, axis=0)


Cells = tuple[np.ndarray, np.ndarray, tuple[int, int]]


def _panes(rng: np.random.Generator, w: int, h: int, pitch: float, style: str) -> tuple[F32, Cells]:
    """Where glass is, and the window row and column of every pixel row and column."""
    storey = max(3, round(pitch * float(rng.uniform(0.8, 1.25))))
    module = max(3, round(storey * float(rng.uniform(0.75, 1.3))))
    y, x = np.arange(h)[::-1], np.arange(w)
    gap = 1 if storey < 7 else 2
    rows = (y % storey >= (0 if style == "fins" else gap)) & (y >= storey)
    columns = (x % module >= gap) & (x > gap) & (x < w - gap)
    if style == "ribbon":
        columns = (x > gap) & (x < w - gap)
    if style == "grid":
        rows &= y % storey < max(gap + 1, round(storey * 0.75))
        columns &= x % module < max(gap + 1, round(module * 0.72))
    cells = (y // storey, x // module, (h // storey + 1, w // module + 1))
    return f32(rows[:, None] & columns[None, :]), cells


def _lit(rng: np.random.Generator, look: Look, pane: F32, cells: Cells, tall: float) -> F32:
    """The light of the windows that are lit; some floors and some corners of a tower are busier."""
    if not look.dark:
        return np.zeros((*pane.shape, 3), np.float32)
    shape = cells[2]
    busy = (
        look.lamps
        * float(rng.uniform(0.3, 1.4))
        * (0.4 + rng.random((shape[0], 1)) + 0.5 * rng.random((1, shape[1])))
    )
    lit = (rng.random(shape) < busy) * rng.uniform(0.3, 1.0, shape) ** 1.6
    lit[rng.random(shape[0]) < 0.03] = 0.7
    warm = _WARM[int(rng.integers(len(_WARM)))]
    other = NEON[int(rng.integers(len(NEON)))] if look.neon else _WARM[int(rng.integers(len(_WARM)))]
    tones = np.where(rng.random((*shape, 1)) < (0.45 if look.neon else 0.25), other, warm)
    light = f32(tones * lit[..., None])[cells[0]][:, cells[1]] * spread(pane)
    rows = pane.shape[0]
    if rng.random() < (0.5 if look.neon else 0.22):
        _trim(light, rows, tall, other if look.neon else warm, rng)
    return f32(light * (1 - 0.55 * look.haze))


def _trim(light: F32, rows: int, tall: float, tone: F32, rng: np.random.Generator) -> None:
    """Floodlight below the crown, or lines of light along the edges."""
    roof = rows - round(tall)
    if rng.random() < 0.6:
        reach = max(3, round(tall * 0.16))
        fall = np.exp(-np.arange(rows - roof) / reach * 2.2).astype(np.float32)
        light[roof:] += fall[:, None, None] * tone * 0.5
    else:
        for x in (1, light.shape[1] - 2):
            light[roof + 2 :, x] = tone * 0.85


def _cap(rgb: F32, mask: F32, look: Look, snow_tone: F32) -> None:
    """Snow where a tower's outline faces the sky."""
    deep = min(max(2, round(look.pitch * 0.75)), len(mask) - 1)
    above = np.vstack([np.zeros((deep, mask.shape[1]), np.float32), mask[:-deep]])
    snow = np.clip(mask - above, 0, 1) * (1 - 0.6 * look.haze)
    rgb[:] = blend(rgb, flat(snow_tone, rgb), f32(snow))


def _roof_things(
    rng: np.random.Generator, paper: Sheet, look: Look, size: tuple[float, float, float], kind: str
) -> None:
    """Plant rooms and masts on flat roofs; the tips of masts and spires carry lamps."""
    left, wide, tall = size
    middle, roof = left + wide / 2, paper.base - paper.top - tall
    tone = look.wall * 0.8 * (1 - look.haze) + look.air * look.haze
    if kind in ("art_deco", "needle"):
        paper.tips.append((middle, roof - tall * (0.16 if kind == "art_deco" else 0.22) + paper.top))
    if kind not in ("slab", "box", "steps", "notch"):
        return
    for _ in range(int(rng.integers(0, 3)) if kind == "slab" else 0):
        w, h = max(2, round(wide * rng.uniform(0.1, 0.3))), max(2, round(look.pitch * rng.uniform(0.5, 1.3)))
        x = round(left + rng.uniform(0.08, 0.6) * wide)
        _solid(paper, x, round(roof) - h + 1, w, h, tone)
    if rng.random() < 0.3 and kind != "notch":
        mast = max(3, round(tall * rng.uniform(0.1, 0.26)))
        _solid(paper, round(middle), round(roof) - mast, max(1, round(look.pitch * 0.16)), mast + 1, tone)
        paper.tips.append((middle, roof - mast + paper.top))


def _solid(paper: Sheet, x: int, y: int, w: int, h: int, tone: F32) -> None:
    mask = np.ones((h, w), np.float32)
    paper.put(x, y, flat(tone, mask), mask, np.zeros((h, w, 3), np.float32))
