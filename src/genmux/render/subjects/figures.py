"""What all figures of people share: their sheet, their shadow and their breath."""

from __future__ import annotations

import math

from genmux.render.layers import Element
from genmux.render.paint.gouache import Sheet, sheet
from genmux.render.palette import mix
from genmux.render.shapes import curve, ellipse
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import painted
from genmux.render.stage import Stage
from genmux.render.subjects.lit import Lit
from genmux.render.subjects.spot import Spot


def page_of(spot: Spot, wide: float = 0.9) -> Sheet:
    """A sheet around a figure whose feet are at the origin."""
    across, up = math.ceil(wide * spot.size) + 2, math.ceil(1.25 * spot.size) + 2
    side = -1.0 if spot.mirrored else 1.0
    return sheet(2 * across, up + math.ceil(0.3 * spot.size) + 2, (float(across), float(up)), spot.size, side)


def ground_shadow(stage: Stage, page: Sheet, lamp: Lit, wide: float) -> None:
    """The figure's shadow on the ground: long and away from a low sun, short at noon."""
    away = -lamp.side
    length = {"sunset": 0.75, "dawn": 0.75, "day": 0.3}.get(stage.time, 0.12)
    tone = mix(stage.palette.near, stage.palette.deep, 0.4)
    points = [
        (-wide * 0.5, 0.0),
        (wide * 0.5, 0.0),
        (away * length + wide * 0.25, 0.085),
        (away * length - wide * 0.25, 0.10),
    ]
    page.fill(curve(points), tone, 0.4, 0.012)
    page.fill(ellipse(0, 0.004, wide * 0.8, 0.022), tone, 0.55, 0.012)


def standing(page: Sheet, spot: Spot, sway: float = 0.006) -> list[Element]:
    """The finished figure on its spot, breathing."""
    breathing = Motion((spot.x, spot.y), lean=sway, tall=0.004, rate=1.5, phase=spot.x)
    return [painted(page, spot.x, spot.y, spot.depth, breathing)]
