"""Media words: resolutions, aspect ratios and sizes, and the exact pixels they stand for."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Final

_RATIO: Final = re.compile(r"([1-9]\d{0,3})\s*[:：]\s*([1-9]\d{0,3})\Z")
_SIZE: Final = re.compile(r"([1-9]\d{0,4})\s*[xX×*]\s*([1-9]\d{0,4})\Z")
_RESOLUTION: Final = re.compile(r"(?:([1-9]\d{2,3})[pP]|([1-9])[kK])\Z")

EXTENSIONS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
}
"""File name endings by content type."""
CONTENT_TYPES: Final = {extension: content_type for content_type, extension in EXTENSIONS.items()}

SHORT_SIDES: Final = {"2K": 1440, "4K": 2160}
"""K words that name a short side; `nP` names n."""
AREAS: Final = {"1K": 1024 * 1024}
"""K words that name an area in pixels."""


def content_type_of(path: str) -> str:
    """Return what a file of ours with this name holds."""
    return CONTENT_TYPES.get(path.rpartition(".")[2], "application/octet-stream")


def parse_resolution(text: str) -> str | None:
    """Return the normal spelling of a resolution word ("1080p" → "1080P"), None if it is none."""
    match = _RESOLUTION.match(text.strip())
    if match is None:
        return None
    word = f"{match[1]}P" if match[1] else f"{match[2]}K"
    return word if word.endswith("P") or word in SHORT_SIDES or word in AREAS else None


def parse_ratio(text: str) -> str | None:
    """Return the normal spelling of an aspect ratio ("16 : 9" → "16:9"), None if it is none."""
    match = _RATIO.match(text.strip())
    return f"{match[1]}:{match[2]}" if match else None


def parse_size(text: str) -> tuple[int, int] | None:
    """Return (width, height) of a size such as "1024x768", None if it is none."""
    match = _SIZE.match(text.strip())
    return (int(match[1]), int(match[2])) if match else None


def ratio_value(ratio: str) -> Fraction:
    """Return width / height of a normalised ratio word."""
    width, height = ratio.split(":")
    return Fraction(int(width), int(height))


def even(value: float | Fraction) -> int:
    """Return the nearest even whole number, at least 2 (4:2:0 video needs even sides)."""
    return max(2, 2 * round(value / 2))


def fit_pixels(resolution: str, ratio: Fraction) -> tuple[int, int]:
    """Return the even (width, height) that a resolution word means at any ratio.

    `nP`, 2K and 4K fix the short side; 1K fixes the area.
    """
    if resolution in AREAS:
        width = math.sqrt(AREAS[resolution] * ratio)
        return even(width), even(width / ratio)
    short = SHORT_SIDES.get(resolution) or int(resolution[:-1])
    if ratio >= 1:
        return even(short * ratio), even(short)
    return even(short), even(short / ratio)


@cache
def frame_table() -> dict[str, dict[str, tuple[int, int]]]:
    """Return the published sizes: resolution word → ratio word → (width, height)."""
    raw = json.loads(files("genmux.domain").joinpath("frame_sizes.json").read_text("utf-8"))
    return {r: {a: (w, h) for a, (w, h) in row.items()} for r, row in raw.items()}


def frame_size(resolution: str, ratio: str) -> tuple[int, int]:
    """Return the exact (width, height) in pixels of a result with these words."""
    listed = frame_table().get(resolution, {}).get(ratio)
    return listed or fit_pixels(resolution, ratio_value(ratio))
