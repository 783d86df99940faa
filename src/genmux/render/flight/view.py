"""The land as the flying camera sees it: columns of depth steps, nearest first, hazed into the sky."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Geometry, Moment
from genmux.render.flight.camera import Flight, View
from genmux.render.flight.lands import SIZE
from genmux.render.noise import Tile
from genmux.render.raster import F32, U8, blur, f32, over, remap, resize

_NEAR: Final = 64.0
_FAR: Final = 2200.0
_FOCAL: Final = 0.92
_DETAIL: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Maps of one size, with one wrapped row and column more: heights, and RGB with water in the alpha."""

    heights: F32
    ground: U8
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Overflown:
    """Land under a flying camera; it covers everything below the horizon.

    `levels` are maps from fine to coarse; `steps` are distances in map steps, nearest first;
    `coarse` is how many picture pixels one drawn pixel covers.
    """

    levels: tuple[Level, ...]
    flight: Flight
    steps: F32
    detail: Tile
    bumps: float
    waves: Tile
    fog: F32
    low_fog: float
    haze: F32
    sheen: F32
    glint: F32
    sun: float
    horizon: float
    coarse: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover the canvas from the skyline of the land down."""
        view = self.flight.at(moment)
        width = max(2, round(canvas.shape[1] / self.coarse))
        height = max(2, round(canvas.shape[0] / self.coarse))
        scale = height / canvas.shape[0]
        line = self._line(canvas, moment) * scale
        focal = focal_length(moment.geometry) * scale * view.zoom
        across = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / focal
        heights, ground = self._sampled(view, across, moment.seconds)
        air = self._sky(canvas, line / scale, width)
        _fill_with_air(canvas, air, line / scale)
        hazed = self._hazed(ground, heights, air)
        rows = (
            line + (view.z - heights) * (focal / self.steps)[:, None] + (across * view.bank * focal)[None, :]
        )
        top = int(min(max(math.floor(float(rows.min())), 0), height - 1))
        sprite = _projected(hazed, f32(rows - top), height - top)
        start = min(round(top / scale), canvas.shape[0] - 1)
        placed = resize(sprite, canvas.shape[1], canvas.shape[0] - start, cv2.INTER_LINEAR)
        over(canvas[start:], placed)

    def _line(self, canvas: U8, moment: Moment) -> float:
        """The row of the horizon."""
        row = moment.place(0, self.horizon, 0.0)[1]
        return float(min(max(row, 1), canvas.shape[0] - 2))

    def _sky(self, canvas: U8, line: float, width: int) -> F32:
        """The colour of the sky just above the horizon, per drawn column: what the haze fades to."""
        row = int(min(max(line - canvas.shape[0] * 0.02, 0), canvas.shape[0] - 1))
        strip = f32(canvas[max(row - 2, 0) : row + 1].mean(axis=0, keepdims=True)[..., :3])
        return f32(blur(resize(strip, width, 1, cv2.INTER_AREA), max(1.0, width / 24))[0])

    def _sampled(self, view: View, across: F32, seconds: float) -> tuple[F32, F32]:
        """Heights and lit colours 0..255 at (step, column)."""
        s, c = math.sin(view.heading), math.cos(view.heading)
        x = f32(view.x + self.steps[:, None] * (s + c * across)[None, :])
        y = f32(view.y + self.steps[:, None] * (c - s * across)[None, :])
        parts = [self._level(i, x, y) for i in range(len(self.levels))]
        heights = np.concatenate([p[0] for p in parts])
        ground = np.concatenate([p[1] for p in parts])
        return heights, self._alive(ground, x, y, across, seconds)

    def _level(self, index: int, x: F32, y: F32) -> tuple[F32, U8]:
        level, bounds = self.levels[index], self._bounds()
        part = slice(bounds[index], bounds[index + 1])
        scale = level.size / SIZE
        u, v = x[part] * scale, y[part] * scale
        u, v = u - np.floor(u / level.size) * level.size, v - np.floor(v / level.size) * level.size
        return remap(level.heights, u, v, cv2.BORDER_REPLICATE), remap(
            level.ground, u, v, cv2.BORDER_REPLICATE
        )

    def _bounds(self) -> tuple[int, ...]:
        count = len(self.steps)
        cuts = [int(np.searchsorted(self.steps, d)) for d in (420.0, 860.0)[: len(self.levels) - 1]]
        return (0, *cuts, count)

    def _alive(self, ground: U8, x: F32, y: F32, across: F32, seconds: float) -> F32:
        """Ground colours with close detail, and water with moving waves and glitter under the sun."""
        near = int(np.searchsorted(self.steps, 560.0))
        fine = self.detail.at(x[:near] * _DETAIL, y[:near] * _DETAIL)
        fall = np.clip(1.25 - self.steps[:near] / 480, 0, 1)[:, None] * self.bumps
        rgb = f32(ground[..., :3])
        rgb[:near] *= cv2.merge((1 + fine * fall,) * 3)
        wet = f32(ground[..., 3])
        if not wet.any():
            return rgb
        wet *= 1 / 255
        waves = self.waves.at(f32(x * 5.3 + seconds * 9), f32(y * 5.3 - seconds * 13))
        waves += self.waves.at(f32(x * 3.1 - seconds * 11), f32(y * 3.1 + seconds * 8 + 90))
        grazing = np.clip(self.steps / 800, 0.08, 0.75)[:, None]
        column = np.exp(-(((across - self.sun) / 0.34) ** 2))[None, :]
        glitter = np.clip((waves - 1.0) * 0.7, 0, 1.2) * column * (0.12 + grazing)
        sheen = wet * (grazing * 0.7 + waves * 0.035 + column * grazing * 0.5)
        return f32(
            rgb
            + cv2.merge([sheen * float(v) for v in self.sheen])
            + cv2.merge([wet * glitter * float(v) for v in self.glint])
        )

    def _hazed(self, ground: F32, heights: F32, sky: F32) -> U8:
        """Air between the ground and the camera; thicker far away and in the valleys."""
        low = np.exp(-heights / 18) * self.low_fog
        share = np.clip(
            self.fog[:, None] + low * (1 - self.fog[:, None]) * np.clip(self.steps / 420, 0, 1)[:, None], 0, 1
        )
        weight = cv2.merge((f32(1 - share),) * 3)
        air = f32(
            sky[None, :, :] * self.fog[:, None, None] ** 2 + self.haze * (1 - self.fog[:, None, None] ** 2)
        )
        mixed = cv2.multiply(ground, weight) + air * (1 - weight)
        return np.asarray(cv2.convertScaleAbs(mixed), np.uint8)


def focal_length(geometry: Geometry) -> float:
    """Picture pixels per unit of slope: nearly the same breadth of view in every ratio."""
    return _FOCAL * max(geometry.span, 0.62 * max(geometry.width, geometry.height))


def _fill_with_air(canvas: U8, air: F32, line: float) -> None:
    """Continue the sky below the horizon, where neither sky nor far land may reach."""
    low, high = round(line + canvas.shape[0] * 0.085), round(line + canvas.shape[0] * 0.2)
    strip = resize(np.asarray(cv2.convertScaleAbs(air[None]), np.uint8), canvas.shape[1], 1)
    canvas[low:high, :, :3] = strip


def _projected(ground: U8, rows: F32, height: int) -> U8:
    """Columns of samples drawn to picture rows as a sprite; samples behind nearer ones do not show."""
    count, width = rows.shape
    seen = np.clip(np.minimum.accumulate(rows, axis=0), -1, height)
    first = np.ceil(np.maximum(seen, 0)).astype(np.int32)
    cell = first + np.arange(width, dtype=np.int32)[None, :] * (height + 1)
    filled = np.bincount(cell.ravel(), minlength=width * (height + 1)).reshape(width, height + 1)
    index = np.ascontiguousarray((count - np.cumsum(filled, axis=1))[:, :height].T).astype(np.int32)
    index = np.clip(index, 1, count - 1)
    flat = index * width + np.arange(width, dtype=np.int32)[None, :]
    table = seen.ravel()
    upper, lower = table.take(flat), table.take(flat - width)
    row = np.arange(height, dtype=np.float32)[:, None]
    share = np.clip((row - lower) / np.minimum(upper - lower, -1e-3), 0, 1)
    across = np.repeat(np.arange(width, dtype=np.float32)[None, :], height, axis=0)
    rgb = remap(ground, across, f32(index - 1 + share))
    cover = np.clip((row - seen[-1][None, :]) + 0.5, 0, 1)
    alpha = np.asarray(cv2.convertScaleAbs(f32(cover), alpha=255.0), np.uint8)
    sprite = np.asarray(cv2.merge((*cv2.split(rgb), alpha)), np.uint8)
    edge = int(np.ceil(max(float(seen[-1].max()) + 1, 0)))
    part = sprite[: min(edge, height)]
    cv2.multiply(
        part,
        cv2.merge((*(alpha[: part.shape[0]],) * 3, np.full(part.shape[:2], 255, np.uint8))),
        part,
        1 / 255.0,
    )
    return sprite


def depth_steps(count: int) -> F32:
    """Distances that grow by a constant share."""
    return np.geomspace(_NEAR, _FAR, count).astype(np.float32)


def pyramid(heights: F32, ground: U8, levels: int = 3) -> tuple[Level, ...]:
    """Maps of SIZE, SIZE/2, SIZE/4, each padded by one wrapped row and column."""
    made: list[Level] = []
    for i in range(levels):
        size = SIZE >> i
        if i:
            heights, ground = (
                resize(heights, size, size, cv2.INTER_AREA),
                resize(ground, size, size, cv2.INTER_AREA),
            )
        padded = np.pad(heights, ((0, 1), (0, 1)), mode="wrap")
        made.append(Level(padded, np.pad(ground, ((0, 1), (0, 1), (0, 0)), mode="wrap"), size))
    return tuple(made)
