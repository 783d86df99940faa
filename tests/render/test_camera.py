"""The camera: every move and pair of moves, as geometry."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.render.camera import MOVES, Geometry, Moment, Pose, pose_at
from genmux.render.parallax import SHIFTS

PAIRS = [(name,) for name in MOVES] + list(product(MOVES, MOVES))
SIZES = (Geometry(1280, 720, 166, 93), Geometry(180, 420, 23, 54), Geometry(64, 64, 2, 2))


@given(
    st.sampled_from(PAIRS), st.floats(0, 1), st.floats(0, 1), st.floats(1 / 24, 60), st.sampled_from(SIZES)
)
def test_layers_always_cover_the_picture(
    moves: tuple[str, ...], progress: float, depth: float, duration: float, geometry: Geometry
) -> None:
    pose = pose_at(moves, progress, duration)
    matrix = Moment(geometry, pose, progress * duration, duration).matrix(depth)
    sizes = (geometry.layer_width, geometry.width), (geometry.layer_height, geometry.height)
    for row, (layer, picture) in zip(matrix, sizes, strict=True):
        start, scale = float(row[2]), float(max(row[0], row[1]))
        assert start <= 0.01
        assert start + scale * layer >= picture - 0.01


@pytest.mark.parametrize("moves", [m for m in PAIRS if set(m) != {"static"}])
def test_every_second_moves(moves: tuple[str, ...]) -> None:
    poses = [pose_at(moves, second / 6, 6.0) for second in range(7)]
    assert all(a != b for a, b in pairwise(poses))
    assert pose_at(moves, 0.5, 6.0) == poses[3]


def test_a_dolly_parts_near_from_far_and_a_zoom_does_not() -> None:
    dolly, zoom = (pose_at([name], 1.0, 6.0) for name in ("dolly_in", "zoom_in"))
    assert (dolly.zoom - 1) / (dolly.far_zoom - 1) > 3 * (zoom.zoom - 1) / (zoom.far_zoom - 1)


def test_there_and_back_is_a_round_trip() -> None:
    start, middle, end = (pose_at(("pan_left", "pan_right"), p, 10.0) for p in (0.0, 0.5, 1.0))
    assert start.x == pytest.approx(end.x)
    assert middle.x == pytest.approx(-start.x)


def test_static_stands_still() -> None:
    assert pose_at(("static",), 0.3, 5.0) == Pose()


def test_films_of_a_first_frame_know_every_move() -> None:
    assert set(SHIFTS) == set(MOVES)
