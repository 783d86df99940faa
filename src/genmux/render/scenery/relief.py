"""Open ground in perspective: a height function seen from eye level, with the place on it of every pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.noise import smoothstep
from genmux.render.paint.light import Light
from genmux.render.raster import F32, blur, f32, resize
from genmux.render.stage import Stage

_COARSE: Final = 2
_FOCAL: Final = 0.62

Height = Callable[[F32, F32], F32]


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Ground sampled at (step, column): steps recede geometrically, columns are `_COARSE` pixels apart.

    Lengths are in heights of the eye above the plain; `z` is the distance of each step.
    """

    focal: float
    horizon: float
    centre: float
    width: int
    z: F32
    across: F32
    heights: F32
    rows: F32

    def footing(self, x: F32, z: F32) -> tuple[F32, F32]:
        """Layer pixels (columns, rows) of points on the ground, given as lists of places."""
        column = f32(self.centre + x / z * self.focal)
        return column, self.read(self.rows, column, z)

    def read(self, field: F32, column: F32, z: F32) -> F32:
        """A field over (step, column) at layer columns and distances, given as lists."""
        at = f32(column / _COARSE)[None], self.step(z)[None]
        return f32(cv2.remap(field, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0])

    def summit(self, column: float, near: float, far: float) -> tuple[float, float]:
        """The distance and the row of the highest visible ground in a column between two distances."""
        z = np.linspace(near, far, 16, dtype=np.float32)
        row = self.read(self.rows, np.full_like(z, column), z)
        best = int(np.argmin(row + np.arange(z.size) * 1e-3))
        return float(z[best]), float(row[best])

    def step(self, z: F32) -> F32:
        """The fractional step at some distances."""
        return f32(np.log(np.maximum(z, 1e-3) / self.z[0]) / np.log(self.z[1] / self.z[0]))

    def shade(self, light: Light, shadow: float = 0.0) -> F32:
        """Light 0..1 at every (step, column); `shadow` is the strength of cast shadows."""
        slope_x = np.gradient(self.heights, axis=1) / (np.gradient(self.across)[None, :] * self.z[:, None])
        along = np.gradient(self.heights, axis=0) / np.gradient(self.z)[:, None]
        slope_z = along - slope_x * self.across[None, :]
        right, up, away = light.toward
        facing = (up - slope_x * right - slope_z * away) / np.sqrt(1 + slope_x**2 + slope_z**2)
        if shadow > 0:
            facing = facing * (1 - shadow * self._shadowed(light))
        return f32(np.clip(facing, 0, 1))

    def _shadowed(self, light: Light) -> F32:
        right, up, _ = light.toward
        fall = self.across[None, :] * self.z[:, None] * (up / abs(right))
        order = slice(None, None, -1 if right > 0 else 1)
        ordered, sunk = self.heights[:, order], fall[:, order] * (-1 if right > 0 else 1)
        roof = np.maximum.accumulate(ordered + sunk, axis=1) - sunk
        return blur(smoothstep(0.0, 0.10, f32((roof - ordered)[:, order])), 1.0)


def relief(stage: Stage, height: Height, far: float, steps: int) -> Relief:
    """Sample a height function from the lower edge of the picture to the distance `far`."""
    g = stage.geometry
    focal = g.span * _FOCAL
    near = focal / max(g.layer_height - stage.horizon, 1.0) * 0.92
    z = np.geomspace(near, far, steps, dtype=np.float32)
    columns = np.arange(0, g.layer_width + _COARSE, _COARSE, dtype=np.float32)
    across = f32((columns - g.layer_width / 2) / focal)
    x = across[None, :] * z[:, None]
    heights = height(x, np.repeat(z[:, None], columns.size, axis=1))
    rows = f32(stage.horizon + (1 - heights) * (focal / z)[:, None])
    return Relief(focal, stage.horizon, g.layer_width / 2, g.layer_width, z, across, heights, rows)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A stretch of ground as pixels from row `top` on: world `x` and `z`, and `cover` 0..1.

    `crest` tells by column whether the skyline is one (1), or just where the stretch was cut off (0).
    """

    top: int
    x: F32
    z: F32
    cover: F32
    step: F32
    column: F32
    skyline: F32
    crest: F32

    def read(self, field: F32) -> F32:
        """A field over (step, column) at every pixel."""
        return np.asarray(
            cv2.remap(field, self.column, self.step, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
            np.float32,
        )


def view(ground: Relief, near: float, far: float, bottom: int) -> View:
    """What is seen of the ground between two distances, from its skyline down to row `bottom`."""
    first, last = np.searchsorted(ground.z, [near, far])
    first, last = int(min(first, ground.z.size - 2)), int(max(last, first + 2))
    skyline = np.minimum.accumulate(ground.rows[first:last], axis=0)
    edge = skyline[-1]
    top = int(np.clip(np.floor(edge.min()) - 1, 0, max(bottom - 2, 0)))
    steps = f32(cv2.medianBlur(_seen(skyline, top, max(bottom, top + 2)), 3))
    step = resize(steps + first, ground.width, max(bottom - top, 2))
    rows, width = step.shape
    across = f32((np.arange(width, dtype=np.float32) - ground.centre) / ground.focal)
    z = f32(ground.z[0] * np.exp(step * np.log(ground.z[1] / ground.z[0])))
    column = np.repeat(np.arange(width, dtype=np.float32)[None, :] / _COARSE, rows, axis=0)
    every, at = np.arange(width), np.arange(edge.size) * _COARSE
    full_edge = f32(np.interp(every, at, edge))
    hidden = smoothstep(0.5, 4.0, ground.rows[last - 1] - edge)
    below = np.arange(top, top + rows, dtype=np.float32)[:, None] - full_edge[None, :]
    return View(
        top, f32(across[None, :] * z), z, f32(np.clip(below + 0.5, 0, 1)), step, f32(column), full_edge,
        f32(np.interp(every, at, hidden)),
    )  # fmt: skip


def _seen(skyline: F32, top: int, bottom: int) -> F32:
    """For each pixel of the rows top..bottom the fractional step that is seen there."""
    steps, columns = skyline.shape
    rows = bottom - top
    row = np.clip(np.ceil(skyline - top), 0, rows).astype(np.int32)
    nearest = np.full((rows + 1, columns), steps - 1, np.int32)
    at = np.broadcast_to(np.arange(columns), row.shape)
    np.minimum.at(nearest, (row, at), np.arange(steps, dtype=np.int32)[:, None])
    nearest = np.minimum.accumulate(nearest, axis=0)[:rows]
    before = np.maximum(nearest - 1, 0)
    column = np.arange(columns)[None, :]
    high, low = skyline[nearest, column], skyline[before, column]
    wanted = np.arange(top, bottom, dtype=np.float32)[:, None]
    share = np.clip((low - wanted) / np.maximum(low - high, 1e-3), 0, 1)
    return f32(before + share)
