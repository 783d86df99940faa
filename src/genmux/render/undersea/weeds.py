"""Plants of the sea that bend in the current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genmux.render.camera import Moment
from genmux.render.raster import F32, U8, f32
from genmux.render.sprites.stamps import pose, stamp_bent


@dataclass(frozen=True, slots=True, eq=False)
class Weed:
    """A plant rooted at the middle of its sprite's lower edge that sways in the current.

    (x, y) is the root in layer pixels; `reach` is how far its tip moves, in sprite pixels.
    """

    sprite: U8
    x: float
    y: float
    depth: float
    reach: float
    phase: float
    speed: float = 1.3

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Bend the sprite, its root kept still, and compose it."""
        height, width = self.sprite.shape[:2]
        x, y = moment.place(self.x, self.y, self.depth)
        scale = float(moment.matrix(self.depth)[0, 0])
        now = moment.seconds * self.speed + self.phase

        def bend(u: F32, v: F32) -> tuple[F32, F32]:
            up = np.clip(1 - v / height, 0, 1)
            lean = up**1.6 * (0.75 * np.sin(now - up * 1.9) + 0.25 * np.sin(now * 1.7 - up * 4.0))
            return f32(u + self.reach * lean), f32(v)

        stamp_bent(canvas, self.sprite, pose(x, y, scale, (width / 2, height)), bend, pad=self.reach)
