"""Rockets and satellites."""

from __future__ import annotations

import math
from collections.abc import Iterator

from genmux.render.layers import Element
from genmux.render.paint.limbs import limb
from genmux.render.paint.sculpture import Form, Mark
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.motion import Motion, breath
from genmux.render.stage import Stage
from genmux.render.subjects.hulls import (
    FLAME,
    GLASS,
    HOT,
    INK,
    LIVERIES,
    SHELL,
    STEEL,
    flying,
    halo,
    placed,
    plume,
)
from genmux.render.subjects.spot import Spot


def rocket(stage: Stage, spot: Spot) -> list[Element]:
    """A rocket under thrust that climbs along its axis and leaves smoke."""
    rng = stage.rng
    mirrored = bool(spot.x > stage.geometry.layer_width / 2) != (rng.random() < 0.3)
    tilt = float(rng.uniform(0.25, 0.75))
    side = -1 if mirrored else 1
    forward = (math.sin(tilt) * side, -math.cos(tilt))
    back = (-forward[0], -forward[1])
    tail = (spot.x + back[0] * spot.size * 0.44, spot.y + back[1] * spot.size * 0.44)
    flicker = breath(tail, 0.07, 31.0), breath(tail, 0.05, 19.0, 1.0)
    size, depth, white = spot.size, spot.depth, colour("#ffffff")
    smoke = mix(colour("#e9e6ee"), stage.palette.haze, 0.35)
    flame = plume(tail, back, size * 0.62, (size * 0.085, size * 0.03), FLAME, HOT, 1.0, depth)
    core = plume(tail, back, size * 0.34, (size * 0.05, size * 0.015), HOT, white, 1.0, depth)
    pieces = [
        plume(tail, back, size * 2.1, (size * 0.06, size * 0.24), smoke, mix(smoke, FLAME, 0.75), 0.62,
              depth, rng),
        halo(tail[0] + back[0] * size * 0.12, tail[1] + back[1] * size * 0.12, size * 0.6, FLAME, 0.6,
             depth),
        flame.moving(*flicker),
        core.moving(*flicker),
        placed(stage, spot, list(_rocket(colour(LIVERIES[int(rng.integers(4))]))), tilt, mirrored),
    ]  # fmt: skip
    pace = size * 0.09
    return flying(pieces, (forward[0] * pace, forward[1] * pace))


def _rocket(livery: F32) -> Iterator[Form]:
    """Nose up, middle at (0, 0), height 1."""
    dark = mix(livery, INK, 0.3)
    hull = curve([(0, -0.5), (0.075, -0.36), (0.115, -0.16), (0.115, 0.1), (0.085, 0.34), (0, 0.36),
        (-0.085, 0.34),
                  (-0.115, 0.1), (-0.115, -0.16), (-0.075, -0.36)])  # fmt: skip
    nozzle = polygon([(-0.05, 0.33), (0.05, 0.33), (0.075, 0.43), (-0.075, 0.43)])
    yield Form((nozzle,), mix(STEEL, INK, 0.45), relief=0.04, shade=0)
    for side in (-1, 1):
        fin = curve(
            [
                (side * 0.09, 0.08),
                (side * 0.21, 0.26),
                (side * 0.23, 0.45),
                (side * 0.15, 0.39),
                (side * 0.075, 0.35),
            ],
            6,
        )
        yield Form((fin,), livery if side < 0 else dark, relief=0.035, shade=0.1)
    nose = Mark(polygon([(-0.2, -0.6), (0.2, -0.6), (0.2, -0.31), (-0.2, -0.31)]), livery, 1.0, 0.003)
    bands = [Mark(polygon([(-0.2, y), (0.2, y), (0.2, y + h), (-0.2, y + h)]), tone, 1.0, 0.003)
             for y, h, tone in ((0.2, 0.045, livery), (0.27, 0.012, dark), (-0.3, 0.008, STEEL),
                 (0.03, 0.006, STEEL))]  # fmt: skip
    yield Form((hull,), SHELL, (nose, *bands), relief=0.11, shade=0.25, gloss=0.7)
    yield Form((ellipse(0, -0.14, 0.058, 0.058),), STEEL, relief=0.02, shade=0.2)
    yield Form(
        (ellipse(0, -0.14, 0.043, 0.043),),
        GLASS,
        (Mark(ellipse(-0.015, -0.16, 0.022, 0.016, 0.6), colour("#bfe6ff"), 0.9, 0.006),),
        relief=0.02,
        shade=0,
        gloss=1.0,
    )
    yield Form((limb([(0, 0.14, 0.012), (0, 0.3, 0.016), (0, 0.44, 0.01)]),), livery, relief=0.014, shade=0.3)


def satellite(stage: Stage, spot: Spot) -> list[Element]:
    """A satellite that turns slowly, its wings of solar cells spread."""
    rng = stage.rng
    angle = float(rng.uniform(-0.6, 0.6))
    turn = Motion((spot.x, spot.y), turn=0.14, rate=0.55, phase=float(rng.uniform(0, 6)))
    body = placed(stage, spot, list(_satellite()), angle, bool(rng.random() < 0.5)).moving(turn)
    pace = spot.size * 0.03 * (1 if rng.random() < 0.5 else -1)
    bright = 0.0 if stage.time == "day" else 0.5
    lamp = halo(spot.x, spot.y, spot.size * 0.16, colour("#ff7a6a"), bright, spot.depth)
    return flying([body, lamp], (pace, -abs(pace) * 0.3))


def _satellite() -> Iterator[Form]:
    yield Form((limb([(-0.62, 0, 0.012), (0.62, 0, 0.012)], 2),), STEEL, relief=0.01, shade=0)
    for side in (-1, 1):
        for k in range(3):
            yield _solar_wing(side * (0.2 + k * 0.17), side)
    foil = colour("#d8a53a")
    box = polygon([(-0.11, -0.15), (0.11, -0.15), (0.11, 0.15), (-0.11, 0.15)])
    folds = [
        Mark(
            polygon([(-0.11, y), (0.11, y + 0.03), (0.11, y + 0.05), (-0.11, y + 0.035)]),
            colour("#fff0b0"),
            0.5,
            0.008,
        )
        for y in (-0.12, -0.03, 0.07)
    ]
    yield Form((box,), foil, tuple(folds), relief=0.05, shade=0.3, gloss=1.0)
    yield Form((limb([(0, -0.14, 0.012), (0, -0.22, 0.01)], 2),), STEEL, relief=0.01, shade=0.1)
    dish = curve([(-0.13, -0.26), (0, -0.2), (0.13, -0.26), (0.06, -0.245), (0, -0.24), (-0.06, -0.245)])
    yield Form(
        (curve([(-0.13, -0.265), (0, -0.19), (0.13, -0.265), (0, -0.29)]),),
        SHELL,
        relief=0.04,
        shade=0.2,
        gloss=0.6,
    )
    yield Form((dish,), STEEL, relief=0.01, shade=0, opacity=0.6)
    yield Form(
        (limb([(0, -0.25, 0.006), (0, -0.33, 0.004), (0, -0.335, 0.012)], 3),), STEEL, relief=0.01, shade=0
    )
    yield Form((ellipse(0, 0.18, 0.05, 0.04),), mix(STEEL, INK, 0.5), relief=0.03, shade=0.1)


def _solar_wing(x: float, side: int) -> Form:
    """One panel of solar cells that begins at `x`."""
    cells, lines = colour("#1d3f8a"), colour("#7fa6e6")
    wing = polygon([(x, -0.13), (x + side * 0.155, -0.13), (x + side * 0.155, 0.13), (x, 0.13)])
    near, far = x + side * 0.075, x + side * 0.082
    bars = [polygon([(x - 0.2, y), (x + 0.2, y), (x + 0.2, y + 0.006), (x - 0.2, y + 0.006)])
            for y in (-0.075, -0.02, 0.035, 0.09)]  # fmt: skip
    bars.append(polygon([(near, -0.2), (far, -0.2), (far, 0.2), (near, 0.2)]))
    gleam = curve([(x, -0.2), (x + side * 0.1, -0.2), (x - side * 0.05, 0.2), (x - side * 0.1, 0.2)])
    marks = (*(Mark(bar, lines, 0.55, 0.002) for bar in bars), Mark(gleam, lines, 0.35, 0.03))
    return Form((wing,), cells, marks, relief=0.012, shade=0, gloss=0.5)
