"""The small visible mark "preview · procedural" in the lower right corner."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from genmux.render.overprint.fonts import opened
from genmux.render.overprint.lettering import Stamp, lettered
from genmux.render.raster import F32, f32

TEXT: Final = "preview · procedural"
_SIZE: Final = 12.5
_SMALLEST: Final = 8.5
_GAP: Final = 16.0
_SPACING: Final = 0.055  # between letters, as a share of their size
_WIDEST: Final = 0.5
_SUPERSAMPLE: Final = 4
_FADE_FRAMES: Final = 12


def mark(width: int, height: int) -> Stamp:
    """The mark for a picture of this size; it never takes more than half of the width."""
    unit = min(width, height) / 720
    size = max(_SMALLEST, _SIZE * unit)
    letters = _letters(size)
    if letters.shape[1] > width * _WIDEST:
        size *= width * _WIDEST / letters.shape[1]
        letters = _letters(size)
    gap = max(2, round(_GAP * unit))
    top = height - gap - letters.shape[0]
    return lettered(letters, size, width - gap - letters.shape[1], top, (width, height))


def _letters(size: float) -> F32:
    """The text as coverage, a little apart, in a box as high as its capitals."""
    font = opened("", max(4.0, size * _SUPERSAMPLE))
    spacing = size * _SPACING * _SUPERSAMPLE
    ascent, descent = font.getmetrics()
    width = font.getlength(TEXT) + spacing * len(TEXT)
    image = Image.new("L", (max(_SUPERSAMPLE, round(width)), ascent + descent))
    draw, x = ImageDraw.Draw(image), 0.0
    for letter in TEXT:
        draw.text((x, ascent), letter, font=font, fill=255, anchor="ls")
        x += font.getlength(letter) + spacing
    small = (max(1, image.width // _SUPERSAMPLE), max(1, image.height // _SUPERSAMPLE))
    return f32(np.asarray(image.resize(small, Image.Resampling.LANCZOS)) / 255)


def opacity_at(number: int, count: int, exact_first: bool, exact_last: bool) -> float:
    """How strong the mark is on a frame: it stays off a first or last frame that must be exact."""
    opacity = 1.0
    if exact_first:
        opacity = min(opacity, number / _FADE_FRAMES)
    if exact_last:
        opacity = min(opacity, (count - 1 - number) / _FADE_FRAMES)
    return opacity
