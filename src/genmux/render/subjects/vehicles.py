"""Cars and trains."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.cars import car
from genmux.render.subjects.spot import Subject
from genmux.render.subjects.trains import train

VEHICLES: Final[dict[str, Subject]] = {
    "car": Subject(frozenset({"ground"}), 0.55, car),
    "train": Subject(frozenset({"ground"}), 0.5, train),
}
