"""Airliners with their vapour trails."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from genmux.render.layers import Element
from genmux.render.paint.limbs import limb
from genmux.render.paint.sculpture import Form, Mark
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.stage import Stage
from genmux.render.subjects.hulls import INK, LIVERIES, SHELL, STEEL, flying, halo, placed, plume
from genmux.render.subjects.spot import Spot

_PANE: Final = colour("#33425c")
_WINDSCREEN: Final = colour("#22304a")

_HULL: Final = (
    "0.6 0.01, 0.545 -0.035, 0.44 -0.064, 0.2 -0.068, -0.2 -0.066, -0.45 -0.05, -0.6 -0.03, -0.6 -0.018, "
    "-0.42 0.035, -0.2 0.062, 0.2 0.066, 0.46 0.055, 0.56 0.035"
)
_FAR_WING: Final = "0.1 -0.03, 0 -0.13, -0.09 -0.215, -0.12 -0.215, -0.075 -0.1, -0.06 -0.02"
_FAR_TAIL: Final = "-0.44 -0.03, -0.52 -0.1, -0.56 -0.1, -0.54 -0.02"
_FIN: Final = "-0.38 -0.04, -0.5 -0.215, -0.57 -0.22, -0.555 -0.03"
_BELLY: Final = "-0.6 0, 0 0.03, 0.6 0.03, 0.4 0.1, -0.4 0.1"
_STRIPE: Final = "-0.62 -0.03, -0.2 0.012, 0.3 0.016, 0.62 0.012, 0.62 0.022, 0.2 0.03, -0.3 0.026"
_COCKPIT: Final = "0.5 -0.03, 0.545 -0.02, 0.55 -0.008, 0.495 -0.01"
_NEAR_WING: Final = "0.14 0.02, 0.02 0.11, -0.13 0.215, -0.17 0.22, -0.125 0.1, -0.09 0.03"
_FLAP: Final = "-0.12 0.22, -0.19 0.23, -0.14 0.08, -0.07 0.03"
_NEAR_TAIL: Final = "-0.43 -0.02, -0.53 0.045, -0.58 0.048, -0.56 -0.012"


def airplane(stage: Stage, spot: Spot) -> list[Element]:
    """An airliner in climbing flight with its vapour trails."""
    rng = stage.rng
    mirrored = bool(spot.x > stage.geometry.layer_width * 0.5) != (rng.random() < 0.25)
    climb = float(rng.uniform(0.04, 0.2))
    side = -1 if mirrored else 1
    forward = (math.cos(climb) * side, -math.sin(climb))
    back = (-forward[0], -forward[1])
    size = spot.size
    vapour = mix(colour("#ffffff"), stage.palette.sun, 0.35)
    strength = 0.5 if stage.time == "night" else 0.85
    pieces = []
    for down in (0.02, 0.085):
        start = (spot.x + back[0] * size * 0.06, spot.y + back[1] * size * 0.06 + down * size)
        pieces.append(
            plume(
                start,
                back,
                size * 3.2,
                (size * 0.009, size * 0.05),
                vapour,
                vapour,
                strength * 0.75,
                spot.depth,
            )
        )
    livery = colour(LIVERIES[int(rng.integers(4))])
    pieces.append(placed(stage, spot, list(_airliner(livery)), -climb, mirrored))
    if stage.dark:
        tip = (spot.x + side * size * 0.02, spot.y + size * 0.15)
        pieces.append(replace(halo(*tip, size * 0.07, colour("#ff5a4a"), 0.9, spot.depth), blinks=0.3))
    pace = size * 0.16
    return flying(pieces, (forward[0] * pace, forward[1] * pace))


def _airliner(livery: F32) -> Iterator[Form]:
    """Nose to the right, middle at (0, 0), length about 1.2."""
    dim, shaded = mix(SHELL, STEEL, 0.45), mix(SHELL, STEEL, 0.2)
    far = mix(dim, STEEL, 0.4)
    yield Form((curve(path(_FAR_WING), 6),), far, relief=0.02, shade=0)
    yield Form((curve(path(_FAR_TAIL), 6),), far, relief=0.012, shade=0)
    yield Form((curve(path(_FIN), 6),), livery, relief=0.02, shade=0.1)
    yield Form((curve(path(_HULL)),), SHELL, tuple(_paint(livery, dim)), relief=0.065, shade=0.15, gloss=0.5)
    intake = Mark(ellipse(0.175, 0.085, 0.018, 0.05), mix(INK, STEEL, 0.3), 1.0, 0.004)
    engine = limb([(0.145, 0.085, 0.034), (0.025, 0.083, 0.028)], 3)
    yield Form((engine,), mix(SHELL, STEEL, 0.25), (intake,), relief=0.03, shade=0.25)
    flap = Mark(curve(path(_FLAP)), STEEL, 0.6, 0.01)
    yield Form((curve(path(_NEAR_WING), 6),), shaded, (flap,), relief=0.022, shade=0.35)
    yield Form((curve(path(_NEAR_TAIL), 6),), shaded, relief=0.014, shade=0.3)


def _paint(livery: F32, dim: F32) -> Iterator[Mark]:
    """What is painted on the hull: belly, stripe, windows."""
    yield Mark(curve(path(_BELLY)), dim, 0.9, 0.012)
    yield Mark(curve(path(_STRIPE)), livery, 0.95, 0.004)
    for k in range(31):
        yield Mark(ellipse(-0.4 + k * 0.028, -0.012, 0.006, 0.008, points=10), _PANE, 0.9, 0.002)
    yield Mark(path(_COCKPIT), _WINDSCREEN, 1.0, 0.003)
