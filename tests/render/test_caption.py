"""The caption and the mark: what is drawn, where, and what is never drawn."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from tests.render.pictures import film, first_frame, made, order, picture, psnr

from genmux.render import fit
from genmux.render.overprint import fonts
from genmux.render.overprint.caption import LINES, NOT_DRAWABLE, PARTLY_DRAWABLE, balanced, caption, plain
from genmux.render.overprint.fonts import drawable
from genmux.render.overprint.mark import mark

LONG = "A quiet harbour at dusk, the boats asleep and the gulls awake, and nobody there to see it all " * 3


@pytest.fixture
def _no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_system_font", lambda: "")


def test_control_characters_and_emoji_are_left_out() -> None:
    assert plain("  🚀 a\tb\x00\u200d\n🏳️‍🌈 c ☂ é") == "a b c é"


@pytest.mark.usefixtures("_no_chinese_font")
def test_letters_that_no_font_has_are_left_out_and_noted() -> None:
    assert not drawable("海")
    assert caption("大海", 640, 360, None) == (None, (NOT_DRAWABLE,))
    assert caption("", 640, 360, None) == (None, ())
    mixed, notes = caption("大海 sea", 640, 360, None)
    alone, nothing = caption("sea", 640, 360, None)
    assert mixed is not None
    assert alone is not None
    assert np.array_equal(mixed.keep, alone.keep)
    assert (notes, nothing) == ((PARTLY_DRAWABLE,), ())


@pytest.mark.parametrize("text", ["sea", LONG, "x" * 200, "café – “naïve”"])
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1680, 720), (512, 512), (64, 64), (150, 64)])
def test_it_stays_inside_the_picture_and_off_the_mark(text: str, size: tuple[int, int]) -> None:
    width, height = size
    badge = mark(width, height)
    stamp, notes = caption(text, width, height, badge)
    assert stamp is not None
    assert notes == ()
    for one in (badge, stamp):
        rows, columns = one.keep.shape[:2]
        assert one.left + columns <= width
        assert one.top + rows <= height
    if min(size) > 200:
        letters = [np.zeros((height, width), bool) for _ in range(2)]
        for one, cover in zip((badge, stamp), letters, strict=True):
            rows, columns = one.keep.shape[:2]
            white = one.colour[..., 0] > 128
            cover[one.top : one.top + rows, one.left : one.left + columns] = white
        assert not (letters[0] & letters[1]).any()


def test_lines_are_even_and_what_is_too_long_ends() -> None:
    assert balanced("short", 20, 500) == ["short"]
    one, two = balanced("a sailboat drifts toward the setting sun", 20, 300)
    assert abs(len(one) - len(two)) <= 8
    lines = balanced(LONG, 20, 300)
    assert len(lines) == LINES
    assert lines[-1].endswith("…")


@pytest.mark.parametrize("background", [0, 255])
def test_both_can_be_read_on_black_and_on_white(background: int) -> None:
    canvas = np.full((720, 1280, 3), background, np.uint8)
    mark(1280, 720).stamp(canvas)
    corner = canvas[690:705, 1140:1264].astype(int)
    assert corner.max() - corner.min() > 110


def test_a_film_keeps_the_caption_off_its_exact_frame(lake: bytes) -> None:
    wanted = order(kind="video", prompt="lake", width=640, height=360, frames=14, inputs=(first_frame(lake),))
    frames, bare = (film(made(w)[0]) for w in (replace(wanted, caption="A lake"), wanted))
    exact, corner = fit(lake, 640, 360), np.s_[300:, :200]
    assert psnr(frames[0], exact) >= 35
    assert psnr(frames[0][corner], exact[corner]) >= 30
    difference = np.abs(frames[-1].astype(int) - bare[-1]).max(axis=2)
    assert difference[corner].max() > 60
    # The encoder spends its bits elsewhere when there are letters, so nothing is the same to the byte.
    assert np.percentile(difference[:250], 99) < 30


def test_a_picture_has_its_caption_and_reports_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bare, said = (made(order(caption=text)) for text in ("", "The sea"))
    assert not np.array_equal(picture(bare[0]), picture(said[0]))
    monkeypatch.setattr(fonts, "_system_font", lambda: "")
    unsaid, report = made(order(caption="海"))
    assert np.array_equal(picture(bare[0]), picture(unsaid))
    assert report.notes == (NOT_DRAWABLE,)


def test_every_place_for_fonts_is_a_whole_path() -> None:
    assert all(p.startswith(("/", "C:/")) for p in fonts.SYSTEM_FONTS)
    assert not [a for a, b in itertools.pairwise(sorted(fonts.SYSTEM_FONTS)) if a == b]
