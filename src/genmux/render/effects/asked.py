"""The effects a prompt can name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from genmux.render.camera import Geometry
from genmux.render.effects.aurora import aurora
from genmux.render.effects.bokeh import bokeh
from genmux.render.effects.drift import Petals
from genmux.render.effects.flock import birds
from genmux.render.effects.glow import motes
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
    "aurora": lambda g, rng: aurora(rng, g.width),
    "bokeh": lambda g, rng: bokeh(g, rng, 18, _BOKEH, strength=0.28, clear=0.24),
}


def asked_effects(reading: Reading, geometry: Geometry, rng: np.random.Generator, near: F32) -> list[Element]:
    """The effects a prompt names, except the aurora, which belongs to the sky."""
    made = [
        MAKERS[name](geometry, rng) for name in reading.all("effect") if name in MAKERS and name != "aurora"
    ]
    if reading.has("feature", "birds"):
        made.append(birds(rng, 11, mix(near, colour("#101418"), 0.4), float(rng.uniform(0.2, 0.34)), size=13))
    return made
