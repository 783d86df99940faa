"""A cloaked wanderer with a staff."""

from __future__ import annotations

from typing import Final

from genmux.render.layers import Element
from genmux.render.paint.gouache import Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.stage import Stage
from genmux.render.subjects.pages import page_for, standing
from genmux.render.subjects.spot import Spot

_CLOAKS: Final = ("#7a2f2a", "#2f4a6a", "#b58a4a", "#3f5a44", "#4a3a5a", "#c8bfae")
_SKINS: Final = ("#efc4a4", "#d9a074", "#a86b45", "#6e4632")


def traveller(stage: Stage, spot: Spot) -> list[Element]:
    """A cloaked wanderer with a staff, walking into the picture."""
    lamp, rng = lit(stage, spot.mirrored), stage.rng
    page = page_for(spot, 0.9, 1.25, 0.3)
    cloak = mix(colour(_CLOAKS[int(rng.integers(len(_CLOAKS)))]), stage.palette.near, 0.2)
    dark = mix(cloak, colour("#120c10"), 0.6)
    for x, foot in ((-0.05, -0.09), (0.06, 0.10)):
        page.fill(
            curve(
                [
                    (x - 0.035, -0.25),
                    (x + 0.035, -0.25),
                    (foot + 0.035, -0.01),
                    (foot + 0.06, 0.005),
                    (foot - 0.03, 0.005),
                ],
                6,
            ),
            lamp.on(dark, -0.3),
        )
    page.fill(
        stroke([(0.26, -0.82), (0.245, -0.4), (0.235, 0.0)], 0.016, 0.02, 0.014),
        lamp.on(colour("#5a3c24"), 0.1),
    )
    _cloak(page, lamp, cloak)
    page.fill(
        curve(path("0.08 -0.66, 0.2 -0.56, 0.255 -0.53, 0.25 -0.49, 0.17 -0.49, 0.08 -0.52"), 6),
        lamp.across(cloak, 0.2, -0.6),
    )
    page.fill(ellipse(0.25, -0.51, 0.022, 0.026), lamp.on(colour(_SKINS[1]), 0.1))
    if rng.random() < 0.6:
        _pack(page, lamp, cloak)
    _hood(page, lamp, cloak, float(rng.random()))
    out = lamp.side if lamp.side > 0 else lamp.side * 1.2
    edge = [(lamp.side * 0.06, -0.965), (out * 0.11, -0.78), (out * 0.155, -0.5), (out * 0.2, -0.12)]
    page.fill(stroke(edge, 0.006, 0.014, 0.010), lamp.rim, 0.75, 0.004, page.cover.copy())
    return standing(stage, page, spot, 0.22)


def _cloak(page: Sheet, lamp: Lit, cloak: F32) -> None:
    """The cloak and its folds."""
    body = curve(
        path(
            "-0.05 -0.86, 0.07 -0.85, 0.13 -0.66, 0.17 -0.4, 0.2 -0.1, 0.02 -0.085, -0.16 -0.1, "
            "-0.26 -0.07, -0.2 -0.4, -0.14 -0.68"
        ),
        8,
    )
    page.fill(body, lamp.across(cloak, 0.2, -0.5))
    inside = page.mask([body])
    for line in (
        [(-0.03, -0.8), (-0.09, -0.45), (-0.14, -0.1)],
        [(0.02, -0.78), (0.04, -0.45), (0.03, -0.1)],
        [(0.07, -0.74), (0.12, -0.45), (0.14, -0.12)],
    ):
        page.fill(stroke(line, 0.006, 0.03, 0.04), lamp.on(cloak, -0.9), 0.6, 0.010, inside)
        page.fill(
            stroke([(x + lamp.side * 0.03, y) for x, y in line], 0.004, 0.016, 0.03),
            lamp.on(cloak, 0.7),
            0.35,
            0.008,
            inside,
        )


def _pack(page: Sheet, lamp: Lit, cloak: F32) -> None:
    """A bag on the back with a rolled blanket."""
    page.fill(
        curve(
            path("-0.16 -0.74, -0.06 -0.76, -0.05 -0.46, -0.12 -0.4, -0.2 -0.46, -0.2 -0.68"),
            6,
        ),
        lamp.across(mix(colour("#6a4a30"), cloak, 0.2), 0.2, -0.6),
    )
    page.fill(
        ellipse(-0.12, -0.77, 0.085, 0.036), lamp.across(mix(colour("#a89a7a"), cloak, 0.2), 0.1, -0.78)
    )


def _hood(page: Sheet, lamp: Lit, cloak: F32, kind: float) -> None:
    if kind < 0.5:
        hood = curve(
            path("-0.1 -0.78, -0.1 -0.92, -0.02 -1, 0.075 -0.96, 0.1 -0.86, 0.07 -0.78, 0 -0.74"),
            8,
        )
        page.fill(hood, lamp.across(cloak, 0.1, -0.92))
        page.fill(
            curve(path("0.05 -0.945, 0.1 -0.88, 0.075 -0.79, 0.045 -0.86"), 6),
            lamp.on(cloak, -1.0),
            0.85,
            0.004,
        )
        return
    straw = colour("#b8924e")
    page.fill(ellipse(0.005, -0.88, 0.062, 0.075), lamp.on(colour("#3a241a"), -0.2))
    page.fill(
        curve(
            path("-0.19 -0.885, -0.03 -1, 0.04 -1, 0.2 -0.885, 0.1 -0.868, 0 -0.862, -0.1 -0.868"),
            8,
        ),
        lamp.across(straw, 0.16, -0.95),
    )
