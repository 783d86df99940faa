"""Input pictures decoded and fitted to the output size."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from genmux.render.raster import F32, U8, f32

_OPAQUE: Final = 250


def fit(image_bytes: bytes, width: int, height: int) -> U8:
    """The picture upright, cropped around its centre to the asked ratio and resized: RGB (height, width, 3).

    Transparent areas become white.
    """
    fitted = ImageOps.fit(_on_white(_upright(image_bytes)), (width, height), Image.Resampling.LANCZOS)
    return np.asarray(fitted, np.uint8).copy()


def opened(image_bytes: bytes, longest: int) -> tuple[U8, F32 | None]:
    """The whole picture, upright and at most `longest` pixels long, as RGB.

    With it comes its coverage 0..1, None when nothing in it is transparent.
    """
    picture = _upright(image_bytes)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture, np.uint8)
    if pixels.shape[2] == 3 or pixels[..., 3].min() > _OPAQUE:
        return pixels[..., :3].copy(), None
    return pixels[..., :3].copy(), f32(pixels[..., 3] / 255)


def _upright(image_bytes: bytes) -> Image.Image:
    with Image.open(io.BytesIO(image_bytes)) as image:
        return ImageOps.exif_transpose(image)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")
