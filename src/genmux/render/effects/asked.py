"""The effects a prompt can name, and where in a scene each belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from genmux.render.camera import Geometry
from genmux.render.effects.aurora import aurora
from genmux.render.effects.bokeh import bokeh
from genmux.render.effects.bubbles import bubbles
from genmux.render.effects.drift import Embers, Leaves, Petals
from genmux.render.effects.fireworks import fireworks
from genmux.render.effects.flock import birds
from genmux.render.effects.glow import motes
from genmux.render.effects.lanterns import lanterns
from genmux.render.effects.lightning import Flash, lightning
from genmux.render.effects.rainbow import rainbow
from genmux.render.effects.weather import Rain, Snow
from genmux.render.layers import Element
from genmux.render.palette import colour, mix
from genmux.render.raster import F32
from genmux.render.vocabulary import Reading

_Maker = Callable[[Geometry, np.random.Generator], Element]

_BOKEH: Final = (colour("#ffd9a0"), colour("#fff1d8"), colour("#ffb38a"))

MAKERS: Final[dict[str, _Maker]] = {
    "snow": lambda g, rng: Snow(rng.random((240, 5)).astype(np.float32)),
    "rain": lambda g, rng: Rain(rng.random((420, 3)).astype(np.float32)),
    "petals": lambda g, rng: Petals(rng.random((70, 6)).astype(np.float32), colour("#ffb7cf")),
    "fireflies": lambda g, rng: motes(g, rng, 60, colour("#ffe27a")),
    "lightning": lightning,
    "rainbow": rainbow,
    "leaves": lambda g, rng: Leaves(rng.random((56, 6)).astype(np.float32)),
    "embers": lambda g, rng: Embers(rng.random((90, 5)).astype(np.float32)),
    "aurora": lambda g, rng: aurora(rng, g.width),
    "bubbles": bubbles,
    "lanterns": lanterns,
    "fireworks": lambda g, rng: fireworks(rng),
    "bokeh": lambda g, rng: bokeh(g, rng, 18, _BOKEH, strength=0.28, clear=0.24),
}

# What hangs in the sky, behind the land, and what floats before it; water mirrors both.
_IN_THE_SKY: Final = frozenset({"aurora", "lightning", "rainbow", "fireworks"})
_AFLOAT: Final = frozenset({"lanterns"})


def sky_effects(reading: Reading, geometry: Geometry, rng: np.random.Generator) -> list[Element]:
    """The effects a prompt names that belong to the sky."""
    return [MAKERS[name](geometry, rng) for name in reading.all("effect") if name in _IN_THE_SKY]


def floating_effects(reading: Reading, geometry: Geometry, rng: np.random.Generator) -> list[Element]:
    """The effects a prompt names that float before the land and above the water."""
    return [MAKERS[name](geometry, rng) for name in reading.all("effect") if name in _AFLOAT]


def asked_effects(reading: Reading, geometry: Geometry, rng: np.random.Generator, near: F32) -> list[Element]:
    """The effects a prompt names that are drawn over everything else."""
    elsewhere = _IN_THE_SKY | _AFLOAT
    made = [MAKERS[name](geometry, rng) for name in reading.all("effect") if name not in elsewhere]
    if reading.has("effect", "lightning"):
        made.append(Flash())
    if reading.has("feature", "birds"):
        made.append(birds(rng, 11, mix(near, colour("#101418"), 0.4), float(rng.uniform(0.2, 0.34)), size=13))
    return made


def effects_over(reading: Reading, geometry: Geometry, rng: np.random.Generator, near: F32) -> list[Element]:
    """All the effects a prompt names, for a picture that has no sky or water of its own."""
    return [
        *sky_effects(reading, geometry, rng),
        *floating_effects(reading, geometry, rng),
        *asked_effects(reading, geometry, rng, near),
    ]
