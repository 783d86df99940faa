"""The faces of animals that sit facing us: markings, muzzle, mouth, eyes, whiskers and eyelids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.paint.limbs import limb, mirror
from genmux.render.paint.sculpture import Form, Mark
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse
from genmux.render.subjects.breeds import Build, Coat

_INK: Final = colour("#140e12")
_WHITE: Final = colour("#ffffff")


@dataclass(frozen=True, slots=True, eq=False)
class Tones:
    base: F32
    pale: F32
    dark: F32
    iris: F32
    nose: F32


def raised(build: Build, outline: F32) -> F32:
    return f32(outline + np.array([0, build.head_y]))


def flipped(outline: F32, side: int) -> F32:
    return f32(outline * np.array([side, 1]))


def face(build: Build, coat: Coat, tones: Tones, gaze: float) -> Iterator[Form]:
    outline = raised(build, mirror(build.head))
    yield Form(
        (outline,), tones.base, tuple(_face_marks(build, coat, tones)), relief=0.15, fur=build.fur, shade=0.42
    )
    marked = coat.markings
    y = build.head_y
    mx, my, mrx, mry = build.muzzle
    snout = (
        tones.pale
        if "chops" in marked
        else tones.dark
        if "points" in marked
        else mix(tones.base, tones.pale, 0.55)
    )
    lobes = tuple(ellipse(side * mx, y + my, mrx, mry) for side in ((-1, 1) if mx else (1,)))
    ny, nrx, nry = build.nose
    chin = ellipse(0, y + my + mry * 0.8, mrx * 0.62, mry * 0.5)
    yield Form((chin,), mix(snout, tones.dark, 0.12), relief=0.03, fur=0.006, shade=0.1)
    yield Form(lobes, snout, relief=0.05, fur=0.008, shade=0.16)
    yield from _mouth(build)
    nose = curve(
        [
            (-nrx, y + ny - nry * 0.4),
            (0, y + ny - nry * 0.8),
            (nrx, y + ny - nry * 0.4),
            (nrx * 0.5, y + ny + nry * 0.7),
            (0, y + ny + nry),
            (-nrx * 0.5, y + ny + nry * 0.7),
        ]
    )
    yield Form((nose,), tones.nose, relief=0.018, shade=0.25, gloss=1.2)
    yield from _eyes(build, coat, tones, gaze)
    if build.whiskers:
        yield from _whiskers(build)


def _face_marks(build: Build, coat: Coat, tones: Tones) -> Iterator[Mark]:
    marked, y = coat.markings, build.head_y
    if "points" in marked:
        yield Mark(ellipse(0, y + 0.05, 0.15, 0.14), tones.dark, 0.85, 0.05)
    if "tabby" in marked:
        for x, lean in ((0.0, 0.0), (-0.055, -0.012), (0.055, 0.012)):
            yield Mark(
                limb([(x + lean, y - 0.2, 0.016), (x, y - 0.1, 0.01), (x * 0.8, y - 0.07, 0.002)]),
                tones.dark,
                0.75,
                0.006,
            )
        for side in (-1, 1):
            for k in (0, 1):
                at = y + 0.035 + k * 0.045
                yield Mark(
                    limb([(side * 0.25, at - 0.012, 0.014), (side * 0.175, at + 0.01, 0.003)]),
                    tones.dark,
                    0.7,
                    0.006,
                )
    if "patches" in marked:
        yield Mark(ellipse(0.13, y - 0.08, 0.11, 0.13, 0.3), tones.dark, 1.0, 0.012)
        yield Mark(ellipse(-0.17, y - 0.12, 0.08, 0.09), mix(tones.dark, colour("#d9853c"), 0.75), 1.0, 0.012)
    yield from _pale_marks(build, marked, tones)


def _pale_marks(build: Build, marked: Sequence[str], tones: Tones) -> Iterator[Mark]:
    """Cheeks, blaze and brows."""
    y = build.head_y
    if "cheeks" in marked:
        ex, ey, _, ery = build.eye
        for side in (-1, 1):
            lobe = [
                (side * 0.02, 0.07),
                (side * ex * 0.9, ey + ery + 0.045),
                (side * 0.2, ey + ery + 0.02),
                (side * 0.3, 0.08),
                (side * 0.16, 0.2),
                (0, 0.24),
            ]
            yield Mark(raised(build, curve(lobe)), tones.pale, 1.0, 0.012)
    if "blaze" in marked:
        yield Mark(
            raised(build, mirror([(0, -0.17), (0.016, -0.1), (0.022, -0.02), (0.07, 0.06), (0, 0.12)])),
            tones.pale,
            1.0,
            0.01,
        )
    if "brows" in marked:
        ex, ey, erx, ery = build.eye
        for side in (-1, 1):
            yield Mark(
                ellipse(side * ex * 0.9, y + ey - ery * 1.75, erx * 0.75, ery * 0.42, side * 0.3),
                tones.pale,
                0.95,
                0.008,
            )


def _eyes(build: Build, coat: Coat, tones: Tones, gaze: float) -> Iterator[Form]:
    ex, ey, rx, ry = build.eye
    y = build.head_y + ey
    look = gaze * rx * 0.1
    for side in (-1, 1):
        x = side * ex
        slant = side * (0.0 if build.round_pupil else -0.22)
        rim = ellipse(x, y, rx * 1.16, ry * 1.16, slant)
        iris = mix(tones.iris, _INK, 0.35)
        glow = Mark(
            ellipse(x + look, y + ry * 0.45, rx * 0.8, ry * 0.6),
            mix(tones.iris, _WHITE, 0.25),
            0.9,
            rx * 0.22,
        )
        pupil_x = rx * (0.66 if build.round_pupil else 0.42)
        pupil = Mark(
            ellipse(x + look, y, pupil_x, ry * (0.68 if build.round_pupil else 0.76)), _INK, 1.0, rx * 0.05
        )
        lid = Mark(ellipse(x, y - ry * 1.02, rx * 1.3, ry * 0.55), _INK, 0.65, rx * 0.2)
        yield Form((rim,), _INK, relief=0, shade=0.12)
        yield Form(
            (ellipse(x, y, rx, ry, slant),), iris, (glow, pupil, lid), relief=0, shade=0, glowing=False
        )
        yield Form(
            (ellipse(x - rx * 0.28 + look, y - ry * 0.34, rx * 0.24, ry * 0.24),),
            _WHITE,
            relief=0,
            shade=0,
            glowing=True,
            opacity=0.95,
        )
        yield Form(
            (ellipse(x + rx * 0.3 + look, y + ry * 0.36, rx * 0.11, ry * 0.11),),
            _WHITE,
            relief=0,
            shade=0,
            glowing=True,
            opacity=0.6,
        )


def _mouth(build: Build) -> Iterator[Form]:
    mx, my, mrx, mry = build.muzzle
    ny, _, nry = build.nose
    y = build.head_y
    top, low = y + ny + nry * 0.8, y + my + mry * (0.45 if mx == 0 else 0.72)
    reach = mrx * 0.62 if mx == 0 else mx * 1.5
    ink = colour("#3a2224")
    yield Form((limb([(0, top, 0.0035), (0, low, 0.004)], 3),), ink, relief=0, shade=0, opacity=0.85)
    for side in (-1, 1):
        smile = limb(
            [
                (0, low, 0.004),
                (side * reach * 0.5, low + mry * 0.3, 0.0045),
                (side * reach, low - mry * 0.02, 0.002),
            ]
        )
        yield Form((smile,), ink, relief=0, shade=0, opacity=0.85)


def _whiskers(build: Build) -> Iterator[Form]:
    mx, my, mrx, _ = build.muzzle
    y = build.head_y + my
    for side in (-1, 1):
        for k in (-1, 0, 1):
            hair = limb(
                [
                    (side * (mx + mrx * 0.5), y + k * 0.014, 0.0026),
                    (side * 0.2, y + k * 0.035 - 0.006, 0.002),
                    (side * 0.3, y + k * 0.06 + 0.012, 0.0007),
                ]
            )
            yield Form((hair,), _WHITE, relief=0, shade=0, opacity=0.55)


def lids(build: Build, tones: Tones) -> Iterator[Form]:
    ex, ey, rx, ry = build.eye
    y = build.head_y + ey
    for side in (-1, 1):
        yield Form((ellipse(side * ex, y, rx * 1.22, ry * 1.22),), tones.base, relief=0.03, shade=0)
        lash = limb(
            [
                (side * ex - rx, y + ry * 0.2, 0.003),
                (side * ex, y + ry * 0.55, 0.006),
                (side * ex + rx, y + ry * 0.2, 0.003),
            ]
        )
        yield Form((lash,), _INK, relief=0, shade=0)
