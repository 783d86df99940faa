"""Butterflies over flowers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.paint.light import light, local
from genmux.render.paint.polygons import Tone, face, line, opaque_tone
from genmux.render.palette import colour, mix
from genmux.render.raster import U8, f32
from genmux.render.shapes import curve
from genmux.render.sprites.stamps import stamp
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

# Wing and edge.
_COLOURS: Final = (
    ("#f28a1c", "#2a1610"),
    ("#3f86e0", "#12203a"),
    ("#f7d84a", "#6a4a12"),
    ("#f4f0ea", "#4a4450"),
    ("#e0583a", "#2a1210"),
)

# The right wings spread flat; the body is at x = 0.
_FORE: Final = ((0.03, -0.06), (0.30, -0.52), (0.72, -0.66), (0.86, -0.50), (0.70, -0.16), (0.30, 0.02))
_HIND: Final = ((0.03, 0.0), (0.40, 0.02), (0.66, 0.18), (0.62, 0.46), (0.40, 0.58), (0.14, 0.30))
_FOOT: Final = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class Butterfly:
    """A butterfly that wanders around a spot; `sprite` is its right side, wings spread flat."""

    sprite: U8
    body: Tone
    spot: Spot
    phase: float
    turn: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw both wings folded as far as the beat has them, and the body."""
        t, size = moment.seconds + self.phase, self.spot.size
        x = self.spot.x + (math.sin(t * 0.7) * 1.6 + math.sin(t * 1.9 + 2) * 0.4) * size
        y = self.spot.y + (math.cos(t * 0.9 + self.phase) * 0.8 + math.sin(t * 3.1) * 0.22) * size
        turn = self.turn + 0.3 * math.sin(t * 0.7 + 0.5)
        scale = float(moment.matrix(self.spot.depth)[0, 0])
        at = f32(moment.place(x, y, self.spot.depth))
        spread = abs(math.sin(t * 6.5)) * 0.85 + 0.13
        c, s = math.cos(turn) * scale, math.sin(turn) * scale
        for wide in (-0.8 * spread, spread):
            own = f32([[c * wide, -s, 0], [s * wide, c, 0]])
            own[:, 2] = at - own[:, :2] @ f32([0, self.sprite.shape[0] * _FOOT])
            stamp(canvas, self.sprite, own)
        ends = at + f32([(s * 0.8, -c * 0.8), (-s * 1.2, c * 1.2)]) * size * 0.26
        line(canvas, f32(ends), self.body, size * 0.07 * scale)


def butterflies(stage: Stage, spot: Spot) -> list[Element]:
    """Four to six butterflies over the flowers, far ones first; the spot only tells that they are wanted."""
    nearness = np.sort(stage.rng.uniform(0.2, 1.0, int(stage.rng.integers(4, 7))))
    return [_butterfly(stage, float(near)) for near in nearness]


def _butterfly(stage: Stage, near: float) -> Butterfly:
    g, rng, sun = stage.geometry, stage.rng, light(stage)
    x = g.margin_x + g.width * float(rng.uniform(0.12, 0.88))
    deep = g.margin_y + g.height - stage.horizon
    y = stage.horizon + deep * (0.12 + 0.6 * near) - g.span * 0.07 * near
    spot = Spot(x, y, g.span * 0.05 * (0.3 + 0.7 * near), 0.5 + 0.2 * near, room=0.0)
    wing, edge = (local(stage, c) for c in _COLOURS[int(rng.integers(len(_COLOURS)))])
    box = max(int(spot.size * 1.4), 6)
    sprite = np.zeros((box, box, 4), np.uint8)
    for points, lit in ((_HIND, 0.7), (_FORE, 0.95)):
        outline, heart = curve(points, 6), f32(points).mean(axis=0)
        for share, tone in ((1.0, edge), (0.84, wing), (0.5, mix(wing, colour("#ffffff"), 0.25))):
            shape = ((outline - heart) * share + heart) * spot.size + f32([0, box * _FOOT])
            face(sprite, f32(shape), opaque_tone(sun.on(tone, lit)))
    body = opaque_tone(sun.on(edge * 0.7, 0.4))
    return Butterfly(sprite, body, spot, float(rng.uniform(0, 9)), float(rng.uniform(-0.6, 0.6)))
