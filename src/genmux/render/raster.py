"""Typed raster operations on float32 and uint8 arrays: thin wrappers over OpenCV.

Canvases are uint8 RGBA whose alpha channel is never read; sprites are premultiplied uint8 RGBA.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
Raster = TypeVar("Raster", bound=npt.NDArray[Any])


def f32(values: npt.ArrayLike) -> F32:
    """The values as float32."""
    return np.asarray(values, np.float32)


def resize(image: Raster, width: int, height: int, mode: int = cv2.INTER_LINEAR) -> Raster:
    """The picture scaled to exactly `width` x `height`."""
    return cast(Raster, cv2.resize(image, (width, height), interpolation=mode))


def blur(image: Raster, sigma: float) -> Raster:
    """Gaussian blur; `sigma` in pixels, values below 0.2 leave the picture as it is."""
    return image if sigma < 0.2 else cast(Raster, cv2.GaussianBlur(image, (0, 0), sigma))


def remap(image: Raster, x: F32, y: F32, border: int = cv2.BORDER_REFLECT_101) -> Raster:
    """The picture sampled bilinearly at pixel coordinates (x, y)."""
    return cast(Raster, cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=border))


def warp(image: Raster, matrix: F32, width: int, height: int, border: int = cv2.BORDER_REPLICATE) -> Raster:
    """The picture under a 2x3 affine matrix that maps source to target pixels."""
    return cast(
        Raster, cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
    )


def grid(height: int, width: int) -> tuple[F32, F32]:
    """Pixel coordinates (x, y) of every pixel, each of shape (height, width)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x, y


def mask_of(canvas: U8) -> U8:
    """An empty mask as large as the canvas."""
    return np.zeros(canvas.shape[:2], np.uint8)


def spread(values: F32, channels: int = 3) -> F32:
    """One channel repeated, contiguous: much faster than broadcasting over a short last axis."""
    return cast(F32, cv2.merge((values,) * channels))


def flat(colour: F32, like: F32) -> F32:
    """A picture of one colour, as high and wide as `like`."""
    picture = np.empty((*like.shape[:2], 3), np.float32)
    picture[:] = colour
    return picture


def blend(a: F32, b: F32, share: F32) -> F32:
    """Per-pixel sRGB mix of two colours or pictures; `share` (h, w) in 0..1."""
    if a.ndim == 1 and b.ndim == 1:
        return cast(F32, cv2.merge([share * (b[k] - a[k]) + a[k] for k in range(3)]))
    left, right = (flat(c, share) if c.ndim == 1 else c for c in (a, b))
    weight = np.ascontiguousarray(share, np.float32)
    return cast(F32, cv2.blendLinear(left, right, 1 - weight, weight))


def to_bytes(image: F32) -> U8:
    """Floats in 0..1 rounded to bytes; out-of-range values are clipped."""
    return cast(U8, cv2.convertScaleAbs(np.maximum(image, 0), alpha=255.0))


def premultiplied(rgb: F32, alpha: F32) -> U8:
    """Colour (h, w, 3) and coverage (h, w), both 0..1, as a sprite."""
    cover = np.ascontiguousarray(alpha, np.float32)
    lit = cv2.multiply(rgb, spread(cover))
    return to_bytes(cast(F32, cv2.merge((*cv2.split(lit), cover))))


def opaque(rgb: F32) -> U8:
    """Colour 0..1 as a fully covered sprite."""
    return cast(U8, cv2.cvtColor(to_bytes(rgb), cv2.COLOR_RGB2RGBA))


def over(canvas: U8, sprite: U8) -> None:
    """Compose a sprite of the canvas's size onto the canvas, in place."""
    through = cv2.bitwise_not(cv2.extractChannel(sprite, 3))
    cv2.multiply(canvas, cv2.merge((through,) * 4), canvas, 1 / 255.0)
    cv2.add(canvas, sprite, canvas)


def windows(
    canvas: tuple[int, ...], piece: tuple[int, ...], left: int, top: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a piece with its corner at (left, top) lies on a canvas, and which part of the piece is on it."""
    y, x = max(top, 0), max(left, 0)
    height = max(0, min(piece[0] + top, canvas[0]) - y)
    width = max(0, min(piece[1] + left, canvas[1]) - x)
    from_y, from_x = y - top, x - left
    return np.s_[y : y + height, x : x + width], np.s_[from_y : from_y + height, from_x : from_x + width]


def tinted(mask: U8, colour: npt.ArrayLike) -> U8:
    """A mask as premultiplied light of one colour; the alpha channel is zero."""
    red, green, blue = (cv2.convertScaleAbs(mask, alpha=float(v)) for v in np.asarray(colour, np.float32))
    return cast(U8, cv2.merge((red, green, blue, np.zeros_like(mask))))


def add_light(canvas: U8, mask: U8, colour: npt.ArrayLike) -> None:
    """Brighten the canvas by mask x colour, in place; a smaller mask is scaled up."""
    if mask.shape != canvas.shape[:2]:
        cv2.add(canvas, resize(tinted(mask, colour), canvas.shape[1], canvas.shape[0]), canvas)
        return
    _, top, _, rows = cv2.boundingRect(mask)
    if rows:
        band = canvas[top : top + rows]
        cv2.add(band, tinted(mask[top : top + rows], colour), band)


def paint(canvas: U8, mask: U8, colour: npt.ArrayLike) -> None:
    """Cover the canvas with one colour where the mask is set, in place; only touched rows cost time."""
    _, top, _, rows = cv2.boundingRect(mask)
    if rows:
        band, part = canvas[top : top + rows], mask[top : top + rows]
        cv2.multiply(band, cv2.merge((cv2.bitwise_not(part),) * 4), band, 1 / 255.0)
        cv2.add(band, tinted(part, colour), band)


def guided(guide: F32, values: F32, reach: int, smoothness: float) -> F32:
    """Smooth `values` but keep the edges of `guide` (He et al., guided image filtering)."""

    def box(image: F32) -> F32:
        return np.asarray(cv2.boxFilter(image, -1, (reach, reach), borderType=cv2.BORDER_REFLECT), np.float32)

    mean_guide, mean_values = box(guide), box(values)
    slope = (box(guide * values) - mean_guide * mean_values) / (
        box(guide * guide) - mean_guide**2 + smoothness
    )
    return box(slope) * guide + box(mean_values - slope * mean_guide)
