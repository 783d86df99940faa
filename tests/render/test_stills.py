"""Still pictures: sizes, formats, chance, families, labels, mark."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.render.pictures import LABEL, Counts, made, order, picture, reference, scenery

from genmux.render import Cancelled, read_label

FAMILY_PROMPTS = (
    "ocean",
    "mountains",
    "forest",
    "bamboo panda",
    "city",
    "space",
    "silk",
    "snowy lake, aurora",
)


@pytest.mark.parametrize("image_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("mark", [False, True])
def test_format_size_and_label(image_format: str, mark: bool) -> None:
    data, report = made(order(image_format=image_format, mark=mark))
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == (image_format.upper(), (320, 180))
    assert report.content_type == f"image/{image_format}"
    assert (report.width, report.height, report.seconds, report.frames) == (320, 180, None, 1)
    assert read_label(data) == LABEL


@pytest.mark.parametrize(
    ("width", "height"), [(64, 64), (64, 150), (150, 64), (500, 214), (214, 500), (128, 130)]
)
def test_small_and_odd_sizes(width: int, height: int) -> None:
    assert picture(made(order(width=width, height=height))[0]).shape == (height, width, 3)


def test_four_k() -> None:
    data, _ = made(order(prompt="mountains", width=3840, height=2160, image_format="jpeg"))
    assert picture(data).shape == (2160, 3840, 3)


@pytest.mark.parametrize("prompt", FAMILY_PROMPTS)
@pytest.mark.parametrize("time", ["", "day", "night", "storm rain"])
def test_every_family_is_a_picture_and_not_a_wall(prompt: str, time: str) -> None:
    pixels = picture(made(order(prompt=f"{prompt} {time}"))[0])
    assert pixels.std() > 12
    assert 8 < pixels.mean() < 247


def test_chance_is_the_seed_the_index_and_nothing_else() -> None:
    base = made(order())[0]
    assert made(order())[0] == base
    for change in ({"seed": 8}, {"index": 1}, {"prompt": "ocean at sunset!"}):
        other = picture(made(order(**change))[0])
        assert np.abs(other.astype(int) - picture(base)).mean() > 3


def test_huge_seed_and_wild_prompts() -> None:
    wild = "🌊\x00\x1b\ud800 " + "x" * 2000
    assert picture(made(order(seed=2**63 - 1, prompt=wild))[0]).std() > 8


def test_the_negative_prompt_changes_the_family() -> None:
    _, report = made(order(prompt="ocean", negative_prompt="ocean"))
    assert report.understood == ("ocean",)


def test_the_mark_is_only_in_its_corner() -> None:
    size = {"width": 640, "height": 360}
    plain, marked = (picture(made(order(mark=m, **size))[0]).astype(int) for m in (False, True))
    changed = np.argwhere(np.abs(plain - marked).max(axis=2) > 0)
    assert changed[:, 0].min() > 360 * 0.9
    assert changed[:, 1].min() > 640 * 0.6


@pytest.mark.parametrize(
    "prompt", ["", "oil painting at night", "水墨", "pixel art", "sketch, snowing", "gold"]
)
def test_image_to_image_keeps_the_picture_but_not_its_pixels(prompt: str) -> None:
    source = scenery("mountains at dawn", width=320, height=180)
    data, report = made(order(prompt=prompt, inputs=(reference(source),)))
    before, after = picture(source).astype(float), picture(data).astype(float)
    assert report.mode == "image_to_image"
    assert np.abs(before - after).mean() > 2
    assert np.corrcoef(before.mean(axis=2).ravel(), after.mean(axis=2).ravel())[0, 1] > 0.4


def test_more_references_lend_their_palette() -> None:
    source = scenery("mountains at day", width=320, height=180)
    warm = scenery("sunset ocean", width=320, height=180)
    alone = picture(made(order(prompt="", inputs=(reference(source),)))[0]).astype(float)
    tinted = picture(made(order(prompt="", inputs=(reference(source), reference(warm))))[0]).astype(float)
    warmth = [p[..., 0].mean() - p[..., 2].mean() for p in (alone, tinted)]
    assert warmth[1] > warmth[0] + 5


def test_progress_counts_up_to_the_total() -> None:
    counts = Counts()
    made(order(), counts)
    seen = counts.seen
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    assert len({total for _, total in seen}) == 1


def test_cancel() -> None:
    with pytest.raises(Cancelled):
        made(order(), lambda done, total: done < 1)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        made(order(kind="song"))
