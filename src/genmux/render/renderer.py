"""One order to one file: choose the mode, draw its frames, encode them, report."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO, Final

import cv2
import numpy as np

from genmux.render.audio import sound_bed
from genmux.render.composition import scene
from genmux.render.encode import CONTENT_TYPES, encode_film, encode_still
from genmux.render.fitting import fit, thumbnail
from genmux.render.mark import opacity_at
from genmux.render.morph import morph
from genmux.render.order import FPS, Cancelled, RenderOrder, RenderReport
from genmux.render.overprint import Overprint, overprint
from genmux.render.parallax import parallax
from genmux.render.raster import F32, U8, resize
from genmux.render.stage import family_of, generator
from genmux.render.stills import restyled
from genmux.render.styles import FILM_STYLES, STYLES
from genmux.render.vocabulary import Reading, read

Progress = Callable[[int, int], bool]
Draw = Callable[[int], U8]

FILM_DESIGN: Final = 1280
STILL_DESIGN: Final = 1600
RESTYLE_DESIGN: Final = 2048
_SMALLEST_DESIGN: Final = 180
_REFERENCE_SIZE: Final = 512
_STILL_STEPS: Final = 4
_WORKERS: Final = 2
_AHEAD: Final = 6
_ONLY_LAST: Final = "only a last frame was given: the film moves toward it"
_UNUSED_REFERENCES: Final = "references are not used beside a first or last frame"


def render(order: RenderOrder, out: BinaryIO, progress: Progress) -> RenderReport:
    """Draw what was ordered and write the file to `out`, which must be seekable for films.

    `progress(done, total)` hears of frames (films) or steps (stills) that are really done.
    Raises `Cancelled` soon after it returns False, and ValueError for an order that makes no sense.
    """
    reading = read(order.prompt, order.negative_prompt)
    rng = generator(order.prompt, order.seed, order.index)
    if order.kind == "image":
        return _render_still(order, reading, rng, out, progress)
    if order.kind == "video":
        return _render_film(order, reading, rng, out, progress)
    raise ValueError(f"order kind {order.kind!r} is unknown; use image or video")


def design_size(width: int, height: int, longest: int) -> tuple[int, int]:
    """The size scenes are drawn at: the output's ratio, bounded above and below."""
    scale = min(1.0, longest / max(width, height))
    scale = (
        max(scale, _SMALLEST_DESIGN / min(width, height)) if min(width, height) < _SMALLEST_DESIGN else scale
    )
    return max(2, round(width * scale)), max(2, round(height * scale))


def _told(progress: Progress, total: int, done: int) -> None:
    if not progress(done, total):
        raise Cancelled


def _render_still(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, out: BinaryIO, progress: Progress
) -> RenderReport:
    _told(progress, _STILL_STEPS, 0)
    if order.inputs:
        picture = _restyled(order, reading, rng)
        _told(progress, _STILL_STEPS, 2)
    else:
        picture = _painted(order, reading, rng, progress)
    picture = _sized(picture, order.width, order.height)
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
        mode="image_to_image" if order.inputs else "text_to_image",
        notes=printed.notes,
    )


def _restyled(order: RenderOrder, reading: Reading, rng: np.random.Generator) -> U8:
    first, *others = (item.data for item in order.inputs)
    size = design_size(order.width, order.height, RESTYLE_DESIGN)
    return restyled(fit(first, *size), [thumbnail(o, _REFERENCE_SIZE) for o in others], reading, rng)


def _painted(order: RenderOrder, reading: Reading, rng: np.random.Generator, progress: Progress) -> U8:
    composed, _ = scene(reading, rng, *design_size(order.width, order.height, STILL_DESIGN), moving=False)
    _told(progress, _STILL_STEPS, 1)
    picture = np.ascontiguousarray(composed.still()[..., :3])
    for name in reading.all("style"):
        if name in STYLES:
            picture = STYLES[name](picture, rng)
    _told(progress, _STILL_STEPS, 2)
    return picture


def _sized(canvas: U8, width: int, height: int) -> U8:
    """The canvas at exactly this size, as an array that may be written to."""
    if canvas.shape[1] == width and canvas.shape[0] == height:
        return canvas
    return resize(canvas, width, height, cv2.INTER_AREA if canvas.shape[1] > width else cv2.INTER_CUBIC)


@dataclass(frozen=True, slots=True, eq=False)
class _Reel:
    """How a film is drawn: RGBA frames by number, which of them must stay exact, and what to report."""

    draw: Draw
    mode: str
    family: str
    time: str
    exact: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def _render_film(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, out: BinaryIO, progress: Progress
) -> RenderReport:
    _told(progress, order.frames, 0)
    reel = _reel(order, reading, rng)
    _told(progress, order.frames, 0)
    sound = _sound(order, reading, rng, reel) if order.audio else None
    printed = overprint(order)
    draw = _finished(order, reading, rng, reel, printed)
    with closing(_in_order(draw, order.frames)) as frames:
        size = (order.width, order.height)
        told = partial(_told, progress, order.frames)
        encode_film(frames, order.frames, size, sound, order.label, reel.exact, out, told)
    return RenderReport(
        width=order.width,
        height=order.height,
        seconds=order.frames / FPS,
        frames=order.frames,
        content_type=CONTENT_TYPES["mp4"],
        understood=reading.words,
        mode=reel.mode,
        notes=(*reel.notes, *printed.notes),
    )


def _reel(order: RenderOrder, reading: Reading, rng: np.random.Generator) -> _Reel:
    firsts, lasts = order.pictures("first_frame"), order.pictures("last_frame")
    references = [thumbnail(data, _REFERENCE_SIZE) for data in order.pictures("reference")]
    if firsts or lasts:
        return _reel_of_frames(order, reading, rng, firsts[:1], lasts[:1], bool(references))
    size = design_size(order.width, order.height, FILM_DESIGN)
    composed, setting = scene(reading, rng, *size, moving=True, references=references)
    mode = "reference_to_video" if references else "text_to_video"
    return _Reel(lambda n: composed.frame(n, order.frames), mode, setting.family, setting.time)


def _reel_of_frames(
    order: RenderOrder, reading: Reading, rng: np.random.Generator,
    firsts: tuple[bytes, ...], lasts: tuple[bytes, ...], references: bool,
) -> _Reel:  # fmt: skip
    """A film that starts or ends with given pictures, drawn at the output size so that they stay exact."""
    count, final = order.frames, order.frames - 1
    family, time = family_of(reading), reading.first("time") or "day"
    notes = (_UNUSED_REFERENCES,) if references else ()
    pictures = [fit(data, order.width, order.height) for data in (*firsts, *lasts)]
    if firsts and lasts:
        film = morph(pictures[0], pictures[1], rng)
        exact = tuple(sorted({0, final}))
        return _Reel(
            lambda n: film.frame(n, count), "first_last_frame", family, time, exact, (*film.notes, *notes)
        )
    single = parallax(pictures[0], reading, rng)
    if firsts:
        return _Reel(lambda n: single.frame(n, count), "first_frame", family, time, (0,), notes)
    notes = (_ONLY_LAST, *notes)
    return _Reel(lambda n: single.frame(final - n, count), "first_last_frame", family, time, (final,), notes)


def _sound(order: RenderOrder, reading: Reading, rng: np.random.Generator, reel: _Reel) -> F32:
    return sound_bed(
        rng, reel.family, reel.time, reading.has("effect", "rain") or reel.time == "storm", order.frames
    )


def _finished(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, reel: _Reel, printed: Overprint
) -> Draw:
    """The reel's frames at output size, styled and printed."""
    styles = [STYLES[name] for name in reading.all("style") if name in FILM_STYLES and not reel.exact]
    exact_first, exact_last = 0 in reel.exact, order.frames - 1 in reel.exact

    def draw(number: int) -> U8:
        canvas = reel.draw(number)
        for style in styles:
            canvas = np.asarray(
                cv2.cvtColor(style(np.ascontiguousarray(canvas[..., :3]), rng), cv2.COLOR_RGB2RGBA), np.uint8
            )
        canvas = _sized(canvas, order.width, order.height)
        printed.draw(canvas, opacity_at(number, order.frames, exact_first, exact_last))
        return canvas

    return draw


def _in_order(draw: Draw, count: int) -> Generator[U8, None, None]:
    """Frames 0..count-1, drawn by a few threads a few frames ahead."""
    numbers = iter(range(count))
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="render") as pool:
        waiting: list[Future[U8]] = [pool.submit(draw, n) for n in islice(numbers, _AHEAD)]
        try:
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(draw, n) for n in islice(numbers, 1)]
        finally:
            for future in waiting:
                future.cancel()
