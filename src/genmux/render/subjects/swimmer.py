"""What swims: a body that bends in a wave, with fins that swing, on its way through the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import fbm, smoothstep
from genmux.render.paint.bodies import Relief
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, f32, premultiplied
from genmux.render.sprites.stamps import pose, stamp, stamp_bent
from genmux.render.stage import Stage
from genmux.render.undersea.underwater import net


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A sprite turned about its `anchor`, which sits at `at` of the body (pixels from the body's anchor).

    It swings by `swing` radians, `phase` radians late.
    """

    sprite: U8
    anchor: tuple[float, float]
    at: tuple[float, float] = (0.0, 0.0)
    swing: float = 0.0
    phase: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Gait:
    """How a body moves: strokes per second, wave height in pixels, waves along it, travel in units a second.

    An `upright` wave moves the body up and down as whales do; others swing their tail to and fro.
    """

    strokes: float
    wave: float
    waves: float
    travel: float
    upright: bool = True
    pitch: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Swimmer:
    """A creature that faces right in its sprites, at layer point (x, y); `length` is in sprite pixels."""

    body: Part
    behind: tuple[Part, ...]
    before: tuple[Part, ...]
    gait: Gait
    x: float
    y: float
    depth: float
    length: float
    mirrored: bool
    phase: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the parts behind, the body and the parts before it."""
        beat = math.tau * self.gait.strokes * moment.seconds + self.phase
        base = self._base(moment, beat)
        for part in self.behind:
            self._draw_part(canvas, part, base, beat)
        self._draw_body(canvas, base, beat)
        for part in self.before:
            self._draw_part(canvas, part, base, beat)

    def _base(self, moment: Moment, beat: float) -> F32:
        gait, unit = self.gait, moment.geometry.unit
        way = gait.travel * (moment.seconds - moment.duration / 2) * unit
        x, y = moment.place(self.x + (-way if self.mirrored else way), self.y, self.depth)
        y += math.sin(beat * 0.5) * 5 * unit
        turn = gait.pitch + math.sin(beat * 0.5 + 1) * 0.025
        scale = float(moment.matrix(self.depth)[0, 0])
        return pose(x, y, scale, self.body.anchor, -turn if self.mirrored else turn, self.mirrored)

    def _lift(self, ahead: float, beat: float) -> float:
        """How far the wave has moved the body `ahead` pixels before its middle."""
        behind = 0.5 - ahead / self.length
        return self.gait.wave * math.pow(max(behind, 0.0), 1.7) * math.sin(beat - self.gait.waves * behind)

    def _draw_body(self, canvas: U8, base: F32, beat: float) -> None:
        gait, middle = self.gait, self.body.anchor[0]

        def bend(u: F32, v: F32) -> tuple[F32, F32]:
            behind = np.maximum(0.5 - (u - middle) / self.length, 0)
            if gait.upright:
                return f32(u), f32(v - gait.wave * behind**1.7 * np.sin(beat - gait.waves * behind))
            swing = np.maximum(behind - 0.55, 0) * gait.wave / self.length * (1 + math.sin(beat))
            return f32(u - swing * self.length), f32(v)

        stamp_bent(canvas, self.body.sprite, base, bend, pad=gait.wave * 1.6)

    def _draw_part(self, canvas: U8, part: Part, base: F32, beat: float) -> None:
        turn = part.swing * math.sin(beat - part.phase)
        lift = self._lift(part.at[0], beat) if self.gait.upright else 0.0
        at = (self.body.anchor[0] + part.at[0], self.body.anchor[1] + part.at[1] + lift)
        own = pose(*at, 1.0, part.anchor, turn)
        stamp(canvas, part.sprite, f32(base @ np.vstack([own, [0, 0, 1]])))


def underwater_sprite(stage: Stage, form: Relief, rgb: F32, haze: float, dapple: float = 0.5) -> U8:
    """A body's colours in the light of the scene: shaded, dappled from above, seen through `haze` 0..1."""
    palette = stage.palette
    power = {"night": 0.62, "storm": 0.75}.get(stage.time, 1.0)
    tone = mix(np.ones(3, np.float32), palette.lit, 0.5) * power
    shadow = mix(palette.haze, palette.near, 0.2)
    light = (0.34 + 0.86 * form.up)[..., None]
    shaded = rgb * tone * light + shadow * (0.22 * (1 - form.up))[..., None]
    above = np.clip(form.up - 0.5, 0, 1)
    glint = above * 1.3 * form.edge * power
    if dapple > 0:
        lines = net(stage.rng).at(form.x * 420, form.y * 620)
        glint = glint + above * (1.5 * dapple * power) * smoothstep(0.2, 0.8, lines)
    air = mix(palette.haze, palette.far, 0.15)
    seen = (shaded + glint[..., None] * palette.glow) * (1 - haze) + air * haze
    return premultiplied(f32(np.clip(seen, 0, 1)), form.cover)


def mottled(stage: Stage, form: Relief, frequency: float, octaves: int, gain: float = 0.5) -> F32:
    """Fractal noise over a body, roughly 0..1."""
    height, width = form.cover.shape
    return fbm(stage.rng, height, width, frequency, octaves, gain)


def heading(stage: Stage, x: float) -> bool:
    """Whether a creature at `x` faces left, towards the emptier side."""
    return x > stage.geometry.layer_width / 2


def within(stage: Stage, x: float, reach: float) -> float:
    """`x` moved so that `reach` pixels to either side are in the picture; its middle when they cannot be."""
    g = stage.geometry
    low, high = g.margin_x + reach, g.margin_x + g.width - reach
    return min(max(x, low), high) if low < high else g.layer_width / 2
