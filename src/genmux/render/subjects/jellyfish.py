"""Jellyfish: translucent bells that pulse, with trailing arms and tentacles, drawn as light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Element
from genmux.render.noise import fbm, smoothstep
from genmux.render.palette import mix, polar
from genmux.render.raster import F32, U8, add_light, blur, f32, grid, spread, tinted, to_bytes
from genmux.render.sprites.stamps import pose, stamp, stamp_bent
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot
from genmux.render.subjects.swimmer import within
from genmux.render.subpixel import SHIFT, fixed_all

# OKLab hues of bells: cyan, blue, violet, magenta, rose, amber.
_HUES: Final = (205.0, 245.0, 292.0, 325.0, 2.0, 62.0)
_DOME: Final = 0.86
_RIM: Final = 0.17
_HALO: Final = 2.3
_ROOM: Final = 1.22
_STEPS: Final = 26
_ARMS: Final = 5
_THREADS: Final = 25


@dataclass(frozen=True, slots=True, eq=False)
class Jellyfish:
    """One jellyfish at a layer point; `half` is half its bell's width in pixels.

    `threads` rows are place on the rim, length, wave phase and wave number of each tentacle.
    """

    bell: U8
    halo: U8
    tone: F32
    inner: F32
    threads: F32
    frills: F32
    x: float
    y: float
    depth: float
    half: float
    lean: float
    phase: float
    power: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the tentacles, the arms and the bell as they are in this beat."""
        beat = moment.seconds * 0.42 + self.phase
        squeeze = math.exp(-(((beat % 1 - 0.3) / 0.16) ** 2))
        rise = (0.22 * math.sin(beat * math.tau - 2.4) - 0.10 * moment.seconds) * self.half
        x, y = moment.place(self.x, self.y + rise + 0.05 * moment.duration * self.half, self.depth)
        half = self.half * float(moment.matrix(self.depth)[0, 0])
        wide = self.halo.shape[1] / 2
        stamp(canvas, self.halo, pose(x, y, half * _HALO / wide, (wide, wide)))
        self._trail(canvas, x, y, half, squeeze, moment.seconds)
        size = self.bell.shape[1] / 2

        def bend(u: F32, v: F32) -> tuple[F32, F32]:
            low = np.clip((v - size) / (size / _ROOM) + 0.55, 0, 1.3)
            narrow = 1 - (0.22 * low - 0.02) * squeeze
            return f32(size + (u - size) / narrow), f32(size + (v - size) / (1 + 0.09 * squeeze))

        stamp_bent(canvas, self.bell, pose(x, y, half * _ROOM / size, (size, size), self.lean), bend)

    def _trail(self, canvas: U8, x: float, y: float, half: float, squeeze: float, t: float) -> None:
        """Light of the tentacles and arms, in a window around them."""
        left, right = max(int(x - 2.0 * half), 0), min(int(x + 2.0 * half) + 1, canvas.shape[1])
        top, bottom = max(int(y - 0.2 * half), 0), min(int(y + 5.2 * half) + 1, canvas.shape[0])
        if right - left < 2 or bottom - top < 2:
            return
        window = canvas[top:bottom, left:right]
        at = np.array([x - left, y - top], np.float32)
        rim = 1 - 0.2 * squeeze
        add_light(window, self._arms(window.shape, at, half, rim, t), self.inner)
        threads = np.zeros(window.shape[:2], np.uint8)
        width = max(1, round(half * 0.012))
        for line in fixed_all(self._lines(at, half, rim, t)):
            for start, bright in ((0, 150), (6, 120), (12, 85), (18, 48)):
                part, value = line[start : start + 8], round(bright * self.power)
                cv2.polylines(threads, [part], False, value, width, cv2.LINE_AA, SHIFT)
        cv2.add(window, tinted(threads, self.tone), window)

    def _arms(self, shape: tuple[int, ...], at: F32, half: float, rim: float, t: float) -> U8:
        """Light of the frilled arms, at half size."""
        arms = np.zeros((max(1, shape[0] // 2), max(1, shape[1] // 2)), np.uint8)
        width = max(1, round(half * 0.008))
        for k in range(_ARMS):
            outline = fixed_all(self._arm(k, at, half, rim, t) / 2)
            ribbon = np.zeros_like(arms)
            cv2.fillPoly(ribbon, [outline], round(72 * self.power), cv2.LINE_AA, SHIFT)
            cv2.polylines(ribbon, [outline], True, round(96 * self.power), width, cv2.LINE_AA, SHIFT)
            cv2.add(arms, ribbon, arms)
        down = (np.arange(arms.shape[0], dtype=np.float32) * 2 - at[1]) / (half * 3.5)
        fade = (np.clip(1 - down, 0, 1) ** 0.8 * 255).astype(np.uint8)
        cv2.multiply(arms, np.repeat(fade[:, None], arms.shape[1], axis=1), arms, 1 / 255.0)
        return blur(arms, half * 0.008)

    def _lines(self, at: F32, half: float, rim: float, t: float) -> F32:
        """Tentacles as (count, steps, 2) points."""
        place, length, late, waves = (self.threads[:, k : k + 1] for k in range(4))
        s = np.linspace(0, 1, _STEPS, dtype=np.float32)[None, :]
        sway = np.sin((3 + 4 * waves) * s - t * 1.7 + late * 2.2) * s**1.1 * 0.24 * (0.6 + length)
        drift = np.sin(t * 0.6 + self.phase * 6.28) * s**2 * 0.25 - self.lean * s * length * 2.4
        c, n = math.cos(self.lean), math.sin(self.lean)
        low = _RIM * np.sqrt(np.clip(1 - place**2, 0, 1)) * np.where(late > 0.5, 0.8, -0.3)
        u = place * rim * c - low * n - place * rim * 0.3 * s + sway + drift
        v = place * rim * n + low * c + s * (1.0 + 2.7 * length)
        return f32(np.stack([at[0] + u * half, at[1] + v * half], -1))

    def _arm(self, k: int, at: F32, half: float, rim: float, t: float) -> F32:
        """One frilled arm as an outline."""
        place = (k - (_ARMS - 1) / 2) * 0.17
        s = np.linspace(0, 1, 40, dtype=np.float32)
        sway = np.sin(s * 4.2 - t * 1.25 + k * 1.3 + self.phase * 9) * s * 0.17
        drift = np.sin(t * 0.6 + self.phase * 6.28) * s**2 * 0.16 - self.lean * s * 1.6
        middle = place * (rim - 0.3 * s) + sway + drift
        wide = 0.12 * (1 - s) ** 0.7 + 0.012
        frill = self.frills[k] * wide * 0.65
        shift = np.sin(s * 34 - t * 2.2 + k) * wide * 0.30
        v = 0.02 + s * (2.4 + 0.7 * ((k * 2) % _ARMS) / _ARMS)
        left = np.stack([middle - wide - frill[0] + shift, v], 1)
        right = np.stack([middle + wide + frill[1] + shift, v], 1)
        return f32(np.concatenate([left, right[::-1]]) * half + at)


def _bell(stage: Stage, half: float, tone: F32, inner: F32, power: float) -> U8:
    """The bell with its glow: a dome with ribs, a bright rim and four glowing rings inside."""
    reach = max(6, round(half * _ROOM))
    x, y = grid(2 * reach + 1, 2 * reach + 1)
    u, v = (x - reach) / half, (y - reach) / half
    above = v < 0
    out = np.sqrt(u**2 + np.where(above, v / _DOME, v / _RIM) ** 2)
    cover = np.clip((1 - out) * half * np.where(above, 0.8, 0.25) + 0.5, 0, 1)
    meridian = np.arcsin(np.clip(u / np.sqrt(np.clip(1 - (np.minimum(v, 0) / _DOME) ** 2, 1e-3, 1)), -1, 1))
    high = np.clip(-v / _DOME, 0, 1)
    wander = (fbm(stage.rng, u.shape[0], u.shape[1], 9, 3) - 0.5) * 0.5
    ribs = (
        (np.cos(meridian * 22 + wander) * 0.5 + 0.5) ** 3
        * (1 - high) ** 1.2
        * smoothstep(-0.02, 0.15, f32(high))
    )
    edge = np.clip(out, 0, 1) ** 5
    side = 1.0 if stage.flipped else -1.0
    light_side = np.clip(0.45 + 0.35 * side * u - 0.5 * v, 0, 1.2)
    body = np.where(above, 0.14 + 0.24 * light_side + 0.46 * edge + 0.30 * ribs, 0.16 + 0.25 * edge)
    gloss = np.exp(-(((u - 0.3 * side) / 0.26) ** 2 + ((v + 0.60) / 0.10) ** 2)) * 0.5
    rim = np.exp(
        -(((v - 0.055 * np.sqrt(np.clip(1 - u**2, 0, 1)) - 0.012 * np.cos(meridian * 30)) / 0.045) ** 2)
    )
    organs = _organs(f32(u), f32(v))
    shine = cover * (body + gloss + 0.42 * rim)
    pale = mix(tone, np.ones(3, np.float32), 0.6)
    rgb = spread(f32(shine * 0.82)) * tone + spread(f32(shine**2.2 * 0.75)) * pale
    rgb = rgb + spread(f32(organs * cover)) * inner
    alpha = np.clip(cover * (0.16 + 0.30 * edge) + 0.25 * organs * cover, 0, 0.85)
    stacked = np.concatenate([np.clip(rgb * power, 0, 1), alpha[..., None] * power], axis=2)
    return to_bytes(f32(stacked))


def _halo(stage: Stage, half: float, tone: F32, power: float) -> U8:
    """The glow around the bell, at quarter size."""
    reach = max(4, round(half * _HALO / 4))
    x, y = grid(2 * reach + 1, 2 * reach + 1)
    u, v = (x - reach) * (_HALO / reach), (y - reach) * (_HALO / reach)
    glow = np.exp(-np.hypot(u, (v + 0.25) * 1.1) * 1.9) * (1 - smoothstep(1.3, 2.1, f32(np.hypot(u, v))))
    light = spread(f32(glow * power * (0.42 if stage.time == "night" else 0.24))) * tone
    return to_bytes(f32(np.concatenate([light, np.zeros((*light.shape[:2], 1))], axis=2)))


def _organs(u: F32, v: F32) -> F32:
    """Four glowing rings in the middle of the bell."""
    total = np.zeros_like(u)
    for place, wide in ((-0.42, 0.11), (-0.15, 0.15), (0.15, 0.15), (0.42, 0.11)):
        away = np.hypot((u - place) / wide, (v + 0.30 - abs(place) * 0.22) / 0.13)
        total += np.exp(-(((away - 0.75) / 0.42) ** 2)) * np.where(v < -0.24, 0.42, 0.26)
    return f32(total + np.exp(-(((u / 0.55) ** 2) + ((v + 0.22) / 0.26) ** 2)) * 0.34)


def _one(stage: Stage, x: float, y: float, depth: float, half: float, hue: float, power: float) -> Jellyfish:
    rng = stage.rng
    # Far ones take the colour of the water between.
    tone = mix(polar(0.70, 0.17, hue), stage.palette.glow, 0.08 + 0.55 * (1 - power))
    inner = mix(polar(0.72, 0.18, hue + 48), tone, 1 - power)
    count = round(_THREADS * (0.3 + 0.7 * power))
    threads = rng.random((count, 4))
    threads[:, 0] = np.linspace(-0.95, 0.95, count)
    lean = float(rng.normal(0, 0.16))
    return Jellyfish(
        _bell(stage, half, tone, inner, power), _halo(stage, half, tone, power), tone, inner, f32(threads),
        _frills(rng), x, y, depth, half, lean, float(rng.random()), power,
    )  # fmt: skip


def _frills(rng: np.random.Generator) -> F32:
    """How far each arm's two edges stand out along it."""
    return blur(f32(np.abs(rng.normal(0, 1.3, (_ARMS * 2, 40)))), 0.7).reshape(_ARMS, 2, 40)


def jellyfish(stage: Stage, spot: Spot) -> list[Element]:
    """A smack of jellyfish: one near, others smaller and fainter in the water behind it."""
    g, rng = stage.geometry, stage.rng
    hue = float(rng.choice(_HUES))
    second = hue + float(rng.choice((-45.0, 0.0, 50.0)))
    half = min(spot.size * 0.36, g.width * 0.2)
    away = 1.0 if spot.x < g.layer_width / 2 else -1.0
    found: list[Element] = []
    for across, down, share, power in _PLACES[int(rng.integers(len(_PLACES)))]:
        x = g.layer_width / 2 + away * across * g.width * 0.5 + float(rng.normal(0, 0.03)) * g.width
        y = g.margin_y + g.height * (down + float(rng.normal(0, 0.025)))
        tint = second if rng.random() < 0.5 else hue
        found.append(_one(stage, x, y, spot.depth * (0.3 + 0.5 * share), half * share, tint, power))
    x = within(stage, spot.x, half * 1.3)
    found.append(_one(stage, x, spot.y - spot.size * 0.22, spot.depth, half, hue, 1.0))
    return found


# Where the others are: across from the middle, down, size and brightness against the near one.
_PLACES: Final = (
    ((0.10, 0.20, 0.20, 0.36), (0.78, 0.55, 0.26, 0.42), (-0.10, 0.52, 0.34, 0.55), (0.62, 0.22, 0.52, 0.75)),
    ((0.82, 0.18, 0.22, 0.36), (0.05, 0.42, 0.24, 0.42), (0.35, 0.62, 0.36, 0.55), (0.70, 0.40, 0.56, 0.75)),
    ((0.40, 0.16, 0.18, 0.34), (0.88, 0.44, 0.30, 0.45), (0.20, 0.58, 0.28, 0.5), (0.46, 0.36, 0.60, 0.78)),
)
