"""Ground in perspective: where its points are seen, and what hides what."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.raster import F32, f32
from genmux.render.scenery.relief import relief, view
from genmux.render.stage import Stage, generator, stage
from genmux.render.vocabulary import read


@pytest.fixture
def setting() -> Stage:
    return stage(read("meadow"), generator("meadow", 1, 0), 160, 90, moving=False)


def plain(x: F32, z: F32) -> F32:
    return f32(0 * x + 0 * z)


def wall(x: F32, z: F32) -> F32:
    return f32(np.where((z > 3) & (z < 3.4), 0.8, 0.0))


def test_a_plain_recedes_to_the_horizon(setting: Stage) -> None:
    ground = relief(setting, plain, far=80, steps=200)
    seen = view(ground, 0, 80, setting.geometry.layer_height)
    row = np.arange(seen.top, seen.top + seen.z.shape[0])[:, None]
    inside = row > setting.horizon + 4
    expected = np.broadcast_to(ground.focal / np.maximum(row - setting.horizon, 1), seen.z.shape)
    assert np.allclose(seen.z[inside[:, 0]], expected[inside[:, 0]], rtol=0.05)
    column, foot = ground.footing(f32([0.0, 1.0]), f32([2.0, 2.0]))
    assert foot == pytest.approx(setting.horizon + ground.focal / 2, abs=0.5)
    assert column[1] - column[0] == pytest.approx(ground.focal / 2)


def test_what_is_near_hides_what_is_far(setting: Stage) -> None:
    seen = view(relief(setting, wall, far=80, steps=400), 0, 80, setting.geometry.layer_height)
    behind = (seen.z > 3.6) & (seen.z < 8)
    assert not behind[2:-2, 2:-2].any()
