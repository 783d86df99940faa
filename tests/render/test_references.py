"""Reference pictures: what is cut out, what is redrawn, and where subjects are put."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.render.pictures import Picture, clip, file_of, film, made, order, picture, reference, scenery

from genmux.render.cutout import subject_mask
from genmux.render.references import sort_references
from genmux.render.vocabulary import read

ORANGE = np.array((230, 120, 40))
WALL = (200, 40, 170)


def ball(width: int = 320, height: int = 240, bottom: float = 0.56) -> Picture:
    """An orange ball before a plain wall."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.full((height, width, 3), WALL, np.uint8)
    picture[np.hypot(x - width / 2, y - height * bottom) < height * 0.3] = ORANGE
    return picture


def orange_share(rgb: Picture) -> float:
    return float((np.abs(rgb.astype(int) - ORANGE).max(axis=2) < 60).mean())


@pytest.fixture(scope="module")
def wall() -> bytes:
    return file_of(ball())


@pytest.mark.parametrize(
    ("prompt", "with_lake", "subjects", "redrawn"),
    [
        ("on the ocean", False, 1, False),
        ("on the ocean", True, 1, False),
        ("", True, 1, True),
        ("", False, 0, True),
        ("at sunset", False, 0, True),
    ],
)
def test_the_prompt_says_what_a_subject_is_put_into(
    wall: bytes, lake: bytes, prompt: str, with_lake: bool, subjects: int, redrawn: bool
) -> None:
    sorted_out = sort_references([wall, *([lake] if with_lake else [])], read(prompt))
    assert len(sorted_out.subjects) == subjects
    assert (sorted_out.base is not None) is redrawn


@pytest.mark.parametrize(
    ("prompt", "seed", "found"),
    [
        ("portrait of a young woman at golden hour, bokeh", 4, True),
        ("panda in a bamboo forest", 3, True),
        ("rocket in space", 5, True),
        ("mountain lake at sunset", 4, False),
        ("aerial view of islands", 4, False),
        ("street at night", 4, False),
        ("abstract silk", 4, False),
    ],
)
def test_a_subject_is_cut_out_and_a_landscape_is_not(prompt: str, seed: int, found: bool) -> None:
    mask = subject_mask(picture(scenery(prompt, seed)))
    assert (mask is not None) is found


def test_a_cut_out_stands_in_the_painted_scene_without_its_wall(wall: bytes) -> None:
    data, report = made(order(prompt="a forest by day", inputs=(reference(wall),)))
    pixels = picture(data)
    assert report.notes
    assert orange_share(pixels) > 0.03
    assert (np.abs(pixels.astype(int) - WALL).max(axis=2) < 12).mean() < 0.005


def test_transparency_is_the_outline(lake: bytes) -> None:
    out = io.BytesIO()
    rgba = np.dstack([np.full((80, 60, 3), ORANGE, np.uint8), np.zeros((80, 60), np.uint8)])
    rgba[10:70, 10:50, 3] = 255
    Image.fromarray(rgba.astype(np.uint8)).save(out, "PNG")
    data, _ = made(order(prompt="", inputs=(reference(lake), reference(out.getvalue()))))
    assert orange_share(picture(data)) > 0.03


def test_an_invisible_reference_is_no_subject(lake: bytes) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    data, report = made(order(prompt="ocean", inputs=(reference(out.getvalue()), reference(lake))))
    assert picture(data).shape == (180, 320, 3)
    assert report.mode == "image_to_image"


def test_three_of_many_subjects_stand_side_by_side(wall: bytes) -> None:
    one = orange_share(picture(made(order(prompt="ocean, day", inputs=(reference(wall),)))[0]))
    many = made(order(prompt="ocean, day", inputs=tuple(reference(wall) for _ in range(5))))[0]
    assert orange_share(picture(many)) > one * 1.3


def test_a_film_of_references_shows_the_subject_or_the_picture_itself(wall: bytes) -> None:
    cut = film(made(clip(prompt="ocean by day", frames=3, inputs=(reference(wall),)))[0])
    assert orange_share(cut[0]) > 0.03
    source = scenery("mountains at dawn", width=320, height=180)
    data, report = made(clip(prompt="", width=320, height=180, frames=3, inputs=(reference(source),)))
    shown, before = film(data)[0].mean(axis=2), picture(source).mean(axis=2)
    assert np.corrcoef(shown.ravel(), before.ravel())[0, 1] > 0.4
    assert report.mode == "reference_to_video"
