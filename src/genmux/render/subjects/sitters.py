"""Animals that sit facing us: cats, dogs, foxes, rabbits and bears, built from the tables of breeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse
from genmux.render.stage import Stage
from genmux.render.subjects.breeds import BEAR, CAT, DOG, FOX, RABBIT, SPITZ, Build, Coat
from genmux.render.subjects.puppet import Motion, Piece, Puppet
from genmux.render.subjects.sculpture import Form, Light, Mark, limb, light_on, mirror, sculpted
from genmux.render.subjects.shadow import ground_shadow
from genmux.render.subjects.spot import Spot

_INK: Final = colour("#140e12")
_PINK: Final = colour("#e9a3a0")
_WHITE: Final = colour("#ffffff")
_FEATURES: Final = ("ginger", "white_coat", "black_coat", "husky", "shiba", "retriever")


@dataclass(frozen=True, slots=True, eq=False)
class _Tones:
    base: F32
    pale: F32
    dark: F32
    iris: F32
    nose: F32


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
    tones = _Tones(*(colour(v) for v in (coat.base, coat.pale, coat.dark, coat.iris, coat.nose)))
    mirrored = bool(rng.random() < 0.5) != spot.mirrored
    light = light_on(stage, spot.x, spot.depth)
    foot, neck = (spot.x, spot.y), (spot.x, spot.y + (build.head_y + 0.14) * spot.size)
    breath = Motion(foot, stretch=0.009, rate=2.3, phase=float(rng.uniform(0, 6)))
    nod = Motion(neck, swing=float(rng.uniform(0.02, 0.035)), rate=1.1, phase=float(rng.uniform(0, 6)))
    tilt = Motion(neck, swing=float(rng.uniform(-0.1, 0.1)), rate=0.0, phase=np.pi / 2)
    head = (nod, tilt, breath)

    def piece(forms: list[Form], motions: tuple[Motion, ...], blinks: float | None = None) -> Piece:
        made = sculpted(forms, light, spot.size, rng, mirrored)
        return Piece(made.sprite, spot.x + made.left, spot.y + made.top, motions, blinks)

    pieces = [ground_shadow(stage, spot, build.haunch[0] + build.haunch[2] + 0.06)]
    if build.tail:
        root = (spot.x + (-1 if mirrored else 1) * build.tail[0][0] * spot.size, spot.y - 0.05 * spot.size)
        wag = Motion(root, swing=0.07 if build is not DOG else 0.12, rate=2.6 if build is not DOG else 7.0)
        pieces.append(piece([_tail(build, coat, tones)], (wag, breath)))
    pieces.append(piece(list(_body(build, coat, tones)), (breath,)))
    if not build.floppy:
        pieces += _ears(build, coat, tones, piece, head, spot, mirrored)
    pieces.append(piece(list(_head(build, coat, tones, float(rng.uniform(-1, 1)))), head))
    if build.floppy:
        pieces += _ears(build, coat, tones, piece, head, spot, mirrored)
    pieces.append(piece(list(_lids(build, tones)), head, blinks=float(rng.uniform(0.2, 1.8))))
    return [Puppet(pieces, spot.depth)]


def _chosen(stage: Stage, builds: Sequence[Build]) -> tuple[Build, Coat]:
    every = [(build, coat) for build in builds for coat in build.coats]
    asked = [feature for feature in _FEATURES if stage.wants(feature)]
    fitting = [row for row in every if row[1].feature in asked]
    unseen = {"black_coat"} if stage.time == "night" else set()
    unseen |= set() if stage.wants("snowy") else {"white_coat"}
    rows = fitting or [row for row in every if row[1].feature not in unseen]
    return rows[int(stage.rng.integers(len(rows)))]


def _tail(build: Build, coat: Coat, tones: _Tones) -> Form:
    marks: list[Mark] = []
    (x, y, r), (tip_x, tip_y, _) = build.tail[-2:]
    if "tip" in coat.markings:
        marks.append(Mark(ellipse(tip_x - 0.01, tip_y + 0.01, r * 1.7, r * 1.5), tones.pale, soft=0.012))
    if "tabby" in coat.markings or "points" in coat.markings:
        rings = build.tail[2:]
        marks += [Mark(ellipse(x, y, 0.075, 0.024), tones.dark, 0.6) for x, y, _ in rings]
    return Form((limb(build.tail),), tones.base, tuple(marks), relief=0.06, fur=build.fur * 1.25)


def _body(build: Build, coat: Coat, tones: _Tones) -> Iterator[Form]:
    x, upper, lower = build.fore
    hx, hy, hrx, hry = build.haunch
    px, py = build.paw
    marked = coat.markings
    foot = tones.pale if "socks" in marked else tones.dark if "boots" in marked else tones.base
    torso = mirror(build.torso)
    yield Form((torso,), tones.base, tuple(_body_marks(build, coat, tones)), relief=0.17, fur=build.fur)
    for side in (-1, 1):
        yield Form((ellipse(side * hx, hy, hrx, hry, side * 0.2),), tones.base, relief=0.1, fur=build.fur * 0.7)
    for side in (-1, 1):
        yield Form((ellipse(side * (hx + 0.03), -py * 0.85, px * 1.05, py),), foot, relief=0.045, fur=build.fur * 0.4)
    top = build.torso[1][1] * 0.76
    if build is BEAR:
        yield from _arms(build, tones)
        return
    for side in (-1, 1):
        leg = limb([(side * x * 1.12, top, upper), (side * x, top * 0.45, (upper + lower) / 2), (side * x, -0.05, lower)])
        socks = [Mark(ellipse(side * x, -0.01, 0.12, 0.14), foot, soft=0.03)] if foot is not tones.base else []
        bib = [Mark(mirror(build.bib), tones.pale, 0.9, 0.02)] if "bib" in marked else []
        yield Form((leg,), tones.base, (*bib, *socks), relief=0.055, fur=build.fur * 0.45, shade=0.22)
    for side in (-1, 1):
        paw = ellipse(side * (x + 0.008), -py * 0.8, px, py)
        toes = [Mark(ellipse(side * x + k * px * 0.34, -py * 0.45, 0.006, py * 0.42), tones.dark, 0.5, 0.003) for k in (-1, 1)]
        yield Form((paw,), foot, tuple(toes) if foot is not tones.dark else (), relief=0.045, fur=build.fur * 0.35, shade=0.3)


def _arms(build: Build, tones: _Tones) -> Iterator[Form]:
    """A bear's: hanging to the knees, and soles turned to us."""
    for side in (-1, 1):
        sole = ellipse(side * 0.235, -0.085, 0.088, 0.098, side * 0.25)
        pads = [Mark(ellipse(side * 0.235, -0.065, 0.048, 0.046), tones.pale, 0.7, 0.008)]
        pads += [Mark(ellipse(side * (0.235 + k * 0.036), -0.14 + abs(k) * 0.008, 0.014, 0.015), tones.pale, 0.7, 0.004) for k in (-1, 0, 1)]
        yield Form((sole,), tones.base, tuple(pads), relief=0.06, fur=build.fur * 0.5)
    for side in (-1, 1):
        arm = limb([(side * 0.225, -0.5, 0.085), (side * 0.285, -0.36, 0.092), (side * 0.225, -0.225, 0.08), (side * 0.15, -0.2, 0.07)])
        yield Form((arm,), tones.base, relief=0.08, fur=build.fur * 0.8, shade=0.3)


def _body_marks(build: Build, coat: Coat, tones: _Tones) -> Iterator[Mark]:
    marked = coat.markings
    if "bib" in marked:
        yield Mark(mirror(build.bib), tones.pale, 1.0, 0.022)
    if "tabby" in marked:
        for side in (-1, 1):
            for k in range(4):
                y = -0.42 + k * 0.085
                stripe = limb([(side * 0.27, y + 0.0, 0.017), (side * 0.19, y + 0.018, 0.014), (side * 0.13, y + 0.045, 0.004)])
                yield Mark(stripe, tones.dark, 0.6, 0.008)
    if "patches" in marked:
        yield Mark(ellipse(0.19, -0.3, 0.12, 0.14, 0.4), tones.dark, 1.0, 0.014)
        yield Mark(ellipse(-0.2, -0.13, 0.09, 0.1), mix(tones.dark, colour("#d9853c"), 0.75), 1.0, 0.014)
    if "points" in marked:
        yield Mark(ellipse(0, 0.02, 0.4, 0.12), tones.dark, 0.75, 0.06)
    if "crescent" in marked:
        yield Mark(curve([(-0.17, -0.5), (0, -0.4), (0.17, -0.5), (0.1, -0.39), (0, -0.345), (-0.1, -0.39)]), tones.pale, 0.95, 0.012)


def _raised(build: Build, outline: F32) -> F32:
    return f32(outline + np.array([0, build.head_y]))


def _flipped(outline: F32, side: int) -> F32:
    return f32(outline * np.array([side, 1]))


def _ears(build: Build, coat: Coat, tones: _Tones, piece, head, spot: Spot, mirrored: bool) -> list[Piece]:  # type: ignore[no-untyped-def]
    """Both ears, each on a joint of its own that flicks now and then."""
    pieces = []
    for side in (-1, 1):
        outline = _flipped(_raised(build, curve(build.ear)), side)
        tone = tones.dark if {"points"} & set(coat.markings) else mix(tones.base, tones.dark, 0.45 if build.floppy else 0.08)
        if "patches" in coat.markings and side > 0:
            tone = tones.dark
        marks: list[Mark] = []
        if build.inner_ear:
            inner = mix(mix(tones.base, tones.pale, 0.3), _PINK, 0.6)
            marks.append(Mark(_flipped(_raised(build, curve(build.inner_ear)), side), inner, 0.9, 0.012))
        if "tips" in coat.markings:
            tip = min(build.ear, key=lambda p: p[1])
            marks.append(Mark(ellipse(side * tip[0], build.head_y + tip[1], 0.075, 0.085), tones.dark, 0.95, 0.025))
        form = Form((outline,), tone, tuple(marks), relief=0.045, fur=build.fur * 0.5, shade=0.35 if build.floppy else 0.2)
        base = build.ear[0] if build.floppy else (build.ear[-1][0] * 0.7, build.ear[-1][1])
        turn = -1 if mirrored else 1
        pivot = (spot.x + turn * side * base[0] * spot.size, spot.y + (build.head_y + base[1]) * spot.size)
        flick = Motion(pivot, swing=side * turn * 0.16, rate=1.9 + 0.35 * side, phase=side * 1.3, sharp=True)
        pieces.append(piece([form], (flick, *head)))
    return pieces


def _head(build: Build, coat: Coat, tones: _Tones, gaze: float) -> Iterator[Form]:
    outline = _raised(build, mirror(build.head))
    yield Form((outline,), tones.base, tuple(_face_marks(build, coat, tones)), relief=0.15, fur=build.fur, shade=0.42)
    marked = coat.markings
    y = build.head_y
    mx, my, mrx, mry = build.muzzle
    snout = tones.pale if "chops" in marked else tones.dark if "points" in marked else mix(tones.base, tones.pale, 0.55)
    lobes = tuple(ellipse(side * mx, y + my, mrx, mry) for side in ((-1, 1) if mx else (1,)))
    ny, nrx, nry = build.nose
    chin = ellipse(0, y + my + mry * 0.8, mrx * 0.62, mry * 0.5)
    yield Form((chin,), mix(snout, tones.dark, 0.12), relief=0.03, fur=0.006, shade=0.1)
    yield Form(lobes, snout, relief=0.05, fur=0.008, shade=0.16)
    yield from _mouth(build)
    nose = curve([(-nrx, y + ny - nry * 0.4), (0, y + ny - nry * 0.8), (nrx, y + ny - nry * 0.4), (nrx * 0.5, y + ny + nry * 0.7), (0, y + ny + nry), (-nrx * 0.5, y + ny + nry * 0.7)])
    yield Form((nose,), tones.nose, relief=0.018, shade=0.25, gloss=1.2)
    yield from _eyes(build, coat, tones, gaze)
    if build.whiskers:
        yield from _whiskers(build)


def _face_marks(build: Build, coat: Coat, tones: _Tones) -> Iterator[Mark]:
    marked, y = coat.markings, build.head_y
    if "points" in marked:
        yield Mark(ellipse(0, y + 0.05, 0.15, 0.14), tones.dark, 0.85, 0.05)
    if "tabby" in marked:
        for x, lean in ((0.0, 0.0), (-0.055, -0.012), (0.055, 0.012)):
            yield Mark(limb([(x + lean, y - 0.2, 0.016), (x, y - 0.1, 0.01), (x * 0.8, y - 0.07, 0.002)]), tones.dark, 0.75, 0.006)
        for side in (-1, 1):
            for k in (0, 1):
                at = y + 0.035 + k * 0.045
                yield Mark(limb([(side * 0.25, at - 0.012, 0.014), (side * 0.175, at + 0.01, 0.003)]), tones.dark, 0.7, 0.006)
    if "patches" in marked:
        yield Mark(ellipse(0.13, y - 0.08, 0.11, 0.13, 0.3), tones.dark, 1.0, 0.012)
        yield Mark(ellipse(-0.17, y - 0.12, 0.08, 0.09), mix(tones.dark, colour("#d9853c"), 0.75), 1.0, 0.012)
    if "cheeks" in marked:
        ex, ey, _, ery = build.eye
        for side in (-1, 1):
            lobe = [(side * 0.02, 0.07), (side * ex * 0.9, ey + ery + 0.045), (side * 0.2, ey + ery + 0.02), (side * 0.3, 0.08), (side * 0.16, 0.2), (0, 0.24)]
            yield Mark(_raised(build, curve(lobe)), tones.pale, 1.0, 0.012)
    if "blaze" in marked:
        yield Mark(_raised(build, mirror([(0, -0.17), (0.016, -0.1), (0.022, -0.02), (0.07, 0.06), (0, 0.12)])), tones.pale, 1.0, 0.01)
    if "brows" in marked:
        ex, ey, erx, ery = build.eye
        for side in (-1, 1):
            yield Mark(ellipse(side * ex * 0.9, y + ey - ery * 1.75, erx * 0.75, ery * 0.42, side * 0.3), tones.pale, 0.95, 0.008)


def _eyes(build: Build, coat: Coat, tones: _Tones, gaze: float) -> Iterator[Form]:
    ex, ey, rx, ry = build.eye
    y = build.head_y + ey
    look = gaze * rx * 0.1
    for side in (-1, 1):
        x = side * ex
        slant = side * (0.0 if build.round_pupil else -0.22)
        rim = ellipse(x, y, rx * 1.16, ry * 1.16, slant)
        iris = mix(tones.iris, _INK, 0.35)
        glow = Mark(ellipse(x + look, y + ry * 0.45, rx * 0.8, ry * 0.6), mix(tones.iris, _WHITE, 0.25), 0.9, rx * 0.22)
        pupil_x = rx * (0.66 if build.round_pupil else 0.42)
        pupil = Mark(ellipse(x + look, y, pupil_x, ry * (0.68 if build.round_pupil else 0.76)), _INK, 1.0, rx * 0.05)
        lid = Mark(ellipse(x, y - ry * 1.02, rx * 1.3, ry * 0.55), _INK, 0.65, rx * 0.2)
        yield Form((rim,), _INK, relief=0, shade=0.12)
        yield Form((ellipse(x, y, rx, ry, slant),), iris, (glow, pupil, lid), relief=0, shade=0, glowing=False)
        yield Form((ellipse(x - rx * 0.28 + look, y - ry * 0.34, rx * 0.24, ry * 0.24),), _WHITE, relief=0, shade=0, glowing=True, opacity=0.95)
        yield Form((ellipse(x + rx * 0.3 + look, y + ry * 0.36, rx * 0.11, ry * 0.11),), _WHITE, relief=0, shade=0, glowing=True, opacity=0.6)


def _mouth(build: Build) -> Iterator[Form]:
    mx, my, mrx, mry = build.muzzle
    ny, _, nry = build.nose
    y = build.head_y
    top, low = y + ny + nry * 0.8, y + my + mry * (0.45 if mx == 0 else 0.72)
    reach = mrx * 0.62 if mx == 0 else mx * 1.5
    ink = colour("#3a2224")
    yield Form((limb([(0, top, 0.0035), (0, low, 0.004)], 3),), ink, relief=0, shade=0, opacity=0.85)
    for side in (-1, 1):
        smile = limb([(0, low, 0.004), (side * reach * 0.5, low + mry * 0.3, 0.0045), (side * reach, low - mry * 0.02, 0.002)])
        yield Form((smile,), ink, relief=0, shade=0, opacity=0.85)


def _whiskers(build: Build) -> Iterator[Form]:
    mx, my, mrx, _ = build.muzzle
    y = build.head_y + my
    for side in (-1, 1):
        for k in (-1, 0, 1):
            hair = limb([(side * (mx + mrx * 0.5), y + k * 0.014, 0.0026), (side * 0.2, y + k * 0.035 - 0.006, 0.002), (side * 0.3, y + k * 0.06 + 0.012, 0.0007)])
            yield Form((hair,), _WHITE, relief=0, shade=0, opacity=0.55)


def _lids(build: Build, tones: _Tones) -> Iterator[Form]:
    ex, ey, rx, ry = build.eye
    y = build.head_y + ey
    for side in (-1, 1):
        yield Form((ellipse(side * ex, y, rx * 1.22, ry * 1.22),), tones.base, relief=0.03, shade=0)
        lash = limb([(side * ex - rx, y + ry * 0.2, 0.003), (side * ex, y + ry * 0.55, 0.006), (side * ex + rx, y + ry * 0.2, 0.003)])
        yield Form((lash,), _INK, relief=0, shade=0)
