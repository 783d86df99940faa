"""Rocks by the sea: headlands, islets, stacks and arches of layered stone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.paint.light import shade_and_beam
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, blend, blur, f32, grid, premultiplied
from genmux.render.scenery.terrain import seen
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage

_STEPS: Final = 110
_GRANITE: Final = colour("#8a7f76")
_SAND: Final = colour("#b39a78")
_TURF: Final = colour("#6c8446")


@dataclass(frozen=True, slots=True)
class Rock:
    """One rock in layer pixels: its middle, half its width, its height above the waterline `base`.

    `steep` 0..1 goes from a dome to a stack with sheer sides; `turf` is the share of its top that is green.
    An `arch` has a gate through its middle.
    """

    x: float
    half: float
    base: float
    height: float
    depth: float
    haze: float = 0.0
    steep: float = 0.5
    turf: float = 0.0
    arch: bool = False


def rock(stage: Stage, spec: Rock) -> tuple[Sprite, float]:
    """The rock as a sprite and the layer row of its top at its middle."""
    rng, width = stage.rng, stage.geometry.layer_width
    left, right = (
        max(0, math.floor(spec.x - spec.half * 1.5)),
        min(width, math.ceil(spec.x + spec.half * 1.5)),
    )
    if right - left < 4:
        left, right = 0, width
    columns = right - left
    heights, seam = _mass(rng, spec, left, columns)
    step = np.linspace(0, 1, _STEPS, dtype=np.float32)[:, None]
    screen = f32(
        spec.base
        + spec.height * 0.10
        - heights * spec.height
        - step * spec.height * 0.16 * np.minimum(heights * 6, 1)
    )
    top = max(0, math.floor(float(screen.min())) - 2)
    bottom = max(top + 2, min(math.ceil(spec.base + spec.height * 0.10), stage.geometry.layer_height))
    nearest, skyline = seen(screen, top, bottom)
    rgb, cover = _painted(stage, spec, (heights, seam), nearest, skyline, (left, top))
    if spec.arch:
        rgb, cover = _pierced(stage, spec, rgb, cover, left, top)
    middle = int(np.clip(spec.x - left, 0, columns - 1))
    return Sprite(premultiplied(rgb, cover), left, top, spec.depth), float(skyline[middle])


def _mass(rng: np.random.Generator, spec: Rock, left: int, columns: int) -> tuple[F32, F32]:
    """Heights 0..1 of the rock at (step, column), and the noise its layers follow."""
    x = (np.arange(columns, dtype=np.float32) + left - spec.x) / spec.half
    depth = np.linspace(-1, 1, _STEPS, dtype=np.float32)[:, None]
    stretch = max(1.0, columns / (_STEPS * 1.6))
    edge = fbm(rng, _STEPS, columns, 3, 5, stretch=stretch) - 0.5
    away = np.sqrt(x[None, :] ** 2 + (depth * 0.9) ** 2) + edge * 0.55
    power = 1.6 + 9 * spec.steep
    dome = np.clip(1 - np.abs(away) ** power, 0, 1) ** (0.9 - 0.5 * spec.steep)
    crags = fbm(rng, _STEPS, columns, 4, 5, ridged=True, stretch=stretch)
    lean = 1 - 0.22 * fbm_line(rng, columns, 2.5, 3)[None, :] * np.minimum(np.abs(x[None, :]) * 1.6, 1)
    raw = dome * (0.74 + 0.30 * (crags - 0.5) * np.clip(np.abs(x[None, :]) * 2.2, 0.25, 1) + 0.18) * lean
    ledges = 7.0
    lifted = raw * ledges + (edge + 0.5) * 1.2
    flat = (np.floor(lifted) + smoothstep(0.35, 0.95, f32(lifted - np.floor(lifted)))) / ledges
    terraced = flat - (edge + 0.5) * 1.2 / ledges
    return f32(np.clip(raw * 0.45 + terraced * 0.55, 0, 1)), f32(edge)


def _painted(
    stage: Stage,
    spec: Rock,
    mass: tuple[F32, F32],
    nearest: npt.NDArray[np.int32],
    skyline: F32,
    corner: tuple[int, int],
) -> tuple[F32, F32]:
    """Colour and coverage of what is seen: layered stone, turf above, wet and dark at the foot."""
    (heights, seam), (left, top) = mass, corner
    columns = np.arange(nearest.shape[1])[None, :]
    height, wave = heights[nearest, columns], seam[nearest, columns]
    light = _light(stage, spec, heights)[nearest, columns]
    row = np.arange(top, top + nearest.shape[0], dtype=np.float32)[:, None]
    sheer = _sheer(nearest)
    shade, key = shade_and_beam(stage)
    bands = 0.5 + 0.5 * np.sin(height * 46 + wave * 16)
    stone = blend(mix(_GRANITE, stage.palette.near, 0.25), mix(_SAND, stage.palette.far, 0.2),
                  f32(0.25 + 0.4 * bands * smoothstep(0.3, 0.8, wave + 0.5)))  # fmt: skip
    if spec.turf > 0:
        line = 1 - spec.turf
        flat = (
            (1 - sheer)
            * smoothstep(0.3, 0.5, light)
            * smoothstep(line - 0.08, line + 0.12, height + wave * 0.3)
        )
        stone = blend(stone, _TURF, f32(flat * 0.85))
    cells = max(3.0, 9 * nearest.shape[0] / max(1.0, spec.height))
    cracks = fbm(stage.rng, nearest.shape[0], nearest.shape[1], cells, 5, gain=0.6, stretch=0.7, ridged=True)
    light = light * (0.62 + 0.75 * (1 - cracks)) * (1 - 0.22 * sheer)
    rgb = stone * (shade * (0.60 + 0.24 * (1 - cracks))[..., None] + light[..., None] * key * 1.05)
    wet = 1 - smoothstep(0.03, 0.20, (spec.base - row) / spec.height + wave * 0.12)
    rgb = rgb * (1 - 0.5 * wet[..., None])
    below = row - skyline[None, :]
    rim = np.exp(-np.maximum(below, 0) / max(1.2, 2.0 * stage.geometry.unit)) * (0.28 * (1 - spec.haze))
    rgb = rgb + rim[..., None] * stage.palette.glow
    rgb = blend(f32(np.clip(rgb, 0, 1)), stage.palette.haze, np.full(below.shape, spec.haze, np.float32))
    return rgb, f32(np.clip(below + 0.5, 0, 1) * np.clip((_foot(spec, heights, left) - row) / 2, 0, 1))


def _sheer(nearest: npt.NDArray[np.int32]) -> F32:
    """Where rows below each other show one step: a face that falls straight down, 1, or level ground, 0."""
    apart = max(1, nearest.shape[0] // 60)
    same = np.zeros(nearest.shape, np.float32)
    same[:-apart] = nearest[:-apart] == nearest[apart:]
    return blur(same, max(0.6, apart * 0.8))


def _foot(spec: Rock, heights: F32, left: int) -> F32:
    """The row where each column meets the water: lower in the middle, nowhere beside the rock."""
    x = (np.arange(heights.shape[1], dtype=np.float32) + left - spec.x) / spec.half
    high = heights.max(axis=0)
    bulge = np.sqrt(np.clip(1.2 - x**2, 0, 1)) + 0.5 * (heights[_STEPS // 3] - 0.5)
    foot = spec.base + spec.height * 0.10 * np.clip(bulge, 0, 1)
    return f32(np.where(high > 0.05, foot, -10.0))[None, :]


def _light(stage: Stage, spec: Rock, heights: F32) -> F32:
    """Light 0..1 on the rock's surface from the sun's side, with hollows in shade."""
    side = 1.0 if stage.flipped else -1.0
    rise = heights * spec.height
    slope_x = np.gradient(rise, axis=1)
    slope_y = np.gradient(rise, axis=0) * (_STEPS / (spec.half * 1.6))
    facing = (slope_x * -side * 0.9 + slope_y * 0.20 + 0.62) / np.sqrt(1 + slope_x**2 + slope_y**2)
    hollow = np.clip((blur(rise, 5) - rise) / spec.height * 6, 0, 0.45)
    return f32(np.clip(0.18 + 0.95 * facing - hollow, 0, 1.1))


def _pierced(stage: Stage, spec: Rock, rgb: F32, cover: F32, left: int, top: int) -> tuple[F32, F32]:
    """The rock with a gate whose far wall shows on the side away from the sun."""
    x, y = grid(*cover.shape)
    bend = fbm(stage.rng, cover.shape[0], cover.shape[1], 3, 4) - 0.5
    u, v = (x + left - spec.x) / spec.half, (spec.base - y - top) / spec.height
    gate = np.hypot(u / 0.40, np.maximum(v, 0) / 0.60) + bend * 0.35
    side = 1.0 if stage.flipped else -1.0
    inner = np.hypot((u - side * 0.07) / 0.40, np.maximum(v + 0.03, 0) / 0.60) + bend * 0.35
    rgb = rgb * (1 - 0.6 * (1 - smoothstep(0.92, 1.0, f32(gate))))[..., None]
    return f32(rgb), f32(cover * smoothstep(0.93, 0.99, f32(inner)))
