"""What is worn: suits, hoods, robes and scarves, or a plain collar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.palette import colour, mix
from genmux.render.portraiture.body import BOTTOM, build, paint_cloth, paint_neck
from genmux.render.portraiture.collars import blouse, cloth_tones, round_neck, shirt, turtleneck
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, path


def _suit(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """A white shirt, a tie and two lapels."""
    neck, _ = build(who)
    base, _bright, dark = cloth_tones(who, lamp)
    white = mix(lamp.shade, colour("#f3f1ee"), 0.3 + 0.65 * lamp.level)
    sheet.fill(
        curve(
            [
                (-neck - 0.1, 0.6),
                (0, 0.7),
                (neck + 0.1, 0.6),
                (neck + 0.16, 0.75),
                (0.0, 1.75),
                (-neck - 0.16, 0.75),
            ],
            8,
        ),
        Fade(lamp.on(white, 0.1), lamp.on(white, -0.4), (lamp.side * 0.2, 0.7), (-lamp.side * 0.2, 1.1)),
    )
    _tie(sheet, who, lamp)
    for side in (-1, 1):
        _lapel(sheet, lamp, (base, dark), white, neck, side, inside)


def _tie(sheet: Sheet, who: Sitter, lamp: Light) -> None:
    tie = mix(lamp.shade, mix(who.trim, lamp.rim, 0.3), 0.3 + 0.5 * lamp.level)
    if max(who.trim) > 0.7:
        tie = lamp.on(mix(who.cloth, colour("#8a2b34"), 0.7), -0.1)
    sheet.fill(
        curve(
            path("-0.045 0.75, 0.045 0.75, 0.035 0.85, 0.09 1.5, 0 1.75, -0.09 1.5, -0.035 0.85"),
            6,
        ),
        Fade(lamp.on(tie, 0.2), lamp.on(tie, -0.4), (lamp.side * 0.1, 0.8), (-lamp.side * 0.1, 1.3)),
    )
    sheet.fill(
        stroke([(-0.036, 0.85), (0, 0.865), (0.036, 0.85)], 0.008, 0.012, 0.008),
        lamp.on(tie, -0.6),
        0.8,
        0.003,
    )


def _lapel(
    sheet: Sheet, lamp: Light, tones: tuple[F32, F32], white: F32, neck: float, side: int, inside: F32
) -> None:
    """One wing of the shirt's collar and the lapel over it."""
    base, dark = tones
    wing = [
        (side * neck * 0.9, 0.56),
        (side * (neck + 0.1), 0.66),
        (side * 0.15, 0.90),
        (side * 0.03, 0.77),
    ]
    sheet.fill([(x, y + 0.015) for x, y in wing], lamp.on(white, -0.8), 0.4, 0.01)
    sheet.fill(wing, lamp.on(white, 0.25 if side == lamp.side else -0.15))
    lapel = curve(
        [
            (side * (neck + 0.12), 0.645),
            (side * 0.40, 0.98),
            (side * 0.45, 1.10),
            (side * 0.34, 1.13),
            (side * 0.02, 1.85),
            (side * 0.16, 1.15),
            (side * 0.19, 0.86),
        ],
        4,
    )
    sheet.fill([(x + side * 0.015, y + 0.02) for x, y in lapel], dark, 0.7, 0.02, inside)
    lit = 0.3 if side == lamp.side else -0.25
    sheet.fill(lapel, Fade(lamp.on(base, lit + 0.1), lamp.on(base, lit - 0.25), (0, 0.7), (0, 1.7)))


def _hoodie(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    neck, _ = build(who)
    base, _bright, dark = cloth_tones(who, lamp)
    round_neck(sheet, who, lamp, inside)
    for side in (-1, 1):
        hood = curve(
            [
                (side * (neck - 0.02), 0.50),
                (side * (neck + 0.16), 0.50),
                (side * (neck + 0.34), 0.70),
                (side * (neck + 0.22), 0.90),
                (side * 0.04, 1.02),
                (side * 0.02, 0.93),
                (side * (neck - 0.01), 0.76),
            ],
            8,
        )
        sheet.fill([(x, y + 0.03) for x, y in hood], dark, 0.6, 0.03, inside)
        lit = 0.3 if side == lamp.side else -0.3
        sheet.fill(
            hood,
            Fade(lamp.on(base, lit + 0.1), lamp.on(base, lit - 0.4), (side * 0.3, 0.5), (side * 0.1, 1.0)),
        )
        within = sheet.mask([hood])
        sheet.fill(
            stroke(
                [(side * (neck + 0.03), 0.52), (side * (neck + 0.06), 0.72), (side * 0.05, 0.96)],
                0.02,
                0.05,
                0.02,
            ),
            dark,
            0.55,
            0.02,
            within,
        )
        sheet.fill(
            stroke([(side * 0.08, 0.97), (side * 0.095, 1.2), (side * 0.085, 1.46)], 0.018, 0.016, 0.018),
            lamp.on(who.trim, -0.1),
            0.95,
            0.001,
        )


def _crossed(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """A robe closed left over right, with a broad band along the edge and a lighter one under it."""
    neck, _ = build(who)
    base, _bright, dark = cloth_tones(who, lamp)
    trim = mix(lamp.shade, who.trim, 0.3 + 0.65 * lamp.level)
    skin = lamp.on(mix(lamp.shade, who.skin, lamp.level), -0.15)
    sheet.fill(curve([(-neck - 0.02, 0.62), (neck + 0.02, 0.62), (0.03, 0.98)], 6), skin, 1, 0.004)
    under = [
        [(neck + 0.05, 0.57), (neck * 0.72, 0.80), (-0.1, 1.12), (-0.5, 1.7)],
        [(-neck - 0.05, 0.57), (-neck * 0.72, 0.80), (0.1, 1.12), (0.52, 1.75)],
    ]
    for k, line in enumerate(under):
        inner = [(x * 0.86 - (0.01 if k else -0.01), y) for x, y in line]
        sheet.fill(stroke([(x, y + 0.03) for x, y in line], 0.1, 0.16, 0.16, 8), dark, 0.5, 0.025, inside)
        sheet.fill(stroke(inner, 0.02, 0.06, 0.05, 8), lamp.on(trim, 0.2), 1, 0.001)
        sheet.fill(
            stroke(line, 0.03, 0.13, 0.14, 8),
            Fade(lamp.on(base, 0.35), lamp.on(base, -0.5), (lamp.side * 0.3, 0.7), (-lamp.side * 0.3, 1.3)),
            1,
            0.001,
        )
        sheet.fill(
            stroke([(x + (-0.05 if k else 0.05), y + 0.02) for x, y in line], 0.006, 0.012, 0.012, 8),
            lamp.on(trim, 0.0),
            0.85,
            0.002,
        )
    sash = f32(path("-1.4 1.72, 1.4 1.72, 1.4 2.1, -1.4 2.1"))
    sheet.fill(
        sash,
        Fade(lamp.on(trim, 0.1), lamp.on(trim, -0.6), (lamp.side, 1.7), (-lamp.side, 2.0)),
        1,
        0.004,
        inside,
    )


def _coat(sheet: Sheet, who: Sitter, lamp: Light, inside: F32) -> None:
    """A scarf wound over a coat."""
    neck, _ = build(who)
    _base, _bright, dark = cloth_tones(who, lamp)
    wool = mix(lamp.shade, who.trim, 0.3 + 0.65 * lamp.level)
    s = lamp.side
    sheet.fill(stroke([(0.06, 0.9), (0.09, 1.5), (0.1, 3.0)], 0.02, 0.03, 0.03), dark, 0.7, 0.01, inside)
    tail = curve(path("0.06 0.8, 0.28 0.82, 0.34 1.2, 0.33 1.62, 0.1 1.64, 0.08 1.2"), 8)
    sheet.fill([(x - s * 0.03, y + 0.03) for x, y in tail], dark, 0.6, 0.03, inside)
    sheet.fill(tail, Fade(lamp.on(wool, 0.2), lamp.on(wool, -0.4), (s * 0.4, 0.8), (-s * 0.1, 1.5)))
    rolls = ((0.75, 0.15, 0.17), (0.64, 0.12, 0.08))
    for y, thick, reach in rolls:
        end = neck + reach
        roll = curve(
            [
                (-end, y - thick * 0.9),
                (-neck * 0.6, y - thick * 0.2),
                (neck * 0.6, y - thick * 0.2),
                (end, y - thick * 0.9),
                (end + 0.035, y - thick * 0.2),
                (neck * 0.7, y + thick * 0.85),
                (-neck * 0.7, y + thick * 0.85),
                (-end - 0.035, y - thick * 0.2),
            ],
            8,
        )
        sheet.fill([(a, b + 0.03) for a, b in roll], dark, 0.5, 0.025)
        sheet.fill(
            roll, Fade(lamp.on(wool, 0.35), lamp.on(wool, -0.5), (s * 0.3, y - 0.1), (-s * 0.3, y + 0.15))
        )
        within = sheet.mask([roll])
        knits = [
            stroke([(x, y - 0.1), (x + 0.03, y + 0.04), (x + 0.02, y + 0.2)], 0.003, 0.007, 0.003, 3)
            for x in (k * 0.045 - 0.4 for k in range(19))
        ]
        sheet.fill_all(knits, lamp.on(wool, -0.6), 0.4, 0.003, within)


WEARS_PAINT: Final[dict[str, Callable[[Sheet, Sitter, Light, F32], None]]] = {
    "turtleneck": turtleneck,
    "round": round_neck,
    "blouse": blouse,
    "shirt": shirt,
    "suit": _suit,
    "hoodie": _hoodie,
    "crossed": _crossed,
    "coat": _coat,
}


def paint_body(sheet: Sheet, who: Sitter, lamp: Light) -> None:
    """Paint the neck, the body and the clothes."""
    neck, wide = build(who)
    paint_neck(sheet, who, lamp, neck)
    torso = curve(
        [
            (-neck - 0.05, 0.60),
            (-neck - 0.2, 0.70),
            (-wide * 0.78, 0.80),
            (-wide, 0.98),
            (-wide - 0.09, 1.5),
            (-wide - 0.12, BOTTOM),
            (wide + 0.12, BOTTOM),
            (wide + 0.09, 1.5),
            (wide, 0.98),
            (wide * 0.78, 0.80),
            (neck + 0.2, 0.70),
            (neck + 0.05, 0.60),
            (neck * 0.7, 0.76),
            (0, 0.82),
            (-neck * 0.7, 0.76),
        ],
        8,
    )
    inside = paint_cloth(sheet, who, lamp, torso, wide)
    WEARS_PAINT[who.wear](sheet, who, lamp, inside)
