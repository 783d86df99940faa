"""Figures of people."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.astronaut import astronaut
from genmux.render.subjects.person import person
from genmux.render.subjects.spot import Subject
from genmux.render.subjects.traveller import traveller

PEOPLE: Final[dict[str, Subject]] = {
    "traveller": Subject(frozenset({"ground"}), 0.62, traveller),
    "person": Subject(frozenset({"ground"}), 0.66, person),
    "astronaut": Subject(frozenset({"ground", "space"}), 0.7, astronaut),
}
