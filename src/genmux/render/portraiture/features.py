"""The features of a face: eyes, brows, nose, lips and the lines of age."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.palette import colour, mix
from genmux.render.portraiture.head import Turn
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path, shifted

# Lips in half widths of the mouth across and head heights down; {c} is the height of the corners.
_UPPER_LIP: Final = (
    "-1 {c}, -0.5 -0.024, -0.17 -0.04, 0 -0.031, 0.17 -0.04, 0.5 -0.024, 1 {c},0.5 0.006, 0 0.011, -0.5 0.006"
)
_LOWER_LIP: Final = "-0.92 {c}, -0.4 0.008, 0 0.01, 0.4 0.008, 0.92 {c}, 0.55 0.038, 0 0.054, -0.55 0.038"
_MOUTH: Final = "-1.04 {c}, -0.5 0.006, -0.14 0.007, 0 0.012, 0.14 0.007, 0.5 0.006, 1.04 {c}"


def paint_eye(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn, side: float, inside: F32) -> None:
    """One eye: ball, iris, lids, lashes and the light in it."""
    wide = 0.094 if who.child else 0.076 if who.female else 0.07
    tall = 0.052 if who.child else 0.034 if who.female else 0.028
    if who.old:
        tall *= 0.8
    cx, cy = side * 0.152, 0.025 if not who.child else 0.07

    def at(points: npt.ArrayLike) -> F32:
        p = f32(points) * [side * wide, tall] + [cx, cy]
        return turn.at(p)

    almond = curve(
        at(path("-1 0.32, -0.62 -0.5, -0.05 -0.98, 0.5 -0.82, 1.02 -0.12, 0.6 0.55, 0.05 0.8, -0.55 0.68")), 8
    )
    dark = mix(colour("#1d100c"), who.hair if not who.old else colour("#3a2a24"), 0.25)
    shade = lamp.on(mix(lamp.shade, mix(who.skin, colour("#7a3326"), 0.38), lamp.level), -0.25)
    # The socket: soft shade over and under the lid.
    sheet.fill(
        curve(at(path("-1.2 0.2, -0.6 -1.5, 0.2 -1.9, 1.1 -1.1, 1.2 0.1, 0 -0.6"))), shade, 0.5, 0.016, inside
    )
    sheet.fill(curve(at(path("-0.9 0.9, 0 1.5, 0.95 0.7, 0.5 1.9, -0.4 2"))), shade, 0.22, 0.012, inside)
    ball = sheet.mask([almond])
    white = mix(lamp.shade, mix(colour("#f4eee8"), who.skin, 0.12), 0.35 + 0.6 * lamp.level)
    sheet.wash(ball, mix(white, lamp.shade, 0.08))
    ix, iy = turn.at([(cx + 0.04 * wide, cy - 0.08 * tall)])[0]
    r = 0.046 if who.child else 0.0375 if who.female else 0.033
    squeeze = math.cos(turn.yaw + side * 0.2)
    iris = who.iris, dark, mix(who.iris, lamp.key, 0.45)
    _iris(sheet, iris, lamp.side, (float(ix), float(iy)), r, squeeze, ball)
    lid_shadow = at(path("-1.1 0.5, -0.6 -0.6, 0 -1.2, 0.6 -1.1, 1.1 -0.2, 0.5 -0.34, -0.05 -0.5, -0.6 -0.1"))
    sheet.fill(curve(lid_shadow), mix(dark, lamp.shade, 0.3), 0.55, 0.006, ball)
    lid = at(path("-1.04 0.38, -0.62 -0.5, -0.05 -1, 0.5 -0.86, 1.05 -0.15"))
    heavy = 0.017 if who.female and not who.child else 0.0125
    sheet.fill(stroke(lid, 0.004, heavy, heavy * 0.75), dark, 0.95, 0.001)
    if who.female and not who.child:
        sheet.fill(stroke(at([(0.55, -0.82), (1.0, -0.4), (1.2, -0.55)]), 0.010, 0.010, 0.001), dark, 0.9)
    sheet.fill(stroke(at(path("-0.7 0.75, 0 0.9, 0.6 0.6, 1 -0.05")), 0.001, 0.005, 0.006), shade, 0.9, 0.002)
    crease = at(path("-0.95 -0.45, -0.5 -1.15, 0.05 -1.55, 0.62 -1.32, 1.12 -0.6"))
    sheet.fill(stroke(crease, 0.002, 0.007, 0.002), mix(shade, dark, 0.35), 0.75, 0.0025)
    sheet.fill(
        shifted(ellipse(0, 0, 0.008, 0.006), *at([(-0.95, 0.4)])[0].tolist()),
        mix(who.skin, colour("#b2453c"), 0.5),
        0.8,
        0.002,
    )
    _catchlights(sheet, lamp, (float(ix), float(iy)), r)


def _iris(
    sheet: Sheet, tones: tuple[F32, F32, F32], lit: float, at: tuple[float, float], r: float,
    squeeze: float, ball: F32,
) -> None:  # fmt: skip
    """Iris and pupil; `tones` are the iris, its dark and the light that shines through it."""
    (x, y), (iris, dark, glow) = at, tones
    sheet.fill(ellipse(x, y, r * squeeze, r), mix(iris, dark, 0.55), 1, 0, ball)
    sheet.fill(ellipse(x, y + 0.002, r * 0.82 * squeeze, r * 0.84), iris, 1, 0.004, ball)
    sheet.fill(ellipse(x - lit * r * 0.25, y + r * 0.42, r * 0.5, r * 0.32), glow, 0.75, 0.006, ball)
    sheet.fill(ellipse(x, y, r * 0.42 * squeeze, r * 0.44), colour("#0b0605"), 1, 0.002, ball)


def _catchlights(sheet: Sheet, lamp: Light, at: tuple[float, float], r: float) -> None:
    """What the eye mirrors: the lamp, and a little light from the other side."""
    ix, iy = at
    sheet.fill(
        ellipse(ix + lamp.side * r * 0.34, iy - r * 0.4, r * 0.24, r * 0.27), colour("#ffffff"), 0.97, 0.0008
    )
    sheet.fill(
        ellipse(ix - lamp.side * r * 0.4, iy + r * 0.42, r * 0.12, r * 0.11), colour("#ffffff"), 0.45, 0.002
    )


def paint_lids(sheet: Sheet, who: Sitter, lamp: Light) -> None:
    """Paint both eyes closed, to be laid over the open ones."""
    turn = Turn(who.yaw)
    wide = 0.094 if who.child else 0.076 if who.female else 0.07
    tall = 0.052 if who.child else 0.034 if who.female else 0.028
    base = lamp.on(mix(lamp.shade, mix(who.skin, colour("#9a4a38"), 0.14), lamp.level), 0.0)
    dark = mix(colour("#1d100c"), base, 0.1)
    for side in (-1.0, 1.0):
        cx, cy = side * 0.152, 0.025 if not who.child else 0.07

        def at(points: npt.ArrayLike, cx: float = cx, cy: float = cy, side: float = side) -> F32:
            return turn.at(f32(points) * [side * wide, tall] + [cx, cy])

        cover = at(path("-1.1 0.4, -0.6 -0.75, 0 -1.2, 0.6 -1, 1.12 -0.1, 0.6 0.8, 0 1.1, -0.6 0.9"))
        sheet.fill(
            curve(cover),
            Fade(mix(base, lamp.key, 0.12), lamp.on(base, -0.22), (0, cy - tall), (0, cy + tall)),
            1,
            0.003,
        )
        lash = at(path("-1.02 0.42, -0.5 0.8, 0.1 0.95, 0.65 0.62, 1.1 0"))
        sheet.fill(stroke(lash, 0.003, 0.014 if who.female else 0.010, 0.006), dark, 0.95, 0.001)


def paint_brow(sheet: Sheet, who: Sitter, turn: Turn, side: float, inside: F32) -> None:
    tone = mix(who.hair, colour("#2a1a14"), 0.1 if who.old else 0.25)
    y = -0.085 if not who.child else -0.045
    heavy = 0.02 if who.child else 0.026 if who.female else 0.036
    line = [
        (side * 0.07, y + 0.012),
        (side * 0.13, y - 0.018),
        (side * 0.19, y - 0.02),
        (side * 0.245, y + 0.016),
    ]
    if not who.female:
        line = [
            (side * 0.065, y + 0.016),
            (side * 0.14, y - 0.002),
            (side * 0.2, y - 0.008),
            (side * 0.25, y + 0.02),
        ]
    seen = turn.at(line)
    sheet.fill(stroke(seen, heavy * 0.8, heavy, 0.003), tone, 0.55, 0.006, inside)
    sheet.fill(stroke(seen, heavy * 0.5, heavy * 0.62, 0.002), tone, 0.75, 0.0025, inside)
    hairs = []
    for k in range(14):
        t = 0.92 * k / 13
        x, py = np.interp(t, [0, 0.33, 0.66, 1], seen[:, 0]), np.interp(t, [0, 0.33, 0.66, 1], seen[:, 1])
        lean = side * (0.004 + 0.016 * t)
        hairs.append(
            stroke(
                [(x, py + heavy * 0.4), (x + lean * 0.5, py), (x + lean, py - heavy * 0.42 * (1 - t))],
                0.002,
                0.004,
                0.001,
                3,
            )
        )
    sheet.fill_all(hairs, tone, 0.45, 0.0012, inside)


def paint_nose(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn, inside: F32) -> None:
    """Nostrils, the shade under the tip and the light upon it."""
    base = mix(lamp.shade, who.skin, lamp.level)
    shade = lamp.on(mix(base, colour("#7c2d22"), 0.4), -0.3)
    size = 0.7 if who.child else 0.92 if who.female else 1.06
    tip = turn.at([(0, 0.19)], 0.07)[0]
    under = [
        (tip[0] - 0.06 * size, 0.212),
        (tip[0], 0.226),
        (tip[0] + 0.055 * size, 0.212),
        (tip[0] + 0.02, 0.252),
        (tip[0] - 0.03, 0.252),
    ]
    sheet.fill(curve(under), shade, 0.6, 0.011, inside)
    for side in (-1, 1):
        x = float(turn.at([(side * 0.034 * size, 0.216)], 0.04)[0][0])
        sheet.fill(
            ellipse(x, 0.216, 0.0145 * size, 0.0075, side * -0.35),
            mix(shade, colour("#230b09"), 0.6),
            0.85,
            0.0025,
            inside,
        )
        wing = float(turn.at([(side * 0.062 * size, 0.195)], 0.02)[0][0])
        curl = [(wing - side * 0.004, 0.168), (wing + side * 0.006, 0.19), (wing - side * 0.008, 0.216)]
        sheet.fill(stroke(curl, 0.001, 0.006, 0.002), shade, 0.65, 0.003, inside)
    sheet.fill(
        ellipse(tip[0] + lamp.side * 0.010, 0.178, 0.013, 0.014),
        mix(base, lamp.key, 0.85),
        0.55,
        0.007,
        inside,
    )
    bridge = shifted(turn.at([(0, -0.02), (0, 0.06), (0, 0.14)], 0.05), lamp.side * 0.008, 0)
    sheet.fill(stroke(bridge, 0.006, 0.011, 0.012), mix(base, lamp.key, 0.7), 0.32, 0.006, inside)


def paint_lips(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn, inside: F32) -> None:
    base = mix(lamp.shade, who.skin, lamp.level)
    rosy = mix(base, colour("#b02a38"), 0.55 if who.female else 0.26)
    if who.child:
        rosy = mix(base, colour("#c8424a"), 0.4)
    wide = 0.115 if who.female else 0.122
    wide = 0.088 if who.child else wide
    full = 1.0 if who.female or who.child else 0.72
    if who.old:
        full *= 0.75
    y, up = 0.315 if not who.child else 0.30, 0.016 * who.smile

    def at(points: npt.ArrayLike) -> F32:
        return turn.at(f32(points) * [wide, full] + [0, y], 0.02)

    c = -up / full
    upper = curve(at(path(_UPPER_LIP.format(c=c))))
    lower = curve(at(path(_LOWER_LIP.format(c=c + 0.004))))
    sheet.fill(upper, lamp.on(rosy, -0.22), 0.92, 0.0025, inside)
    sheet.fill(lower, rosy, 0.92, 0.003, inside)
    within = sheet.mask([lower])
    gleam = shifted(ellipse(0, 0, 0.036, 0.0085), *at([(lamp.side * 0.22, 0.024)])[0].tolist())
    sheet.fill(gleam, mix(rosy, lamp.key, 0.8), 0.6, 0.006, within)
    between = mix(lamp.on(rosy, -0.6), colour("#2a0a0c"), 0.45)
    line = at(path(_MOUTH.format(c=c - 0.001)))
    sheet.fill(stroke(line, 0.003, 0.0075, 0.003), between, 0.9, 0.0015, inside)
    for side in (-1, 1):
        corner = shifted(ellipse(0, 0, 0.012, 0.010), *at([(side * 1.06, c)])[0].tolist())
        sheet.fill(corner, lamp.on(rosy, -0.5), 0.4, 0.007, inside)
    under = at(path("-0.4 0.066, 0 0.078, 0.4 0.066, 0 0.062"))
    sheet.fill(curve(under), lamp.on(base, -0.5), 0.5, 0.010, inside)


def paint_lines(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn, inside: F32) -> None:
    """The lines of age: forehead, corners of the eyes, cheeks."""
    shade = lamp.on(mix(mix(lamp.shade, who.skin, lamp.level), colour("#6a2a1c"), 0.35), -0.25)
    paths = [
        [(-0.16, -0.2), (0, -0.215), (0.16, -0.2)],
        [(-0.14, -0.255), (0, -0.27), (0.14, -0.255)],
        [(-0.025, -0.1), (-0.03, -0.05)],
        [(0.028, -0.1), (0.03, -0.05)],
    ]
    for side in (-1, 1):
        paths += [
            [(side * 0.075, 0.19), (side * 0.115, 0.25), (side * 0.14, 0.33)],
            [(side * 0.09, 0.085), (side * 0.15, 0.105), (side * 0.2, 0.085)],
            [(side * 0.245, 0.0), (side * 0.285, -0.025)],
            [(side * 0.25, 0.02), (side * 0.295, 0.02)],
            [(side * 0.247, 0.04), (side * 0.285, 0.06)],
            [(side * 0.19, 0.22), (side * 0.225, 0.30), (side * 0.215, 0.37)],
        ]
    for line in paths:
        sheet.fill(stroke(turn.at(line), 0.003, 0.010, 0.003), shade, 0.55, 0.005, inside)
