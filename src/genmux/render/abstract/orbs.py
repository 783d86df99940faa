"""A gradient of slowly turning colours with glowing orbs before it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.abstract.harmony import Harmony
from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.palette import from_oklab, mix, to_oklab
from genmux.render.raster import F32, U8, f32, flat, grid, opaque, premultiplied, resize
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage

_MESH = 10


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Colours (OKLab) spread from moving points; `points` rows are x, y, reach, two phases and speed."""

    points: F32
    colours: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover the canvas, computed at a tenth of its size."""
        height, width = canvas.shape[:2]
        small = (max(8, width // _MESH), max(8, height // _MESH))
        x, y = grid(small[1], small[0])
        x, y = (x + 0.5) / small[0], (y + 0.5) / small[1]
        aspect = width / height
        total = np.full(x.shape, 1e-4, np.float32)
        mixed = np.zeros((*x.shape, 3), np.float32)
        for (px, py, reach, a, b, speed), tone in zip(self.points, self.colours, strict=True):
            t = moment.seconds * (0.35 + 0.5 * speed)
            at_x = px + 0.16 * math.sin(t + a * 6.28) - moment.pose.x * 0.05
            at_y = py + 0.16 * math.cos(t * 0.8 + b * 6.28) - moment.pose.y * 0.05
            away = ((x - at_x) * max(aspect, 1.0)) ** 2 + ((y - at_y) * max(1 / aspect, 1.0)) ** 2
            weight = np.exp(-away / (0.05 + 0.12 * reach)).astype(np.float32) + 1e-4
            total += weight
            mixed += weight[..., None] * tone
        rgb = from_oklab(mixed / total[..., None])
        canvas[:] = resize(opaque(rgb), width, height, cv2.INTER_CUBIC)


def orbs(stage: Stage, colours: Harmony) -> list[Element]:
    """The scene's elements, far to near."""
    g, rng = stage.geometry, stage.rng
    count = 7
    points = rng.uniform(0.02, 0.98, (count, 6)).astype(np.float32)
    light = np.linspace(0.24, 0.62, count) if colours.dark else np.linspace(0.55, 0.93, count)
    tones = [to_oklab(colours.tone(i, float(v), 0.15 if colours.dark else 0.11)) for i, v in enumerate(light)]
    elements: list[Element] = [Mesh(points, f32(np.stack(tones)))]
    sizes = np.sort(rng.uniform(0.05, 1.0, int(rng.integers(7, 11))) ** 1.6 * 0.26 + 0.03)[::-1]
    for i, size in enumerate(sizes):
        elements.append(_orb(stage, colours, i, float(size) * g.span))
    return elements


def _orb(stage: Stage, colours: Harmony, which: int, radius: float) -> Sprite:
    """A ball of frosted glass: a bright edge on the lit side, its own colour inside, a soft shadow."""
    g, rng = stage.geometry, stage.rng
    near = float(rng.uniform(0.1, 0.9))
    soft = max(1.5, radius * (0.02 + 0.16 * float(rng.random()) ** 3))
    reach = math.ceil(radius * 1.25 + soft)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    away = np.hypot(x, y) / radius
    body = smoothstep(1 + soft / radius, 1 - soft / radius, f32(away))
    slope = (-0.6 * x - 0.8 * y) / radius
    lit = np.clip(0.5 + 0.5 * slope, 0, 1)
    tone, bright = (
        colours.tone(which, 0.62, 0.15),
        mix(colours.tone(which + 1, 0.9, 0.07), f32([1, 1, 1]), 0.3),
    )
    shade = colours.tone(which + 2, 0.36, 0.13)
    core = flat(shade, body) + (flat(tone, body) - shade) * smoothstep(0.1, 0.6, f32(lit))[..., None]
    rim = np.exp(-(((away - 0.97) / 0.09) ** 2)) * np.clip(slope * 1.2 + 0.15, 0, 1)
    gleam = np.exp(-(((x + radius * 0.38) ** 2 + (y + radius * 0.46) ** 2) / (radius * 0.26) ** 2)) * 0.55
    share = np.clip(rim * 0.9 + gleam + smoothstep(0.55, 1.0, f32(lit)) * 0.35, 0, 1)
    rgb = f32(core + (bright - core) * share[..., None])
    cover = body * np.clip(0.5 + 0.4 * lit + 0.3 * rim, 0, 0.97)
    shadow = np.exp(-np.maximum(np.hypot(x - radius * 0.07, y - radius * 0.12) / radius - 0.8, 0) * 7) * 0.22
    total = cover + (1 - cover) * shadow * (away < 1.25)
    rgb = rgb * np.divide(cover, total, out=np.zeros_like(cover), where=total > 1e-4)[..., None]
    sprite = premultiplied(f32(rgb), f32(total))
    at_x = g.margin_x + g.width * float(rng.uniform(0.04, 0.96)) - reach
    at_y = g.margin_y + g.height * float(rng.uniform(0.06, 0.94)) - reach
    drift = float(rng.choice([-1, 1])) * (4 + 12 * near) * g.unit
    bob = Motion(y=(8 + 16 * near) * g.unit, drift=(drift, 0.0), rate=1.7, phase=float(rng.uniform(0, 6.28)))
    return Sprite(sprite, at_x, at_y, near, (bob,))
