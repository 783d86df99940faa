"""Lamps of a town: glows that pulse, lanterns that sway on strings, headlights that come nearer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.layers import Layer, layer
from genmux.render.noise import smoothstep
from genmux.render.palette import colour, ramp
from genmux.render.raster import F32, U8, f32, spread, to_bytes
from genmux.render.sprites.stamps import centred, glow, stamp
from genmux.render.subpixel import SHIFT, fixed_all
from genmux.render.urban.view import View

_RED_SILK: Final = (
    (0.0, "#8a1410"),
    (0.35, "#d42a1c"),
    (0.62, "#ff6a34"),
    (0.8, "#ff9a4a"),
    (1.0, "#b0241a"),
)
_HALO: Final = colour("#ff4a20")
_CORD: Final = colour("#d8a24a")


@dataclass(frozen=True, slots=True, eq=False)
class Pulses:
    """Lights at layer points that change in strength; rows are x, y, phase, speed and least power."""

    lamps: F32
    sprites: tuple[U8, ...]
    depth: float
    sharpness: float = 1.0

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add each light at its present power."""
        for (x, y, phase, speed, least), sprite in zip(self.lamps, self.sprites, strict=True):
            wave = 0.5 + 0.5 * math.sin(moment.seconds * speed + phase)
            power = float(least + (1 - least) * wave**self.sharpness)
            if power > 0.03:
                at = moment.place(float(x), float(y), self.depth)
                stamp(canvas, sprite, centred(sprite, *at), power)


@dataclass(frozen=True, slots=True, eq=False)
class HangingLanterns:
    """Red lanterns that sway below their hooks, mirrored in wet ground.

    Rows of `hooks` are layer x, y, the row of its mirror image, sprite number and phase.
    """

    hooks: F32
    sprites: tuple[U8, ...]
    reflections: tuple[U8, ...]
    mirror: float
    lengths: tuple[float, ...]
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every lantern, the first ones behind the later ones."""
        scale = float(moment.matrix(self.depth)[0, 0])
        for x, y, low, number, phase in self.hooks:
            k = int(number)
            length = self.lengths[k]
            swing = 0.09 * math.sin(moment.seconds * 1.5 + phase) * length
            power = 0.94 + 0.06 * math.sin(moment.seconds * 5 + phase * 9)
            if self.mirror > 0:
                under = moment.place(float(x) - swing, float(low) - length * 0.5, self.depth)
                image = self.reflections[k]
                stamp(canvas, image, centred(image, *under, scale), power * self.mirror)
            at = moment.place(float(x) + swing, float(y) + length * 0.5, self.depth)
            stamp(canvas, self.sprites[k], centred(self.sprites[k], *at, scale), power)


def red_lantern(height: float, lit: bool) -> U8:
    """A round silk lantern of this height with its tassel, in the middle of its glow."""
    reach = max(4, math.ceil(height * 1.35))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32) / height
    soft = 1.3 / height
    body = np.hypot(x / 0.42, (y + 0.1) / 0.34)
    cover = smoothstep(1 + soft * 2, 1 - soft * 2, body)
    stops = [(at, colour(text)) for at, text in _RED_SILK]
    across = np.clip(
        x / np.maximum(0.42 * np.sqrt(np.clip(1 - ((y + 0.1) / 0.34) ** 2, 0.02, 1)), 0.05), -1, 1
    )
    ribs = 0.86 + 0.14 * np.cos(np.arcsin(across) * 9)
    silk = ramp(stops, f32(np.clip((y + 0.44) / 0.68, 0, 1))) * spread(f32(ribs))
    silk += np.exp(-((body / 0.55) ** 2))[..., None] * colour("#ffb060") * (0.55 if lit else 0.1)
    silk *= spread(f32((1.05 if lit else 0.8) * (1 - 0.35 * np.clip(body, 0, 1) ** 4)))
    caps = (np.abs(x) < 0.16) & (np.abs(np.abs(y + 0.1) - 0.34) < 0.035)
    cord = (np.abs(x) < max(0.012, soft * 0.4)) & (y < -0.4) & (y > -0.62)
    tassel = (np.abs(x) < 0.035 + 0.03 * (y - 0.24)) & (y > 0.24) & (y < 0.56)
    trim = np.clip(caps.astype(np.float32) + cord + tassel, 0, 1)
    halo = np.clip(1 - np.hypot(x, y + 0.1) / 1.25, 0, 1) ** 2.4 * (0.62 if lit else 0.0)
    alpha = f32(np.maximum(cover, trim))
    light = np.clip(silk, 0, 1) * spread(f32(cover * (1 - trim))) + spread(f32(trim)) * _CORD * 0.8
    light = light + spread(f32(halo * (1 - alpha))) * _HALO
    return to_bytes(f32(np.dstack([light, alpha])))


def strings(
    rng: np.random.Generator, view: View, half: float, depth: float, lit: bool, mirror: float
) -> HangingLanterns:
    """Lanterns under the eaves of both sides and, at some places, on strings across the street."""
    places: list[tuple[float, float, float]] = []
    for z in np.arange(34, 3.6, -1.9 if half < 4 else -2.6):
        places += [(side * (half - 1.15), 2.95, float(z)) for side in (-1, 1)]
    for z in (29.0, 21.0, 14.5, 9.5):
        if rng.random() < 0.8:
            xs = np.linspace(-half + 1.6, half - 1.6, 5)
            places += [(float(x), 4.35 + 0.35 * (x / half) ** 2, z) for x in xs]
    places.sort(key=lambda place: -place[2])
    sizes = np.geomspace(0.6 * view.scale(34), 0.72 * view.scale(4), 8)
    kinds = [int(np.argmin(np.abs(sizes - 0.7 * view.scale(z)))) for _, _, z in places]
    hooks = [
        (*view.at(x, y, z), view.at(x, -y, z)[1], kind, float(rng.uniform(0, 6.3)))
        for (x, y, z), kind in zip(places, kinds, strict=True)
    ]
    lengths = tuple(float(v) for v in sizes)
    sprites = tuple(red_lantern(max(3.0, v), lit) for v in lengths)
    return HangingLanterns(f32(hooks), sprites, tuple(_smeared(s) for s in sprites), mirror, lengths, depth)


def _smeared(sprite: U8) -> U8:
    """A sprite as wet stone mirrors it: upside down, drawn out, only light."""
    reach = max(1.0, sprite.shape[0] * 0.06)
    soft = np.array(cv2.GaussianBlur(sprite[::-1], (0, 0), sigmaX=reach * 0.35, sigmaY=reach))
    soft[..., 3] = 0
    return np.asarray(soft, np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Headlights:
    """Cars far down the road; rows of `cars` are lane (-1 away, 1 toward us), start and pace."""

    cars: F32
    view: View
    lane: float
    depth: float
    white: U8
    red: U8

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the lights of every car and their streaks on the ground."""
        for side, start, pace in self.cars:
            z = 13 + np.mod(start * 60 - side * moment.seconds * (2 + 2 * pace), 60)
            fade = float(min(1.0, (z - 13) / 5, (73 - z) / 10))
            scale = float(np.clip(9 / z, 0.1, 0.7))
            for off in (-0.62, 0.62):
                x = -side * self.lane + off
                sprite = self.white if side > 0 else self.red
                at = moment.place(*self.view.at(x, 0.68, float(z)), self.depth)
                stamp(canvas, sprite, centred(sprite, *at, scale), fade)
                low = moment.place(*self.view.at(x, -0.9, float(z)), self.depth)
                stamp(canvas, sprite, centred(sprite, *low, scale), fade * 0.3)


def headlights(rng: np.random.Generator, view: View, lane: float, depth: float) -> Headlights:
    """A few cars in both lanes."""
    cars = rng.random((7, 3)).astype(np.float32)
    cars[:, 0] = np.where(np.arange(7) % 2 == 0, 1, -1)
    cars[:, 1] = (np.arange(7) + cars[:, 1]) / 7
    radius = max(3.0, view.scale(9) * 0.7)
    return Headlights(
        cars, view, lane, depth, glow(radius, colour("#fff0cc")), glow(radius, colour("#ff2a1c"))
    )


def wires(rng: np.random.Generator, g: Geometry, view: View, half: float, tone: F32, depth: float) -> Layer:
    """Overhead wires across and along the street."""
    mask = np.zeros((g.layer_height, g.layer_width), np.uint8)
    thick = max(1, round(1.1 * g.unit))
    for _ in range(11):
        z0 = float(rng.uniform(4.5, 16))
        z1 = z0 + float(rng.uniform(-1, 9))
        high, other = (float(v) for v in rng.uniform(5.2, 9, 2))
        ends = ((-half, high, z0), (half * float(rng.choice([-1, 1, 1])), other, max(z1, 4.0)))
        _sagging(mask, view, ends, float(rng.uniform(0.3, 0.9)), thick)
    cover = f32(mask / 255) * 0.85
    rgb = np.empty((*cover.shape, 3), np.float32)
    rgb[:] = tone
    return layer(rgb, cover, depth)


def _sagging(
    mask: U8,
    view: View,
    ends: tuple[tuple[float, float, float], tuple[float, float, float]],
    sag: float,
    thick: int,
) -> None:
    along = np.linspace(0, 1, 24)
    a, b = (np.asarray(end) for end in ends)
    points = a + (b - a) * along[:, None]
    points[:, 1] -= sag * 4 * along * (1 - along)
    at = np.array([view.at(*(float(v) for v in point)) for point in points])
    cv2.polylines(mask, [fixed_all(at)], False, 255, thick, cv2.LINE_AA, SHIFT)
