"""Ambiences: the steady sounds of places, each stereo float32 (2, samples) at a natural level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from genmux.render.audio.noise import SAMPLE_RATE, band, between, coloured, low_pass, placed, seconds, swell
from genmux.render.raster import F32

Ambience = Callable[[np.random.Generator, int], F32]

_SEA: Final = np.array([[0.0], [0.55]], np.float32)


def _scaled(sound: F32, level: float) -> F32:
    return np.asarray(sound * np.float32(level), np.float32)


def _surge(rng: np.random.Generator, count: int, period: float) -> F32:
    """The rise and fall of waves on both channels, 0..1."""
    phase = float(rng.uniform(0, 6.28))
    turn = 2 * np.pi * seconds(count)[None, :] / period + phase + _SEA
    return np.asarray((0.5 + 0.5 * np.sin(turn)) ** 2.2, np.float32)


def waves(rng: np.random.Generator, count: int) -> F32:
    """Surf that rolls in and runs out."""
    body = coloured(rng, count, lambda f: (f / (f + 60) / np.sqrt(1 + (f / 420) ** 1.6)).astype(np.float32))
    hiss = coloured(rng, count, between(1500, 6500))
    surge = _surge(rng, count, 6.2)
    return _scaled(body * (0.30 + 0.75 * surge), 0.16) + _scaled(hiss * (0.03 + 0.42 * surge**2), 0.10)


def breakers(rng: np.random.Generator, count: int) -> F32:
    """Heavy seas."""
    roar = coloured(rng, count, low_pass(180, 1.6))
    return waves(rng, count) + _scaled(roar * (0.4 + _surge(rng, count, 4.1)), 0.1)


def lapping(rng: np.random.Generator, count: int) -> F32:
    """Small water at a shore."""
    drops = coloured(rng, count, band(620, 0.35)) * swell(rng, count, 3.0, 0.0, 1.0) ** 2
    return _scaled(drops, 0.05)


def stream(rng: np.random.Generator, count: int) -> F32:
    """Falling water."""
    body = coloured(rng, count, between(260, 3800)) * swell(rng, count, 4.0, 0.75, 1.0)
    return _scaled(body, 0.11)


def wind(rng: np.random.Generator, count: int) -> F32:
    """Open wind."""
    return _scaled(coloured(rng, count, band(330, 0.85)) * swell(rng, count, 0.8, 0.25, 1.0), 0.16)


def gale(rng: np.random.Generator, count: int) -> F32:
    """Wind that howls."""
    howl = coloured(rng, count, band(720, 0.16)) * swell(rng, count, 0.9, 0.0, 1.0) ** 2
    return _scaled(wind(rng, count), 1.3) + _scaled(howl, 0.05)


def hush(rng: np.random.Generator, count: int) -> F32:
    """The quiet of snow."""
    return _scaled(coloured(rng, count, band(240, 0.6)) * swell(rng, count, 0.4, 0.3, 1.0), 0.06)


def leaves(rng: np.random.Generator, count: int) -> F32:
    """Wind in leaves."""
    rustle = coloured(rng, count, band(3200, 0.7)) * swell(rng, count, 1.2, 0.0, 1.0)
    return _scaled(wind(rng, count), 0.35) + _scaled(rustle, 0.02)


def hum(rng: np.random.Generator, count: int) -> F32:
    """A city far off."""
    low = coloured(rng, count, low_pass(150, 1.5)) * swell(rng, count, 0.5, 0.5, 1.0)
    tyres = coloured(rng, count, band(700, 0.6)) * swell(rng, count, 0.7, 0.0, 1.0)
    return _scaled(low, 0.11) + _scaled(tyres, 0.025)


def voices(rng: np.random.Generator, count: int) -> F32:
    """A murmur of people, none of whom is understood."""
    murmur = sum(
        coloured(rng, count, band(pitch, 0.22)) * swell(rng, count, rate, 0.0, 1.0) ** 2
        for pitch, rate in ((310, 4.5), (520, 5.5), (900, 6.5))
    )
    return _scaled(np.asarray(murmur, np.float32), 0.02)


def rumble(rng: np.random.Generator, count: int) -> F32:
    """The imagined sound of space."""
    low = coloured(rng, count, low_pass(90, 2.5)) * swell(rng, count, 0.3, 0.4, 1.0)
    high = coloured(rng, count, band(1400, 0.25)) * swell(rng, count, 0.4, 0.0, 1.0)
    return _scaled(low, 0.07) + _scaled(high, 0.012)


def underwater(rng: np.random.Generator, count: int) -> F32:
    """Pressure and slow currents."""
    low = coloured(rng, count, low_pass(210, 2.2)) * swell(rng, count, 0.5, 0.5, 1.0)
    current = coloured(rng, count, band(480, 0.3)) * swell(rng, count, 0.8, 0.0, 1.0)
    return _scaled(low, 0.12) + _scaled(current, 0.025)


def air(rng: np.random.Generator, count: int) -> F32:
    """A quiet room."""
    return _scaled(coloured(rng, count, band(900, 0.9)) * swell(rng, count, 0.5, 0.2, 1.0), 0.02)


def rain(rng: np.random.Generator, count: int) -> F32:
    """Steady rain."""
    return _scaled(coloured(rng, count, between(900, 9000)), 0.10)


def fire(rng: np.random.Generator, count: int) -> F32:
    """A fire that crackles."""
    snaps = np.zeros((2, count), np.float32)
    decay = np.exp(-np.arange(220, dtype=np.float32) / 45)
    for start in rng.integers(0, max(1, count), int(count / SAMPLE_RATE * 26) + 1):
        snap = rng.standard_normal(decay.size, dtype=np.float32) * decay * float(rng.uniform(0.02, 0.12))
        placed(snaps, np.asarray(snap, np.float32), int(start), float(rng.uniform(0.2, 0.8)))
    return snaps + _scaled(coloured(rng, count, low_pass(260, 1.4)), 0.03)
