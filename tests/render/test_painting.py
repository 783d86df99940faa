"""Soft painting and cut-outs: what stays inside, what reaches the canvas, and who is painted."""

from __future__ import annotations

import numpy as np
import pytest

from genmux.render.camera import Geometry, Moment, Pose
from genmux.render.composition import scene
from genmux.render.paint.gouache import sheet
from genmux.render.raster import f32
from genmux.render.scenes.portrait import Blink
from genmux.render.shapes import ellipse, path, shifted
from genmux.render.sprites.motion import Motion
from genmux.render.sprites.sprite import Sprite
from genmux.render.stage import family_of, generator
from genmux.render.vocabulary import read

RED = f32([1, 0, 0])
SQUARE = path("-1 -1, 1 -1, 1 1, -1 1")


def _moment(seconds: float, width: int = 40, height: int = 30) -> Moment:
    return Moment(Geometry(width, height, 0, 0), Pose(), seconds, 5.0)


def test_paint_within_a_mask_stays_inside_it() -> None:
    page = sheet(80, 80, (40, 40), 30)
    inside = page.mask([ellipse(0, 0, 0.5, 0.5)])
    page.fill(SQUARE, RED, soft=0.1, within=inside)
    assert page.cover[40, 40] > 0.95
    assert float(page.cover[inside == 0].max()) == 0


@pytest.mark.parametrize("soft", [0.02, 0.1, 0.4])
def test_a_blur_moves_paint_and_loses_none(soft: float) -> None:
    page = sheet(400, 400, (200, 200), 40)
    page.fill(SQUARE, RED, soft=soft)
    assert float(page.cover.sum()) == pytest.approx(80 * 80, rel=0.12)


def test_an_outline_off_the_sheet_paints_nothing() -> None:
    page = sheet(20, 20, (10, 10), 5)
    page.fill(shifted(SQUARE, 100, 0), RED)
    page.globe(-100, 0, 1, [(0, RED), (1, RED)], 1)
    assert not page.cover.any()


def test_a_cutout_at_rest_is_its_sprite_and_off_the_canvas_nothing() -> None:
    sprite = np.full((6, 8, 4), 255, np.uint8)
    canvas = np.zeros((30, 40, 4), np.uint8)
    Sprite(sprite, 50, 5, 0.5, (Motion((0, 0), x=2, turn=0.1),)).draw(canvas, _moment(0.3))
    assert not canvas.any()
    Sprite(sprite, 10, 5, 0.5).draw(canvas, _moment(0.3))
    assert (canvas[6:10, 11:17] == 255).all()
    assert not canvas[:, 20:].any()


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("a woman", "portrait"),
        ("a woman walking on the beach", "ocean"),
        ("portrait of a woman on the beach", "portrait"),
        ("neon city at night, portrait of a man", "portrait"),
        ("product photo of a bottle", "studio"),
    ],
)
def test_a_named_place_beats_a_person_and_a_portrait_beats_the_place(prompt: str, family: str) -> None:
    assert family_of(read(prompt)) == family


def test_a_sitter_blinks_now_and_then() -> None:
    prompt = "portrait of a woman"
    composed, _ = scene(read(prompt), generator(prompt, 1, 0), 320, 180, moving=True)
    blink = next(e for e in composed.elements if isinstance(e, Blink))
    shown = []
    for frame in range(120):
        canvas = np.zeros((180, 320, 4), np.uint8)
        blink.draw(canvas, Moment(composed.geometry, Pose(), frame / 24, 5.0))
        shown.append(bool(canvas.any()))
    assert 2 <= sum(shown) <= 20
