"""What stands on open ground: drifts of flowers, far copses, blades and blossoms at the viewer's feet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.cutout import Cutout
from genmux.render.effects.brush import ONE, SHIFT, fixed
from genmux.render.light import Light, local
from genmux.render.noise import Tile, fbm_line
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, f32
from genmux.render.relief import Relief
from genmux.render.stage import Stage
from genmux.render.turf import CROPS, TULIPS, Turf, winding

# Mixtures of blossoms: form and petal colour, commonest first.
MIXTURES: Final = {
    "poppies": (("poppy", "#e0322b"), ("daisy", "#fbf7ea"), ("poppy", "#f0562f"), ("bell", "#5a6fd8")),
    "daisies": (("daisy", "#fdfbf2"), ("disc", "#f7d02c"), ("daisy", "#f4e6f2"), ("bell", "#8f6fd0")),
    "cosmos": (("daisy", "#f08fc0"), ("daisy", "#d65aa6"), ("daisy", "#fbe6f2"), ("disc", "#f9c840")),
    "cornflowers": (("bell", "#4a63d8"), ("bell", "#7a6fe0"), ("daisy", "#f7f3e6"), ("poppy", "#e85a4a")),
    "buttercups": (("disc", "#f8d21f"), ("disc", "#ffe872"), ("daisy", "#fdf8e6"), ("bell", "#b583d8")),
}
CROP_BLOSSOMS: Final = {
    "lavender": (("spike", "#9a72d8"), ("spike", "#7a52bd"), ("spike", "#b592ec")),
    "rapeseed": (("cluster", "#f7d81e"), ("cluster", "#ffe85a"), ("cluster", "#e8c010")),
    "sunflowers": (("sun", "#f7b71c"), ("sun", "#ffc93c")),
    "tulips": tuple(("tulip", tone) for tone in TULIPS),
}
_STEM: Final = "#3f7a2c"
_HEART: Final = "#f4c02a"
_SEEDS: Final = "#5a3216"
_FACINGS: Final = 6


def shaded(tone: F32, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """A colour 0..1 as premultiplied bytes for drawing onto a sprite."""
    red, green, blue = (min(max(v, 0.0), 1.0) * 255 * alpha for v in tone.tolist())
    return red, green, blue, 255 * alpha


@dataclass(frozen=True, slots=True, eq=False)
class Bed:
    """Flowers of one mixture, strewn on a turf where its noise is high; `density` 0..1."""

    blossoms: tuple[tuple[str, str], ...]
    turf: Turf
    density: float

    def grows(self, x: F32, z: F32, luck: F32) -> npt.NDArray[np.bool_]:
        """Whether a flower grows at each place, by drifts and a normal `luck`."""
        drift = _patches(self.turf.noise, x, z, 14) + _patches(self.turf.noise, x, z, 60) * 0.6
        dry = np.abs(x - winding(self.turf, z)) > self.turf.path * 1.3
        return np.asarray((drift + luck > 1.35 - 1.5 * self.density) & dry, np.bool_)

    def kinds(self, rng: np.random.Generator, x: F32, z: F32) -> npt.NDArray[np.int64]:
        """Which blossom each flower bears: of one kind in each lane of tulips, else the first ones mostly."""
        if self.turf.crop == "tulips":
            lane = np.floor((x - self.turf.slant * z) * CROPS["tulips"][4] / 2)
            return np.asarray(lane, np.int64) % len(self.blossoms)
        return np.minimum(rng.exponential(0.75, x.size).astype(np.int64), len(self.blossoms) - 1)


def strew(sprite: U8, top: int, ground: Relief, reach: tuple[float, float], bed: Bed, stage: Stage,
          light: Light) -> None:  # fmt: skip
    """Draw the flowers between two distances onto a ground sprite that starts at layer row `top`."""
    rng, count = stage.rng, int(9000 * bed.density)
    z = f32(reach[0] * (reach[1] / reach[0]) ** rng.random(count))
    x = f32((rng.random(count) - 0.5) * ground.width / ground.focal * z)
    keep = bed.grows(x, z, f32(rng.normal(0, 0.5, count))) & (rng.random(count) < 0.35 + z * 0.1)
    x, z = (v[keep][np.argsort(-z[keep])] for v in (x, z))
    column, row = _footing(ground, x, z)
    kinds = bed.kinds(rng, x, z)
    radius = 0.021 * ground.focal / z * rng.uniform(0.7, 1.25, column.size)
    facing = rng.integers(0, _FACINGS, column.size)
    tones = [_lit_tones(light, local(stage, tone)) for _, tone in bed.blossoms]
    for px, py, r, kind, lit in zip(column, row - top, radius, kinds, facing, strict=True):
        tone = tones[kind][lit]
        if r < 3.2:
            _oval(sprite, px, py + r * 0.3, r * 0.8, 0.75, tone * 0.72)
            _oval(sprite, px, py - r * 0.1, r * 0.7, 0.7, tone)
        else:
            _flower(sprite, bed.blossoms[kind][0], float(px), float(py), float(r), tone, light, stage)


def _lit_tones(light: Light, surface: F32) -> list[F32]:
    """A surface as it looks at `_FACINGS` angles to the light."""
    return [light.on(surface, 0.45 + 0.55 * k / (_FACINGS - 1)) for k in range(_FACINGS)]


def _patches(noise: Tile, x: F32, z: F32, scale: float) -> F32:
    """The noise at points of the world given as two lists."""
    return f32(noise.at((x * scale)[None], (z * scale)[None])[0])


def _footing(ground: Relief, x: F32, z: F32) -> tuple[F32, F32]:
    """Layer pixels of points on the ground."""
    column = f32(ground.centre + x / z * ground.focal)
    at = column / (ground.width / (ground.rows.shape[1] - 1))
    row = cv2.remap(ground.rows, f32(at)[None], ground.step(z)[None], cv2.INTER_LINEAR)[0]
    return column, f32(row)


def _flower(
    sprite: U8, form: str, x: float, y: float, r: float, tone: F32, light: Light, stage: Stage
) -> None:
    """One blossom of radius `r` on a short stem."""
    stem = light.on(local(stage, _STEM), 0.55)
    foot = fixed(x + r * 0.3, y + r * 3.2)
    cv2.line(sprite, fixed(x, y), foot, shaded(stem), max(1, round(r * 0.16)), cv2.LINE_AA, SHIFT)
    blossom(sprite, form, x, y, r, tone, light)


def blossom(sprite: U8, form: str, x: float, y: float, r: float, tone: F32, light: Light) -> None:
    """A flower head of radius `r` at sprite pixel (x, y)."""
    if form in ("daisy", "sun"):
        _ring(sprite, x, y, r, tone, 11 if form == "daisy" else 15)
        heart = light.on(colour(_SEEDS if form == "sun" else _HEART), 0.8)
        _oval(sprite, x, y - r * 0.06, r * (0.3 if form == "daisy" else 0.46), 0.62, heart)
    elif form == "spike":
        for k in range(7):
            reach = r * (0.46 - 0.045 * k)
            for side in (-1, 1):
                _oval(sprite, x + side * reach * 0.5, y + r * (1.2 - 0.52 * k), reach, 0.8, tone * (0.8 + 0.05 * k))
    elif form == "cluster":
        for k in range(9):
            turn = k * 2.4
            away = r * 0.24 * math.sqrt(k)
            _oval(sprite, x + math.cos(turn) * away, y + math.sin(turn) * away * 0.8, r * 0.34, 0.85,
                  np.clip(tone * (1.08 - 0.05 * k), 0, 1))  # fmt: skip
    elif form == "disc":
        _oval(sprite, x, y, r * 0.72, 0.72, tone * 0.82)
        _oval(sprite, x - r * 0.1, y - r * 0.12, r * 0.5, 0.7, tone)
    else:
        _cup(sprite, x, y, r, tone, form)


def _oval(sprite: U8, x: float, y: float, r: float, flat: float, tone: F32, turn: float = 0.0) -> None:
    axes = (max(int(r * ONE), 4), max(int(r * flat * ONE), 4))
    cv2.ellipse(sprite, fixed(x, y), axes, turn, 0, 360, shaded(tone), -1, cv2.LINE_AA, SHIFT)


def _ring(sprite: U8, x: float, y: float, r: float, tone: F32, petals: int) -> None:
    """Petals around a heart, seen a little from the side."""
    for k in range(petals):
        turn = 2 * math.pi * k / petals + 0.3
        px, py = math.cos(turn) * r * 0.58, math.sin(turn) * r * 0.42
        shade = 0.86 + 0.14 * math.sin(turn * 3 + 1) - (0.12 if py < 0 else 0.0)
        _oval(sprite, x + px, y + py, r * 0.46, 0.42, tone * shade, math.degrees(math.atan2(py, px)))


def _cup(sprite: U8, x: float, y: float, r: float, tone: F32, form: str) -> None:
    """A cup of petals: poppy, tulip, bell."""
    tall = {"tulip": 1.25, "poppy": 0.8}.get(form, 0.95)
    for side, shade in ((-0.45, 0.78), (0.45, 0.84), (0.0, 1.0)):
        _oval(sprite, x + side * r, y - r * 0.1 * tall, r * (0.62 if side else 0.58), tall, tone * shade, side * 30)
    if form == "poppy":
        _oval(sprite, x, y - r * 0.2, r * 0.17, 0.8, tone * 0.22)
    else:
        _oval(sprite, x, y - r * 0.62 * tall, r * 0.3, 0.4, np.clip(tone * 1.16, 0, 1))


def copses(
    sprite: U8, top: int, ground: Relief, reach: tuple[float, float], noise: Tile, tones: list[F32], stage: Stage,
    light: Light, haze: F32, count: int = 1500,
) -> None:  # fmt: skip
    """Trees in groups and hedges on far slopes, drawn far to near onto a ground sprite."""
    rng = stage.rng
    z = f32(np.sort(reach[0] * (reach[1] / reach[0]) ** rng.random(count))[::-1])
    x = f32((rng.random(count) - 0.5) * ground.width / ground.focal * z)
    keep = _patches(noise, x, z, 7) + 0.7 * _patches(noise, x, z, 26) > 0.95
    column, row = _footing(ground, x[keep], z[keep])
    hidden = np.minimum.accumulate(ground.rows, axis=0)
    at = (f32(column / (ground.width / (ground.rows.shape[1] - 1)))[None], ground.step(z[keep])[None])
    seen = row <= cv2.remap(hidden, *at, cv2.INTER_LINEAR)[0] + 2
    for px, py, far in zip(column[seen], row[seen] - top, z[keep][seen], strict=True):
        size = ground.focal / far * float(rng.uniform(0.2, 0.42))
        veil = min(0.75, float(far) / 70)
        tone = tones[int(rng.integers(len(tones)))]
        _bush(sprite, float(px), float(py), size, tone, light, veil, haze, rng)


def _bush(sprite: U8, x: float, y: float, size: float, tone: F32, light: Light, veil: float, haze: F32,
          rng: np.random.Generator) -> None:  # fmt: skip
    """A broad tree far away: its shadow, a dark foot, and tufts that are lit from the sun's side."""
    clear, veiled = 1 - veil, haze * veil
    shadow = light.on(tone, 0.0) * clear + veiled
    _oval(sprite, x - light.side * size * 0.3, y - size * 0.02, size * 0.5, 0.22, shadow)
    tufts = 16 if size > 12 else 9 if size > 5 else 3
    crown = size * float(rng.uniform(0.36, 0.5))
    around, away = rng.uniform(0, 2 * math.pi, tufts), np.sqrt(rng.random(tufts)) * 0.75
    u, v = np.cos(around) * away, np.sin(around) * away
    lit = np.clip(0.36 + 0.4 * (light.side * u * 0.6 - v) + rng.normal(0, 0.07, tufts), 0.02, 1)
    for k in np.argsort(lit):
        shade = light.on(tone, float(lit[k])) * clear + veiled
        part = crown * (0.62 if tufts < 9 else 0.45 - 0.12 * float(lit[k]))
        _oval(sprite, x + u[k] * crown, y - size * 0.42 + v[k] * crown * 0.8, part, 0.85, shade)


def fringe(stage: Stage, light: Light, bed: Bed | None, grass: tuple[F32, F32]) -> list[Cutout]:
    """Blades and a few blossoms at the lower edge, in three sheets that sway out of step."""
    return [_sheet(stage, light, bed, grass, k) for k in range(3)]


def _sheet(stage: Stage, light: Light, bed: Bed | None, grass: tuple[F32, F32], k: int) -> Cutout:
    g, rng = stage.geometry, stage.rng
    tall = g.span * (0.10 + 0.035 * k)
    height, width = max(4, int(tall * 1.5) + g.margin_y), g.layer_width
    sprite = np.zeros((height, width, 4), np.uint8)
    foot = height - g.margin_y * (0.75 - 0.2 * k)
    _blades(sprite, foot, tall, light, grass, rng, 1.15 - 0.3 * k, int(width / g.span * (170 - 25 * k)))
    if bed is not None:
        count = int((4 + 26 * bed.density) * width / g.span * (1.0 - 0.28 * k))
        for _ in range(count):
            _stalk(sprite, float(rng.uniform(0, width)), foot, tall, light, bed, stage, k)
    cv2.rectangle(sprite, (0, int(foot)), (width, height), shaded(light.on(grass[0], 0.1)), -1)
    y = g.margin_y + g.height - (foot - g.span * 0.012 * (2 - k))
    return Cutout(sprite, 0.0, y, 0.62 + 0.16 * k, sway=0.07 + 0.03 * k, phase=float(rng.uniform(0, 6)))


def _blades(sprite: U8, foot: float, tall: float, light: Light, grass: tuple[F32, F32],
            rng: np.random.Generator, bright: float, count: int) -> None:  # fmt: skip
    """Bent blades in clumps along a row of the sprite."""
    width = sprite.shape[1]
    clumps = fbm_line(rng, width, 3.0 * width * 0.15 / max(tall, 1.0), 3)
    x = f32(rng.uniform(0, width, count))
    lush = clumps[np.minimum(x.astype(int), width - 1)]
    size = f32(tall * (0.22 + 0.75 * lush) * rng.uniform(0.55, 1.1, count))
    lean = f32(size * rng.normal(0.05, 0.22, count))
    half = np.maximum(0.8, size * 0.022)
    up = np.linspace(0, 1, 5, dtype=np.float32)[:, None]
    spine_x, spine_y = x + lean * up**2.2, foot + 2 - size * up
    thick = half * (1 - up**1.6)
    left, right = np.stack([spine_x - thick, spine_y], -1), np.stack([spine_x + thick, spine_y], -1)
    outlines = np.round(np.concatenate([left, right[::-1]]).transpose(1, 0, 2) * ONE).astype(np.int32)
    shares = np.linspace(0.1, 0.9, 6)
    tones = [shaded(light.on(mix(*grass, float(a)), float(b) * bright)) for a in shares for b in shares]
    for outline, tone in zip(outlines, rng.integers(0, len(tones), count), strict=True):
        cv2.fillPoly(sprite, [np.ascontiguousarray(outline)], tones[tone], cv2.LINE_AA, SHIFT)


def _stalk(
    sprite: U8, x: float, foot: float, tall: float, light: Light, bed: Bed, stage: Stage, k: int
) -> None:
    rng = stage.rng
    form, name = bed.blossoms[min(int(rng.exponential(0.8)), len(bed.blossoms) - 1)]
    up = tall * float(rng.uniform(0.45, 1.15))
    r = stage.geometry.span * float(rng.uniform(0.009, 0.015)) * (1 + 0.35 * k) * (1.7 if form == "sun" else 1.0)
    head = x + up * float(rng.normal(0, 0.1))
    stem = shaded(light.on(local(stage, _STEM), 0.5))
    cv2.line(sprite, fixed(x, foot), fixed(head, foot - up), stem, max(1, round(r * 0.16)), cv2.LINE_AA, SHIFT)
    tone = light.on(local(stage, name), float(rng.uniform(0.6, 1.05)))
    blossom(sprite, form, head, foot - up, r, tone, light)
