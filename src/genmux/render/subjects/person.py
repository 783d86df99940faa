"""Somebody seen from behind: in a dress or a coat, a child or grown up, under an umbrella in the rain."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.gouache import Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.palette import colour, mix, polar
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.stage import Stage
from genmux.render.subjects.pages import hue_for, page_for, standing, tone_for
from genmux.render.subjects.spot import Spot

_SKINS: Final = ("#efc4a4", "#d9a074", "#a86b45", "#6e4632")
_HAIRS: Final = ("#17110f", "#2c1a12", "#4a2c1a", "#8a5a30")
_COATS: Final = ("#b0392f", "#2f63a0", "#d0a04a", "#3f7a54", "#6a4a8a", "#e0d6c2")
_COAT: Final = (
    "-0.06 -0.81, 0.06 -0.81, 0.155 -0.75, 0.165 -0.6, 0.15 -0.46, 0.17 {hem}, 0 {back},"
    "-0.17 {hem}, -0.15 -0.46, -0.165 -0.6, -0.155 -0.75"
)
# A dress, and how far the breeze moves each of its points.
_DRESS: Final = (
    "-0.13 -0.77, -0.04 -0.76, 0.04 -0.76, 0.13 -0.77, 0.11 -0.64, 0.09 -0.54, 0.17 -0.34, 0.25 -0.11, "
    "0.1 -0.085, -0.08 -0.095, -0.22 -0.08, -0.16 -0.34, -0.09 -0.54, -0.11 -0.64"
)
_BLOWN: Final = (0, 0, 0, 0, 0, 0, 0.4, 1, 1, 1, 1, 0.4, 0, 0)
_DRESSES: Final = ("#c83a44", "#f0e6d8", "#e0a83c", "#3f7a8a", "#d87f9a", "#6a5aa8")


def person(stage: Stage, spot: Spot) -> list[Element]:
    """Somebody who stands and looks into the scene; under an umbrella when it rains."""
    rng = stage.rng
    man, woman, child = stage.wants("man"), stage.wants("woman"), stage.wants("child")
    several = stage.reading.counts.get("person", 1) > 1
    dressed = woman if man != woman else spot.mirrored if several else bool(rng.random() < 0.5)
    if child:
        spot = replace(spot, size=spot.size * 0.72)
    lamp, page = lit(stage, spot.mirrored), page_for(spot, 0.9, 1.25, 0.3)
    hair = colour("#c8c4c0" if stage.wants("elder") else _HAIRS[int(rng.integers(len(_HAIRS)))])
    skin = colour(_SKINS[int(rng.integers(len(_SKINS)))])
    cold = stage.wants("snowy") or stage.time == "storm" or stage.reading.has("effect", "snow")
    head = -0.9 if not child else -0.86
    if dressed and not cold:
        _dress(page, lamp, skin, tone_for(stage, _DRESSES), float(rng.uniform(-1, 1)))
    else:
        _coat(page, lamp, skin, tone_for(stage, _COATS), dressed)
    _head(page, lamp, skin, hair, (0.0, head), 0.072 if not child else 0.095, dressed)
    if stage.reading.has("effect", "rain"):
        _umbrella(page, lamp, polar(0.56, 0.17, hue_for(stage)))
    elif dressed and not cold and rng.random() < 0.4:
        page.fill(ellipse(0, head - 0.035, 0.15, 0.03), lamp.across(colour("#d9b878"), 0.12, head))
        page.fill(
            curve(
                [(-0.075, head - 0.04), (-0.06, head - 0.11), (0.06, head - 0.11), (0.075, head - 0.04)], 6
            ),
            lamp.across(colour("#d9b878"), 0.1, head - 0.1),
        )
    return standing(stage, page, spot, 0.2)


def _head(
    page: Sheet, lamp: Lit, skin: F32, hair: F32, at: tuple[float, float], r: float, long: bool
) -> None:
    """A head seen from behind, turned a little."""
    x, y = at
    page.fill(
        curve([(x - 0.028, y), (x + 0.028, y), (x + 0.036, y + r * 1.7), (x - 0.036, y + r * 1.7)], 4),
        lamp.on(skin, -0.3),
    )
    page.fill(ellipse(x, y, r * 0.86, r * 1.06), lamp.across(skin, r, y))
    page.fill(ellipse(x + r * 0.82, y + r * 0.15, r * 0.14, r * 0.24), lamp.on(skin, -0.1))
    cap = path("-0.95 0.2, -0.9 -0.6, -0.3 -1.18, 0.4 -1.12, 0.92 -0.5, 0.8 0.1, 0.62 0.7, 0 0.92, -0.7 0.75")
    if long:
        cap = path(
            "-1 0.2, -0.95 -0.6, -0.3 -1.2, 0.4 -1.15, 0.95 -0.5, 0.95 0.6, 1.1 1.8, 0.9 3, "
            "0.1 3.4, -0.8 3.1, -1.2 1.9, -1 0.8"
        )
    shape = curve([(x + a * r, y + b * r) for a, b in cap], 6)
    page.fill(shape, lamp.across(hair, r, y - r * 0.4))
    inside = page.mask([shape])
    low = 3.0 if long else 0.8
    strands = [
        stroke(
            [(x + k * r * 0.1, y - r * 1.1), (x + k * r * 0.24, y), (x + k * r * 0.23, y + low * r)],
            0.002,
            0.006,
            0.002,
            4,
        )
        for k in range(-4, 5)
    ]
    page.fill_all(strands, lamp.on(hair, 0.5), 0.4, 0.002, inside)
    s = lamp.side
    page.fill(
        stroke(
            [
                (x + s * r * 0.3, y - r * 1.16),
                (x + s * r * 0.9, y - r * 0.5),
                (x + s * r * 0.98, y + low * r * 0.6),
            ],
            0.004,
            0.016,
            0.006,
        ),
        lamp.rim,
        0.8,
        0.004,
        inside,
    )


def _dress(page: Sheet, lamp: Lit, skin: F32, cloth: F32, breeze: float) -> None:
    """A long dress moved by a breeze."""
    b = 0.09 * breeze
    for x in (-0.045, 0.045):
        page.fill(
            stroke([(x, -0.3), (x * 1.1, -0.12), (x, 0.0)], 0.05, 0.045, 0.03), lamp.across(skin, 0.1, -0.2)
        )
    for side in (-1, 1):
        arm = stroke([(side * 0.125, -0.74), (side * 0.165, -0.58), (side * 0.14, -0.42)], 0.05, 0.042, 0.03)
        page.fill(arm, lamp.on(skin, 0.35 if side == lamp.side else -0.35))
    shape = curve(path(_DRESS) + f32(_BLOWN)[:, None] * f32([b, 0]), 8)
    page.fill(shape, lamp.across(cloth, 0.2, -0.45))
    inside = page.mask([shape])
    for k in range(-3, 4):
        line = [(k * 0.025, -0.53), (k * 0.05 + b * 0.4, -0.32), (k * 0.075 + b, -0.08)]
        page.fill(stroke(line, 0.004, 0.014, 0.03), lamp.on(cloth, -0.8), 0.4, 0.008, inside)
        page.fill(
            stroke([(x + 0.02 * lamp.side, y) for x, y in line], 0.003, 0.010, 0.02),
            lamp.on(cloth, 0.8),
            0.35,
            0.006,
            inside,
        )
    page.fill(
        stroke([(-0.1, -0.535), (0, -0.525), (0.1, -0.535)], 0.02, 0.022, 0.02),
        lamp.on(cloth, -0.6),
        0.7,
        0.003,
        inside,
    )
    edge = [
        (lamp.side * 0.12, -0.76),
        (lamp.side * 0.09, -0.54),
        (lamp.side * 0.16 + b * 0.4, -0.34),
        (lamp.side * 0.235 + b, -0.1),
    ]
    page.fill(stroke(edge, 0.008, 0.018, 0.012), lamp.rim, 0.8, 0.005, inside)


def _coat(page: Sheet, lamp: Lit, skin: F32, cloth: F32, long: bool) -> None:
    """A coat to the knees over dark trousers."""
    trousers = mix(colour("#2a2c38"), cloth, 0.12)
    for x in (-0.055, 0.06):
        page.fill(
            curve(
                [
                    (x - 0.05, -0.46),
                    (x + 0.05, -0.46),
                    (x + 0.04, -0.02),
                    (x + 0.055, 0.006),
                    (x - 0.05, 0.006),
                    (x - 0.04, -0.03),
                ],
                5,
            ),
            lamp.across(trousers, 0.1, -0.3),
        )
    hem = -0.24 if long else -0.36
    shape = curve(path(_COAT.format(hem=hem, back=hem + 0.02)), 8)
    page.fill(shape, lamp.across(cloth, 0.18, -0.6))
    inside = page.mask([shape])
    for side in (-1, 1):
        _sleeve(page, lamp, skin, cloth, side, inside)
    page.fill(
        stroke([(0.0, -0.56), (0.004, -0.42), (0.0, hem)], 0.003, 0.012, 0.016),
        lamp.on(cloth, -0.9),
        0.7,
        0.004,
        inside,
    )
    page.fill(
        curve(path("-0.07 -0.82, 0.07 -0.82, 0.085 -0.775, 0 -0.755, -0.085 -0.775"), 6),
        lamp.across(mix(cloth, colour("#f0e6d8"), 0.25), 0.1, -0.8),
    )
    edge = path("0.1 -0.785, 0.18 -0.7, 0.203 -0.52, 0.185 -0.4", lamp.side)
    page.fill(stroke(edge, 0.006, 0.018, 0.010), lamp.rim, 0.8, 0.004, page.cover.copy())


def _sleeve(page: Sheet, lamp: Lit, skin: F32, cloth: F32, side: float, inside: F32) -> None:
    arm = curve(
        path("0.13 -0.755, 0.185 -0.7, 0.205 -0.52, 0.19 -0.4, 0.145 -0.4, 0.135 -0.56", side),
        8,
    )
    page.fill(arm, lamp.on(cloth, 0.35 if side == lamp.side else -0.55))
    page.fill(ellipse(side * 0.168, -0.385, 0.024, 0.03), lamp.on(skin, 0.0))
    page.fill(
        stroke([(side * 0.13, -0.7), (side * 0.125, -0.56), (side * 0.14, -0.42)], 0.004, 0.016, 0.008),
        lamp.on(cloth, -1),
        0.7,
        0.006,
        inside,
    )


def _umbrella(page: Sheet, lamp: Lit, cloth: F32) -> None:
    page.fill(
        stroke([(0.13, -0.44), (0.12, -0.8), (0.11, -1.14)], 0.012, 0.012, 0.008),
        lamp.on(colour("#2a2420"), 0.2),
    )
    top = curve(
        path("-0.27 -0.93, -0.2 -1.06, -0.02 -1.17, 0.11 -1.19, 0.26 -1.17, 0.42 -1.06, 0.49 -0.93"),
        8,
        closed=False,
    )
    scallop = curve(
        path("0.49 -0.93, 0.36 -0.965, 0.24 -0.935, 0.11 -0.97, -0.02 -0.935, -0.15 -0.965, -0.27 -0.93"),
        6,
        closed=False,
    )
    shape = np.concatenate([top, scallop])
    page.fill(shape, lamp.across(cloth, 0.35, -1.1))
    inside = page.mask([shape])
    for x in (-0.14, 0.0, 0.22, 0.36):
        page.fill(
            stroke([(0.11, -1.19), (x * 0.7 + 0.033, -1.1), (x, -0.93)], 0.003, 0.008, 0.004),
            lamp.on(cloth, -0.9),
            0.6,
            0.003,
            inside,
        )
    page.fill(
        stroke(
            [
                (lamp.side * 0.3 + 0.11, -1.14),
                (lamp.side * 0.36 + 0.11, -1.0),
                (lamp.side * 0.38 + 0.11, -0.94),
            ],
            0.01,
            0.02,
            0.01,
        ),
        lamp.rim,
        0.6,
        0.008,
        inside,
    )
