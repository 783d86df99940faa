"""What flutters: kites on their strings, butterflies over flowers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.cutout import stamp
from genmux.render.effects.brush import ONE, SHIFT
from genmux.render.flora import shaded
from genmux.render.layers import Element
from genmux.render.light import Light, light, local
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot

_SAILS: Final = (("#e8382f", "#f9c22e", "#2f6fc0"), ("#7a3ab0", "#f27a9a", "#fbe08a"), ("#0f9a8a", "#f9e04a", "#e8542f"))
# Corners of a kite, its sail's four faces and how lit each is.
_KITE: Final = ((0.0, -0.55), (0.36, -0.16), (0.0, 0.55), (-0.36, -0.16), (0.0, -0.14))
_FACES: Final = ((0, 1, 4, 0.95, 0), (1, 2, 4, 0.6, 1), (2, 3, 4, 0.35, 0), (3, 0, 4, 0.75, 2))
_WINGS: Final = (("#f28a1c", "#2a1610"), ("#3f86e0", "#12203a"), ("#f7d84a", "#6a4a12"), ("#f4f0ea", "#4a4450"), ("#e0583a", "#2a1210"))
_FORE: Final = ((0.03, -0.06), (0.30, -0.52), (0.72, -0.66), (0.86, -0.50), (0.70, -0.16), (0.30, 0.02))
_HIND: Final = ((0.03, 0.0), (0.40, 0.02), (0.66, 0.18), (0.62, 0.46), (0.40, 0.58), (0.14, 0.30))


@dataclass(frozen=True, slots=True, eq=False)
class Kite:
    """A diamond kite with a tail of bows and a string down to row `ground` of the layer."""

    sprite: U8
    spot: Spot
    hand: tuple[float, float]
    tail: tuple[tuple[float, ...], ...]
    string: tuple[float, ...]
    phase: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw string, tail and sail as the wind has them."""
        t, size = moment.seconds + self.phase, self.spot.size
        x = self.spot.x + (math.sin(t * 0.8) * 0.22 + math.sin(t * 1.9) * 0.05) * size
        y = self.spot.y + (math.sin(t * 1.1 + 1) * 0.13 - math.sin(t * 0.8) * 0.05) * size
        turn = 0.35 * (1 if self.hand[0] < self.spot.x else -1) + 0.14 * math.sin(t * 1.3)
        m = moment.matrix(self.spot.depth)
        scale = float(m[0, 0])
        middle = moment.place(x, y, self.spot.depth)
        hand = moment.place(*self.hand, self.spot.depth)
        sag = ((middle[0] + hand[0]) / 2, (middle[1] + hand[1]) / 2 + size * 0.5)
        _line(canvas, curve([middle, sag, hand], 14, closed=False), self.string, 1)
        c, s = math.cos(turn) * scale, math.sin(turn) * scale
        _tail(canvas, middle, (c, s), size, t, self.tail)
        half_w, half_h = self.sprite.shape[1] / 2, self.sprite.shape[0] / 2
        own = [[c, -s, middle[0] - c * half_w + s * half_h], [s, c, middle[1] - s * half_w - c * half_h]]
        stamp(canvas, self.sprite, f32(own))


def _line(canvas: U8, points: F32, tone: tuple[float, ...], width: int) -> None:
    cv2.polylines(canvas, [np.round(points * ONE).astype(np.int32)], False, tone, width, cv2.LINE_AA, SHIFT)


def _tail(canvas: U8, at: tuple[float, float], turn: tuple[float, float], size: float, t: float,
          tones: tuple[tuple[float, ...], ...]) -> None:  # fmt: skip
    """A waving tail from the kite's lower corner, with bows."""
    share = np.linspace(0, 1, 18)
    side = np.sin(share * 7 - t * 4.2) * 0.12 * share * size
    down = (0.53 + share * 1.15) * size
    points = np.stack([at[0] + side * turn[0] - down * turn[1] * (1 - 0.5 * share), at[1] + side * turn[1] + down * turn[0]], 1)
    _line(canvas, f32(points), tones[0], max(1, round(size * 0.014)))
    for k, p in enumerate(points[3::3]):
        lean = math.sin(t * 4.2 - k) * 0.5
        reach = size * 0.055
        for sign in (-1, 1):
            wing = [(0, 0), (sign, -0.6 + lean), (sign, 0.6 + lean)]
            bow = [np.round((p + f32(wing) * reach) * ONE).astype(np.int32)]
            cv2.fillPoly(canvas, bow, tones[1 + k % 2], cv2.LINE_AA, SHIFT)


def kites(stage: Stage, spot: Spot) -> list[Element]:
    """One to three kites of which the first is the largest."""
    count = int(stage.rng.integers(1, 4))
    side = 1.0 if spot.x > stage.geometry.layer_width / 2 else -1.0
    found: list[Element] = []
    for k in range(count - 1, -1, -1):
        x = spot.x - side * k * spot.room * float(stage.rng.uniform(0.5, 0.75))
        y = spot.y + (float(stage.rng.uniform(-0.9, 0.5)) if k else 0.0) * spot.size
        size = spot.size * (1.0, 0.55, 0.4)[k]
        found.append(_kite(stage, Spot(x, y, size, spot.depth, spot.room), side))
    return found


def _kite(stage: Stage, spot: Spot, side: float) -> Kite:
    rng, sun, g = stage.rng, light(stage), stage.geometry
    tones = [local(stage, c) for c in _SAILS[int(rng.integers(len(_SAILS)))]]
    box = max(int(spot.size * 1.2), 4)
    sprite = np.zeros((box, box, 4), np.uint8)
    corners = f32(_KITE) * spot.size + box / 2
    for a, b, c, lit, tone in _FACES:
        face = [np.round(corners[[a, b, c]] * ONE).astype(np.int32)]
        cv2.fillPoly(sprite, face, shaded(sun.on(tones[tone], lit)), cv2.LINE_AA, SHIFT)
    spar = shaded(sun.on(tones[0] * 0.35, 0.3))
    for a, b in ((0, 2), (1, 3)):
        _line(sprite, corners[[a, b]], spar, max(1, round(spot.size * 0.012)))
    hand = (spot.x - side * g.span * float(rng.uniform(0.25, 0.4)), stage.horizon + g.span * 0.12)
    tail = tuple(shaded(sun.on(t, 0.7)) for t in (tones[0], tones[1], tones[2]))
    string = shaded(mix(stage.palette.haze, stage.palette.near, 0.35))
    return Kite(sprite, spot, hand, tail, string, float(rng.uniform(0, 6)))


@dataclass(frozen=True, slots=True, eq=False)
class Butterfly:
    """A butterfly that wanders around a spot; `sprite` is its right side, wings spread flat."""

    sprite: U8
    body: tuple[float, ...]
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
        middle = moment.place(x, y, self.spot.depth)
        beat = abs(math.sin(t * 6.5)) * 0.85 + 0.13
        c, s = math.cos(turn) * scale, math.sin(turn) * scale
        foot = self.sprite.shape[0] * 0.55
        for side, open_ in ((-1.0, beat * 0.8), (1.0, beat)):
            own = f32([[c * side * open_, -s, 0], [s * side * open_, c, 0]])
            own[:, 2] = f32(middle) - own[:, :2] @ f32([0, foot])
            stamp(canvas, self.sprite, own)
        ends = [f32(middle) + f32([-s * k, c * k]) * size * 0.26 for k in (-0.8, 1.2)]
        _line(canvas, f32(ends), self.body, max(1, round(size * 0.07 * scale)))


def butterflies(stage: Stage, spot: Spot) -> list[Element]:
    """Four to six butterflies over the flowers, whatever place the spot is in."""
    rng, g, sun = stage.rng, stage.geometry, light(stage)
    found: list[Element] = []
    for _ in range(int(rng.integers(4, 7))):
        near = float(rng.uniform(0.35, 1.0)) ** 1.5
        x = g.margin_x + g.width * float(rng.uniform(0.12, 0.88))
        y = stage.horizon + (g.margin_y + g.height - stage.horizon) * (0.12 + 0.6 * near) - g.span * 0.07 * near
        found.append(_butterfly(stage, sun, Spot(x, y, g.span * 0.05 * (0.3 + 0.7 * near), 0.5 + 0.2 * near, 0)))
    return sorted(found, key=lambda b: b.spot.size if isinstance(b, Butterfly) else 0)


def _butterfly(stage: Stage, sun: Light, spot: Spot) -> Butterfly:
    wing, edge = (local(stage, c) for c in _WINGS[int(stage.rng.integers(len(_WINGS)))])
    box = max(int(spot.size * 1.4), 6)
    sprite = np.zeros((box, box, 4), np.uint8)
    for points, lit in ((_HIND, 0.7), (_FORE, 0.95)):
        outline = curve(points, 6)
        heart = f32(points).mean(axis=0)
        for share, tone in ((1.0, edge), (0.84, wing), (0.5, mix(wing, f32([1, 1, 1]), 0.25))):
            shape = ((outline - heart) * share + heart) * spot.size + f32([0, box * 0.55])
            face = [np.round(shape * ONE).astype(np.int32)]
            cv2.fillPoly(sprite, face, shaded(sun.on(tone, lit)), cv2.LINE_AA, SHIFT)
    body = shaded(sun.on(edge * 0.7, 0.4))
    return Butterfly(sprite, body, spot, float(stage.rng.uniform(0, 9)), float(stage.rng.uniform(-0.6, 0.6)))
