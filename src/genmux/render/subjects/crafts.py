"""Flying crafts and the dragon: the table of what flies on its own power."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.airliners import airplane
from genmux.render.subjects.dragon import dragon
from genmux.render.subjects.rockets import rocket, satellite
from genmux.render.subjects.saucers import ufo
from genmux.render.subjects.spot import Subject

_AIR: Final = frozenset({"air"})

CRAFTS: Final[dict[str, Subject]] = {
    "rocket": Subject(frozenset({"air", "space"}), 1.15, rocket),
    "ufo": Subject(frozenset({"air", "space"}), 0.9, ufo),
    "satellite": Subject(frozenset({"air", "space"}), 0.95, satellite),
    "airplane": Subject(_AIR, 0.95, airplane),
    "dragon": Subject(_AIR, 1.5, dragon),
}
