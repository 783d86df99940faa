"""Music: a soft chord pad in a mood, and sparse notes of an instrument over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from genmux.render.audio.noise import SAMPLE_RATE, placed, seconds
from genmux.render.raster import F32, f32

BAR_SECONDS: Final = 4.0
_NOTE: Final = 440.0
_A4: Final = 69

# Chords as semitones above the root, one per bar.
CHORDS: Final[dict[str, tuple[tuple[int, ...], ...]]] = {
    "bright": ((0, 4, 7, 11), (-3, 0, 4, 9), (5, 9, 12, 16), (-5, 2, 7, 11)),
    "calm": ((0, 7, 12, 16), (-4, 3, 8, 12), (-7, 0, 5, 12), (-2, 5, 10, 14)),
    "dark": ((0, 3, 7, 14), (-4, 3, 8, 12), (-5, 2, 7, 10), (0, 7, 12, 15)),
    "space": ((0, 7, 14, 21), (-5, 2, 9, 16)),
    "east": ((0, 7, 12, 14), (-3, 4, 9, 12), (-5, 2, 7, 14), (0, 7, 9, 16)),
}

# The scale that an instrument's notes are drawn from, as semitones above the root.
SCALES: Final[dict[str, tuple[int, ...]]] = {
    "bright": (0, 2, 4, 7, 9, 12, 14, 16),
    "calm": (0, 3, 5, 7, 10, 12, 15),
    "dark": (0, 2, 3, 7, 10, 12, 15),
    "space": (0, 7, 9, 14, 19, 21),
    "east": (0, 2, 4, 7, 9, 12, 14, 16),
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """How notes sound: partials as (multiple, level), decay per second, attack, octave, notes per second."""

    partials: tuple[tuple[float, float], ...]
    decay: float
    attack: float
    octave: int
    rate: float
    level: float


INSTRUMENTS: Final[dict[str, Instrument]] = {
    "zither": Instrument(((1, 1.0), (2, 0.55), (3, 0.3), (4, 0.2), (5, 0.12)), 2.4, 0.003, 0, 1.3, 0.05),
    "piano": Instrument(((1, 1.0), (2, 0.4), (3, 0.14), (4.02, 0.08)), 1.9, 0.006, 0, 1.0, 0.05),
    "music box": Instrument(((1, 1.0), (3.01, 0.22), (5.4, 0.1)), 3.4, 0.002, 2, 1.6, 0.022),
    "synth": Instrument(((1, 1.0), (2, 0.5), (3, 0.33), (4, 0.25)), 5.5, 0.004, 0, 4.0, 0.022),
    "glass": Instrument(((1, 1.0), (2.01, 0.2)), 1.1, 0.25, 1, 0.7, 0.03),
}


def pitch(semitones: float) -> float:
    """The frequency in Hz of a MIDI note number."""
    return float(_NOTE * 2 ** ((semitones - _A4) / 12))


def pad(rng: np.random.Generator, count: int, mood: str, root: int) -> F32:
    """Slow chords of three soft partials, slightly detuned between the channels."""
    out = np.zeros((2, count), np.float32)
    t = seconds(count)
    for bar in range(max(1, int(np.ceil(count / SAMPLE_RATE / BAR_SECONDS)))):
        start = max(0, int((bar * BAR_SECONDS - 0.8) * SAMPLE_RATE))
        end = min(count, int(((bar + 1) * BAR_SECONDS + 1.2) * SAMPLE_RATE))
        if end <= start:
            continue
        within = seconds(end - start)
        shape = np.minimum(within / 1.4, 1) * np.minimum(within[::-1] / 1.6, 1)
        for place, step in enumerate(CHORDS[mood][bar % len(CHORDS[mood])]):
            for channel, detune in enumerate((0.9989, 1.0011)):
                tone = _soft_tone(rng, pitch(root + step) * detune, t[start:end])
                out[channel, start:end] += tone * shape * np.float32(0.045 / (1 + 0.25 * place))
    return out


def _soft_tone(rng: np.random.Generator, hertz: float, t: F32) -> F32:
    partials = (
        np.sin(2 * np.pi * hertz * h * t + float(rng.uniform(0, 6.28))) * (0.35 ** (h - 1) / h)
        for h in (1, 2, 3)
    )
    return np.asarray(sum(partials), np.float32)


def notes(rng: np.random.Generator, count: int, mood: str, root: int, name: str) -> F32:
    """Sparse notes of an instrument that wander over the mood's scale."""
    spec, scale = INSTRUMENTS[name], SCALES[mood]
    out = np.zeros((2, count), np.float32)
    length = int(SAMPLE_RATE * min(3.0, 5.0 / spec.decay))
    place = int(rng.integers(len(scale)))
    step = 0.5 / spec.rate
    for beat in range(int(count / SAMPLE_RATE / step) + 1):
        if rng.random() < 0.5:
            continue
        place = min(max(place + int(rng.integers(-2, 3)), 0), len(scale) - 1)
        hertz = pitch(root + 12 * (1 + spec.octave) + scale[place])
        start = int((beat * step + 0.15) * SAMPLE_RATE)
        placed(
            out, _note(spec, hertz, length) * np.float32(rng.uniform(0.6, 1.0)), start, float(rng.random())
        )
    return out


def _note(spec: Instrument, hertz: float, length: int) -> F32:
    t = seconds(length)
    tones = (
        level * np.sin(2 * np.pi * hertz * multiple * t) * np.exp(-t * spec.decay * (0.6 + 0.4 * multiple))
        for multiple, level in spec.partials
    )
    rise = np.minimum(t / spec.attack, 1)
    fall = np.minimum((t[-1] - t) * 20, 1)
    return f32(sum(tones) * rise * fall * spec.level)


def reverberated(rng: np.random.Generator, dry: F32, room_seconds: float = 1.6, wet: float = 0.35) -> F32:
    """The sound in a large soft room: convolution with decaying noise."""
    count, tail = dry.shape[1], round(room_seconds * SAMPLE_RATE)
    decay = np.exp(-seconds(tail) * 3.4)
    room = rng.standard_normal((2, tail), dtype=np.float32) * decay
    room /= np.sqrt((room**2).sum(axis=1, keepdims=True))
    size = 1 << (count + tail - 1).bit_length()
    echo = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(room, size), size)[:, :count]
    return np.asarray(dry * (1 - wet * 0.4) + echo * wet, np.float32)
