"""Steam from the chimney of an engine that rolls on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, f32, spread, to_bytes
from genmux.render.sprites.stamps import centred, stamp

_PUFF_SECONDS: Final = 0.11
_PUFFS: Final = 30


@dataclass(frozen=True, slots=True, eq=False)
class Steam:
    """Puffs from a chimney that rolls with `pace`; rows of `traits` are turn, size and rise in 0..1."""

    sprites: tuple[U8, ...]
    traits: F32
    chimney: tuple[float, float]
    depth: float
    pace: float
    size: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the puffs, oldest first: they stay behind, rise, grow and thin out."""
        t = moment.seconds
        newest = math.floor(t / _PUFF_SECONDS)
        zoom = float(moment.matrix(self.depth)[0, 0])
        for number in range(newest - _PUFFS + 1, newest + 1):
            age = t - number * _PUFF_SECONDS
            turn, size, rise = (float(v) for v in self.traits[number % len(self.traits)])
            share = age / (_PUFFS * _PUFF_SECONDS)
            born = number * _PUFF_SECONDS - moment.duration / 2
            x = self.chimney[0] + self.pace * born - math.copysign(self.size, self.pace) * 0.55 * age
            y = self.chimney[1] - self.size * (0.55 + 0.5 * rise) * (1 - math.exp(-0.9 * age)) * 1.5
            scale = (0.22 + 1.1 * share**0.7) * (0.75 + 0.5 * size) * zoom
            sprite = self.sprites[int(turn * len(self.sprites)) % len(self.sprites)]
            at = centred(sprite, *moment.place(x, y, self.depth), scale)
            stamp(canvas, sprite, at, 0.95 * (1 - share) ** 0.9)


def steam(
    rng: np.random.Generator,
    chimney: tuple[float, float],
    depth: float,
    pace: float,
    size: float,
    tones: tuple[F32, F32],
) -> Steam:
    """Steam in two tones, shaded below and lit above; `size` is the width of a grown puff in pixels."""
    traits = rng.random((64, 3)).astype(np.float32)
    return Steam(tuple(_puff(rng, size, tones) for _ in range(4)), traits, chimney, depth, pace, size)


def _puff(rng: np.random.Generator, size: float, tones: tuple[F32, F32]) -> U8:
    reach = max(4, round(size * 0.75))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32) / reach
    cover = np.zeros_like(x)
    for _ in range(9):
        cx, cy = (float(v) for v in rng.normal(0, 0.26, 2))
        radius = float(rng.uniform(0.25, 0.45))
        cover = np.maximum(cover, np.exp(-((np.hypot(x - cx, y - cy) / radius) ** 2.0)))
    cover *= np.clip((1 - np.hypot(x, y)) * 2.5, 0, 1)
    light = np.clip(0.5 - y * 0.7, 0, 1)[..., None]
    rgb = tones[0] * (1 - light) + tones[1] * light
    alpha = f32(np.clip(cover * 0.85, 0, 1))
    return to_bytes(f32(np.dstack([rgb * spread(alpha), alpha])))
