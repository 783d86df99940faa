"""Buildings of the Far East: the pagoda and the torii."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.reflection import reflection
from genmux.render.stage import Stage
from genmux.render.subjects.modelled import Face, bar, modelled, taper
from genmux.render.subjects.spot import Spot

_LAMP: Final = colour("#ffbe5c")
_WOOD: Final = colour("#8c3b2c")
_PLASTER: Final = colour("#e6d3b3")
_BEAM: Final = colour("#5a2a22")
_GOLD: Final = colour("#d8a545")
_STONE: Final = colour("#98938a")
_VERMILION: Final = colour("#d8432c")
_BLACK: Final = colour("#2b2528")
_SNOW: Final = colour("#f4f8ff")


def pagoda(stage: Stage, spot: Spot) -> list[Element]:
    """A pagoda of the spot's height, five or seven storeys under upturned eaves."""
    rng = stage.rng
    storeys = int(rng.choice([5, 7]))
    tile = colour(str(rng.choice(["#3f4a52", "#4d6a60", "#5f4a42"])))
    roof = mix(tile, _SNOW, 0.8) if stage.wants("snowy") else tile
    return [modelled(stage, spot, _pagoda(storeys, roof, tile))]


def _pagoda(storeys: int, roof: F32, tile: F32) -> list[Face]:
    height = 0.80 / storeys
    faces = [
        Face(polygon([(-0.30, 0), (0.30, 0), (0.27, -0.05), (-0.27, -0.05)]), _STONE, 0.55, 0.5),
        Face(bar(-0.05, 0.05, -0.05, 0.01), _STONE, 0.8, 0.2),
    ]
    foot, half = -0.05, 0.20
    for _ in range(storeys):
        faces += _storey(foot, half, height, roof, tile)
        foot -= height
        half *= 0.88 if storeys == 5 else 0.91
    return [
        *faces,
        Face(taper(0, foot + 0.01, foot - 0.04, 0.03, 0.018), _GOLD, 0.6, 0.7),
        *(
            Face(ellipse(0, foot - 0.05 - 0.018 * k, 0.020 - 0.003 * k, 0.007), _GOLD, 0.6, 0.8)
            for k in range(4)
        ),
        Face(taper(0, foot - 0.03, foot - 0.15, 0.006, 0.002), _GOLD, 0.7, 0.5),
    ]


def _storey(foot: float, half: float, height: float, roof: F32, tile: F32) -> list[Face]:
    """Walls with posts and lit windows, and the roof above them, whose corners turn up."""
    return [*_walls(foot, half, height), *_roof(foot, half, height, roof, tile)]


def _walls(foot: float, half: float, height: float) -> list[Face]:
    eave, wall = foot - height * 0.58, half * 0.86
    over, drop = half * 1.42, height * 0.16
    return [
        Face(bar(-wall, wall, eave, foot), _PLASTER, 0.5, 0.5),
        Face(bar(-wall, wall, foot - height * 0.14, foot), _WOOD, 0.55, 0.5),
        *(
            Face(
                bar(x - half * 0.13, x + half * 0.13, eave + height * 0.14, foot - height * 0.16),
                _LAMP,
                0.1,
                lamp=True,
            )
            for x in (-half * 0.5, 0.0, half * 0.5)
        ),
        *(
            Face(bar(x - half * 0.03, x + half * 0.03, eave, foot), _WOOD, 0.55, 0.5)
            for x in np.linspace(-wall, wall, 5)
        ),
        Face(bar(-wall * 1.12, wall * 1.12, foot - height * 0.11, foot - height * 0.08), _WOOD, 0.8, 0.4),
        Face(
            polygon(
                [
                    (-over * 0.92, eave - drop * 0.2),
                    (over * 0.92, eave - drop * 0.2),
                    (wall, eave + drop),
                    (-wall, eave + drop),
                ]
            ),
            _BEAM,
            0.18,
            0.2,
        ),
    ]


def _roof(foot: float, half: float, height: float, roof: F32, tile: F32) -> list[Face]:
    eave, wall = foot - height * 0.58, half * 0.86
    over, drop = half * 1.42, height * 0.16
    edge = [
        (-over * 1.06, eave - drop * 1.25),
        (-over * 0.86, eave - drop * 0.1),
        (-over * 0.4, eave + drop * 0.25),
        (0, eave + drop * 0.3),
        (over * 0.4, eave + drop * 0.25),
        (over * 0.86, eave - drop * 0.1),
        (over * 1.06, eave - drop * 1.25),
    ]
    lower = curve(edge, 6, closed=False)
    top = foot - height
    ridge = curve([(wall * 0.94, top), (over * 0.7, eave - height * 0.16), (over * 1.06, eave - drop * 1.25)],
                  6, closed=False)[::-1]  # fmt: skip
    left = ridge[::-1] * np.array([-1, 1], np.float32)
    lift = np.array([0, drop * 0.35], np.float32)
    return [
        Face(np.concatenate([lower, ridge, left]).astype(np.float32), roof, 0.6, 0.75),
        Face(
            np.concatenate([lower, lower[::-1] + lift]).astype(np.float32), mix(tile, _GOLD, 0.3), 0.75, 0.5
        ),
        Face(bar(-wall * 0.95, wall * 0.95, top - height * 0.02, top + height * 0.02), tile, 0.8, 0.4),
    ]


def torii(stage: Stage, spot: Spot) -> list[Element]:
    """A torii of the spot's height; one that stands in water is mirrored there."""
    gate = modelled(stage, spot, _torii(stage.wants("snowy")), shadow=0.0 if spot.wet else 0.35)
    if not spot.wet:
        return [gate]
    return [reflection(gate, spot.y, 0.5, stage.geometry.unit), gate]


def _torii(snow: bool) -> list[Face]:
    faces: list[Face] = []
    for x in (-0.36, 0.36):
        lean = -0.03 if x > 0 else 0.03
        faces += [
            Face(polygon([(x - 0.045 - lean, 0.03), (x + 0.045 - lean, 0.03), (x + 0.036 + lean * 0.5, -0.84),
                          (x - 0.036 + lean * 0.5, -0.84)]), _VERMILION, 0.5, 0.95),
            Face(bar(x - 0.055 - lean, x + 0.055 - lean, -0.07, 0.03), _BLACK, 0.5, 0.8),
        ]  # fmt: skip
    faces += [
        Face(bar(-0.46, 0.46, -0.66, -0.59), _VERMILION, 0.6, 0.3),
        Face(bar(-0.46, 0.46, -0.60, -0.585), _VERMILION * 0.5, 0.3),
        Face(bar(-0.055, 0.055, -0.84, -0.66), _BLACK, 0.5),
        Face(bar(-0.04, 0.04, -0.82, -0.68), _GOLD, 0.6),
        Face(_lintel(-0.84, -0.765, 0.55), _VERMILION, 0.55, 0.3),
        Face(_lintel(-0.91, -0.845, 0.62), _BLACK, 0.55, 0.4),
    ]
    if snow:
        faces.append(Face(_lintel(-0.945, -0.895, 0.62), _SNOW, 0.85, 0.3))
    return faces


def _lintel(top: float, bottom: float, half: float) -> F32:
    """A beam whose ends rise a little."""
    over = curve([(-half, top - 0.055), (-half * 0.5, top - 0.005), (0, top), (half * 0.5, top - 0.005),
                  (half, top - 0.055)], 8, closed=False)  # fmt: skip
    under = curve(
        [
            (half * 0.97, bottom - 0.045),
            (half * 0.5, bottom - 0.004),
            (0, bottom),
            (-half * 0.5, bottom - 0.004),
            (-half * 0.97, bottom - 0.045),
        ],
        8,
        closed=False,
    )
    return np.concatenate([over, under]).astype(np.float32)


TEMPLES: Final = {"pagoda": pagoda, "torii": torii}
