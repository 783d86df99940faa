"""Figures: outlines, joints, how they are put on a canvas, and that they move but always the same way."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.camera import Geometry, Moment, Pose
from genmux.render.composition import scene
from genmux.render.paint.limbs import limb, mirror
from genmux.render.plants.leaves import leaf_polygons
from genmux.render.raster import F32, f32
from genmux.render.sprites.motion import Motion, breath, gusts
from genmux.render.sprites.stamps import stamp
from genmux.render.stage import generator
from genmux.render.vocabulary import read

_GEOMETRY = Geometry(80, 60, 8, 6)


def test_a_limb_is_as_thick_as_its_radii() -> None:
    outline = limb([(0, 0, 2.0), (100, 0, 4.0), (200, 0, 6.0)])
    at_middle = outline[np.abs(outline[:, 0] - 100) < 3]
    assert np.ptp(at_middle[:, 1]) == pytest.approx(8.0, abs=0.4)
    assert outline[:, 0].min() == pytest.approx(-2.0, abs=0.1)
    assert outline[:, 0].max() == pytest.approx(206.0, abs=0.1)


def test_a_mirrored_outline_is_symmetric() -> None:
    outline = mirror([(0, -1), (0.4, -0.5), (0.3, 0), (0, 0.2)])
    flipped = outline * f32([-1, 1])
    nearest = np.abs(outline[:, None] - flipped[None]).sum(axis=2).min(axis=1)
    assert nearest.max() < 0.06


def test_joints_hold_their_pivot() -> None:
    pivot = f32([40, 70, 1])
    for motion in (
        Motion((40, 70), turn=0.4),
        Motion((40, 70), turn=0.3, lean=0.2, sharp=True),
        breath((40, 70), 0.2),
        *gusts(70, 0.2, 1.0),
    ):
        for seconds in (0.0, 0.7, 2.3):
            assert np.allclose(
                motion.matrix(Moment(_GEOMETRY, Pose(), seconds, 5.0)) @ pivot, pivot, atol=1e-4
            )


@pytest.mark.parametrize("corner", [(-5, -5), (12, 3), (19, 9), (200, 200), (-40, 2)])
def test_placing_a_sprite_changes_only_what_it_covers(corner: tuple[int, int]) -> None:
    canvas = np.full((20, 30, 4), 100, np.uint8)
    stamp(canvas, np.full((8, 10, 4), 255, np.uint8), f32([[1, 0, corner[0]], [0, 1, corner[1]]]))
    x, y = corner
    covered = np.zeros((20, 30), bool)
    covered[max(y, 0) : max(y + 8, 0), max(x, 0) : max(x + 10, 0)] = True
    assert (canvas[covered] == 255).all()
    assert (canvas[~covered] == 100).all()


def test_leaves_start_where_they_are_put() -> None:
    at: F32 = f32([[10, 20], [30, 5]])
    leaves = leaf_polygons(at, f32([6, 8]), f32([0, np.pi / 2]))
    assert np.allclose(leaves[:, 0], at)
    assert np.allclose(leaves[:, 3], [[16, 20], [30, 13]], atol=1e-4)


@pytest.mark.parametrize(
    "prompt",
    [
        "enchanted forest at night with fireflies",
        "cat in a bamboo forest",
        "rocket in space",
        "fox, falling leaves",
    ],
)
def test_frames_follow_from_their_number_and_move(prompt: str) -> None:
    made, _ = scene(read(prompt), generator(prompt, 3, 0), 320, 180, moving=True)
    first, second, again = (made.frame(number, 48)[..., :3].astype(int) for number in (6, 30, 6))
    assert np.array_equal(first, again)
    assert np.abs(first - second).mean() > 1.0
