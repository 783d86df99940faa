"""Sound beds by themselves: length, loudness, what is heard, and fades."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.audio import BEDS, SAMPLE_RATE, TARGET_LUFS, loudness, sound_bed
from genmux.render.audio.bed import MOODS, NAMED, named
from genmux.render.audio.loudness import PEAK
from genmux.render.raster import F32
from genmux.render.stage import FAMILIES, SUN_HEIGHTS
from genmux.render.vocabulary import read


def bed(family: str, time: str = "day", prompt: str = "", frames: int = 48) -> F32:
    return sound_bed(np.random.default_rng(1), family, time, read(prompt), frames)


def test_every_family_and_time_has_a_sound() -> None:
    assert set(BEDS) == set(FAMILIES)
    assert set(MOODS) == set(SUN_HEIGHTS)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("frames", [1, 7, 48])
def test_length_peaks_and_silent_ends(family: str, frames: int) -> None:
    sound = bed(family, "night", "rain, thunder", frames)
    assert sound.shape == (2, round(frames / 24 * SAMPLE_RATE))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= PEAK
    assert np.abs(sound[:, [0, -1]]).max() < 1e-3


@pytest.mark.parametrize(
    ("family", "time", "prompt"),
    [
        ("ocean", "storm", "lightning, rain"),
        ("forest", "dawn", ""),
        ("city", "night", "fireworks"),
        ("silk", "day", ""),
        ("mountains", "night", "a tent, waterfall"),
    ],
)
def test_every_film_is_equally_loud(family: str, time: str, prompt: str) -> None:
    assert abs(loudness(bed(family, time, prompt, frames=120)) - TARGET_LUFS) < 1.0


def test_a_sine_is_as_loud_as_the_standard_says() -> None:
    t = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    sine = np.stack([np.sin(2 * np.pi * 997 * t)] * 2) * 10 ** (-20 / 20)
    assert abs(loudness(sine.astype(np.float32)) - -20.0) < 0.1


def test_silence_has_no_loudness_to_raise() -> None:
    assert loudness(np.zeros((2, SAMPLE_RATE), np.float32)) < -60


def test_what_is_named_is_heard() -> None:
    assert named(read("rain"), "day") == [NAMED["effect.rain"]]
    assert named(read("sunny"), "day") == []
    assert np.abs(bed("ocean") - bed("city")).mean() > 0.01
