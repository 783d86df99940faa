"""A pair of headphones that stand on their cushions."""

from __future__ import annotations

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

_SHELLS: Final = ("#f0ece6", "#2c2e38", "#d98f6a", "#6f8fb0", "#c9a0b4")
_BAND: Final = path(
    "-0.36 -0.38, -0.37 -0.56, -0.315 -0.755, -0.18 -0.91, 0 -0.965, 0.18 -0.91, 0.315 -0.755,"
    "0.37 -0.56, 0.36 -0.38"
)
_PAD: Final = path("-0.27 -0.77, -0.16 -0.875, 0 -0.92, 0.16 -0.875, 0.27 -0.77")


def headphones(stage: Stage, spot: Spot) -> list[Element]:
    """Headphones of the spot's height."""
    lamp, page = lit(stage, spot.mirrored), page_for(spot)
    shell = tone_for(stage, _SHELLS)
    soft = mix(shell, colour("#1c1a22"), 0.75 if shell.mean() > 0.4 else 0.3)
    for side in (-1.0, 1.0):
        shadow(page, lamp, side * 0.33, 0.0, 0.15, 0.9)
    page.fill(
        stroke(_BAND, 0.07, 0.085, 0.07, 12),
        Fade(lamp.on(shell, 0.6), lamp.on(shell, -0.7), (lamp.side * 0.35, -0.9), (-lamp.side * 0.35, -0.5)),
    )
    within = page.mask([stroke(_BAND, 0.07, 0.085, 0.07, 12)])
    page.fill(stroke(shifted(_BAND, 0, -0.018), 0.01, 0.022, 0.01, 12), lamp.rim, 0.55, 0.008, within)
    page.fill(stroke(_PAD, 0.008, 0.055, 0.008, 10), lamp.on(soft, -0.1), 1, 0.004)
    for side in (-1.0, 1.0):
        _cup(page, lamp, side, shell, soft)
    return placed(page, spot)


def _cup(page: Sheet, lamp: Lit, side: float, shell: F32, soft: F32) -> None:
    """One cup seen from the front: cushion inside, shell outside, a metal fork that holds it."""
    light = 0.2 if side == lamp.side else -0.4
    metal = colour("#b9bcc6")
    page.fill(
        stroke(path("0.36 -0.5, 0.375 -0.42, 0.365 -0.3", side), 0.03, 0.034, 0.03),
        lamp.across(metal, 0.4, -0.4),
    )
    cushion = ellipse(side * 0.285, -0.19, 0.085, 0.19, points=50)
    page.fill(
        cushion,
        Fade(lamp.on(soft, light + 0.35), lamp.on(soft, light - 0.3), (side * 0.2, -0.35), (side * 0.34, 0)),
    )
    inside = page.mask([cushion])
    page.fill(
        stroke(path("0.245 -0.33, 0.225 -0.19, 0.245 -0.05", side), 0.01, 0.03, 0.01),
        lamp.on(soft, 0.7),
        0.4,
        0.012,
        inside,
    )
    body = curve(
        path(
            "0.3 -0.375, 0.37 -0.36, 0.425 -0.28, 0.44 -0.19, 0.425 -0.1, 0.37 -0.02, 0.3 -0.005, 0.32 -0.19",
            side,
        ),
        8,
    )
    page.fill(
        body,
        Fade(lamp.on(shell, light + 0.4), lamp.on(shell, light - 0.4), (side * 0.4, -0.36), (side * 0.34, 0)),
    )
    inside = page.mask([body])
    page.fill(
        stroke(path("0.325 -0.36, 0.345 -0.19, 0.325 -0.02", side), 0.008, 0.02, 0.008),
        lamp.on(shell, -0.9),
        0.6,
        0.008,
        inside,
    )
    page.fill(
        stroke(path("0.405 -0.29, 0.42 -0.19, 0.405 -0.1", side), 0.006, 0.024, 0.006),
        lamp.rim,
        0.75 if side == lamp.side else 0.3,
        0.008,
        inside,
    )
