"""Silk: folds of lit cloth in slow motion, for prompts that name nothing that can be painted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.effects import motes
from genmux.render.layers import Element
from genmux.render.noise import Tile, tile
from genmux.render.palette import HUES, hue_of, polar, ramp
from genmux.render.raster import F32, U8, add_light, blur, f32, grid, opaque, resize
from genmux.render.stage import Stage

_TILE: Final = 256
_COARSE: Final = 4

# Hue steps between the ground and the accent of a cloth.
_SCHEMES: Final = (28.0, 45.0, -40.0, 150.0, -75.0)


@dataclass(frozen=True, slots=True, eq=False)
class Silk:
    """Cloth whose height is a warped noise; `x`, `y` are tile coordinates at quarter size."""

    broad: Tile
    cross: Tile
    fine: Tile
    x: F32
    y: F32
    turn: float
    phases: tuple[float, ...]
    colours: U8
    gloss: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover the canvas with the cloth."""
        height, width = canvas.shape[:2]
        half = (max(1, width // 2), max(1, height // 2))
        colour_value, folds = (resize(v, *half, cv2.INTER_CUBIC) for v in self._cloth(moment))
        facing, shine = _lighting(folds, moment.geometry.unit / 26)
        level = np.clip((colour_value + facing * 0.22) * 1023, 0, 1023).astype(np.int32)
        cloth = self.colours[level]
        add_light(cloth, (shine * 105).astype(np.uint8), self.gloss)
        canvas[:] = resize(cloth, width, height, cv2.INTER_CUBIC)

    def _cloth(self, moment: Moment) -> tuple[F32, F32]:
        """Colour position and fold height at quarter size."""
        zoom, shift, t, p = 1 / moment.pose.zoom, moment.pose.x * 24, moment.seconds, self.phases
        c, s = math.cos(self.turn), math.sin(self.turn)
        x = ((self.x * c + self.y * s) * zoom + shift).astype(np.float32)
        y = ((self.y * c - self.x * s) * zoom * 0.55 + moment.pose.y * 24).astype(np.float32)
        a = self.broad.at(x + (t * 6 + p[0]), y + (t * 3 + p[1]))
        b = self.cross.at(x + (p[2] - t * 4), y + (t * 5 + p[3]))
        fine = self.fine.at(x + a * 26 + t * 3, y + b * 26 - t * 2)
        body = self.broad.at(x * 0.7 + fine * 20 + p[4], y * 0.7 - a * 18 + t * 4)
        height = blur(0.6 * body + 0.4 * fine, 1.2)
        folds = np.sin(height * 3.6 + a * 1.3 + y * 0.02)
        return np.asarray(0.45 + 0.17 * body + 0.12 * folds, np.float32), np.asarray(
            folds + 0.6 * height, np.float32
        )


def _lighting(folds: F32, steepness: float) -> tuple[F32, F32]:
    """How much each point faces the light (-1..1) and how much it shines (0..1)."""
    slope_x = np.asarray(cv2.Sobel(folds, cv2.CV_32F, 1, 0, ksize=5, scale=steepness), np.float32)
    slope_y = np.asarray(cv2.Sobel(folds, cv2.CV_32F, 0, 1, ksize=5, scale=steepness), np.float32)
    slant = 1 / np.sqrt(slope_x * slope_x + slope_y * slope_y + 0.05)
    facing = np.clip((-0.5 * slope_x - 0.62 * slope_y + 0.13) * slant, -1, 1)
    gleam = np.clip((-0.35 * slope_x - 0.55 * slope_y + 0.17) * slant, 0, 1)
    fourth = np.square(np.square(gleam))
    return f32(facing), f32(np.square(fourth) * fourth * np.square(gleam))


def compose(stage: Stage) -> list[Element]:
    """The scene's elements, far to near."""
    g, rng = stage.geometry, stage.rng
    asked = stage.reading.first("hue")
    base = HUES[asked] if asked is not None else float(rng.uniform(0, 360))
    second = [HUES[h] for h in stage.reading.all("hue")[1:2]]
    if stage.borrowed:
        base, second = hue_of(stage.palette.glow), [hue_of(stage.palette.far)]
    accent = second[0] if second else base + float(rng.choice(_SCHEMES))
    dark = 0.85 if stage.time == "night" else 1.0
    stops = [
        (0.0, polar(0.12 * dark, 0.04, base - 15)),
        (0.28, polar(0.34 * dark, 0.11, base)),
        (0.52, polar(0.58 * dark, 0.15, base + (accent - base) * 0.3)),
        (0.78, polar(0.76 * dark, 0.14, accent)),
        (1.0, polar(0.95, 0.04, accent + 10)),
    ]
    table = ramp(stops, np.linspace(0, 1, 1024, dtype=np.float32))
    x, y = (
        v * (_COARSE * _TILE * 0.55 / g.span)
        for v in grid(max(2, g.height // _COARSE), max(2, g.width // _COARSE))
    )
    silk = Silk(
        broad=tile(rng, _TILE, 2, 3, 0.42),
        cross=tile(rng, _TILE, 2, 3, 0.42),
        fine=tile(rng, _TILE, 3, 4, 0.42),
        x=x,
        y=y,
        turn=float(rng.uniform(0.2, 1.2)) * float(rng.choice([-1, 1])),
        phases=tuple(float(v) for v in rng.uniform(0, _TILE, 5)),
        colours=opaque(table[None])[0],
        gloss=table[-1],
    )
    return [silk, motes(g, rng, 30, table[820], top=0.0, sizes=(1, 5), wander=16)]
