"""Making the pieces of one figure: its forms painted in its light, its joints in layer pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from genmux.render.paint.light import FigureLight, light_on
from genmux.render.paint.sculpture import Form, sculpted
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage
from genmux.render.subjects.spot import Spot


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One figure at its spot, in its light, perhaps mirrored."""

    spot: Spot
    light: FigureLight
    rng: np.random.Generator
    mirrored: bool

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the figure, in its units, as layer pixels."""
        side = -1 if self.mirrored else 1
        return self.spot.x + side * x * self.spot.size, self.spot.y + y * self.spot.size

    def piece(self, forms: Iterable[Form], *motions: Motion, blinks: float | None = None) -> Sprite:
        """Forms as one sprite that these joints move, its own joint first."""
        made = sculpted(forms, self.light, self.spot.size, self.rng, self.mirrored)
        left, top = self.spot.x + made.left, self.spot.y + made.top
        return Sprite(made.sprite, left, top, self.spot.depth, motions, blinks)


def figure(stage: Stage, spot: Spot) -> Figure:
    """A figure at a spot that turns left or right by chance."""
    mirrored = bool(stage.rng.random() < 0.5) != spot.mirrored
    return Figure(spot, light_on(stage, spot.x, spot.depth), stage.rng, mirrored)
