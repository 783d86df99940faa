"""Shaped noise: what wind, water and crowds are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from genmux.render.raster import F32, f32

SAMPLE_RATE: Final = 44_100

Response = Callable[[F32], F32]


def coloured(rng: np.random.Generator, count: int, response: Response) -> F32:
    """Stereo noise of deviation 1 whose spectrum follows `response(frequency)`."""
    padded = 1 << max(count - 1, 1).bit_length()
    frequency = np.maximum(np.fft.rfftfreq(padded, 1 / SAMPLE_RATE), 1).astype(np.float32)
    spectrum = np.fft.rfft(rng.standard_normal((2, padded), dtype=np.float32), axis=1) * response(frequency)
    noise = np.fft.irfft(spectrum, padded, axis=1)[:, :count]
    return f32(noise / (noise.std() + 1e-9))


def swell(rng: np.random.Generator, count: int, hertz: float, low: float, high: float) -> F32:
    """A slow random level for both channels between `low` and `high`."""
    knots = max(4, int(count / SAMPLE_RATE * hertz) + 4)
    points = rng.random((2, knots))
    at = np.linspace(0, knots - 1.001, count)
    left = at.astype(int)
    share = at - left
    share = share * share * (3 - 2 * share)
    level = points[:, left] * (1 - share) + points[:, left + 1] * share
    return f32(low + (high - low) * level)


def band(centre: float, width: float) -> Response:
    """A bell around `centre` Hz, `width` in natural-log units."""
    return lambda f: np.exp(-((np.log(f / centre) / width) ** 2)).astype(np.float32)


def low_pass(cutoff: float, order: float) -> Response:
    """All below `cutoff` Hz."""
    return lambda f: (1 / (1 + (f / cutoff) ** order)).astype(np.float32)


def between(low: float, high: float) -> Response:
    """All between two frequencies in Hz, with gentle slopes."""
    return lambda f: (f / (f + low) / (1 + (f / high) ** 2)).astype(np.float32)


def seconds(count: int) -> F32:
    """The time of every sample."""
    return f32(np.arange(count, dtype=np.float32) / SAMPLE_RATE)


def placed(out: F32, sound: F32, start: int, pan: float) -> None:
    """Add a mono sound to a stereo one at a sample, in place; `pan` 0 is left, 1 right; the end is cut."""
    length = min(sound.size, out.shape[1] - start)
    if length > 0:
        out[:, start : start + length] += sound[:length] * np.array([[1 - pan], [pan]], np.float32)
