"""The underwater family: its light, its plants, and sprites that are drawn where they are."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.palette import PALETTES
from genmux.render.raster import F32
from genmux.render.sprites.stamps import pose, stamp, stamp_bent
from genmux.render.stage import SUN_HEIGHTS, UNDERWATER, family_of
from genmux.render.undersea.coral import GROWTHS
from genmux.render.undersea.reef import KINDS
from genmux.render.vocabulary import read


def test_every_time_of_day_has_a_light_under_water() -> None:
    assert set(UNDERWATER) == set(SUN_HEIGHTS)
    assert {*UNDERWATER.values(), "reef"} <= set(PALETTES)


def test_every_kind_that_is_planted_can_grow() -> None:
    assert set(KINDS) <= set(GROWTHS)


@pytest.mark.parametrize("kind", GROWTHS)
def test_a_growth_is_rooted_and_stays_in_range(kind: str) -> None:
    form = GROWTHS[kind](np.random.default_rng(3), 48)
    assert form.light.shape == form.cover.shape
    assert form.cover.max() > 0.9
    assert min(form.light.min(), form.cover.min()) >= 0
    assert max(form.light.max(), form.cover.max()) <= 1
    # A starfish lies on the ground; all others stand on it.
    assert kind == "starfish" or form.cover[-4:].max() > 0.5


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("fish in the ocean", "deep"),
        ("a jellyfish", "deep"),
        ("dolphins in the ocean at sunset", "ocean"),
        ("a whale", "deep"),
    ],
)
def test_what_lives_below_takes_the_picture_there(prompt: str, family: str) -> None:
    assert family_of(read(prompt)) == family


@pytest.mark.parametrize("turn", [0.0, 0.4])
def test_a_stamp_touches_only_where_it_lies(turn: float) -> None:
    def still(u: F32, v: F32) -> tuple[F32, F32]:
        return u, v

    sprite = np.full((10, 16, 4), 255, np.uint8)
    plain, bent = (np.zeros((40, 50, 4), np.uint8) for _ in range(2))
    where = pose(47, 20, 1.0, (8, 5), turn)
    stamp(plain, sprite, where)
    stamp_bent(bent, sprite, where, still, pad=3)
    assert plain[20, 45].min() == 255
    assert plain[:10].max() == plain[:, :30].max() == 0
    assert np.abs(plain.astype(int) - bent).max() <= 12
    stamp(plain, sprite, pose(500, -90, 1.0, (8, 5)))
