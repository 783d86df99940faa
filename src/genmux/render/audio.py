"""Sound beds: an ambience per scene family under a soft chord pad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from genmux.render.order import FPS
from genmux.render.raster import F32, f32

SAMPLE_RATE: Final = 44_100
LEVEL_DBFS: Final = -20.0
_BAR_SECONDS: Final = 4.0

# Chords as semitones above the root, one per bar.
_CHORDS: Final[dict[str, tuple[tuple[int, ...], ...]]] = {
    "bright": ((0, 4, 7, 11), (-3, 0, 4, 9), (5, 9, 12, 16), (-5, 2, 7, 11)),
    "calm": ((0, 7, 12, 16), (-4, 3, 8, 12), (-7, 0, 5, 12), (-2, 5, 10, 14)),
    "dark": ((0, 3, 7, 14), (-4, 3, 8, 12), (-5, 2, 7, 10), (0, 7, 12, 15)),
    "space": ((0, 7, 14, 21), (-5, 2, 9, 16)),
}
_MOODS: Final = {"dawn": "bright", "day": "bright", "sunset": "calm", "night": "dark", "storm": "dark"}

Ambience = Callable[[np.random.Generator, int], F32]


def sound_bed(rng: np.random.Generator, family: str, time: str, rainy: bool, frames: int) -> F32:
    """Stereo float32 (2, samples) for exactly `frames` of film, about -20 dBFS RMS, faded at both ends."""
    count = round(frames / FPS * SAMPLE_RATE)
    mix = AMBIENCES[family](rng, count)
    if family == "forest":
        mix = mix + (_crickets(rng, count) if time == "night" else _birdsong(rng, count))
    if rainy:
        mix = mix + _rain(rng, count)
    mood = "space" if family in ("space", "silk") else _MOODS[time]
    mix = mix + _reverberated(rng, _pad(rng, count, mood, root=int(rng.integers(45, 53))))
    return _mastered(mix)


def _mastered(mix: F32) -> F32:
    count = mix.shape[1]
    level = max(float(np.sqrt(np.mean(mix**2))), 1e-6)
    out = np.tanh(mix * (10 ** (LEVEL_DBFS / 20) / level * 1.1)) / 1.1
    fade = max(1, min(round(0.35 * SAMPLE_RATE), count // 4))
    ramp = np.linspace(0, 1, fade, dtype=np.float32) ** 2
    out[:, :fade] *= ramp
    out[:, -fade:] *= ramp[::-1]
    return f32(out)


def _coloured(rng: np.random.Generator, count: int, response: Callable[[F32], F32]) -> F32:
    """Stereo noise of deviation 1 whose spectrum follows `response(frequency)`."""
    padded = 1 << max(count - 1, 1).bit_length()
    frequency = np.maximum(np.fft.rfftfreq(padded, 1 / SAMPLE_RATE), 1).astype(np.float32)
    spectrum = np.fft.rfft(rng.standard_normal((2, padded), dtype=np.float32), axis=1) * response(frequency)
    noise = np.fft.irfft(spectrum, padded, axis=1)[:, :count]
    return f32(noise / (noise.std() + 1e-9))


def _swell(rng: np.random.Generator, count: int, hertz: float, low: float, high: float) -> F32:
    """A slow random level for both channels between `low` and `high`."""
    knots = max(4, int(count / SAMPLE_RATE * hertz) + 4)
    points = rng.random((2, knots))
    at = np.linspace(0, knots - 1.001, count)
    left = at.astype(int)
    share = at - left
    share = share * share * (3 - 2 * share)
    level = points[:, left] * (1 - share) + points[:, left + 1] * share
    return f32(low + (high - low) * level)


def _band(centre: float, width: float) -> Callable[[F32], F32]:
    return lambda f: np.exp(-((np.log(f / centre) / width) ** 2)).astype(np.float32)


def _low_pass(cutoff: float, order: float) -> Callable[[F32], F32]:
    return lambda f: (1 / (1 + (f / cutoff) ** order)).astype(np.float32)


def _waves(rng: np.random.Generator, count: int) -> F32:
    t = np.arange(count, dtype=np.float32) / SAMPLE_RATE
    body = _coloured(rng, count, lambda f: (f / (f + 60) / np.sqrt(1 + (f / 420) ** 1.6)).astype(np.float32))
    hiss = _coloured(rng, count, lambda f: (f / (f + 1500) / (1 + (f / 6500) ** 2)).astype(np.float32))
    phase = float(rng.uniform(0, 6.28))
    surge = np.stack([0.5 + 0.5 * np.sin(2 * np.pi * t / 6.2 + phase + lag) for lag in (0, 0.55)]) ** 2.2
    return np.asarray(
        (0.30 + 0.75 * surge) * body * 0.16 + (0.03 + 0.42 * surge**2) * hiss * 0.10, np.float32
    )


def _wind(rng: np.random.Generator, count: int) -> F32:
    return _coloured(rng, count, _band(330, 0.85)) * _swell(rng, count, 0.8, 0.25, 1.0) * np.float32(0.16)


def _leaves(rng: np.random.Generator, count: int) -> F32:
    rustle = _coloured(rng, count, _band(3200, 0.7)) * _swell(rng, count, 1.2, 0.0, 1.0) * np.float32(0.02)
    return _wind(rng, count) * np.float32(0.35) + rustle


def _city(rng: np.random.Generator, count: int) -> F32:
    hum = _coloured(rng, count, _low_pass(150, 1.5)) * _swell(rng, count, 0.5, 0.5, 1.0) * np.float32(0.11)
    return hum + _coloured(rng, count, _band(700, 0.6)) * _swell(rng, count, 0.7, 0.0, 1.0) * np.float32(
        0.025
    )


def _deep_space(rng: np.random.Generator, count: int) -> F32:
    rumble = _coloured(rng, count, _low_pass(90, 2.5)) * _swell(rng, count, 0.3, 0.4, 1.0) * np.float32(0.07)
    return rumble + _coloured(rng, count, _band(1400, 0.25)) * _swell(rng, count, 0.4, 0.0, 1.0) * np.float32(
        0.012
    )


def _air(rng: np.random.Generator, count: int) -> F32:
    return _coloured(rng, count, _band(900, 0.9)) * _swell(rng, count, 0.5, 0.2, 1.0) * np.float32(0.02)


AMBIENCES: Final[dict[str, Ambience]] = {
    "ocean": _waves,
    "mountains": _wind,
    "forest": _leaves,
    "city": _city,
    "space": _deep_space,
    "silk": _air,
    "deep": _deep_space,
    "meadow": _leaves,
    "desert": _wind,
    "street": _city,
    "portrait": _air,
    "studio": _air,
    "aerial": _wind,
    "inkwash": _leaves,
}


def _rain(rng: np.random.Generator, count: int) -> F32:
    return _coloured(
        rng, count, lambda f: (f / (f + 900) / (1 + (f / 9000) ** 2)).astype(np.float32)
    ) * np.float32(0.10)


def _birdsong(rng: np.random.Generator, count: int) -> F32:
    """A few short warbling calls."""
    out = np.zeros((2, count), np.float32)
    for _ in range(int(count / SAMPLE_RATE * 1.1) + 1):
        start, pitch = int(rng.integers(0, max(1, count - SAMPLE_RATE // 2))), float(rng.uniform(2300, 4300))
        pan, power = float(rng.random()), float(rng.uniform(0.012, 0.035))
        for note in range(int(rng.integers(2, 6))):
            length = int(SAMPLE_RATE * rng.uniform(0.05, 0.13))
            at = start + note * int(SAMPLE_RATE * 0.14)
            if at + length >= count:
                break
            u = np.linspace(0, 1, length, dtype=np.float32)
            bend = pitch * (1 + 0.22 * np.sin(u * np.pi * rng.uniform(0.6, 2.2)) * rng.choice([-1, 1]))
            call = (
                np.sin(2 * np.pi * np.cumsum(bend) / SAMPLE_RATE)
                * np.maximum(np.sin(np.pi * u), 0) ** 1.5
                * power
            )
            out[:, at : at + length] += call * np.array([[1 - pan], [pan]])
    return out


def _crickets(rng: np.random.Generator, count: int) -> F32:
    t = np.arange(count, dtype=np.float32) / SAMPLE_RATE
    out = np.zeros((2, count), np.float32)
    for _ in range(4):
        pitch, rate = float(rng.uniform(3900, 4900)), float(rng.uniform(13, 19))
        chirping = (t * float(rng.uniform(1.1, 1.9)) + float(rng.random())) % 1 < 0.45
        chirp = np.sin(2 * np.pi * pitch * t) * np.clip(np.sin(2 * np.pi * rate * t), 0, 1) ** 2 * chirping
        out += (chirp * float(rng.uniform(0.008, 0.016)) * rng.random((2, 1))).astype(np.float32)
    return out


def _pad(rng: np.random.Generator, count: int, mood: str, root: int) -> F32:
    """Slow chords of three soft partials, slightly detuned between the channels."""
    out = np.zeros((2, count), np.float32)
    t = f32(np.arange(count) / SAMPLE_RATE)
    for bar in range(max(1, int(np.ceil(count / SAMPLE_RATE / _BAR_SECONDS)))):
        start = max(0, int((bar * _BAR_SECONDS - 0.8) * SAMPLE_RATE))
        end = min(count, int(((bar + 1) * _BAR_SECONDS + 1.2) * SAMPLE_RATE))
        if end <= start:
            continue
        within = np.arange(end - start, dtype=np.float32) / SAMPLE_RATE
        shape = np.minimum(within / 1.4, 1) * np.minimum(within[::-1] / 1.6, 1)
        for place, step in enumerate(_CHORDS[mood][bar % len(_CHORDS[mood])]):
            pitch = 440 * 2 ** ((root + step - 69) / 12)
            for channel, detune in enumerate((0.9989, 1.0011)):
                tone = _tone(rng, pitch * detune, t[start:end])
                out[channel, start:end] += tone * shape * np.float32(0.045 / (1 + 0.25 * place))
    return out


def _tone(rng: np.random.Generator, pitch: float, t: F32) -> F32:
    partials = (
        np.sin(2 * np.pi * pitch * h * t + float(rng.uniform(0, 6.28))) * (0.35 ** (h - 1) / h)
        for h in (1, 2, 3)
    )
    return np.asarray(sum(partials), np.float32)


def _reverberated(rng: np.random.Generator, dry: F32, seconds: float = 1.6, wet: float = 0.35) -> F32:
    """The sound in a large soft room: convolution with decaying noise."""
    count, tail = dry.shape[1], round(seconds * SAMPLE_RATE)
    decay = np.exp(-np.arange(tail, dtype=np.float32) / SAMPLE_RATE * 3.4)
    room = rng.standard_normal((2, tail), dtype=np.float32) * decay
    room /= np.sqrt((room**2).sum(axis=1, keepdims=True))
    size = 1 << (count + tail - 1).bit_length()
    echo = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(room, size), size)[:, :count]
    return np.asarray(dry * (1 - wet * 0.4) + echo * wet, np.float32)
