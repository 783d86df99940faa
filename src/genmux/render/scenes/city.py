"""The city: skylines that fade into haze above a river that mirrors their lights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from genmux.render.layers import Element, Layer, layer
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, blend, blur
from genmux.render.sky import clouds, sky
from genmux.render.stage import Stage
from genmux.render.terrain import mist_band
from genmux.render.traffic import traffic
from genmux.render.water import water

_WARM: Final = tuple(colour(c) for c in ("#ffd98a", "#ffc46b", "#fff1c9", "#ffe3b0", "#9fd8ff"))
_CONCRETE: Final = colour("#4a5666")
_NEON: Final = tuple(colour(c) for c in ("#39e6ff", "#ff4fd8", "#ffe27a", "#7d5bff"))

Cells = npt.NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class _Skyline:
    """One row of buildings; heights and widths in pixels, `lamps` the share of windows that are lit."""

    height: float
    depth: float
    haze: float
    lamps: float
    narrow: float
    wide: float


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """The pixels a skyline is drawn on; `rows` starts at layer row `top`."""

    colour: F32
    cover: F32
    lamps: F32
    top: int
    base: int


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    h, span, unit = stage.geometry.height, stage.geometry.span, stage.geometry.span
    base = stage.horizon + h * 0.06
    tall = span * (0.48 if stage.geometry.width >= h else 0.62)
    elements: list[Element] = [
        sky(stage),
        *clouds(stage),
        _skyline(stage, base, _Skyline(tall * 0.72, 0.10, 0.62, 0.22, unit * 0.022, unit * 0.055)),
        mist_band(stage, base - h * 0.03, h * 0.07, 0.12, 0.5),
        _skyline(stage, base, _Skyline(tall, 0.15, 0.34, 0.34, unit * 0.036, unit * 0.08)),
        mist_band(stage, base - h * 0.01, h * 0.04, 0.16, 0.35),
        _skyline(stage, base + 1, _Skyline(tall * 0.62, 0.2, 0.08, 0.42, unit * 0.05, unit * 0.12)),
    ]
    if stage.dark:
        elements.append(traffic(stage.rng, base - h * 0.004, 0.2))
    return [*elements, water(stage, base, roughness=0.75, clarity=0.88)]


def _skyline(stage: Stage, base: float, spec: _Skyline) -> Layer:
    g, rng, palette = stage.geometry, stage.rng, stage.palette
    top = max(0, int(base - spec.height * 1.45))
    rows, width = int(base) - top + 4, g.layer_width
    sheet = _Sheet(np.zeros((rows, width, 3), np.float32), np.zeros((rows, width), np.float32),
                   np.zeros((rows, width, 3), np.float32), top, int(base))  # fmt: skip
    centre = float(rng.uniform(0.35, 0.65))
    wall = palette.near if stage.dark else mix(_CONCRETE, palette.far, float(rng.uniform(0.1, 0.4)))
    x = -spec.wide
    while x < width:
        wide = float(rng.uniform(spec.narrow, spec.wide))
        bulge = 0.38 + 0.62 * np.exp(-(((x / width - centre) / 0.24) ** 2))
        height = int(spec.height * bulge * rng.uniform(0.45, 1.0))
        tone = mix(
            mix(wall, palette.haze, spec.haze),
            wall,
            float(rng.uniform(0, 0.3)) * (1 - spec.haze),
        )
        _building(stage, sheet, spec, (round(x), round(x + wide)), height, tone)
        x += wide * float(rng.uniform(0.92, 1.12))
    return _glowing(stage, sheet, spec)


def _building(
    stage: Stage, sheet: _Sheet, spec: _Skyline, sides: tuple[int, int], height: int, tone: F32
) -> None:
    rng = stage.rng
    left, right = max(sides[0], 0), min(sides[1], sheet.cover.shape[1])
    if right - left < 2:
        return
    roof = sheet.base - height - sheet.top
    kind = rng.random()
    _block(stage, sheet, left, right, roof, tone)
    middle, wide = (left + right) // 2, right - left
    if kind < 0.4:
        crown = max(2, int(wide * rng.uniform(0.3, 0.65)))
        step = int(height * rng.uniform(0.05, 0.16))
        _block(stage, sheet, max(middle - crown // 2, 0), middle + crown // 2, roof - step, tone)
        roof -= step
    if kind < 0.14 or kind > 0.92:
        mast = max(1, round(1.6 * stage.geometry.unit))
        _block(stage, sheet, middle, middle + mast, roof - int(height * rng.uniform(0.1, 0.24)), tone)
    _windows(stage, sheet, spec, (left, right), sheet.base - height - sheet.top)


def _block(stage: Stage, sheet: _Sheet, left: int, right: int, roof: int, tone: F32) -> None:
    """A box from `roof` down to the waterline: lighter toward the sun, hazier toward the ground."""
    roof = max(roof, 0)
    rows = sheet.cover.shape[0] - roof
    if rows <= 0 or right <= left:
        return
    down = np.linspace(0, 0.5, rows, dtype=np.float32)[:, None]
    shade = np.linspace(0.88, 1.14, right - left, dtype=np.float32)[:: 1 if stage.flipped else -1]
    face = blend(tone, stage.palette.haze, np.repeat(down, right - left, axis=1)) * shade[None, :, None]
    sheet.colour[roof:, left:right] = face
    sheet.cover[roof:, left:right] = 1
    sheet.lamps[roof:, left:right] = 0


def _windows(stage: Stage, sheet: _Sheet, spec: _Skyline, sides: tuple[int, int], roof: int) -> None:
    """Lit windows on a grid of the building's own pitch; some floors are lit from wall to wall."""
    rng = stage.rng
    pitch = max(3, int(rng.uniform(6.5, 10) * stage.geometry.unit))
    rows = np.arange(max(roof, 0) + pitch, sheet.base - sheet.top - pitch // 2, pitch)
    columns = np.arange(sides[0] + pitch // 2, sides[1] - pitch // 2, pitch)
    if not (rows.size and columns.size):
        return
    wide, high = max(1, int(pitch * 0.45)), max(1, int(pitch * 0.55))
    if not stage.dark:
        _glass(stage, sheet, spec, (rows, columns), (high, max(wide, int(pitch * 0.7))))
        return
    lit = rng.random((rows.size, columns.size)) < spec.lamps * rng.uniform(0.3, 1.3)
    if rng.random() < 0.3:
        lit[rng.random(rows.size) < 0.25] = True
    lamps = _NEON if stage.neon else _WARM
    lamp = lamps[int(rng.integers(len(lamps)))]
    power = rng.uniform(0.4, 1.0, lit.shape)
    for row, column in zip(*np.nonzero(lit), strict=True):
        y, x = rows[row], columns[column]
        sheet.lamps[y : y + high, x : x + wide] = lamp * power[row, column] * (1 - 0.5 * spec.haze)


def _glass(
    stage: Stage, sheet: _Sheet, spec: _Skyline, grid: tuple[Cells, Cells], pane: tuple[int, int]
) -> None:
    """Unlit windows by day: panes that mirror the sky, each a little differently."""
    strength = (1 - spec.haze) * float(stage.rng.uniform(0.25, 0.6))
    tones = stage.rng.uniform(0.5, 1.0, (grid[0].size, grid[1].size)) * strength
    glass = mix(stage.palette.sky[0], stage.palette.near, float(stage.rng.uniform(0.1, 0.5)))
    for i, y in enumerate(grid[0]):
        for j, x in enumerate(grid[1]):
            part = sheet.colour[y : y + pane[0], x : x + pane[1]]
            part += (glass - part) * np.float32(tones[i, j])


def _glowing(stage: Stage, sheet: _Sheet, spec: _Skyline) -> Layer:
    """The skyline with its lamps and the light they spill."""
    spill = blur(sheet.lamps, 3.0 * stage.geometry.unit) * 0.9
    rgb = np.maximum(sheet.colour, sheet.lamps) + spill
    return layer(np.clip(rgb, 0, 1), sheet.cover, spec.depth, sheet.top)
