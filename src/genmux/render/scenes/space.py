"""Space: a nebula and stars with planets, a galaxy, a black hole, or the plains of a moon."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.cosmos.asteroids import belt
from genmux.render.cosmos.galaxies import Hole, black_hole, hole, spiral, swirl
from genmux.render.effects import motes
from genmux.render.layers import Element, Layer, backdrop, layer
from genmux.render.noise import fbm, fbm_line, smoothstep
from genmux.render.palette import colour, mix, ramp, rotated
from genmux.render.raster import F32, blend, f32, flat, grid, remap, spread
from genmux.render.scenery.moonscape import earth, plains
from genmux.render.scenery.sky import nebula, starfield
from genmux.render.stage import Stage
from genmux.render.subjects import Spot, asked, cast

_GAS: Final = ("#3a1f5c", "#a8527a", "#f2b08a", "#ffe6c2", "#c96f6a", "#5a2f6a")
_TILT: Final = 0.35


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, h = stage.geometry, stage.geometry.height
    sight = _sight(stage)
    dark = hole(stage) if sight == "blackhole" else None
    elements: list[Element] = [_backdrop(stage, sight, dark)]
    if dark is not None:
        elements.append(swirl(stage, dark))
    elif sight == "moonscape":
        elements += _moonscape(stage)
    elif sight == "planets" and stage.allows("planet"):
        elements += _planets(stage)
    if stage.wants("asteroids") and stage.allows("asteroids"):
        elements += belt(stage)
    across, down = _beside(stage, sight)
    x, y = g.margin_x + g.width * across, g.margin_y + h * down
    room = min(g.width * 0.3, g.span * 0.5)
    if sight == "moonscape":
        foot = Spot(g.margin_x + g.width * 0.5, g.margin_y + h * 0.9, min(h * 0.44, g.span * 0.5), 0.6, room)
        elements += cast(stage, "ground", foot)
        y = g.margin_y + h * 0.32
    size = min(h * 0.46, g.span * 0.48, g.width * 0.5)
    if not _floats_on_foot(stage, sight):
        elements += cast(stage, "space", Spot(x, y, size, 0.5, room))
    tone = np.array([0.8, 0.9, 1.0], np.float32)
    if sight == "moonscape":
        return elements
    top = 0.68 if dark is not None else 0.0
    return [*elements, motes(g, stage.rng, 26, tone, top=top, sizes=(1.5, 3.2), wander=2)]


def _narrow(stage: Stage) -> bool:
    """Whether a planet and what flies past it have to share the height instead of the width."""
    return stage.geometry.width < stage.geometry.height * 1.25


def _beside(stage: Stage, sight: str) -> tuple[float, float]:
    """Where what floats is put, as shares of width and height: away from the planet, or below the sight."""
    if sight in ("galaxy", "blackhole"):
        return (0.2 if stage.flipped else 0.8), 0.68
    if _narrow(stage):
        return (0.62 if stage.flipped else 0.38), 0.72
    return (0.72 if stage.flipped else 0.28), 0.56


def _floats_on_foot(stage: Stage, sight: str) -> bool:
    """Whether everything that could float already stands on the moon's ground."""
    floating = asked(stage, "space")
    return sight == "moonscape" and bool(floating) and set(floating) <= set(asked(stage, "ground"))


def _sight(stage: Stage) -> str:
    """What the picture is of: planets, a galaxy, a black hole, or the ground of a moon."""
    for feature in ("blackhole", "moonscape", "galaxy"):
        if stage.wants(feature) and stage.allows(feature):
            return feature
    planetless = not stage.wants("planet") and not stage.wants("ring")
    standing = [name for name in asked(stage, "ground") if name not in asked(stage, "space")]
    if standing and planetless:
        return "moonscape"
    plain = planetless and not stage.wants("nebula") and not stage.reading.all("subject")
    return "galaxy" if plain and stage.rng.random() < 0.35 and stage.allows("galaxy") else "planets"


def _backdrop(stage: Stage, sight: str, dark: Hole | None) -> Layer:
    g = stage.geometry
    down = np.linspace(0, 1, g.layer_height, dtype=np.float32)
    stops = [(i / 5, c) for i, c in enumerate(stage.palette.sky)]
    rgb = np.repeat(ramp(stops, down)[:, None, :], g.layer_width, axis=1)
    if stage.allows("stars"):
        rgb += starfield(stage, stage.palette.stars, g.layer_height)
    if stage.allows("nebula"):
        share = {"planets": 1.0, "galaxy": 0.3, "blackhole": 0.32, "moonscape": 0.4}[sight]
        rgb = 1 - (1 - np.clip(rgb, 0, 1)) * (1 - nebula(stage) * share)
    if sight == "galaxy":
        rgb = 1 - (1 - np.clip(rgb, 0, 1)) * (1 - spiral(stage))
    elif dark is not None:
        rgb = black_hole(stage, f32(rgb), dark)
    return backdrop(rgb.astype(np.float32))


def _moonscape(stage: Stage) -> list[Element]:
    """The Earth over the plain of the moon."""
    g, rng = stage.geometry, stage.rng
    across = 0.3 if not stage.flipped else 0.7
    radius = g.span * float(rng.uniform(0.1, 0.16))
    top = g.margin_y + g.height * float(rng.uniform(0.6, 0.66))
    x = g.margin_x + g.width * (across + float(rng.uniform(-0.05, 0.05)))
    y = g.margin_y + g.height * float(rng.uniform(0.22, 0.36))
    return [earth(stage, x, y, radius), *plains(stage, top)]


@dataclass(frozen=True, slots=True)
class _Planet:
    x: float
    y: float
    radius: float
    depth: float
    ringed: bool


def _planets(stage: Stage) -> list[Element]:
    g, rng = stage.geometry, stage.rng
    ringed = stage.wants("ring") or (stage.allows("ring") and rng.random() < 0.55)
    side = 0.34 if stage.flipped else 0.66
    lifted = 0.2 if _narrow(stage) and asked(stage, "space") else 0.0
    radius = g.span * float(rng.uniform(0.24, 0.33)) * (0.85 if ringed else 1.0)
    big = _Planet(
        g.margin_x + g.width * side,
        g.margin_y + g.height * (float(rng.uniform(0.45, 0.58)) - lifted),
        radius,
        0.22,
        ringed,
    )
    small = _Planet(
        g.margin_x + g.width * (1.14 - side), g.margin_y + g.height * 0.24, g.span * 0.05, 0.12, False
    )
    return [_planet(stage, small), _planet(stage, big)]


def _planet(stage: Stage, spec: _Planet) -> Layer:
    g, rng = stage.geometry, stage.rng
    reach = spec.radius * (2.5 if spec.ringed else 1.7)
    top, bottom = max(0, int(spec.y - reach)), min(g.layer_height, int(spec.y + reach))
    x, y = grid(bottom - top, g.layer_width)
    x, y = (x - spec.x) / spec.radius, (y + top - spec.y) / spec.radius
    turn = float(rng.uniform(0, 360))
    colours = [rotated(colour(c), turn) for c in _GAS]
    air = rotated(colour("#77ffb4"), turn * 0.3)
    light = np.array([0.62 if stage.flipped else -0.62, -0.45, 0.64], np.float32)
    disc = _disc(rng, x, y, colours, air, light)
    rim = f32(np.clip((1 - np.hypot(x, y)) * spec.radius + 0.5, 0, 1))
    away = np.clip(np.hypot(x, y) - 1, 0, None)
    halo = np.exp(-away * 7) * np.clip(x * light[0] + y * light[1] + 0.35, 0, 1) * 0.6
    rgb = blend(flat(air, rim), disc, rim)
    cover = (halo * (1 - rim) + rim).astype(np.float32)
    if spec.ringed:
        rgb, cover = _with_ring(rng, rgb, cover, x, y, mix(colours[3], colours[2], 0.4))
    return layer(np.clip(rgb, 0, 1), np.clip(cover, 0, 1), spec.depth, top)


def _disc(rng: np.random.Generator, x: F32, y: F32, colours: list[F32], air: F32, light: F32) -> F32:
    """The lit sphere as (h, w, 3); meaningless outside radius 1."""
    depth = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    across = x * math.cos(_TILT) + y * math.sin(_TILT)
    up = np.clip(y * math.cos(_TILT) - x * math.sin(_TILT), -1, 1)
    texture = fbm(rng, 512, 1024, 3, 7, gain=0.55)
    longitude = (np.arctan2(across, depth + 1e-4) / math.pi * 0.5 + 0.5) * 1023
    latitude = (np.arcsin(up) / math.pi + 0.5) * 511
    detail = remap(texture, longitude.astype(np.float32), latitude.astype(np.float32))
    if rng.random() < 0.6:
        band = np.clip(up * 0.5 + 0.5 + (detail - 0.5) * 0.16, 0, 1)
        value = (np.sin(band * 26) * 0.25 + np.sin(band * 11 + 2) * 0.35 + 0.5) * 0.8 + (detail - 0.5) * 0.5
    else:
        value = smoothstep(0.3, 0.75, detail)
    surface = ramp([(i / 5, c) for i, c in enumerate(colours)], f32(np.clip(value, 0, 1)))
    facing = np.clip(x * light[0] + y * light[1] + depth * light[2], 0, 1)
    glow = (1 - depth) ** 2.6 * (0.15 + 0.95 * facing)
    lit = surface * spread(f32(0.03 + 1.05 * facing**0.85))
    return np.asarray(lit + blend(np.zeros(3, np.float32), air, glow.astype(np.float32)), np.float32)


def _with_ring(rng: np.random.Generator, rgb: F32, cover: F32, x: F32, y: F32, tone: F32) -> tuple[F32, F32]:
    angle = float(rng.uniform(-0.4, 0.4))
    across = x * math.cos(angle) + y * math.sin(angle)
    flattened = (y * math.cos(angle) - x * math.sin(angle)) / 0.24
    distance = f32(np.hypot(across, flattened))
    bands = np.interp(distance, np.linspace(1.3, 2.3, 800), 0.15 + 1.1 * fbm_line(rng, 800, 40, 4, 0.6))
    visible = np.where((flattened < 0) & (x * x + y * y < 1), 0, 0.8)
    share = smoothstep(1.32, 1.4, distance) * (1 - smoothstep(2.1, 2.25, distance)) * bands * visible
    share = f32(np.clip(share, 0, 0.95))
    # The sprite is premultiplied later, so the ring's colour has to win where the planet is absent.
    total = cover + share * (1 - cover)
    return blend(
        rgb, flat(tone, cover), np.clip(share / np.maximum(total, 1e-3), 0, 1).astype(np.float32)
    ), total
