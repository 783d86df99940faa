"""What flies above meadows: balloons, kites, butterflies."""

from __future__ import annotations

from typing import Final

from genmux.render.subjects.balloons import balloons
from genmux.render.subjects.butterflies import butterflies
from genmux.render.subjects.kites import kites
from genmux.render.subjects.spot import Subject

FLIERS: Final[dict[str, Subject]] = {
    "balloon": Subject(frozenset({"air"}), 1.0, balloons),
    "kite": Subject(frozenset({"air"}), 0.62, kites),
    "butterfly": Subject(frozenset({"air", "ground"}), 0.5, butterflies),
}
