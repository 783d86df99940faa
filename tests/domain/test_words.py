"""Media words and the pixels they stand for."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.domain.words import (
    fit_pixels,
    frame_size,
    frame_table,
    parse_ratio,
    parse_resolution,
    parse_size,
    ratio_value,
)


@pytest.mark.parametrize(
    ("text", "word"),
    [("720p", "720P"), (" 1080P ", "1080P"), ("2k", "2K"), ("1K", "1K"), ("4K", "4K"), ("768P", "768P")],
)
def test_resolutions_have_one_spelling(text: str, word: str) -> None:
    assert parse_resolution(text) == word


@pytest.mark.parametrize("text", ["", "P", "72", "3K", "8K", "0720P", "1280x720", "720i", "99999P"])
def test_other_words_are_no_resolution(text: str) -> None:
    assert parse_resolution(text) is None


def test_ratios_and_sizes() -> None:
    assert parse_ratio("16:9") == "16:9"
    assert parse_ratio(" 9 : 16 ") == "9:16"
    assert parse_ratio("16/9") is None
    assert parse_ratio("0:9") is None
    assert parse_size("1024x768") == (1024, 768)
    assert parse_size("1024*768") == (1024, 768)
    assert parse_size("0x5") is None


def test_the_published_table_follows_the_rule() -> None:
    for resolution, row in frame_table().items():
        for ratio, size in row.items():
            assert size == fit_pixels(resolution, ratio_value(ratio)), (resolution, ratio)


def test_known_sizes() -> None:
    assert frame_size("720P", "16:9") == (1280, 720)
    assert frame_size("1080P", "9:16") == (1080, 1920)
    assert frame_size("2K", "16:9") == (2560, 1440)
    assert frame_size("4K", "16:9") == (3840, 2160)
    assert frame_size("1K", "1:1") == (1024, 1024)
    assert frame_size("768P", "16:9") == (1366, 768)


@given(st.sampled_from([*frame_table(), "600P"]), st.integers(1, 40), st.integers(1, 40))
def test_every_size_is_even_and_true_to_its_ratio(resolution: str, a: int, b: int) -> None:
    ratio = Fraction(a, b)
    if not Fraction(1, 3) <= ratio <= 3:
        return
    width, height = fit_pixels(resolution, ratio)
    assert width % 2 == height % 2 == 0
    assert abs(width / height / float(ratio) - 1) < 0.01
    if resolution not in ("1K", "2K", "4K"):
        assert min(width, height) == int(resolution[:-1])
