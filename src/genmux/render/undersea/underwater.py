"""Light under water: the bright surface seen from below, shafts, and the net of light on the floor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.layers import Layer, backdrop
from genmux.render.noise import Tile, fbm, fbm_line, smoothstep
from genmux.render.palette import ramp
from genmux.render.raster import F32, U8, add_light, f32, grid, remap, resize
from genmux.render.stage import Stage

_NET: Final = 256
_CELLS: Final = 34
_FAN: Final = 1024
_COARSE: Final = 4


def net(rng: np.random.Generator) -> Tile:
    """A seamless net of light lines, 0..1: bright where two cells meet."""
    points = (rng.random((_CELLS, 2)) * _NET).astype(np.int32)
    free = np.full((_NET, _NET), 255, np.uint8)
    free[points[:, 1], points[:, 0]] = 0
    wrapped = np.pad(free, _NET // 4, mode="wrap")
    away = cv2.distanceTransform(wrapped, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    cell = f32(away[_NET // 4 : -_NET // 4, _NET // 4 : -_NET // 4])
    field = f32((cell / cell.max()) ** 1.5)
    return Tile(np.pad(field, ((0, 1), (0, 1)), mode="wrap"), _NET)


def _rippling(lines: Tile, u: F32, v: F32, t: float) -> F32:
    """Moving light lines: what two nets that slide over each other have in common."""
    first = lines.at(u + t * 11, v + t * 7)
    second = lines.at(u * 0.83 - t * 9 + 77, v * 0.83 + t * 5 + 31)
    return f32(np.minimum(first, second))


def water_column(stage: Stage) -> Layer:
    """The backdrop: bright under the sun at the surface, darker with depth and distance."""
    g = stage.geometry
    height, width = max(2, g.layer_height // 4), max(2, g.layer_width // 4)
    x, y = grid(height, width)
    down = (y * 4 - g.margin_y) / g.height
    aside = (x * 4 - stage.sun_x) / max(g.width, g.height)
    murk = fbm(stage.rng, height, width, 2.0, 4, stretch=2.2) - 0.5
    away = np.sqrt((down + 0.10) ** 2 + (aside * 0.85) ** 2)
    t = f32(np.clip(0.42 * down + 0.62 * away - 0.035 + murk * 0.10, 0, 1))
    rgb = ramp([(i / 5, c) for i, c in enumerate(stage.palette.sky)], t)
    return backdrop(resize(rgb, g.layer_width, g.layer_height, cv2.INTER_CUBIC))


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The underside of the waves in the upper rows, drawn at half size."""

    lines: Tile
    u: F32
    v: F32
    share: F32
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of the waves."""
        rows = min(self.u.shape[0], max(1, canvas.shape[0] // 2))
        slide = moment.pose.x * 14
        light = _rippling(self.lines, self.u[:rows] + slide, self.v[:rows], moment.seconds * 1.6)
        power = smoothstep(0.12, 0.75, light) * self.share[:rows]
        band = canvas[: min(rows * 2, canvas.shape[0])]
        add_light(band, (power * 255).astype(np.uint8), self.tone)


def surface(stage: Stage, strength: float) -> Surface:
    """The surface above, brightest below the sun."""
    g = stage.geometry
    rows, columns = max(1, int(g.height * 0.17)), max(1, g.width // 2)
    x, y = grid(rows, columns)
    below = (y + 0.5) / rows
    away = 1 / (1.16 - below)
    across = (x * 2 + g.margin_x - stage.sun_x) / g.span
    share = np.exp(-((across * 0.9) ** 2)) * (1 - smoothstep(0.1, 1.0, f32(below))) * strength
    return Surface(
        net(stage.rng), f32(across * away * 120), f32(away * 150), f32(share), f32(stage.palette.sun)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Shafts:
    """Shafts of sunlight that fan out from the surface and slowly move, drawn at quarter size.

    `fans` are two rows of brightness over the angle, each repeated so that no lookup leaves them.
    """

    angle: F32
    fall: F32
    fans: tuple[F32, F32]
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the light of the shafts."""
        t, turn = moment.seconds, moment.pose.x * 9
        wide = self._fan(0, self.angle, t * 5 + turn)
        fine = self._fan(1, self.angle * 2.1, turn - t * 9)
        power = np.clip(wide * (0.45 + 0.75 * fine), 0, 1) * self.fall
        add_light(canvas, (power * 255).astype(np.uint8), self.tone)

    def _fan(self, k: int, angle: F32, shift: float) -> F32:
        at = angle + np.float32(shift % _FAN + 2 * _FAN)
        return remap(self.fans[k], at, np.zeros_like(at), cv2.BORDER_REPLICATE)


def shafts(stage: Stage, strength: float) -> Shafts:
    """Shafts from a sun above the surface."""
    g, rng = stage.geometry, stage.rng
    height, width = max(1, g.height // _COARSE), max(1, g.width // _COARSE)
    x, y = grid(height, width)
    lean = float(rng.uniform(-0.16, 0.16))
    down = f32((y + 0.5) / height)
    across = (x * _COARSE + g.margin_x - stage.sun_x) / g.span - lean * down
    angle = np.arctan2(across, down * g.height / g.span * 0.8 + 0.55)
    reach = np.exp(-down * 1.5) * (1 - smoothstep(0.55, 1.0, down)) * (0.6 + 0.4 * smoothstep(0.0, 0.3, down))
    fall = reach * np.exp(-((angle / 0.75) ** 2)) * strength
    fans = tuple(np.tile(smoothstep(0.42, 0.95, _loop(rng, cells)), (1, 5)) for cells in (22, 40))
    return Shafts(f32(angle / math.pi * _FAN), f32(fall), (fans[0], fans[1]), f32(stage.palette.glow))


def _loop(rng: np.random.Generator, cells: int) -> F32:
    """A fractal line of `_FAN` values whose end meets its start."""
    line = fbm_line(rng, _FAN + _FAN // 8, cells * 1.1, 3)
    seam = np.linspace(0, 1, _FAN // 8, dtype=np.float32)
    line[: _FAN // 8] = line[: _FAN // 8] * seam + line[_FAN:] * (1 - seam)
    return line[:_FAN]


@dataclass(frozen=True, slots=True, eq=False)
class FloorLight:
    """The moving net of light on the sea floor below `row`, drawn at half size."""

    lines: Tile
    u: F32
    v: F32
    share: F32
    row: float
    depth: float
    tone: F32

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Add the net to the floor."""
        start = min(max(round(moment.place(0, self.row, self.depth)[1]), 0), canvas.shape[0])
        rows = min((canvas.shape[0] - start) // 2, self.u.shape[0])
        if rows < 2:
            return
        slide = moment.pose.x * moment.geometry.margin_x * 0.4 / moment.geometry.span * 210
        light = _rippling(
            self.lines, self.u[:rows] + slide * self.v[:rows] * 0.01, self.v[:rows], moment.seconds
        )
        power = (smoothstep(0.15, 0.8, light) ** 1.5) * self.share[:rows]
        add_light(canvas[start : start + 2 * rows], (power * 255).astype(np.uint8), self.tone)


def floor_light(stage: Stage, row: float, depth: float, strength: float) -> FloorLight:
    """Light on a floor that begins at layer row `row` and comes nearer downward."""
    g = stage.geometry
    rows, columns = max(2, round(g.height + 2 * g.margin_y - row) // 2), max(1, g.width // 2)
    x, y = grid(rows, columns)
    below = (y + 0.5) * 2 / g.span
    away = 0.30 / (below + 0.07)
    across = (x * 2 + g.margin_x - stage.sun_x) / g.span
    near_sun = 0.35 + 0.65 * np.exp(-((across * 0.8) ** 2))
    share = smoothstep(0.0, 0.12, f32(below)) * near_sun * strength
    return FloorLight(
        net(stage.rng), f32(across * away * 150), f32(away * 210), f32(share), row, depth, stage.palette.lit
    )
