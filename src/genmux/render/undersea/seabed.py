"""The sea floor: hazy ridges of rock, and sand that comes nearer downward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.layers import Layer, layer
from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.palette import colour, mix, ramp
from genmux.render.raster import F32, blend, f32, flat, resize, spread
from genmux.render.stage import Stage

_CRUSTS: Final = ("#b45a7c", "#7a4f96", "#c98a4a", "#5f8f5a", "#d0b070", "#a8486a", "#4f7fa0", "#b45a7c")


@dataclass(frozen=True, slots=True)
class Ridge:
    """A ridge of rock: `base` and `height` in pixels, `haze` 0..1.

    `walls` is how high it climbs at the left and the right edge, in heights; `grown` 0..1 is how much of
    the rock is covered with coloured crusts.
    """

    base: float
    height: float
    depth: float
    haze: float
    walls: tuple[float, float] = (0.0, 0.0)
    frequency: float = 3.0
    floor: float | None = None
    grown: float = 0.0


def skyline(stage: Stage, spec: Ridge) -> F32:
    """The row of the ridge's crest in every column: knolls and shelves, with walls at the edges."""
    g, width = stage.geometry, stage.geometry.layer_width
    cells = max(1.5, spec.frequency * g.width / g.span)
    rolling = fbm_line(stage.rng, width, cells, 6, 0.42)
    steps = 5 * rolling
    shelves = np.floor(steps) + smoothstep(0.15, 0.75, f32(steps - np.floor(steps)))
    rise = 0.6 * rolling + 0.4 * shelves / 5
    across = (np.arange(width, dtype=np.float32) - g.margin_x) / g.width
    left, right = (smoothstep(0.42, -0.1, f32(across)), smoothstep(0.58, 1.1, f32(across)))
    walls = (left * spec.walls[0] + right * spec.walls[1]) * (0.75 + 0.5 * rolling)
    return f32(spec.base - spec.height * (rise + walls))


def rocks(stage: Stage, spec: Ridge, crest: F32) -> Layer:
    """The ridge below its crest, lit from the surface and sinking into haze."""
    g = stage.geometry
    bottom = min(round(spec.floor), g.layer_height) if spec.floor is not None else g.layer_height
    top = min(max(0, int(crest.min()) - 2), bottom - 2)
    row = np.arange(top, bottom, dtype=np.float32)[:, None]
    below = row - crest[None, :]
    light = _light(stage, spec, below)
    palette = stage.palette
    dark = mix(palette.near, palette.far, 0.1 + 0.3 * spec.haze)
    rgb = blend(dark, mix(palette.far, palette.lit, 0.32), light)
    if spec.grown > 0:
        rgb = blend(
            rgb, f32(_crust(stage, light) * spread(0.25 + 0.85 * light)), _patches(stage, light) * spec.grown
        )
    sun = np.exp(-(((np.arange(g.layer_width) - stage.sun_x) / (0.7 * g.span)) ** 2)).astype(np.float32)
    sinking = smoothstep(spec.base - spec.height * 0.9, spec.base + spec.height * 0.25, row)
    veil = np.clip(spec.haze + (1 - spec.haze) * (0.6 * sinking + 0.14 * sun[None, :]), 0, 1)
    air = mix(palette.haze, palette.glow, 0.06)
    rgb = blend(rgb, flat(air, light), f32(veil))
    return layer(rgb, np.clip(below + 0.5, 0, 1), spec.depth, top)


def _crust(stage: Stage, like: F32) -> F32:
    """Colours of what covers rock: hues that change slowly along it."""
    height, width = max(2, like.shape[0] // 4), max(2, like.shape[1] // 4)
    turn = fbm(stage.rng, height, width, 2.5, 4, 0.6) * 3 % 1
    stops = [(i / (len(_CRUSTS) - 1), colour(c)) for i, c in enumerate(_CRUSTS)]
    tint = mix(np.ones(3, np.float32), stage.palette.lit, 0.7)
    power = {"night": 0.4, "storm": 0.6}.get(stage.time, 1.0)
    return resize(f32(ramp(stops, f32(turn)) * tint * power), like.shape[1], like.shape[0])


def _patches(stage: Stage, like: F32) -> F32:
    """Where crusts grow, 0..1."""
    height, width = max(2, like.shape[0] // 2), max(2, like.shape[1] // 2)
    patchy = smoothstep(0.4, 0.62, fbm(stage.rng, height, width, 6, 5, 0.65))
    return resize(patchy, like.shape[1], like.shape[0])


def _light(stage: Stage, spec: Ridge, below: F32) -> F32:
    """Light 0..1 on rough rock whose crest is rounded; drawn at half size."""
    g = stage.geometry
    height, width = max(2, below.shape[0] // 2), max(2, below.shape[1] // 2)
    scale = 0.055 * g.span * (1.2 - 0.5 * spec.haze)
    small = np.maximum(resize(below, width, height), 0)
    cells = below.shape[0] / (scale * 1.8)
    rough = fbm(stage.rng, height, width, max(cells, 1.0), 5, 0.55, ridged=True)
    field = (1 - np.exp(-small / scale)) * 1.1 - rough * 0.55
    side = 1.0 if stage.flipped else -1.0
    step = scale * 0.55
    facing = np.gradient(field, axis=0) * step + np.gradient(field, axis=1) * (-side * 0.6 * step)
    deep = np.exp(-small / (5 * scale))
    light = f32(np.clip(0.16 + 0.22 * deep + facing * 0.55, 0, 1))
    return resize(light, below.shape[1], below.shape[0])


def sand(stage: Stage, row: float, depth: float) -> Layer:
    """A rippled floor from layer row `row` to the bottom, fading into haze at its far edge."""
    g, palette = stage.geometry, stage.palette
    top = min(max(0, int(row)), g.layer_height - 2)
    rows = g.layer_height - top
    below = ((np.arange(rows, dtype=np.float32) + 0.5) / g.span)[:, None]
    swell = fbm_line(stage.rng, g.layer_width, 3, 3)[None, :] * 0.012
    soft = smoothstep(0.0, 0.03, f32(below - swell))
    ripples = resize(_ripples(stage, rows), g.layer_width, rows)
    near = smoothstep(0.0, 0.34, f32(below))
    x = np.arange(g.layer_width, dtype=np.float32)[None, :]
    sun = np.exp(-(((x - stage.sun_x) / (0.8 * g.span)) ** 2))
    body = mix(palette.far, palette.lit, 0.38)
    light = np.clip(0.30 + 0.30 * ripples + 0.42 * sun * (1 - 0.4 * near), 0, 1)
    rgb = blend(mix(palette.far, palette.near, 0.45), body, f32(light))
    air = mix(palette.haze, palette.glow, 0.10)
    rgb = blend(flat(air, light), rgb, f32(np.broadcast_to(0.15 + 0.85 * near, light.shape)))
    shade = 1 - 0.45 * smoothstep(0.2, 0.5, f32(below))
    return layer(f32(rgb * spread(f32(np.broadcast_to(shade, light.shape)))), f32(soft), depth, top)


def _ripples(stage: Stage, rows: int) -> F32:
    """Sand ripples in perspective, -1..1, at half size."""
    g = stage.geometry
    height, width = max(2, rows // 2), max(2, g.layer_width // 2)
    below = ((np.arange(height, dtype=np.float32) + 0.5) * 2 / g.span)[:, None]
    bend = fbm(stage.rng, height, width, 3, 4, stretch=3)
    phase = 5.5 / (below + 0.10) + bend * 9
    return f32(np.sin(phase) * smoothstep(0.03, 0.3, f32(below)) * (0.4 + 0.6 * bend))
