"""Mountain ranges: eroded height maps seen in perspective, lit, hazed and flattened to a layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.layers import Layer, layer
from genmux.render.noise import fbm, fbm_line, normalised, smoothstep, tile_octave
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, blend, blur, f32, flat, remap, resize
from genmux.render.stage import Stage

_MAP: Final = 768
_STEPS: Final = 260
_GROUND: Final = np.linspace(0, 1, _STEPS, dtype=np.float32)
_SNOW: Final = colour("#f6faff")
_STONE: Final = colour("#2c3440")
_GREEN: Final = colour("#4d7a3c")


@dataclass(frozen=True, slots=True)
class Range:
    """One mountain range: `height` and `base` in pixels, `haze` 0..1, `snow` the share of it that is white.

    `floor` is the row where the layer may end because a nearer one covers the rest.
    A `scattered` range rises in places only, like islands; `profile` scales the height of each column.
    `growth` is the colour of what grows on the `green` share of it.
    """

    base: float
    height: float
    depth: float
    haze: float
    snow: float = 0.0
    frequency: int = 3
    mist: float = 0.7
    green: float = 0.0
    floor: float | None = None
    scattered: bool = False
    profile: F32 | None = None
    growth: F32 | None = None


def heightfield(rng: np.random.Generator, cells: int, octaves: int = 7) -> F32:
    """A seamless eroded map in 0..1: sharp ridges, and less detail where slopes are steep."""
    height = np.zeros((_MAP, _MAP), np.float32)
    weight = np.ones_like(height)
    steepness = np.zeros_like(height)
    amplitude = 1.0
    for octave in range(octaves):
        if cells > _MAP // 3:
            break
        noise = tile_octave(rng, _MAP, cells)
        ridge = np.square(1 - np.abs(2 * noise - 1)) if octave < 4 else noise
        height += amplitude * ridge * weight / (1 + steepness)
        slope = np.abs(np.roll(ridge, -1, 1) - ridge) + np.abs(np.roll(ridge, -1, 0) - ridge)
        steepness += _spread_out(f32(slope * (amplitude * _MAP * 0.016)), _MAP / cells * 0.12)
        weight = np.clip(ridge * 1.7, 0.2, 1)
        amplitude, cells = amplitude * 0.5, cells * 2
    return normalised(blur(height, 0.7))


def _spread_out(field: F32, sigma: float) -> F32:
    """A wide blur, done at quarter size."""
    small = blur(resize(field, _MAP // 4, _MAP // 4, cv2.INTER_AREA), sigma / 4)
    return resize(small, _MAP, _MAP)


def range_layer(stage: Stage, spec: Range) -> Layer:
    """Render one range as a layer, filled from its skyline to the bottom or to `spec.floor`."""
    terrain = heightfield(stage.rng, spec.frequency)
    view = _sampled(stage, spec, terrain, shading(terrain, stage.flipped))
    return _painted(stage, spec, view, *_rows(stage, spec))


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """A range as seen from layer row `top` down: light 0..1 and pixels below the skyline, each (h, w)."""

    light: F32
    below: F32
    top: int


def relief(stage: Stage, spec: Range, terrain: F32, shade: F32, envelope: F32) -> Relief:
    """A range without any colour; `envelope` (layer width) scales its heights from side to side."""
    view = _sampled(stage, spec, terrain, shade)
    top, bottom = _rows(stage, spec)
    nearest, skyline = _visible(spec, f32(view.heights * envelope[None, :]), top, bottom)
    row = np.arange(top, bottom, dtype=np.float32)[:, None]
    columns = np.arange(nearest.shape[1])[None, :]
    return Relief(view.light[nearest, columns], f32(row - skyline[None, :]), top)


def _rows(stage: Stage, spec: Range) -> tuple[int, int]:
    """The first row a range can reach, and the row it ends at."""
    bottom = stage.geometry.layer_height
    if spec.floor is not None:
        bottom = min(round(spec.floor), bottom)
    top = max(0, math.floor(spec.base - spec.height * 1.12))
    return min(top, bottom - 1), bottom


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A map as the camera meets it: values at (step, column), nearest step first."""

    heights: F32
    raw_heights: F32
    light: F32


def shading(terrain: F32, flipped: bool) -> F32:
    """Light 0..1 on the map from the sun's side, with cast shadows and dark valleys."""
    side = 1.0 if flipped else -1.0
    smooth = blur(terrain, 0.8)
    slope_x = (np.roll(smooth, -1, 1) - np.roll(smooth, 1, 1)) * _MAP * 0.11
    slope_y = (np.roll(smooth, -1, 0) - np.roll(smooth, 1, 0)) * _MAP * 0.11
    facing = (-slope_x * side * 0.75 + slope_y * 0.35 + 0.5) / np.sqrt(1 + slope_x**2 + slope_y**2)
    columns = np.arange(_MAP, dtype=np.float32)[None, :] * (2.1 / _MAP)
    ordered = terrain[:, ::-1] if flipped else terrain
    horizon = np.maximum.accumulate(ordered + columns, axis=1) - columns
    blocked = (horizon - ordered)[:, ::-1] if flipped else horizon - ordered
    shadow = blur(smoothstep(0.0, 0.06, blocked), 1.2)
    valley = np.clip((_spread_out(terrain, 20) - terrain) * 1.6, 0, 0.4)
    return f32(np.clip(facing * (1 - 0.6 * shadow) + 0.12 - valley, 0, 1))


def _sampled(stage: Stage, spec: Range, terrain: F32, shade: F32) -> _View:
    """Sample the map in perspective; the range sinks to nothing at its near and far end."""
    g, rng = stage.geometry, stage.rng
    width = g.layer_width
    across = (np.arange(width, dtype=np.float32) - width / 2) / max(g.height, g.width * 0.5)
    u = across[None, :] * (1.0 + 0.9 * _GROUND[:, None]) * _MAP * 0.45 + float(rng.uniform(0, _MAP))
    v = np.repeat(_GROUND[:, None] * _MAP * 0.55 + float(rng.uniform(0, _MAP)), width, axis=1)
    at = (u.astype(np.float32), v.astype(np.float32))
    raw = remap(terrain, *at, border=cv2.BORDER_WRAP)
    envelope = np.maximum(np.sin(np.pi * _GROUND), 0)[:, None] ** 0.7
    if spec.scattered:
        envelope = envelope * smoothstep(0.42, 0.75, fbm_line(rng, width, 2.2, 2))[None, :]
    if spec.profile is not None:
        envelope = envelope * spec.profile[None, :]
    return _View(f32(raw * envelope), raw, remap(shade, *at, border=cv2.BORDER_WRAP))


def _visible(spec: Range, heights: F32, top: int, bottom: int) -> tuple[npt.NDArray[np.int32], F32]:
    """For each pixel of the rows top..bottom the step seen there, and each column's skyline row."""
    rise = spec.height * (1.1 - 0.2 * _GROUND)[:, None]
    return seen(f32(spec.base - heights * rise - _GROUND[:, None] * spec.height * 0.06), top, bottom)


def seen(screen: F32, top: int, bottom: int) -> tuple[npt.NDArray[np.int32], F32]:
    """What shows of ground whose steps, nearest first, stand at the rows `screen` (steps, columns).

    Returns the step seen at each pixel of the rows top..bottom and each column's skyline row.
    """
    skyline = np.minimum.accumulate(screen, axis=0)
    rows, steps = bottom - top, screen.shape[0]
    row = np.clip(np.ceil(skyline - top), 0, rows).astype(np.int32)
    nearest = np.full((rows + 1, screen.shape[1]), steps - 1, np.int32)
    columns = np.broadcast_to(np.arange(row.shape[1]), row.shape)
    np.minimum.at(nearest, (row, columns), np.arange(steps, dtype=np.int32)[:, None])
    return np.minimum.accumulate(nearest, axis=0)[:rows], f32(skyline[-1])


def _painted(stage: Stage, spec: Range, view: _View, top: int, bottom: int) -> Layer:
    nearest, skyline = _visible(spec, view.heights, top, bottom)
    columns = np.arange(nearest.shape[1])[None, :]
    light, height = view.light[nearest, columns], view.raw_heights[nearest, columns]
    row = np.arange(top, bottom, dtype=np.float32)[:, None]
    rgb = _ground_colour(stage, spec, light, height)
    mist = smoothstep(spec.base - spec.height * 0.75, spec.base + spec.height * 0.08, row) * spec.mist
    clear = (1 - np.clip(spec.haze * (0.75 + 0.35 * _GROUND[nearest]), 0, 1)) * (1 - mist)
    rgb = blend(mix(stage.palette.haze, stage.palette.far, 0.35), rgb, clear)
    below = row - skyline[None, :]
    rgb += _rim_light(stage, below) * (0.35 * (1 - spec.haze))
    return layer(rgb, np.clip(below + 0.5, 0, 1), spec.depth, top)


def _ground_colour(stage: Stage, spec: Range, light: F32, height: F32) -> F32:
    """Rock, grass and snow under the light, before any haze."""
    palette = stage.palette
    stone = mix(palette.near, _STONE, 0.6) if stage.time == "day" else palette.near
    rock = mix(stone, palette.far, 0.5)
    if spec.green > 0:
        growth = _GREEN if spec.growth is None else spec.growth
        rock = mix(rock, mix(palette.near, growth, 0.65), spec.green)
    rgb = blend(mix(rock, stone, 0.7), mix(rock, palette.lit, 0.55), light)
    if spec.snow <= 0:
        return rgb
    line = 1 - spec.snow
    cover = smoothstep(line, line + 0.16, height + (light - 0.5) * 0.25)
    white = mix(_SNOW, palette.lit, 0.2)
    return blend(rgb, blend(mix(palette.far, white, 0.22), white, light), cover)


def _rim_light(stage: Stage, below: F32) -> F32:
    """A thin glow along the skyline, strongest under the sun."""
    g = stage.geometry
    x = np.arange(below.shape[1], dtype=np.float32)[None, :]
    fall = np.maximum(below, 0) / (2.5 * max(g.unit, 0.4)) + np.abs(x - stage.sun_x) * (2.5 / g.width)
    return blend(np.zeros(3, np.float32), stage.palette.glow, np.exp(-fall).astype(np.float32))


def mist_band(
    stage: Stage, row: float, thickness: float, depth: float, strength: float, drift: float = 10,
    tone: F32 | None = None,
) -> Layer:  # fmt: skip
    """A drifting bank of mist around one row, in the haze's colour unless a `tone` is given."""
    g = stage.geometry
    height, width = g.layer_height // 4, g.layer_width // 4
    noise = fbm(stage.rng, height, width, 3, 5, stretch=4)
    away = (np.arange(height, dtype=np.float32) * 4 - row) / thickness
    alpha = np.exp(-(away**2))[:, None] * smoothstep(0.22, 0.7, noise) * strength
    cover = resize(alpha.astype(np.float32), g.layer_width, g.layer_height, cv2.INTER_CUBIC)
    if tone is None:
        tone = mix(stage.palette.haze, stage.palette.sun, 0.15)
    return layer(flat(tone, cover), np.clip(cover, 0, 1), depth, drift=drift, mirrored=True)
