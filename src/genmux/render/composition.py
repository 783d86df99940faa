"""From a prompt to a scene: choose the stage, compose the family's elements, add what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from genmux.render.cutout import Cutout
from genmux.render.effects import asked_effects, floating_effects, sky_effects
from genmux.render.layers import Element, Layer, Scene, finish
from genmux.render.palette import swatches
from genmux.render.raster import U8
from genmux.render.scenery.water import Water
from genmux.render.scenes import (
    abstract,
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
    space,
    street,
    studio,
)
from genmux.render.stage import Stage, stage
from genmux.render.standing import standing
from genmux.render.styles.facets import facet_layers
from genmux.render.styles.sheets import cut_sheets
from genmux.render.vocabulary import Reading

# Families that are not stacks of layers and so cannot be cut out of paper one by one.
_WITHOUT_LAYERS: Final = frozenset({"silk", "aerial", "space", "inkwash"})

# Deviation of the grain in byte steps where a style wants more of it.
_GRAINS: Final = {"vintage": 3.0, "film": 2.2}

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
    "silk": abstract.compose,
}

# Layers up to this depth belong to the sky.
_SKY: Final = 0.06


def styles_left(reading: Reading, family: str) -> tuple[str, ...]:
    """The styles of a prompt that a scene of this family has not been composed in already."""
    composed = {"ink"} if family == "inkwash" else set()
    if family not in _WITHOUT_LAYERS:
        composed |= {"papercut", "lowpoly"}
    return tuple(s for s in reading.all("style") if s not in composed)


def _restyled(elements: list[Element], setting: Stage) -> list[Element]:
    """The elements with their layers made of paper or of triangles where the prompt asks for that."""
    if setting.reading.has("style", "papercut"):
        return cut_sheets(elements, setting.geometry, setting.rng)
    if setting.reading.has("style", "lowpoly"):
        return facet_layers(elements, setting.rng, setting.geometry.unit)
    return elements


def scene(
    reading: Reading,
    rng: np.random.Generator,
    width: int,
    height: int,
    moving: bool,
    subjects: Sequence[Cutout] = (),
    lenders: Sequence[U8] = (),
) -> tuple[Scene, Stage]:
    """Compose the scene of a prompt: cut-out subjects stand in it, `lenders` give it their colours."""
    colours = swatches(lenders) if lenders else None
    reading = reading.without("subject") if subjects else reading
    setting = stage(reading, rng, width, height, moving, colours)
    elements = FAMILY_COMPOSERS[setting.family](setting)
    geometry = setting.geometry
    behind = _sky_depth(elements)
    elements[behind:behind] = sky_effects(reading, geometry, rng)
    shore = _first_water(elements)
    elements[shore:shore] = floating_effects(reading, geometry, rng)
    elements += standing(setting, subjects)
    if setting.family not in _WITHOUT_LAYERS:
        elements = _restyled(elements, setting)
    elements += asked_effects(reading, geometry, rng, setting.palette.near)
    grain = max((_GRAINS.get(s, 0.7) for s in reading.all("style")), default=0.7)
    return Scene(geometry, elements, reading.all("camera"), finish(width, height, grain)), setting


def _sky_depth(elements: Sequence[Element]) -> int:
    """How many of the elements are sky and clouds."""
    far = [isinstance(element, Layer) and element.depth <= _SKY for element in elements]
    return max(1, far.index(False) if False in far else 1)


def _first_water(elements: Sequence[Element]) -> int:
    """The place of the first water, which mirrors what comes before it; the end where there is none."""
    return next((n for n, element in enumerate(elements) if isinstance(element, Water)), len(elements))
