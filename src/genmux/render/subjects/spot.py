"""The contract of subjects: where one is put, and how it is drawn there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from genmux.render.layers import Element
from genmux.render.stage import Stage

PLACES: Final = ("ground", "water", "air", "deep", "space")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a subject is put, in layer pixels.

    (x, y) is the foot of what stands or floats and the middle of what flies or swims; `size` is its height.
    `room` is how far to either side it may reach, and how far from each other several are put.
    A `wet` foot stands in water. `place` is one of `PLACES`.
    """

    x: float
    y: float
    size: float
    depth: float
    room: float
    mirrored: bool = False
    wet: bool = False
    place: str = "ground"


@dataclass(frozen=True, slots=True)
class Subject:
    """A row of the table of subjects: the places it fits, its size against a panda's 1, how it is drawn."""

    places: frozenset[str]
    size: float
    draw: Callable[[Stage, Spot], list[Element]]


def inside(stage: Stage, x: float, reach: float) -> float:
    """Where something `reach` wide to each side stands fully in the picture, as near to `x` as can be."""
    g = stage.geometry
    room = min(reach, g.width / 2)
    return min(max(x, g.margin_x + room), g.margin_x + g.width - room)
