"""Dwellings: a cottage, a log cabin, a village, a tent by its fire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from genmux.render.effects.fire import Fire
from genmux.render.effects.smoke import chimney_smoke
from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.modelled import Face, bar, modelled, moved_faces
from genmux.render.subjects.spot import Spot

_LAMP: Final = colour("#ffc768")
_FRAME: Final = colour("#f2e6d2")
_DOOR: Final = colour("#5a3826")
_STONE: Final = colour("#8d8880")
_LOG: Final = colour("#8a5d3a")
_SNOW: Final = colour("#f4f8ff")
_WALLS: Final = ("#f3e9d8", "#e9d3b4", "#d9e2e4", "#e8c9b0", "#f0ddc8")
_ROOFS: Final = ("#a8452f", "#7d4a3a", "#54606e", "#8f5a34", "#6d3b3f")

# Outlines of the house in three quarter view: gable to the left, long side to the right.
_GABLE: Final = [(-0.50, 0), (-0.08, 0), (-0.08, -0.42), (-0.29, -0.78), (-0.50, -0.42)]
_SIDE: Final = [(-0.08, 0), (0.52, -0.03), (0.52, -0.41), (-0.08, -0.42)]
_SLOPE: Final = [(-0.29, -0.85), (0.37, -0.81), (0.58, -0.36), (-0.02, -0.35)]
_VERGE: Final = [
    (-0.29, -0.85), (-0.57, -0.36), (-0.52, -0.35), (-0.29, -0.765), (-0.07, -0.36), (-0.02, -0.35),
]  # fmt: skip
_CHIMNEY_TOP: Final = (0.20, -0.98)


def house(stage: Stage, spot: Spot) -> list[Element]:
    """A cottage of the spot's height whose chimney smokes."""
    rng = stage.rng
    wall, roof = colour(str(rng.choice(_WALLS))), colour(str(rng.choice(_ROOFS)))
    faces = _house(wall, roof, snow=stage.wants("snowy"))
    faces += [_drift()] if stage.wants("snowy") else []
    return [_smoke(stage, spot), modelled(stage, spot, faces), *_lawn_light(stage, spot)]


def cabin(stage: Stage, spot: Spot) -> list[Element]:
    """A log cabin of the spot's height, under snow in a snowy scene."""
    faces = _house(_LOG, colour("#5b4436"), snow=stage.wants("snowy"), logs=True)
    faces += [_drift()] if stage.wants("snowy") else []
    return [_smoke(stage, spot), modelled(stage, spot, faces), *_lawn_light(stage, spot)]


def village(stage: Stage, spot: Spot) -> list[Element]:
    """A handful of houses and a church around the spot, as high together as the spot says."""
    rng, snow = stage.rng, stage.wants("snowy")
    faces: list[Face] = []
    count = int(rng.integers(6, 9))
    reach = min(1.5, spot.room / spot.size)
    places = np.linspace(-reach, reach, count) + rng.uniform(-0.08, 0.08, count)
    rises = -0.17 * rng.random(count) * (1 - np.abs(places) / (reach * 1.3))
    order = np.argsort(rises, kind="stable")
    church = int(order[min(1, count - 1)])
    for k in order:
        wall, roof = colour(str(rng.choice(_WALLS))), colour(str(rng.choice(_ROOFS)))
        size = (0.42 + 0.5 * float(rises[k])) * float(rng.uniform(0.85, 1.12))
        parts = _house(wall, roof, snow=snow)
        if k == church:
            parts = [*_steeple(wall, roof, snow), *parts]
        faces += moved_faces(parts, float(places[k]), float(rises[k]), size, bool(rng.random() < 0.4))
    smokes: list[Element] = []
    for k in order[-3:-1]:
        x = spot.x + float(places[k]) * spot.size * (-1 if stage.flipped else 1)
        at = (x, spot.y + (float(rises[k]) - 0.42) * spot.size)
        smokes.append(chimney_smoke(stage, at, spot.size * 0.5, spot.depth))
    return [*smokes, modelled(stage, spot, faces)]


def tent(stage: Stage, spot: Spot) -> list[Element]:
    """A ridge tent of the spot's height that glows when lamps are lit, and a fire beside it."""
    rng = stage.rng
    cloth = colour(str(rng.choice(["#d9773a", "#c9a23f", "#3f7f8f", "#b8433a"])))
    glow = mix(cloth, colour("#ffb95e"), 0.72)
    faces = [
        Face(polygon([(0.02, -0.98), (0.95, -0.72), (1.05, -0.02), (0.50, 0)]), cloth, 0.3, 0.3),
        Face(
            polygon([(0.02, -0.98), (0.95, -0.72), (1.05, -0.02), (0.50, 0)]),
            glow * 0.6,
            0.3,
            0,
            0.6,
            lamp=True,
        ),
        Face(polygon([(0.02, -0.98), (0.95, -0.72), (0.99, -0.44), (0.24, -0.62)]), cloth, 0.6, 0.3, 0.5),
        Face(polygon([(-0.62, 0), (0.50, 0), (0.02, -1.0)]), glow, 0.75, 0.3, lamp=True),
        Face(polygon([(-0.62, 0), (-0.2, 0), (0.0, -0.97)]), cloth, 0.8, 0.1, 0.75),
        Face(polygon([(0.5, 0), (0.2, 0), (0.02, -0.97)]), cloth, 0.5, 0.1, 0.75),
        Face(curve([(-0.12, 0), (-0.02, -0.34), (0.09, 0)], 8), colour("#4a2c22"), 0.3, 0, 0.5),
        Face(polygon([(-0.015, -1.06), (0.02, -1.06), (0.03, -0.95), (-0.02, -0.95)]), _DOOR, 0.5),
        Face(polygon([(-0.62, 0), (-0.95, 0.06), (-0.94, 0.07), (-0.6, 0.01)]), _FRAME, 0.5, 0, 0.5),
    ]
    elements: list[Element] = [modelled(stage, spot, faces)]
    if stage.dark:
        side = 1 if stage.flipped else -1
        at = (spot.x + side * spot.size * 1.25, spot.y + spot.size * 0.10)
        elements.append(Fire(at, spot.size * 0.5, spot.depth))
    return elements


def _house(wall: F32, roof: F32, snow: bool, logs: bool = False) -> list[Face]:
    faces = [
        Face(bar(0.15, 0.25, -0.96, -0.5), _STONE, 0.6, 0.5),
        Face(bar(0.135, 0.265, -0.99, -0.95), _STONE, 0.75, 0.4),
        Face(polygon(_SIDE), wall, 0.22, 0.12),
        Face(polygon(_GABLE), wall, 0.74, 0.14),
        *(_logs(wall) if logs else ()),
        Face(polygon([(-0.08, 0), (0.52, -0.03), (0.52, -0.075), (-0.08, -0.05)]), _STONE, 0.2),
        Face(bar(-0.50, -0.08, -0.05, 0), _STONE, 0.6, 0.2),
        Face(polygon([(-0.08, -0.42), (0.52, -0.41), (0.52, -0.33), (-0.08, -0.33)]), roof * 0.2, 0, 0, 0.4),
        Face(bar(-0.355, -0.225, -0.27, 0), _FRAME, 0.6),
        Face(bar(-0.34, -0.24, -0.255, 0), _DOOR, 0.55, 0.2),
        *_window(-0.35, -0.23, -0.58, -0.44),
        *_window(0.06, 0.18, -0.29, -0.13),
        *_window(0.29, 0.41, -0.29, -0.135),
    ]
    cover = _SNOW if snow else roof
    faces += [Face(polygon(_SLOPE), cover, 0.52 if not snow else 0.9, 0.3), *_courses(cover, snow)]
    faces += [Face(polygon(_VERGE), mix(cover, _FRAME, 0.15), 0.85, 0.2)]
    if snow:
        faces += [
            Face(polygon([(-0.57, -0.36), (-0.60, -0.385), (-0.30, -0.90), (0.37, -0.86), (0.40, -0.80),
                          (-0.28, -0.835), (-0.54, -0.37)]), _SNOW, 1.0, 0.2),
            Face(polygon([(-0.03, -0.325), (0.59, -0.335), (0.60, -0.375), (-0.03, -0.37)]), _SNOW, 0.9, 0.2),
            Face(ellipse(0.2, -0.995, 0.075, 0.03), _SNOW, 1.0, 0.3),
        ]  # fmt: skip
    return faces


def _drift() -> Face:
    """Snow blown against the foot of a house."""
    outline = [(-0.72, 0.03), (-0.5, -0.045), (-0.2, -0.02), (0.1, -0.035), (0.5, -0.075), (0.78, 0.0),
               (0.5, 0.05), (-0.4, 0.05)]  # fmt: skip
    return Face(curve(outline, 8), _SNOW, 0.6, 0.3)


def _courses(cover: F32, snow: bool) -> list[Face]:
    """Rows of tiles along the roof, or soft dents in its snow."""
    left, right = np.array([_SLOPE[0], _SLOPE[3]]), np.array([_SLOPE[1], _SLOPE[2]])
    rows, step = [], np.array([0.006, 0.016], np.float32)
    for share in (0.18, 0.34, 0.5, 0.66, 0.82) if not snow else (0.3, 0.62):
        a, b = (ends[0] * (1 - share) + ends[1] * share for ends in (left, right))
        rows.append(Face(polygon([a, b, b + step, a + step]), cover * 0.5, 0.2, 0, 0.4))
    return rows


def _logs(wall: F32) -> list[Face]:
    """The grooves between logs and the round ends at the corner."""
    grooves: list[Face] = []
    for k in range(1, 7):
        y = -0.42 * k / 7
        grooves.append(Face(bar(-0.50, -0.08, y - 0.008, y + 0.008), wall * 0.35, 0.3, 0, 0.7))
        grooves.append(
            Face(
                polygon([(-0.08, y - 0.008), (0.52, y - 0.012), (0.52, y + 0.002), (-0.08, y + 0.008)]),
                wall * 0.35,
                0.1,
                0,
                0.7,
            )
        )
    ends = [
        Face(ellipse(-0.08, -0.42 * (k + 0.5) / 7, 0.028, 0.028), wall * 1.15, 0.7, 0.4) for k in range(7)
    ]
    return [*grooves, *ends]


def _window(left: float, right: float, top: float, bottom: float) -> list[Face]:
    edge, x, y = 0.014, (left + right) / 2, (top + bottom) / 2
    return [
        Face(bar(left - edge, right + edge, top - edge, bottom + edge), _FRAME, 0.5),
        Face(bar(left, right, top, bottom), _LAMP, 0.15, lamp=True),
        Face(bar(x - 0.006, x + 0.006, top, bottom), _DOOR, 0.4, 0, 0.8),
        Face(bar(left, right, y - 0.006, y + 0.006), _DOOR, 0.4, 0, 0.8),
    ]


def _steeple(wall: F32, roof: F32, snow: bool) -> list[Face]:
    tip = mix(roof, _SNOW, 0.6) if snow else mix(roof, colour("#3d4a55"), 0.5)
    return [
        Face(bar(0.30, 0.56, -1.15, 0), wall, 0.5, 0.55),
        Face(polygon([(0.26, -1.13), (0.43, -1.95), (0.60, -1.13)]), tip, 0.5, 0.6),
        Face(curve([(0.39, -0.86), (0.43, -1.02), (0.47, -0.86)], 6), _LAMP, 0.1, lamp=True),
        Face(bar(0.424, 0.436, -2.05, -1.93), _DOOR, 0.5),
    ]


def _smoke(stage: Stage, spot: Spot) -> Element:
    side = -1 if stage.flipped else 1
    at = (spot.x + side * _CHIMNEY_TOP[0] * spot.size, spot.y + _CHIMNEY_TOP[1] * spot.size)
    return chimney_smoke(stage, at, spot.size, spot.depth)


def _lawn_light(stage: Stage, spot: Spot) -> Sequence[Element]:
    """What the windows throw onto the ground before the house."""
    if not stage.dark or stage.time == "storm":
        return []
    width, height = max(4, round(spot.size * 1.9)), max(4, round(spot.size * 0.5))
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    power = np.clip(np.exp(-((x**2 + y**2) * 4)) - np.exp(-4.0), 0, 1)
    light = np.zeros((height, width, 4), np.uint8)
    light[..., :3] = power[..., None] * _LAMP * (120 if stage.wants("snowy") else 70)
    return [Sprite(light, spot.x - width / 2, spot.y + spot.size * 0.12 - height / 2, spot.depth)]


HOUSES: Final = {"house": house, "cabin": cabin, "village": village, "tent": tent}
