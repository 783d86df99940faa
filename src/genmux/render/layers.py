"""Layers and the scene that stacks them: every element draws itself onto one canvas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment, Pose, pose_at
from genmux.render.order import FPS
from genmux.render.raster import F32, U8, grid, opaque, over, premultiplied, spread, warp

_GRAIN_TILE = 64


class Element(Protocol):
    """Something in a scene; `draw` changes the canvas and nothing else."""

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Draw the element as it is at this moment."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A sprite as wide as a layer, at one depth, drifting `drift` picture units per second.

    The sprite starts at layer row `top`; above and below it the layer is empty.
    A `solid` sprite has no transparency and simply replaces what is behind it.
    """

    sprite: U8
    depth: float
    top: int = 0
    drift: float = 0.0
    mirrored: bool = False
    solid: bool = False

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Warp the sprite to the camera and compose it onto the rows it covers."""
        height, width = canvas.shape[:2]
        drift = self.drift * moment.geometry.unit * (moment.seconds - moment.duration / 2)
        matrix = moment.matrix(self.depth, drift)
        scale = float(matrix[1, 1])
        start = scale * self.top + float(matrix[1, 2])
        first = min(max(math.floor(start), 0), height)
        last = min(max(math.floor(start + scale * self.sprite.shape[0]), 0), height)
        if last <= first:
            return
        matrix[1, 2] = start - first
        border = cv2.BORDER_REFLECT if self.mirrored else cv2.BORDER_REPLICATE
        placed = warp(self.sprite, matrix, width, last - first, border)
        if self.solid:
            canvas[first:last] = placed
        else:
            over(canvas[first:last], placed)


def layer(
    rgb: F32, alpha: F32, depth: float, top: int = 0, drift: float = 0.0, mirrored: bool = False
) -> Layer:
    """A layer from colour and coverage in 0..1 that start at row `top`; empty rows are cut off."""
    rows = np.flatnonzero(alpha.max(axis=1) > 1 / 255)
    low, high = (max(int(rows[0]) - 1, 0), int(rows[-1]) + 1) if rows.size else (0, 1)
    dithered = np.asarray(cv2.add(rgb[low:high], _dither(high - low, alpha.shape[1])), np.float32)
    return Layer(premultiplied(dithered, alpha[low:high]), depth, top + low, drift, mirrored)


def backdrop(rgb: F32) -> Layer:
    """The solid layer behind everything else; it may be lower than the layer when the rest is covered."""
    return Layer(opaque(rgb + _dither(*rgb.shape[:2])), depth=0.0, solid=True)


def merged(back: Layer, front: Layer) -> Layer:
    """Two layers of one depth and drift as one; `back`'s are kept."""
    top = min(back.top, front.top)
    bottom = max(back.top + back.sprite.shape[0], front.top + front.sprite.shape[0])
    sprite = np.zeros((bottom - top, back.sprite.shape[1], 4), np.uint8)
    sprite[back.top - top : back.top - top + back.sprite.shape[0]] = back.sprite
    start = front.top - top
    over(sprite[start : start + front.sprite.shape[0]], front.sprite)
    return replace(back, sprite=sprite, top=top)


def _dither(height: int, width: int) -> F32:
    """Faint noise against banding, as (height, width, 3)."""
    noise = np.random.default_rng(11).normal(0, 0.5 / 255, (128, 128)).astype(np.float32)
    return spread(np.tile(noise, (height // 128 + 1, width // 128 + 1))[:height, :width])


@dataclass(frozen=True, slots=True, eq=False)
class Finish:
    """The last touch on every frame: vignette and fine grain."""

    vignette: U8
    grain_up: U8
    grain_down: U8

    def apply(self, canvas: U8, frame: int) -> None:
        """Darken the corners and move the grain; equal frame numbers give equal grain."""
        height, width = canvas.shape[:2]
        cv2.multiply(canvas, self.vignette, canvas, 1 / 255.0)
        y, x = frame * 37 % _GRAIN_TILE, frame * 23 % _GRAIN_TILE
        cv2.add(canvas, self.grain_up[y : y + height, x : x + width], canvas)
        cv2.subtract(canvas, self.grain_down[y : y + height, x : x + width], canvas)


def finish(width: int, height: int, grain: float = 1.0) -> Finish:
    """A finish for canvases of this size; `grain` is its deviation in byte steps."""
    x, y = grid(height, width)
    distance = (x / width - 0.5) ** 2 * 1.1 + (y / height - 0.5) ** 2 * 1.2
    vignette = 1 - np.clip((distance - 0.14) * 0.55, 0, 0.3)
    noise = np.random.default_rng(7).normal(0, grain, (height + _GRAIN_TILE, width + _GRAIN_TILE))
    up, down = (np.clip(s * noise, 0, 12).round().astype(np.uint8) for s in (1, -1))
    four = [np.repeat(v[..., None], 4, axis=2) for v in ((vignette * 255).astype(np.uint8), up, down)]
    return Finish(*four)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A composed scene; frames are pure functions of their number, so threads may share it."""

    geometry: Geometry
    elements: Sequence[Element]
    moves: tuple[str, ...]
    finish: Finish

    def frame(self, number: int, count: int) -> U8:
        """Frame `number` of a film of `count` frames as an RGBA canvas."""
        progress = number / max(count - 1, 1)
        return self._draw(pose_at(self.moves, progress, count / FPS), number, count / FPS)

    def still(self) -> U8:
        """The scene seen from its centre, as an RGBA canvas."""
        return self._draw(Pose(), FPS, 2.0)

    def _draw(self, pose: Pose, number: int, duration: float) -> U8:
        g = self.geometry
        canvas = np.full((g.height, g.width, 4), 255, np.uint8)
        moment = Moment(g, pose, number / FPS, duration)
        for element in self.elements:
            element.draw(canvas, moment)
        self.finish.apply(canvas, number)
        return canvas
