"""Exact pixel sizes: which ones a model makes, and the nearest one that it does."""

from __future__ import annotations

import math
from typing import Final

from genmux.domain.catalog.facts import SizeRule

UNSTATED: Final = (SizeRule(width=(16, 8192), height=(16, 8192), max_pixels=4096 * 4096),)
"""What a model takes of which no sizes are stated; larger is a slip, not a picture."""


def fits(size: tuple[int, int], rules: tuple[SizeRule, ...] | None) -> bool:
    """Return whether any rule allows the size."""
    return any(_fits(size, rule) for rule in rules or UNSTATED)


def nearest_size(size: tuple[int, int], rules: tuple[SizeRule, ...] | None) -> tuple[int, int]:
    """Return an allowed (width, height) close to the asked one, keeping its proportions where it can."""
    found = [_nearest(size, rule) for rule in rules or UNSTATED]
    return min(found, key=lambda s: abs(s[0] - size[0]) + abs(s[1] - size[1]))


def _fits(size: tuple[int, int], rule: SizeRule) -> bool:
    width, height = size
    return (
        rule.width[0] <= width <= rule.width[1]
        and rule.height[0] <= height <= rule.height[1]
        and rule.min_pixels <= width * height <= rule.max_pixels
        and width % rule.multiple_of == 0
        and height % rule.multiple_of == 0
    )


def _nearest(size: tuple[int, int], rule: SizeRule) -> tuple[int, int]:
    width, height = max(1, size[0]), max(1, size[1])
    scale = math.sqrt(min(max(width * height, rule.min_pixels), rule.max_pixels) / (width * height))
    wide = _step(width * scale, rule.width, rule)
    lowest = max(rule.height[0], math.ceil(rule.min_pixels / wide))
    highest = min(rule.height[1], rule.max_pixels // wide)
    high = _step(height * scale, (lowest, highest), rule)
    if _fits((wide, high), rule):
        return wide, high
    return _square(rule)


def _square(rule: SizeRule) -> tuple[int, int]:
    """Return the largest square, for proportions that the rule cannot hold."""
    most = min(rule.width[1], rule.height[1], math.isqrt(rule.max_pixels))
    side = most // rule.multiple_of * rule.multiple_of
    return side, side


def _step(side: float, between: tuple[int, int], rule: SizeRule) -> int:
    """Return the nearest multiple inside the bounds (the lower bound where there is none)."""
    n = rule.multiple_of
    lowest, highest = -(-between[0] // n) * n, between[1] // n * n
    return max(lowest, min(highest, round(side / n) * n))
