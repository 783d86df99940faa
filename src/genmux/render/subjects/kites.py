"""Kites on their strings, with waving tails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.paint.light import light, local
from genmux.render.paint.polygons import Tone, face, line, opaque_tone
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve
from genmux.render.sprites.stamps import stamp
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

_SAILS: Final = (
    ("#e8382f", "#f9c22e", "#2f6fc0"),
    ("#7a3ab0", "#f27a9a", "#fbe08a"),
    ("#0f9a8a", "#f9e04a", "#e8542f"),
)

# Corners of a kite of height 1.1, and its four faces: corners, how lit, which colour.
_CORNERS: Final = ((0.0, -0.55), (0.36, -0.16), (0.0, 0.55), (-0.36, -0.16), (0.0, -0.14))
_FACES: Final = (((0, 1, 4), 0.95, 0), ((1, 2, 4), 0.6, 1), ((2, 3, 4), 0.35, 0), ((3, 0, 4), 0.75, 2))
_SPARS: Final = ((0, 2), (1, 3))
_SIZES: Final = (1.0, 0.55, 0.4)


@dataclass(frozen=True, slots=True, eq=False)
class Kite:
    """A kite that sways around its spot, with a tail of bows and a string to the layer point `hand`."""

    sprite: U8
    spot: Spot
    hand: tuple[float, float]
    tail: tuple[Tone, ...]
    string: Tone
    phase: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw string, tail and sail as the wind has them."""
        t, size, depth = moment.seconds + self.phase, self.spot.size, self.spot.depth
        x = self.spot.x + (math.sin(t * 0.8) * 0.22 + math.sin(t * 1.9) * 0.05) * size
        y = self.spot.y + (math.sin(t * 1.1 + 1) * 0.13 - math.sin(t * 0.8) * 0.05) * size
        turn = math.copysign(0.35, self.spot.x - self.hand[0]) + 0.14 * math.sin(t * 1.3)
        scale = float(moment.matrix(depth)[0, 0])
        at, hand = f32(moment.place(x, y, depth)), f32(moment.place(*self.hand, depth))
        sagging = np.stack([at, (at + hand) / 2 + f32([0, size * 0.5]), hand])
        line(canvas, curve(sagging, 14, closed=False), self.string, 1)
        c, s = math.cos(turn) * scale, math.sin(turn) * scale
        own = f32([[c, -s], [s, c]])
        self._draw_tail(canvas, at, own, t)
        corner = at - own @ f32([self.sprite.shape[1] / 2, self.sprite.shape[0] / 2])
        stamp(canvas, self.sprite, np.column_stack([own, corner]).astype(np.float32))

    def _draw_tail(self, canvas: U8, at: F32, own: F32, t: float) -> None:
        share, size = np.linspace(0, 1, 18, dtype=np.float32), self.spot.size
        side = np.sin(share * 7 - t * 4.2) * 0.12 * share
        points = f32(at + np.stack([side, 0.53 + share * 1.15], 1) * size @ own.T)
        line(canvas, points, self.tail[0], size * 0.014)
        for k, p in enumerate(points[3::3]):
            lean = math.sin(t * 4.2 - k) * 0.5
            for wing in (-1, 1):
                bow = f32([(0, 0), (wing, -0.6 + lean), (wing, 0.6 + lean)]) * size * 0.055
                face(canvas, f32(p + bow), self.tail[1 + k % 2])


def kites(stage: Stage, spot: Spot) -> list[Element]:
    """One to three kites, of which the last and largest is at the spot."""
    rng, count = stage.rng, int(stage.rng.integers(1, 4))
    side = 1.0 if spot.x > stage.geometry.layer_width / 2 else -1.0
    found: list[Element] = []
    for k in range(count - 1, -1, -1):
        x = spot.x - side * k * spot.room * float(rng.uniform(0.5, 0.75))
        y = spot.y + (float(rng.uniform(-0.9, 0.5)) if k else 0.0) * spot.size
        found.append(_kite(stage, Spot(x, y, spot.size * _SIZES[k], spot.depth, spot.room), side))
    return found


def _kite(stage: Stage, spot: Spot, side: float) -> Kite:
    rng, sun, g = stage.rng, light(stage), stage.geometry
    tones = [local(stage, c) for c in _SAILS[int(rng.integers(len(_SAILS)))]]
    box = max(int(spot.size * 1.2), 4)
    sprite = np.zeros((box, box, 4), np.uint8)
    corners = f32(f32(_CORNERS) * spot.size + box / 2)
    for around, lit, tone in _FACES:
        face(sprite, corners[list(around)], opaque_tone(sun.on(tones[tone], lit)))
    for ends in _SPARS:
        line(sprite, corners[list(ends)], opaque_tone(sun.on(tones[0] * 0.35, 0.3)), spot.size * 0.012)
    hand = (spot.x - side * g.span * float(rng.uniform(0.25, 0.4)), stage.horizon + g.span * 0.12)
    tail = tuple(opaque_tone(sun.on(tone, 0.7)) for tone in tones)
    string = opaque_tone(mix(stage.palette.haze, stage.palette.near, 0.35))
    return Kite(sprite, spot, hand, tail, string, float(rng.uniform(0, 6)))
