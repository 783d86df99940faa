"""Lanterns and fireworks: where scenes put them, and that a show never goes dark."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.camera import Geometry, Moment, Pose
from genmux.render.composition import scene
from genmux.render.effects.fireworks import Fireworks, fireworks
from genmux.render.effects.lanterns import Lanterns
from genmux.render.scenery.water import Water
from genmux.render.stage import family_of, generator, stage
from genmux.render.vocabulary import read


@pytest.mark.parametrize(
    ("prompt", "kind"), [("lanterns over a lake", Lanterns), ("fireworks, sea", Fireworks)]
)
def test_water_mirrors_what_is_in_the_night_sky(prompt: str, kind: type) -> None:
    composed, _ = scene(read(prompt), generator(prompt, 1, 0), 320, 180, moving=False)
    kinds = [type(element) for element in composed.elements]
    assert 0 < kinds.index(kind) < kinds.index(Water)


def test_every_half_second_of_a_show_has_light() -> None:
    show, geometry = fireworks(np.random.default_rng(5)), Geometry(320, 180, 8, 8)
    for step in range(24):
        canvas = np.zeros((180, 320, 4), np.uint8)
        show.draw(canvas, Moment(geometry, Pose(), step / 2, 12.0))
        assert canvas[..., :3].mean() > 0.4, step


def test_a_show_is_a_function_of_the_moment() -> None:
    show, geometry = fireworks(np.random.default_rng(5)), Geometry(160, 90, 4, 4)
    first, again = (np.zeros((90, 160, 4), np.uint8) for _ in range(2))
    for canvas in (first, again):
        show.draw(canvas, Moment(geometry, Pose(), 3.0, 5.0))
        show.draw(np.zeros_like(canvas), Moment(geometry, Pose(), 1.0, 5.0))
    assert np.array_equal(first, again)


def test_a_street_in_a_city_is_a_street_and_rain_leaves_the_night_its_time() -> None:
    assert family_of(read("a neon street")) == "street"
    assert family_of(read("city skyline")) == "city"
    wet = read("rain in a street at night")
    assert stage(wet, generator("", 1, 0), 320, 180, moving=False).time == "night"
    assert stage(read("rain, city"), generator("", 1, 0), 320, 180, moving=False).time == "storm"
