"""What floats: sailing boats, rowing boats and ships with their reflections."""

from __future__ import annotations

import math
from typing import Final

from genmux.render.effects.smoke import chimney_smoke
from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.reflection import reflection
from genmux.render.stage import Stage
from genmux.render.subjects.modelled import Face, bar, modelled, moved_faces
from genmux.render.subjects.ships import steamer, tall_ship
from genmux.render.subjects.spot import Spot, Subject

_HULLS: Final = ("#6b3a26", "#274464", "#f0ebe0", "#8a2f2a", "#2c5a52")
_SAILS: Final = ("#fff6e6", "#fff6e6", "#f3d9b0", "#d9694a")
_WOOD: Final = colour("#6b4630")
_MAST: Final = colour("#5b4434")
_LAMP: Final = colour("#ffd98c")
_STEAMER: Final = 0.72
_STRIPE: Final = colour("#e9dcc4")


def sailboat(stage: Stage, spot: Spot) -> list[Element]:
    """A sailing boat of the spot's height."""
    rng = stage.rng
    faces = _sailboat(colour(str(rng.choice(_HULLS))), colour(str(rng.choice(_SAILS))))
    return _afloat(stage, spot, faces, roll=0.022)


def rowboat(stage: Stage, spot: Spot) -> list[Element]:
    """A rowing boat as long as the spot is high, a rower in it or empty."""
    rng = stage.rng
    rower = stage.reading.has("subject", "person") or bool(rng.random() < 0.5)
    return _afloat(stage, spot, rowboat_faces(rower, colour(str(rng.choice(_HULLS)))), roll=0.03)


def ship(stage: Stage, spot: Spot) -> list[Element]:
    """A steamer under smoke or a tall ship under sail, of the spot's height."""
    if stage.rng.random() < 0.5:
        return _afloat(stage, spot, tall_ship(), roll=0.012)
    afloat = _afloat(stage, spot, moved_faces(steamer(), 0, 0, _STEAMER), roll=0.006)
    side = -1 if stage.flipped else 1
    smoke = [
        chimney_smoke(
            stage,
            (spot.x + side * x * _STEAMER * spot.size, spot.y - 0.70 * _STEAMER * spot.size),
            spot.size * 0.5,
            spot.depth,
        )
        for x in (-0.16, 0.14)
    ]
    return [*smoke, *afloat]


def _afloat(stage: Stage, spot: Spot, faces: list[Face], roll: float) -> list[Element]:
    """A boat that rocks on the swell over its reflection."""
    rng, rough = stage.rng, 2.2 if stage.time == "storm" else 1.0
    rate, phase = 2 * math.pi / float(rng.uniform(3.4, 4.6)), float(rng.uniform(0, 6.28))
    rolling = Motion((spot.x, spot.y), turn=roll * rough, rate=rate, phase=phase)
    heaving = Motion(y=spot.size * 0.012 * rough, rate=rate * 1.13, phase=phase * 1.13 + 1)
    boat = modelled(stage, spot, faces, rolling, heaving, shadow=0.0)
    share = 0.3 if stage.time == "storm" else 0.55
    return [reflection(boat, spot.y, share, stage.geometry.unit), boat]


def _sailboat(hull: F32, sail: F32) -> list[Face]:
    body = [
        (-0.55, -0.15),
        (-0.2, -0.115),
        (0.3, -0.12),
        (0.62, -0.175),
        (0.46, 0.0),
        (0.36, 0.03),
        (-0.38, 0.03),
    ]
    main = [(0.03, -0.19), (0.30, -0.18), (0.52, -0.22), (0.43, -0.48), (0.24, -0.80), (0.03, -1.02)]
    fore = [(-0.03, -0.2), (-0.46, -0.19), (-0.36, -0.38), (-0.17, -0.68), (-0.02, -0.95)]
    seams = [
        Face(polygon([(0.03, y), (w, y + 0.012), (w, y + 0.017), (0.03, y + 0.005)]), sail * 0.7, 0.4, 0, 0.5)
        for y, w in ((-0.36, 0.46), (-0.54, 0.385), (-0.72, 0.28))
    ]
    return [
        Face(curve(body, 6), hull, 0.45, 0.4),
        Face(polygon([(-0.54, -0.145), (0.61, -0.165), (0.585, -0.13), (-0.50, -0.108)]), _STRIPE, 0.7, 0.3),
        Face(polygon([(-0.40, 0.0), (0.44, 0.0), (0.37, 0.03), (-0.38, 0.03)]), hull * 0.35, 0.3),
        Face(curve([(-0.16, -0.12), (-0.12, -0.19), (0.16, -0.19), (0.22, -0.125)], 4), _STRIPE, 0.6, 0.3),
        Face(bar(0.02, 0.06, -0.172, -0.145), _LAMP, 0.1, lamp=True),
        Face(bar(-0.05, -0.01, -0.172, -0.145), _LAMP, 0.1, lamp=True),
        Face(bar(-0.010, 0.012, -1.06, -0.12), _MAST, 0.6, 0.5),
        Face(polygon([(0.01, -0.195), (0.53, -0.215), (0.53, -0.203), (0.01, -0.178)]), _MAST, 0.6),
        Face(curve(main, 8), sail, 0.62, 0.55),
        *seams,
        Face(curve(fore, 8), mix(sail, _STRIPE, 0.3), 0.85, 0.45),
        Face(polygon([(-0.02, -0.95), (-0.56, -0.15), (-0.565, -0.155), (-0.03, -0.96)]), _MAST, 0.5, 0, 0.7),
        Face(curve([(0.012, -1.06), (0.10, -1.045), (0.012, -1.02)], 4), colour("#d8452f"), 0.7),
    ]


def rowboat_faces(rower: bool, hull: F32) -> list[Face]:
    """A rowing boat one unit long whose keel is at the origin."""
    body = [(-0.52, -0.17), (-0.25, -0.105), (0.2, -0.10), (0.52, -0.155), (0.36, 0.02), (-0.34, 0.02)]
    faces = [
        Face(
            curve(
                [(-0.50, -0.165), (-0.2, -0.15), (0.2, -0.145), (0.50, -0.15), (0.2, -0.08), (-0.25, -0.085)],
                6,
            ),
            hull * 0.45,
            0.35,
        ),
        *(_rower() if rower else ()),
        Face(curve(body, 6), hull, 0.5, 0.4),
        Face(
            polygon(
                [
                    (-0.515, -0.172),
                    (-0.25, -0.115),
                    (0.2, -0.11),
                    (0.515, -0.158),
                    (0.51, -0.138),
                    (0.2, -0.088),
                    (-0.25, -0.093),
                    (-0.505, -0.15),
                ]
            ),
            _STRIPE,
            0.75,
            0.3,
        ),
        Face(polygon([(-0.36, 0.0), (0.38, 0.0), (0.36, 0.025), (-0.34, 0.025)]), hull * 0.35, 0.3),
    ]
    oar = polygon([(-0.06, -0.26), (0.46, 0.03), (0.52, 0.05), (0.54, 0.035), (0.47, 0.01), (-0.045, -0.275)])
    return [*faces, Face(oar, _WOOD, 0.7)]


def _rower() -> list[Face]:
    coat, skin = colour("#35506b"), colour("#d9a37c")
    return [
        Face(
            curve([(-0.18, -0.10), (-0.16, -0.30), (-0.08, -0.36), (-0.01, -0.30), (0.02, -0.10)], 6),
            coat,
            0.5,
            0.5,
        ),
        Face(
            curve([(-0.11, -0.33), (0.0, -0.26), (0.07, -0.20), (0.06, -0.17), (-0.08, -0.23)], 6), coat, 0.7
        ),
        Face(ellipse(-0.075, -0.41, 0.042, 0.052), skin, 0.6, 0.6),
        Face(
            curve([(-0.17, -0.43), (-0.075, -0.53), (0.02, -0.43), (-0.075, -0.445)], 6),
            colour("#cfae74"),
            0.7,
            0.5,
        ),
    ]


BOATS: Final[dict[str, Subject]] = {
    "boat": Subject(frozenset({"water"}), 1.0, sailboat),
    "rowboat": Subject(frozenset({"water"}), 0.62, rowboat),
    "ship": Subject(frozenset({"water"}), 1.0, ship),
}
