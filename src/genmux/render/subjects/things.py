"""Things on a table or a pedestal."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.bottle import bottle
from genmux.render.subjects.cake import cake
from genmux.render.subjects.cup import cup
from genmux.render.subjects.fruit import fruit
from genmux.render.subjects.gift import box
from genmux.render.subjects.headphones import headphones
from genmux.render.subjects.phone import phone
from genmux.render.subjects.spot import Subject
from genmux.render.subjects.vase import vase
from genmux.render.subjects.watch import watch

_GROUND: Final = frozenset({"ground"})

THINGS: Final[dict[str, Subject]] = {
    "bottle": Subject(_GROUND, 1.0, bottle),
    "box": Subject(_GROUND, 0.82, box),
    "cake": Subject(_GROUND, 0.9, cake),
    "cup": Subject(_GROUND, 0.85, cup),
    "fruit": Subject(_GROUND, 0.72, fruit),
    "headphones": Subject(_GROUND, 0.9, headphones),
    "phone": Subject(_GROUND, 1.0, phone),
    "vase": Subject(_GROUND, 1.12, vase),
    "watch": Subject(_GROUND, 0.86, watch),
}
