"""Ranges: whatever the header, what is sent lies within the file and is what was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genmux.dialects.ranges import Unsatisfiable, parse_range

SIZES = st.integers(0, 10**12)


@given(SIZES, st.integers(0, 10**13), st.integers(0, 10**13))
def test_first_and_last(size: int, first: int, last: int) -> None:
    header = f"bytes={first}-{last}"
    if first >= size:
        with pytest.raises(Unsatisfiable):
            parse_range(header, size)
    elif last < first:
        assert parse_range(header, size) is None
    else:
        assert parse_range(header, size) == (first, min(last, size - 1) - first + 1)


@given(SIZES, st.integers(0, 10**13))
def test_suffix(size: int, length: int) -> None:
    if min(size, length) == 0:
        with pytest.raises(Unsatisfiable):
            parse_range(f"bytes=-{length}", size)
    else:
        wanted = min(size, length)
        assert parse_range(f"bytes=-{length}", size) == (size - wanted, wanted)


@given(st.text(max_size=60), st.integers(1, 10**9))
def test_any_text_stays_within_the_file(header: str, size: int) -> None:
    try:
        found = parse_range(header, size)
    except Unsatisfiable:
        return
    if found is not None:
        start, length = found
        assert 0 <= start < size
        assert 1 <= length <= size - start


@pytest.mark.parametrize("header", ["bytes=0-4,6-9", "items=0-4", "bytes=4-0", "bytes=-", "0-4", "bytes=٣-٥"])
def test_what_is_no_single_range_is_ignored(header: str) -> None:
    assert parse_range(header, 100) is None
