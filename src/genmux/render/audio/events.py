"""Events: short sounds that happen now and then, each stereo float32 (2, samples) at a natural level."""

from __future__ import annotations

import numpy as np

from genmux.render.audio.noise import SAMPLE_RATE, between, coloured, low_pass, placed, seconds
from genmux.render.raster import F32, f32


def _silence(count: int) -> F32:
    return np.zeros((2, count), np.float32)


def _bell(length: int, power: float = 1.0) -> F32:
    """A level that rises from nothing and falls back to it."""
    return f32(np.maximum(np.sin(np.linspace(0, np.pi, length)), 0) ** power)


def _gliding(pitches: F32) -> F32:
    """A sine whose pitch in Hz is given for every sample."""
    return f32(np.sin(2 * np.pi * np.cumsum(pitches.astype(np.float64)) / SAMPLE_RATE))


def birdsong(rng: np.random.Generator, count: int) -> F32:
    """A few short warbling calls."""
    out = _silence(count)
    for _ in range(int(count / SAMPLE_RATE * 1.1) + 1):
        start, pitch = int(rng.integers(0, max(1, count - SAMPLE_RATE // 2))), float(rng.uniform(2300, 4300))
        pan, power = float(rng.random()), float(rng.uniform(0.012, 0.035))
        for note in range(int(rng.integers(2, 6))):
            length = int(SAMPLE_RATE * rng.uniform(0.05, 0.13))
            u = np.linspace(0, 1, length, dtype=np.float32)
            bend = pitch * (1 + 0.22 * np.sin(u * np.pi * rng.uniform(0.6, 2.2)) * rng.choice([-1, 1]))
            at = start + note * int(SAMPLE_RATE * 0.14)
            if at + length < count:
                placed(out, _gliding(f32(bend)) * _bell(length, 1.5) * np.float32(power), at, pan)
    return out


def gulls(rng: np.random.Generator, count: int) -> F32:
    """Gulls that cry over the water."""
    out = _silence(count)
    for _ in range(int(count / SAMPLE_RATE * 0.35) + 1):
        start, pan = int(rng.integers(0, max(1, count))), float(rng.random())
        for note in range(int(rng.integers(2, 5))):
            length = int(SAMPLE_RATE * rng.uniform(0.22, 0.34))
            u = np.linspace(0, 1, length, dtype=np.float32)
            pitch = 1250 * (1 + 0.28 * np.sin(u * np.pi) - 0.16 * u) * float(rng.uniform(0.92, 1.08))
            cry = _gliding(f32(pitch)) + 0.5 * _gliding(f32(pitch * 2)) + 0.25 * _gliding(f32(pitch * 3))
            at = start + note * int(SAMPLE_RATE * 0.42)
            if at + length < count:
                placed(out, f32(cry * _bell(length, 0.8) * 0.008), at, pan)
    return out


def crickets(rng: np.random.Generator, count: int) -> F32:
    """Four crickets."""
    t = seconds(count)
    out = _silence(count)
    for _ in range(4):
        pitch, rate = float(rng.uniform(3900, 4900)), float(rng.uniform(13, 19))
        chirping = (t * float(rng.uniform(1.1, 1.9)) + float(rng.random())) % 1 < 0.45
        chirp = np.sin(2 * np.pi * pitch * t) * np.clip(np.sin(2 * np.pi * rate * t), 0, 1) ** 2 * chirping
        out += (chirp * float(rng.uniform(0.008, 0.016)) * rng.random((2, 1))).astype(np.float32)
    return out


def bubbles(rng: np.random.Generator, count: int) -> F32:
    """Bubbles that rise past the ear."""
    out = _silence(count)
    for _ in range(int(count / SAMPLE_RATE * 4) + 1):
        length = int(SAMPLE_RATE * rng.uniform(0.03, 0.09))
        pitch = float(rng.uniform(320, 900)) * (1 + 0.6 * np.linspace(0, 1, length, dtype=np.float32))
        blip = _gliding(f32(pitch)) * _bell(length) * np.float32(rng.uniform(0.008, 0.03))
        placed(out, blip, int(rng.integers(0, max(1, count))), float(rng.random()))
    return out


def whale(rng: np.random.Generator, count: int) -> F32:
    """A long, far call."""
    length = min(count, int(SAMPLE_RATE * 2.6))
    u = np.linspace(0, 1, max(length, 2), dtype=np.float32)
    pitch = 150 + 90 * np.sin(u * np.pi * float(rng.uniform(1.0, 1.7))) + 6 * np.sin(u * 40)
    call = (_gliding(f32(pitch)) + 0.4 * _gliding(f32(pitch * 2.01))) * _bell(u.size, 1.2)
    out = _silence(count)
    placed(out, f32(call * 0.05), int(rng.integers(0, max(1, count - length + 1))), 0.4)
    return out


def thunder(rng: np.random.Generator, count: int) -> F32:
    """A crack and its long roll."""
    out = _silence(count)
    start = int(rng.uniform(0.1, 0.4) * count)
    length = max(2, count - start)
    t = seconds(length)
    roll = coloured(rng, length, low_pass(130, 1.5)) * np.exp(-t * 0.9) * np.minimum(t * 14, 1)
    crack = coloured(rng, length, between(200, 2400)) * np.exp(-t * 7)
    sound = np.asarray(roll * 0.32 + crack * 0.08, np.float32)
    out[:, start:] += sound[:, : count - start]
    return out


def bangs(rng: np.random.Generator, count: int) -> F32:
    """Fireworks: dull reports and a sizzle after each."""
    out = _silence(count)
    for start in np.arange(0.2, max(count / SAMPLE_RATE, 0.3), 0.75):
        at = int((start + float(rng.uniform(0, 0.4))) * SAMPLE_RATE)
        length = int(SAMPLE_RATE * 1.1)
        t = seconds(length)
        report = coloured(rng, length, low_pass(240, 1.8))[0] * np.exp(-t * 7) * 0.16
        sizzle = coloured(rng, length, between(2500, 9000))[0] * np.exp(-np.abs(t - 0.4) * 5) * 0.012
        placed(out, f32(report + sizzle), at, float(rng.uniform(0.2, 0.8)))
    return out


def train(rng: np.random.Generator, count: int) -> F32:
    """Wheels on rails: two beats, again and again."""
    t = seconds(count)
    beat = sum(np.exp(-(((t * 1.35 + shift) % 1) * 26)) for shift in (0.0, 0.16))
    clatter = coloured(rng, count, between(180, 1900)) * f32(beat) * np.float32(0.10)
    return np.asarray(clatter + coloured(rng, count, low_pass(140, 1.5)) * np.float32(0.07), np.float32)


def chimes(rng: np.random.Generator, count: int) -> F32:
    """A wind chime, touched now and then."""
    out = _silence(count)
    length = int(SAMPLE_RATE * 1.8)
    t = seconds(length)
    for _ in range(int(count / SAMPLE_RATE * 0.9) + 1):
        pitch = 1046.5 * 2 ** (float(rng.choice([0, 2, 4, 7, 9, 12])) / 12)
        tone = (np.sin(2 * np.pi * pitch * t) + 0.4 * np.sin(2 * np.pi * pitch * 2.76 * t)) * np.exp(-t * 3.2)
        placed(
            out,
            f32(tone * rng.uniform(0.006, 0.014)),
            int(rng.integers(0, max(1, count))),
            float(rng.random()),
        )
    return out
