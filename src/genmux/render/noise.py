"""Value noise and its fractal sums, all drawn from a numpy Generator."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from genmux.render.raster import F32, f32, remap, resize

_PAD = 3


def smoothstep(low: float, high: float, x: F32) -> F32:
    """0 below `low`, 1 above `high`, a cubic between; works with low > high too."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return f32(t * t * (3 - 2 * t))


def normalised(x: F32) -> F32:
    """The values stretched to exactly 0..1; a constant array becomes zeros."""
    return f32((x - x.min()) / max(float(np.ptp(x)), 1e-6))


def value_noise(rng: np.random.Generator, height: int, width: int, across_y: float, across_x: float) -> F32:
    """Smooth noise, roughly 0..1, with `across_*` cells along each side."""
    cells_y, cells_x = math.ceil(across_y) + _PAD, math.ceil(across_x) + _PAD
    cells = rng.random((cells_y, cells_x), dtype=np.float32)
    full_w = max(width, math.ceil(width * cells_x / across_x))
    full_h = max(height, math.ceil(height * cells_y / across_y))
    limit = 4 * max(width, height)
    return resize(cells, min(full_w, limit), min(full_h, limit), cv2.INTER_CUBIC)[:height, :width]


def fbm(
    rng: np.random.Generator,
    height: int,
    width: int,
    frequency: float = 3.0,
    octaves: int = 6,
    gain: float = 0.5,
    stretch: float = 1.0,
    ridged: bool = False,
) -> F32:
    """Fractal noise, roughly 0..1; `frequency` cells along the height, `stretch` > 1 widens features."""
    total = np.zeros((height, width), np.float32)
    weight, amplitude = 0.0, 1.0
    fy, fx = frequency, max(frequency * width / height / stretch, 0.5)
    for octave in range(octaves):
        if octave and (fx > width / 2 or fy > height / 2):
            break
        layer = value_noise(rng, height, width, fy, fx)
        if ridged:
            layer = np.square(1 - np.abs(2 * layer - 1))
        total += amplitude * layer
        weight += amplitude
        amplitude, fx, fy = amplitude * gain, fx * 2, fy * 2
    return total / weight


def fbm_line(
    rng: np.random.Generator, length: int, frequency: float, octaves: int = 6, gain: float = 0.5
) -> F32:
    """One row of fractal noise stretched to 0..1."""
    total = np.zeros(length, np.float32)
    amplitude = 1.0
    for octave in range(octaves):
        if octave and frequency > length / 3:
            break
        total += amplitude * value_noise(rng, 1, length, 1, frequency)[0]
        amplitude, frequency = amplitude * gain, frequency * 2
    return normalised(total)


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A field that repeats every `size` pixels; `padded` holds it with one wrapped row and column more."""

    padded: F32
    size: int

    def at(self, x: F32, y: F32) -> F32:
        """The field at any pixel coordinates, however far away."""
        # Wrapping here and not in remap: its wrapping border is many times slower.
        size = np.float32(self.size)
        wrapped_x, wrapped_y = x - np.floor(x / size) * size, y - np.floor(y / size) * size
        return remap(self.padded, wrapped_x, wrapped_y, cv2.BORDER_REPLICATE)


def tile(rng: np.random.Generator, size: int, cells: int, octaves: int = 4, gain: float = 0.5) -> Tile:
    """Fractal noise that repeats seamlessly; mean 0, deviation 1."""
    total = np.zeros((size, size), np.float32)
    amplitude = 1.0
    for _ in range(octaves):
        if cells > size // 2:
            break
        total += amplitude * tile_octave(rng, size, cells)
        amplitude, cells = amplitude * gain, cells * 2
    field = ((total - total.mean()) / max(float(total.std()), 1e-6)).astype(np.float32)
    return Tile(np.pad(field, ((0, 1), (0, 1)), mode="wrap"), size)


def tile_octave(rng: np.random.Generator, size: int, cells: int) -> F32:
    """One seamless octave, roughly 0..1."""
    wrapped = np.pad(rng.random((cells, cells), dtype=np.float32), _PAD, mode="wrap")
    step = size / cells
    full = round(step * (cells + 2 * _PAD))
    start = round(step * _PAD)
    return resize(wrapped, full, full, cv2.INTER_CUBIC)[start : start + size, start : start + size]


def domain_warped(field: F32, push_x: F32, push_y: F32, pixels: float) -> F32:
    """`field` read at positions pushed by two 0..1 noises, up to `pixels`/2 either way."""
    height, width = field.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return remap(field, x + (push_x - 0.5) * pixels, y + (push_y - 0.5) * pixels, cv2.BORDER_REFLECT)
