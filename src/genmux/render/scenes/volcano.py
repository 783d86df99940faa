"""A volcano: a gullied cone with a glowing crater, lava on its flanks, ash above it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.effects.smoke import Smoke
from genmux.render.layers import Element
from genmux.render.noise import fbm, smoothstep, tile
from genmux.render.paint.light import shade_and_beam
from genmux.render.palette import colour, mix, ramp
from genmux.render.raster import F32, U8, add_light, blend, blur, f32, premultiplied, resize, to_bytes
from genmux.render.scenery.terrain import Range, mist_band, range_layer, seen
from genmux.render.scenes.ridges import slope
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage

_STEPS: Final = 150
_BASALT: Final = colour("#5d524e")
_ASH: Final = colour("#8f8078")
_FLOW: Final = ((0.0, "#3a0502"), (0.35, "#c42a08"), (0.7, "#ff7a1e"), (1.0, "#ffe9a8"))
_RIM: Final = 0.085
_FIRE: Final = {"day": 0.35, "dawn": 0.85, "storm": 0.9}


@dataclass(frozen=True, slots=True, eq=False)
class Embers:
    """Glowing rock thrown out of a crater at layer point (x, y); `sparks` rows are 0..1 numbers."""

    x: float
    y: float
    depth: float
    reach: float
    sparks: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add every spark on its arc and the beating light of the crater, at half size."""
        x, y = moment.place(self.x, self.y, self.depth)
        reach, t = self.reach, moment.seconds
        left, right = max(0, int(x - reach)), min(canvas.shape[1], int(x + reach))
        top, bottom = max(0, int(y - reach * 1.3)), min(canvas.shape[0], int(y + reach * 0.5))
        if right - left < 2 or bottom - top < 2:
            return
        mask = np.zeros((max(1, (bottom - top) // 2), max(1, (right - left) // 2)), np.uint8)
        for turn, speed, phase, size in self.sparks:
            age = (t * (0.28 + 0.2 * speed) + phase) % 1.0
            angle = (turn - 0.5) * 1.25
            out = math.sin(angle) * reach * (0.4 + 0.6 * speed) * age
            up = reach * (0.5 + 0.6 * speed) * (1.9 * age - 2.1 * age * age)
            at = (int((x + out - left) * 8), int((y - up - top) * 8))
            radius = max(6, int((1.0 + 1.6 * size) * moment.geometry.unit * 9))
            cv2.circle(mask, at, radius, int(255 * (1 - age) ** 0.7), -1, cv2.LINE_AA, 4)
        beat = 0.7 + 0.2 * math.sin(t * 2.1) + 0.1 * math.sin(t * 5.3)
        across = (np.arange(mask.shape[1], dtype=np.float32) * 2 + left - x)[None, :] / reach
        down = (np.arange(mask.shape[0], dtype=np.float32) * 2 + top - y)[:, None] / reach
        halo = np.clip(np.exp(-np.hypot(across, down) * 4.2) - 0.016, 0, 1) * beat * 215
        part = np.ascontiguousarray(canvas[top:bottom, left:right])
        size = (right - left, bottom - top)
        add_light(part, resize(halo.astype(np.uint8), *size), (1.0, 0.36, 0.12))
        add_light(part, resize(np.asarray(blur(mask, 0.7), np.uint8), *size), (1.0, 0.66, 0.28))
        canvas[top:bottom, left:right] = part


@dataclass(frozen=True, slots=True, eq=False)
class Lava:
    """The light of lava, as a sprite without cover, whose brightness runs downhill in waves."""

    sprite: Sprite

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light as bright as each row of the flow is now."""
        image = self.sprite.image
        row = np.arange(image.shape[0], dtype=np.float32) / image.shape[0]
        wave = 0.80 + 0.20 * np.sin(row * 21 - moment.seconds * 2.6)
        gain = np.repeat((wave * 255).astype(np.uint8)[:, None], image.shape[1], axis=1)
        lit = cv2.multiply(image, cv2.merge((gain,) * 4), scale=1 / 255.0)
        s = self.sprite
        Sprite(np.asarray(lit, np.uint8), s.left, s.top, s.depth).draw(canvas, moment)


def volcano(stage: Stage) -> list[Element]:
    """Low ranges, the cone with its fire and ash, mist at its foot, and hills before it."""
    g, rng = stage.geometry, stage.rng
    h, span = g.height, g.span
    x = stage.free_x * 0.7 + g.layer_width * 0.15
    base = stage.horizon + h * 0.10
    height = min(span * float(rng.uniform(0.38, 0.48)), (base - g.margin_y) * 0.62)
    half = min(height * float(rng.uniform(1.35, 1.8)), g.width * 0.75)
    cone, lava = _cone(stage, x, half, base, height)
    crater = base - height * 0.965
    fire = _FIRE.get(stage.time, 1.0)
    ash = _ash(stage, x, crater, height, fire)
    sparks = rng.random((int(30 + 40 * fire), 4)).astype(np.float32)
    far = Range(stage.horizon + h * 0.03, span * 0.22, 0.09, haze=0.46, floor=stage.horizon + h * 0.36)
    hills = slope(stage, stage.horizon + h * 0.24, span * 0.24, 0.34, 0.12, 0.6, stage.horizon + h * 0.4)
    return [
        range_layer(stage, far),
        ash,
        cone,
        *([Lava(lava)] if stage.time != "day" else []),
        Embers(x, crater, 0.16, height * (0.30 + 0.25 * fire), sparks),
        mist_band(stage, stage.horizon + h * 0.09, h * 0.06, 0.22, 0.5, drift=13),
        range_layer(stage, hills),
        mist_band(stage, stage.horizon + h * 0.21, h * 0.05, 0.42, 0.4, drift=18),
    ]


def _ash(stage: Stage, x: float, crater: float, height: float, fire: float) -> Smoke:
    """The plume over the crater, lit by its fire from below."""
    hot = f32(np.array([1.0, 0.38, 0.12]) * fire * 0.9)
    shade = mix(colour("#4b4347"), stage.palette.far, 0.35)
    lean = float(stage.rng.uniform(0.2, 0.5)) * (1 if stage.flipped else -1) * -1
    bright = mix(shade, mix(stage.palette.haze, stage.palette.glow, 0.3), 0.5)
    return Smoke(
        x, crater, 0.16, max(height * 1.1, crater * 1.15), lean, height * 0.07, 0.34, 0.95,
        (bright, shade * 0.62), hot, tile(stage.rng, 256, 7, 5), 20.0, -1.0 if stage.flipped else 1.0,
    )  # fmt: skip


def _cone(stage: Stage, x: float, half: float, base: float, height: float) -> tuple[Sprite, Sprite]:
    """The cone and the light of the lava on it."""
    rng, width = stage.rng, stage.geometry.layer_width
    left, right = max(0, int(x - half * 1.6)), min(width, int(x + half * 1.6))
    columns = max(4, right - left)
    across = ((np.arange(columns, dtype=np.float32) + left - x) / half)[None, :]
    depth = np.linspace(-1.2, 0.35, _STEPS, dtype=np.float32)[:, None]
    radius = np.hypot(across, depth)
    angle = np.arctan2(across, -depth)
    gullies = _gullies(rng, angle, radius)
    warped = radius * (1 + 0.10 * (fbm(rng, _STEPS, columns, 3, 4) - 0.5))
    rise = np.exp(-np.maximum(warped - _RIM, 0) * 2.55) - 0.045
    rise = rise * (1 - 0.13 * gullies * smoothstep(_RIM, 0.3, warped))
    notch = 0.05 * smoothstep(0.35, 0.0, f32(np.abs(angle - 0.35)))
    crater = 0.16 * smoothstep(_RIM, _RIM * 0.3, warped) + notch * smoothstep(_RIM * 2, _RIM, warped)
    heights = f32(np.clip(rise - crater, 0, 1))
    screen = f32(base - heights * height - (depth + 1.2) * height * 0.05)
    top = max(0, int(screen.min()) - 2)
    bottom = max(top + 2, min(stage.geometry.layer_height, int(base + height * 0.1)))
    nearest, skyline = seen(screen, top, bottom)
    at = (nearest, np.arange(columns)[None, :])
    rgb = _stone(stage, heights, gullies, height, half)[at]
    row = np.arange(top, bottom, dtype=np.float32)[:, None]
    below = row - skyline[None, :]
    mist = smoothstep(base - height * 0.5, base + height * 0.08, row) * 0.75 + 0.10
    rgb = blend(f32(rgb), stage.palette.haze, f32(np.repeat(mist, columns, axis=1)))
    rgb = (
        rgb
        + (np.exp(-np.maximum(below, 0) / max(1.0, 2.2 * stage.geometry.unit)) * 0.2)[..., None]
        * stage.palette.glow
    )
    cover = f32(np.clip(below + 0.5, 0, 1) * np.clip((bottom - row) / (height * 0.16), 0, 1))
    light = _lava(stage, gullies, radius, angle)[at] * cover * (1 - mist)
    return (
        Sprite(premultiplied(f32(np.clip(rgb, 0, 1)), cover), left, top, 0.16),
        Sprite(_glowing(light), left, top, 0.16),
    )


def _gullies(rng: np.random.Generator, angle: F32, radius: F32) -> F32:
    """Ravines that run down the flanks, 0..1."""
    line = rng.random(64).astype(np.float32)
    fine = rng.random(192).astype(np.float32)
    turn = (angle / (2 * math.pi) + 0.5 + 0.008 * np.sin(radius * 9 + 1)) % 1.0
    coarse = np.interp(turn * 63, np.arange(64), line)
    detail = np.interp(turn * 191, np.arange(192), fine)
    share = smoothstep(0.1, 0.7, radius)
    return f32(coarse * (1 - 0.5 * share) + detail * 0.5 * share)


def _stone(stage: Stage, heights: F32, gullies: F32, height: float, half: float) -> F32:
    """Basalt and ash on the cone, lit from the sun's side."""
    side = 1.0 if stage.flipped else -1.0
    rise = heights * height
    slope_x = np.gradient(rise, axis=1)
    slope_y = np.gradient(rise, axis=0) * (_STEPS / (half * 1.55))
    facing = (-slope_x * side * -1 * -1 * 0.9 - slope_y * 0.25 + 0.5) / np.sqrt(1 + slope_x**2 + slope_y**2)
    light = np.clip(0.2 + 0.85 * facing - 0.25 * gullies, 0, 1.1)
    shade, key = shade_and_beam(stage)
    stone = blend(
        mix(_BASALT, stage.palette.near, 0.35), mix(_ASH, stage.palette.far, 0.3), f32(gullies * 0.8)
    )
    return f32(stone * (shade * 0.8 + light[..., None] * key))


def _lava(stage: Stage, gullies: F32, radius: F32, angle: F32) -> F32:
    """How hot each point is: the crater's rim, and streams that follow a few ravines."""
    rng, heat = stage.rng, np.zeros_like(radius)
    for _ in range(int(rng.integers(3, 6))):
        way = float(rng.uniform(-1.1, 1.1))
        bend = way + 0.10 * np.sin(radius * 14 + way * 9) + 0.05 * np.sin(radius * 37 + way * 5)
        length, wide = float(rng.uniform(0.35, 0.95)), float(rng.uniform(0.010, 0.022))
        away = (angle - bend) * radius / (wide * (1 + radius * 0.6))
        heat = np.maximum(heat, np.exp(-(away**2)) * np.clip((length - radius) / length * 1.6, 0, 1))
    rim = np.exp(-np.maximum(radius - _RIM, 0) * 34)
    return f32(np.clip(np.maximum(heat, rim * 0.9), 0, 1) * _FIRE.get(stage.time, 1.0))


def _glowing(heat: F32) -> U8:
    """Heat as light: the stream itself and the red it throws around."""
    stops = [(at, colour(c)) for at, c in _FLOW]
    core = ramp(stops, heat) * smoothstep(0.05, 0.3, heat)[..., None]
    small = resize(heat, max(1, heat.shape[1] // 4), max(1, heat.shape[0] // 4), cv2.INTER_AREA)
    around = resize(blur(small, max(1.0, heat.shape[0] * 0.012)), heat.shape[1], heat.shape[0])
    light = core + around[..., None] * np.array([1.0, 0.25, 0.06], np.float32) * 0.9
    return np.dstack([to_bytes(f32(np.clip(light, 0, 1))), np.zeros(heat.shape, np.uint8)])
