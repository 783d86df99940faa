"""An astronaut, on the ground or adrift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import painted
from genmux.render.stage import Stage
from genmux.render.subjects.pages import page_for, standing
from genmux.render.subjects.spot import Spot


def astronaut(stage: Stage, spot: Spot) -> list[Element]:
    """An astronaut: standing on the ground, or adrift in space where the spot is the middle."""
    afloat = spot.place != "ground"
    lamp, page = lit(stage, spot.mirrored), page_for(spot, 0.75, 1.25, 0.3)
    if afloat:
        lamp = replace(lamp, level=0.82, shade=mix(colour("#1a1c3a"), stage.palette.far, 0.4))
    lamp = replace(lamp, level=max(lamp.level, 0.6))
    white = colour("#eef0f4")
    _suit(page, lamp, white, 0.05 if afloat else 0.0)
    _helmet(page, lamp, white, stage)
    if not afloat:
        return standing(stage, page, spot, 0.26, sway=0.003)
    phase = float(stage.rng.uniform(0, 6.28))
    turn = Motion((spot.x, spot.y), x=spot.size * 0.05, turn=0.3, rate=0.38, phase=phase * 1.7)
    bob = Motion(y=spot.size * 0.04, rate=0.6, phase=phase)
    return [painted(page, spot.x, spot.y + spot.size * 0.5, spot.depth, turn, bob)]


def _suit(page: Sheet, lamp: Lit, white: F32, loose: float) -> None:
    """Pack, legs, body and arms; `loose` spreads the limbs."""
    grey = mix(white, colour("#5a6274"), 0.5)
    page.fill(
        curve(path("-0.2 -0.78, 0.2 -0.78, 0.225 -0.6, 0.21 -0.4, -0.21 -0.4, -0.225 -0.6"), 6),
        lamp.across(grey, 0.2, -0.6),
    )
    for side in (-1.0, 1.0):
        _leg(page, lamp, white, grey, side, loose)
    body = curve(
        path(
            "-0.12 -0.76, 0.12 -0.76, 0.18 -0.68, 0.165 -0.48, 0.15 -0.37, -0.15 -0.37, "
            "-0.165 -0.48, -0.18 -0.68"
        ),
        8,
    )
    page.fill(body, lamp.across(white, 0.17, -0.6))
    inside = page.mask([body])
    page.fill(
        stroke([(-0.16, -0.41), (0, -0.40), (0.16, -0.41)], 0.03, 0.034, 0.03),
        lamp.on(grey, -0.2),
        0.9,
        0.003,
        inside,
    )
    for side in (-1.0, 1.0):
        _arm(page, lamp, white, grey, side, loose)
    panel = curve(path("-0.075 -0.62, 0.075 -0.62, 0.08 -0.51, -0.08 -0.51"), 4)
    page.fill(panel, lamp.across(mix(grey, colour("#2a3040"), 0.35), 0.1, -0.55))
    for x, tone in ((-0.045, "#5ad0ff"), (0.0, "#ff6a5a"), (0.045, "#ffd25a")):
        page.fill(ellipse(x, -0.575, 0.012, 0.012), colour(tone), 0.95, 0.001)
    edge = [
        (lamp.side * 0.15, -0.735),
        (lamp.side * 0.215, -0.68),
        (lamp.side * (0.262 + loose), -0.53),
        (lamp.side * (0.27 + 2 * loose), -0.41),
    ]
    page.fill(stroke(edge, 0.008, 0.018, 0.010), lamp.rim, 0.85, 0.005, page.cover.copy())


def _leg(page: Sheet, lamp: Lit, white: F32, grey: F32, side: float, loose: float) -> None:
    foot = side * (0.085 + loose * 1.6)
    leg = curve(
        [
            (side * 0.015, -0.42),
            (side * 0.15, -0.42),
            (side * 0.155 + loose * side, -0.24),
            (foot + side * 0.065, -0.05),
            (foot - side * 0.055, -0.05),
            (side * 0.03, -0.24),
        ],
        8,
    )
    page.fill(leg, lamp.across(white, 0.14, -0.3))
    inside = page.mask([leg])
    for y in (-0.3, -0.21, -0.12):
        page.fill(
            stroke([(foot - 0.1, y), (foot, y + 0.02), (foot + 0.1, y)], 0.008, 0.012, 0.008),
            lamp.on(white, -0.8),
            0.45,
            0.006,
            inside,
        )
    page.fill(
        curve(
            [
                (foot - side * 0.06, -0.07),
                (foot + side * 0.07, -0.07),
                (foot + side * 0.1, -0.005),
                (foot + side * 0.09, 0.008),
                (foot - side * 0.065, 0.008),
            ],
            5,
        ),
        lamp.across(grey, 0.1, -0.05),
    )


def _arm(page: Sheet, lamp: Lit, white: F32, grey: F32, side: float, loose: float) -> None:
    x = side * loose
    arm = curve(
        [
            (side * 0.13, -0.735),
            (side * 0.21, -0.69),
            (side * 0.265 + x, -0.53),
            (side * 0.275 + 2 * x, -0.40),
            (side * 0.2 + 2 * x, -0.385),
            (side * 0.165 + x, -0.52),
            (side * 0.13, -0.62),
        ],
        8,
    )
    page.fill(arm, lamp.across(white, 0.25, -0.6))
    within = page.mask([arm])
    for y in (-0.6, -0.5):
        page.fill(
            stroke([(side * 0.14, y), (side * 0.21, y + 0.015), (side * 0.3, y - 0.01)], 0.008, 0.012, 0.006),
            lamp.on(white, -0.8),
            0.45,
            0.006,
            within,
        )
    page.fill(
        stroke([(side * 0.19 + x, -0.63), (side * 0.26 + x, -0.645)], 0.018, 0.018, 0.018, 3),
        colour("#e8763a"),
        0.8,
        0.002,
        within,
    )
    page.fill(ellipse(side * 0.24 + 2 * x, -0.365, 0.043, 0.048), lamp.across(grey, 0.2, -0.36))


def _helmet(page: Sheet, lamp: Lit, white: F32, stage: Stage) -> None:
    """The helmet with a visor in which the sky is seen."""
    p, s = stage.palette, lamp.side
    page.fill(ellipse(0, -0.865, 0.148, 0.142), lamp.across(white, 0.14, -0.95))
    page.fill(
        stroke([(-0.11, -0.755), (0, -0.735), (0.11, -0.755)], 0.022, 0.028, 0.022),
        lamp.on(mix(white, colour("#5a6274"), 0.5), -0.1),
        1,
        0.002,
    )
    visor = curve(
        path(
            "-0.115 -0.875, -0.09 -0.945, 0 -0.97, 0.09 -0.945, 0.115 -0.875, 0.09 -0.8, 0 -0.775, -0.09 -0.8"
        ),
        8,
    )
    page.fill(
        visor, Fade(mix(p.sky[1], colour("#0a0c1c"), 0.45), mix(p.glow, p.haze, 0.4), (0, -0.96), (0, -0.80))
    )
    inside = page.mask([visor])
    page.fill(
        curve(path("-0.12 -0.82, -0.04 -0.838, 0.05 -0.825, 0.12 -0.835, 0.1 -0.77, -0.1 -0.77"), 6),
        mix(p.near, colour("#05060e"), 0.4),
        0.85,
        0.006,
        inside,
    )
    page.fill(ellipse(s * 0.05, -0.885, 0.02, 0.02), p.sun, 0.95, 0.006, inside)
    page.fill(ellipse(s * 0.05, -0.885, 0.05, 0.05), p.glow, 0.5, 0.02, inside)
    page.fill(
        stroke([(-s * 0.085, -0.85), (-s * 0.075, -0.92), (-s * 0.02, -0.95)], 0.004, 0.012, 0.003),
        colour("#ffffff"),
        0.6,
        0.004,
        inside,
    )
    rim = ellipse(0, -0.865, 0.142, 0.136)
    arc = rim[(rim[:, 0] * s > 0.06)]
    page.fill(
        stroke(arc[np.argsort(arc[:, 1])], 0.004, 0.018, 0.004, 2), lamp.rim, 0.85, 0.004, page.cover.copy()
    )
