"""Parts of the renderer that promise something on their own."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from PIL import Image
from tests.render.pictures import file_of, picture

from genmux.render import fit, read_label
from genmux.render.cutout import subject_mask
from genmux.render.overprint.mark import opacity_at
from genmux.render.palette import colour, from_oklab, mix, to_oklab
from genmux.render.sizes import design_size


def test_fit_crops_the_centre() -> None:
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 255
    assert (fit(file_of(wide), 64, 64) > 250).mean() > 0.9
    assert fit(file_of(wide), 64, 64).shape == (64, 64, 3)


def test_fit_keeps_a_picture_of_the_right_size(lake: bytes) -> None:
    assert np.array_equal(fit(lake, 1280, 720), picture(lake))


def test_fit_turns_by_exif_and_puts_white_behind_transparency() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif.tobytes())
    assert fit(out.getvalue(), 20, 40)[20, 10, 0] > 200
    clear = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(clear, "PNG")
    assert fit(clear.getvalue(), 20, 20).min() == 255


def test_oklab_there_and_back() -> None:
    for text in ("#000000", "#ffffff", "#12a4f0", "#ff0000"):
        assert np.allclose(from_oklab(to_oklab(colour(text))), colour(text), atol=2e-3)
    assert np.allclose(mix(colour("#204060"), colour("#204060"), 0.5), colour("#204060"), atol=2e-3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3840, 2160), (1280, 720)),
        ((1280, 720), (1280, 720)),
        ((64, 64), (180, 180)),
        ((640, 360), (640, 360)),
    ],
)
def test_design_size_is_bounded(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert design_size(*size, longest=1280) == expected


def test_the_mark_stays_off_exact_frames() -> None:
    opacities = [opacity_at(n, 100, True, True) for n in range(100)]
    assert opacities[0] == opacities[-1] == 0
    assert max(opacities) == 1
    assert opacity_at(0, 100, False, False) == 1
    assert opacity_at(0, 1, True, False) == 0


def test_a_clear_subject_is_cut_out_and_a_texture_is_not() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:240, 0:320]
    ball = np.full((240, 320, 3), (60, 130, 200), np.uint8)
    ball[np.hypot(x - 160, y - 135) < 70] = (230, 120, 40)
    cover = subject_mask(ball)
    assert cover is not None
    assert cover[135, 160] > 0.9
    assert cover[5, 5] < 0.1
    assert subject_mask(rng.integers(0, 255, (240, 320, 3), dtype=np.uint8)) is None


def test_an_unlabelled_picture_has_no_label() -> None:
    for image_format in ("PNG", "JPEG", "WEBP"):
        assert read_label(file_of(np.zeros((20, 20, 3), np.uint8), image_format)) is None


@pytest.mark.parametrize("step", [1, 8])
def test_regular_patterns_have_no_subject_and_take_no_time(step: int) -> None:
    """On these a minimal cut took minutes."""
    y, x = np.mgrid[0:240, 0:320]
    squares = ((x // step + y // step) % 2 * 255).astype(np.uint8)
    began = time.process_time()
    assert subject_mask(np.repeat(squares[..., None], 3, axis=2)) is None
    assert time.process_time() - began < 20
