"""Picture styles: each turns an RGB picture into the same picture in another hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import fbm, smoothstep
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, blend, blur, f32, resize, spread, to_bytes

Style = Callable[[U8, np.random.Generator], U8]


def _grey(picture: U8) -> U8:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _unit(picture: U8) -> float:
    return float(max(min(picture.shape[:2]) / 720, 0.3))


def _paper(rng: np.random.Generator, picture: U8, frequency: float) -> F32:
    height, width = picture.shape[:2]
    return fbm(rng, height, width, frequency, 4)


def _edges(picture: U8) -> F32:
    outline = np.abs(np.asarray(cv2.Laplacian(f32(_grey(picture)), cv2.CV_32F, ksize=3)))
    return f32(blur(outline, 1.0) / 255)


def mono(picture: U8, rng: np.random.Generator) -> U8:
    """Black and white with a firm contrast."""
    light = f32(_grey(picture) / 255)
    toned = np.clip(light * 0.55 + smoothstep(0.02, 0.95, light) * 0.45, 0, 1)
    return to_bytes(spread(toned.astype(np.float32)))


def vintage(picture: U8, rng: np.random.Generator) -> U8:
    """A faded warm print."""
    matrix = np.array([[0.62, 0.30, 0.08], [0.24, 0.62, 0.10], [0.20, 0.30, 0.42]], np.float32)
    warm = np.asarray(cv2.transform(picture, matrix), np.float32) * np.array([0.92, 0.87, 0.78]) + [
        24,
        18,
        16,
    ]
    return to_bytes(f32(warm / 255))


def oil(picture: U8, rng: np.random.Generator) -> U8:
    """Brush-like patches: per pixel the calmest of four neighbouring squares (Kuwahara)."""
    reach = max(2, round(5 * _unit(picture)))
    colours, light = picture.astype(np.float32), f32(_grey(picture))
    best, calmest = colours, np.full(light.shape, np.inf, np.float32)
    for anchor in ((0, 0), (reach, 0), (0, reach), (reach, reach)):

        def box(image: F32, at: tuple[int, int] = anchor) -> F32:
            kernel = (reach + 1, reach + 1)
            return np.asarray(
                cv2.boxFilter(image, -1, kernel, anchor=at, borderType=cv2.BORDER_REFLECT), np.float32
            )

        restless = box(light * light) - box(light) ** 2
        calmer = restless < calmest
        best = np.where(calmer[..., None], box(colours), best)
        calmest = np.where(calmer, restless, calmest)
    canvas = 1 + 0.07 * (_paper(rng, picture, 90) - 0.5)
    return to_bytes(np.clip(best / 255, 0, 1).astype(np.float32) * spread(canvas.astype(np.float32)))


def watercolor(picture: U8, rng: np.random.Generator) -> U8:
    """Pale washes on paper with darker rims."""
    smooth = np.asarray(cv2.edgePreservingFilter(picture, flags=1, sigma_s=40, sigma_r=0.45), np.uint8)
    wash = 1 - (1 - smooth.astype(np.float32) / 255) * 0.82
    wash *= spread(1 + 0.16 * (_paper(rng, picture, 40) - 0.5))
    return to_bytes(np.clip(wash - spread(np.clip(_edges(smooth), 0, 0.3) * 0.9), 0, 1).astype(np.float32))


def sketch(picture: U8, rng: np.random.Generator) -> U8:
    """Pencil on paper."""
    grey = _grey(picture)
    inverted = 255 - blur(255 - grey, 9 * _unit(picture))
    lines = np.asarray(cv2.divide(grey, inverted, scale=255.0), np.float32) / 255
    strokes = np.clip(lines**1.6 * (0.93 + 0.12 * _paper(rng, picture, 60)), 0, 1).astype(np.float32)
    return _two_tone("#26282c", "#fbf7ee", strokes)


def ink(picture: U8, rng: np.random.Generator) -> U8:
    """Ink washes on rice paper."""
    smooth = np.asarray(cv2.edgePreservingFilter(picture, flags=1, sigma_s=50, sigma_r=0.5), np.uint8)
    light = f32(_grey(smooth) / 255)
    paper = _paper(rng, picture, 30)
    wash = smoothstep(0.05, 0.8, light + 0.12 * (paper - 0.5)) - np.clip(_edges(smooth) * 1.6, 0, 1) * 0.8
    return _two_tone("#23262b", "#efe8d9", f32(np.clip(wash, 0, 1)))


def _two_tone(dark: str, bright: str, share: F32) -> U8:
    """A two-tone picture."""
    return to_bytes(blend(colour(dark), colour(bright), share))


def pixel(picture: U8, rng: np.random.Generator) -> U8:
    """Large square pixels in few colours."""
    height, width = picture.shape[:2]
    across = 150 if width >= height else 96
    small = resize(picture, across, max(2, round(across * height / width)), cv2.INTER_AREA)
    few = (np.round(small / 255 * 7) / 7 * 255).astype(np.uint8)
    return resize(few, width, height, cv2.INTER_NEAREST)


STYLES: Final[dict[str, Style]] = {
    "mono": mono,
    "vintage": vintage,
    "oil": oil,
    "watercolor": watercolor,
    "sketch": sketch,
    "ink": ink,
    "pixel": pixel,
}

# Styles that hold still from frame to frame and cost little: the only ones films use.
FILM_STYLES: Final = ("mono", "vintage", "pixel")
