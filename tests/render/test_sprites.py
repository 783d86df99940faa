"""Small sprites land where they are put, and lightning strikes by the clock alone."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.camera import Geometry, Moment, Pose
from genmux.render.effects.lightning import Flash, lightning
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.reflection import reflection
from genmux.render.sprites.sprite import Sprite

_GEOMETRY = Geometry(80, 60, 8, 6)


def _moment(seconds: float = 0.0) -> Moment:
    return Moment(_GEOMETRY, Pose(), seconds, 5.0)


def _black() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.zeros((60, 80, 4), np.uint8)


def _white(left: float, top: float, *motions: Motion) -> Sprite:
    return Sprite(np.full((10, 10, 4), 255, np.uint8), left, top, 0.5, motions)


def test_a_sprite_covers_its_own_place_and_nothing_else() -> None:
    canvas = _black()
    _white(28, 26).draw(canvas, _moment())
    rows, columns = np.nonzero(canvas[..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 29, 20, 29)


@pytest.mark.parametrize(("left", "top"), [(-400, 10), (4, 2), (82, 62), (10, 900)])
def test_a_sprite_may_stand_across_or_beyond_the_edge(left: float, top: float) -> None:
    canvas = _black()
    _white(left, top, Motion((left + 5, top + 5), y=3, turn=0.4, spin=1.0)).draw(canvas, _moment(2.3))
    assert canvas.shape == (60, 80, 4)


def test_a_reflection_lies_below_the_waterline() -> None:
    canvas = _black()
    reflection(_white(40, 20), 30, 0.5, 1.0).draw(canvas, _moment(0.7))
    rows = np.flatnonzero(canvas[..., 0].max(axis=1))
    assert rows.min() >= 30 - _GEOMETRY.margin_y
    assert 0 < canvas[..., 0].max() < 140


def test_lightning_burns_now_and_then() -> None:
    bolts, light = lightning(_GEOMETRY, np.random.default_rng(3)), []
    for frame in range(120):
        canvas = _black()
        canvas[...] = 60
        bolts.draw(canvas, _moment(frame / 24))
        Flash().draw(canvas, _moment(frame / 24))
        light.append(float(canvas[..., :3].mean()))
    dark = sum(value < 61 for value in light)
    assert dark > 40
    assert max(light) > 85
