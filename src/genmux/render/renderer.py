"""One order to one file: choose the mode, draw its frames, encode them, report."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import islice
from typing import BinaryIO, Final

import numpy as np

from genmux.render.audio import sound_bed
from genmux.render.encode import CONTENT_TYPES, encode_film, encode_still
from genmux.render.order import FPS, Cancelled, RenderOrder, RenderReport
from genmux.render.overprint import Overprint, overprint
from genmux.render.overprint.mark import opacity_at
from genmux.render.raster import U8
from genmux.render.reels import Draw, Reel, reel, styled
from genmux.render.references import references_of
from genmux.render.sizes import sized
from genmux.render.stage import generator
from genmux.render.stills import drawn_still
from genmux.render.vocabulary import Reading, read

Progress = Callable[[int, int], bool]

THREADS: Final = 2
_STILL_STEPS: Final = 4
_AHEAD: Final = 6
"""So many frames are drawn before the encoder asks for them."""
_AHEAD_BYTES: Final = 64_000_000
"""Fewer of large frames: they hold no more than this, but for one more than there are threads."""


def render(order: RenderOrder, out: BinaryIO, progress: Progress, threads: int = THREADS) -> RenderReport:
    """Draw what was ordered and write the file to `out`, which must be seekable for films.

    `threads` draw frames side by side; their number changes the speed and nothing else.
    `progress(done, total)` hears of frames (films) or steps (stills) that are really done.
    Raises `Cancelled` soon after it returns False, and ValueError for an order that makes no sense.
    """
    reading = read(order.prompt, order.negative_prompt)
    rng = generator(order.prompt, order.seed, order.index)
    if order.kind == "image":
        return _render_still(order, reading, rng, out, progress)
    if order.kind == "video":
        return _render_film(order, reading, rng, out, progress, threads)
    raise ValueError(f"order kind {order.kind!r} is unknown; use image or video")


def _told(progress: Progress, total: int, done: int) -> None:
    if not progress(done, total):
        raise Cancelled


def _render_still(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, out: BinaryIO, progress: Progress
) -> RenderReport:
    _told(progress, _STILL_STEPS, 0)
    references = references_of(order, reading)
    picture = drawn_still(order, reading, rng, references, partial(_told, progress, _STILL_STEPS))
    picture = sized(picture, order.width, order.height)
    printed = overprint(order)
    printed.draw(picture)
    _told(progress, _STILL_STEPS, 3)
    encode_still(picture, order.image_format, order.label, out)
    _told(progress, _STILL_STEPS, 4)
    return RenderReport(
        width=order.width,
        height=order.height,
        seconds=None,
        frames=1,
        content_type=CONTENT_TYPES[order.image_format],
        understood=reading.words,
        mode="image_to_image" if references else "text_to_image",
        notes=(*(references.notes if references else ()), *printed.notes),
    )


def _render_film(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, out: BinaryIO, progress: Progress,
    threads: int,
) -> RenderReport:  # fmt: skip
    _told(progress, order.frames, 0)
    film = reel(order, reading, rng)
    _told(progress, order.frames, 0)
    sound = None
    if order.audio:
        sound = sound_bed(rng, film.family, film.time, reading, order.frames)
    printed = overprint(order)
    draw = _printed(order, film, styled(order, rng, film), printed)
    ahead = max(threads + 1, min(_AHEAD, _AHEAD_BYTES // (4 * order.width * order.height)))
    with closing(_in_order(draw, order.frames, threads, ahead)) as frames:
        size = (order.width, order.height)
        told = partial(_told, progress, order.frames)
        encode_film(frames, order.frames, size, sound, order.label, film.exact, out, told)
    return RenderReport(
        width=order.width,
        height=order.height,
        seconds=order.frames / FPS,
        frames=order.frames,
        content_type=CONTENT_TYPES["mp4"],
        understood=reading.words,
        mode=film.mode,
        notes=(*film.notes, *printed.notes),
    )


def _printed(order: RenderOrder, reel: Reel, draw: Draw, printed: Overprint) -> Draw:
    """The frames with what is printed over them, which frames that must stay exact go without."""
    exact_first, exact_last = 0 in reel.exact, order.frames - 1 in reel.exact

    def print_on(number: int) -> U8:
        canvas = draw(number)
        printed.draw(canvas, opacity_at(number, order.frames, exact_first, exact_last))
        return canvas

    return print_on


def _in_order(draw: Draw, count: int, threads: int, ahead: int) -> Generator[U8, None, None]:
    """Frames 0..count-1, drawn by some threads so many frames ahead."""
    numbers = iter(range(count))
    with ThreadPoolExecutor(threads, thread_name_prefix="render") as pool:
        waiting: list[Future[U8]] = [pool.submit(draw, n) for n in islice(numbers, ahead)]
        try:
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(draw, n) for n in islice(numbers, 1)]
        finally:
            for future in waiting:
                future.cancel()
