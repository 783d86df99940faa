"""Hair without locks: curls, a crop, a bun and a beard."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.palette import colour, mix
from genmux.render.portraiture.head import Turn
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.portraiture.strands import Tones, seen, tapered, tones
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path

_CAP: Final = path(
    "-0.352 0, -0.372 -0.2, -0.31 -0.42, -0.14 -0.545, 0.06 -0.555, 0.26 -0.47, 0.36 -0.25, 0.352 0,"
    "0.325 -0.1, 0.30 -0.24, 0.245 -0.335, 0.1 -0.365, -0.1 -0.365, -0.245 -0.335, -0.3 -0.24, -0.325 -0.1"
)
_BEARD: Final = path(
    "-0.345 0.06, -0.345 0.22, -0.27 0.4, -0.15 0.52, 0 0.56, 0.15 0.52, 0.27 0.4, 0.345 0.22, 0.345 0.06,"
    "0.29 0.17, 0.22 0.225, 0.12 0.235, 0.05 0.252,"
    "0 0.258, -0.05 0.252, -0.12 0.235, -0.22 0.225, -0.29 0.17"
)
_MOUTH: Final = path("-0.12 0.305, -0.05 0.272, 0.05 0.272, 0.12 0.305, 0.06 0.375, -0.06 0.375")


def paint_crop(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator) -> None:
    """Short hair: a shaded cap of fine strokes, thin over the ears."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    outline = curve(seen(turn, _CAP), 6)
    sheet.fill(
        outline,
        Fade(tone.base, mix(tone.base, tone.deep, 0.4), (lamp.side * 0.2, -0.5), (-lamp.side * 0.3, -0.2)),
        0.92,
        0.008,
    )
    inside = sheet.mask([outline], 0.008)
    for paint, opacity in ((tone.deep, 0.6), (tone.light, 0.5), (tone.shine, 0.35)):
        marks = []
        for a, b, c in rng.random((240, 3)):
            angle = np.pi * (0.93 + 1.14 * a)
            radius = 0.34 + 0.13 * b
            x, y = np.cos(angle) * radius, -0.11 + np.sin(angle) * radius * 0.98
            if paint is tone.shine and (x * lamp.side < -0.05 or y > -0.3):
                continue
            dx, dy = np.cos(angle) * 0.05, np.sin(angle) * 0.05
            marks.append(
                stroke(
                    seen(
                        turn,
                        (
                            (x, y),
                            (x + dx * 0.5 + 0.006 * c, y + dy * 0.5),
                            (x + dx + 0.016 * (c - 0.3), y + dy),
                        ),
                    ),
                    0.006,
                    0.005,
                    0.001,
                    2,
                )
            )
        sheet.fill_all(marks, paint, opacity, 0.001, inside)


def paint_beard(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator, inside: F32) -> None:
    """A full beard, or stubble when `beard` is below 1."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    low = 0.05 if who.beard >= 1 else 0.0
    edge = curve([(x, y + (low if y > 0.35 else 0)) for x, y in turn.at(_BEARD)], 6)
    mouth = curve(turn.at(_MOUTH, 0.02), 6)
    area = sheet.mask([edge], 0.016) * (1 - sheet.mask([mouth], 0.01))
    if who.beard < 1:
        area = f32(area * inside)
    full = who.beard >= 1
    sheet.wash(f32(area * (0.92 if full else 0.34)), mix(tone.base, tone.deep, 0.3))
    for paint, opacity in ((tone.deep, 0.5), (tone.light, 0.5), (tone.shine, 0.22)):
        marks = []
        for a, b, c in rng.random((260, 3)):
            x, y = (a - 0.5) * 0.7, 0.1 + 0.46 * b
            sx, sy = turn.at([(x, y)])[0]
            long = (0.045 if full else 0.012) * (0.6 + 0.6 * c)
            marks.append(
                stroke(
                    [
                        (sx, sy),
                        (sx + x * long * 0.5, sy + long * 0.5),
                        (sx + x * long * 0.8 + 0.01 * (c - 0.5), sy + long),
                    ],
                    0.005,
                    0.004,
                    0.001,
                    2,
                )
            )
        sheet.fill_all(marks, paint, opacity * (1 if full else 0.5), 0.001, area)


def _curls(big: bool, front: bool, rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Where curls are: x, y, radius, and how each is turned in 0..1."""
    count = (150 if big else 90) if not front else (70 if big else 110)
    reach, low = (0.60, 0.34) if big else (0.48, -0.12)
    dots: list[tuple[float, float, float, float]] = []
    for a, b, c in rng.random((count, 3)):
        if front:
            angle = np.pi * (1.0 + a)
            radius = 0.335 + 0.17 * b
            x, y = np.cos(angle) * radius * 0.98, -0.12 + np.sin(angle) * radius * 0.95 - (0 if big else 0.02)
            if y > -0.27 and abs(x) < 0.29:
                continue
        else:
            angle = np.pi * (0.78 + 1.44 * a)
            radius = reach * (0.45 + 0.55 * np.sqrt(b))
            x, y = np.cos(angle) * radius * 0.92, -0.14 + np.sin(angle) * radius * 0.86
            if y > low:
                continue
        dots.append((x, y, (0.062 if big else 0.046) * (0.75 + 0.5 * c), c))
    return dots


def paint_curls(sheet: Sheet, who: Sitter, lamp: Light, rng: np.random.Generator, front: bool) -> None:
    """A cloud of curls around the head, or those at the hairline."""
    turn, tone = Turn(who.yaw), tones(who, lamp)
    big = who.style == "curly"
    dots = _curls(big, front, rng)
    points = seen(turn, tuple((x, y) for x, y, _, _ in dots))
    base = (
        tone
        if front
        else Tones(
            mix(tone.deep, colour("#000000"), 0.15),
            mix(tone.deep, tone.base, 0.55),
            mix(tone.base, tone.light, 0.3),
            tone.light,
        )
    )
    sheet.fill_all(
        [ellipse(x, y, r, r, points=14) for (x, y), (_, _, r, _) in zip(points, dots, strict=True)],
        mix(base.deep, base.base, 0.35),
        1,
        0.002,
    )
    for paint, opacity, from_, size in (
        (base.base, 0.8, 0.0, 1.0),
        (base.light, 0.55, 0.35, 0.8),
        (base.shine, 0.5, 0.55, 0.62),
    ):
        arcs = []
        for (x, y), (_, _, r, c) in zip(points, dots, strict=True):
            facing = 0.5 + 0.5 * (lamp.side * x * 1.5 - (y + 0.1) * 1.2) + 0.25 * (c - 0.5)
            if facing < from_:
                continue
            ring = ellipse(x, y, r * size, r * size * 0.85, c * 6.28, 20)
            arcs.append(tapered(ring[2 + int(c * 5) : 13 + int(c * 5)], r * 0.3 * size))
        sheet.fill_all(arcs, paint, opacity, 0.002)
    if not front:
        rim = [
            ellipse(x, y, r, r, points=16)
            for (x, y), (_, _, r, _) in zip(points, dots, strict=True)
            if np.hypot(x, y + 0.14) > (0.60 if big else 0.48) * 0.82 and x * lamp.side > 0.05
        ]
        sheet.fill_all(
            [tapered(f32(o[10:16] if lamp.side > 0 else o[7:13]), 0.012) for o in rim], lamp.rim, 0.6, 0.003
        )


def paint_bun(
    sheet: Sheet, at: tuple[float, float], r: float, tone: Tones, lamp: Light, rng: np.random.Generator
) -> None:
    """A bun: strands wound around a ball."""
    x, y = at
    shape = ellipse(x, y, r, r * 0.86)
    sheet.fill(
        shape,
        Fade(tone.light, tone.deep, (x + lamp.side * r * 0.6, y - r * 0.7), (x - lamp.side * r * 0.7, y + r)),
    )
    inside = sheet.mask([shape])
    for paint, opacity in ((tone.deep, 0.5), (tone.light, 0.4), (tone.shine, 0.3)):
        winds = []
        for k in range(16):
            size, shift, turn = rng.random(3)
            arc = ellipse(
                x + (shift - 0.5) * r * 0.6, y + r * 0.2, r * (0.3 + 0.7 * size), r * (0.2 + 0.6 * size), turn
            )
            winds.append(tapered(arc[5 + k % 5 : 24 + k % 7], 0.004 + 0.006 * turn))
        sheet.fill_all(winds, paint, opacity, 0.0015, inside)
    sheet.fill(
        tapered(
            ellipse(x, y, r, r * 0.86)[28:39] if lamp.side > 0 else ellipse(x, y, r, r * 0.86)[21:32], 0.018
        ),
        lamp.rim,
        0.7,
        0.004,
    )
