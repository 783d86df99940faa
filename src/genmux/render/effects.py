"""Weather and small moving things drawn over a scene or over a given picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.layers import Element
from genmux.render.noise import fbm_line
from genmux.render.palette import colour, mix, ramp
from genmux.render.raster import F32, U8, add_light, blur, f32, paint, resize
from genmux.render.shapes import fill
from genmux.render.vocabulary import Reading

_SHIFT: Final = 4
_ONE: Final = 1 << _SHIFT


def _fixed(x: float, y: float) -> tuple[int, int]:
    return int(x * _ONE), int(y * _ONE)


def _mask(canvas: U8) -> U8:
    return np.zeros(canvas.shape[:2], np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Snow:
    """Falling flakes; `flakes` rows are x, y, size, sway phase and speed in 0..1."""

    flakes: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every flake where it has fallen to."""
        g, t, mask = moment.geometry, moment.seconds, _mask(canvas)
        near = 0.25 + 0.75 * self.flakes[:, 2] ** 2
        sway = np.sin(t * 1.3 + self.flakes[:, 3] * 6.3) * 14
        x = (
            self.flakes[:, 0] * 1.2 * g.width
            + (sway + t * 26) * g.unit * near
            - moment.pose.x * g.margin_x * near
        )
        y = self.flakes[:, 1] * 1.2 * g.height + t * (48 + 90 * near) * g.unit * (
            0.6 + 0.6 * self.flakes[:, 4]
        )
        x, y = x % (g.width * 1.1) - g.width * 0.05, y % (g.height * 1.1) - g.height * 0.05
        for px, py, n in zip(x, y, near, strict=True):
            radius = int((0.9 + 3.4 * n * n) * max(g.unit, 0.3) * _ONE)
            cv2.circle(mask, _fixed(px, py), radius, int(110 + 130 * n), -1, cv2.LINE_AA, _SHIFT)
        paint(canvas, np.asarray(cv2.GaussianBlur(mask, (3, 3), 0), np.uint8), (0.97, 0.98, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Rain:
    """Slanted streaks; `drops` rows are x, y and nearness in 0..1."""

    drops: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every streak where it has fallen to."""
        g, t, mask = moment.geometry, moment.seconds, _mask(canvas)
        near = 0.35 + 0.65 * self.drops[:, 2]
        x = (self.drops[:, 0] * 1.3 * g.width - t * 260 * g.unit * near) % (g.width * 1.3) - g.width * 0.1
        y = (self.drops[:, 1] * 1.3 * g.height + t * 1500 * g.unit * near) % (g.height * 1.3) - g.height * 0.2
        for px, py, n in zip(x, y, near, strict=True):
            length = 36 * n * g.unit
            end = _fixed(px - length * 0.17, py + length)
            cv2.line(mask, _fixed(px, py), end, int(40 + 70 * n), 1, cv2.LINE_AA, _SHIFT)
        add_light(canvas, mask, (0.8, 0.9, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Petals:
    """Drifting petals; `petals` rows are x, y, nearness, sway, turn and spin in 0..1."""

    petals: F32
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every petal, turned as it tumbles."""
        g, t, mask = moment.geometry, moment.seconds, _mask(canvas)
        for px, py, near, sway, turn, spin in self.petals:
            n = 0.4 + 0.6 * near
            x = (px * 1.2 * g.width + (t * 70 * n + math.sin(t * 1.5 + sway * 6) * 26) * g.unit) % (
                g.width * 1.2
            )
            y = (py * 1.2 * g.height + t * 55 * n * g.unit) % (g.height * 1.2)
            size = max(g.unit, 0.3) * n * _ONE
            axes = (int(7 * size), int((1.6 + 2.4 * abs(math.sin(t * 2 + sway * 6))) * size))
            angle = turn * 360 + t * 280 * (spin - 0.5)
            at = _fixed(x - g.width * 0.1, y - g.height * 0.1)
            cv2.ellipse(mask, at, axes, angle, 0, 360, int(150 + 100 * n), -1, cv2.LINE_AA, _SHIFT)
        paint(canvas, mask, self.tone)


@dataclass(frozen=True, slots=True, eq=False)
class Motes:
    """Soft glowing points that wander and twinkle: fireflies, dust in light, bright stars.

    `motes` rows are x, y, size, two wander phases and twinkle speed in 0..1.
    """

    motes: F32
    sprites: tuple[F32, ...]
    tone: F32
    top: float
    wander: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of every mote, at half size."""
        g, t = moment.geometry, moment.seconds
        height, width = max(1, canvas.shape[0] // 2), max(1, canvas.shape[1] // 2)
        light = np.zeros((height, width), np.float32)
        for (px, py, size, a, b, speed), sprite in zip(self.motes, self.sprites, strict=True):
            shift = self.wander * g.unit
            x = (px * 1.1 - 0.05) * width + math.sin(t * 0.7 * (0.5 + a) + b * 6.28) * shift * (1 + size)
            x -= moment.pose.x * g.margin_x / 2 * (0.3 + 0.7 * size)
            y = (self.top + (1 - self.top) * py) * height + math.cos(t * 0.9 * (0.5 + b) + a * 6.28) * shift
            power = 0.3 + 0.7 * math.sin(t * 2.2 * (0.4 + speed) + b * 6.28) ** 2
            _stamp(light, sprite, int(x), int(y), power)
        add_light(canvas, (np.clip(light, 0, 1) * 255).astype(np.uint8), self.tone)


def _stamp(light: F32, sprite: F32, x: int, y: int, power: float) -> None:
    reach = sprite.shape[0] // 2
    low_x, low_y = max(x - reach, 0), max(y - reach, 0)
    high_x, high_y = min(x + reach + 1, light.shape[1]), min(y + reach + 1, light.shape[0])
    if high_x > low_x and high_y > low_y:
        from_x, from_y = low_x - x + reach, low_y - y + reach
        part = sprite[from_y : from_y + high_y - low_y, from_x : from_x + high_x - low_x]
        light[low_y:high_y, low_x:high_x] += part * power


def motes(
    geometry: Geometry, rng: np.random.Generator, count: int, tone: F32, top: float = 0.4,
    sizes: tuple[float, float] = (3, 9), wander: float = 12,
) -> Motes:  # fmt: skip
    """Motes between height share `top` and the bottom; `sizes` are radii in units."""
    points = rng.random((count, 6)).astype(np.float32)
    radii = (sizes[0] + (sizes[1] - sizes[0]) * points[:, 2] ** 2) * geometry.unit * 1.1
    return Motes(points, tuple(_glow(max(2, round(float(r)))) for r in radii), tone, top, wander)


def _glow(reach: int) -> F32:
    y, x = np.mgrid[-1 : 1 : (2 * reach + 1) * 1j, -1 : 1 : (2 * reach + 1) * 1j]
    return f32(np.clip(np.exp(-((np.hypot(x, y) * 2.4) ** 2)) - math.exp(-5.76), 0, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Birds:
    """A small flock crossing the sky; `birds` rows are x, y offsets, size, wing phase and speed."""

    birds: F32
    start: tuple[float, float]
    direction: float
    size: float
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw every bird with its wings where the beat has them."""
        g, t, mask = moment.geometry, moment.seconds, _mask(canvas)
        along = self.start[0] + self.direction * (t - moment.duration / 2) * 0.05
        for off_x, off_y, size, phase, speed in self.birds:
            x = g.width * along + (off_x * 0.09 - moment.pose.x * 0.04) * g.span
            y = g.height * self.start[1] + (off_y * 0.035 - moment.pose.y * 0.04) * g.span
            y += math.sin(t * 1.1 + phase) * 5 * g.unit
            wings = _wings(math.sin(t * 7.5 * speed + phase))
            fill(mask, (wings * (self.size * size * g.unit) + [x, y]).astype(np.float32), 235)
        paint(canvas, mask, self.tone)


def _wings(beat: float) -> F32:
    half = [(-1, -0.45 * beat - 0.05), (-0.5, -0.34 * beat - 0.16), (-0.12, -0.04)]
    under = [(-0.1, 0.1), (-0.48, -0.2 * beat - 0.02)]
    right = [(-x, y) for x, y in reversed(half)]
    back = [(-x, y) for x, y in reversed(under)]
    return np.array([*half, (0, -0.02), *right, *back, (0, 0.16), *under], np.float32)


def birds(rng: np.random.Generator, count: int, tone: F32, height: float, size: float = 9) -> Birds:
    """A flock of `count` birds around height share `height`."""
    offsets = rng.normal(0, 1, (count, 2))
    traits = np.stack(
        [rng.uniform(0.6, 1.25, count), rng.uniform(0, 6.28, count), rng.uniform(0.8, 1.2, count)], 1
    )
    flock = np.concatenate([offsets, traits], axis=1).astype(np.float32)
    start = (float(rng.uniform(0.35, 0.65)), height)
    return Birds(flock, start, float(rng.choice([-1.0, 1.0])), size, tone)


@dataclass(frozen=True, slots=True, eq=False)
class Aurora:
    """Curtains of light in the upper sky, drawn at quarter size."""

    bend: F32
    rays: F32
    colours: F32
    phases: tuple[float, ...]
    bases: tuple[float, ...]

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of all curtains."""
        height, width = canvas.shape[0] // 4, canvas.shape[1] // 4
        light = np.zeros((height, width, 3), np.float32)
        for k in range(len(self.phases)):
            light += self._curtain(k, height, width, moment)
        soft = blur((np.clip(light, 0, 1) * 255).astype(np.uint8), 0.9)
        image = resize(soft, canvas.shape[1], canvas.shape[0], cv2.INTER_CUBIC)
        cv2.add(canvas, cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), canvas)

    def _curtain(self, k: int, height: int, width: int, moment: Moment) -> F32:
        t = moment.seconds
        x = np.arange(width, dtype=np.float32)
        sway = np.interp((x + k * 311 + t * 6) % (len(self.bend) - 1), np.arange(len(self.bend)), self.bend)
        base = height * (
            self.bases[k] + 0.12 * np.sin(x / width * 4.2 + self.phases[k] + t * 0.22) + 0.3 * (sway - 0.5)
        )
        where = (x + t * 9 * (k + 1) + k * 97) % (len(self.rays) - 1)
        ray = (0.16 + 1.25 * np.interp(where, np.arange(len(self.rays)), self.rays) ** 2).astype(np.float32)
        above = (base[None, :] - np.arange(height)[:, None]) / (height * (0.34 + 0.3 * ray[None, :]))
        power = (
            np.where(above > 0, np.exp(-above * 2.2) * np.minimum(above * 9, 1), 0) * ray * (0.9 - 0.2 * k)
        )
        return np.asarray(
            self.colours[np.clip(above * 140, 0, 255).astype(np.int32)] * power[..., None], np.float32
        )


def aurora(rng: np.random.Generator, width: int) -> Aurora:
    """Three curtains for a picture of this width."""
    length = max(64, width // 4 * 3)
    stops = [(0.0, "#b6ffc0"), (0.12, "#3df0a0"), (0.4, "#18b890"), (0.7, "#5a4fd0"), (1.0, "#a02fc0")]
    colours = ramp([(at, colour(c)) for at, c in stops], np.linspace(0, 1, 256, dtype=np.float32))
    phases = tuple(float(v) for v in rng.uniform(0, 6, 3))
    bases = tuple(float(v) for v in rng.uniform(0.38, 0.56, 3))
    return Aurora(fbm_line(rng, length, 5, 6), fbm_line(rng, length, 26, 5), colours, phases, bases)


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Shafts of light fanning out from a point above the picture, drawn at quarter size."""

    angles: F32
    fall: F32
    speeds: tuple[float, float, float]
    phases: tuple[float, float, float]
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of the shafts as they slowly turn."""
        t = moment.seconds
        fans = (np.sin(self.angles * f + p + t * 0.2 * (1 + 0.5 * i) * (-1) ** i)
                for i, (f, p) in enumerate(zip(self.speeds, self.phases, strict=True)))  # fmt: skip
        power = np.clip(sum(fans) * 0.4, 0, 1) ** 1.4 * self.fall
        add_light(canvas, (power * 255).astype(np.uint8), self.tone)


def rays(geometry: Geometry, rng: np.random.Generator, from_x: float, tone: F32, strength: float) -> Rays:
    """Shafts from above, `from_x` as a share of the width."""
    height, width = max(1, geometry.height // 4), max(1, geometry.width // 4)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    down, across = y + height * 0.35, x - width * from_x
    fall = np.exp(-np.hypot(down, across) / height * 0.9) * strength
    a, b, c = (float(v) for v in rng.uniform(0, 6.28, 3))
    return Rays(
        f32(np.arctan2(down, across)),
        fall.astype(np.float32),
        (8.0, 15.0, 27.0),
        (a, b, c),
        tone,
    )


_Maker = Callable[[Geometry, np.random.Generator], Element]

MAKERS: Final[dict[str, _Maker]] = {
    "snow": lambda g, rng: Snow(rng.random((240, 5)).astype(np.float32)),
    "rain": lambda g, rng: Rain(rng.random((420, 3)).astype(np.float32)),
    "petals": lambda g, rng: Petals(rng.random((70, 6)).astype(np.float32), colour("#ffb7cf")),
    "fireflies": lambda g, rng: motes(g, rng, 60, colour("#ffe27a")),
    "aurora": lambda g, rng: aurora(rng, g.width),
}


def asked_effects(reading: Reading, geometry: Geometry, rng: np.random.Generator, near: F32) -> list[Element]:
    """The effects a prompt names, except the aurora, which belongs to the sky."""
    made = [MAKERS[name](geometry, rng) for name in reading.all("effect") if name != "aurora"]
    if reading.has("feature", "birds"):
        made.append(birds(rng, 11, mix(near, colour("#101418"), 0.4), float(rng.uniform(0.2, 0.34)), size=13))
    return made
