"""Broad-leaved trees: branches that fork, and crowns of many small leaves lit from the sun's side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.paint.light import Light
from genmux.render.paint.polygons import Tone, face, opaque_tone, oval
from genmux.render.palette import ramp
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve

_TONES: Final = 40

# Strips of a branch across its width, from -1 on the shaded side to 1, and how lit they are.
_BANDS: Final = (
    (-1.0, 1.0, 0.08),
    (-0.55, 1.0, 0.2),
    (-0.15, 1.0, 0.36),
    (0.2, 1.0, 0.54),
    (0.5, 0.95, 0.74),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of tree grows, in heights of the tree; `forks` counts the levels of branches."""

    trunk: float
    girth: float
    spread: float
    forks: int
    lobe: float
    leaf: float
    leaves: int


@dataclass(frozen=True, slots=True, eq=False)
class Limb:
    """A tapering, slightly bent branch."""

    spine: F32
    girth: float
    tip: float
    level: int


@dataclass(frozen=True, slots=True, eq=False)
class Plant:
    """A tree on a sprite: its foot at pixel `foot`, one of its heights `size` pixels."""

    sprite: U8
    foot: F32
    size: float
    habit: Habit
    light: Light


def limbs(rng: np.random.Generator, habit: Habit) -> list[Limb]:
    """All branches of a tree of about height 1 whose foot is the origin, trunk first."""
    lean = -math.pi / 2 + float(rng.normal(0, 0.06))
    todo = [(f32([0, 0]), lean, habit.trunk, habit.girth, 0)]
    grown: list[Limb] = []
    while todo:
        start, angle, length, girth, level = todo.pop(0)
        end = f32(start + f32([math.cos(angle), math.sin(angle)]) * length)
        grown.append(Limb(_bent(rng, start, end), girth, girth * 0.62, level))
        if level < habit.forks:
            for turn, share in _fork(rng, habit, level):
                heading = 0.9 * (angle + turn) - 0.1 * math.pi / 2
                todo.append((end, heading, length * float(rng.uniform(0.66, 0.86)), girth * share, level + 1))
    return grown


def _bent(rng: np.random.Generator, start: F32, end: F32) -> F32:
    away = (end - start)[::-1] * f32([-1, 1]) * float(rng.normal(0, 0.08))
    return curve([start, (start + end) / 2 + away, end], 5, closed=False)


def _fork(rng: np.random.Generator, habit: Habit, level: int) -> list[tuple[float, float]]:
    """How far each branch of a fork turns away, and its share of the girth."""
    sides = (-1.0, 0.0, 1.0) if level == 0 or rng.random() < 0.25 else (-1.0, 1.0)
    return [
        (
            side * habit.spread * float(rng.uniform(0.75, 1.2)) + float(rng.normal(0, 0.08)),
            0.66 if side else 0.74,
        )
        for side in sides
    ]


def draw_limbs(plant: Plant, grown: list[Limb], bark: F32) -> None:
    """Draw branches, the trunk widening toward its foot."""
    for limb in grown:
        spine = f32(limb.spine * plant.size + plant.foot)
        half = np.linspace(limb.girth, limb.tip, len(spine)) * plant.size / 2
        if limb.level == 0:
            half *= 1 + 0.8 * np.linspace(1, 0, len(spine)) ** 4
        draw_round(plant.sprite, spine, f32(half), bark, plant.light)


def draw_round(sprite: U8, spine: F32, half: F32, bark: F32, light: Light) -> None:
    """Draw a round limb along a spine in pixels, `half` as wide to each side, lit on the sun's side."""
    along = np.gradient(spine, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-3)[:, None]
    across *= np.sign(across[:, :1] + 1e-6) * light.side * half[:, None]
    for low, high, lit in _BANDS:
        outline = np.concatenate([spine + across * low, (spine + across * high)[::-1]])
        face(sprite, f32(outline), opaque_tone(light.on(bark, lit)))


def draw_crown(plant: Plant, tips: F32, tones: tuple[F32, F32, F32], rng: np.random.Generator) -> None:
    """Draw lobes of leaves around branch tips (in tree heights), the ones in the back first."""
    table, habit, side = _tones(tones, plant.light), plant.habit, plant.light.side
    middle, reach = tips.mean(axis=0), np.maximum(np.ptp(tips, axis=0), 0.2) / 2 + habit.lobe
    for front, tip in zip(np.linspace(-1, 1, len(tips)), rng.permutation(tips), strict=True):
        wide = habit.lobe * float(rng.uniform(0.8, 1.2))
        right, down = ((tip - middle) / reach).tolist()
        lit = 0.36 + 0.22 * (side * right * 0.75 - down) + 0.10 * float(front)
        _lobe(plant, f32(tip * plant.size + plant.foot), wide * plant.size, lit, table, rng)


def _lobe(
    plant: Plant, at: F32, wide: float, base: float, table: list[Tone], rng: np.random.Generator
) -> None:
    """One ball of leaves, drawn from its dark underside to the leaves that catch the light."""
    count = plant.habit.leaves
    around, away = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.random(count))
    u, v = np.cos(around) * away, np.sin(around) * away * 0.8
    lit = base + 0.34 * (plant.light.side * u * 0.7 - v) + rng.normal(0, 0.09, count)
    ragged = wide * (1 + 0.18 * np.sin(around * 3 + rng.uniform(0, 6)))
    leaf = np.maximum(plant.size * plant.habit.leaf * (0.7 + 0.3 * away), 0.7)
    tones = (np.clip(lit, 0, 1) * (_TONES - 1)).astype(int)
    x, y, turn = at[0] + u * ragged, at[1] + v * ragged, np.degrees(around)
    for k in np.argsort(lit - 0.25 * rng.random(count)):
        oval(plant.sprite, x[k], y[k], leaf[k], leaf[k] * 0.62, table[tones[k]], turn[k])


def _tones(tones: tuple[F32, F32, F32], light: Light) -> list[Tone]:
    shares = np.linspace(0, 1, _TONES, dtype=np.float32)
    surface = ramp([(0.0, tones[0]), (0.55, tones[1]), (1.0, tones[2])], shares)
    return [opaque_tone(light.on(c, 0.05 + 1.05 * float(s))) for c, s in zip(surface, shares, strict=True)]
