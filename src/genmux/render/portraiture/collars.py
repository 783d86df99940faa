"""Collars close around the neck: a turtleneck, a round neck, a blouse, a shirt."""

from __future__ import annotations

from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.palette import mix
from genmux.render.portraiture.body import build
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse


def cloth_tones(who: Sitter, lamp: Light) -> tuple[F32, F32, F32]:
    """The cloth as it is, where light falls on it, and in its folds."""
    base = mix(lamp.shade, who.cloth, 0.25 + 0.7 * lamp.level)
    return base, lamp.on(base, 0.4), lamp.on(base, -0.6)


def turtleneck(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """A ribbed collar that is folded over."""
    neck, wide = build(who)
    base, bright, dark = cloth_tones(who, lamp)
    s, x = lamp.side, 0.05 * who.yaw
    torso = Fade(lamp.on(base, 0.35), lamp.on(base, -0.55), (s * wide, 0.7), (-s * wide, 1.3))
    sheet.fill(ellipse(0, 0.76, neck * 1.1, 0.09), torso)
    shape = curve(
        [
            (x - neck - 0.02, 0.50),
            (x, 0.545),
            (x + neck + 0.02, 0.50),
            (neck + 0.045, 0.64),
            (neck + 0.09, 0.72),
            (0, 0.80),
            (-neck - 0.09, 0.72),
            (-neck - 0.045, 0.64),
        ],
        8,
    )
    sheet.fill(shape, Fade(bright, dark, (s * neck, 0.6), (-s * neck * 1.2, 0.7)))
    within = sheet.mask([shape])
    ribs = [
        stroke(
            [
                (x + k * neck / 5, 0.50 + 0.04 * (1 - (k / 5) ** 2)),
                (k * neck / 4.8, 0.66),
                (k * neck / 4.2, 0.82),
            ],
            0.004,
            0.007,
            0.004,
            3,
        )
        for k in range(-6, 7)
    ]
    sheet.fill_all(ribs, dark, 0.5, 0.003, within)
    _fold(sheet, neck, (bright, dark), within)
    sheet.fill(
        stroke([(-neck - 0.12, 0.73), (0, 0.825), (neck + 0.12, 0.73)], 0.01, 0.035, 0.01),
        dark,
        0.55,
        0.015,
        inside,
    )


def _fold(sheet: Sheet, neck: float, tones: tuple[F32, F32], within: F32) -> None:
    """Where the collar is folded: a dark line under a bright one."""
    fold = [(-neck - 0.05, 0.635), (0, 0.69), (neck + 0.05, 0.635)]
    sheet.fill(stroke(fold, 0.012, 0.026, 0.012), tones[1], 0.7, 0.008, within)
    sheet.fill(stroke([(a, b - 0.025) for a, b in fold], 0.008, 0.02, 0.008), tones[0], 0.5, 0.008, within)


def round_neck(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """A narrow hem around the neck."""
    neck, _ = build(who)
    base, bright, dark = cloth_tones(who, lamp)
    line = [(-neck - 0.12, 0.655), (-neck * 0.7, 0.79), (0, 0.835), (neck * 0.7, 0.79), (neck + 0.12, 0.655)]
    sheet.fill(stroke(line, 0.03, 0.045, 0.03), base, 1, 0.001)
    sheet.fill(stroke([(a, b + 0.022) for a, b in line], 0.006, 0.010, 0.006), dark, 0.7, 0.004)
    sheet.fill(stroke([(a, b - 0.012) for a, b in line], 0.004, 0.010, 0.004), bright, 0.6, 0.004)


def blouse(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """A soft collar with two round wings and a row of buttons."""
    neck, _ = build(who)
    white = mix(lamp.shade, who.trim, 0.3 + 0.65 * lamp.level)
    round_neck(sheet, who, lamp, inside)
    for side in (-1, 1):
        wing = curve(
            [
                (side * (neck + 0.1), 0.64),
                (side * neck * 0.7, 0.77),
                (0.0, 0.83),
                (side * 0.1, 0.97),
                (side * 0.27, 0.96),
                (side * 0.33, 0.80),
            ],
            8,
        )
        lit = 0.2 if side == lamp.side else -0.3
        sheet.fill([(x, y + 0.02) for x, y in wing], lamp.on(who.cloth, -0.8), 0.5, 0.016, inside)
        sheet.fill(wing, Fade(lamp.on(white, lit), lamp.on(white, lit - 0.3), (0, 0.66), (0, 1.0)))
    for k in range(3):
        sheet.fill(ellipse(0, 1.04 + 0.2 * k, 0.017, 0.017), white, 1, 0.001)


def shirt(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """An open collar over a row of buttons."""
    neck, _ = build(who)
    base, bright, dark = cloth_tones(who, lamp)
    skin = lamp.on(mix(lamp.shade, who.skin, lamp.level), -0.25)
    sheet.fill(curve([(-neck - 0.04, 0.64), (neck + 0.04, 0.64), (0.0, 1.0)], 6), skin, 1, 0.004)
    sheet.fill(stroke([(0, 0.97), (0.01, 1.4), (0.0, 2.4)], 0.012, 0.016, 0.016), dark, 0.6, 0.004, inside)
    for side in (-1, 1):
        wing = curve(
            [
                (side * neck * 0.95, 0.55),
                (side * (neck + 0.13), 0.67),
                (side * 0.22, 0.98),
                (side * 0.015, 0.99),
                (side * 0.12, 0.78),
            ],
            6,
        )
        sheet.fill([(x, y + 0.02) for x, y in wing], dark, 0.6, 0.014, inside)
        lit = 0.35 if side == lamp.side else -0.2
        sheet.fill(wing, Fade(lamp.on(base, lit + 0.15), lamp.on(base, lit - 0.15), (0, 0.6), (0, 1.0)))
    for k in range(3):
        sheet.fill(ellipse(0.02, 1.14 + 0.22 * k, 0.014, 0.014), bright, 0.9, 0.001)
