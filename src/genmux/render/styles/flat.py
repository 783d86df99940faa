"""Flat styles: cel shading, and layers of cut paper."""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np

from genmux.render.noise import smoothstep
from genmux.render.raster import U8, blur, f32, resize, to_bytes
from genmux.render.styles.work import Filter, Work, clustered, grey, outlines, table

_X: Final = np.linspace(0, 1, 256, dtype=np.float32)
_CEL_STEPS: Final = 6
_PAPER_STEPS: Final = 6
_LINES: Final = table(np.clip((_X * 255 - 4.5) * 3.4 / 255, 0, 1))


def anime(work: Work) -> Filter:
    """Cel shading: few clean tones, bright colours, thin dark lines."""
    reach = max(2, round(5 * work.step))
    tones = np.stack([np.arange(256, dtype=np.uint8)[None], _vivid(), _cels()], -1)

    def apply(picture: U8) -> U8:
        patches = clustered(work.reduced(picture), reach)
        hsv = cast(U8, cv2.cvtColor(patches, cv2.COLOR_RGB2HSV))
        cels = cast(U8, cv2.cvtColor(cast(U8, cv2.LUT(hsv, tones)), cv2.COLOR_HSV2RGB))
        lines = cast(U8, cv2.LUT(outlines(grey(patches), 1.3 * work.step), _LINES))
        return work.restored(cast(U8, cv2.subtract(cels, cv2.merge((lines,) * 3))))

    return apply


def _vivid() -> U8:
    """Saturation lifted, most where there is little of it; greys stay grey."""
    return table(np.clip(_X * 1.55 - 0.5 * _X**2.2, 0, 1))


def _cels() -> U8:
    """Lightness in a few steps with soft edges, brighter than before."""
    bright = np.clip(_X, 0, 1) ** 0.74
    scaled = bright * _CEL_STEPS
    level = np.floor(scaled) + smoothstep(0.32, 0.68, f32(scaled - np.floor(scaled)))
    return table(np.clip(0.08 + 0.97 * (0.25 * bright + 0.75 * level / _CEL_STEPS), 0, 1))


def papercut(work: Work) -> Filter:
    """Sheets of coloured paper, darker ones nearer, each with a soft shadow on those behind."""
    part = 4 if work.moving else 2
    small, unit = (max(4, work.width // part), max(4, work.height // part)), work.unit / part
    full, reach = (work.width, work.height), max(2, round(11 * unit))
    steps, gains = _sheets()
    fibre = to_bytes(f32(np.clip(0.95 + 0.1 * (work.noise(70, 3) - 0.5), 0, 1)))

    def apply(picture: U8) -> U8:
        coarse = clustered(resize(picture, *small, cv2.INTER_AREA), reach)
        coarse = coarse if work.moving else clustered(coarse, max(2, reach // 2))
        light = blur(grey(coarse), 1.6 * unit)
        shadow = _shadows(cast(U8, cv2.bitwise_not(cast(U8, cv2.LUT(light, steps)))), unit)
        gain = cast(U8, cv2.LUT(resize(light, *full, cv2.INTER_CUBIC), gains))
        gain = cast(U8, cv2.multiply(gain, fibre, scale=1 / 255.0))
        gain = cast(U8, cv2.multiply(gain, resize(shadow, *full), scale=1 / 255.0))
        colours = resize(coarse, *full, cv2.INTER_CUBIC)
        return cast(U8, cv2.multiply(colours, cast(U8, cv2.merge((gain,) * 3)), scale=1 / 128.0))

    return apply


def _shadows(nearness: U8, unit: float) -> U8:
    """What nearer sheets leave of the light on those behind them."""
    height, width = nearness.shape
    shift = np.array([[1, 0, 4 * unit], [0, 1, 7 * unit]], np.float32)
    moved = cast(U8, cv2.warpAffine(nearness, shift, (width, height), borderMode=cv2.BORDER_REPLICATE))
    cast_on = cv2.subtract(blur(moved, max(0.6, 7 * unit)), nearness)
    return cast(U8, cv2.bitwise_not(cast(U8, cv2.convertScaleAbs(cast_on, alpha=1.5))))


def _sheets() -> tuple[U8, U8]:
    """For every lightness the lightness of its sheet, and the gain (128 for 1) that flattens it to that."""
    scaled = _X * _PAPER_STEPS
    level = np.floor(scaled) + smoothstep(0.42, 0.58, f32(scaled - np.floor(scaled)))
    sheet = 0.1 + 0.87 * level / _PAPER_STEPS
    gain = np.clip(sheet / np.maximum(_X, 0.04), 0.5, 1.95)
    return table(f32(sheet)), np.asarray((gain * 128).reshape(1, 256), np.uint8)
