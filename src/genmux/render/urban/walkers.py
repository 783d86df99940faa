"""People who walk in a street: silhouettes with swinging legs, under umbrellas when it rains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, f32, mask_of, paint
from genmux.render.shapes import curve, ellipse, fill
from genmux.render.urban.view import View

# Half outlines in metres, (x, y up), from the crown down.
_COAT: Final = ((0.0, 1.5), (0.1, 1.49), (0.2, 1.42), (0.25, 1.18), (0.24, 0.86), (0.26, 0.62), (0.0, 0.6))
_UMBRELLA: Final = ((0.0, 2.12), (0.22, 2.08), (0.44, 1.96), (0.58, 1.76), (0.3, 1.82), (0.0, 1.79))
_NEAR_METRES: Final = 6.0
_RANGE_METRES: Final = 24.0


def _both_sides(half: tuple[tuple[float, float], ...]) -> F32:
    left = [(-x, y) for x, y in reversed(half)]
    return curve([*half, *left], 4)


_COAT_OUTLINE: Final = _both_sides(_COAT)
_UMBRELLA_OUTLINE: Final = _both_sides(_UMBRELLA)


@dataclass(frozen=True, slots=True, eq=False)
class Walkers:
    """Walkers on a street; rows of `people` are x (metres), start, pace, step phase, height and umbrella.

    Their tone goes from `near` to `far` with distance.
    """

    people: F32
    view: View
    depth: float
    near: F32
    far: F32
    wet: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw everyone, far ones first, with a faint reflection on wet ground."""
        start, pace = self.people[:, 1] * _RANGE_METRES, self.people[:, 2]
        z = _NEAR_METRES + np.mod(start + pace * moment.seconds, _RANGE_METRES)
        for k in np.argsort(-z):
            self._person(canvas, self.people[k], float(z[k]), moment)

    def _person(self, canvas: U8, person: F32, z: float, moment: Moment) -> None:
        x, _, pace, phase, height, umbrella = (float(v) for v in person)
        foot = f32(moment.place(*self.view.at(x, 0, z), self.depth))
        size = self.view.scale(z) * float(moment.matrix(self.depth)[0, 0]) * (0.9 + 0.16 * height)
        fade = min(1.0, (z - _NEAR_METRES) / 0.5, (_NEAR_METRES + _RANGE_METRES - z) / 3)
        share = ((z - _NEAR_METRES) / _RANGE_METRES) ** 0.85
        stride = math.sin(moment.seconds * (4.6 + 2 * abs(pace)) + phase * 6.3)
        low = np.maximum(np.floor(foot - f32([0.7, 2.3]) * size), 0).astype(int)
        high = np.minimum(np.ceil(foot + f32([0.7, 1.9 * (self.wet > 0) + 0.1]) * size), canvas.shape[1::-1])
        if (high <= low).any():
            return
        part = canvas[low[1] : int(high[1]), low[0] : int(high[0])]
        mask, middle = mask_of(part), foot - low
        for outline in figure(stride, umbrella > 0.5):
            if self.wet > 0:
                fill(mask, f32(outline * f32([size, size * 0.8]) + middle), int(90 * self.wet * fade))
            lifted = middle - f32([0, abs(stride) * 0.02 * size])
            fill(mask, f32(outline * f32([size, -size]) + lifted), int(240 * fade))
        paint(part, mask, self.near * (1 - share) + self.far * share)


def figure(stride: float, umbrella: bool) -> list[F32]:
    """The outlines of a person in metres, y up, feet at 0; `stride` -1..1 is the step."""
    sway = 0.02 * stride
    parts = [_leg(0.07, stride), _leg(-0.07, -stride), _COAT_OUTLINE, ellipse(sway, 1.62, 0.1, 0.125)]
    if umbrella:
        parts += [
            _UMBRELLA_OUTLINE + f32([sway * 2, 0]),
            f32([(0.0, 1.1), (0.03, 1.1), (0.03, 1.9), (0, 1.9)]),
        ]
    return parts


def _leg(x: float, swing: float) -> F32:
    foot, lift = x + 0.06 * swing, max(0.0, swing) * 0.09
    return f32([(x - 0.085, 0.8), (x + 0.085, 0.8), (foot + 0.06, lift), (foot - 0.06, lift)])


def walkers(
    rng: np.random.Generator, view: View, half: float, depth: float, tones: tuple[F32, F32],
    rain: bool, wet: float, count: int = 12,
) -> Walkers:  # fmt: skip
    """A handful of people who keep off the middle of the street."""
    people = rng.random((count, 6)).astype(np.float32)
    side = rng.choice([-1.0, 1.0], count)
    people[:, 0] = side * rng.uniform(0.28, 0.86, count) * half
    people[:, 1] = (rng.permutation(count) + people[:, 1]) / count
    people[:, 2] = rng.choice([-1.0, 1.0], count) * rng.uniform(0.5, 0.95, count)
    people[:, 5] = (people[:, 5] < (0.75 if rain else 0.0)).astype(np.float32)
    return Walkers(people, view, depth, tones[0], tones[1], wet)
