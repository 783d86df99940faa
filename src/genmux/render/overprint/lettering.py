"""Words drawn onto a finished picture: white letters over their own soft shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.raster import F32, U8, blur, f32

_INK: Final = 0.94
_SHADOW: Final = np.array([6, 8, 14], np.float32)

# The shadow: reach as a share of the letters' size, strength; a rim, a body and a wide breath.
_HALO: Final = ((0.07, 0.62), (0.22, 0.55), (0.62, 0.42))
PADDING: Final = 1.4


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """Premultiplied colour (0..255) and coverage (0..1), both (height, width, 3), put at (left, top)."""

    colour: F32
    keep: F32
    left: int
    top: int

    def stamp(self, canvas: U8, opacity: float = 1.0) -> None:
        """Draw the stamp onto an RGB or RGBA canvas, in place."""
        if opacity <= 0 or not self.keep.size:
            return
        height, width = self.keep.shape[:2]
        corner = canvas[self.top : self.top + height, self.left : self.left + width, :3]
        keep, colour = self.keep, self.colour
        if opacity < 1:
            keep, colour = f32(1 - (1 - keep) * opacity), f32(colour * opacity)
        mixed = cv2.add(cv2.multiply(corner.astype(np.float32), keep), colour)
        corner[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def lettered(letters: F32, size: float, left: int, top: int, bounds: tuple[int, int]) -> Stamp:
    """A stamp of letters given as coverage 0..1, the first pixel of which comes to (left, top).

    The shadow reaches `PADDING` of their size further; what falls outside `bounds` (width, height) is
    cut off.
    """
    pad = round(size * PADDING)
    ink = f32(np.pad(letters, pad) * _INK)
    clear = np.ones(ink.shape, np.float32)
    for reach, strength in _HALO:
        clear *= 1 - np.clip(blur(ink, max(size * reach, 0.4)) * _spread(reach), 0, 1) * strength
    shadow = f32((1 - clear) * (1 - ink))
    colour = ink[..., None] * np.float32(255) + shadow[..., None] * _SHADOW
    keep = np.repeat((clear * (1 - ink))[..., None], 3, axis=2)
    x, y = left - pad, top - pad
    rows = slice(max(0, -y), max(0, bounds[1] - y))
    columns = slice(max(0, -x), max(0, bounds[0] - x))
    return Stamp(
        np.ascontiguousarray(colour[rows, columns]),
        np.ascontiguousarray(keep[rows, columns]),
        max(x, 0),
        max(y, 0),
    )


def _spread(reach: float) -> float:
    """How much a blurred letter is strengthened, so that thin strokes still cast a full shadow."""
    return 1.6 + reach
