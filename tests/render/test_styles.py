"""Styles by themselves: pure filters that keep the size, hold still in films and leave exact frames alone."""

from __future__ import annotations

import numpy as np
import pytest
from tests.render.pictures import film, first_frame, made, order, picture, psnr

from genmux.render import fit
from genmux.render.composition import scene, styles_left
from genmux.render.raster import U8
from genmux.render.scenes.abstract import KINDS
from genmux.render.stage import generator
from genmux.render.styles import STYLES, film_filters, still_styled
from genmux.render.vocabulary import read

WORDS = {
    "mono": "black and white", "vintage": "vintage", "film": "cinematic", "oil": "oil painting",
    "watercolor": "watercolor", "sketch": "sketch", "ink": "ink painting", "anime": "anime",
    "lowpoly": "low poly", "papercut": "papercut", "pixel": "pixel art",
}  # fmt: skip


def small(data: bytes) -> U8:
    """The picture at a size that is quick to work on and odd on one side."""
    return fit(data, 320, 181)


@pytest.mark.parametrize("name", STYLES)
def test_a_style_keeps_the_size_and_changes_the_picture(name: str, lake: bytes) -> None:
    before = small(lake)
    after = still_styled(before, (name,), np.random.default_rng(1))
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - before).mean() > 2
    light = [p.mean(axis=2).ravel() for p in (before.astype(float), after.astype(float))]
    assert np.corrcoef(*light)[0, 1] > 0.3


@pytest.mark.parametrize("name", STYLES)
def test_a_film_style_holds_still(name: str, lake: bytes) -> None:
    frame = small(lake)
    (apply,) = film_filters((name,), 320, 181, np.random.default_rng(1))
    grain = np.random.default_rng(2).integers(-1, 2, frame.shape)
    noisy = np.clip(frame.astype(int) + grain, 0, 255).astype(np.uint8)
    first = apply(frame.copy())
    assert np.array_equal(apply(frame.copy()), first)
    assert np.abs(apply(noisy).astype(int) - first).mean() < 3.5


def test_every_style_has_a_word_here() -> None:
    assert set(WORDS) == set(STYLES)


@pytest.mark.parametrize("name", WORDS)
def test_every_style_changes_films(name: str) -> None:
    frames = film(made(order(kind="video", prompt=f"city at day, {WORDS[name]}", frames=5))[0])
    plain = film(made(order(kind="video", prompt="city at day", frames=5))[0])
    assert all(f.std() > 8 for f in frames)
    assert np.abs(frames[2].astype(int) - plain[2]).mean() > 4


def test_styles_stay_off_films_that_start_with_a_given_picture(lake: bytes) -> None:
    wanted = order(
        kind="video", prompt="watercolor", width=640, height=360, frames=3, inputs=(first_frame(lake),)
    )
    assert psnr(film(made(wanted)[0])[0], fit(lake, 640, 360)) >= 35


def test_what_is_composed_in_a_style_is_not_filtered_again() -> None:
    reading = read("ink painting, papercut, low poly, anime")
    assert styles_left(reading, "inkwash") == ("papercut", "lowpoly", "anime")
    assert styles_left(reading, "city") == ("ink", "anime")
    assert styles_left(reading, "silk") == ("ink", "papercut", "lowpoly", "anime")


@pytest.mark.parametrize(
    "prompt", ["ink painting of mountains", "aerial mountains", "航拍 海岛", "水墨 雪山 月夜"]
)
@pytest.mark.parametrize("size", [(320, 180), (180, 320), (64, 150)])
def test_painted_and_overflown_land(prompt: str, size: tuple[int, int]) -> None:
    width, height = size
    pixels = picture(made(order(prompt=prompt, width=width, height=height))[0])
    assert pixels.shape == (height, width, 3)
    assert pixels.std() > 12


def test_prompts_that_name_nothing_get_abstracts_of_many_kinds() -> None:
    reading = read("quarterly report cover")
    scenes = [scene(reading, generator("q", seed, 0), 64, 64, moving=False)[0] for seed in range(24)]
    assert len({type(s.elements[0]) for s in scenes}) >= len(KINDS)
