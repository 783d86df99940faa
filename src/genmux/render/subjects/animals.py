"""Animals that stand or sit on the ground."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.panda import panda
from genmux.render.subjects.penguins import penguin
from genmux.render.subjects.sitters import bear, cat, dog, fox, rabbit
from genmux.render.subjects.spot import Subject
from genmux.render.subjects.walkers import camel, deer, elephant, horse

_GROUND: Final = frozenset({"ground"})

ANIMALS: Final[dict[str, Subject]] = {
    "panda": Subject(_GROUND, 1.0, panda),
    "cat": Subject(_GROUND, 0.66, cat),
    "dog": Subject(_GROUND, 0.78, dog),
    "fox": Subject(_GROUND, 0.7, fox),
    "rabbit": Subject(_GROUND, 0.56, rabbit),
    "bear": Subject(_GROUND, 1.08, bear),
    "horse": Subject(_GROUND, 1.16, horse),
    "deer": Subject(_GROUND, 1.1, deer),
    "elephant": Subject(_GROUND, 1.2, elephant),
    "camel": Subject(_GROUND, 1.2, camel),
    "penguin": Subject(_GROUND, 0.72, penguin),
}
