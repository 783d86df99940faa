"""Lightning: now and then a branched bolt in the sky and a flash that lights the land."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.raster import F32, U8, add_light, blur, f32
from genmux.render.subpixel import SHIFT, fixed_all

_PERIOD: Final = 2.6
_CORE: Final = (1.0, 0.98, 1.0)
_HALO: Final = (0.62, 0.66, 1.0)
_FIRST: Final = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Lightning:
    """Bolts that strike in turn; each is its trunk and forks as (n, 2) lines in shares of the picture."""

    bolts: tuple[tuple[F32, ...], ...]
    glows: tuple[U8, ...]

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Light the clouds around the bolt, then draw the bolt while it burns."""
        turn, power = _burning(moment.seconds)
        if power < 0.02:
            return
        turn %= len(self.bolts)
        glow = cv2.convertScaleAbs(self.glows[turn], alpha=power)
        add_light(canvas, np.asarray(glow, np.uint8), _HALO)
        if power > 0.25:
            self._strike(canvas, self.bolts[turn], moment, power)

    def _strike(self, canvas: U8, bolt: tuple[F32, ...], moment: Moment, power: float) -> None:
        g, mask = moment.geometry, np.zeros(canvas.shape[:2], np.uint8)
        for k, line in enumerate(bolt):
            points = fixed_all(line * np.array([g.width, g.height]))
            width = max(1, round((3.2 if k == 0 else 1.6) * g.unit))
            cv2.polylines(mask, [points], False, 255 if k == 0 else 170, width, cv2.LINE_AA, SHIFT)
        small = cv2.resize(mask, (max(1, g.width // 4), max(1, g.height // 4)), interpolation=cv2.INTER_AREA)
        wide = cv2.convertScaleAbs(
            blur(np.asarray(small, np.uint8), max(0.8, 3.2 * g.unit)), alpha=1.7 * power
        )
        add_light(canvas, np.asarray(wide, np.uint8), _HALO)
        add_light(canvas, np.asarray(cv2.convertScaleAbs(mask, alpha=min(1.0, power * 1.2)), np.uint8), _CORE)


@dataclass(frozen=True, slots=True)
class Flash:
    """The light that a strike throws on everything in the picture."""

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Brighten the canvas while a bolt burns."""
        _, power = _burning(moment.seconds)
        if power >= 0.02:
            cv2.convertScaleAbs(canvas, canvas, alpha=1 + 0.42 * power, beta=9 * power)


def _burning(seconds: float) -> tuple[int, float]:
    """Which strike burns and how bright: a stroke, a gap, a second stroke that fades.

    The first one is timed so that a still picture shows it at its brightest.
    """
    turn, since = divmod(seconds - _FIRST, _PERIOD)
    first = math.exp(-since * 13)
    second = math.exp(-(since - 0.17) * 5.5) * 0.85 if since > 0.17 else 0.0
    return int(turn), max(first, second)


def lightning(geometry: Geometry, rng: np.random.Generator) -> Lightning:
    """Three different bolts from the clouds to the horizon."""
    bolts = tuple(_bolt(rng) for _ in range(3))
    glows = tuple(_glow(geometry, bolt[0]) for bolt in bolts)
    return Lightning(bolts, glows)


def _bolt(rng: np.random.Generator) -> tuple[F32, ...]:
    """The main channel and its forks."""
    x = float(rng.uniform(0.12, 0.88))
    trunk = _channel(rng, (x, -0.02), (x + float(rng.uniform(-0.14, 0.14)), float(rng.uniform(0.54, 0.6))), 7)
    forks = []
    for at in rng.integers(len(trunk) // 6, len(trunk) * 3 // 4, 7):
        away = float(rng.choice([-1, 1])) * float(rng.uniform(0.03, 0.13))
        end = (float(trunk[at, 0]) + away, float(trunk[at, 1]) + float(rng.uniform(0.06, 0.2)))
        forks.append(_channel(rng, (float(trunk[at, 0]), float(trunk[at, 1])), end, 5))
    return (trunk, *forks)


def _channel(
    rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], halvings: int
) -> F32:
    """A jagged line: each half is pushed sideways again and again, half as far each time."""
    points = np.array([start, end], np.float32)
    push = float(np.hypot(end[0] - start[0], end[1] - start[1])) * 0.17
    for _ in range(halvings):
        middle = (points[:-1] + points[1:]) / 2 + rng.normal(0, push * 0.5, (len(points) - 1, 2)) * [1, 0.35]
        woven = np.empty((len(points) * 2 - 1, 2), np.float32)
        woven[::2], woven[1::2] = points, middle
        points, push = woven, push * 0.52
    return points


def _glow(geometry: Geometry, trunk: F32) -> U8:
    """Light thrown on sky and ground around a bolt, at a quarter of the size."""
    height, width = max(1, geometry.height // 4), max(1, geometry.width // 4)
    x = (np.arange(width, dtype=np.float32)[None, :] + 0.5) / width
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    line = np.interp(y[:, 0], trunk[:, 1], trunk[:, 0])[:, None]
    near = np.exp(-np.abs(x - line) * 5.5) * np.exp(-np.maximum(y - 0.58, 0) * 4)
    return np.asarray(np.clip(f32(near * 0.36 + 0.10), 0, 1) * 255, np.uint8)
