"""The small visible mark "preview · procedural" in the lower right corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genmux.render.raster import F32, U8, f32

TEXT: Final = "preview · procedural"
_SUPERSAMPLE: Final = 4
_FADE_FRAMES: Final = 12
_FILL: Final = (10, 12, 18, 120)
_INK: Final = (255, 255, 255, 225)


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A pill of premultiplied colour (0..255) and coverage (0..1) at (left, top)."""

    colour: F32
    cover: F32
    left: int
    top: int

    def stamp(self, canvas: U8, opacity: float = 1.0) -> None:
        """Draw the mark onto an RGB or RGBA canvas, in place."""
        if opacity <= 0:
            return
        height, width = self.cover.shape
        corner = canvas[self.top : self.top + height, self.left : self.left + width, :3]
        keep = 1 - self.cover[..., None] * opacity
        corner[:] = np.clip(corner * keep + self.colour * opacity + 0.5, 0, 255).astype(np.uint8)


def mark(width: int, height: int) -> Mark:
    """The mark for a picture of this size; it never takes more than half of the width."""
    unit = min(width, height) / 720
    size = max(9.0, 14 * unit)
    pill = _pill(size)
    limit = width * 0.5
    if pill.width / _SUPERSAMPLE > limit:
        size *= limit * _SUPERSAMPLE / pill.width
        pill = _pill(size)
    small = pill.resize(
        (max(2, pill.width // _SUPERSAMPLE), max(2, pill.height // _SUPERSAMPLE)), Image.Resampling.LANCZOS
    )
    pixels = f32(np.asarray(small))
    cover = f32(pixels[..., 3] / 255)
    gap = max(2, round(14 * unit))
    left, top = width - small.width - gap, height - small.height - gap
    return Mark(f32(pixels[..., :3] * cover[..., None]), cover, left, top)


def _pill(size: float) -> Image.Image:
    font = ImageFont.load_default(max(4.0, size * _SUPERSAMPLE))
    text_width = font.getlength(TEXT)
    width, height = round(text_width + size * _SUPERSAMPLE * 1.5), round(size * _SUPERSAMPLE * 1.75)
    image = Image.new("RGBA", (width, height), (*_FILL[:3], 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), height / 2, fill=_FILL)
    draw.text((width / 2, height / 2), TEXT, font=font, fill=_INK, anchor="mm")
    return image


def opacity_at(number: int, count: int, exact_first: bool, exact_last: bool) -> float:
    """How strong the mark is on a frame: it stays off a first or last frame that must be exact."""
    opacity = 1.0
    if exact_first:
        opacity = min(opacity, number / _FADE_FRAMES)
    if exact_last:
        opacity = min(opacity, (count - 1 - number) / _FADE_FRAMES)
    return opacity
