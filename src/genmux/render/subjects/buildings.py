"""What people build: houses, lighthouses, temples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from genmux.render.layers import Element
from genmux.render.stage import Stage
from genmux.render.subjects.houses import HOUSES
from genmux.render.subjects.spot import Spot, Subject
from genmux.render.subjects.temples import TEMPLES
from genmux.render.subjects.towers import TOWERS

_PAINTERS: Final[dict[str, Callable[[Stage, Spot], list[Element]]]] = {**HOUSES, **TOWERS, **TEMPLES}
_SIZES: Final = {
    "house": 0.95,
    "cabin": 0.85,
    "village": 1.55,
    "tent": 0.55,
    "lighthouse": 1.9,
    "windmill": 1.6,
    "castle": 1.6,
    "pagoda": 1.9,
    "torii": 1.25,
}

BUILDINGS: Final[dict[str, Subject]] = {
    name: Subject(frozenset({"ground"}), size, _PAINTERS[name]) for name, size in _SIZES.items()
}
