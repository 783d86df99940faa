"""Loudness: measured as broadcasters measure it, and brought to one level."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import av
import numpy as np
from av.filter import Graph

from genmux.render.audio.noise import SAMPLE_RATE
from genmux.render.raster import F32, f32

TARGET_LUFS: Final = -18.0
PEAK: Final = 0.84
"""The highest sample, about -1.5 dBFS: AAC may overshoot it a little."""

_SHORTEST: Final = 0.45
_SHORT_DBFS: Final = -20.0
_SILENT_LUFS: Final = -65.0
_KNEE: Final = 0.6


def loudness(sound: F32) -> float:
    """Integrated loudness in LUFS of stereo float32 (2, samples), by FFmpeg's `ebur128` (ITU-R BS.1770).

    A sound shorter than the measure's window counts by its mean power.
    """
    if sound.shape[1] < _SHORTEST * SAMPLE_RATE:
        return float(20 * np.log10(np.sqrt(np.mean(sound**2)) + 1e-9)) + TARGET_LUFS - _SHORT_DBFS
    graph = _meter()
    graph.push(audio_frame(sound, 0))
    graph.push(None)
    told = _SILENT_LUFS
    while True:
        try:
            told = float(graph.pull().metadata.get("lavfi.r128.I", told))
        except av.EOFError:
            return told


def levelled(sound: F32) -> F32:
    """The sound at `TARGET_LUFS`, its peaks rounded off below `PEAK`; silence stays silence."""
    out = sound
    for _ in range(2):
        measured = loudness(out)
        if measured <= _SILENT_LUFS:
            return out
        out = _limited(f32(out * 10 ** ((TARGET_LUFS - measured) / 20)))
    return out


def _limited(sound: F32) -> F32:
    """Samples beyond the knee are bent toward the peak, all others untouched."""
    size = np.abs(sound)
    room = PEAK - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return f32(np.where(size > _KNEE, np.sign(sound) * bent, sound))


def _meter() -> Graph:
    graph = Graph()
    source = graph.add("abuffer", f"sample_rate={SAMPLE_RATE}:sample_fmt=fltp:channel_layout=stereo:"
                                  f"time_base=1/{SAMPLE_RATE}")  # fmt: skip
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


def audio_frame(sound: F32, first: int) -> av.AudioFrame:
    """Stereo float32 (2, samples) as a frame of FFmpeg's, `first` being the number of its first sample."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
    frame.sample_rate = SAMPLE_RATE
    frame.pts, frame.time_base = first, Fraction(1, SAMPLE_RATE)
    return frame
