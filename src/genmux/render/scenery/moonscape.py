"""The ground of a moon: grey plains full of craters under hard light, with hills and the Earth beyond."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.layers import Element, Layer, layer
from genmux.render.noise import fbm, fbm_line, smoothstep, tile
from genmux.render.palette import colour, mix, ramp
from genmux.render.raster import F32, blend, blur, f32, flat, grid, remap, spread
from genmux.render.stage import Stage

_DUST: Final = ("#14151b", "#4e4f58", "#a3a29e", "#e9e5dc")
_CRATERS: Final = 130


def plains(stage: Stage, top: float) -> list[Element]:
    """Far hills and the cratered plain that begins at row `top` and reaches the bottom."""
    return [_hills(stage, top), _plain(stage, top)]


def _hills(stage: Stage, top: float) -> Layer:
    g, rng = stage.geometry, stage.rng
    rise = fbm_line(rng, g.layer_width, 2.5, 6, 0.52)
    edge = top + g.height * 0.02 - rise * g.height * 0.11
    first = max(0, int(edge.min()) - 2)
    x, y = grid(round(top + g.height * 0.06) - first, g.layer_width)
    below = y + first - edge[None, :]
    side = 1.0 if stage.flipped else -1.0
    relief = fbm(rng, x.shape[0], x.shape[1], 2.2, 6, gain=0.55, stretch=2.4)
    slope = np.gradient(blur(relief, 1.2 * max(g.unit, 0.3)), axis=1) * g.span
    light = np.clip(0.36 - slope * side * 0.05 + (relief - 0.5) * 0.4 - below / g.height * 1.2, 0, 1)
    rgb = ramp([(i / 3, colour(c)) for i, c in enumerate(_DUST)], f32(light * 0.8))
    return layer(rgb, f32(np.clip(below + 0.5, 0, 1)), 0.16, first)


def _plain(stage: Stage, top: float) -> Layer:
    """The plain as a height map seen in perspective, lit low from the sun's side."""
    g, rng = stage.geometry, stage.rng
    first = int(top)
    height, width = max(2, g.layer_height - first), g.layer_width
    x, y = grid(height, width)
    near = (y + g.height * 0.025) / (height + g.height * 0.025)
    distance = 1 / near
    across = (x - width / 2) / g.span * distance
    field = _shaded_map(rng, stage.flipped)
    size = field.shape[0] - 1
    u = (across * 0.20 + float(rng.random())) % 1.0
    v = (np.log(distance) * 0.22 + distance * 0.008 + float(rng.random())) % 1.0
    value = remap(field, f32(u * size), f32(v * size))
    value = value * (0.72 + 0.3 * near) + 0.16 * (1 - near)
    rgb = ramp([(i / 3, colour(c)) for i, c in enumerate(_DUST)], f32(np.clip(value, 0, 1)))
    edge = f32(np.clip(y + 0.5, 0, 1))
    rgb = blend(rgb, mix(colour(_DUST[2]), stage.palette.haze, 0.25), f32(0.3 * (1 - near) ** 5))
    return layer(rgb, edge, 0.5, first)


def _shaded_map(rng: np.random.Generator, flipped: bool) -> F32:
    """A seamless square of craters and dust, as brightness 0..1."""
    size = 640
    ground = f32(tile(rng, size, 6, 6).padded[:size, :size] * 0.007)
    radii = 5 + 42 * rng.random(_CRATERS) ** 4
    for r, cx, cy in zip(radii, rng.uniform(0, size, _CRATERS), rng.uniform(0, size, _CRATERS), strict=True):
        _dig(ground, float(r), int(cx), int(cy))
    side = 1.0 if flipped else -1.0
    slope_x = np.roll(ground, -1, 1) - np.roll(ground, 1, 1)
    slope_y = np.roll(ground, -1, 0) - np.roll(ground, 1, 0)
    rough = rng.normal(0, 0.03, (size, size)).astype(np.float32)
    light = 0.5 - slope_x * side * 9 + slope_y * 3.5 + blur(rough, 0.8)
    return f32(np.pad(np.clip(light, 0.03, 1), ((0, 1), (0, 1)), mode="wrap"))


def _dig(ground: F32, radius: float, cx: int, cy: int) -> None:
    """Dig a bowl with a raised rim; it wraps at the edges of the map."""
    size, reach = ground.shape[0], int(radius * 1.7) + 1
    v, u = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    away = np.hypot(u, v) / radius
    bowl = np.where(away < 1, (away**2 - 1) * 0.09, 0) + np.exp(-((away - 1) ** 2) * 14) * 0.06
    rows = (np.arange(-reach, reach + 1) + cy) % size
    columns = (np.arange(-reach, reach + 1) + cx) % size
    ground[np.ix_(rows, columns)] += (bowl * radius / 20 * np.clip((1.7 - away) * 3, 0, 1)).astype(np.float32)


def earth(stage: Stage, x: float, y: float, radius: float) -> Layer:
    """The Earth, half in shadow: oceans, land, swirling cloud and a thin blue air."""
    g, rng = stage.geometry, stage.rng
    top, bottom = max(0, int(y - radius * 1.5)), min(g.layer_height, int(y + radius * 1.5))
    u, v = grid(max(2, bottom - top), g.layer_width)
    u, v = (u - x) / radius, (v + top - y) / radius
    away = np.hypot(u, v)
    depth = np.sqrt(np.clip(1 - away**2, 0, 1))
    land = fbm(rng, 384, 768, 3, 7, gain=0.55)
    sky = fbm(rng, 384, 768, 5, 6, gain=0.6, stretch=2.2)
    at = (
        f32((np.arctan2(u, depth + 1e-4) / math.pi * 0.5 + 0.5) * 767),
        f32((np.arcsin(np.clip(v, -1, 1)) / math.pi + 0.5) * 383),
    )
    ground, cloud = remap(land, *at), remap(sky, *at)
    sea = ramp([(0.0, colour("#06215a")), (0.5, colour("#0e4a94")), (1.0, colour("#2f8fc4"))], ground * 1.4)
    soil = ramp(
        [(0.0, colour("#2f6a3a")), (0.6, colour("#7a8a4a")), (1.0, colour("#b89a66"))],
        f32(np.clip((ground - 0.5) * 3.2, 0, 1)),
    )
    rgb = blend(sea, soil, smoothstep(0.5, 0.54, ground))
    ice = smoothstep(0.8, 0.9, f32(np.abs(v) + (ground - 0.5) * 0.3))
    rgb = blend(rgb, colour("#f4f8fc"), f32(np.maximum(smoothstep(0.5, 0.72, cloud) * 0.92, ice)))
    side = 0.72 if stage.flipped else -0.72
    facing = np.clip(u * side - v * 0.38 + depth * 0.58, 0, 1)
    rgb = rgb * spread(f32(0.02 + 1.1 * facing**0.8))
    air = colour("#7fc4ff")
    rgb = f32(rgb + flat(air, facing) * ((1 - depth) ** 3 * facing * 0.9)[..., None])
    rim = np.clip((1 - away) * radius + 0.5, 0, 1)
    halo = np.exp(-np.clip(away - 1, 0, None) * 11) * np.clip(u * side - v * 0.38 + 0.45, 0, 1) * 0.55
    cover = f32(np.clip(rim + halo * (1 - rim), 0, 1))
    return layer(np.clip(blend(flat(air, cover), rgb, f32(rim)), 0, 1), cover, 0.08, top)
