"""Crystal: a net of facets whose corners rise and sink, so that light runs over it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genmux.render.abstract.harmony import Harmony
from genmux.render.camera import Moment
from genmux.render.effects import motes
from genmux.render.layers import Element
from genmux.render.raster import F32, U8, add_light, blur, f32
from genmux.render.stage import Stage
from genmux.render.subpixel import SHIFT, fixed_all

_BEYOND = 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Facets:
    """Triangles over points given in shares of the picture; `waves` rows are direction, phase and speed."""

    points: F32
    triangles: npt.NDArray[np.int32]
    waves: F32
    table: F32
    base: F32
    sun: tuple[float, float]

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Cover the canvas with the facets as they are lit now."""
        g = moment.geometry
        lift = self._lift(moment)
        at = self.points * [g.width, g.height] - [
            moment.pose.x * g.margin_x * 0.5,
            moment.pose.y * g.margin_y * 0.5,
        ]
        at = at + np.stack([np.cos(lift * 3), np.sin(lift * 3)], 1) * 9 * g.unit
        corners = f32(at[self.triangles])
        level, gleam = self._light(f32(corners / g.span), lift[self.triangles])
        tones = self.table[np.clip(level * 1023, 0, 1023).astype(int)] * 255
        fixed = fixed_all(corners)
        for points, tone in zip(fixed, tones.tolist(), strict=True):
            cv2.fillConvexPoly(canvas, points, (*tone, 255), cv2.LINE_8, SHIFT)
        cv2.polylines(
            canvas, list(fixed), True, (*(self.table[600] * 255).tolist(), 255), 1, cv2.LINE_AA, SHIFT
        )
        self._glow(canvas, fixed, gleam, g.unit)

    def _lift(self, moment: Moment) -> F32:
        """How high each point stands, about -1..1."""
        t = moment.seconds
        total = sum(np.sin(self.points @ row[:2] + row[2] + t * row[3]) for row in self.waves)
        return f32(np.asarray(total) / len(self.waves) + self.base)

    def _light(self, corners: F32, lift: F32) -> tuple[F32, F32]:
        """Place in the table of colours and gleam of each facet."""
        edge_a, edge_b = (
            np.concatenate([corners[:, k] - corners[:, 0], (lift[:, k] - lift[:, 0])[:, None] * 0.16], 1)
            for k in (1, 2)
        )
        normal = np.cross(edge_a, edge_b)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        normal *= np.sign(normal[:, 2:] + 1e-9)
        facing = normal @ np.array([self.sun[0], self.sun[1], 0.62])
        middle = corners.mean(axis=1)
        drift = 0.16 * (middle[:, 1] - middle[:, 0] * 0.5)
        level = np.clip(0.44 + (facing - 0.6) * 0.5 + lift.mean(axis=1) * 0.1 - drift * 1.3, 0.02, 0.98)
        return f32(level), f32(np.clip((facing - 0.88) * 8, 0, 1))

    def _glow(self, canvas: U8, fixed: npt.NDArray[np.int32], gleam: F32, unit: float) -> None:
        """Soft light around the facets that face the sun."""
        height, width = max(2, canvas.shape[0] // 8), max(2, canvas.shape[1] // 8)
        mask = np.zeros((height, width), np.uint8)
        for points, value in zip(fixed // 8, gleam, strict=True):
            if value > 0.05:
                cv2.fillConvexPoly(mask, points, int(150 * value), cv2.LINE_8, SHIFT)
        add_light(canvas, blur(mask, max(0.8, 22 * unit / 8)), self.table[940])


def facets(stage: Stage, colours: Harmony) -> list[Element]:
    """The scene's elements, far to near."""
    g, rng = stage.geometry, stage.rng
    cell = float(rng.uniform(0.13, 0.22)) * g.span
    columns, rows = (max(3, round(v * (1 + 2 * _BEYOND) / cell)) for v in (g.width, g.height))
    y, x = np.mgrid[0 : rows + 1, 0 : columns + 1].astype(np.float32)
    inner = rng.uniform(-0.36, 0.36, (2, rows + 1, columns + 1)) + 0.5 * (y % 2)[None] * [[[1]], [[0]]]
    x, y = (x + inner[0]) / columns, (y + inner[1]) / rows
    points = f32(np.stack([x.ravel(), y.ravel()], 1) * (1 + 2 * _BEYOND) - _BEYOND)
    waves = rng.uniform([-7, -7, 0, 0.5], [7, 7, 6.28, 1.2], (4, 4))
    angle = float(rng.uniform(-2.6, -0.5))
    sun = (float(np.cos(angle)) * 0.75, float(np.sin(angle)) * 0.75)
    table = colours.ramp()
    net = Facets(points, _net(rows, columns), f32(waves), table, f32(rng.normal(0, 0.2, len(points))), sun)
    return [net, motes(g, rng, 26, table[900], top=0.0, sizes=(1, 5), wander=14)]


def _net(rows: int, columns: int) -> npt.NDArray[np.int32]:
    """Two triangles per cell of a grid whose odd rows are pushed half a cell to the right."""
    made: list[tuple[int, int, int]] = []
    for j in range(rows):
        for i in range(columns):
            a = j * (columns + 1) + i
            b, c, d = a + 1, a + columns + 1, a + columns + 2
            made += [(a, b, c), (b, d, c)] if j % 2 == 0 else [(a, b, d), (a, d, c)]
    return np.asarray(made, np.int32)
