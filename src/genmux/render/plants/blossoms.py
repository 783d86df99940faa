"""Flower heads of several forms, and the mixtures in which they grow."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from genmux.render.paint.polygons import opaque_tone, oval
from genmux.render.palette import colour
from genmux.render.raster import F32, U8
from genmux.render.scenery.turf import TULIPS

# Mixtures of blossoms: form and petal colour, commonest first.
MIXTURES: Final = {
    "poppies": (("poppy", "#e0322b"), ("daisy", "#fbf7ea"), ("poppy", "#f0562f"), ("bell", "#5a6fd8")),
    "daisies": (("daisy", "#fdfbf2"), ("disc", "#f7d02c"), ("daisy", "#f4e6f2"), ("bell", "#8f6fd0")),
    "cosmos": (("daisy", "#f08fc0"), ("daisy", "#d65aa6"), ("daisy", "#fbe6f2"), ("disc", "#f9c840")),
    "cornflowers": (("bell", "#4a63d8"), ("bell", "#7a6fe0"), ("daisy", "#f7f3e6"), ("poppy", "#e85a4a")),
    "buttercups": (("disc", "#f8d21f"), ("disc", "#ffe872"), ("daisy", "#fdf8e6"), ("bell", "#b583d8")),
}
CROP_BLOSSOMS: Final = {
    "lavender": (("spike", "#9a72d8"), ("spike", "#7a52bd"), ("spike", "#b592ec")),
    "rapeseed": (("cluster", "#f7d81e"), ("cluster", "#ffe85a"), ("cluster", "#e8c010")),
    "sunflowers": (("sun", "#f7b71c"), ("sun", "#ffc93c")),
    "tulips": tuple(("tulip", tone) for tone in TULIPS),
}
_HEART: Final = colour("#f4c02a")
_SEEDS: Final = colour("#5a3216")

# Petals of a cup: how far to the side, how lit, how wide; the front one comes last.
_CUP: Final = ((-0.45, 0.78, 0.62), (0.45, 0.84, 0.62), (0.0, 1.0, 0.58))


def blossom(sprite: U8, form: str, x: float, y: float, r: float, tone: F32) -> None:
    """Draw a flower head of radius `r` at pixel (x, y) of a sprite; `tone` is its colour in the light."""
    _FORMS[form](sprite, x, y, r, tone)


def _ring(
    sprite: U8, x: float, y: float, r: float, tone: F32, petals: int, heart: float, middle: F32
) -> None:
    """Petals around a heart, seen a little from the side."""
    for k in range(petals):
        turn = 2 * math.pi * k / petals + 0.3
        px, py = math.cos(turn) * r * 0.58, math.sin(turn) * r * 0.42
        shade = 0.86 + 0.14 * math.sin(turn * 3 + 1) - (0.12 if py < 0 else 0.0)
        lean = math.degrees(math.atan2(py, px))
        oval(sprite, x + px, y + py, r * 0.46, r * 0.19, opaque_tone(tone * shade), lean)
    dim = float(tone.max())
    oval(sprite, x, y - r * 0.06, r * heart, r * heart * 0.62, opaque_tone(middle * dim))


def _spike(sprite: U8, x: float, y: float, r: float, tone: F32) -> None:
    for k in range(7):
        reach, at = r * (0.46 - 0.045 * k), y + r * (1.2 - 0.52 * k)
        for side in (-0.5, 0.5):
            oval(sprite, x + side * reach, at, reach, reach * 0.8, opaque_tone(tone * (0.8 + 0.05 * k)))


def _cluster(sprite: U8, x: float, y: float, r: float, tone: F32) -> None:
    for k in range(9):
        turn, away = k * 2.4, r * 0.24 * math.sqrt(k)
        at = x + math.cos(turn) * away, y + math.sin(turn) * away * 0.8
        oval(sprite, *at, r * 0.34, r * 0.29, opaque_tone(tone * (1.08 - 0.05 * k)))


def _disc(sprite: U8, x: float, y: float, r: float, tone: F32) -> None:
    oval(sprite, x, y, r * 0.72, r * 0.52, opaque_tone(tone * 0.82))
    oval(sprite, x - r * 0.1, y - r * 0.12, r * 0.5, r * 0.35, opaque_tone(tone))


def _cup(sprite: U8, x: float, y: float, r: float, tone: F32, tall: float) -> None:
    for side, shade, wide in _CUP:
        at = x + side * r, y - r * 0.1 * tall
        oval(sprite, *at, r * wide, r * wide * tall, opaque_tone(tone * shade), side * 30)


def _bell(sprite: U8, x: float, y: float, r: float, tone: F32, tall: float) -> None:
    _cup(sprite, x, y, r, tone, tall)
    oval(sprite, x, y - r * 0.62 * tall, r * 0.3, r * 0.12, opaque_tone(np.asarray(tone * 1.16, np.float32)))


def _poppy(sprite: U8, x: float, y: float, r: float, tone: F32) -> None:
    _cup(sprite, x, y, r, tone, tall=0.8)
    oval(sprite, x, y - r * 0.2, r * 0.17, r * 0.14, opaque_tone(tone * 0.22))


_FORMS: Final[dict[str, Callable[[U8, float, float, float, F32], None]]] = {
    "daisy": partial(_ring, petals=11, heart=0.3, middle=_HEART),
    "sun": partial(_ring, petals=15, heart=0.46, middle=_SEEDS),
    "spike": _spike,
    "cluster": _cluster,
    "disc": _disc,
    "poppy": _poppy,
    "tulip": partial(_bell, tall=1.25),
    "bell": partial(_bell, tall=0.95),
}
