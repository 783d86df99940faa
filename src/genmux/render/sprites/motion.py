"""How small things move: waves about a pivot, and journeys, as pure functions of the clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32


@dataclass(frozen=True, slots=True)
class Motion:
    """One wave of `rate` radians per second and what it does about a pivot in layer pixels.

    Where the wave is 1 it turns by `turn` radians, shears by `lean` pixels for each pixel below the pivot,
    stretches by the shares `wide` and `tall` and shifts by `x` and `y` pixels.
    `spin` (radians) and `drift` (pixels) go on with every second; in the middle of a film a drift is nil.
    A `sharp` motion rests most of the time and then flicks.
    """

    pivot: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    lean: float = 0.0
    wide: float = 0.0
    tall: float = 0.0
    x: float = 0.0
    y: float = 0.0
    rate: float = 1.6
    phase: float = 0.0
    sharp: bool = False
    spin: float = 0.0
    drift: tuple[float, float] = (0.0, 0.0)

    def matrix(self, moment: Moment) -> F32:
        """The motion at a moment as a 3x3 matrix on layer pixels."""
        wave = math.sin(self.rate * moment.seconds + self.phase)
        if self.sharp:
            wave = wave**15
        angle = self.turn * wave + self.spin * moment.seconds
        c, s, since = math.cos(angle), math.sin(angle), moment.seconds - moment.duration / 2
        wide, tall = 1 + self.wide * wave, 1 + self.tall * wave
        a, b, d, e = c * wide, self.lean * wave - s * tall, s * wide, c * tall
        px, py = self.pivot
        x = px + self.x * wave + self.drift[0] * since - a * px - b * py
        y = py + self.y * wave + self.drift[1] * since - d * px - e * py
        return np.array([[a, b, x], [d, e, y], [0, 0, 1]], np.float32)


def breath(pivot: tuple[float, float], stretch: float, rate: float = 1.6, phase: float = 0.0) -> Motion:
    """A body that grows by a share of its height and becomes half as much narrower."""
    return Motion(pivot, tall=stretch, wide=-stretch / 2, rate=rate, phase=phase)


def gusts(foot: float, lean: float, phase: float) -> tuple[Motion, Motion]:
    """A slow and a quick swaying in the wind about the layer row `foot`, by a share of the height."""
    return (
        Motion((0.0, foot), lean=-lean, rate=1.25, phase=phase),
        Motion((0.0, foot), lean=-0.4 * lean, rate=2.9, phase=2 * phase),
    )
