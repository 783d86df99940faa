"""The colours of an abstract: two or three hues that go together, from deep to bright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.palette import HUES, hue_of, polar, ramp
from genmux.render.raster import F32, f32
from genmux.render.stage import Stage

# Hue steps from the first to the second and to the third colour.
_SCHEMES: Final = ((32.0, 60.0), (-38.0, 40.0), (55.0, -30.0), (150.0, 180.0), (-70.0, -110.0), (-55.0, 25.0))

# First hues: those that stay clean when they are dark.
_BASES: Final = (255.0, 283.0, 225.0, 195.0, 320.0, 350.0, 20.0, 170.0, 265.0)


@dataclass(frozen=True, slots=True, eq=False)
class Harmony:
    """Three hue angles and whether the picture is dark."""

    hues: tuple[float, float, float]
    dark: bool

    def tone(self, which: int, lightness: float, chroma: float) -> F32:
        """One of the hues at a lightness and chroma of OKLab."""
        return polar(lightness, chroma, self.hues[which % 3])

    def ramp(self) -> F32:
        """1024 colours from deep to bright through all three hues."""
        first, second, third = self.hues
        stops = [
            (0.0, polar(0.15, 0.05, first)),
            (0.3, polar(0.36, 0.12, first)),
            (0.55, polar(0.58, 0.15, (first + _step(first, second) * 0.55))),
            (0.8, polar(0.78, 0.12, second)),
            (1.0, polar(0.95, 0.05, third)),
        ]
        return f32(ramp(stops, np.linspace(0, 1, 1024, dtype=np.float32)))


def _step(start: float, end: float) -> float:
    """The shorter way from one angle to another, in degrees."""
    return (end - start + 180) % 360 - 180


def harmony(stage: Stage) -> Harmony:
    """Hues the prompt or its references name; the rest by chance."""
    rng = stage.rng
    base = _BASES[int(rng.integers(len(_BASES)))] + float(rng.normal(0, 7))
    steps = _SCHEMES[int(rng.integers(len(_SCHEMES)))]
    named = [HUES[h] for h in stage.reading.all("hue")][:3]
    if stage.borrowed:
        named = [hue_of(stage.palette.glow), hue_of(stage.palette.far), hue_of(stage.palette.sky[1])]
    if named:
        base = named[0]
        steps = _SCHEMES[int(rng.integers(2))]
    hues = [base, base + steps[0], base + steps[1]]
    if len(named) > 1:
        hues[1] = named[1]
        hues[2] = named[2] if len(named) > 2 else named[0] + _step(named[0], named[1]) * 0.5
    dark = stage.time == "night" or bool(rng.random() < 0.5)
    return Harmony((hues[0], hues[1], hues[2]), dark)
