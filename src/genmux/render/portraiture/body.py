"""Neck and shoulders, and the cloth that covers them."""

from __future__ import annotations

from typing import Final

from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.palette import colour, mix
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse

BOTTOM: Final = 3.2


def build(who: Sitter) -> tuple[float, float]:
    """Half widths of neck and shoulders in head heights."""
    if who.child:
        return 0.132, 0.54
    return (0.165, 0.78) if who.female else (0.215, 0.96)


def paint_neck(sheet: Sheet, who: Sitter, lamp: Light, neck: float) -> None:
    base = mix(lamp.shade, mix(who.skin, colour("#a8442c"), 0.08), lamp.level)
    x = 0.10 * who.yaw
    shape = curve(
        [
            (x - neck, 0.2),
            (x - neck * 0.96, 0.5),
            (-neck * 1.05, 0.66),
            (-neck - 0.22, 0.80),
            (-neck - 0.1, 1.12),
            (neck + 0.1, 1.12),
            (neck + 0.22, 0.80),
            (neck * 1.05, 0.66),
            (x + neck * 0.96, 0.5),
            (x + neck, 0.2),
        ],
        8,
    )
    s = lamp.side
    sheet.fill(shape, Fade(lamp.on(base, 0.25), lamp.on(base, -0.55), (s * neck, 0), (-s * neck * 1.3, 0)))
    inside = sheet.mask([shape])
    cast = curve([(-0.4, 0.3), (0.5, 0.3), (neck + 0.05, 0.53), (-s * 0.03, 0.66), (-neck - 0.05, 0.53)])
    sheet.fill(cast, lamp.on(mix(base, colour("#5a1f18"), 0.45), -0.55), 0.85, 0.035, inside)
    tendon = [(s * 0.02 + neck * 0.8, 0.5), (0.06, 0.68), (0.035, 0.77)]
    sheet.fill(stroke(tendon, 0.01, 0.03, 0.01), lamp.on(base, -0.4), 0.35, 0.014, inside)
    for side in (-1, 1):
        bone = [(side * 0.05, 0.80), (side * 0.16, 0.785), (side * 0.32, 0.76)]
        sheet.fill(stroke(bone, 0.006, 0.02, 0.004), lamp.on(base, 0.3), 0.4, 0.012, inside)
        sheet.fill(
            stroke([(a, b + 0.024) for a, b in bone], 0.006, 0.02, 0.004),
            lamp.on(base, -0.45),
            0.4,
            0.012,
            inside,
        )


def paint_cloth(sheet: Sheet, who: Sitter, lamp: Light, torso: F32, wide: float) -> F32:
    """The cloth of the body with its folds; returns its mask."""
    base, s = mix(lamp.shade, who.cloth, 0.25 + 0.7 * lamp.level), lamp.side
    sheet.fill(torso, Fade(lamp.on(base, 0.35), lamp.on(base, -0.55), (s * wide, 0.7), (-s * wide, 1.3)))
    inside = sheet.mask([torso])
    dark, bright = lamp.on(base, -0.75), lamp.on(base, 0.55)
    deep = mix(dark, lamp.shade, 0.4)
    sheet.fill([(-2, 1.3), (2, 1.3), (2, BOTTOM), (-2, BOTTOM)], deep, 0.55, 0.3, inside)
    sheet.fill(ellipse(-s * wide * 0.9, 1.6, wide * 0.5, 0.9), dark, 0.5, 0.12, inside)
    for side in (-1, 1):
        sheet.fill(
            stroke(
                [(side * wide * 0.74, 1.0), (side * wide * 0.66, 1.3), (side * wide * 0.72, 2.2)],
                0.02,
                0.06,
                0.05,
            ),
            dark,
            0.6,
            0.022,
            inside,
        )
        for k, reach in enumerate((0.34, 0.46)):
            y = 1.1 + 0.16 * k
            fold = [
                (side * wide * 0.71, y),
                (side * wide * (0.62 - 0.05 * k), y + 0.14),
                (side * wide * reach, y + 0.24),
            ]
            sheet.fill(stroke(fold, 0.04, 0.03, 0.004), dark, 0.28, 0.022, inside)
        sheet.fill(
            stroke(
                [(side * wide * 0.95, 1.05), (side * (wide + 0.0), 1.4), (side * wide * 0.98, 1.9)],
                0.03,
                0.05,
                0.02,
            ),
            bright if side == s else dark,
            0.35,
            0.03,
            inside,
        )
    edge = [
        (s * (wide * 0.3 + 0.1), 0.70),
        (s * wide * 0.78, 0.80),
        (s * wide, 0.98),
        (s * (wide + 0.09), 1.5),
        (s * (wide + 0.11), 2.6),
    ]
    sheet.fill(stroke(edge, 0.01, 0.05, 0.05), lamp.rim, 0.85, 0.008, inside)
    sheet.fill(stroke(edge, 0.05, 0.2, 0.2), lamp.rim, 0.22, 0.05, inside)
    return inside
