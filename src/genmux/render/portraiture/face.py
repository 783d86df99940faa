"""The face: a modelled relief in the scene's light, with its features painted onto it."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import smoothstep
from genmux.render.paint.gouache import Sheet, stroke
from genmux.render.palette import colour, mix, ramp, rotated
from genmux.render.portraiture.features import paint_brow, paint_eye, paint_lines, paint_lips, paint_nose
from genmux.render.portraiture.head import DEPTH, Turn, head_outline
from genmux.render.portraiture.sitter import Light, Sitter
from genmux.render.raster import F32, f32, grid
from genmux.render.shapes import curve, ellipse, shifted

# Relief: x, y, height, spread across, spread down; a row with x > 0 is on both sides.
_RELIEF: Final = (
    (0.0, -0.28, 0.030, 0.20, 0.12),
    (0.145, -0.075, 0.016, 0.09, 0.030),
    (0.145, 0.015, -0.034, 0.075, 0.042),
    (0.055, 0.03, -0.018, 0.03, 0.05),
    (0.0, 0.03, 0.019, 0.036, 0.09),
    (0.0, 0.12, 0.038, 0.036, 0.07),
    (0.0, 0.185, 0.052, 0.040, 0.034),
    (0.052, 0.195, 0.024, 0.026, 0.024),
    (0.205, 0.13, 0.030, 0.085, 0.075),
    (0.21, 0.30, -0.014, 0.06, 0.09),
    (0.0, 0.305, 0.026, 0.10, 0.055),
    (0.0, 0.375, -0.018, 0.07, 0.022),
    (0.0, 0.445, 0.034, 0.075, 0.05),
)


def paint_face(sheet: Sheet, who: Sitter, lamp: Light) -> F32:
    """Paint the head without hair; returns its mask."""
    turn = Turn(who.yaw)
    if not who.ears_hidden:
        _ear(sheet, who, lamp, turn)
    outline = head_outline(who)
    inside = sheet.mask([outline])
    _model(sheet, who, lamp, turn, inside)
    _flush(sheet, who, turn, inside)
    if who.old:
        paint_lines(sheet, who, lamp, turn, inside)
    paint_nose(sheet, who, lamp, turn, inside)
    paint_lips(sheet, who, lamp, turn, inside)
    _edges(sheet, lamp, outline, inside)
    for side in (-1.0, 1.0):
        paint_eye(sheet, who, lamp, turn, side, inside)
        paint_brow(sheet, who, turn, side, inside)
    return inside


def skin_ramp(who: Sitter, lamp: Light) -> list[tuple[float, F32]]:
    """Skin from deep shade to full light; the edge of the shade is warmer, as blood shines through."""
    base = mix(lamp.shade, who.skin, lamp.level)
    warm = rotated(mix(base, colour("#8e3322"), 0.34), 0.0, 1.12)
    return [
        (0.0, mix(mix(base, colour("#4a1c1c"), 0.5), lamp.shade, 0.45)),
        (0.3, mix(warm, lamp.shade, 0.16)),
        (0.55, base),
        (0.8, lamp.on(base, 0.45)),
        (1.0, lamp.on(base, 1.0)),
    ]


def _model(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn, inside: F32) -> None:
    """Light the relief of the face."""
    height, width = inside.shape
    px, py = grid(height, width)
    x, y = (px - sheet.origin[0]) / (sheet.scale * sheet.side), (py - sheet.origin[1]) / sheet.scale
    middle = float(turn.shift(DEPTH * 0.75))
    z = 0.42 * np.sqrt(np.clip(1 - ((x - middle) / 0.46) ** 2 - ((y - 0.02) / 0.66) ** 2, 0.02, 1))
    soft = 0.8 if who.child else 1.0 if who.female else 1.2
    for bx, by, high, wide, tall in _RELIEF:
        for sign in (1.0,) if bx == 0 else (-1.0, 1.0):
            cx, cy = turn.at([(bx * sign, by)], max(high, 0) * 0.7)[0]
            z = z + high * soft * np.exp(-(((x - cx) / wide) ** 2) - ((y - cy) / tall) ** 2)
    step = 1 / sheet.scale
    dx = cv2.Sobel(f32(z), cv2.CV_32F, 1, 0, scale=0.125 / step) * sheet.side
    dy = cv2.Sobel(f32(z), cv2.CV_32F, 0, 1, scale=0.125 / step)
    lx, ly, lz = lamp.side * 0.56, -0.46, 0.69
    lit = (-dx * lx - dy * ly + lz) / np.sqrt(dx * dx + dy * dy + 1)
    level = np.clip(0.12 + 0.82 * lit, 0, 1)
    # Half way to flat planes: the look of gouache.
    planes = smoothstep(0.28, 0.5, f32(level)) * 0.34 + smoothstep(0.55, 0.78, f32(level)) * 0.3 + 0.2
    picture = ramp(skin_ramp(who, lamp), f32(0.62 * level + 0.38 * planes))
    sheet.wash(inside, picture=picture)


def _edges(sheet: Sheet, lamp: Light, outline: F32, inside: F32) -> None:
    """The light behind the sitter on the near edge of the face, and its echo on the other."""
    for side, paint, share in ((lamp.side, lamp.rim, 0.6), (-lamp.side, lamp.fill, 0.3)):
        edge = outline[(outline[:, 0] * side > 0.06) & (outline[:, 1] > -0.3)]
        edge = edge[np.argsort(edge[:, 1], kind="stable")][::4]
        sheet.fill(stroke(edge, 0.01, 0.03, 0.006, 2), paint, share, 0.006, inside)
        sheet.fill(stroke(edge, 0.03, 0.10, 0.03, 2), paint, share * 0.4, 0.03, inside)


def _flush(sheet: Sheet, who: Sitter, turn: Turn, inside: F32) -> None:
    """Blood in cheeks, nose and chin."""
    red = mix(who.skin, colour("#d2402f"), 0.62)
    strength = 0.55 if who.child else 0.34 if who.female else 0.2
    for side in (-1, 1):
        x, y = turn.at([(side * 0.2, 0.165)])[0]
        sheet.fill(ellipse(x, y, 0.085 * (1 - 0.3 * side * turn.yaw), 0.06), red, strength, 0.04, inside)
    x, y = turn.at([(0, 0.185)], 0.05)[0]
    sheet.fill(ellipse(x, y, 0.045, 0.03), red, strength * 0.6, 0.02, inside)
    sheet.fill(
        shifted(ellipse(0, 0, 0.06, 0.03), *turn.at([(0, 0.43)])[0].tolist()),
        red,
        strength * 0.3,
        0.03,
        inside,
    )


def _ear(sheet: Sheet, who: Sitter, lamp: Light, turn: Turn) -> None:
    """The near ear, and a sliver of the far one when the head is hardly turned."""
    base = mix(lamp.shade, mix(who.skin, colour("#c8503a"), 0.14), lamp.level)
    for side in (-1, 1):
        x = side * 0.352 * math.cos(turn.yaw * 0.6) + float(turn.shift(0.10 if side < 0 else 0.03))
        x -= 0.10 * max(turn.yaw - 0.1, 0) * (side > 0)
        shape = curve(
            [
                (x - side * 0.03, -0.03),
                (x + side * 0.035, -0.075),
                (x + side * 0.062, -0.03),
                (x + side * 0.045, 0.06),
                (x + side * 0.02, 0.13),
                (x - side * 0.03, 0.12),
            ]
        )
        lit = 0.2 if side == lamp.side else -0.35
        sheet.fill(shape, lamp.on(base, lit))
        within = sheet.mask([shape])
        inner = curve(
            [(x, -0.02), (x + side * 0.035, -0.04), (x + side * 0.03, 0.03), (x + side * 0.008, 0.08)]
        )
        sheet.fill(inner, lamp.on(mix(base, colour("#7a2a20"), 0.35), -0.3), 0.6, 0.008, within)
