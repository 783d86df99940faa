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
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.stage import Stage
from genmux.render.subjects.flight import flying, halo, placed, plume
from genmux.render.subjects.spot import Spot

_SHELL: Final = colour("#eef0f4")
_STEEL: Final = colour("#9aa4b4")
_GLASS: Final = colour("#2a6fb0")
_INK: Final = colour("#10131c")
_FLAME: Final = colour("#ff8a2a")
_HOT: Final = colour("#fff6d0")
_LIVERIES: Final = ("#d8342c", "#2563c9", "#e8892a", "#1f8f86")


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
    livery = colour(_LIVERIES[int(rng.integers(4))])
    pieces.append(placed(stage, spot, list(_airliner(livery)), -climb, mirrored))
    if stage.dark:
        tip = (spot.x + side * size * 0.02, spot.y + size * 0.15)
        pieces.append(replace(halo(*tip, size * 0.07, colour("#ff5a4a"), 0.9, spot.depth), blinks=0.3))
    pace = size * 0.16
    return flying(pieces, (forward[0] * pace, forward[1] * pace))


def _airliner(livery: F32) -> Iterator[Form]:
    """Nose to the right, middle at (0, 0), length about 1.2."""
    dim = mix(_SHELL, _STEEL, 0.45)
    far_wing = curve(
        [(0.1, -0.03), (0.0, -0.13), (-0.09, -0.215), (-0.12, -0.215), (-0.075, -0.1), (-0.06, -0.02)], 6
    )
    yield Form((far_wing,), mix(dim, _STEEL, 0.4), relief=0.02, shade=0)
    yield Form(
        (curve([(-0.44, -0.03), (-0.52, -0.1), (-0.56, -0.1), (-0.54, -0.02)], 6),),
        mix(dim, _STEEL, 0.4),
        relief=0.012,
        shade=0,
    )
    fin = curve([(-0.38, -0.04), (-0.5, -0.215), (-0.57, -0.22), (-0.555, -0.03)], 6)
    yield Form((fin,), livery, relief=0.02, shade=0.1)
    hull = curve([(0.6, 0.01), (0.545, -0.035), (0.44, -0.064), (0.2, -0.068), (-0.2, -0.066),
        (-0.45, -0.05), (-0.6, -0.03),
                  (-0.6, -0.018), (-0.42, 0.035), (-0.2, 0.062), (0.2, 0.066), (0.46, 0.055),
                   (0.56, 0.035)])  # fmt: skip
    belly = Mark(curve([(-0.6, 0.0), (0, 0.03), (0.6, 0.03), (0.4, 0.1), (-0.4, 0.1)]), dim, 0.9, 0.012)
    stripe = Mark(
        curve(
            [
                (-0.62, -0.03),
                (-0.2, 0.012),
                (0.3, 0.016),
                (0.62, 0.012),
                (0.62, 0.022),
                (0.2, 0.03),
                (-0.3, 0.026),
            ]
        ),
        livery,
        0.95,
        0.004,
    )
    panes = [
        Mark(ellipse(-0.4 + k * 0.028, -0.012, 0.006, 0.008, points=10), colour("#33425c"), 0.9, 0.002)
        for k in range(31)
    ]
    cockpit = Mark(
        polygon([(0.5, -0.03), (0.545, -0.02), (0.55, -0.008), (0.495, -0.01)]), colour("#22304a"), 1.0, 0.003
    )
    yield Form((hull,), _SHELL, (belly, stripe, *panes, cockpit), relief=0.065, shade=0.15, gloss=0.5)
    for x, y in ((0.085, 0.085),):
        yield Form(
            (limb([(x + 0.06, y, 0.034), (x - 0.06, y - 0.002, 0.028)], 3),),
            mix(_SHELL, _STEEL, 0.25),
            (Mark(ellipse(x + 0.09, y, 0.018, 0.05), mix(_INK, _STEEL, 0.3), 1.0, 0.004),),
            relief=0.03,
            shade=0.25,
        )
    near = curve([(0.14, 0.02), (0.02, 0.11), (-0.13, 0.215), (-0.17, 0.22), (-0.125, 0.1), (-0.09, 0.03)], 6)
    flap = Mark(curve([(-0.12, 0.22), (-0.19, 0.23), (-0.14, 0.08), (-0.07, 0.03)]), _STEEL, 0.6, 0.01)
    yield Form((near,), mix(_SHELL, _STEEL, 0.2), (flap,), relief=0.022, shade=0.35)
    tail = curve([(-0.43, -0.02), (-0.53, 0.045), (-0.58, 0.048), (-0.56, -0.012)], 6)
    yield Form((tail,), mix(_SHELL, _STEEL, 0.2), relief=0.014, shade=0.3)
