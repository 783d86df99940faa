"""Animals that sit facing us: cats, dogs, foxes, rabbits and bears, built from the tables of breeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.limbs import limb, mirror
from genmux.render.paint.sculpture import Form, Mark
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse
from genmux.render.sprites.motion import Motion, breath
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.breeds import BEAR, CAT, DOG, FOX, RABBIT, SPITZ, Build, Coat
from genmux.render.subjects.faces import Tones, face, flipped, lids, raised
from genmux.render.subjects.figure import Figure, figure
from genmux.render.subjects.shadows import ground_shadow
from genmux.render.subjects.spot import Spot

_INK: Final = colour("#140e12")
_PINK: Final = colour("#e9a3a0")
_WHITE: Final = colour("#ffffff")
_FEATURES: Final = ("ginger", "white_coat", "black_coat", "husky", "shiba", "retriever")


def cat(stage: Stage, spot: Spot) -> list[Element]:
    """A cat of one of several coats."""
    return _sitting(stage, spot, (CAT,))


def dog(stage: Stage, spot: Spot) -> list[Element]:
    """A dog with hanging or standing ears."""
    return _sitting(stage, spot, (DOG, SPITZ))


def fox(stage: Stage, spot: Spot) -> list[Element]:
    """A fox with its tail laid round."""
    return _sitting(stage, spot, (FOX,))


def rabbit(stage: Stage, spot: Spot) -> list[Element]:
    """A rabbit with raised ears."""
    return _sitting(stage, spot, (RABBIT,))


def bear(stage: Stage, spot: Spot) -> list[Element]:
    """A sitting bear."""
    return _sitting(stage, spot, (BEAR,))


def _sitting(stage: Stage, spot: Spot, builds: Sequence[Build]) -> list[Element]:
    rng = stage.rng
    build, coat = _chosen(stage, builds)
    tones = Tones(*(colour(v) for v in (coat.base, coat.pale, coat.dark, coat.iris, coat.nose)))
    made = figure(stage, spot)
    foot, neck = (spot.x, spot.y), (spot.x, spot.y + (build.head_y + 0.14) * spot.size)
    breathing = breath(foot, 0.009, 2.3, float(rng.uniform(0, 6)))
    nod = Motion(neck, turn=float(rng.uniform(0.02, 0.035)), rate=1.1, phase=float(rng.uniform(0, 6)))
    tilt = Motion(neck, turn=float(rng.uniform(-0.1, 0.1)), rate=0.0, phase=np.pi / 2)
    head = (nod, tilt, breathing)
    pieces: list[Element] = [ground_shadow(stage, spot, build.haunch[0] + build.haunch[2] + 0.06)]
    if build.tail:
        fast = build is DOG
        root = made.point(build.tail[0][0], -0.05)
        wag = Motion(root, turn=0.12 if fast else 0.07, rate=7.0 if fast else 2.6)
        pieces.append(made.piece([_tail(build, coat, tones)], wag, breathing))
    pieces.append(made.piece(_body(build, coat, tones), breathing))
    ears = [_ear(build, coat, tones, made, side, head) for side in (-1, 1)]
    front = made.piece(face(build, coat, tones, float(rng.uniform(-1, 1))), *head)
    pieces += [front, *ears] if build.floppy else [*ears, front]
    pieces.append(made.piece(lids(build, tones), *head, blinks=float(rng.uniform(0.2, 1.8))))
    return pieces


def _chosen(stage: Stage, builds: Sequence[Build]) -> tuple[Build, Coat]:
    every = [(build, coat) for build in builds for coat in build.coats]
    asked = [feature for feature in _FEATURES if stage.wants(feature)]
    fitting = [row for row in every if row[1].feature in asked]
    unseen = {"black_coat"} if stage.time == "night" else set()
    unseen |= set() if stage.wants("snowy") else {"white_coat"}
    rows = fitting or [row for row in every if row[1].feature not in unseen]
    return rows[int(stage.rng.integers(len(rows)))]


def _tail(build: Build, coat: Coat, tones: Tones) -> Form:
    marks: list[Mark] = []
    r, (tip_x, tip_y, _) = build.tail[-2][2], build.tail[-1]
    if "tip" in coat.markings:
        marks.append(Mark(ellipse(tip_x - 0.01, tip_y + 0.01, r * 1.7, r * 1.5), tones.pale, soft=0.012))
    if "tabby" in coat.markings or "points" in coat.markings:
        rings = build.tail[2:]
        marks += [Mark(ellipse(x, y, 0.075, 0.024), tones.dark, 0.6) for x, y, _ in rings]
    return Form((limb(build.tail),), tones.base, tuple(marks), relief=0.06, fur=build.fur * 1.25)


def _body(build: Build, coat: Coat, tones: Tones) -> Iterator[Form]:
    x, upper, lower = build.fore
    hx, hy, hrx, hry = build.haunch
    px, py = build.paw
    marked = coat.markings
    foot = tones.pale if "socks" in marked else tones.dark if "boots" in marked else tones.base
    torso = mirror(build.torso)
    yield Form((torso,), tones.base, tuple(_body_marks(build, coat, tones)), relief=0.17, fur=build.fur)
    for side in (-1, 1):
        yield Form(
            (ellipse(side * hx, hy, hrx, hry, side * 0.2),), tones.base, relief=0.1, fur=build.fur * 0.7
        )
    for side in (-1, 1):
        yield Form(
            (ellipse(side * (hx + 0.03), -py * 0.85, px * 1.05, py),), foot, relief=0.045, fur=build.fur * 0.4
        )
    top = build.torso[1][1] * 0.76
    if build is BEAR:
        yield from _arms(build, tones)
        return
    for side in (-1, 1):
        leg = limb(
            [
                (side * x * 1.12, top, upper),
                (side * x, top * 0.45, (upper + lower) / 2),
                (side * x, -0.05, lower),
            ]
        )
        socks = (
            [Mark(ellipse(side * x, -0.01, 0.12, 0.14), foot, soft=0.03)] if foot is not tones.base else []
        )
        bib = [Mark(mirror(build.bib), tones.pale, 0.9, 0.02)] if "bib" in marked else []
        yield Form((leg,), tones.base, (*bib, *socks), relief=0.055, fur=build.fur * 0.45, shade=0.22)
    for side in (-1, 1):
        paw = ellipse(side * (x + 0.008), -py * 0.8, px, py)
        toes = [
            Mark(ellipse(side * x + k * px * 0.34, -py * 0.45, 0.006, py * 0.42), tones.dark, 0.5, 0.003)
            for k in (-1, 1)
        ]
        yield Form(
            (paw,),
            foot,
            tuple(toes) if foot is not tones.dark else (),
            relief=0.045,
            fur=build.fur * 0.35,
            shade=0.3,
        )


def _arms(build: Build, tones: Tones) -> Iterator[Form]:
    """A bear's: hanging to the knees, and soles turned to us."""
    for side in (-1, 1):
        sole = ellipse(side * 0.235, -0.085, 0.088, 0.098, side * 0.25)
        pads = [Mark(ellipse(side * 0.235, -0.065, 0.048, 0.046), tones.pale, 0.7, 0.008)]
        pads += [
            Mark(
                ellipse(side * (0.235 + k * 0.036), -0.14 + abs(k) * 0.008, 0.014, 0.015),
                tones.pale,
                0.7,
                0.004,
            )
            for k in (-1, 0, 1)
        ]
        yield Form((sole,), tones.base, tuple(pads), relief=0.06, fur=build.fur * 0.5)
    for side in (-1, 1):
        arm = limb(
            [
                (side * 0.225, -0.5, 0.085),
                (side * 0.285, -0.36, 0.092),
                (side * 0.225, -0.225, 0.08),
                (side * 0.15, -0.2, 0.07),
            ]
        )
        yield Form((arm,), tones.base, relief=0.08, fur=build.fur * 0.8, shade=0.3)


def _body_marks(build: Build, coat: Coat, tones: Tones) -> Iterator[Mark]:
    marked = coat.markings
    if "bib" in marked:
        yield Mark(mirror(build.bib), tones.pale, 1.0, 0.022)
    if "tabby" in marked:
        for side in (-1, 1):
            for k in range(4):
                y = -0.42 + k * 0.085
                stripe = limb(
                    [
                        (side * 0.27, y + 0.0, 0.017),
                        (side * 0.19, y + 0.018, 0.014),
                        (side * 0.13, y + 0.045, 0.004),
                    ]
                )
                yield Mark(stripe, tones.dark, 0.6, 0.008)
    if "patches" in marked:
        yield Mark(ellipse(0.19, -0.3, 0.12, 0.14, 0.4), tones.dark, 1.0, 0.014)
        yield Mark(ellipse(-0.2, -0.13, 0.09, 0.1), mix(tones.dark, colour("#d9853c"), 0.75), 1.0, 0.014)
    if "points" in marked:
        yield Mark(ellipse(0, 0.02, 0.4, 0.12), tones.dark, 0.75, 0.06)
    if "crescent" in marked:
        yield Mark(
            curve([(-0.17, -0.5), (0, -0.4), (0.17, -0.5), (0.1, -0.39), (0, -0.345), (-0.1, -0.39)]),
            tones.pale,
            0.95,
            0.012,
        )


def _ear(build: Build, coat: Coat, tones: Tones, made: Figure, side: int, head: tuple[Motion, ...]) -> Sprite:
    """One ear on a joint of its own that flicks now and then."""
    marks: list[Mark] = []
    if build.inner_ear:
        inner = mix(mix(tones.base, tones.pale, 0.3), _PINK, 0.6)
        marks.append(Mark(flipped(raised(build, curve(build.inner_ear)), side), inner, 0.9, 0.012))
    if "tips" in coat.markings:
        x, y = min(build.ear, key=lambda p: p[1])
        tip = ellipse(side * x, build.head_y + y, 0.075, 0.085)
        marks.append(Mark(tip, tones.dark, 0.95, 0.025))
    outline = flipped(raised(build, curve(build.ear)), side)
    shade = 0.35 if build.floppy else 0.2
    form = Form((outline,), _ear_tone(build, coat, tones, side), tuple(marks), 0.045, build.fur * 0.5, shade)
    x, y = build.ear[0] if build.floppy else (build.ear[-1][0] * 0.7, build.ear[-1][1])
    swing = side * (-0.16 if made.mirrored else 0.16)
    pivot = made.point(side * x, build.head_y + y)
    flick = Motion(pivot, turn=swing, rate=1.9 + 0.35 * side, phase=side * 1.3, sharp=True)
    return made.piece([form], flick, *head)


def _ear_tone(build: Build, coat: Coat, tones: Tones, side: int) -> F32:
    if "points" in coat.markings or ("patches" in coat.markings and side > 0):
        return tones.dark
    return mix(tones.base, tones.dark, 0.45 if build.floppy else 0.08)
