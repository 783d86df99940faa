"""A cup of coffee that steams."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.effects.steam import Steam
from genmux.render.layers import Element
from genmux.render.paint.gouache import Fade, Sheet, stroke
from genmux.render.paint.lit import Lit, lit
from genmux.render.paint.solids import shadow
from genmux.render.palette import colour, mix
from genmux.render.raster import F32, f32
from genmux.render.shapes import curve, ellipse, path
from genmux.render.stage import Stage
from genmux.render.subjects.pages import page_for, placed, tone_for
from genmux.render.subjects.spot import Spot

_WHITE: Final = colour("#ffffff")


_COFFEE: Final = colour("#4a2614")


_CREMA: Final = colour("#c98d52")


def cup(stage: Stage, spot: Spot) -> list[Element]:
    """A cup of coffee, wider than high, with steam above it."""
    lamp, page = lit(stage, spot.mirrored), page_for(spot, 0.9)
    tone = tone_for(stage, ("#f6f1ea", "#f6f1ea", "#c8d6d8", "#e0b8a4", "#3c4a5a", "#9fb59a"))
    _saucer(page, lamp, tone)
    _handle(page, lamp, tone)
    body = curve(
        path(
            "-0.335 -0.47, -0.325 -0.34, -0.27 -0.19, -0.17 -0.105, 0.17 -0.105, 0.27 -0.19, "
            "0.325 -0.34, 0.335 -0.47"
        ),
        8,
        closed=False,
    )
    body = f32(np.concatenate([body, ellipse(0, -0.47, 0.335, 0.085)[20::-1]]))
    s = lamp.side
    page.fill(body, Fade(lamp.on(tone, 0.6), lamp.on(tone, -0.85), (s * 0.25, -0.45), (-s * 0.32, -0.15)))
    inside = page.mask([body])
    page.fill(
        stroke([(s * 0.22, -0.42), (s * 0.21, -0.3), (s * 0.15, -0.17)], 0.02, 0.06, 0.01),
        _WHITE,
        0.6,
        0.014,
        inside,
    )
    page.fill(
        stroke([(-s * 0.31, -0.42), (-s * 0.29, -0.3), (-s * 0.22, -0.18)], 0.006, 0.02, 0.006),
        lamp.on(tone, 0.4),
        0.6,
        0.01,
        inside,
    )
    page.fill(ellipse(0, -0.47, 0.335, 0.085, points=60), lamp.on(tone, 0.75))
    page.fill(
        ellipse(0, -0.466, 0.312, 0.074, points=60),
        Fade(lamp.on(tone, -0.6), lamp.on(tone, 0.2), (s * 0.3, -0.5), (-s * 0.3, -0.45)),
    )
    _coffee(page, lamp, float(stage.rng.random()))
    steam = Steam(
        spot.x,
        spot.y - spot.size * 0.48,
        spot.size * 0.75,
        spot.depth,
        f32(stage.rng.random(3)),
        mix(_WHITE, lamp.rim, 0.3) * 0.4,
    )
    return [*placed(page, spot), steam]


def _saucer(page: Sheet, lamp: Lit, tone: F32) -> None:
    s = lamp.side
    shadow(page, lamp, 0, 0.0, 0.48, 0.5)
    page.fill(ellipse(0, -0.02, 0.52, 0.125, points=70), lamp.on(tone, -0.55))
    page.fill(
        ellipse(0, -0.045, 0.52, 0.122, points=70),
        Fade(lamp.on(tone, 0.75), lamp.on(tone, -0.2), (s * 0.5, -0.1), (-s * 0.5, 0)),
    )
    page.fill(
        ellipse(0, -0.04, 0.40, 0.088, points=60),
        Fade(lamp.on(tone, -0.15), lamp.on(tone, 0.5), (s * 0.4, -0.1), (-s * 0.4, 0)),
        0.8,
        0.008,
    )
    page.fill(ellipse(-s * 0.08, -0.05, 0.30, 0.065), lamp.on(tone, -1.0), 0.55, 0.02)


def _handle(page: Sheet, lamp: Lit, tone: F32) -> None:
    line = path("0.29 -0.4, 0.41 -0.425, 0.475 -0.35, 0.43 -0.24, 0.29 -0.18")
    page.fill(stroke(line, 0.05, 0.058, 0.04, 8), lamp.on(tone, -0.1 if lamp.side > 0 else -0.5))
    page.fill(
        stroke([(x + 0.004, y - 0.012) for x, y in line], 0.01, 0.02, 0.006, 8),
        lamp.on(tone, 0.9),
        0.7,
        0.005,
    )


def _coffee(page: Sheet, lamp: Lit, kind: float) -> None:
    s = lamp.side
    surface = ellipse(0, -0.452, 0.285, 0.058, points=60)
    page.fill(surface, Fade(mix(_CREMA, _COFFEE, 0.25), _COFFEE, (s * 0.25, -0.5), (-s * 0.25, -0.4)))
    inside = page.mask([surface])
    rim = ellipse(0, -0.452, 0.275, 0.052, points=60)
    page.fill_all(
        [stroke(rim[k : k + 9], 0.008, 0.014, 0.008, 2) for k in range(0, 52, 7)], _CREMA, 0.7, 0.004, inside
    )
    milk = colour("#f3dfc4")
    if kind < 0.65:
        heart = curve(
            path(
                "0 -0.425, -0.11 -0.452, -0.085 -0.485, -0.02 -0.478, 0 -0.468, 0.02 -0.478, "
                "0.085 -0.485, 0.11 -0.452"
            ),
            6,
        )
        page.fill(heart, milk, 0.95, 0.003, inside)
        page.fill(f32(heart * [0.55, 0.5] + [0, -0.227]), mix(_CREMA, _COFFEE, 0.2), 0.7, 0.003, inside)
    else:
        page.fill(ellipse(-s * 0.08, -0.462, 0.1, 0.014), _CREMA, 0.6, 0.012, inside)
    page.fill(ellipse(s * 0.15, -0.468, 0.06, 0.010), _WHITE, 0.35, 0.01, inside)
