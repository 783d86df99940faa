"""Input pictures decoded and fitted to the output size."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps

from genmux.render.raster import U8


def fit(image_bytes: bytes, width: int, height: int) -> U8:
    """The picture upright, cropped around its centre to the asked ratio and resized: RGB (height, width, 3).

    Transparent areas become white.
    """
    fitted = ImageOps.fit(_upright(image_bytes), (width, height), Image.Resampling.LANCZOS)
    return np.asarray(fitted, np.uint8).copy()


def thumbnail(image_bytes: bytes, longest: int) -> U8:
    """The whole picture, upright, at most `longest` pixels on its longer side: RGB."""
    picture = _upright(image_bytes)
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.uint8).copy()


def _upright(image_bytes: bytes) -> Image.Image:
    with Image.open(io.BytesIO(image_bytes)) as opened:
        picture = ImageOps.exif_transpose(opened)
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")
