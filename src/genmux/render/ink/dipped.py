"""Ink for borrowed subjects: whatever is drawn inside comes out as washes with a dark rim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.ink.tones import Tones
from genmux.render.layers import Element
from genmux.render.raster import F32, U8, blur, f32, over

_COLOUR_LEFT: Final = 0.16


@dataclass(frozen=True, slots=True, eq=False)
class Dipped:
    """Elements drawn together, turned into ink and put on the canvas."""

    elements: Sequence[Element]
    ink: F32
    paper: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the elements aside, find what they cover, and compose that part in ink."""
        aside = np.zeros_like(canvas)
        for element in self.elements:
            element.draw(aside, moment)
        x, y, wide, tall = cv2.boundingRect(np.ascontiguousarray(aside[..., 3]))
        if not wide or not tall:
            return
        rows, columns = slice(y, y + tall), slice(x, x + wide)
        window = np.ascontiguousarray(canvas[rows, columns])
        over(window, self._inked(np.ascontiguousarray(aside[rows, columns]), moment.geometry.unit))
        canvas[rows, columns] = window

    def _inked(self, sprite: U8, unit: float) -> U8:
        """A premultiplied sprite in tones between ink and paper."""
        alpha = f32(sprite[..., 3]) / 255
        light = f32(cv2.cvtColor(sprite, cv2.COLOR_RGBA2GRAY)) / 255 / np.maximum(alpha, 1 / 255)
        soft = blur(alpha, max(0.6, 1.1 * unit))
        rim = np.clip((alpha - blur(alpha, max(0.8, 2.4 * unit))) * 2.2, 0, 0.75)
        tone = np.clip((light - 0.12) * 1.35, 0, 1) ** 0.85 * (1 - rim)
        shades = tone[..., None] * (self.paper - self.ink) + self.ink
        own = f32(sprite[..., :3]) / 255 / np.maximum(alpha, 1 / 255)[..., None]
        rgb = shades * (1 - _COLOUR_LEFT) + np.clip(own, 0, 1) * _COLOUR_LEFT
        cover = np.minimum(alpha, soft * 1.15)[..., None]
        mixed = np.concatenate([np.clip(rgb, 0, 1) * cover, cover], axis=2)
        return np.asarray((mixed * 255 + 0.5).astype(np.uint8), np.uint8)


def dipped(elements: Sequence[Element], used: Tones) -> list[Element]:
    """The elements in ink; nothing for nothing."""
    return [Dipped(tuple(elements), used.ink, used.paper(0.75))] if elements else []
