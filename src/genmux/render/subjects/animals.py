"""Animals that stand or sit on the ground."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.panda import panda
from genmux.render.subjects.spot import Subject

ANIMALS: Final[dict[str, Subject]] = {"panda": Subject(frozenset({"ground"}), 1.0, panda)}
