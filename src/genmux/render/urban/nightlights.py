"""What moves in the light of a city: red beacons, windows that wink, beams, flying cars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, blur, f32, resize
from genmux.render.sprites.stamps import additive, centred, glow, stamp
from genmux.render.stage import Stage
from genmux.render.subpixel import SHIFT, fixed_all
from genmux.render.urban.lamps import Pulses

_RED: Final = colour("#ff2a1c")
_BEACONS: Final = 14
_WINKS: Final = 46


def beacons(stage: Stage, tips: Sequence[tuple[float, float]], depth: float) -> Pulses:
    """Red lamps on masts, each blinking in its own time."""
    rng = stage.rng
    chosen = [tips[int(k)] for k in rng.permutation(len(tips))[:_BEACONS]]
    rows = [(x, y, float(rng.uniform(0, 6.3)), float(rng.uniform(2.4, 4.2)), 0.12) for x, y in chosen]
    sprite = glow(max(3.0, 8 * stage.geometry.unit), _RED)
    return Pulses(f32(rows).reshape(-1, 5), (sprite,) * len(rows), depth, sharpness=3.0)


def winks(stage: Stage, low: float, high: float, depth: float) -> Pulses:
    """Windows between two layer rows that are switched on and off."""
    rng, g = stage.rng, stage.geometry
    rows = [
        (float(rng.uniform(0, g.layer_width)), float(rng.triangular(low, high, high)),
         float(rng.uniform(0, 6.3)), float(rng.uniform(0.8, 3.0)), 0.0)
        for _ in range(_WINKS)
    ]  # fmt: skip
    sprites = tuple(
        glow(max(2.0, float(rng.uniform(3, 5)) * g.unit), colour(c), 0.3)
        for c in rng.choice(["#ffd98a", "#fff1c9", "#bfe0ff", "#ffb45c"], _WINKS)
    )
    return Pulses(f32(rows), sprites, depth, sharpness=2.0)


def sign_halos(stage: Stage, signs: Sequence[tuple[float, float, F32]], depth: float) -> Pulses:
    """The breathing halos of neon signs and holograms."""
    rng, unit = stage.rng, stage.geometry.unit
    rows = [(x, y, float(rng.uniform(0, 6.3)), float(rng.uniform(1.5, 6)), 0.3) for x, y, _ in signs]
    sprites = tuple(glow(max(4.0, 46 * unit), tone * 0.42, 0.001) for _, _, tone in signs)
    return Pulses(f32(rows).reshape(-1, 5), sprites, depth)


@dataclass(frozen=True, slots=True, eq=False)
class Beams:
    """Searchlights that sweep the sky; rows of `lamps` are layer x, y, phase, speed and reach (radians)."""

    lamps: F32
    tones: tuple[F32, ...]
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add every beam, at quarter size."""
        h, w = max(2, canvas.shape[0] // 4), max(2, canvas.shape[1] // 4)
        length = moment.geometry.span * 0.9 / 4
        light = np.zeros((h, w, 3), np.uint8)
        for (x, y, phase, speed, reach), tone in zip(self.lamps, self.tones, strict=True):
            angle = math.sin(moment.seconds * speed + phase) * reach
            foot = tuple(v / 4 for v in moment.place(float(x), float(y), self.depth))
            for step in range(5):
                far, side = length * (1 - step / 6), 0.022 + 0.05 * (1 - step / 5)
                ends = [(foot[0] + math.sin(angle + s) * far, foot[1] - math.cos(angle + s) * far)
                        for s in (-side, side)]  # fmt: skip
                cone = np.zeros_like(light)
                points = fixed_all(np.array([foot, *ends]))
                cv2.fillPoly(cone, [points], [float(v) * 14 for v in tone], cv2.LINE_AA, SHIFT)
                cv2.add(light, cone, light)
        whole = resize(blur(light, 1.6), canvas.shape[1], canvas.shape[0])
        cv2.add(canvas, cv2.cvtColor(whole, cv2.COLOR_RGB2RGBA), canvas)


def beams(stage: Stage, feet: Sequence[tuple[float, float]], tones: Sequence[F32], depth: float) -> Beams:
    """One beam from each foot (layer pixels)."""
    rng = stage.rng
    rows = [(x, y, float(rng.uniform(0, 6.3)), float(rng.uniform(0.25, 0.5)), float(rng.uniform(0.25, 0.6)))
            for x, y in feet]  # fmt: skip
    chosen = tuple(tones[k % len(tones)] for k in range(len(rows)))
    return Beams(f32(rows).reshape(-1, 5), chosen, depth)


@dataclass(frozen=True, slots=True, eq=False)
class Flyers:
    """Flying cars as streaks of light; rows of `cars` are lane (layer row), start, pace, direction."""

    cars: F32
    sprites: tuple[U8, U8]
    depth: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add every car's streak."""
        g = moment.geometry
        for row, start, pace, direction in self.cars:
            along = (start + direction * moment.seconds * (0.05 + 0.07 * pace)) % 1.2 - 0.1
            y = moment.place(0, float(row), self.depth)[1] + math.sin(moment.seconds + start * 9) * 2 * g.unit
            sprite = self.sprites[0 if direction > 0 else 1]
            at = centred(sprite, float(along) * g.width, y, 0.6 + 0.4 * float(pace))
            stamp(canvas, sprite, at, 0.5 + 0.5 * float(pace))


def flyers(stage: Stage, low: float, high: float, depth: float, count: int = 16) -> Flyers:
    """Two directions of traffic between layer rows `high` and `low`."""
    rng = stage.rng
    lanes = rng.uniform(high, low, 5)
    rows = [(float(rng.choice(lanes)), float(rng.random()), float(rng.random()), float(rng.choice([-1, 1])))
            for _ in range(count)]  # fmt: skip
    unit = stage.geometry.unit
    return Flyers(
        f32(rows), (_streak(unit, colour("#ff4a6a"), False), _streak(unit, colour("#d8f6ff"), True)), depth
    )


def _streak(unit: float, tone: F32, leftward: bool) -> U8:
    """A bright head with a fading tail behind it."""
    h, w = max(5, round(9 * unit)), max(12, round(54 * unit))
    y = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, w, dtype=np.float32)[None, :]
    body = np.exp(-((y / 0.3) ** 2)) * x**2.2 * np.clip((1 - x) * 12, 0, 1)
    light = f32(body[..., None] * (tone * 0.75 + 0.25 * x[..., None] ** 8))
    return additive(light[:, ::-1] if leftward else light)


def beam_tones(neon: bool) -> tuple[F32, ...]:
    """The colours of searchlights."""
    texts = ("#ff4fd8", "#39e6ff", "#8a6bff") if neon else ("#8fb4ff", "#cfe0ff")
    return tuple(colour(c) * 0.8 for c in texts)
