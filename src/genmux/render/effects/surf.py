"""Surf: foam and spray where waves break, on sand and at the foot of rocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import Tile, tile
from genmux.render.raster import F32, U8, blur, f32, over, paint, premultiplied, resize
from genmux.render.stage import Stage
from genmux.render.subpixel import ONE, SHIFT, fixed

_DROPS: Final = 46
_LIVES: Final = 0.8
_VEIL: Final = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class Breakers:
    """Foam and spray along the waterline of a rock, in layer pixels.

    `bursts` rows are place, phase, period and power in 0..1; `drops` rows direction, speed and size.
    """

    left: float
    right: float
    base: float
    depth: float
    height: float
    rage: float
    lace: Tile
    bursts: F32
    drops: F32
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the spray that hangs over the waterline and the foam that washes around it."""
        left, base = moment.place(self.left, self.base, self.depth)
        right, _ = moment.place(self.right, self.base, self.depth)
        top, bottom = (
            max(0, int(base - self.height)),
            min(canvas.shape[0], int(base + self.height * 0.16) + 2),
        )
        aside = int(self.height * 0.7)
        low, high = max(0, int(left) - aside), min(canvas.shape[1], int(right) + aside)
        if bottom - top < 3 or high - low < 3:
            return
        mask = np.maximum(
            self._foam(left - low, right - low, base - top, (bottom - top, high - low), moment.seconds),
            self._spray(left - low, right - low, base - top, (bottom - top, high - low), moment.seconds),
        )
        part = np.ascontiguousarray(canvas[top:bottom, low:high])
        paint(part, resize(mask, high - low, bottom - top), self.tone)
        canvas[top:bottom, low:high] = part

    def _foam(self, left: float, right: float, base: float, size: tuple[int, int], t: float) -> U8:
        height, width = max(1, size[0] // 2), max(1, size[1] // 2)
        x = np.arange(width, dtype=np.float32)[None, :] * 2
        y = np.arange(height, dtype=np.float32)[:, None] * 2
        across = (x - (left + right) / 2) / max((right - left) / 2, 1)
        swell = np.sin(x / self.height * 3.0 - t * 1.3) * self.height * 0.02
        foot = base + self.height * 0.035 * np.sqrt(np.clip(1 - across**2, 0, 1))
        away = (y - foot - swell) / (self.height * (0.022 + 0.022 * self.rage))
        scale = 120 / self.height
        lace = self.lace.at(
            f32(np.repeat(x * scale + t * 7, height, 0)), f32(np.repeat(y * scale * 2.4, width, 1))
        )
        pulse = 0.6 + 0.4 * np.sin(t * 1.6 + x / self.height * 2)
        power = (
            np.exp(-(away**2))
            * np.clip(0.55 + 0.42 * lace, 0, 1)
            * pulse
            * np.clip(2.4 - 2.4 * np.abs(across), 0, 1)
        )
        return np.asarray(np.clip(power * (0.75 + 0.6 * self.rage), 0, 0.95) * 255, np.uint8)

    def _spray(self, left: float, right: float, base: float, size: tuple[int, int], t: float) -> U8:
        """Drops, and the veil of finer ones around them."""
        drops = np.zeros((max(1, size[0] // 2), max(1, size[1] // 2)), np.uint8)
        veil = np.zeros_like(drops)
        for place, phase, period, power in self.bursts:
            age = (t / (2.4 + 2.2 * period) + phase) % 1.0 / _LIVES
            if age < 1:
                self._burst(drops, veil, left + (right - left) * place, base, age, 0.45 + 0.55 * power)
        soft = blur(veil, max(0.8, self.height * 0.022))
        return np.maximum(blur(drops, max(0.5, self.height * 0.003)), soft)

    def _burst(self, drops: U8, veil: U8, x: float, base: float, age: float, power: float) -> None:
        """One splash thrown up and outward that slows, spreads and fades."""
        reach = self.height * power * (0.14 + 0.86 * self.rage)
        for turn, speed, size in self.drops:
            along = (turn - 0.5) * 1.8
            out = math.sin(along) * reach * (0.3 + 0.7 * speed) * age
            up = reach * (0.35 + 0.65 * speed) * math.cos(along) * (2.8 * age - 2.3 * age * age)
            at = fixed((x + out) / 2, (base - max(up, 0)) / 2)
            shine = int(255 * (1 - age) ** 0.8)
            if size > _VEIL:
                cv2.circle(
                    veil, at, int(reach * 0.034 * (0.6 + age) * ONE), shine * 2 // 3, -1, cv2.LINE_AA, SHIFT
                )
            else:
                radius = max(0.7, reach * 0.014 * (0.4 + size)) / 2
                cv2.circle(drops, at, int(radius * ONE), shine, -1, cv2.LINE_AA, SHIFT)


def breakers(
    stage: Stage, left: float, right: float, base: float, depth: float, height: float, rage: float
) -> Breakers:
    """Surf along a rock's foot from `left` to `right`; `height` bounds the spray, `rage` 0..1 its fury."""
    rng = stage.rng
    count = 4 + round(9 * rage)
    tone = np.clip(stage.palette.haze * 0.35 + 0.65 * np.array([0.96, 0.98, 1.0], np.float32), 0, 1)
    tone = tone * {"night": 0.5, "sunset": 0.9, "storm": 0.97}.get(stage.time, 1.0)
    return Breakers(left, right, base, depth, height, rage, tile(rng, 256, 10, 4),
                    rng.random((count, 4)).astype(np.float32), rng.random((_DROPS, 3)).astype(np.float32),
                    f32(tone))  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Swash:
    """The sea's edge on a beach: a thin sheet of water that runs up and back, with foam at its rim.

    `edge` is the waterline of each layer column, `reach` how far the sheet runs, both in pixels.
    """

    edge: F32
    reach: float
    depth: float
    lace: Tile
    sheet: F32
    foam: F32
    phase: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Compose sheet and foam onto the rows they can reach, at half size."""
        matrix = moment.matrix(self.depth)
        scale = float(matrix[0, 0])
        width = max(2, canvas.shape[1] // 2)
        x = np.linspace(0, canvas.shape[1] - 1, width, dtype=np.float32)
        source = np.clip((x - matrix[0, 2]) / scale, 0, self.edge.size - 1)
        line = (
            np.interp(source, np.arange(self.edge.size), self.edge).astype(np.float32) * scale + matrix[1, 2]
        )
        reach = self.reach * scale
        top, bottom = (
            max(0, int(line.min() - reach * 2.6)),
            min(canvas.shape[0], int(line.max() + reach * 1.3)),
        )
        if bottom - top < 4:
            return
        y = np.linspace(top, bottom - 1, max(2, (bottom - top) // 2), dtype=np.float32)[:, None]
        sprite = self._washed(source, (y - line[None, :]) / reach, moment.seconds)
        part = canvas[top:bottom]
        over(part, resize(sprite, part.shape[1], part.shape[0]))

    def _washed(self, x: F32, along: F32, t: float) -> U8:
        """The water at columns `x` and distances `along` up the beach, in reaches."""
        unit = self.reach
        bend = np.sin(x / unit * 0.55 + self.phase) * 0.16 + np.sin(x / unit * 1.3 + self.phase * 2) * 0.07
        run = bend + 0.55 * math.sin(t * 0.95 + self.phase) + 0.12 * np.sin(x / unit * 0.4 - t * 0.7)
        away = along - run[None, :].astype(np.float32)
        u = np.repeat((x / unit * 62)[None, :], along.shape[0], axis=0).astype(np.float32)
        lace = self.lace.at(u, f32(along * 105 - t * 9))
        web = np.clip(1 - np.abs(lace) * 1.9, 0, 1)
        inside = np.clip(0.5 - away * 14, 0, 1)
        rim = np.exp(-((away / 0.075) ** 2)) * np.clip(0.85 + 0.25 * lace, 0, 1)
        trail = inside * np.exp(np.minimum(away, 0) * 2.2) * web * 0.75
        cover = inside * np.clip(0.26 - away * 0.25, 0, 0.7) * np.clip((along + 2.4) / 0.8, 0, 1)
        roller = self._roller(along, f32(bend), f32(web), t)
        foam = np.clip(rim * 0.95 + trail * np.clip((along + 2.2) / 0.8, 0, 1) + roller, 0, 0.96)
        both = cover + foam * (1 - cover)
        share = (foam / np.maximum(both, 1e-4))[..., None]
        return premultiplied(f32(self.sheet * (1 - share) + self.foam * share), f32(both))

    def _roller(self, along: F32, bend: F32, web: F32, t: float) -> F32:
        """Foam of the waves that come in one behind the other."""
        total = np.zeros_like(along)
        for k in range(2):
            age = (t * 0.151 + self.phase / 6.28 + k * 0.5) % 1.0
            at = -2.3 + 2.0 * age + bend * 0.7
            ahead = along - at[None, :]
            crest = np.exp(-((ahead / (0.03 + 0.05 * age)) ** 2)) * 0.8
            torn = np.exp(np.minimum(ahead, 0) * 3.5) * (ahead < 0) * web * 0.5
            total += (crest + torn) * math.sin(math.pi * age) ** 0.8
        return f32(total)
