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
from genmux.render.composition import scene, styles_left
from genmux.render.encode import CONTENT_TYPES, encode_film, encode_still
from genmux.render.fitting import fit
from genmux.render.layers import Scene
from genmux.render.morph import morph
from genmux.render.order import FPS, Cancelled, RenderOrder, RenderReport
from genmux.render.overprint import Overprint, overprint
from genmux.render.overprint.mark import opacity_at
from genmux.render.parallax import parallax
from genmux.render.raster import U8, resize
from genmux.render.references import References, sort_references
from genmux.render.stage import Stage, family_of, generator
from genmux.render.standing import put_into
from genmux.render.stills import restyled
from genmux.render.styles import film_filters, still_styled
from genmux.render.vocabulary import Reading, read

Progress = Callable[[int, int], bool]
Draw = Callable[[int], U8]

THREADS: Final = 2
FILM_DESIGN: Final = 1280
STILL_DESIGN: Final = 1600
RESTYLE_DESIGN: Final = 2048
_SMALLEST_DESIGN: Final = 180
_STILL_STEPS: Final = 4
_AHEAD: Final = 6
_ONLY_LAST: Final = "only a last frame was given: the film moves toward it"
_UNUSED_REFERENCES: Final = "references are not used beside a first or last frame"


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
    references = _references(order, reading)
    picture = _drawn(order, reading, rng, references, lambda done: _told(progress, _STILL_STEPS, done))
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
        mode="image_to_image" if references else "text_to_image",
        notes=(*(references.notes if references else ()), *printed.notes),
    )


def _references(order: RenderOrder, reading: Reading) -> References | None:
    """The references of a still are all its inputs, whatever they are called."""
    pictures = [item.data for item in order.inputs if order.kind == "image" or item.role == "reference"]
    return sort_references(pictures, reading) if pictures else None


def _drawn(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, references: References | None,
    told: Callable[[int], None],
) -> U8:  # fmt: skip
    """The RGB picture at design size."""
    if references and references.base is not None:
        size = design_size(order.width, order.height, RESTYLE_DESIGN)
        picture = _redrawn(references, references.base, size, reading, rng)
        told(2)
        return picture
    size = design_size(order.width, order.height, STILL_DESIGN)
    subjects, lenders = (references.subjects, references.others) if references else ((), ())
    composed, setting = scene(reading, rng, *size, moving=False, subjects=subjects, lenders=lenders)
    told(1)
    picture = np.ascontiguousarray(composed.still()[..., :3])
    picture = still_styled(picture, styles_left(reading, setting.family), rng)
    told(2)
    return picture


def _redrawn(
    references: References, base: bytes, size: tuple[int, int], reading: Reading, rng: np.random.Generator
) -> U8:
    """The base picture with the subjects in it, restyled."""
    picture = put_into(fit(base, *size), references.subjects)
    return restyled(picture, references.others, reading, rng)


def _sized(canvas: U8, width: int, height: int) -> U8:
    """The canvas at exactly this size, as an array that may be written to."""
    if canvas.shape[1] == width and canvas.shape[0] == height:
        return canvas
    return resize(canvas, width, height, cv2.INTER_AREA if canvas.shape[1] > width else cv2.INTER_CUBIC)


@dataclass(frozen=True, slots=True, eq=False)
class _Reel:
    """How a film is drawn: RGBA frames by number, what must stay exact, what to report and to restyle."""

    draw: Draw
    mode: str
    family: str
    time: str
    exact: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


def _render_film(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, out: BinaryIO, progress: Progress,
    threads: int,
) -> RenderReport:  # fmt: skip
    _told(progress, order.frames, 0)
    reel = _reel(order, reading, rng)
    _told(progress, order.frames, 0)
    sound = None
    if order.audio:
        sound = sound_bed(rng, reel.family, reel.time, reading, order.frames)
    printed = overprint(order)
    draw = _finished(order, rng, reel, printed)
    with closing(_in_order(draw, order.frames, threads)) as frames:
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
    if firsts or lasts:
        return _reel_of_frames(order, reading, rng, firsts[:1], lasts[:1], bool(order.pictures("reference")))
    size = design_size(order.width, order.height, FILM_DESIGN)
    references = _references(order, reading)
    if references is None:
        return _reel_of_scene(order, reading, *scene(reading, rng, *size, moving=True), "text_to_video")
    return _reel_of_references(order, reading, rng, size, references)


def _reel_of_scene(
    order: RenderOrder, reading: Reading, composed: Scene, setting: Stage, mode: str,
    notes: tuple[str, ...] = (),
) -> _Reel:  # fmt: skip
    return _Reel(
        lambda n: composed.frame(n, order.frames), mode, setting.family, setting.time, notes=notes,
        styles=styles_left(reading, setting.family),
    )  # fmt: skip


def _reel_of_references(
    order: RenderOrder, reading: Reading, rng: np.random.Generator, size: tuple[int, int],
    references: References,
) -> _Reel:  # fmt: skip
    """A film of cut-out subjects in the scene of the prompt, or one that moves through a redrawn picture."""
    mode, notes, count = "reference_to_video", references.notes, order.frames
    if references.base is None:
        composed, setting = scene(
            reading, rng, *size, moving=True, subjects=references.subjects, lenders=references.others
        )
        return _reel_of_scene(order, reading, composed, setting, mode, notes)
    picture = _redrawn(references, references.base, size, reading, rng)
    moved = parallax(picture, reading, rng)
    time = reading.first("time") or "day"
    return _Reel(lambda n: moved.frame(n, count), mode, family_of(reading), time, notes=notes)


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


def _finished(order: RenderOrder, rng: np.random.Generator, reel: _Reel, printed: Overprint) -> Draw:
    """The reel's frames at output size, styled and printed."""
    size = design_size(order.width, order.height, FILM_DESIGN)
    filters = film_filters(reel.styles, *size, rng)
    exact_first, exact_last = 0 in reel.exact, order.frames - 1 in reel.exact

    def draw(number: int) -> U8:
        canvas = reel.draw(number)
        if filters:
            picture = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGBA2RGB), np.uint8)
            for apply in filters:
                picture = apply(picture)
            canvas = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.uint8)
        canvas = _sized(canvas, order.width, order.height)
        printed.draw(canvas, opacity_at(number, order.frames, exact_first, exact_last))
        return canvas

    return draw


def _in_order(draw: Draw, count: int, threads: int) -> Generator[U8, None, None]:
    """Frames 0..count-1, drawn by some threads a few frames ahead."""
    numbers = iter(range(count))
    with ThreadPoolExecutor(threads, thread_name_prefix="render") as pool:
        waiting: list[Future[U8]] = [pool.submit(draw, n) for n in islice(numbers, _AHEAD)]
        try:
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(draw, n) for n in islice(numbers, 1)]
        finally:
            for future in waiting:
                future.cancel()
