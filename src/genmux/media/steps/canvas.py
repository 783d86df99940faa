"""Decoded frames upright and at one size: bars where the ratio differs, nothing stretched or cut off."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final, TypeAlias

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from genmux.domain.words import even

U8: TypeAlias = NDArray[np.uint8]

_BLACK: Final = (16, 128, 128)  # limited-range Y, U, V
_UNTOLD: Final = 2
_LARGE_HEIGHT: Final = 720
"""From here on a film that does not say its colours means BT.709, below BT.601."""
_NARROWEST: Final = 4
"""No real film has pixels that are further from square than this; a ratio beyond it is a broken header."""
_BT709: Final = 1
_LIMITED: Final = 1


def shown_size(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Return the upright size of a frame in square pixels; `aspect` is the width of one of its pixels."""
    width, height = frame.width, frame.height
    if aspect and 1 / _NARROWEST <= aspect <= _NARROWEST:
        width = max(1, round(width * aspect))
    return (height, width) if _quarters(frame) % 2 else (width, height)


def contained(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same ratio within a box."""
    scale = min(Fraction(box[0], size[0]), Fraction(box[1], size[1]))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _quarters(frame: VideoFrame) -> int:
    """Return by how many quarter turns, counterclockwise, a frame is to be shown."""
    return round(frame.rotation / 90) % 4


class Fitter:
    """Makes frames of any film 4:2:0 frames of one size in limited-range BT.709."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._reformatter = VideoReformatter()

    def fit(self, frame: VideoFrame, aspect: Fraction | None) -> VideoFrame:
        """Return the frame as it is shown; bars fill what its ratio leaves free."""
        width, height = contained(shown_size(frame, aspect), self._size)
        inner = (min(even(width), self._size[0]), min(even(height), self._size[1]))
        quarters = _quarters(frame)
        scaled = self._scaled(frame, inner[::-1] if quarters % 2 else inner)
        if quarters or inner != self._size:
            scaled = self._placed(scaled, quarters)
        scaled.colorspace, scaled.color_range = _BT709, _LIMITED
        return scaled

    def _scaled(self, frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
        return self._reformatter.reformat(
            frame,
            *size,
            "yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC,
            **_source_colours(frame),
        )

    def _placed(self, frame: VideoFrame, quarters: int) -> VideoFrame:
        width, height = self._size
        planes = []
        for plane, black, share in zip(_planes(frame), _BLACK, (1, 2, 2), strict=True):
            turned = np.rot90(plane, quarters)
            canvas = np.full((height // share, width // share), black, np.uint8)
            # Offsets are whole in every plane, since all sides are even.
            top = (canvas.shape[0] - turned.shape[0]) // (4 // share) * (2 // share)
            left = (canvas.shape[1] - turned.shape[1]) // (4 // share) * (2 // share)
            canvas[top : top + turned.shape[0], left : left + turned.shape[1]] = turned
            planes.append(canvas.ravel())
        packed = np.concatenate(planes).reshape(height * 3 // 2, width)
        return av.VideoFrame.from_ndarray(packed, format="yuv420p")


def _planes(frame: VideoFrame) -> tuple[U8, U8, U8]:
    whole: U8 = frame.to_ndarray().astype(np.uint8, copy=False)
    height, width = frame.height, frame.width
    y, chroma = whole[:height], whole[height:].reshape(2, height // 2, width // 2)
    return y, chroma[0], chroma[1]


def rgb(frame: VideoFrame, aspect: Fraction | None) -> U8:
    """Return a frame as it is shown, in RGB (height, width, 3)."""
    quarters = _quarters(frame)
    width, height = shown_size(frame, aspect)
    size = (height, width) if quarters % 2 else (width, height)
    converted = VideoReformatter().reformat(
        frame,
        *size,
        "rgb24",
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND,
        **_source_colours(frame),
    )
    return np.ascontiguousarray(np.rot90(converted.to_ndarray(), quarters)).astype(np.uint8, copy=False)


def _source_colours(frame: VideoFrame) -> dict[str, Any]:
    told = frame.colorspace
    if told == _UNTOLD:
        told = Colorspace.ITU709 if frame.height >= _LARGE_HEIGHT else Colorspace.ITU601
    return {"src_colorspace": told, "src_color_range": frame.color_range or ColorRange.MPEG}
