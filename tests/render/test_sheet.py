"""Sheets of pictures and of films."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from tests.render.pictures import clip, file_of, made, picture

from genmux.render.sheet import GAP, MOVING_FPS, moments, moving_sheet, still_sheet


def plain(width: int, height: int, level: int) -> bytes:
    return file_of(np.full((height, width, 3), level, np.uint8))


def test_rows_fill_the_width_whatever_their_ratios() -> None:
    rows = [[plain(160, 90, 50), plain(90, 160, 100)], [plain(210, 90, 200)]]
    page = Image.open(io.BytesIO(still_sheet(rows, width=400)))
    first = round((400 - GAP) / (160 / 90 + 90 / 160))
    assert page.size == (400, first + GAP + round(400 * 90 / 210))
    pixels = np.asarray(page.convert("RGBA"))
    assert pixels[0, 0, 3] == 0  # a rounded corner
    assert abs(int(pixels[first // 2, 390, 0]) - 100) < 6
    assert abs(int(pixels[-30, 200, 0]) - 200) < 6


def test_films_move_at_a_steady_rate() -> None:
    film = made(clip(frames=12))[0]
    with Image.open(io.BytesIO(moving_sheet([[film, film]], width=400))) as page:
        assert (page.n_frames, page.width) == (12 * MOVING_FPS // 24, 400)  # type: ignore[attr-defined]


def test_moments_run_from_the_first_frame_to_the_last() -> None:
    film = made(clip(frames=9))[0]
    first, *_, last = (picture(data) for data in moments(film, 3))
    assert first.shape == (180, 320, 3)
    assert np.abs(first.astype(int) - last).mean() > 0.5
    assert len(moments(film, 12)) == 12
