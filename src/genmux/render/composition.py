"""From a prompt to a scene: choose the stage, compose the family's elements, add what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from genmux.render.effects import asked_effects, aurora
from genmux.render.layers import Element, Scene, finish
from genmux.render.motif import motif
from genmux.render.palette import swatches
from genmux.render.raster import U8
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
    references: Sequence[U8] = (),
) -> tuple[Scene, Stage]:
    """Compose the scene of a prompt; references lend it their palette and a motif."""
    colours = swatches(references) if references else None
    setting = stage(reading, rng, width, height, moving, colours)
    elements = FAMILY_COMPOSERS[setting.family](setting)
    if reading.has("effect", "aurora"):
        elements.insert(1, aurora(rng, width))
    if references:
        found = motif(setting, references[0])
        elements.insert(len(elements) if found.depth > 0.5 else 1, found)
    if setting.family not in _WITHOUT_LAYERS:
        elements = _restyled(elements, setting)
    elements += asked_effects(reading, setting.geometry, rng, setting.palette.near)
    grain = max((_GRAINS.get(s, 0.7) for s in reading.all("style")), default=0.7)
    return Scene(setting.geometry, elements, reading.all("camera"), finish(width, height, grain)), setting
