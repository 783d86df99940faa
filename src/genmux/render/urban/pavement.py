"""The ground of a street: asphalt or flagstones that mirror the lights when they are wet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from genmux.render.camera import Moment
from genmux.render.noise import Tile, fbm, smoothstep, tile
from genmux.render.palette import colour
from genmux.render.raster import F32, U8, blend, blur, f32, flat, grid, remap, resize, spread
from genmux.render.urban.facades import Light, Manner
from genmux.render.urban.houses import Air
from genmux.render.urban.view import Plate, View

_ASPHALT: Final = colour("#4a4c52")
_SIDEWALK: Final = colour("#8d8a86")
_STONE: Final = colour("#7d776f")
_SNOW: Final = colour("#eef3fa")
_PAINT: Final = colour("#d8d4c8")
_TILE_SIZE: Final = 256


def ground(
    rng: np.random.Generator, plate: Plate, manner: Manner, lights: tuple[Light, Light], air: Air,
    sky: F32, wet: float, snowy: bool,
) -> tuple[F32, int]:  # fmt: skip
    """The ground below the horizon as (h, w, 3) light, and the layer row it starts at."""
    view, (height, width) = plate.view, plate.front.shape[:2]
    first = min(max(int(view.horizon) + 1, 0), height - 2)
    x, y = grid(height - first, width)
    z = view.focal * view.eye / np.maximum(y + first - view.horizon, 0.6)
    across = (x - view.centre_x) * z / view.focal
    # The row of houses the sun does not reach throws its shadow on its own side of the street.
    shade = smoothstep(-manner.half * 0.25, manner.half * 0.05, across + np.sin(z * 0.9) * 0.25)
    ambient = blend(lights[0].ambient, lights[1].ambient, shade)
    rgb = _surface(rng, manner, across, z, (1.5 if lights[0].dark else 0.72) if snowy else 0.0) * (
        ambient + _spill(plate, first) * 0.9
    )
    rgb = _mirrored(rng, plate, first, rgb, sky, wet * (0.25 if snowy else 1.0), z)
    return blend(f32(rgb), air.haze, air.share(f32(z))), first


def _surface(rng: np.random.Generator, manner: Manner, across: F32, z: F32, snow: float) -> F32:
    """Albedo: road, kerbs and sidewalks, or flagstones; `snow` is how bright the snow on them is, 0 none."""
    grain = 0.82 + 0.36 * fbm(rng, z.shape[0], z.shape[1], 14, 4)
    fine = np.clip(18 / z, 0, 1)
    if manner.road:
        kerb = manner.half - 2.4
        walk = smoothstep(kerb - 0.05, kerb + 0.05, np.abs(across))
        rgb = blend(_ASPHALT, _SIDEWALK, walk)
        rgb *= spread(f32(1 - 0.5 * np.exp(-(((np.abs(across) - kerb) / 0.09) ** 2))))
        dash = (np.abs(across) < 0.09) & (np.mod(z, 5.0) < 2.4) & (z < 60)
        rgb = blend(rgb, flat(_PAINT, rgb), f32(blur(dash.astype(np.float32), 0.8) * 0.75))
    else:
        row = np.floor(z / 0.55)
        cell = np.sin(row * 12.9 + np.floor(across / 0.8 + (row % 2) * 0.5) * 78.2) * 43758.5
        tone = 1 + (cell - np.floor(cell) - 0.5) * 0.4 * fine
        gap = np.minimum(np.mod(z, 0.55) / 0.55, np.mod(across + (row % 2) * 0.4, 0.8) / 0.8)
        rgb = flat(_STONE, z) * spread(f32(tone * (1 - 0.45 * fine * np.exp(-((gap / 0.05) ** 2)))))
    if snow > 0:
        trodden = smoothstep(manner.half * 0.25, manner.half * 0.6, np.abs(across)) * 0.35 + 0.6
        rgb = blend(rgb, flat(_SNOW * snow, rgb), f32(trodden))
    return f32(rgb * spread(f32(grain)))


def _spill(plate: Plate, first: int) -> F32:
    """The light that shop windows and signs throw on the ground before them."""
    part = plate.mirror[first:, :, :3]
    h, w = part.shape[:2]
    small = resize(np.clip(part - 0.2, 0, 2), max(2, w // 16), max(2, h // 16), cv2.INTER_AREA)
    padded = np.pad(small, ((12, 0), (0, 0), (0, 0)), mode="edge")
    soft = blur(f32(padded), 5.0)[12:]
    return resize(f32(soft * 1.4), w, h)


def _mirrored(
    rng: np.random.Generator, plate: Plate, first: int, rgb: F32, sky: F32, wet: float, z: F32
) -> F32:
    """The ground under its reflections: clear in puddles, drawn out and dim on rough stone."""
    if wet <= 0.02:
        return rgb
    height, width = z.shape
    w, h = max(2, width // 2), max(2, height // 2)
    part = resize(plate.mirror[first:], w, h, cv2.INTER_AREA)
    seen = f32(part[..., :3] + spread(f32(1 - np.clip(part[..., 3], 0, 1))) * sky)
    unit = min(h * 2.4, w) / 720
    tall = f32(cv2.GaussianBlur(seen, (0, 0), sigmaX=2.2 * unit + 0.2, sigmaY=20 * unit + 0.3))
    clear = f32(cv2.GaussianBlur(seen, (0, 0), sigmaX=0.7 * unit + 0.1, sigmaY=3.5 * unit + 0.2))
    x, y = grid(h, w)
    push = fbm(rng, h, w, 30, 3, stretch=5) - 0.5
    clear = remap(clear, f32(x + push * 26 * unit), f32(y + push * 34 * unit))
    puddle = smoothstep(0.46, 0.6, fbm(rng, h, w, 5, 4, stretch=3.5))
    mirror = blend(tall, clear, f32(0.25 + 0.75 * puddle))
    share = wet * np.clip(0.5 + resize(z, w, h) / 40, 0, 1) * (0.62 + 0.36 * puddle)
    seen_here = resize(f32(np.dstack([mirror * spread(f32(share)), share])), width, height)
    return f32(rgb * spread(f32(1 - 0.75 * seen_here[..., 3])) + seen_here[..., :3])


@dataclass(frozen=True, slots=True, eq=False)
class Shimmer:
    """Wet ground in motion: what lies below the horizon wavers, least where it is far."""

    waves: Tile
    view: View
    depth: float
    reach: float

    def draw(self, canvas: U8, moment: Moment) -> None:
        """Displace the ground's pixels, in place."""
        height, width = canvas.shape[:2]
        line = min(max(round(moment.place(0, self.view.horizon, self.depth)[1]) + 2, 1), height)
        rows = height - line
        if rows < 8:
            return
        x, y = grid(max(2, rows // 4), max(2, width // 4))
        away = 60 / (y + 3)
        t = moment.seconds
        at = (f32((x - width / 8) * away * 0.5 + t * 7), f32(away * 46 - t * 24))
        wave = self.waves.at(*at) + self.waves.at(f32(at[0] * 1.7 - t * 11), f32(at[1] * 1.6 - t * 17))
        middle = moment.place(self.view.centre_x, 0, self.depth)[0] / 4
        inside = np.clip((y * self.reach * 4 - np.abs(x - middle) * 4) / (30 * moment.geometry.unit), 0, 1)
        push = resize(f32(wave * inside * np.clip(y / 18, 0.1, 1)), width, rows) * (
            1.3 * moment.geometry.unit
        )
        full_x, full_y = grid(rows, width)
        part = np.ascontiguousarray(canvas[line:])
        canvas[line:] = remap(part, f32(full_x + push * 0.5), f32(full_y + push * 1.6))


def shimmer(rng: np.random.Generator, view: View, manner: Manner, depth: float) -> Shimmer:
    """The wavering of this street's ground; houses beside it stand still."""
    return Shimmer(tile(rng, _TILE_SIZE, 6, 3), view, depth, manner.half / view.eye)
