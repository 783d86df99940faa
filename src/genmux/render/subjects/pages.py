"""Sheets for people and things that stand on a spot, and the sprites they become."""

from __future__ import annotations

import math

from genmux.render.layers import Element
from genmux.render.paint.gouache import Sheet, sheet
from genmux.render.palette import HUES, colour, polar
from genmux.render.raster import F32
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import painted
from genmux.render.stage import Stage
from genmux.render.subjects.shadows import ground_shadow
from genmux.render.subjects.spot import Spot


def page_for(spot: Spot, wide: float = 0.8, up: float = 1.2, down: float = 0.25) -> Sheet:
    """A sheet whose origin is the spot's foot and whose unit is its size."""
    across, above, below = (math.ceil(v * spot.size) + 2 for v in (wide, up, down))
    side = -1.0 if spot.mirrored else 1.0
    return sheet(2 * across, above + below, (float(across), float(above)), spot.size, side)


def placed(page: Sheet, spot: Spot, *motions: Motion) -> list[Element]:
    """The finished sheet on its spot."""
    return [painted(page, spot.x, spot.y, spot.depth, *motions)]


def standing(stage: Stage, page: Sheet, spot: Spot, wide: float, sway: float = 0.006) -> list[Element]:
    """The finished figure on its spot, breathing, and its shadow; `wide` is half its width, in its height."""
    breathing = Motion((spot.x, spot.y), lean=sway, tall=0.004, rate=1.5, phase=spot.x)
    shadow = ground_shadow(stage, spot, wide)
    return [shadow, painted(page, spot.x, spot.y, spot.depth, breathing)]


def hue_for(stage: Stage) -> float:
    """The hue that the prompt names, or one by chance."""
    named = stage.reading.first("hue")
    return HUES[named] if named is not None else float(stage.rng.uniform(0, 360))


def tone_for(stage: Stage, tones: tuple[str, ...]) -> F32:
    """The hue that the prompt names as a glaze, or one of some tones by chance."""
    hue = stage.reading.first("hue")
    if hue is not None:
        return polar(0.62, 0.13, HUES[hue])
    return colour(tones[int(stage.rng.integers(len(tones)))])
