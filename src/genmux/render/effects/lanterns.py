"""Sky lanterns: glowing paper lanterns that rise at many distances."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.noise import smoothstep
from genmux.render.palette import colour, ramp
from genmux.render.raster import F32, U8, blur, f32, spread, to_bytes
from genmux.render.sprites.stamps import centred, stamp

# Paper from its lit mouth up to its cooler crown.
_PAPER: Final = ((0.0, "#fff6cf"), (0.16, "#ffd77a"), (0.5, "#ff9a3d"), (0.82, "#e0601f"), (1.0, "#a83c16"))
_HALO: Final = colour("#ff8a2c")
_SIZES: Final = (7, 11, 17, 27, 42)
_HALO_REACH: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Lanterns:
    """Rising lanterns; rows of `places` are x, y, nearness, sway phase, flicker and climb in 0..1."""

    places: F32
    sprites: tuple[U8, ...]
    kinds: tuple[int, ...]

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every lantern where it has risen to, far ones first."""
        g, t = moment.geometry, moment.seconds
        for (px, py, near, sway, flicker, climb), kind in zip(self.places, self.kinds, strict=True):
            n = 0.15 + 0.85 * near
            x = px * 1.2 * g.width + (math.sin(t * 0.5 + sway * 6.3) * 14 + t * 7) * g.unit * n
            y = (py * 1.25 * g.height - t * (10 + 26 * climb) * g.unit * n) % (g.height * 1.25)
            x = x % (g.width * 1.2) - g.width * 0.1 - moment.pose.x * g.margin_x * n * 0.8
            power = (0.55 + 0.45 * near) * (0.92 + 0.08 * math.sin(t * 7 * (0.6 + flicker) + sway * 40))
            sprite = self.sprites[kind]
            stamp(canvas, sprite, centred(sprite, x, y - g.height * 0.2), power)


def lanterns(geometry: Geometry, rng: np.random.Generator, count: int = 110) -> Lanterns:
    """A crowd of lanterns: many small ones far away, a few large ones near."""
    places = rng.random((count, 6)).astype(np.float32)
    places[:, 2] = np.sort(places[:, 2]) ** 2.6
    places[:, 0] = _spread_evenly(rng, count)
    kinds = tuple(int(k) for k in np.digitize(places[:, 2], (0.06, 0.22, 0.5, 0.82)))
    sprites = tuple(_lantern(max(3.0, size * geometry.unit * 1.5)) for size in _SIZES)
    return Lanterns(places, sprites, kinds)


def _spread_evenly(rng: np.random.Generator, count: int) -> F32:
    """Places across the picture that do not clump: one in each of `count` columns, in random order."""
    return f32((rng.permutation(count) + rng.random(count)) / count)


def _lantern(height: float) -> U8:
    """A lantern of this height in the middle of its halo."""
    reach = math.ceil(height * _HALO_REACH)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32) / height
    up = np.clip(0.5 - y, 0, 1)
    half = (0.26 + 0.12 * up) * np.sqrt(np.clip((1.04 - up) / 0.3, 0, 1)) ** 0.8
    soft = 1.2 / height
    cover = smoothstep(soft, -soft, np.abs(x) - half) * smoothstep(0.5 + soft, 0.5 - soft, np.abs(y))
    stops = [(at, colour(text)) for at, text in _PAPER]
    round_off = 1 - 0.35 * np.clip(np.abs(x) / np.maximum(half, 0.05), 0, 1) ** 3
    flame = np.exp(-(((y - 0.34) / 0.2) ** 2) - (x / 0.15) ** 2) * 0.5
    paper = ramp(stops, f32(up)) * spread(f32(round_off)) + spread(f32(flame))
    away = np.hypot(x, y * 0.9)
    halo = np.clip(1 - away / _HALO_REACH, 0, 1) ** 2.6 * 0.5
    light = np.clip(paper, 0, 1) * spread(cover) + spread(f32(halo * (1 - cover))) * _HALO
    sprite = np.dstack([f32(light), cover])
    return to_bytes(blur(f32(sprite), 0.5))
