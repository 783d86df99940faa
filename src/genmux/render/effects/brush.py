"""What small moving things are drawn with: empty masks and sub-pixel points."""

from __future__ import annotations

from typing import Final

import numpy as np

from genmux.render.raster import U8

SHIFT: Final = 4
ONE: Final = 1 << SHIFT


def fixed(x: float, y: float) -> tuple[int, int]:
    """A point in the sub-pixel steps of OpenCV's drawing."""
    return int(x * ONE), int(y * ONE)


def mask_of(canvas: U8) -> U8:
    """An empty mask as large as the canvas."""
    return np.zeros(canvas.shape[:2], np.uint8)
