"""Skies: the gradient with its sun or moon, stars, nebulae and clouds."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from genmux.render.layers import Layer, backdrop, layer, merged
from genmux.render.noise import domain_warped, fbm, smoothstep
from genmux.render.palette import colour, mix, ramp, rotated
from genmux.render.raster import F32, blend, blur, f32, flat, grid, remap, resize, spread
from genmux.render.stage import Stage

_COARSE: Final = 2
_SKY_STOPS: Final = (0.0, 0.3, 0.55, 0.76, 0.92, 1.0)
_GLOW: Final = {"dawn": 0.8, "day": 0.42, "sunset": 1.0, "night": 0.38, "storm": 0.3}
_DISC: Final = {"dawn": 0.045, "day": 0.038, "sunset": 0.055, "night": 0.042}
_CLOUDINESS: Final = {"dawn": 0.5, "day": 0.55, "sunset": 0.6, "night": 0.22, "storm": 1.05}


def sky(stage: Stage) -> Layer:
    """The backmost layer: gradient, glow, stars, and the sun or moon."""
    rgb = resize(_gradient(stage), stage.geometry.layer_width, stage.geometry.layer_height)
    if stage.palette.stars > 0 and stage.allows("stars"):
        rgb += starfield(stage, stage.palette.stars, stage.horizon)
    if stage.time == "night":
        rgb += _milky_way(stage)
    if stage.time in _DISC:
        rgb = _with_disc(stage, rgb)
    visible = min(rgb.shape[0], round(stage.horizon + stage.geometry.height * 0.1))
    return backdrop(rgb[:visible])


def _gradient(stage: Stage) -> F32:
    g = stage.geometry
    height, width = g.layer_height // _COARSE, g.layer_width // _COARSE
    x, y = (v * _COARSE for v in grid(height, width))
    down = np.clip(y[:, 0] / stage.horizon, 0, 1)
    row = ramp(list(zip(_SKY_STOPS, stage.palette.sky, strict=True)), down)
    distance = np.hypot(x - stage.sun_x, (y - stage.sun_y) * 1.05) / g.span
    level = np.abs(y - stage.horizon) / g.span
    across = np.abs(x - stage.sun_x) / g.width
    light = (
        np.exp(-distance * 3.2) * 0.75
        + np.exp(-distance * 9) * 0.5
        + np.exp(-level * 6 - across * 2.2) * 0.55
    )
    glow = np.clip(light * _GLOW[stage.time], 0, 1)[..., None] * stage.palette.glow
    return np.asarray(1 - (1 - row[:, None, :]) * (1 - glow), np.float32)


def starfield(stage: Stage, density: float, bottom: float) -> F32:
    """Light of stars as (h, w, 3): few bright with halos, many faint, thinning toward `bottom`."""
    g, rng = stage.geometry, stage.rng
    count = int(760 * density * g.layer_width * g.layer_height / (1550 * 900) + 40)
    field = np.zeros((g.layer_height, g.layer_width), np.float32)
    y = (rng.random(count) ** 1.2 * min(bottom, g.layer_height) * 0.97).astype(int)
    x = rng.integers(0, g.layer_width, count)
    power = np.clip(rng.pareto(2.6, count) * 0.3, 0.1, 1).astype(np.float32)
    np.maximum.at(field, (y, x), power)
    unit = max(g.unit, 0.4)
    halo = (
        blur(field, 0.8 * max(1.0, unit)) * 2.2
        + blur(np.where(field > 0.6, field, np.float32(0)), 3.4 * unit) * 7
    )
    warmth = 0.5 + 0.5 * fbm(rng, g.layer_height // 8, g.layer_width // 8, 12, 1)
    cast = resize(warmth, g.layer_width, g.layer_height)
    tint = blend(np.array([0.8, 0.9, 1.0], np.float32), np.array([1.0, 0.94, 0.86], np.float32), cast)
    return tint * spread(field + halo)


def _milky_way(stage: Stage) -> F32:
    g, rng = stage.geometry, stage.rng
    height, width = g.layer_height // 3, g.layer_width // 3
    x, y = (v * 3 for v in grid(height, width))
    angle = float(rng.uniform(-1.0, -0.5))
    away = (
        (x - g.layer_width * 0.5) * math.sin(angle) - (y - stage.horizon * 0.4) * math.cos(angle)
    ) / g.span
    dust = fbm(rng, height, width, 4, 6)
    band = (
        np.exp(-((away / 0.17) ** 2))
        * smoothstep(0.32, 0.75, dust)
        * np.clip((stage.horizon - y) / (stage.horizon * 0.5), 0, 1)
    )
    light = mix(stage.palette.glow, stage.palette.cloud, 0.4) * 0.5
    return resize(f32(band[..., None] * light), g.layer_width, g.layer_height, cv2.INTER_CUBIC)


def _with_disc(stage: Stage, rgb: F32) -> F32:
    g = stage.geometry
    feature = "moon" if stage.time == "night" else "sun"
    if not stage.allows(feature):
        return rgb
    radius = _DISC[stage.time] * g.span * (2.6 if stage.neon else 1.0)
    x, y = grid(g.layer_height, g.layer_width)
    distance = np.hypot(x - stage.sun_x, y - stage.sun_y)
    cover = np.clip((radius - distance) / max(1.4 * g.unit, 0.8) + 0.5, 0, 1)
    disc = flat(stage.palette.sun, rgb)
    if stage.neon:
        stripes = smoothstep(
            0.05, 0.2, np.sin((y - stage.sun_y) / radius * 20) + 0.85 - (y - stage.sun_y) / radius * 1.1
        )
        cover = cover * stripes
        top, bottom = colour("#fff27a"), colour("#ff2f92")
        disc = blend(top, bottom, np.clip((y - stage.sun_y) / radius * 0.5 + 0.5, 0, 1))
    elif stage.time == "night":
        seas = fbm(stage.rng, 96, 96, 3, 5)
        u, v = ((c * (48 / radius) + 48).astype(np.float32) for c in (x - stage.sun_x, y - stage.sun_y))
        disc *= spread(0.72 + 0.3 * smoothstep(0.3, 0.65, remap(seas, u, v)))
    return blend(rgb, disc, cover.astype(np.float32))


def clouds(stage: Stage) -> list[Layer]:
    """One cloud layer of large and small clouds; none when the sky should be clear."""
    amount = _CLOUDINESS[stage.time] + (0.25 if stage.wants("clouds") else 0.0)
    if stage.wants("clear") or not stage.allows("clouds") or stage.reading.has("effect", "aurora"):
        return []
    far = _cloud_layer(stage, amount, scale=3.4, strength=0.9)
    return [merged(far, _cloud_layer(stage, amount * 0.7, scale=2.2, strength=0.75))]


def _cloud_layer(stage: Stage, amount: float, scale: float, strength: float) -> Layer:
    g, palette = stage.geometry, stage.palette
    height, width = g.layer_height // _COARSE, g.layer_width // _COARSE
    down = np.clip(np.arange(height, dtype=np.float32) * _COARSE / stage.horizon, 0, 1)
    density = _cloud_density(stage.rng, down, height, width, scale)
    low = 0.64 - 0.30 * amount
    fade = smoothstep(-0.05, 0.12, down) * (1 - smoothstep(0.86, 1.0, down))
    alpha = smoothstep(low, low + 0.24, density) * fade[:, None] * strength
    shade = _cloud_shade(stage, density, low)
    lit = mix(palette.cloud, palette.sun, 0.6)
    rgb = ramp(
        [
            (0, palette.cloud_shade),
            (0.5, mix(palette.cloud_shade, palette.cloud, 0.75)),
            (0.78, palette.cloud),
            (1, lit),
        ],
        shade,
    )
    rgb = blend(rgb, palette.haze, np.repeat(np.clip((down - 0.5) / 0.5, 0, 1)[:, None] * 0.6, width, axis=1))
    size = (g.layer_width, g.layer_height)
    cover = f32(np.clip(resize(alpha, *size), 0, 1))
    return layer(resize(rgb, *size), cover, depth=0.05, drift=15, mirrored=True)


def _cloud_density(rng: np.random.Generator, down: F32, height: int, width: int, scale: float) -> F32:
    """Cloud thickness seen in perspective: a flat deck that recedes toward the horizon (`down` = 1)."""
    flat = fbm(rng, height * 2, width, scale * 1.5, 7, gain=0.55, stretch=1.7)
    swirl = fbm(rng, height, width, 2.5, 4) - 0.5
    row = (height * 2 - 2) * (1 - np.power(1 - np.clip(down, 0, 0.995), 0.42))
    spread = (0.55 + 0.9 * (1 - down))[:, None]
    x, _ = grid(height, width)
    at_x = (x - width / 2) * spread + width / 2 + swirl * width * 0.1
    at_y = np.repeat(row[:, None], width, axis=1) + swirl * height * 0.09
    return remap(flat, at_x.astype(np.float32), at_y.astype(np.float32), cv2.BORDER_REFLECT)


def _cloud_shade(stage: Stage, density: F32, low: float) -> F32:
    """How lit each cloud point is: less behind thickness that stands between it and the sun."""
    height, width = density.shape
    x, y = grid(height, width)
    to_x, to_y = stage.sun_x / _COARSE - x, stage.sun_y / _COARSE - y
    distance = np.hypot(to_x, to_y) + height * 0.08
    reach = stage.geometry.span / _COARSE
    shadow = np.zeros_like(density)
    for step in (0.012, 0.03, 0.06):
        at = (x + to_x / distance * reach * step, y + to_y / distance * reach * step)
        shadow += np.clip(remap(density, *at) - low, 0, None)
    thick = smoothstep(low + 0.05, low + 0.4, density)
    near_sun = np.exp(-distance / reach * 1.6)
    return f32(np.clip(0.92 - shadow * 1.5 - thick * 0.22 + near_sun * 0.4, 0, 1))


def nebula(stage: Stage) -> F32:
    """Coloured gas as light (h, w, 3) over the whole layer."""
    g, rng = stage.geometry, stage.rng
    height, width = g.layer_height // 3, g.layer_width // 3
    push = (fbm(rng, height, width, 2, 4), fbm(rng, height, width, 2, 4))
    body = domain_warped(fbm(rng, height, width, 2.2, 7), *push, pixels=height * 0.9)
    veins = domain_warped(fbm(rng, height, width, 3, 6, ridged=True), push[1], push[0], pixels=height * 0.7)
    first = rotated(stage.palette.glow, float(rng.uniform(-50, 10)))
    second = rotated(stage.palette.glow, float(rng.uniform(60, 150)))
    a = smoothstep(0.42, 0.78, body)
    b = smoothstep(0.3, 0.75, veins) * smoothstep(0.36, 0.62, body)
    core = np.array([1.0, 0.86, 0.76], np.float32)
    light = a[..., None] * first * 0.8 + b[..., None] * second * 0.7 + (a * b)[..., None] * core * 0.7
    dust = smoothstep(0.48, 0.72, domain_warped(fbm(rng, height, width, 4, 6), *push, pixels=height * 0.4))
    light = f32(light * (1 - 0.6 * dust[..., None]))
    return f32(np.clip(resize(light, g.layer_width, g.layer_height, cv2.INTER_CUBIC), 0, 1))
