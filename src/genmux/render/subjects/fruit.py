"""A bowl of fruit."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.paint.solids import gloss, shadow
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.stage import Stage
from genmux.render.subjects.pages import page_for, placed, tone_for
from genmux.render.subjects.spot import Spot

_BOWLS: Final = ("#f4efe8", "#d9e2e2", "#3f5f7f", "#e6c9b6", "#8fa58c")
# Where the fruit lies, far to near: x, y and radius.
_PILE: Final = (
    (-0.2, -0.56, 0.15),
    (0.18, -0.57, 0.15),
    (0.0, -0.72, 0.155),
    (-0.34, -0.5, 0.125),
    (0.34, -0.5, 0.13),
    (-0.04, -0.5, 0.165),
)
_SKINS: Final = ("#e58a2a", "#d23a32", "#9fc24a", "#f0c24a", "#b02c4a")
_BODY: Final = path(
    "-0.5 -0.44, -0.47 -0.28, -0.36 -0.12, -0.2 -0.02, 0.2 -0.02, 0.36 -0.12, 0.47 -0.28, 0.5 -0.44"
)


def fruit(stage: Stage, spot: Spot) -> list[Element]:
    """A bowl heaped with oranges, apples and plums."""
    rng, lamp, page = stage.rng, lit(stage, spot.mirrored), page_for(spot, 0.85)
    tone = tone_for(stage, _BOWLS)
    shadow(page, lamp, 0, 0.0, 0.3, 1.2)
    page.fill(ellipse(0, -0.44, 0.5, 0.1, points=60), lamp.on(tone, -0.6))
    first = int(rng.integers(len(_SKINS)))
    for k, (x, y, r) in enumerate(_PILE):
        _piece(page, lamp, (x, y), r, colour(_SKINS[(first + k * 2) % len(_SKINS)]))
    _bowl(page, lamp, tone)
    return placed(page, spot)


def _piece(page: Sheet, lamp: Lit, at: tuple[float, float], r: float, skin: F32) -> None:
    x, y = at
    page.fill(
        ellipse(x - lamp.side * r * 0.3, y + r * 0.5, r * 1.1, r * 0.8),
        colour("#2a1018"),
        0.35,
        0.03,
        page.cover.copy(),
    )
    page.globe(x, y, r, gloss(lamp, skin), lamp.side)
    page.fill(
        ellipse(x, y - r * 0.82, r * 0.3, r * 0.09),
        lamp.on(mix(skin, colour("#3a2014"), 0.6), -0.3),
        0.6,
        r * 0.05,
    )
    page.fill(
        stroke(
            [(x, y - r * 0.8), (x + r * 0.06, y - r * 1.0), (x + r * 0.2, y - r * 1.16)], 0.012, 0.009, 0.012
        ),
        lamp.on(colour("#4a3020"), 0.0),
    )
    leaf = curve(
        [
            (x + r * 0.1, y - r),
            (x + r * 0.4, y - r * 1.3),
            (x + r * 0.85, y - r * 1.2),
            (x + r * 0.5, y - r * 0.98),
        ],
        6,
    )
    page.fill(leaf, lamp.across(colour("#5f9a48"), r, y - r * 1.2))


def _bowl(page: Sheet, lamp: Lit, tone: F32) -> None:
    """The front of the bowl, over the lower half of the fruit."""
    s = lamp.side
    front = ellipse(0, -0.44, 0.5, 0.1, points=60)[:31]
    body = f32(np.concatenate([curve(_BODY, 8, closed=False), front]))
    page.fill(body, Fade(lamp.on(tone, 0.5), lamp.on(tone, -0.85), (s * 0.35, -0.4), (-s * 0.45, -0.1)))
    inside = page.mask([body])
    page.fill(
        stroke([(s * 0.33, -0.33), (s * 0.29, -0.2), (s * 0.18, -0.08)], 0.02, 0.07, 0.01),
        lamp.rim,
        0.6,
        0.016,
        inside,
    )
    page.fill(
        stroke([(-s * 0.45, -0.34), (-s * 0.38, -0.18), (-s * 0.24, -0.06)], 0.004, 0.024, 0.004),
        lamp.on(tone, 0.3),
        0.6,
        0.012,
        inside,
    )
    page.fill(stroke(front[1:30:2], 0.008, 0.022, 0.008, 2), lamp.on(tone, 0.95), 0.9, 0.003)
