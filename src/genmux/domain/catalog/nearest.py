"""The allowed value closest to what was asked, each measured in its own way."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from genmux.domain import words
from genmux.domain.catalog.limits import short_side

_DIGITS: Final = re.compile(r"(\d+)\s*([kK]?)")


def number(value: float) -> str:
    """Return a number as people write it (5, 2.5, never 5.0)."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)


def closest_number(asked: float, allowed: Sequence[float]) -> str | None:
    """Return the closest number, the smaller of two equally close ones; the first for NaN."""
    if not allowed:
        return None
    if math.isnan(asked):
        return number(allowed[0])
    if math.isinf(asked):
        return number(max(allowed) if asked > 0 else min(allowed))
    return number(min(allowed, key=lambda value: (abs(value - asked), value)))


def closest_word(asked: str, allowed: Sequence[str]) -> str | None:
    """Return the closest word by spelling, None when nothing is alike."""
    spelt = {word.lower(): word for word in allowed}
    near = get_close_matches(asked.lower(), spelt, n=1, cutoff=0.5)
    return spelt[near[0]] if near else None


def closest_resolution(asked: str, allowed: Sequence[str]) -> str | None:
    """Return the resolution word whose short side is closest to the number in `asked`."""
    match = _DIGITS.search(asked)
    if match is None or len(match[1]) > 6:
        return closest_word(asked, allowed)
    side = int(match[1]) * (540 if match[2] else 1)
    return min(allowed, key=lambda word: abs(short_side(word) - side))


def closest_ratio(asked: str | None, allowed: Sequence[str], fallback: str) -> str | None:
    """Return the ratio closest in proportion; the fallback (or the first) where `asked` is none."""
    shapes = [ratio for ratio in allowed if words.parse_ratio(ratio)]
    if asked is None or not shapes:
        return fallback if fallback in allowed else next(iter(shapes), None)
    wanted = math.log(words.ratio_value(asked))
    return min(shapes, key=lambda ratio: abs(math.log(words.ratio_value(ratio)) - wanted))
