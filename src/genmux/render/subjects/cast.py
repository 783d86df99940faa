"""Which subjects a prompt asks for, and how they share a place."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from genmux.render.layers import Element
from genmux.render.stage import Stage
from genmux.render.subjects.animals import ANIMALS
from genmux.render.subjects.boats import BOATS
from genmux.render.subjects.buildings import BUILDINGS
from genmux.render.subjects.crafts import CRAFTS
from genmux.render.subjects.fliers import FLIERS
from genmux.render.subjects.people import PEOPLE
from genmux.render.subjects.sea import SEA
from genmux.render.subjects.spot import Spot, Subject
from genmux.render.subjects.things import THINGS
from genmux.render.subjects.trees import TREES
from genmux.render.subjects.vehicles import VEHICLES

SUBJECTS: Final[dict[str, Subject]] = {
    **ANIMALS,
    **BOATS,
    **BUILDINGS,
    **CRAFTS,
    **FLIERS,
    **PEOPLE,
    **SEA,
    **THINGS,
    **TREES,
    **VEHICLES,
}
MOST: Final = 3

# How far from each other people stand, against the spot's size.
_CLOSE: Final = 0.46

# Sizes beside people, whose own is `PEOPLE`'s: what else stands there keeps its usual size.
_BESIDE_PEOPLE: Final = {
    "cat": 0.2, "dog": 0.32, "fox": 0.27, "rabbit": 0.17, "penguin": 0.36, "panda": 0.5, "bear": 0.7,
    "horse": 0.86, "deer": 0.74, "elephant": 1.25, "camel": 0.96,
}  # fmt: skip

# Sides on which the second and third subject stand, in rooms from the first.
_BESIDE: Final = (0.0, 1.0, -1.0)
_AGAIN: Final = 0.86
_BUILT_AGAIN: Final = 0.72


def asked(stage: Stage, place: str) -> list[str]:
    """The subjects that the prompt names and that fit a place, first mentioned first, at most `MOST`.

    One that is asked for twice or thrice is there as often, after one of each.
    """
    fitting = [name for name in stage.reading.all("subject") if place in SUBJECTS[name].places]
    more = [name for name in fitting for _ in range(stage.reading.counts.get(name, 1) - 1)]
    return (fitting + more)[:MOST]


def cast(stage: Stage, place: str, spot: Spot) -> list[Element]:
    """The elements of every subject asked for at a place, side by side from `spot`; none is asked: none.

    Of a kind, those beside the first are a little smaller and look the other way.
    """
    inward = 1.0 if spot.x < stage.geometry.layer_width / 2 else -1.0
    elements: list[Element] = []
    seen: set[str] = set()
    names = asked(stage, place)
    peopled = not PEOPLE.keys().isdisjoint(names)
    room = min(spot.room, spot.size * _CLOSE) if PEOPLE.keys() >= set(names) else spot.room
    for name, side in zip(names, _BESIDE, strict=False):
        subject, again = SUBJECTS[name], name in seen
        seen.add(name)
        size = spot.size * (_BESIDE_PEOPLE.get(name, subject.size) if peopled else subject.size)
        size *= _AGAIN if again else 1.0
        size *= _BUILT_AGAIN if name in BUILDINGS and names.count(name) > 1 else 1.0
        x = spot.x + side * inward * room
        elements += subject.draw(
            stage, replace(spot, x=x, size=size, mirrored=spot.mirrored != again, place=place)
        )
    return elements


def cast_aloft(stage: Stage) -> list[Element]:
    """What the prompt puts into the sky of an open landscape, on the side away from the sun."""
    g = stage.geometry
    spot = Spot(stage.free_x, g.margin_y + g.height * 0.27, g.span * 0.34, 0.3, room=g.span * 0.34)
    return cast(stage, "air", spot)
