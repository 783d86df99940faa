"""Styles that only change colours: black and white, an old print, the look of cinema."""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np

from genmux.render.noise import smoothstep
from genmux.render.raster import U8, f32, resize
from genmux.render.styles.work import Filter, Work, grey, table

_X: Final = np.linspace(0, 1, 256, dtype=np.float32)
_WIDE: Final = 2.39
_FADED: Final = np.array([[0.57, 0.28, 0.07, 24], [0.21, 0.54, 0.09, 18], [0.16, 0.23, 0.33, 16]], np.float32)


def mono(work: Work) -> Filter:
    """Black and white with a firm contrast."""
    curve = table(f32(_X * 0.55 + smoothstep(0.02, 0.95, _X) * 0.45))

    def apply(picture: U8) -> U8:
        return cast(U8, cv2.cvtColor(cast(U8, cv2.LUT(grey(picture), curve)), cv2.COLOR_GRAY2RGB))

    return apply


def vintage(work: Work) -> Filter:
    """A faded warm print."""

    def apply(picture: U8) -> U8:
        return cast(U8, cv2.transform(picture, _FADED))

    return apply


def film(work: Work) -> Filter:
    """The look of cinema: teal shadows, warm lights, a red halo around highlights, a wide frame."""
    curves = _grade()
    width, height = work.width, work.height
    bar = round((height - width / _WIDE) / 2) if 1.3 <= width / height < _WIDE - 0.05 else 0
    small = (max(2, width // 4), max(2, height // 4))
    highlights = table(np.clip((_X - 0.72) / 0.28, 0, 1) ** 1.5)
    empty = np.zeros((small[1], small[0]), np.uint8)

    def apply(picture: U8) -> U8:
        graded = cast(U8, cv2.LUT(picture, curves))
        bright = cast(U8, cv2.LUT(grey(resize(picture, *small, cv2.INTER_AREA)), highlights))
        halo = cast(U8, cv2.GaussianBlur(bright, (0, 0), 7 * work.unit))
        red, green = (cast(U8, cv2.convertScaleAbs(halo, alpha=a)) for a in (0.24, 0.09))
        cv2.add(graded, resize(cast(U8, cv2.merge((red, green, empty))), width, height), graded)
        if bar > 0:
            graded[:bar] = 0
            graded[height - bar :] = 0
        return graded

    return apply


def _grade() -> U8:
    """A curve for each of red, green and blue, as (1, 256, 3)."""
    firm = _X * 0.62 + smoothstep(0.0, 1.0, _X) * 0.38
    shadow, light = (1 - _X) ** 2, _X**1.6
    red = firm - 0.055 * shadow * (_X > 0) + 0.045 * light
    green = firm + 0.012 * shadow + 0.008 * light
    blue = firm + 0.06 * shadow - 0.085 * light
    return np.stack([table(np.clip(c, 0, 1)) for c in (red, green, blue)], -1)
