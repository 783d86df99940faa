"""Ships as faces: a steamer, and a tall ship under sail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from genmux.render.palette import colour
from genmux.render.shapes import curve, ellipse, path, polygon
from genmux.render.subjects.modelled import Face, bar

_MAST: Final = colour("#5b4434")
_LAMP: Final = colour("#ffd98c")
_IRON: Final = colour("#23303f")
_WHITE: Final = colour("#f2eee4")
_RED: Final = colour("#b5392d")
_OAK: Final = colour("#4a2e20")
_STRAKE: Final = colour("#d9b878")
_CANVAS: Final = colour("#f3e6cb")
_FLAG: Final = colour("#c23b2e")

# Decks of the steamer: left, right, top, bottom; its funnels, masts and stays (foot, reach).
_DECKS: Final = ((-0.72, 0.66, -0.32, -0.2), (-0.6, 0.54, -0.42, -0.32), (-0.52, -0.2, -0.50, -0.42))
_FUNNELS: Final = (-0.16, 0.14)
_MASTS: Final = (-0.78, 0.72)
_STAYS: Final = ((-0.78, -0.18), (0.72, 0.24), (-0.78, 0.22), (0.72, -0.16))

# Masts of the tall ship and their heights, and the shares of these that its three sails are high.
_RIG: Final = ((-0.44, 0.78), (0.02, 1.0), (0.42, 0.82))
_SAILS: Final = (0.34, 0.28, 0.2)
_HULL: Final = (
    "-0.7 -0.3, -0.5 -0.2, 0 -0.155, 0.5 -0.19, 0.74 -0.26, 0.6 0, 0.5 0.03, -0.52 0.03, -0.64 -0.06"
)
_RAIL: Final = (
    "-0.66 -0.17, -0.4 -0.11, 0.1 -0.085, 0.5 -0.11, 0.68 -0.15, 0.665 -0.125, 0.48 -0.085, 0.1 -0.06, "
    "-0.4 -0.085, -0.65 -0.14"
)


def steamer() -> list[Face]:
    """A passenger steamer two units long."""
    hull = [
        Face(polygon([(-0.98, -0.20), (1.0, -0.22), (0.90, 0.02), (-0.90, 0.02)]), _IRON, 0.5, 0.35),
        Face(polygon([(-0.93, -0.035), (0.925, -0.035), (0.90, 0.02), (-0.90, 0.02)]), _RED, 0.45, 0.3),
        Face(polygon([(-0.98, -0.21), (1.0, -0.23), (0.995, -0.205), (-0.975, -0.185)]), _WHITE, 0.7, 0.3),
    ]
    portholes = [
        Face(ellipse(x, -0.125, 0.012, 0.012), _LAMP, 0.1, lamp=True) for x in np.linspace(-0.8, 0.8, 19)
    ]
    masts = [Face(bar(x - 0.006, x + 0.006, -0.95, -0.2), _MAST, 0.6) for x in _MASTS]
    stays = [
        Face(
            polygon([(x, -0.94), (x + d, -0.22), (x + d + 0.006, -0.22), (x + 0.004, -0.94)]),
            _MAST,
            0.4,
            0,
            0.5,
        )
        for x, d in _STAYS
    ]
    decks = [face for row in _DECKS for face in _deck(*row)]
    return [*stays, *masts, *hull, *decks, *portholes, *(face for x in _FUNNELS for face in _funnel(x))]


def _deck(left: float, right: float, top: float, bottom: float) -> Iterator[Face]:
    yield Face(bar(left, right, top, bottom), _WHITE, 0.6, 0.25)
    yield Face(bar(left - 0.02, right + 0.02, top - 0.012, top + 0.008), _WHITE, 0.9)
    count = max(3, round((right - left) / 0.072))
    for x in np.linspace(left + 0.05, right - 0.05, count):
        yield Face(bar(x - 0.016, x + 0.016, top + 0.03, top + 0.068), _LAMP, 0.1, lamp=True)


def _funnel(x: float) -> Iterator[Face]:
    body = [(x - 0.055, -0.42), (x + 0.055, -0.42), (x + 0.03, -0.70), (x - 0.08, -0.70)]
    rim = [(x - 0.075, -0.655), (x + 0.036, -0.655), (x + 0.03, -0.71), (x - 0.08, -0.71)]
    yield Face(polygon(body), _RED, 0.5, 0.9)
    yield Face(polygon(rim), _IRON, 0.5, 0.9)


def tall_ship() -> list[Face]:
    """A three-master of height 1 with all its sails set."""
    return [
        Face(polygon([(0.62, -0.22), (0.95, -0.36), (0.955, -0.35), (0.62, -0.19)]), _MAST, 0.6),
        *(face for x, height in _RIG for face in _rigged(x, height)),
        Face(polygon([(0.48, -0.74), (0.93, -0.35), (0.60, -0.26)]), _CANVAS, 0.5, 0.5),
        Face(curve(path(_HULL), 6), _OAK, 0.5, 0.4),
        Face(path(_RAIL), _STRAKE, 0.65, 0.3),
        *(Face(bar(x - 0.014, x + 0.014, -0.075, -0.045), _LAMP, 0.1, lamp=True)
          for x in np.linspace(-0.4, 0.44, 7)),
        *(Face(bar(x - 0.018, x + 0.018, -0.235, -0.19), _LAMP, 0.1, lamp=True) for x in (-0.64, -0.58)),
    ]  # fmt: skip


def _rigged(x: float, height: float) -> Iterator[Face]:
    """One mast with its sails, yards and pennant."""
    yield Face(bar(x - 0.010, x + 0.010, -height - 0.02, -0.1), _MAST, 0.6, 0.5)
    foot, half = -0.24, 0.23 * height
    for share in _SAILS:
        top, belly = foot - share * height * 0.86, half * 0.10
        middle = (foot + top) / 2
        sail = [
            (x - half, foot), (x, foot - belly), (x + half, foot), (x + half * 0.98 + belly, middle),
            (x + half * 0.84, top), (x - half * 0.84, top), (x - half * 0.98 + belly, middle),
        ]  # fmt: skip
        yield Face(curve(sail, 5), _CANVAS, 0.62, 0.7)
        yield Face(bar(x - half * 0.9, x + half * 0.9, top - 0.008, top + 0.006), _MAST, 0.5)
        foot, half = top - 0.02, half * 0.80
    pennant = [(x, -height - 0.03), (x - 0.09, -height - 0.01), (x, -height)]
    yield Face(curve(pennant, 4), _FLAG, 0.7)
