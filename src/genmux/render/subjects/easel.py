"""A small picture of one subject in its own units, painted with shading and light, then set into a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genmux.render.palette import colour, mix
from genmux.render.raster import F32, U8, blur, f32, spread, to_bytes
from genmux.render.shapes import coverage
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import Stage


@dataclass(frozen=True, slots=True, eq=False)
class Easel:
    """Colour, cover and added light of a subject; units are multiples of its height, y up from its feet.

    `left` and `top` are the units at the picture's top left corner, `scale` pixels per unit.
    """

    colour: F32
    cover: F32
    light: F32
    left: float
    top: float
    scale: float

    def solid(self, outline: F32, tone: F32, opacity: float = 1.0) -> None:
        """Fill an outline with one colour."""
        self._lay(outline, tone, opacity)

    def shaded(self, outline: F32, stops: Sequence[tuple[float, F32]]) -> None:
        """Fill an outline with a vertical gradient; stops are (units above the feet, colour) upward."""
        rows = self.colour.shape[0]
        up = self.top - (np.arange(rows, dtype=np.float32) + 0.5) / self.scale
        at = [s[0] for s in stops]
        tones = np.stack([np.interp(up, at, [float(s[1][k]) for s in stops]) for k in range(3)], 1)
        self._lay(outline, f32(tones[:, None, :]), 1.0)

    def shine(self, outline: F32, tone: F32, soft: float = 0.0) -> None:
        """Add light in the shape of an outline, spread by `soft` units."""
        mask = blur(self._mask(outline), soft * self.scale)
        self.light[:] += spread(mask) * tone

    def _mask(self, outline: F32) -> F32:
        h, w = self.cover.shape
        origin = f32([self.left, self.top])
        return coverage([f32((outline - origin) * f32([self.scale, -self.scale]))], w, h)

    def _lay(self, outline: F32, tone: npt.ArrayLike, opacity: float) -> None:
        mask = self._mask(outline) * opacity
        share = spread(f32(mask))
        self.colour[:] = self.colour * (1 - share) + np.asarray(tone, np.float32) * share
        self.light[:] *= 1 - share
        self.cover[:] = self.cover * (1 - mask) + mask

    def sprite(self) -> U8:
        """The picture as a premultiplied sprite; light beyond the cover only brightens."""
        return to_bytes(f32(np.dstack([np.clip(self.colour, 0, 1) + self.light, self.cover])))

    def placed(self, x: float, y: float, depth: float, facing: float, *motions: Motion) -> Sprite:
        """The picture with the subject's feet at layer point (x, y), mirrored when `facing` is -1."""
        image = np.ascontiguousarray(self.sprite()[:, :: int(facing)])
        aside = self.left * self.scale
        left = x + (aside if facing > 0 else -aside - image.shape[1])
        return Sprite(image, left, y - self.top * self.scale, depth, motions)

    def middle(self, x: float, y: float) -> tuple[float, float]:
        """Where the sprite's middle is when the subject's feet are at (x, y)."""
        h, w = self.cover.shape
        return x + self.left * self.scale + w / 2, y - self.top * self.scale + h / 2


def easel(left: float, right: float, low: float, top: float, scale: float) -> Easel:
    """An empty picture from `left` to `right` and `low` to `top` units."""
    h, w = max(2, round((top - low) * scale)), max(2, round((right - left) * scale))
    rgb, light = (np.zeros((h, w, 3), np.float32) for _ in range(2))
    return Easel(rgb, np.zeros((h, w), np.float32), light, left, top, scale)


def sky_tones(stage: Stage) -> tuple[F32, F32]:
    """What polished paint mirrors: the sky above and the horizon."""
    palette = stage.palette
    return mix(palette.sky[1], colour("#ffffff"), 0.25), mix(palette.sky[4], palette.sun, 0.25)
