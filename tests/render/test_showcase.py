"""The twenty-four prompts of the gallery: no two alike, none dull, all moving, none changed by accident."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from tests.render import golden
from tests.render.likeness import structural_similarity
from tests.render.pictures import Picture, clip, film, made, order, picture

from genmux.render.showcase import Shown, showcase

NAMES = [shown.name for shown in showcase()]
ALIKE = 0.8
SECONDS = 3
LEAST_MOTION = 0.25
BLACK = 6.0


@cache
def still(name: str, seed: int = 0) -> Picture:
    shown = next(one for one in showcase() if one.name == name)
    return picture(made(order(prompt=shown.prompt, seed=shown.seed + seed))[0])


def test_no_two_pictures_are_alike() -> None:
    likeness = {pair: structural_similarity(*map(still, pair)) for pair in combinations(NAMES, 2)}
    closest = max(likeness, key=lambda pair: likeness[pair])
    assert likeness[closest] < ALIKE, closest


@pytest.mark.parametrize("name", NAMES)
def test_two_seeds_are_two_pictures(name: str) -> None:
    assert structural_similarity(still(name), still(name, seed=1)) < ALIKE


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_has_light_shade_and_colour(name: str) -> None:
    pixels = still(name)
    assert pixels.std() > 15
    assert 12 < pixels.mean() < 240
    assert len(np.unique(pixels.reshape(-1, 3) // 16, axis=0)) > 60


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_the_one_we_know(name: str) -> None:
    assert golden.distance(still(name), golden.load(name)) < golden.TOLERANCE


@pytest.mark.parametrize("shown", showcase(), ids=lambda shown: shown.name)
def test_every_second_of_a_film_shows_something_and_moves(shown: Shown) -> None:
    data, _ = made(clip(prompt=shown.prompt, seed=shown.seed, frames=24 * SECONDS))
    frames = [frame.astype(np.int16) for frame in film(data)]
    for second in range(SECONDS):
        part = frames[second * 24 : (second + 1) * 24]
        assert min(float(frame.mean()) for frame in part) > BLACK, second
        assert float(np.abs(part[-1] - part[0]).mean()) > LEAST_MOTION * 4, second
        assert min(float(np.abs(b - a).mean()) for a, b in zip(part, part[2:], strict=False)) > LEAST_MOTION
