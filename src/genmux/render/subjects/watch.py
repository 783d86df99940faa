"""A wrist watch that stands on its strap."""

from __future__ import annotations

import math
from typing import Final

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.paint.solids import shadow
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, path, shifted
from genmux.render.stage import Stage
from genmux.render.subjects.pages import page_for, placed, tone_for
from genmux.render.subjects.spot import Spot

_STRAPS: Final = ("#5a3424", "#26242c", "#2f4a6a", "#b58a5a", "#6a2a34")
_STRAP: Final = path(
    "-0.17 -0.98, 0 -1, 0.17 -0.98, 0.2 -0.75, 0.21 -0.5, 0.2 -0.25, 0.17 -0.01, 0 0.02, -0.17 -0.01,"
    "-0.2 -0.25, -0.21 -0.5, -0.2 -0.75"
)
_MIDDLE: Final = (0.0, -0.5)


def watch(stage: Stage, spot: Spot) -> list[Element]:
    """A watch whose hands stand at ten past ten."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot)
    leather = tone_for(stage, _STRAPS)
    metal = colour("#d9b06a" if rng.random() < 0.5 else "#c4c8d2")
    dial = colour("#f6f2ea" if rng.random() < 0.5 else "#16203a")
    shadow(page, lamp, 0, 0.0, 0.24, 1.1)
    _strap(page, lamp, leather)
    _case(page, lamp, metal)
    _face(page, lamp, dial, metal)
    return placed(page, spot)


def _strap(page: Sheet, lamp: Lit, tone: F32) -> None:
    shape, s = curve(_STRAP, 8), lamp.side
    page.fill(shape, Fade(lamp.on(tone, 0.35), lamp.on(tone, -0.6), (s * 0.2, -0.6), (-s * 0.2, -0.4)))
    inside = page.mask([shape])
    for y in (-1.0, 0.02):
        page.fill(ellipse(0, y, 0.24, 0.12), lamp.on(tone, -1.0), 0.7, 0.05, inside)
    page.fill(ellipse(s * 0.03, -0.86, 0.1, 0.05), lamp.on(tone, 0.8), 0.4, 0.04, inside)
    for side in (-1, 1):
        page.fill(
            stroke(
                path("0.15 -0.96, 0.178 -0.75, 0.18 -0.5, 0.178 -0.25, 0.15 -0.03", side), 0.004, 0.006, 0.004
            ),
            lamp.on(mix(tone, colour("#f0e0c8"), 0.6), 0.1),
            0.6,
            0.002,
            inside,
        )


def _case(page: Sheet, lamp: Lit, metal: F32) -> None:
    (x, y), s = _MIDDLE, lamp.side
    page.fill(ellipse(x - s * 0.02, y + 0.03, 0.32, 0.32), colour("#0c0a10"), 0.4, 0.025, page.cover.copy())
    page.fill(ellipse(x + 0.325, y, 0.035, 0.045), lamp.across(metal, 0.3, y))
    for side in (-1, 1):
        for end in (-1, 1):
            lug = [
                (x + side * 0.12, y + end * 0.24),
                (x + side * 0.2, y + end * 0.22),
                (x + side * 0.2, y + end * 0.33),
                (x + side * 0.15, y + end * 0.34),
            ]
            page.fill(lug, lamp.on(metal, 0.3 if side == s else -0.4))
    light, dark = lamp.on(metal, 0.9), lamp.on(metal, -0.8)
    page.fill(
        ellipse(x, y, 0.31, 0.31, points=90),
        Fade(light, dark, (x + s * 0.25, y - 0.25), (x - s * 0.25, y + 0.25)),
    )
    page.fill(
        ellipse(x, y, 0.275, 0.275, points=90),
        Fade(dark, light, (x + s * 0.22, y - 0.22), (x - s * 0.22, y + 0.22)),
    )


def _face(page: Sheet, lamp: Lit, dial: F32, metal: F32) -> None:
    (x, y), s = _MIDDLE, lamp.side
    plate = ellipse(x, y, 0.252, 0.252, points=90)
    page.fill(
        plate, Fade(lamp.on(dial, 0.4), lamp.on(dial, -0.45), (x + s * 0.2, y + 0.2), (x - s * 0.2, y - 0.2))
    )
    inside = page.mask([plate])
    ink = mix(metal, colour("#1a1a22" if dial.mean() > 0.5 else "#ffffff"), 0.5)
    for hour in range(12):
        a, long = hour * math.pi / 6, 0.05 if hour % 3 == 0 else 0.03
        c, si = math.cos(a), math.sin(a)
        page.fill(
            stroke(
                [(x + c * 0.225, y + si * 0.225), (x + c * (0.225 - long), y + si * (0.225 - long))],
                0.012,
                0.012,
                0.012,
                2,
            ),
            ink,
            0.95,
            0.001,
        )
    for angle, long, wide in ((-150, 0.12, 0.018), (-30, 0.18, 0.013), (75, 0.19, 0.005)):
        c, si = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        hand = stroke(
            [
                (x - c * 0.03, y - si * 0.03),
                (x + c * long * 0.5, y + si * long * 0.5),
                (x + c * long, y + si * long),
            ],
            wide,
            wide,
            wide * 0.5,
        )
        page.fill(shifted(hand, -s * 0.006, 0.008), colour("#000000"), 0.25, 0.004, inside)
        page.fill(hand, ink)
    page.fill(ellipse(x, y, 0.015, 0.015), metal)
    sheen = [(x - 0.3, y - 0.3), (x - 0.02, y - 0.3), (x - 0.2, y + 0.3), (x - 0.5, y + 0.3)]
    page.fill([(x + (px - x) * -s, py) for px, py in sheen], colour("#ffffff"), 0.16, 0.004, inside)
