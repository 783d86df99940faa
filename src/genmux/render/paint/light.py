"""The light of the stage on land, on figures, on buildings and on paint, at each time of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.paint.hours import HOURS
from genmux.render.palette import HUES, colour, hue_of, mix, rotated
from genmux.render.raster import F32, f32
from genmux.render.stage import Stage

_SKYLIGHT: Final = colour("#6f7f98")
_WHITE: Final = colour("#ffffff")


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light on land, from one side: `toward` is the unit direction to it (right, up, away from the viewer).

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
    hour = HOURS[stage.time]
    up, away = hour.up, hour.behind
    side = 1.0 if stage.flipped else -1.0
    length = float(np.hypot(np.hypot(1.0, up), away))
    share = 0.6 if stage.borrowed else 0.12
    tints = (stage.palette.lit, stage.palette.haze)
    near = [1 - share + share * t / max(float(t.mean()), 0.05) for t in tints]
    toward = (side / length, up / length, away / length)
    return Light(f32(hour.sun) * near[0], f32(hour.sky) * near[1], toward, side, hour.grey)


@dataclass(frozen=True, slots=True, eq=False)
class FigureLight:
    """What falls on a figure: key and fill as factors, rim as added light, the sun's side (-1 or 1), haze."""

    key: F32
    fill: F32
    rim: F32
    side: float
    haze: F32
    haze_share: float


def light_on(stage: Stage, x: float, depth: float) -> FigureLight:
    """The light on a living figure, or on a craft, at column `x` and `depth`."""
    palette, outdoors = stage.palette, stage.family != "space"
    hour = HOURS[stage.time if outdoors else "night"]
    key, tint, fill = (hour.key, hour.tint, hour.fill) if outdoors else (0.72, 0.06, 0.28)
    return FigureLight(
        f32(mix(_WHITE, palette.glow, tint) * key),
        f32(mix(_WHITE, mix(palette.haze, palette.far, 0.5), 0.6) * fill),
        f32(mix(palette.glow, _WHITE, 0.3) * hour.rim),
        1.0 if stage.sun_x > x else -1.0,
        palette.haze,
        float(np.clip(0.34 * (0.75 - depth), 0.02, 0.22)) if outdoors else 0.0,
    )


def shade_and_beam(stage: Stage) -> tuple[F32, F32]:
    """The light in the shade of built or hewn things and that of sun or moon, as colours to multiply with."""
    palette, hour = stage.palette, HOURS[stage.time]
    shade = mix(palette.near, mix(palette.far, palette.haze, 0.45), hour.lift)
    if stage.time == "day":
        shade = mix(shade, _SKYLIGHT, 0.6)
    return shade, f32(mix(palette.lit, _WHITE, 0.4) * hour.beam)


def in_light(stage: Stage, tone: F32) -> F32:
    """The colour of polished paint or iron at the stage's time of day."""
    if stage.time == "day":
        return tone
    shaded = mix(tone, stage.palette.near, 0.35 if stage.time != "dawn" else 0.15)
    return f32(shaded * (0.45 + 0.55 * HOURS[stage.time].paint))


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
