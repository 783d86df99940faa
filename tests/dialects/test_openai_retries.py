"""Which try belongs to which wish."""

from __future__ import annotations

import asyncio

import pytest

from genmux.dialects import openai_retries
from genmux.dialects.openai_retries import Retries, parse_number
from genmux.dialects.ranges import Unsatisfiable, parse_range

KEY = (1, 1, b"x")


async def test_a_retry_waits_for_the_try_it_repeats() -> None:
    retries = Retries()
    begun = retries.begin(KEY, 0, 0)
    claimed = retries.claim(KEY, 1, 10)
    assert claimed is begun
    waiting = asyncio.ensure_future(claimed.made)
    begun.settle(b"task")
    begun.settle(None)
    assert await waiting == b"task"
    assert retries.claim(KEY, 1, 20) is None
    assert retries.claim(KEY, 2, 20) is begun


async def test_a_try_that_made_nothing_is_not_repeated() -> None:
    retries = Retries()
    retries.begin(KEY, 0, 0).settle(None)
    assert retries.claim(KEY, 1, 10) is None
    second = retries.begin(KEY, 1, 10)
    assert retries.claim(KEY, 2, 20) is second


async def test_the_furthest_then_the_newest_wish_is_repeated() -> None:
    retries = Retries()
    lost = retries.begin(KEY, 0, 0)
    assert retries.claim(KEY, 1, 1) is lost
    answered, newest = retries.begin(KEY, 0, 2), retries.begin(KEY, 0, 3)
    assert retries.claim(KEY, 2, 4) is lost
    assert [retries.claim(KEY, 1, 5) for _ in range(3)] == [newest, answered, None]


async def test_first_tries_never_claim() -> None:
    retries = Retries()
    retries.begin(KEY, 0, 0)
    assert retries.claim(KEY, 0, 1) is None
    assert retries.claim((2, 1, b"x"), 1, 1) is None


async def test_old_tries_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    retries = Retries()
    retries.begin(KEY, 0, 0)
    assert retries.claim(KEY, 1, openai_retries.WINDOW_MS + 1) is None
    retries.begin((2, 1, b"y"), 0, openai_retries.WINDOW_MS + 1)
    assert list(retries._tries) == [(2, 1, b"y")]
    monkeypatch.setattr(openai_retries, "MAX_REMEMBERED", 3)
    for n in range(10):
        retries.begin((n, 1, b"z"), 0, openai_retries.WINDOW_MS + 2)
    assert len(retries._tries) <= 3


def test_the_number_of_a_try() -> None:
    assert [parse_number(text) for text in ("0", "2", None, "", "-1", "x", "12345")] == [0, 2, *[None] * 5]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 5)),
        ("bytes=5-99", (5, 5)),
        ("bytes=-3", (7, 3)),
        ("bytes=-99", (0, 10)),
        ("bytes=-", None),
        ("bytes=3-2", None),
        ("bytes=0-1,3-4", None),
        ("", None),
    ],
)
def test_ranges(header: str, wanted: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == wanted


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=-0", "bytes=99-100"])
def test_ranges_outside_the_file(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, 10)
