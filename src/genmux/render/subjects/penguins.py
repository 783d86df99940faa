"""A group of emperor penguins with a chick, who sway and look about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from genmux.render.layers import Element
from genmux.render.paint.limbs import limb, mirror
from genmux.render.paint.sculpture import Form, Mark
from genmux.render.palette import colour, mix
from genmux.render.shapes import curve, ellipse
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.figure import figure
from genmux.render.subjects.shadows import ground_shadow
from genmux.render.subjects.spot import Spot

_BACK: Final = colour("#242a38")
_BELLY: Final = colour("#fbfaf6")
_GOLD: Final = colour("#f4b63a")
_BEAK: Final = colour("#e58a3a")
_DOWN: Final = colour("#a9adb6")
_INK: Final = colour("#0e0c12")
_WHITE: Final = colour("#ffffff")

# Places in a group, in sizes: across, down, size, whether a chick.
_GROUPS: Final = (
    ((-0.42, -0.1, 0.9, False), (0.44, -0.06, 0.95, False), (0.0, 0.0, 1.0, False), (0.33, 0.06, 0.5, True)),
    ((-0.36, -0.05, 0.96, False), (0.18, 0.0, 1.0, False), (-0.08, 0.07, 0.5, True)),
    ((-0.62, -0.12, 0.86, False), (0.62, -0.11, 0.84, False), (-0.24, -0.03, 0.98, False),
     (0.26, 0.0, 1.0, False),
     (-0.52, 0.07, 0.48, True)),
)  # fmt: skip


def penguin(stage: Stage, spot: Spot) -> list[Element]:
    """Two to four penguins of the spot's height, and a chick."""
    group = _GROUPS[int(stage.rng.integers(len(_GROUPS)))]
    side = -1 if stage.rng.random() < 0.5 else 1
    pieces: list[Element] = []
    for across, down, size, chick in group:
        where = replace(
            spot, x=spot.x + side * across * spot.size, y=spot.y + down * spot.size, size=spot.size * size
        )
        pieces += _one(stage, where, chick)
    return pieces


def _one(stage: Stage, spot: Spot, chick: bool) -> list[Sprite]:
    rng = stage.rng
    made = figure(stage, spot)
    waddle = Motion(
        (spot.x, spot.y), turn=0.022, rate=float(rng.uniform(1.5, 2.4)), phase=float(rng.uniform(0, 6))
    )
    look = Motion(
        (spot.x, spot.y - spot.size * 0.72),
        turn=0.05,
        rate=float(rng.uniform(0.8, 1.3)),
        phase=float(rng.uniform(0, 6)),
    )
    return [
        ground_shadow(stage, spot, 0.32),
        made.piece(_body(chick), waddle),
        made.piece(_head(chick, float(rng.uniform(-0.02, 0.02))), look, waddle),
    ]


def _body(chick: bool) -> Iterator[Form]:
    back, fur = (_DOWN, 0.022) if chick else (_BACK, 0.006)
    wide = 1.15 if chick else 1.0
    for side in (-1, 1):
        foot = curve(
            [
                (side * 0.03, -0.035),
                (side * 0.17, -0.05),
                (side * 0.2, 0.0),
                (side * 0.1, 0.012),
                (side * 0.03, 0.005),
            ]
        )
        yield Form((foot,), mix(_INK, _BEAK, 0.25), relief=0.02, shade=0)
    half = ((0, -0.8), (0.13, -0.74), (0.2, -0.58), (0.255, -0.36), (0.24, -0.15), (0.15, -0.03), (0, -0.015))
    belly = (
        (0, -0.72),
        (0.09, -0.66),
        (0.15, -0.54),
        (0.19, -0.34),
        (0.175, -0.14),
        (0.1, -0.05),
        (0, -0.04),
    )
    marks = [
        Mark(
            mirror([(x * wide, y) for x, y in belly]), mix(_BELLY, _DOWN, 0.35 if chick else 0.0), 1.0, 0.012
        )
    ]
    if not chick:
        marks.append(Mark(ellipse(0, -0.68, 0.13, 0.08), _GOLD, 0.75, 0.04))
    yield Form((mirror([(x * wide, y) for x, y in half]),), back, tuple(marks), relief=0.16, fur=fur)
    for side in (-1, 1):
        flipper = [
            (side * 0.19 * wide, -0.6, 0.035),
            (side * 0.27 * wide, -0.44, 0.05),
            (side * 0.3 * wide, -0.28, 0.034),
            (side * 0.29 * wide, -0.2, 0.01),
        ]
        yield Form((limb(flipper),), back, relief=0.035, fur=fur * 0.7, shade=0.3)


def _head(chick: bool, gaze: float) -> Iterator[Form]:
    y = -0.83
    wide = 1.2 if chick else 1.0
    back = colour("#2b303c") if chick else _BACK
    marks: list[Mark] = []
    for side in (-1, 1):
        if chick:
            marks.append(Mark(ellipse(side * 0.075 * wide, y + 0.01, 0.075, 0.095), _BELLY, 1.0, 0.012))
        else:
            patch = [
                (side * 0.13, y - 0.02),
                (side * 0.155, y + 0.06),
                (side * 0.09, y + 0.15),
                (side * 0.07, y + 0.08),
            ]
            marks.append(Mark(curve(patch), _GOLD, 1.0, 0.012))
    yield Form(
        (ellipse(0, y, 0.148 * wide, 0.15),),
        back,
        tuple(marks),
        relief=0.11,
        fur=0.012 if chick else 0.005,
        shade=0.3,
    )
    for side in (-1, 1):
        x = side * 0.066 * wide
        yield Form((ellipse(x, y - 0.02, 0.03, 0.032),), mix(_INK, _WHITE, 0.12), relief=0, shade=0)
        yield Form((ellipse(x + gaze * 0.3, y - 0.02, 0.024, 0.026),), _INK, relief=0, shade=0)
        yield Form((ellipse(x - 0.008, y - 0.03, 0.008, 0.008),), _WHITE, relief=0, shade=0, glowing=True)
    beak = [
        (-0.032, y + 0.02),
        (0, y + 0.006),
        (0.032, y + 0.02),
        (0.014, y + 0.07),
        (0, y + 0.086),
        (-0.014, y + 0.07),
    ]
    yield Form(
        (curve(beak),),
        mix(_INK, _BEAK, 0.2),
        (Mark(ellipse(0, y + 0.075, 0.05, 0.03), _BEAK, 0.9, 0.01),),
        relief=0.02,
        shade=0.25,
        gloss=0.6,
    )
