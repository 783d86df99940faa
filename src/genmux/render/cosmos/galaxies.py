"""The far wonders of space as light over a whole layer: a spiral galaxy, a black hole with its disc."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import fbm, smoothstep
from genmux.render.palette import colour, ramp, rotated
from genmux.render.raster import F32, U8, add_light, f32, grid, remap, resize, spread, warp
from genmux.render.stage import Stage


def spiral(stage: Stage) -> F32:
    """A tilted spiral galaxy as light (h, w, 3): arms of young blue stars, dust lanes, a golden core."""
    g, rng = stage.geometry, stage.rng
    height, width = g.layer_height // 2, g.layer_width // 2
    x, y = (v * 2 for v in grid(height, width))
    cx = g.margin_x + g.width * float(rng.uniform(0.42, 0.58))
    cy = g.margin_y + g.height * float(rng.uniform(0.42, 0.54))
    turn, flat = float(rng.uniform(-0.6, 0.6)), float(rng.uniform(0.36, 0.62))
    size = 0.36 * g.span + 0.16 * max(g.width, g.height)
    u = ((x - cx) * math.cos(turn) + (y - cy) * math.sin(turn)) / size
    v = ((y - cy) * math.cos(turn) - (x - cx) * math.sin(turn)) / size / flat
    away = np.hypot(u, v)
    winding = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(3.0, 4.2))
    angle = np.arctan2(v, u) + winding * np.log(away + 0.09)
    cloud = fbm(rng, height, width, 7, 6, gain=0.6)
    arms = np.cos(2 * angle + (cloud - 0.5) * 3.2) * 0.5 + 0.5
    lanes = np.cos(2 * angle + 1.0 + (cloud - 0.5) * 4.0) * 0.5 + 0.5
    fade = np.exp(-away * 2.1) * smoothstep(1.55, 0.5, f32(away))
    blue = rotated(colour("#7fa8ff"), float(rng.uniform(-25, 45)))
    pink = rotated(colour("#ff86c8"), float(rng.uniform(-30, 20)))
    disc = fade * (0.2 + 1.5 * arms**2.2) * (0.55 + 0.9 * cloud)
    knots = smoothstep(0.62, 0.86, f32(fbm(rng, height, width, 16, 4))) * arms**2 * fade
    core = np.exp(-((away * 4.6) ** 1.3)) * 1.25 + np.exp(-away * 6) * 0.55
    dust = 1 - 0.65 * smoothstep(0.72, 0.98, f32(lanes)) * np.clip(away * 3.2, 0, 1)
    light = disc[..., None] * blue + knots[..., None] * pink * 1.5 + core[..., None] * colour("#ffe2ae")
    light *= dust[..., None]
    stars = np.power(rng.random((height, width)), 46).astype(np.float32) * fade * 2.4
    return resize(f32(np.clip(light + spread(f32(stars)), 0, 1)), g.layer_width, g.layer_height)


@dataclass(frozen=True, slots=True)
class Hole:
    """A black hole: middle and radius in layer pixels, its disc's roll in radians and its flatness."""

    x: float
    y: float
    radius: float
    roll: float
    tilt: float

    def frame(self, x: F32, y: F32) -> tuple[F32, F32]:
        """Layer pixels in units of the hole, along and across its disc."""
        dx, dy = (x - self.x) / self.radius, (y - self.y) / self.radius
        c, s = math.cos(self.roll), math.sin(self.roll)
        return f32(dx * c + dy * s), f32(dy * c - dx * s)


def hole(stage: Stage) -> Hole:
    """Where the black hole is and how it leans."""
    g, rng = stage.geometry, stage.rng
    return Hole(
        g.margin_x + g.width * float(rng.uniform(0.42, 0.58)),
        g.margin_y + g.height * float(rng.uniform(0.44, 0.54)),
        min(g.span * float(rng.uniform(0.125, 0.16)), g.width * 0.13),
        float(rng.uniform(-0.42, 0.42)),
        float(rng.uniform(0.13, 0.2)),
    )


def black_hole(stage: Stage, field: F32, spec: Hole) -> F32:
    """The star field with a black hole before it: bent light, photon ring, and a disc seen over and under."""
    x, y = grid(*field.shape[:2])
    dx, dy = (x - spec.x) / spec.radius, (y - spec.y) / spec.radius
    away = f32(np.hypot(dx, dy))
    pull = 1 - 1.6 / np.maximum(away, 1.3) ** 2
    bent = remap(field, f32(spec.x + dx * pull * spec.radius), f32(spec.y + dy * pull * spec.radius))
    bent *= spread(smoothstep(1.0, 2.4, away))
    light = _accretion(stage.rng, *spec.frame(x, y), away, spec.tilt)
    return f32(1 - (1 - np.clip(bent, 0, 1)) * (1 - light))


@dataclass(frozen=True, slots=True, eq=False)
class Swirl:
    """Brighter clouds that circle in the disc of a black hole, drawn at quarter size."""

    power: F32
    angle: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of the clouds where they are now."""
        t = moment.seconds
        clouds = (
            np.sin(self.angle * 3 - t * 1.9)
            + np.sin(self.angle * 5 - t * 2.7 + 1)
            + np.sin(self.angle * 2 - t)
        )
        light = np.asarray(np.clip(self.power * np.clip(clouds, 0, 3), 0, 255), np.uint8)
        matrix = moment.matrix(0.0)
        matrix[:, 2] /= 4
        width, height = max(1, canvas.shape[1] // 4), max(1, canvas.shape[0] // 4)
        add_light(canvas, warp(light, matrix, width, height, cv2.BORDER_CONSTANT), (1.0, 0.72, 0.4))


def swirl(stage: Stage, spec: Hole) -> Swirl:
    """The moving part of the disc."""
    g = stage.geometry
    x, y = (v * 4 for v in grid(g.layer_height // 4 + 1, g.layer_width // 4 + 1))
    u, v = spec.frame(x, y)
    distance = f32(np.hypot(u, v / spec.tilt))
    ring = smoothstep(1.7, 2.1, distance) * smoothstep(4.6, 2.4, distance)
    hidden = (v < 0) & (np.hypot(u, v) < 1.12)
    angle = f32(np.arctan2(v / spec.tilt, u) - np.log(np.maximum(distance, 0.2)) * 2.4)
    return Swirl(f32(np.where(hidden, 0, ring) * 62), angle)


def _accretion(rng: np.random.Generator, u: F32, v: F32, away: F32, tilt: float) -> F32:
    """Light of the disc before, above and below the hole, and of the ring close round it."""
    streaks = fbm(rng, 256, 1024, 5, 6, gain=0.6, stretch=6)
    stops = [(0.0, "#fffdf0"), (0.22, "#ffe0a0"), (0.5, "#ff9a3c"), (0.78, "#d8461c"), (1.0, "#3a0c10")]
    turned = float(rng.choice([0.0, 0.0, -18.0, 190.0]))
    heat = [(at, rotated(colour(c), turned)) for at, c in stops]

    def ring(distance: F32, inner: float, outer: float, angle: F32) -> tuple[F32, F32]:
        at = np.clip((distance - inner) / (outer - inner), 0, 1)
        texture = remap(streaks, f32((angle / (2 * math.pi) + 0.5) * 1023), f32(at * 255))
        edge = smoothstep(inner - 0.06, inner + 0.16, distance) * smoothstep(outer, outer * 0.55, distance)
        return f32(at), f32(edge * (0.35 + 1.25 * texture**1.5))

    doppler = 1.0 + 0.5 * np.clip(-u / 4, -1, 1)
    flat = f32(np.hypot(u, v / tilt))
    front_at, front = ring(flat, 1.75, 5.2, f32(np.arctan2(v / tilt, u)))
    front = f32(front * np.where((v < 0) & (away < 1.12), 0, 1))
    over_v = np.where(v < 0, v, v * 1.22)
    arch_at, arch = ring(f32(np.hypot(u, over_v)), 1.18, 2.15, f32(np.arctan2(v, u)))
    arch = f32(arch * np.where(v < 0, 0.95, 0.42))
    light = ramp(heat, front_at) * spread(f32(np.clip(front * doppler, 0, 1.5)))
    light += ramp(heat, arch_at) * spread(f32(np.clip(arch * doppler, 0, 1.5)))
    photon = np.exp(-(((away - 1.07) / 0.035) ** 2)) * 0.9 * doppler
    glow = np.exp(-np.abs(away - 1.1) * 1.1) * 0.26 * smoothstep(0.95, 1.15, away)
    light += spread(f32(photon)) * heat[0][1] + spread(f32(glow)) * heat[2][1]
    return f32(np.clip(light, 0, 1))
