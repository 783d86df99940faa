"""Sharks and rays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import smoothstep
from genmux.render.paint.bodies import relief
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, blend, f32, flat, spread
from genmux.render.sprites.stamps import pose, stamp_bent
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot
from genmux.render.subjects.swimmer import (
    Gait,
    Part,
    Swimmer,
    heading,
    mottled,
    underwater_sprite,
    within,
)

Points = tuple[tuple[float, float], ...]

_SHARK: Final[Points] = (
    (0.505, 0.0), (0.44, -0.034), (0.32, -0.066), (0.18, -0.086), (0.085, -0.092), (0.04, -0.135),
    (-0.01, -0.192), (-0.045, -0.206), (-0.04, -0.15), (-0.045, -0.085), (-0.16, -0.064), (-0.27, -0.046),
    (-0.30, -0.062), (-0.325, -0.064), (-0.315, -0.036), (-0.40, -0.022), (-0.45, -0.045), (-0.51, -0.12),
    (-0.575, -0.20), (-0.555, -0.11), (-0.515, -0.02), (-0.52, 0.03), (-0.545, 0.10), (-0.49, 0.06),
    (-0.44, 0.02), (-0.38, 0.020), (-0.30, 0.030), (-0.325, 0.062), (-0.29, 0.056), (-0.25, 0.040),
    (-0.10, 0.062), (0.10, 0.076), (0.26, 0.070), (0.38, 0.050), (0.46, 0.026),
)  # fmt: skip
_SHARK_FIN: Final[Points] = (
    (0.05, -0.03), (0.01, 0.02), (-0.05, 0.09), (-0.13, 0.16), (-0.135, 0.11), (-0.10, 0.04), (-0.06, -0.02),
)  # fmt: skip
_SHARK_BELLY: Final[Points] = ((-0.6, 0.03), (-0.3, 0.012), (0.0, 0.030), (0.25, 0.026), (0.51, 0.008))
# One half of a ray seen from before and below; its other half mirrors it.
_RAY: Final[Points] = (
    (0.0, -0.075), (0.05, -0.078), (0.085, -0.10), (0.10, -0.075), (0.20, -0.058), (0.33, -0.050),
    (0.44, -0.062), (0.505, -0.085), (0.44, -0.015), (0.33, 0.035), (0.20, 0.075), (0.09, 0.105),
    (0.0, 0.115),
)  # fmt: skip
_STEEL: Final = colour("#566f80")
_INK: Final = colour("#2a3f55")
_PALE: Final = colour("#e4ecec")
_DARK: Final = colour("#070c12")


def shark(stage: Stage, spot: Spot) -> list[Element]:
    """A shark about twice as long as the spot is high."""
    length = min(spot.size * 1.9, stage.geometry.width * 0.72)
    form = relief([_SHARK], length)
    belly = form.under(_SHARK_BELLY, 0.022)
    rgb = blend(flat(_STEEL, belly), flat(_PALE, belly), f32(belly * 0.95))
    gills = np.clip(np.cos((form.x + form.y * 0.35) * 330) * 3 - 2, 0, 1)
    behind_head = (np.abs(form.x - 0.245) < 0.042) & (np.abs(form.y + 0.005) < 0.032)
    mouth = np.clip(1.3 - np.abs(form.y - 0.034 + (form.x - 0.40) * 0.12) * form.scale * 0.8, 0, 1)
    lines = 0.55 * gills * behind_head + 0.5 * mouth * ((form.x > 0.365) & (form.x < 0.445))
    rgb = f32(rgb * spread(f32((0.8 + 0.4 * mottled(stage, form, 8, 4)) * (1 - lines))))
    rgb = blend(rgb, flat(_DARK, belly), form.near(0.405, -0.016, 0.0085))
    rgb = blend(rgb, flat(_PALE, belly), form.near(0.4075, -0.0185, 0.0024))
    body = Part(underwater_sprite(stage, form, rgb, 0.10), form.anchor)
    fins = [_fin(stage, length, share, haze) for share, haze in ((0.82, 0.38), (1.0, 0.10))]
    gait = Gait(0.42, length * 0.35, 0.0, 40, upright=False, pitch=float(stage.rng.uniform(-0.1, 0.06)))
    x, phase = within(stage, spot.x, length * 0.62), float(stage.rng.uniform(0, 6.28))
    facing = heading(stage, spot.x)
    return [Swimmer(body, (fins[0],), (fins[1],), gait, x, spot.y, spot.depth, length, facing, phase)]


def _fin(stage: Stage, length: float, share: float, haze: float) -> Part:
    form = relief([_SHARK_FIN], length * share)
    sprite = underwater_sprite(stage, form, flat(_STEEL, form.cover), haze, 0.2)
    return Part(sprite, form.anchor, (0.165 * length, 0.052 * length), 0.08, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Ray:
    """A manta ray that beats its wings at a layer point; `span` is their width in sprite pixels."""

    sprite: U8
    anchor: tuple[float, float]
    x: float
    y: float
    depth: float
    span: float
    bank: float
    travel: float
    phase: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the ray with its wings where the beat has them."""
        beat = math.tau * 0.3 * moment.seconds + self.phase
        unit = moment.geometry.unit
        way = self.travel * (moment.seconds - moment.duration / 2) * unit
        x, y = moment.place(self.x + way, self.y, self.depth)
        middle = self.anchor[0]

        def bend(u: F32, v: F32) -> tuple[F32, F32]:
            out = np.abs(u - middle) / self.span * 2
            lift = out**1.7 * np.sin(beat - out * 1.1) * self.span * 0.17
            return f32(middle + (u - middle) * (1 + 0.10 * out)), f32(v + lift)

        scale = float(moment.matrix(self.depth)[0, 0])
        turn = self.bank + 0.05 * math.sin(beat * 0.5)
        at = pose(x, y - math.sin(beat) * self.span * 0.025, scale, self.anchor, turn)
        stamp_bent(canvas, self.sprite, at, bend, pad=self.span * 0.2)


def rays(stage: Stage, spot: Spot) -> list[Element]:
    """A manta ray gliding towards the eye, and a smaller one behind it."""
    g, rng = stage.geometry, stage.rng
    side = -1.0 if heading(stage, spot.x) else 1.0
    found: list[Element] = []
    for across, down, share, haze in ((0.95, -0.42, 0.42, 0.5), (0.0, 0.0, 1.0, 0.10)):
        span = min(spot.size * 1.75, g.width * 0.7) * share
        x = within(stage, spot.x + side * across * spot.size, span * 0.56)
        found.append(_ray(stage, x, spot.y + down * spot.size, spot.depth, span, haze, side))
    return found if rng.random() < 0.7 else found[1:]


def _ray(stage: Stage, x: float, y: float, depth: float, span: float, haze: float, side: float) -> Ray:
    rng = stage.rng
    outline = [*_RAY, *((-px, py) for px, py in reversed(_RAY[1:-1]))]
    tail = ((-0.012, 0.09), (0.012, 0.09), (0.012 * side, 0.20), (0.035 * side, 0.32), (0.022 * side, 0.22))
    form = relief([outline, tail], span, 1.2)
    spots = smoothstep(0.62, 0.70, mottled(stage, form, 6, 3)) * smoothstep(0.32, 0.1, f32(np.abs(form.x)))
    below = smoothstep(0.0, 0.06, f32(form.y + 0.03 + 0.02 * np.abs(form.x))) * smoothstep(
        0.46, 0.2, f32(np.abs(form.x))
    )
    rgb = blend(flat(_INK, below), flat(_PALE, below), f32(below * 0.95))
    gills = np.clip(np.cos((form.y - np.abs(form.x) * 0.5) * 210) * 3 - 2, 0, 1)
    where = (np.abs(np.abs(form.x) - 0.085) < 0.035) & (form.y > 0.005) & (form.y < 0.085)
    rgb = f32(rgb * spread(f32((0.8 + 0.4 * mottled(stage, form, 5, 4)) * (1 - 0.5 * gills * where))))
    rgb = f32(rgb * spread(f32(1 - 0.5 * spots * below)))
    mouth = smoothstep(1.0, 0.8, f32(np.hypot(form.x / 0.062, (form.y + 0.052) / 0.016)))
    rgb = blend(rgb, flat(_DARK, below), f32(mouth * 0.85))
    for eye in (-0.098, 0.098):
        rgb = blend(rgb, flat(_DARK, below), form.near(eye, -0.066, 0.007))
    sprite = underwater_sprite(stage, form, rgb, haze, 0.8)
    bank = side * float(rng.uniform(0.05, 0.28))
    return Ray(sprite, form.anchor, x, y, depth, span, bank, side * 22, float(rng.uniform(0, 6.28)))
