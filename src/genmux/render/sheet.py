"""Sheets: many pictures, or many films that move, on one transparent page of rounded tiles."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image, ImageDraw

from genmux.render.raster import U8

WIDTH: Final = 1920
GAP: Final = 10
CORNER: Final = 12
MOVING_FPS: Final = 12
_SUPERSAMPLE: Final = 4
_STILL_QUALITY: Final = 84
_MOVING_QUALITY: Final = 62


def still_sheet(rows: Sequence[Sequence[bytes]], width: int = WIDTH) -> bytes:
    """A WebP of `width` pixels: each row's pictures are scaled to one height that fills the width."""
    pages = [[_opened(data) for data in row] for row in rows]
    heights = [_row_height([p.width / p.height for p in row], width) for row in pages]
    page = Image.new("RGBA", (width, sum(heights) + GAP * (len(rows) - 1)), (0, 0, 0, 0))
    top = 0
    for row, height in zip(pages, heights, strict=True):
        for picture, (left, right) in zip(row, _columns(row, height, width), strict=True):
            _put(page, picture, (left, top, right, top + height))
        top += height + GAP
    out = io.BytesIO()
    page.save(out, "WEBP", quality=_STILL_QUALITY, method=5)
    return out.getvalue()


def moving_sheet(rows: Sequence[Sequence[bytes]], width: int) -> bytes:
    """An animated WebP of films of one size and length, `MOVING_FPS` frames a second, that begins anew."""
    films = [[list(_decoded(film)) for film in row] for row in rows]
    count = min(len(frames) for row in films for frames in row)
    pages = [_page([[frames[n] for frames in row] for row in films], width) for n in range(count)]
    out = io.BytesIO()
    pages[0].save(
        out, "WEBP", save_all=True, append_images=pages[1:], duration=round(1000 / MOVING_FPS), loop=0,
        quality=_MOVING_QUALITY, method=4,
    )  # fmt: skip
    return out.getvalue()


def moments(film: bytes, count: int) -> list[bytes]:
    """`count` frames of a film as PNG, spread from its first to its last; fewer frames are repeated."""
    with av.open(io.BytesIO(film), "r") as container:
        frames = [_rgb(frame) for frame in container.decode(video=0)]
    at = np.linspace(0, len(frames) - 1, count).round().astype(int)
    return [_png(frames[n]) for n in at]


def _page(rows: Sequence[Sequence[Image.Image]], width: int) -> Image.Image:
    """A page of equal tiles without transparency, which animated pages would pay for in every frame."""
    columns = len(rows[0])
    across = (width - GAP * (columns - 1)) // columns
    down = round(across * rows[0][0].height / rows[0][0].width)
    page = Image.new("RGB", (width, down * len(rows) + GAP * (len(rows) - 1)), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            tile = picture.resize((across, down), Image.Resampling.LANCZOS)
            page.paste(tile, (x * (across + GAP), y * (down + GAP)))
    return page


def _decoded(film: bytes) -> Iterator[Image.Image]:
    with av.open(io.BytesIO(film), "r") as container:
        stream = container.streams.video[0]
        step = max(1, round(float(stream.average_rate or MOVING_FPS) / MOVING_FPS))
        for number, frame in enumerate(container.decode(stream)):
            if number % step == 0:
                yield _rgb(frame)


def _rgb(frame: av.VideoFrame) -> Image.Image:
    converted = frame.reformat(
        format="rgb24", src_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.JPEG
    )
    return Image.fromarray(np.asarray(converted.to_ndarray(), np.uint8))


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _row_height(ratios: Sequence[float], width: int) -> int:
    return round((width - GAP * (len(ratios) - 1)) / sum(ratios))


def _columns(row: Sequence[Image.Image], height: int, width: int) -> Iterator[tuple[int, int]]:
    """Left and right edge of each picture of a row; the last one takes what rounding left over."""
    left = 0
    for place, picture in enumerate(row):
        right = width if place == len(row) - 1 else left + round(height * picture.width / picture.height)
        yield left, right
        left = right + GAP


def _put(page: Image.Image, picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    size = (box[2] - box[0], box[3] - box[1])
    page.paste(picture.resize(size, Image.Resampling.LANCZOS), box[:2], Image.fromarray(_rounded(*size)))


def _rounded(width: int, height: int) -> U8:
    mask = Image.new("L", (width * _SUPERSAMPLE, height * _SUPERSAMPLE), 0)
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, CORNER * _SUPERSAMPLE, fill=255)
    return np.asarray(mask.resize((width, height), Image.Resampling.BOX), np.uint8)
