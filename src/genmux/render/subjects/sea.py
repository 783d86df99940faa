"""What swims: fish and sharks, turtles, whales, jellyfish."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.fish import fish
from genmux.render.subjects.jellyfish import jellyfish
from genmux.render.subjects.sharks import rays, shark
from genmux.render.subjects.spot import Subject
from genmux.render.subjects.turtle import turtle
from genmux.render.subjects.whales import dolphins, whale

_DEEP: Final = frozenset({"deep"})
_SURFACING: Final = frozenset({"deep", "water"})

SEA: Final[dict[str, Subject]] = {
    "fish": Subject(_DEEP, 1.0, fish),
    "jellyfish": Subject(_DEEP, 1.0, jellyfish),
    "shark": Subject(_DEEP, 1.0, shark),
    "ray": Subject(_DEEP, 1.0, rays),
    "turtle": Subject(_DEEP, 1.0, turtle),
    "whale": Subject(_SURFACING, 1.0, whale),
    "dolphin": Subject(_SURFACING, 1.0, dolphins),
}
