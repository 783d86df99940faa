"""Animals that stand in profile: horses, deer, elephants and camels, built from the table of beasts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.limbs import limb
from genmux.render.paint.sculpture import Form, Mark
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, polygon
from genmux.render.sprites.motion import Motion, breath
from genmux.render.stage import Stage
from genmux.render.subjects.beasts import BACTRIAN, CAMEL, DEER, ELEPHANT, HORSE, Beast, Hide
from genmux.render.subjects.figure import figure
from genmux.render.subjects.shadows import ground_shadow
from genmux.render.subjects.spot import Spot

_INK: Final = colour("#120d10")
_HORN: Final = colour("#b99a72")
_IVORY: Final = colour("#f4ead2")
_WHITE: Final = colour("#ffffff")
_UNICORN: Final = ((0.452, -0.925, 0.017), (0.52, -1.04, 0.011), (0.575, -1.14, 0.002))
_Turn = Callable[[F32], F32]


def horse(stage: Stage, spot: Spot) -> list[Element]:
    """A horse that paws the ground; a unicorn has its horn."""
    return _standing(stage, spot, replace(HORSE, antlers=(_UNICORN,)) if stage.wants("unicorn") else HORSE)


def deer(stage: Stage, spot: Spot) -> list[Element]:
    """A stag with antlers."""
    return _standing(stage, spot, DEER)


def elephant(stage: Stage, spot: Spot) -> list[Element]:
    """An elephant whose ears fan."""
    return _standing(stage, spot, ELEPHANT)


def camel(stage: Stage, spot: Spot) -> list[Element]:
    """A camel with one hump or two."""
    return _standing(stage, spot, CAMEL if stage.rng.random() < 0.5 else BACTRIAN)


def _standing(stage: Stage, spot: Spot, beast: Beast) -> list[Element]:
    rng = stage.rng
    hide = _hide(stage, beast)
    base, pale, dark = colour(hide.base), colour(hide.pale), colour(hide.dark)
    made = figure(stage, spot)
    turn = partial(_turned, beast.shoulder, float(rng.uniform(*beast.turn)))
    breathing = breath((spot.x, spot.y), 0.006, 2.0, float(rng.uniform(0, 6)))

    def joint(x: float, y: float, swing: float, rate: float, sharp: bool = False) -> Motion:
        return Motion(made.point(x, y), swing, rate=rate, phase=float(rng.uniform(0, 6)), sharp=sharp)

    tail = Form((limb(beast.tail),), base if beast.wrinkled else dark, relief=0.03, fur=max(beast.fur, 0.012))
    pieces: list[Element] = [
        ground_shadow(stage, spot, beast.half * 0.95),
        made.piece(_far_legs(beast, base, dark, colour(hide.hoof)), breathing),
        made.piece([tail], joint(*beast.tail[0][:2], 0.13, 1.7), breathing),
        made.piece(_trunk(beast, base, pale, dark, colour(hide.hoof), turn), breathing),
        made.piece(_head_parts(beast, dark, turn), breathing),
    ]
    for outline in beast.ears:
        placed = turn(curve(outline))
        if beast.wrinkled:
            swing = joint(0.36, -0.8, 0.05, 1.5)
        else:
            swing = joint(float(placed[0][0]), float(placed[0][1]), 0.2, 2.1, sharp=True)
        pieces.append(made.piece([_ear(beast, placed, base, pale, dark)], swing, breathing))
    return pieces


def _hide(stage: Stage, beast: Beast) -> Hide:
    fitting = [hide for hide in beast.hides if hide.feature and stage.wants(hide.feature)]
    usual = [hide for hide in beast.hides if hide.feature != "white_coat" or beast is HORSE]
    rows = fitting or usual
    return rows[int(stage.rng.integers(len(rows)))]


def _turned(about: tuple[float, float], angle: float, points: F32) -> F32:
    """Points turned about the shoulder."""
    c, s, centre = math.cos(angle), math.sin(angle), np.array(about)
    return f32((points - centre) @ np.array([[c, s], [-s, c]]) + centre)


def _far_legs(beast: Beast, base: F32, dark: F32, hoof: F32) -> Iterator[Form]:
    shaded = mix(mix(base, dark, 0.3), _INK, 0.28)
    for chain in beast.far:
        if beast.hoof:
            yield _hoof(beast, chain[-1], mix(hoof, _INK, 0.3))
        yield Form(
            (limb(chain),), shaded, _leg_marks(beast, chain, dark), relief=0.05, fur=beast.fur, shade=0
        )


def _leg_marks(beast: Beast, chain: Sequence[tuple[float, float, float]], dark: F32) -> tuple[Mark, ...]:
    if beast.wrinkled:
        return ()
    x, y, _ = chain[-1]
    return (Mark(ellipse(x, y - 0.02, 0.1, 0.15), dark, 0.55 if beast.hoof else 0.2, 0.04),)


def _hoof(beast: Beast, end: tuple[float, float, float], tone: F32) -> Form:
    x, y, r = end
    low = min(y + beast.hoof, 0.004)
    corners = [
        (x - r * 0.8, y - r * 0.3),
        (x + r * 0.8, y - r * 0.3),
        (x + r * 1.75, low),
        (x - r * 1.0, low),
    ]
    return Form((polygon(corners),), tone, relief=0.015, shade=0)


def _trunk(beast: Beast, base: F32, pale: F32, dark: F32, hoof: F32, turn: _Turn) -> Iterator[Form]:
    """Body, neck, head and near legs as one rounded form."""
    if beast.hoof:
        for chain in beast.legs:
            yield _hoof(beast, chain[-1], hoof)
    outlines = [curve(points) for points in beast.torso]
    outlines += [limb(chain) for chain in beast.legs]
    outlines += [turn(limb(chain)) for chain in beast.neck]
    marks = [
        Mark(curve(points), pale if tone == "pale" else dark, share, soft)
        for points, tone, share, soft in beast.marks
    ]
    for chain in beast.legs:
        marks += _leg_marks(beast, chain, dark)
    muzzle = beast.neck[1][-1]
    if not beast.wrinkled:
        x, y = turn(f32([muzzle[:2]]))[0]
        marks.append(Mark(ellipse(x + 0.01, y + 0.005, 0.045, 0.04), mix(dark, base, 0.3), 0.6, 0.014))
    else:
        marks += list(_wrinkles(beast, dark))
    yield Form(tuple(outlines), base, tuple(marks), relief=beast.relief, fur=beast.fur, shade=0.15)
    if beast.wrinkled:
        for chain in beast.legs:
            x, y, r = chain[-1]
            for k in (-0.55, 0.0, 0.55):
                yield Form(
                    (ellipse(x + r * k + r * 0.2, -0.012, r * 0.24, 0.02),),
                    hoof,
                    relief=0.012,
                    shade=0,
                    opacity=0.75,
                )


def _wrinkles(beast: Beast, dark: F32) -> Iterator[Mark]:
    """Rings on the trunk of an elephant and creases at its knees."""
    chain = beast.neck[1]
    for k in np.linspace(0.2, 0.85, 11):
        i = min(int(k * (len(chain) - 1)), len(chain) - 2)
        t = k * (len(chain) - 1) - i
        x, y, r = (chain[i][n] * (1 - t) + chain[i + 1][n] * t for n in range(3))
        yield Mark(ellipse(x, y, r * 1.1, 0.0045, 0.1), dark, 0.5, 0.004)
    for leg in beast.legs:
        x, y, r = leg[2]
        for k in range(3):
            yield Mark(ellipse(x, y - 0.03 + k * 0.025, r * 0.9, 0.004), dark, 0.4, 0.005)


def _head_parts(beast: Beast, dark: F32, turn: _Turn) -> Iterator[Form]:
    """Mane, antlers, tusk, eye and nostril."""
    for chain in beast.antlers:
        yield Form((turn(limb(chain)),), _HORN, relief=0.014, shade=0.1)
    for chain in beast.mane:
        outline = limb(chain) if chain[0][0] < 0.28 and beast is BACTRIAN else turn(limb(chain))
        yield Form((outline,), dark, relief=0.03, fur=0.02, shade=0.2)
    if beast.wrinkled:
        tusk = turn(
            limb([(0.54, -0.6, 0.032), (0.62, -0.5, 0.027), (0.71, -0.47, 0.018), (0.79, -0.5, 0.005)])
        )
        yield Form((tusk,), _IVORY, relief=0.03, shade=0.25, gloss=0.5)
    x, y, r = beast.eye
    yield _dot(turn, x, y, r * 1.35, r * 1.1, mix(dark, _INK, 0.4), 0.6)
    yield _dot(turn, x, y, r, r * 0.9, _INK)
    yield replace(_dot(turn, x + r * 0.4, y - r * 0.45, r * 0.28, r * 0.28, _WHITE), glowing=True)
    if not beast.wrinkled:
        yield _dot(turn, *beast.nostril, 0.009, 0.006, _INK, 0.8)


def _dot(turn: _Turn, x: float, y: float, rx: float, ry: float, tone: F32, opacity: float = 1.0) -> Form:
    return Form((turn(ellipse(x, y, rx, ry, points=20)),), tone, relief=0, shade=0, opacity=opacity)


def _ear(beast: Beast, outline: F32, base: F32, pale: F32, dark: F32) -> Form:
    if beast.wrinkled:
        inner = Mark(
            f32((outline - outline.mean(axis=0)) * 0.72 + outline.mean(axis=0)),
            mix(base, colour("#b98a86"), 0.3),
            0.5,
            0.03,
        )
        return Form((outline,), mix(base, dark, 0.18), (inner,), relief=0.05, shade=0.4)
    centre = outline.mean(axis=0)
    inner = Mark(f32((outline - centre) * 0.55 + centre), mix(dark, pale, 0.4), 0.8, 0.006)
    return Form((outline,), base, (inner,), relief=0.02, fur=beast.fur, shade=0.1)
