"""The abstract: silk when it is asked for; otherwise one of five kinds, by words or by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from genmux.render.abstract.crystal import facets
from genmux.render.abstract.harmony import Harmony, harmony
from genmux.render.abstract.orbs import orbs
from genmux.render.abstract.ribbons import ribbons
from genmux.render.abstract.waves import waves
from genmux.render.layers import Element
from genmux.render.scenes import silk
from genmux.render.stage import Stage

# Features that ask for one kind; the rest of the picture is chance.
KINDS: Final[dict[str, Callable[[Stage, Harmony], list[Element]]]] = {
    "orbs": orbs,
    "papers": waves,
    "ribbons": ribbons,
    "facets": facets,
}
CLOTH: Final = "cloth"


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    if stage.wants(CLOTH):
        return silk.compose(stage)
    asked = next((kind for kind in KINDS if stage.wants(kind)), None)
    drawn = str(stage.rng.choice([CLOTH, *KINDS]))
    kind = asked or drawn
    return silk.compose(stage) if kind == CLOTH else KINDS[kind](stage, harmony(stage))
