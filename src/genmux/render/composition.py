"""From a prompt to a scene: choose the stage, compose the family's elements, add what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from genmux.render.effects import ALOFT, MAKERS, asked_effects, aurora
from genmux.render.layers import Element, Layer, Scene, finish
from genmux.render.motif import motif
from genmux.render.palette import swatches
from genmux.render.raster import U8
from genmux.render.scenes import (
    aerial,
    city,
    deep,
    desert,
    forest,
    inkwash,
    meadow,
    mountains,
    ocean,
    portrait,
    silk,
    space,
    street,
    studio,
)
from genmux.render.stage import Stage, stage
from genmux.render.vocabulary import Reading
from genmux.render.water import Water

# Layers up to this depth are sky.
_SKY_DEPTH: Final = 0.05

FAMILY_COMPOSERS: Final[dict[str, Callable[[Stage], list[Element]]]] = {
    "ocean": ocean.compose,
    "deep": deep.compose,
    "mountains": mountains.compose,
    "meadow": meadow.compose,
    "desert": desert.compose,
    "forest": forest.compose,
    "city": city.compose,
    "street": street.compose,
    "space": space.compose,
    "portrait": portrait.compose,
    "studio": studio.compose,
    "aerial": aerial.compose,
    "inkwash": inkwash.compose,
    "silk": silk.compose,
}


def scene(
    reading: Reading,
    rng: np.random.Generator,
    width: int,
    height: int,
    moving: bool,
    references: Sequence[U8] = (),
) -> tuple[Scene, Stage]:
    """Compose the scene of a prompt; references lend it their palette and a motif."""
    colours = swatches(references) if references else None
    setting = stage(reading, rng, width, height, moving, colours)
    elements = FAMILY_COMPOSERS[setting.family](setting)
    if reading.has("effect", "aurora"):
        elements.insert(1, aurora(rng, width))
    for name in ALOFT:
        if reading.has("effect", name):
            elements.insert(_place_aloft(name, elements), MAKERS[name](setting.geometry, rng))
    if references:
        found = motif(setting, references[0])
        elements.insert(len(elements) if found.depth > 0.5 else 1, found)
    elements += asked_effects(reading, setting.geometry, rng, setting.palette.near, without=ALOFT)
    grain = 3.0 if reading.has("style", "vintage") else 0.7
    return Scene(setting.geometry, elements, reading.all("camera"), finish(width, height, grain)), setting


def _place_aloft(name: str, elements: Sequence[Element]) -> int:
    """Where a scene draws it: fireworks before the sky, lanterns before the land; water mirrors both."""
    water = next((i for i, e in enumerate(elements) if isinstance(e, Water)), len(elements))
    if name == "lanterns":
        return water
    land = (i for i, e in enumerate(elements) if not (isinstance(e, Layer) and e.depth <= _SKY_DEPTH))
    return min(next(land, water), water)
