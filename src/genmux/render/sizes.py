"""The sizes that scenes and pictures are drawn at, and the size they are asked for."""

from __future__ import annotations

from typing import Final

import cv2

from genmux.render.raster import U8, resize

FILM_DESIGN: Final = 1280
STILL_DESIGN: Final = 1600
RESTYLE_DESIGN: Final = 2048
_SMALLEST_DESIGN: Final = 180


def design_size(width: int, height: int, longest: int) -> tuple[int, int]:
    """The size scenes are drawn at: the output's ratio, bounded above and below."""
    scale = min(1.0, longest / max(width, height))
    if min(width, height) < _SMALLEST_DESIGN:
        scale = _SMALLEST_DESIGN / min(width, height)
    return max(2, round(width * scale)), max(2, round(height * scale))


def sized(canvas: U8, width: int, height: int) -> U8:
    """The canvas at exactly this size, as an array that may be written to."""
    if canvas.shape[1] == width and canvas.shape[0] == height:
        return canvas
    return resize(canvas, width, height, cv2.INTER_AREA if canvas.shape[1] > width else cv2.INTER_CUBIC)
