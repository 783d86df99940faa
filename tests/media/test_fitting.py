"""Pictures made to fit: unchanged when they do, changed as little as possible when they do not."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genmux.engine.ports import MediaRefused
from genmux.media.fitting import fit_image
from genmux.providers.seam import ANY_PICTURE, PictureLimits

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"


def noise(width: int = 300, height: int = 200, mode: str = "RGB") -> Image.Image:
    """A picture that no format can squeeze well."""
    channels = {"L": 1, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    pixels = np.random.default_rng(3).integers(0, 255, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(pixels.squeeze(), mode=None if mode != "CMYK" else mode)


def plain(mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> Image.Image:
    return Image.new("RGB", size, (200, 30, 30)).convert(mode)


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, format=name, **options)
    return out.getvalue()


def shown(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("limits", [ANY_PICTURE, PictureLimits(1 << 20, 300, (PNG, WEBP, JPEG))])
def test_what_fits_is_not_touched(name: str, limits: PictureLimits) -> None:
    data = saved(plain(), name)
    fitted = fit_image(data, limits)
    assert fitted.data is data
    assert (fitted.content_type, fitted.note) == (f"image/{name}", "")


def test_sides_are_scaled_down_and_the_ratio_kept() -> None:
    fitted = fit_image(saved(plain(size=(600, 400)), "png"), PictureLimits(max_side=409))
    assert shown(fitted.data).size == (409, 273)
    assert (fitted.content_type, fitted.note) == (PNG, "scaled from 600x400 to 409x273")


def test_a_thin_picture_keeps_a_pixel() -> None:
    fitted = fit_image(saved(plain(size=(2000, 3)), "png"), PictureLimits(max_side=100))
    assert shown(fitted.data).size == (100, 1)


def test_an_unwanted_format_becomes_the_first_wanted_one() -> None:
    fitted = fit_image(saved(plain(), "webp"), PictureLimits(formats=("image/heic", JPEG, PNG)))
    assert (fitted.content_type, fitted.note) == (JPEG, "converted from webp to jpeg")
    assert shown(fitted.data).format == "JPEG"


def test_everything_at_once_is_told_in_one_note() -> None:
    data = saved(noise(600, 400), "webp", quality=100)
    fitted = fit_image(data, PictureLimits(max_bytes=60_000, max_side=300, formats=(JPEG,)))
    assert len(fitted.data) <= 60_000
    assert shown(fitted.data).size == (300, 200)
    assert fitted.note == (
        "scaled from 600x400 to 300x200, converted from webp to jpeg and saved at quality 80"
    )


def test_quality_goes_before_pixels() -> None:
    data = saved(noise(), "jpeg", quality=100, subsampling=0)
    fitted = fit_image(data, PictureLimits(max_bytes=len(data) * 2 // 3))
    assert shown(fitted.data).size == (300, 200)
    assert fitted.note == "saved at quality 90"


def test_pixels_go_when_quality_is_not_enough() -> None:
    data = saved(noise(1200, 800), "jpeg", quality=95)
    fitted = fit_image(data, PictureLimits(max_bytes=30_000))
    assert len(fitted.data) <= 30_000
    width, height = shown(fitted.data).size
    assert fitted.note == f"scaled from 1200x800 to {width}x{height} and saved at quality 70"
    assert len(fitted.data) > 30_000 // 4  # noise loses more than its pixels


def test_a_large_png_becomes_a_jpeg_where_any_format_will_do() -> None:
    fitted = fit_image(saved(noise(), "png"), PictureLimits(max_bytes=100_000))
    assert (fitted.content_type, shown(fitted.data).size) == (JPEG, (300, 200))
    only = fit_image(saved(noise(), "png"), PictureLimits(max_bytes=100_000, formats=(PNG,)))
    assert only.content_type == PNG
    assert max(shown(only.data).size) < 300


def test_a_transparent_png_is_squeezed_without_losing_its_transparency() -> None:
    data = saved(noise(mode="RGBA"), "png")
    kept = fit_image(data, PictureLimits(max_bytes=100_000))
    assert (kept.content_type, shown(kept.data).mode) == (PNG, "RGBA")
    webp = fit_image(data, PictureLimits(max_bytes=100_000, formats=(PNG, WEBP)))
    assert (webp.content_type, shown(webp.data).mode) == (WEBP, "RGBA")


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "png"),
        saved(Image.new("LA", (8, 8), (0, 0)), "png"),
        saved(Image.new("P", (8, 8), 0), "png", transparency=0),
        saved(Image.new("L", (8, 8), 0), "png", transparency=0),
        saved(Image.new("RGB", (8, 8), 0), "png", transparency=(0, 0, 0)),
        saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "webp", lossless=True, exact=True),
    ],
)
def test_transparency_is_laid_on_white_for_jpeg(data: bytes) -> None:
    fitted = fit_image(data, PictureLimits(formats=(JPEG,)))
    assert fitted.note.endswith("to jpeg on white")
    assert shown(fitted.data).convert("RGB").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16", "CMYK"])
def test_every_usual_mode_is_converted_with_its_colours(mode: str) -> None:
    if mode == "I;16":
        grey = np.full((8, 8), 128 * 257, dtype=np.uint16)
        data = saved(Image.fromarray(grey), "png")
    else:
        data = saved(plain(mode, (8, 8)), "jpeg" if mode == "CMYK" else "png")
    wanted = (PNG,) if mode == "CMYK" else (JPEG,)
    seen: Any = shown(fit_image(data, PictureLimits(formats=wanted)).data).convert("RGB").getpixel((4, 4))
    expected = {"L": (81, 81, 81), "I;16": (128, 128, 128), "1": None}.get(mode, (200, 30, 30))
    if expected is not None:
        assert np.abs(np.subtract(seen, expected)).max() <= 25  # the palette has no such red


def test_a_colour_profile_is_kept_where_it_still_holds() -> None:
    limits = PictureLimits(max_side=100)
    kept = fit_image(saved(plain(), "jpeg", icc_profile=b"profile"), limits)
    assert shown(kept.data).info["icc_profile"] == b"profile"
    printed = fit_image(saved(plain("CMYK"), "jpeg", icc_profile=b"profile"), limits)
    assert "icc_profile" not in shown(printed.data).info


def test_equal_pictures_are_fitted_equally() -> None:
    limits = PictureLimits(max_bytes=30_000, formats=(JPEG,))
    assert fit_image(saved(noise(), "png"), limits) == fit_image(saved(noise(), "png"), limits)


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (saved(noise(), "jpeg"), PictureLimits(max_bytes=300), "too_large"),
        (saved(noise(), "png"), PictureLimits(max_bytes=300, formats=(PNG,)), "too_large"),
        (saved(plain(), "png"), PictureLimits(formats=("image/heic",)), "wrong_type"),
        (saved(plain(), "gif"), PictureLimits(max_side=10), "wrong_type"),
        (saved(noise(), "jpeg")[:900], PictureLimits(max_side=10), "truncated"),
        (b"", ANY_PICTURE, "wrong_type"),
    ],
)
def test_what_cannot_be_made_to_fit_is_refused(data: bytes, limits: PictureLimits, code: str) -> None:
    with pytest.raises(MediaRefused) as caught:
        fit_image(data, limits)
    assert caught.value.code == code


def test_a_side_that_no_webp_can_have_is_cut_down() -> None:
    fitted = fit_image(saved(plain(size=(20_000, 4)), "png"), PictureLimits(formats=(WEBP,)))
    assert shown(fitted.data).size == (16_383, 3)


def test_a_guess_that_was_too_high_is_corrected() -> None:
    flat_then_noise = Image.new("RGB", (400, 400))
    flat_then_noise.paste(noise(400, 200), (0, 0))
    for limit in (60_000, 30_000, 12_000):
        fitted = fit_image(saved(flat_then_noise, "webp", quality=30), PictureLimits(limit, 0, (PNG,)))
        assert len(fitted.data) <= limit
