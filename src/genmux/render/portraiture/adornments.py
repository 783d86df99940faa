"""Hats, scarves, glasses, earrings and flowers in the hair."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.palette import colour, mix
from genmux.render.portraiture.head import Turn
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.portraiture.strands import seen
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path, shifted

_SCARF: Final = (
    "0 -0.6, 0.26 -0.53, 0.41 -0.3, 0.44 0, 0.42 0.3, 0.36 0.55, 0.42 0.78, 0.3 0.95, 0 1.02, -0.3 0.95, "
    "-0.42 0.78, -0.38 0.55, -0.43 0.3, -0.45 0, -0.42 -0.3, -0.26 -0.53"
)
_SCARF_EDGE: Final = (
    "0 -0.37, 0.17 -0.33, 0.285 -0.17, 0.315 0.03, 0.285 0.26, 0.19 0.4, 0 0.5, -0.19 0.4, -0.285 0.26, "
    "-0.315 0.03, -0.285 -0.17, -0.17 -0.33"
)


def paint_adornments(sheet: Sheet, who: Sitter, lamp: Light) -> None:
    """Paint what is worn on the head."""
    turn = Turn(who.yaw)
    if who.style == "headscarf":
        _headscarf(sheet, who, lamp, turn)
    if who.style == "cap":
        _cap(sheet, who, lamp, turn)
    if who.style == "beret":
        _beret(sheet, who, lamp, turn)
    if "glasses" in who.extras:
        _glasses(sheet, who, lamp, turn)
    if "earrings" in who.extras and who.style == "bun":
        _earring(sheet, who, lamp, turn)


def _cloth(who: Sitter, lamp: Light) -> F32:
    return mix(lamp.shade, mix(who.cloth, who.trim, 0.35), 0.25 + 0.7 * lamp.level)


def _headscarf(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn) -> None:
    base, s = _cloth(who, lamp), lamp.side
    outer, inner = seen(turn, path(_SCARF)), turn.at(path(_SCARF_EDGE))
    hole = sheet.mask([curve(inner)], 0.002)
    cover = f32(sheet.mask([curve(outer)], 0.001) * (1 - hole))
    sheet.wash(cover, Fade(lamp.on(base, 0.4), lamp.on(base, -0.6), (s * 0.4, -0.4), (-s * 0.4, 0.4)))
    dark, bright = lamp.on(base, -0.8), lamp.on(base, 0.6)
    rim = curve(inner)
    sheet.fill_all(
        [stroke(rim[k : k + 8], 0.03, 0.045, 0.03, 2) for k in range(0, len(rim) - 8, 6)],
        dark,
        0.3,
        0.016,
        cover,
    )
    folds = []
    for k in range(7):
        u = k / 6
        folds.append(
            [
                (-0.36 + 0.05 * u, -0.28 + 0.36 * u),
                (-0.40 + 0.14 * u, 0.28 + 0.2 * u),
                (-0.1 + 0.2 * u, 0.56 + 0.06 * u),
                (0.36, 0.42 + 0.075 * k),
            ]
        )
    for line in folds:
        sheet.fill(stroke(seen(turn, tuple(line)), 0.006, 0.028, 0.01), dark, 0.45, 0.010, cover)
        sheet.fill(
            stroke(seen(turn, tuple((x, y - 0.028) for x, y in line)), 0.004, 0.018, 0.006),
            bright,
            0.35,
            0.009,
            cover,
        )
    for k in range(3):
        crease = ((-0.1 + 0.1 * k, -0.56), (-0.3 + 0.08 * k, -0.38 - 0.03 * k), (-0.38 + 0.07 * k, -0.12))
        sheet.fill(stroke(seen(turn, crease), 0.004, 0.016, 0.006), dark, 0.35, 0.009, cover)
    edge = seen(turn, path("0.26 -0.53, 0.41 -0.3, 0.44 0, 0.42 0.3", s))
    sheet.fill(stroke(edge, 0.01, 0.035, 0.01), lamp.rim, 0.8, 0.006, cover)


def _cap(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn) -> None:
    """A knitted hat with a folded brim."""
    base, s = _cloth(who, lamp), lamp.side
    dome = curve(
        seen(
            turn,
            path("-0.36 -0.2, -0.345 -0.45, -0.2 -0.62, 0.02 -0.67, 0.22 -0.61, 0.345 -0.44, 0.36 -0.2"),
        ),
        8,
    )
    sheet.fill(dome, Fade(lamp.on(base, 0.4), lamp.on(base, -0.6), (s * 0.35, -0.6), (-s * 0.35, -0.25)))
    within = sheet.mask([dome])
    dark = lamp.on(base, -0.75)
    ribs = [
        stroke(seen(turn, ((x * 0.25, -0.66), (x * 0.8, -0.48), (x, -0.2))), 0.004, 0.010, 0.010, 4)
        for x in np.linspace(-0.38, 0.38, 19)
    ]
    sheet.fill_all(ribs, dark, 0.5, 0.004, within)
    brim = curve(
        seen(
            turn,
            path(
                "-0.375 -0.32, -0.2 -0.385, 0 -0.4, 0.2 -0.385, 0.375 -0.32, 0.372 -0.16, "
                "0.2 -0.235, 0 -0.255, -0.2 -0.235, -0.372 -0.16"
            ),
        ),
        8,
    )
    sheet.fill(shifted(brim, 0, 0.03), mix(lamp.shade, colour("#2a1410"), 0.5), 0.5, 0.018, None)
    sheet.fill(brim, Fade(lamp.on(base, 0.5), lamp.on(base, -0.5), (s * 0.35, -0.4), (-s * 0.35, -0.25)))
    within = sheet.mask([brim])
    ribs = [
        stroke(seen(turn, ((x, -0.41), (x, -0.3), (x, -0.16))), 0.006, 0.009, 0.006, 3)
        for x in np.linspace(-0.4, 0.4, 27)
    ]
    sheet.fill_all(ribs, dark, 0.5, 0.003, within)
    edge = seen(turn, path("0.1 -0.655, 0.26 -0.57, 0.37 -0.4, 0.4 -0.22", s))
    sheet.fill(stroke(edge, 0.006, 0.024, 0.012), lamp.rim, 0.8, 0.005)


def _beret(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn) -> None:
    base, s = _cloth(who, lamp), lamp.side
    shape = curve(
        seen(
            turn,
            path(
                "-0.4 -0.2, -0.53 -0.36, -0.5 -0.55, -0.2 -0.68, 0.14 -0.65, 0.34 -0.52, "
                "0.385 -0.36, 0.18 -0.36, -0.12 -0.31"
            ),
        ),
        8,
    )
    sheet.fill(shifted(shape, 0, 0.04), lamp.on(who.hair, -0.8), 0.5, 0.03)
    sheet.fill(shape, Fade(lamp.on(base, 0.45), lamp.on(base, -0.6), (s * 0.3, -0.72), (-s * 0.3, -0.36)))
    within = sheet.mask([shape])
    sheet.fill(
        curve(seen(turn, path("-0.44 -0.3, -0.1 -0.4, 0.3 -0.43, 0.38 -0.33, -0.38 -0.17"))),
        lamp.on(base, -0.8),
        0.5,
        0.03,
        within,
    )
    sheet.fill(ellipse(s * 0.14 - 0.06, -0.57, 0.16, 0.05), lamp.on(base, 0.8), 0.5, 0.03, within)
    sheet.fill(
        stroke(seen(turn, ((-0.15, -0.67), (-0.145, -0.715), (-0.12, -0.73))), 0.03, 0.022, 0.016),
        lamp.on(base, -0.2),
    )


def _glasses(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn) -> None:
    frame = mix(colour("#1a1412"), who.trim, 0.12 if who.trim.mean() > 0.6 else 0.3)
    frame = mix(frame, colour("#b98a4a"), 0.5 if who.female else 0.0)
    y = 0.04 if not who.child else 0.06
    ends = []
    for side in (-1, 1):
        ring = turn.at(ellipse(side * 0.157, y, 0.112, 0.096, points=36), 0.05)
        glass = sheet.mask([ring])
        sheet.fill(ring, lamp.key, 0.07)
        shine = [
            (side * 0.157 - 0.07, y + 0.07),
            (side * 0.157 + 0.0, y - 0.09),
            (side * 0.157 + 0.045, y - 0.09),
            (side * 0.157 - 0.03, y + 0.08),
        ]
        sheet.fill(turn.at(shine, 0.05), colour("#ffffff"), 0.14, 0.004, glass)
        closed = np.concatenate([ring, ring[:2]])
        along = np.gradient(closed, axis=0)
        normal = f32(np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-6)[:, None])
        for k in range(0, len(closed) - 2, 2):
            a, b = closed[k : k + 3], normal[k : k + 3]
            sheet.fill(np.concatenate([a + b * 0.006, (a - b * 0.006)[::-1]]), frame)
        ends.append(turn.at([(side * 0.046, y - 0.01), (side * 0.268, y - 0.02)], 0.05))
    sheet.fill(
        stroke([ends[0][0], (ends[0][0] + ends[1][0]) / 2 + [0, -0.018], ends[1][0]], 0.011, 0.010, 0.011),
        frame,
    )
    for side, end in zip((-1, 1), ends, strict=True):
        far = turn.at([(side * 0.36, y - 0.03)], 0.0)[0]
        sheet.fill(stroke([end[1], (end[1] + far) / 2, far], 0.012, 0.010, 0.008), frame)


def _earring(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn) -> None:
    gold = mix(lamp.shade, colour("#f0c060"), 0.4 + 0.6 * lamp.level)
    x = -0.36 * 0.97 + float(turn.shift(0.1))
    sheet.fill(stroke([(x, 0.13), (x - 0.004, 0.17), (x, 0.20)], 0.006, 0.006, 0.006), gold)
    sheet.fill(
        ellipse(x, 0.225, 0.026, 0.032),
        Fade(
            lamp.on(gold, 0.9), lamp.on(gold, -0.7), (x + lamp.side * 0.02, 0.2), (x - lamp.side * 0.02, 0.25)
        ),
    )
    sheet.fill(ellipse(x + lamp.side * 0.008, 0.214, 0.007, 0.008), colour("#ffffff"), 0.9, 0.002)


def paint_flower(sheet: Sheet, who: Sitter, lamp: Light) -> None:
    """Paint the flowers worn in the hair, over all of it."""
    if "flower" not in who.extras:
        return
    turn = Turn(who.yaw)
    x, y = seen(turn, ((-0.335, -0.19),))[0]
    tint = mix(lamp.shade, mix(colour("#ffd7de"), who.trim, 0.25), 0.3 + 0.65 * lamp.level)
    leaf = mix(lamp.shade, colour("#5f8a4a"), 0.3 + 0.6 * lamp.level)
    for dx, dy, size, turn_by in ((0.0, 0.0, 1.0, 0.2), (-0.05, 0.13, 0.66, 0.9), (0.07, -0.12, 0.6, 1.7)):
        fx, fy = float(x) + dx, float(y) + dy
        for k in range(2):
            a = 2.2 + k * 1.6 + turn_by
            sheet.fill(
                ellipse(
                    fx + np.cos(a) * 0.1 * size, fy + np.sin(a) * 0.1 * size, 0.055 * size, 0.022 * size, a
                ),
                leaf,
                1,
                0.001,
            )
        for k in range(5):
            a = k * 1.2566 + turn_by
            px, py = fx + np.cos(a) * 0.052 * size, fy + np.sin(a) * 0.05 * size
            petal = ellipse(px, py, 0.05 * size, 0.038 * size, a)
            facing = 0.5 * (np.cos(a) * lamp.side - np.sin(a))
            sheet.fill(
                petal,
                Fade(
                    lamp.on(mix(tint, colour("#e0607a"), 0.45), -0.1),
                    lamp.on(tint, float(facing)),
                    (fx, fy),
                    (px + np.cos(a) * 0.04 * size, py + np.sin(a) * 0.04 * size),
                ),
                1,
                0.001,
            )
        sheet.fill(ellipse(fx, fy, 0.016 * size, 0.016 * size), colour("#f5cf63"), 1, 0.002)
