"""Broad-leaved trees: branches that fork, and crowns of many small leaves lit from the sun's side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.effects.brush import ONE, SHIFT, fixed
from genmux.render.flora import shaded
from genmux.render.light import Light
from genmux.render.palette import ramp
from genmux.render.raster import F32, U8, f32
from genmux.render.shapes import curve

_TONES: Final = 40

# Strips of a branch across its width, from -1 on the shaded side to 1, and how lit they are.
_BANDS: Final = ((-1.0, 1.0, 0.08), (-0.55, 1.0, 0.2), (-0.15, 1.0, 0.36), (0.2, 1.0, 0.54), (0.5, 0.95, 0.74))


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


def limbs(rng: np.random.Generator, habit: Habit) -> list[Limb]:
    """All branches of a tree of about height 1 whose foot is the origin, trunk first."""
    lean = -math.pi / 2 + float(rng.normal(0, 0.06))
    todo = [(f32([0, 0]), lean, habit.trunk, habit.girth, 0)]
    grown: list[Limb] = []
    while todo:
        start, angle, length, girth, level = todo.pop(0)
        end = start + f32([math.cos(angle), math.sin(angle)]) * length
        bend = f32([-math.sin(angle), math.cos(angle)]) * length * float(rng.normal(0, 0.08))
        grown.append(Limb(curve([start, (start + end) / 2 + bend, end], 5, closed=False), girth, girth * 0.62, level))
        if level >= habit.forks:
            continue
        count = 3 if level == 0 or rng.random() < 0.25 else 2
        for k in range(count):
            side = (k - (count - 1) / 2) * 2 / max(count - 1, 1)
            turn = side * habit.spread * float(rng.uniform(0.75, 1.2)) + float(rng.normal(0, 0.08))
            heading = (angle + turn) * 0.9 + -math.pi / 2 * 0.1
            reach = length * float(rng.uniform(0.66, 0.86))
            todo.append((f32(end), heading, reach, girth * (0.66 if abs(side) > 0.5 else 0.74), level + 1))
    return grown


def draw_limbs(sprite: U8, grown: list[Limb], at: F32, size: float, bark: F32, light: Light) -> None:
    """Draw branches with a lit and a shaded side; `at` is the foot in sprite pixels."""
    for limb in grown:
        spine = limb.spine * size + at
        girth = np.linspace(limb.girth, limb.tip, len(spine))[:, None] * size / 2
        if limb.level == 0:
            girth = girth * (1 + 0.8 * np.linspace(1, 0, len(spine))[:, None] ** 4)
        along = np.gradient(spine, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-3)[:, None]
        across *= np.sign(across[:, :1] + 1e-6) * light.side
        for low, high, lit in _BANDS:
            outline = np.concatenate([spine + across * girth * low, (spine + across * girth * high)[::-1]])
            points = [np.round(outline * ONE).astype(np.int32)]
            cv2.fillPoly(sprite, points, shaded(light.on(bark, lit)), cv2.LINE_AA, SHIFT)


def draw_crown(
    sprite: U8, tips: F32, at: F32, size: float, habit: Habit, tones: tuple[F32, F32, F32], light: Light,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Draw lobes of leaves around branch tips (tree coordinates), the ones in the back first."""
    table = _tones(tones, light)
    middle, reach = tips.mean(axis=0), np.maximum(np.ptp(tips, axis=0), 0.2) / 2 + habit.lobe
    for front, (x, y) in zip(np.linspace(-1, 1, len(tips)), rng.permutation(tips), strict=True):
        wide = habit.lobe * float(rng.uniform(0.8, 1.2))
        crown = ((x - middle[0]) / reach[0], (y - middle[1]) / reach[1])
        base = 0.36 + 0.22 * (light.side * crown[0] * 0.75 - crown[1]) + 0.10 * front
        _lobe(sprite, f32([x, y]) * size + at, wide * size, base, habit, size, table, light, rng)


def _lobe(
    sprite: U8, at: F32, wide: float, base: float, habit: Habit, size: float, table: list[tuple[float, ...]],
    light: Light, rng: np.random.Generator,
) -> None:  # fmt: skip
    """One ball of leaves, drawn from its dark underside to the leaves that catch the light."""
    around, away = rng.uniform(0, 2 * math.pi, habit.leaves), np.sqrt(rng.random(habit.leaves))
    u, v = np.cos(around) * away, np.sin(around) * away * 0.8
    lit = base + 0.34 * (light.side * u * 0.7 - v) + rng.normal(0, 0.09, habit.leaves)
    ragged = 1 + 0.18 * np.sin(around * 3 + rng.uniform(0, 6))
    for k in np.argsort(lit - 0.25 * rng.random(habit.leaves)):
        leaf = max(size * habit.leaf * (0.7 + 0.6 * away[k] * 0.5), 0.7)
        axes = (int(leaf * ONE), max(int(leaf * 0.62 * ONE), 5))
        tone = table[int(np.clip(lit[k], 0, 1) * (_TONES - 1))]
        point = fixed(at[0] + u[k] * wide * ragged[k], at[1] + v[k] * wide * ragged[k])
        cv2.ellipse(sprite, point, axes, float(around[k]) * 57, 0, 360, tone, -1, cv2.LINE_AA, SHIFT)


def _tones(tones: tuple[F32, F32, F32], light: Light) -> list[tuple[float, ...]]:
    shares = np.linspace(0, 1, _TONES, dtype=np.float32)
    surface = ramp([(0.0, tones[0]), (0.55, tones[1]), (1.0, tones[2])], shares)
    return [shaded(light.on(c, 0.05 + 1.05 * float(s))) for c, s in zip(surface, shares, strict=True)]
