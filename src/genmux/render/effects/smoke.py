"""Smoke and steam: soft puffs that rise, widen and drift from one point."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import Tile, smoothstep, tile
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, f32, over, premultiplied, resize
from genmux.render.stage import Stage


@dataclass(frozen=True, slots=True, eq=False)
class Smoke:
    """A plume from layer point (x, y): `rise` pixels high, `lean` its drift to the right per height.

    It is `mouth` pixels wide below and `spread` times its height wide above; `tones` are its lit and
    shaded colour, `glow` the light on its foot; the sun is on
    the left when `sunward` is positive.
    """

    x: float
    y: float
    depth: float
    rise: float
    lean: float
    mouth: float
    spread: float
    strength: float
    tones: tuple[F32, F32]
    glow: F32
    curls: Tile
    speed: float
    sunward: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose the plume, drawn at a third of its size."""
        x, y = moment.place(self.x, self.y, self.depth)
        half = self.rise * (abs(self.lean) + self.spread) + self.mouth
        left, right = max(0, math.floor(x - half)), min(canvas.shape[1], math.ceil(x + half))
        top, bottom = max(0, math.floor(y - self.rise)), min(canvas.shape[0], math.ceil(y + 1))
        if right - left < 3 or bottom - top < 3:
            return
        columns, rows = max(2, (right - left) // 3), max(2, (bottom - top) // 3)
        across = np.linspace(left - x, right - x, columns, dtype=np.float32)[None, :]
        up = np.linspace((y - top) / self.rise, (y - bottom) / self.rise, rows, dtype=np.float32)[:, None]
        sprite = resize(self._plume(across, np.clip(up, 0, 1), moment.seconds), right - left, bottom - top)
        part = np.ascontiguousarray(canvas[top:bottom, left:right])
        over(part, sprite)
        canvas[top:bottom, left:right] = part

    def _plume(self, across: F32, up: F32, t: float) -> U8:
        """The plume at offsets `across` in pixels and heights `up` 0..1."""
        curl = self.rise * 0.004
        v = np.repeat(up * 190 + t * self.speed, across.shape[1], axis=1).astype(np.float32)
        u = np.repeat(across / (self.rise + 1) * 190, up.shape[0], axis=0).astype(np.float32)
        waves = self.curls.at(u, v)
        bend = self.lean * self.rise * up**1.4 + np.sin(up * 5 - t * 0.9) * self.rise * 0.035 * up
        width = self.mouth + self.spread * self.rise * up**0.8
        away = (across - bend + waves * curl * 9 * up) / width
        fine = self.curls.at(u * 2.3 + 31, v * 1.9)
        body = np.exp(-(away**2) * 1.2) + (0.24 * waves + 0.12 * fine) * np.exp(-(away**2) * 0.5)
        fade = np.clip(up * 14, 0, 1) * np.clip((1 - up) * 2.2, 0, 1)
        cover = smoothstep(0.2, 0.75, f32(body - 0.25 * up)) * self.strength * fade
        shade = np.clip(0.5 + 0.24 * waves + 0.16 * fine - self.sunward * 0.3 * away, 0, 1)[..., None]
        rgb = self.tones[1] * (1 - shade) + self.tones[0] * shade
        rgb = rgb + self.glow * np.exp(-up * 5)[..., None]
        return premultiplied(
            f32(np.clip(rgb, 0, 1)), f32(cv2.GaussianBlur(np.clip(cover, 0, 0.96), (0, 0), 0.7))
        )


def chimney_smoke(stage: Stage, at: tuple[float, float], size: float, depth: float) -> Smoke:
    """Thin smoke from a chimney of a house `size` pixels high."""
    palette, rng = stage.palette, stage.rng
    lit = mix(palette.haze, colour("#ffffff"), 0.35 if stage.time == "day" else 0.1)
    lean = float(rng.uniform(0.15, 0.32)) * float(rng.choice([-1, 1]))
    tones = (lit, mix(palette.haze, palette.far, 0.4))
    zero = np.zeros(3, np.float32)
    return Smoke(at[0], at[1], depth, size * 1.15, lean, size * 0.035, 0.15, 0.6, tones, zero,
                 tile(rng, 256, 6, 3), 34.0, -1.0 if stage.flipped else 1.0)  # fmt: skip
