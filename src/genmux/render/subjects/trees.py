"""Single trees: broad-leaved through the seasons, cherries in blossom, palms."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from genmux.render.cutout import Cutout
from genmux.render.effects.brush import ONE, SHIFT
from genmux.render.flora import shaded
from genmux.render.foliage import Habit, Limb, draw_crown, draw_limbs, limbs
from genmux.render.layers import Element
from genmux.render.light import Light, light, local
from genmux.render.palette import mix
from genmux.render.raster import F32, U8, blur, f32
from genmux.render.shapes import curve
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot, Subject

_OAK: Final = Habit(trunk=0.24, girth=0.07, spread=0.56, forks=4, lobe=0.085, leaf=0.0072, leaves=120)
_CHERRY: Final = Habit(trunk=0.20, girth=0.058, spread=0.64, forks=4, lobe=0.085, leaf=0.0068, leaves=125)
_BARE: Final = Habit(trunk=0.25, girth=0.07, spread=0.52, forks=6, lobe=0.03, leaf=0.009, leaves=6)

# Leaves in shade, in between, in the sun.
_CROWNS: Final = {
    "green": (("#16401c", "#4b8a2f", "#b9d858"), ("#1b4a2a", "#58963a", "#d0dc62"), ("#0f3a26", "#3a7d3a", "#9fd060")),
    "autumn": (("#6b240c", "#d2691e", "#ffc14a"), ("#701a12", "#c73a1c", "#ff8a3c"), ("#7a4a08", "#e0a01a", "#ffe06a")),
    "cherry": (("#a8527e", "#f09ac0", "#ffe6f0"), ("#b06088", "#f7b0cc", "#fff2f6")),
    "snow": (("#7f93b0", "#dbe6f2", "#ffffff"),),
    "palm": (("#0f3520", "#347536", "#9cc054"),),
}
_BARK: Final = {"green": "#6b4e36", "autumn": "#5a3c2a", "cherry": "#5c3a36", "snow": "#4a4038", "palm": "#8a6a48"}
_SHADOW: Final = {"dawn": 1.5, "day": 0.55, "sunset": 1.9, "night": 0.6, "storm": 0.45}


def tree(stage: Stage, spot: Spot) -> list[Element]:
    """A broad-leaved tree of the spot's height: green, golden in autumn, bare under snow in winter."""
    if stage.wants("snowy"):
        return _broadleaf(stage, spot, "snow", _BARE)
    return _broadleaf(stage, spot, "autumn" if stage.wants("autumn") else "green", _OAK)


def cherry_tree(stage: Stage, spot: Spot) -> list[Element]:
    """A cherry tree of the spot's height under clouds of blossom."""
    return _broadleaf(stage, spot, "cherry", _CHERRY)


def _broadleaf(stage: Stage, spot: Spot, season: str, habit: Habit) -> list[Element]:
    rng, sun = stage.rng, light(stage)
    habit = replace(habit, spread=habit.spread * float(rng.uniform(0.82, 1.1)))
    grown = limbs(rng, habit)
    ends = _lobes(grown, habit, rng)
    high = float(-ends[:, 1].min()) + habit.lobe
    size = spot.size / high
    reach = float(np.abs(ends[:, 0]).max() + habit.lobe * 1.5) * size
    spot = replace(spot, x=_inside(stage, spot.x, reach))
    at = f32([reach + 2, spot.size * 1.02 + 2])
    sprite = np.zeros((max(int(at[1] + spot.size * 0.03) + 2, 4), max(int(2 * reach) + 4, 4), 4), np.uint8)
    draw_limbs(sprite, grown, at, size, local(stage, _BARK[season]), sun)
    kinds = _CROWNS[season]
    dark, middle, bright = (local(stage, c) for c in kinds[int(rng.integers(len(kinds)))])
    draw_crown(sprite, ends, at, size, habit, (dark, middle, bright), sun, rng)
    if season != "snow":
        inner = [limb for limb in grown if limb.level <= 1]
        draw_limbs(sprite, inner, at, size, local(stage, _BARK[season]), sun)
        front = ends[rng.random(len(ends)) < 0.55]
        draw_crown(sprite, front, at, size, habit, (dark, middle, bright), sun, rng)
    phase = float(rng.uniform(0, 6))
    standing = Cutout(sprite, spot.x - at[0], spot.y - at[1], spot.depth, sway=0.006, phase=phase)
    return [ground_shadow(stage, spot, reach * 0.9), standing]


def _inside(stage: Stage, x: float, reach: float) -> float:
    """Where something `reach` wide to each side stands fully in the picture, as near to `x` as can be."""
    g = stage.geometry
    room = min(reach, g.width / 2)
    return min(max(x, g.margin_x + room), g.margin_x + g.width - room)


def _lobes(grown: list[Limb], habit: Habit, rng: np.random.Generator) -> F32:
    """Where balls of leaves are: at the ends of branches, and hanging below the outer ones."""
    ends = f32([limb.spine[-1] for limb in grown if limb.level >= habit.forks - 1])
    if habit.forks > 4:
        return ends
    outward = np.abs(ends[:, 0]) / max(float(np.abs(ends[:, 0]).max()), 1e-3)
    below = ends[outward > 0.3] * f32([0.92, 1.0])
    below[:, 1] += habit.lobe * rng.uniform(0.5, 1.35, len(below)).astype(np.float32)
    return f32(np.concatenate([ends, below[rng.random(len(below)) < 0.55]]))


def ground_shadow(stage: Stage, spot: Spot, reach: float) -> Cutout:
    """The soft shadow of something `reach` wide to each side, cast away from the light."""
    long = 1 + _SHADOW[stage.time]
    width, height = max(int(reach * 2 * long), 8), max(int(reach * 0.42), 6)
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (int(width * 0.4), int(height * 0.3)), 0, 0, 360, 150, -1)
    mask = blur(mask, max(height * 0.13, 0.5))
    tone = stage.palette.near * 0.5
    sprite = np.dstack([(mask * float(c)).astype(np.uint8) for c in tone] + [mask])
    away = 0.5 + (1 if stage.flipped else -1) * (0.5 - 0.5 / long)
    return Cutout(np.ascontiguousarray(sprite), spot.x - width * away, spot.y - height * 0.45, spot.depth)


def palm(stage: Stage, spot: Spot) -> list[Element]:
    """A palm of the spot's height, or two that lean apart."""
    count = 2 if stage.rng.random() < 0.6 else 1
    side = -1.0 if stage.flipped else 1.0
    found: list[Element] = [ground_shadow(stage, spot, spot.size * 0.2)]
    for k in range(count):
        found.append(_palm(stage, spot, spot.size * (1.0 - 0.26 * k), side if k == 0 else -side))
    return found


def _palm(stage: Stage, spot: Spot, size: float, side: float) -> Cutout:
    rng, sun = stage.rng, light(stage)
    box = int(size * 1.5) + 8
    sprite = np.zeros((int(size * 1.32) + 8, box, 4), np.uint8)
    foot = f32([box / 2, size * 1.28])
    lean = side * float(rng.uniform(0.12, 0.26))
    top = foot + f32([lean * size, -size * 0.92])
    spine = curve([foot, foot + f32([lean * 0.12, -0.4]) * size, foot + f32([lean * 0.5, -0.7]) * size, top], 12, closed=False)
    _palm_trunk(sprite, spine, size, local(stage, _BARK["palm"]), sun)
    tones = [local(stage, c) for c in _CROWNS["palm"][0]]
    turns = np.linspace(-0.5, math.pi + 0.5, 15) + rng.normal(0, 0.08, 15)
    order = [*range(1, 15, 2), *range(0, 15, 2)]
    for n, k in enumerate(order):
        _frond(sprite, top, size * float(rng.uniform(0.38, 0.52)), float(turns[k]), tones, sun, n / 14, rng)
    for k in range(3):
        nut = light(stage).on(mix(tones[0], local(stage, "#7a4a20"), 0.7), 0.5)
        cv2.circle(sprite, (int(top[0] + (k - 1) * size * 0.022), int(top[1] + size * 0.022)), max(int(size * 0.016), 1), shaded(nut), -1, cv2.LINE_AA)
    return Cutout(sprite, spot.x - foot[0], spot.y - foot[1], spot.depth, sway=0.012, phase=float(rng.uniform(0, 6)))


def _palm_trunk(sprite: U8, spine: F32, size: float, bark: F32, sun: Light) -> None:
    girth = np.linspace(0.028, 0.015, len(spine))[:, None] * size
    girth[:3] *= 1.35
    for low, high, lit in ((-1.0, 1.0, 0.15), (-0.3, 1.0, 0.42), (0.4, 0.95, 0.8)):
        edge = f32([sun.side, 0])
        outline = np.concatenate([spine + edge * girth * low, (spine + edge * girth * high)[::-1]])
        cv2.fillPoly(sprite, [np.round(outline * ONE).astype(np.int32)], shaded(sun.on(bark, lit)), cv2.LINE_AA, SHIFT)
    ring = shaded(sun.on(bark * 0.55, 0.25))
    for p, w in zip(spine[2::2], girth[2::2, 0], strict=False):
        ends = [(int((p[0] + s * w) * ONE), int((p[1] + 0.2 * w) * ONE)) for s in (-0.9, 0.9)]
        cv2.line(sprite, ends[0], ends[1], ring, max(1, round(size * 0.004)), cv2.LINE_AA, SHIFT)


def _frond(sprite: U8, top: F32, length: float, turn: float, tones: list[F32], sun: Light, front: float,
           rng: np.random.Generator) -> None:  # fmt: skip
    """One arching frond with leaflets that hang from its rib."""
    heading = f32([math.cos(turn), -math.sin(turn) * 0.8])
    droop = 0.22 + 0.5 * abs(heading[0])
    t = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    rib = top + heading * length * (t - 0.12 * t**2) + f32([0, 1]) * droop * length * t**2.2
    along = np.gradient(rib, axis=0)
    along /= np.maximum(np.hypot(*along.T), 1e-3)[:, None]
    facing = 0.34 + 0.22 * float(heading[0]) * sun.side + 0.2 * front
    for side in (-1.0, 1.0):
        upper = side * (1 if heading[0] > 0 else -1) < 0
        for k in range(3, 40):
            share = float(t[k, 0])
            reach = length * 0.29 * math.sin(math.pi * (0.10 + 0.87 * share)) ** 0.75 * float(rng.uniform(0.8, 1.1))
            out = f32([-along[k, 1], along[k, 0]]) * side * 0.55 + along[k] * 0.6
            end = rib[k] + (out + f32([0, 0.5])) * reach
            bend = rib[k] + out * reach * 0.6
            base = along[k] * length * 0.009
            lit = float(np.clip(facing + (0.16 if upper else -0.1) + 0.10 * rng.normal(), 0.03, 1))
            tone = mix(tones[0], tones[1], lit * 2) if lit < 0.5 else mix(tones[1], tones[2], lit * 2 - 1)
            leaf = np.round(np.stack([rib[k] - base, bend - base * 0.7, end, bend + base * 0.7, rib[k] + base]) * ONE)
            cv2.fillPoly(sprite, [leaf.astype(np.int32)], shaded(sun.on(tone, lit)), cv2.LINE_AA, SHIFT)
    spine = [np.round(rib * ONE).astype(np.int32)]
    rib_tone = shaded(sun.on(mix(tones[1], tones[2], 0.5), 0.5))
    cv2.polylines(sprite, spine, False, rib_tone, max(1, round(length * 0.008)), cv2.LINE_AA, SHIFT)


TREES: Final[dict[str, Subject]] = {
    "tree": Subject(frozenset({"ground"}), 1.35, tree),
    "cherry_tree": Subject(frozenset({"ground"}), 1.3, cherry_tree),
    "palm": Subject(frozenset({"ground"}), 1.15, palm),
}
