"""Hot-air balloons: envelopes of coloured gores shaded in the round, with a basket and a burner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.paint.light import Light, light, local
from genmux.render.paint.polygons import face, line, opaque_tone
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, f32, grid, premultiplied, resize, spread
from genmux.render.sprites.motion import Motion, gusts
from genmux.render.sprites.sprite import Sprite
from genmux.render.sprites.stamps import additive, stamp
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

# Half width of an envelope by height, both against its width; the mouth is at 1.17.
_PROFILE: Final = (
    (0.0, 0.0), (0.02, 0.15), (0.08, 0.29), (0.18, 0.40), (0.32, 0.48), (0.46, 0.50), (0.60, 0.475),
    (0.75, 0.41), (0.90, 0.315), (1.04, 0.205), (1.13, 0.135), (1.17, 0.12),
)  # fmt: skip
_MOUTH: Final = 1.17
_WHOLE: Final = 1.52
_GORES: Final = 14
_SUPERSAMPLE: Final = 2
_CLOTHS: Final = (
    ("#d8322f", "#f7a22b", "#fbe6a8"), ("#1f5fb0", "#f4f1e6", "#e8453c"), ("#7a3aa8", "#f27aa0", "#fbd7a0"),
    ("#0f8a7a", "#f9d44a", "#f4f1e6"), ("#e85a2a", "#2a3f86", "#f7c948"), ("#c92f6a", "#f9b233", "#5ab6c9"),
)  # fmt: skip
# Where balloons fly: shares of the room to the side and of the size up, sizes, depths before the spot's.
_FLEET: Final = (
    (0.0, 0.0, 1.0, 0.0),
    (-0.92, 0.28, 0.46, -0.08),
    (0.62, 0.42, 0.30, -0.12),
    (-0.45, -0.34, 0.22, -0.14),
)
_GLOWING: Final = {"night": 0.75, "sunset": 0.34, "dawn": 0.3, "storm": 0.12}


@dataclass(frozen=True, slots=True, eq=False)
class Burner:
    """The flame's light inside an envelope, breathing; `halo` is a sprite as large as the body's."""

    body: Sprite
    halo: U8
    phase: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the balloon, then the glow of its burner where the balloon is now."""
        self.body.draw(canvas, moment)
        t = moment.seconds + self.phase
        power = 0.62 + 0.26 * math.sin(t * 2.1) + 0.12 * math.sin(t * 7.3)
        stamp(canvas, self.halo, self.body.matrix(moment), power)


def balloons(stage: Stage, spot: Spot) -> list[Element]:
    """Two to four balloons of different size around the spot, the far ones first; a companion flies alone."""
    count = int(stage.rng.integers(2, len(_FLEET) + 1)) if not spot.mirrored else 1
    beside = stage.reading.counts.get("balloon", 1) > 1
    inward = 1.0 if spot.x < stage.geometry.layer_width / 2 else -1.0
    cloths = stage.rng.permutation(len(_CLOTHS))
    found: list[Element] = []
    for k in range(count - 1, -1, -1):
        if beside and k == 1:
            continue
        across, up, size, back = _FLEET[k]
        jitter = stage.rng.normal(0, 0.06, 2) if k else np.zeros(2)
        x = spot.x - (across + float(jitter[0])) * spot.room * inward
        y = spot.y - (up + float(jitter[1])) * spot.size * 0.9
        depth = max(spot.depth + back, 0.08)
        found.append(
            _balloon(stage, Spot(x, y, spot.size * size, depth, spot.room), _CLOTHS[int(cloths[k])], 0.1 * k)
        )
    return found


def _balloon(stage: Stage, spot: Spot, cloth: tuple[str, ...], veil: float) -> Element:
    sun, rng = light(stage), stage.rng
    width = max(spot.size / _WHOLE, 6.0)
    glow = _GLOWING.get(stage.time, 0.0)
    sprite = _envelope(stage, width, [local(stage, c) for c in cloth], sun, glow, veil)
    _basket(sprite, width, sun, stage)
    unit, top = stage.geometry.unit, spot.y - spot.size / 2
    bob, rise = float(rng.uniform(3, 6)), float(rng.uniform(2, 5)) * (0.4 + width / stage.geometry.span)
    aside = float(rng.uniform(2, 5)) * float(rng.choice([-1.0, 1.0]))
    phase = float(rng.uniform(0, 6))
    flight = Motion(y=bob * unit, rate=0.9, phase=phase, drift=(aside * unit, -rise * unit))
    sway = gusts(top + sprite.shape[0], 0.004, phase)
    body = Sprite(sprite, spot.x - sprite.shape[1] / 2, top, spot.depth, (*sway, flight))
    return Burner(body, _halo(sprite, width, colour("#ff9a3c") * glow), phase) if glow > 0 else body


def _envelope(stage: Stage, width: float, cloth: list[F32], sun: Light, glow: float, veil: float) -> U8:
    """The envelope on a sprite that leaves room for the basket below."""
    small = int(width * 1.06) + 2, int(width * _WHOLE) + 2
    width *= _SUPERSAMPLE
    columns, rows = (v * _SUPERSAMPLE for v in small)
    x, y = grid(rows, columns)
    v, u = f32(y / width), (x + 0.5 - columns / 2) / width
    at, half = zip(*_PROFILE, strict=True)
    radius = f32(np.interp(v[:, 0], at, half, right=0.0))[:, None]
    across = f32(np.clip(u / np.maximum(radius, 1e-4), -1, 1))
    turn = f32(np.arcsin(across) / np.pi * _GORES + float(stage.rng.uniform(0, 1)))
    rgb = _pattern(cloth, turn, v, int(stage.rng.integers(3)))
    facing = _facing(across, turn, f32(np.gradient(radius[:, 0], 1 / width))[:, None], sun)
    lit = rgb * (sun.sky * np.float32(1.1) + spread(facing) * sun.sun)
    flame = np.exp(-(((v - 0.98) / 0.42) ** 2)) * (1 - 0.5 * across**2) * (1.5 * glow)
    lit = lit + rgb * flame[..., None] * colour("#ffb45a")
    lit = np.clip(lit * (1 - veil) + stage.palette.haze * veil, 0, 1)
    edge = np.clip((radius - np.abs(u)) * width + 0.5, 0, 1) * (v <= _MOUTH)
    return resize(premultiplied(f32(lit), f32(edge)), *small, cv2.INTER_AREA)


def _facing(across: F32, turn: F32, slope: F32, sun: Light) -> F32:
    """How much the cloth faces the light, each gore bulging between its seams."""
    right, up, _ = sun.toward
    front = np.sqrt(np.maximum(1 - across**2, 0))
    facing = (across * right + slope * up * 0.9 + front * 0.42) / np.sqrt(1 + slope**2)
    seam = np.abs(turn - np.floor(turn) - 0.5) * 2
    return f32(np.clip(facing * 0.95 + 0.22, 0.02, 1.1) * (1 - 0.22 * seam**3) * 0.95)


def _pattern(cloth: list[F32], turn: F32, v: F32, pattern: int) -> F32:
    """Stripes by gore, zigzag bands, or stripes with a belt."""
    gore = np.floor(turn).astype(np.int32)
    tones = np.stack(cloth)
    if pattern == 0:
        return f32(tones[gore % 3])
    if pattern == 1:
        saw = np.abs(turn - np.floor(turn) - 0.5) * 0.16
        return f32(tones[np.floor((v + saw) * 7.5).astype(np.int32) % 3])
    belt = smoothstep(0.36, 0.37, v) * (1 - smoothstep(0.60, 0.61, v))
    striped = tones[gore % 2]
    return f32(striped * (1 - belt[..., None]) + tones[2] * belt[..., None])


def _basket(sprite: U8, width: float, sun: Light, stage: Stage) -> None:
    middle, mouth = sprite.shape[1] / 2, _MOUTH * width
    top, foot, half = 1.36 * width, 1.50 * width, 0.085 * width
    rope = opaque_tone(sun.on(colour("#3a2c22"), 0.3))
    for share in (-1.0, -0.35, 0.35, 1.0):
        ends = f32([(middle + share * 0.115 * width, mouth), (middle + share * 0.08 * width, top)])
        line(sprite, ends, rope, width * 0.006)
    wicker = local(stage, "#9a6a3a")
    for low, high, lit in ((-1.0, 1.0, 0.15), (-0.2, 1.0, 0.5), (0.45, 1.0, 0.85)):
        left, right = (sun.side * s * half for s in (low, high))
        box = f32([(left, top), (right, top), (right * 0.9, foot), (left * 0.9, foot)]) + f32([middle, 0])
        face(sprite, f32(box), opaque_tone(sun.on(wicker, lit)))
    rim = f32([(middle - half * 1.1, top), (middle + half * 1.1, top)])
    line(sprite, rim, opaque_tone(sun.on(wicker * 0.6, 0.4)), width * 0.018)


def _halo(sprite: U8, width: float, tone: F32) -> U8:
    """Light of the burner: a soft ball in the mouth of the envelope, kept within the sprite."""
    x, y = grid(*sprite.shape[:2])
    away = np.hypot(x - sprite.shape[1] / 2, (y - width * 1.02) * 0.62) / width
    inside = sprite[..., 3].astype(np.float32) / 255
    flame = np.exp(-((np.hypot(x - sprite.shape[1] / 2, (y - width * 1.22) * 0.6) / width / 0.05) ** 2))
    light = np.clip(np.exp(-((away / 0.3) ** 2)) * inside * (150 / 255) + flame, 0, 1)
    return additive(f32(light[..., None] * tone))
