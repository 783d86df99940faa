"""High buildings: lighthouse, windmill, castle."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from genmux.render.effects.beam import Beam
from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.motion import Motion
from genmux.render.stage import Stage
from genmux.render.subjects.modelled import Face, bar, modelled, taper
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#f4efe6")
_IRON: Final = colour("#3a3f48")
_LAMP: Final = colour("#fff0b8")
_WARM: Final = colour("#ffc768")
_STONE: Final = colour("#a39a8c")
_WOOD: Final = colour("#6d4c35")
_SNOW: Final = colour("#f4f8ff")
_LANTERN: Final = -0.885
_HUB: Final = (0.0, -0.80)


def lighthouse(stage: Stage, spot: Spot) -> list[Element]:
    """A lighthouse of the spot's height with its keeper's house; its beam turns when lamps are lit."""
    rng = stage.rng
    band = colour(str(rng.choice(["#c8362f", "#c8362f", "#2f4f7d", "#30343c"])))
    tower = modelled(stage, spot, [*_keeper(), *_lighthouse(band, bool(rng.random() < 0.3))])
    if not stage.dark:
        return [tower]
    lamp = (spot.x, spot.y + _LANTERN * spot.size)
    start = float(rng.uniform(0, math.tau))
    return [tower, Beam(lamp, spot.depth, stage.geometry.span * 0.75, spot.size * 0.02, start)]


def _lighthouse(band: F32, crown: bool) -> list[Face]:
    faces = [Face(taper(0, 0, -0.76, 0.125, 0.072), _WHITE, 0.55, 1.0)]
    for low in (0.50,) if crown else (0.02, 0.29, 0.56):
        high = 0.745 if crown else low + 0.135
        faces.append(Face(taper(0, -low, -high, 0.126 - 0.07 * low, 0.126 - 0.07 * high), band, 0.55, 1.0))
    faces += [Face(bar(-0.018, 0.018, y - 0.045, y), _WARM, 0.1, lamp=True) for y in (-0.22, -0.47, -0.66)]
    faces += [
        Face(bar(-0.03, 0.03, -0.095, 0), _WOOD, 0.4),
        Face(polygon([(-0.072, -0.755), (0.072, -0.755), (0.115, -0.79), (-0.115, -0.79)]), _IRON, 0.4, 0.6),
        Face(bar(-0.118, 0.118, -0.802, -0.788), _IRON, 0.8, 0.5),
        Face(bar(-0.058, 0.058, -0.925, -0.80), _LAMP, 0.35, lamp=True),
        *(Face(bar(x - 0.005, x + 0.005, -0.925, -0.80), _IRON, 0.4) for x in (-0.056, -0.02, 0.02, 0.056)),
        *(Face(bar(x - 0.003, x + 0.003, -0.85, -0.80), _IRON, 0.5) for x in np.linspace(-0.114, 0.114, 9)),
        Face(bar(-0.118, 0.118, -0.856, -0.849), _IRON, 0.6),
        Face(curve([(-0.075, -0.92), (-0.05, -0.965), (0, -0.99), (0.05, -0.965), (0.075, -0.92)], 6),
             mix(band, _IRON, 0.3), 0.6, 0.9),
        Face(bar(-0.006, 0.006, -1.04, -0.985), _IRON, 0.5),
    ]  # fmt: skip
    return faces


def _keeper() -> list[Face]:
    roof = colour("#9a4232")
    return [
        Face(bar(0.06, 0.40, -0.16, 0.01), _WHITE, 0.42, 0.3),
        Face(polygon([(0.03, -0.15), (0.10, -0.27), (0.36, -0.27), (0.43, -0.15)]), roof, 0.5, 0.5),
        Face(bar(0.30, 0.335, -0.32, -0.24), _STONE, 0.5, 0.4),
        Face(bar(0.17, 0.215, -0.115, -0.055), _WARM, 0.1, lamp=True),
        Face(bar(0.29, 0.335, -0.115, -0.055), _WARM, 0.1, lamp=True),
    ]


def windmill(stage: Stage, spot: Spot) -> list[Element]:
    """A tower mill of the spot's height whose sails turn."""
    rng = stage.rng
    wall = colour(str(rng.choice(["#efe6d6", "#b9886a", "#d8cdbb"])))
    cap = colour(str(rng.choice(["#5a4638", "#7d3b30", "#44525c"])))
    turn = float(rng.uniform(0.3, 0.5)) * float(rng.choice([-1, 1]))
    start = float(rng.uniform(0, math.pi / 2))
    side = -1 if stage.flipped else 1
    hub = (spot.x + _HUB[0] * spot.size * side, spot.y + _HUB[1] * spot.size)
    sails = modelled(stage, spot, _sails(start), Motion(hub, spin=turn), shadow=0.0)
    return [modelled(stage, spot, _mill(wall, cap)), sails]


def _mill(wall: F32, cap: F32) -> list[Face]:
    return [
        Face(taper(0, 0, -0.74, 0.235, 0.135), wall, 0.52, 0.95),
        Face(taper(0, 0, -0.05, 0.24, 0.232), _STONE, 0.5, 0.9),
        Face(bar(-0.045, 0.045, -0.16, 0), _WOOD, 0.4),
        *(Face(curve([(x - 0.024, y), (x, y - 0.075), (x + 0.024, y)], 6), _WARM, 0.1, lamp=True)
          for x, y in ((-0.07, -0.33), (0.075, -0.46), (-0.03, -0.60))),
        Face(polygon([(-0.29, -0.245), (0.29, -0.245), (0.27, -0.225), (-0.27, -0.225)]), _WOOD, 0.75, 0.5),
        *(Face(bar(x - 0.004, x + 0.004, -0.30, -0.24), _WOOD, 0.6) for x in np.linspace(-0.28, 0.28, 11)),
        Face(bar(-0.285, 0.285, -0.305, -0.297), _WOOD, 0.7),
        Face(curve([(-0.16, -0.735), (-0.145, -0.83), (0, -0.94), (0.145, -0.83), (0.16, -0.735)], 8),
             cap, 0.55, 0.9),
    ]  # fmt: skip


def _sails(start: float) -> list[Face]:
    """Four lattice sails around the hub."""
    faces: list[Face] = []
    for k in range(4):
        angle = start + k * math.pi / 2
        c, s = math.cos(angle), math.sin(angle)
        turn = np.array([[c, s], [-s, c]], np.float32)
        parts = [
            (polygon([(0.10, 0.008), (0.56, 0.008), (0.56, 0.105), (0.10, 0.105)]), _WHITE, 0.75),
            (bar(0, 0.58, -0.011, 0.011), _WOOD, 1.0),
            (bar(0.10, 0.57, 0.098, 0.108), _WOOD, 1.0),
            *((bar(x - 0.004, x + 0.004, 0, 0.105), _WOOD, 0.9) for x in np.linspace(0.10, 0.56, 8)),
        ]
        faces += [Face((p @ turn + np.array(_HUB, np.float32)).astype(np.float32), tone, 0.6, 0, o)
                  for p, tone, o in parts]  # fmt: skip
    return [*faces, Face(ellipse(*_HUB, 0.028, 0.028), _IRON, 0.6, 0.4)]


def castle(stage: Stage, spot: Spot) -> list[Element]:
    """A castle of the spot's height: walls, round towers, pointed or battlemented."""
    rng = stage.rng
    stone = mix(_STONE, colour(str(rng.choice(["#c9b79a", "#8f959c", "#b5a596"]))), 0.7)
    roof = colour(str(rng.choice(["#4a5f86", "#8d3f3a", "#4d5358", "#3f6f70"])))
    tip = mix(roof, _SNOW, 0.55) if stage.wants("snowy") else roof
    faces: list[Face] = []
    rear = [(-0.30, 0.72, 0.085), (0.12, 1.0, 0.095), (0.36, 0.66, 0.07)]
    front = [(-0.58, 0.50, 0.10), (0.60, 0.46, 0.10), (-0.17, 0.40, 0.075), (0.17, 0.40, 0.075)]
    for x, height, half in rear:
        faces += _turret(x + float(rng.uniform(-0.06, 0.06)), height * float(rng.uniform(0.9, 1.0)), half,
                         stone * 0.94, tip, pointed=True)  # fmt: skip
    faces += _keep(stone)
    faces += _wall(-0.60, 0.60, 0.26, stone)
    pointed = bool(rng.random() < 0.5)
    for x, height, half in front:
        faces += _turret(x, height * float(rng.uniform(0.92, 1.06)), half, stone, tip, pointed)
    faces += [
        Face(curve([(-0.085, 0.02), (-0.085, -0.14), (0, -0.21), (0.085, -0.14), (0.085, 0.02)], 6),
             colour("#2a2018"), 0.2),
        Face(curve([(-0.06, 0.02), (-0.06, -0.12), (0, -0.175), (0.06, -0.12), (0.06, 0.02)], 6),
             _WARM * 0.75, 0.05, lamp=True),
        *(Face(bar(x - 0.006, x + 0.006, -0.17, 0.02), _IRON, 0.3) for x in (-0.04, 0, 0.04)),
    ]  # fmt: skip
    return [modelled(stage, spot, faces)]


def _keep(stone: F32) -> list[Face]:
    windows = [Face(curve([(x - 0.02, -0.36), (x, -0.45), (x + 0.02, -0.36)], 6), _WARM, 0.05, lamp=True)
               for x in (-0.12, 0.0, 0.22)]  # fmt: skip
    return [
        Face(bar(-0.26, 0.34, -0.52, 0), stone, 0.45, 0.25),
        *_battlements(-0.26, 0.34, -0.52, stone),
        *windows,
    ]


def _wall(left: float, right: float, height: float, stone: F32) -> list[Face]:
    wall = Face(bar(left, right, -height, 0.03), stone, 0.5, 0.2)
    return [wall, *_battlements(left, right, -height, stone)]


def _battlements(left: float, right: float, top: float, stone: F32) -> list[Face]:
    count = max(3, round((right - left) / 0.045))
    edges = np.linspace(left, right, count * 2)
    return [Face(bar(float(a), float(b), top - 0.028, top + 0.004), stone, 0.6)
            for a, b in zip(edges[::2], edges[1::2], strict=False)]  # fmt: skip


def _turret(x: float, height: float, half: float, stone: F32, roof: F32, pointed: bool) -> list[Face]:
    top = -height * (0.72 if pointed else 0.9)
    faces = [
        Face(bar(x - half, x + half, top, 0.03), stone, 0.5, 1.0),
        Face(bar(x - half * 1.16, x + half * 1.16, top - 0.012, top + 0.045), stone, 0.55, 1.0),
        *(Face(curve([(x - 0.013, top * f), (x, top * f - 0.05), (x + 0.013, top * f)], 6), _WARM, 0.05,
               lamp=True) for f in (0.82, 0.55)),
    ]  # fmt: skip
    if not pointed:
        return [*faces, *_battlements(x - half * 1.16, x + half * 1.16, top - 0.01, stone)]
    spire = [(x - half * 1.3, top), (x, -height - half), (x + half * 1.3, top)]
    flag = [(x, -height - half - 0.075), (x + 0.07, -height - half - 0.055), (x, -height - half - 0.035)]
    return [
        *faces,
        Face(polygon(spire), roof, 0.5, 0.95),
        Face(bar(x - 0.004, x + 0.004, -height - half - 0.08, -height - half + 0.01), _IRON, 0.5),
        Face(polygon(flag), colour("#c8473a"), 0.7),
    ]


TOWERS: Final = {"lighthouse": lighthouse, "windmill": windmill, "castle": castle}
