"""Sunlight and skylight on things: what colour a surface has at each time of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.palette import HUES, colour, hue_of, rotated
from genmux.render.raster import F32, f32
from genmux.render.stage import Stage

# Sunlight, skylight, and how far up and how far behind the scene the light stands (its side is 1).
_LIGHTS: Final[dict[str, tuple[tuple[float, float, float], tuple[float, float, float], float, float]]] = {
    "dawn": ((1.00, 0.76, 0.56), (0.46, 0.46, 0.55), 0.55, 0.25),
    "day": ((1.05, 0.95, 0.78), (0.34, 0.40, 0.48), 0.95, 0.05),
    "sunset": ((1.06, 0.64, 0.33), (0.34, 0.32, 0.41), 0.36, 0.25),
    "night": ((0.30, 0.41, 0.60), (0.11, 0.16, 0.29), 0.8, 0.1),
    "storm": ((0.26, 0.29, 0.29), (0.27, 0.31, 0.33), 1.2, 0.0),
}
_GREY: Final = {"night": 0.4, "storm": 0.25}


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light from one side: `toward` is the unit direction to it (right, up, away from the viewer).

    `grey` is how much colour is lost in it.
    """

    sun: F32
    sky: F32
    toward: tuple[float, float, float]
    side: float
    grey: float

    def on(self, surface: F32, facing: float) -> F32:
        """The colour of a surface that faces the light by `facing` 0..1."""
        pale = surface + (float(surface.mean()) - surface) * self.grey
        return f32(np.clip(pale * (self.sky + self.sun * facing), 0, 1))


def light(stage: Stage) -> Light:
    """The light of a stage, tinted a little by its palette."""
    sun, sky, up, away = _LIGHTS[stage.time]
    side = 1.0 if stage.flipped else -1.0
    length = float(np.hypot(np.hypot(1.0, up), away))
    share = 0.6 if stage.borrowed else 0.12
    tints = (stage.palette.lit, stage.palette.haze)
    near = [1 - share + share * t / max(float(t.mean()), 0.05) for t in tints]
    toward = (side / length, up / length, away / length)
    return Light(f32(sun) * near[0], f32(sky) * near[1], toward, side, _GREY.get(stage.time, 0.0))


def local(stage: Stage, name: str) -> F32:
    """A surface colour "#rrggbb", its hue turned a little toward the one that the prompt names."""
    return toward_named_hue(stage, colour(name), 0.2, 12.0)


def toward_named_hue(stage: Stage, tone: F32, share: float, most: float = 180.0) -> F32:
    """A colour turned by a share of the way to the prompt's hue, at most by some degrees; else as it is."""
    hue = stage.reading.first("hue")
    if hue is None:
        return tone
    turn = ((HUES[hue] - hue_of(tone) + 180) % 360 - 180) * share
    return rotated(tone, min(max(turn, -most), most))
