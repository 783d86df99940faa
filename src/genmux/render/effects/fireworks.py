"""Fireworks: shells that rise, burst into trails of sparks and fade."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, blur, f32, resize
from genmux.render.subpixel import SHIFT, fixed, fixed_all

_SHELLS: Final = 48
_SPARKS: Final = 100
_GROUPS: Final = 5
_KINDS: Final = ("peony", "peony", "peony", "willow", "willow", "peony", "ring")
_BEAT_SECONDS: Final = 0.55
_RISE_SECONDS: Final = 0.8
_LIFE_SECONDS: Final = 2.3
_COLOURS: Final = tuple(
    (colour(a), colour(b))
    for a, b in (
        ("#ffd98a", "#ff8a3c"), ("#ff6b7d", "#ff2f55"), ("#7fd8ff", "#3f7bff"), ("#b79bff", "#8a3fff"),
        ("#9dffb4", "#25c98a"), ("#fff1d0", "#ffc23c"), ("#ff9ae0", "#ff3fb0"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Fireworks:
    """Shell number k bursts at beat k and draws on table row k modulo their count.

    `shells` rows are x, y, radius and delay in 0..1; `kinds` how they burst; `rays` the sparks' directions.
    """

    shells: F32
    kinds: tuple[str, ...]
    colours: tuple[int, ...]
    rays: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of all shells that are in the air, and the glow they throw on the sky."""
        step = _step(moment.geometry)
        height, width = max(1, canvas.shape[0] // step), max(1, canvas.shape[1] // step)
        light = np.zeros((height, width, 3), np.uint8)
        beat = moment.seconds / _BEAT_SECONDS
        oldest = math.floor(beat - (_LIFE_SECONDS + 0.5) / _BEAT_SECONDS)
        for number in range(oldest, math.floor(beat + _RISE_SECONDS / _BEAT_SECONDS) + 1):
            self._shell(light, number, moment)
        small = (max(1, canvas.shape[1] // 8), max(1, canvas.shape[0] // 8))
        haze = blur(resize(light, *small, cv2.INTER_AREA), 3.0 * moment.geometry.unit + 0.3)
        cv2.add(light, resize(cv2.convertScaleAbs(haze, alpha=1.9), width, height), light)
        whole = resize(light, canvas.shape[1], canvas.shape[0])
        cv2.add(canvas, cv2.cvtColor(whole, cv2.COLOR_RGB2RGBA), canvas)

    def _shell(self, light: U8, number: int, moment: Moment) -> None:
        g, row = moment.geometry, number % len(self.shells)
        px, py, size, delay = (float(v) for v in self.shells[row])
        age = moment.seconds - (number + delay * 0.7) * _BEAT_SECONDS
        x = g.width * (0.1 + 0.8 * px) - moment.pose.x * g.margin_x * 0.2
        y = g.height * (0.1 + 0.26 * py)
        tones, step = _COLOURS[self.colours[row]], _step(g)
        at = (x / step, y / step)
        if -_RISE_SECONDS < age < 0:
            _rising(light, at, g.height * 0.6 / step, age, tones[0])
        elif 0 <= age < _LIFE_SECONDS:
            self._burst(light, at, g.span * (0.15 + 0.16 * size) / step, age, row, tones)

    def _burst(
        self, light: U8, at: tuple[float, float], radius: float, age: float, row: int, tones: tuple[F32, F32]
    ) -> None:
        kind, left = self.kinds[row], 1 - age / _LIFE_SECONDS
        rays = self.rays[(row * 37) % _SPARKS :][:_SPARKS]
        if kind == "ring":
            rays = _ring(rays[:60], row)
        fall, tail = (0.2, 0.62) if kind == "willow" else (0.09, 0.3)
        ages = (age, age - tail * 0.35 * (0.4 + age), age - tail * (0.4 + age))
        head, middle, back = (_spark(rays, radius, fall * radius, max(a, 0.0)) + f32(at) for a in ages)
        strength = min(1.0, left * 1.7) * min(1.0, 0.3 + 1.5 * age)
        tone = f32(tones[0] * left + tones[1] * (1 - left))
        for group in range(_GROUPS):
            flicker = math.sin(group * 60 / _GROUPS + age * 16) ** 2 if left < 0.6 else 1.0
            power, part = strength * (0.45 + 0.55 * flicker), np.s_[group::_GROUPS]
            _streaks(light, back[part], middle[part], tone * (power * 0.45))
            _streaks(light, middle[part], head[part], tone * (power * 1.1))
            shade = _shade(tone * power + 0.3 * power)
            for tip in head[part]:
                cv2.circle(light, fixed(*tip), 9, shade, -1, cv2.LINE_AA, SHIFT)


def _step(geometry: Geometry) -> int:
    """How many pixels of the picture one pixel of light covers."""
    return 2 if geometry.span >= 540 else 1


def _shade(tone: F32) -> list[float]:
    return [min(255.0, float(v) * 255) for v in tone]


def _streaks(light: U8, starts: F32, ends: F32, tone: F32) -> None:
    """Lines of one colour from each start to its end."""
    segments = fixed_all(np.stack([starts, ends], 1))
    cv2.polylines(light, list(segments), False, _shade(tone), 1, cv2.LINE_AA, SHIFT)


def _ring(rays: F32, row: int) -> F32:
    """The sparks set on a tilted circle."""
    turn = np.linspace(0, 2 * np.pi, len(rays), dtype=np.float32)
    tilt = 0.35 * math.sin(row * 2.4)
    return f32(
        np.stack([np.cos(turn), np.sin(turn) * 0.45 + np.cos(turn) * tilt, np.full_like(turn, 0.1)], 1)
    )


def _spark(rays: F32, radius: float, fall: float, age: float) -> F32:
    """Where the sparks are at an age: slowed by the air, pulled down."""
    reach = radius * (1 - math.exp(-2.6 * age)) * (0.6 + 0.4 * rays[:, 2:3] ** 0.5)
    down = np.array([0.0, fall * age * age], np.float32)
    return f32(rays[:, :2] * reach + down)


def _rising(light: U8, at: tuple[float, float], ground: float, age: float, tone: F32) -> None:
    """The trail of a shell on its way up to `at`."""
    climbed = 1 - (age / _RISE_SECONDS) ** 2
    for length, power in ((0.2, 0.25), (0.08, 0.65)):
        low, high = (1 - max(climbed - length, 0.0)) * ground, (1 - climbed) * ground
        start, end = f32([at[0] + low * 0.03, at[1] + low]), f32([at[0] + high * 0.03, at[1] + high])
        _streaks(light, start[None], end[None], tone * power)


def fireworks(rng: np.random.Generator) -> Fireworks:
    """A show without end: a new shell at every beat, on alternating sides of the sky."""
    shells = rng.random((_SHELLS, 4)).astype(np.float32)
    side = (np.arange(_SHELLS) * 0.382 + float(rng.random())) % 1
    shells[:, 0] = 0.8 * side + 0.2 * shells[:, 0]
    kinds = tuple(str(k) for k in rng.choice(_KINDS, _SHELLS))
    colours = tuple(int(c) for c in rng.integers(0, len(_COLOURS), _SHELLS))
    return Fireworks(shells, kinds, colours, _directions(rng))


def _directions(rng: np.random.Generator) -> F32:
    """Directions over a ball seen from the side and a trait 0..1 of each spark, all twice over."""
    height = rng.uniform(-1, 1, _SPARKS)
    turn = rng.uniform(0, 2 * np.pi, _SPARKS)
    across = np.sqrt(1 - height**2) * np.cos(turn)
    once = np.stack([across, height, rng.random(_SPARKS)], 1)
    return f32(np.concatenate([once, once]))
