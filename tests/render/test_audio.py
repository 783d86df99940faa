"""Sound beds by themselves: length, level, family and fades."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.audio import AMBIENCES, SAMPLE_RATE, sound_bed
from genmux.render.stage import FAMILIES


def test_every_family_has_a_sound() -> None:
    assert set(AMBIENCES) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("frames", [1, 7, 48])
def test_length_and_level(family: str, frames: int) -> None:
    sound = sound_bed(np.random.default_rng(1), family, "night", rainy=True, frames=frames)
    assert sound.shape == (2, round(frames / 24 * SAMPLE_RATE))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() < 1
    assert abs(float(sound[0, 0])) < 1e-3


def test_families_sound_different() -> None:
    beds = [sound_bed(np.random.default_rng(1), f, "day", rainy=False, frames=24) for f in ("ocean", "city")]
    assert np.abs(beds[0] - beds[1]).mean() > 0.01
