"""Films made of films: any number one after the other, or one in another size or without its sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from typing import BinaryIO, Final

import numpy as np
from av.video.frame import VideoFrame

from genmux.domain.spec import Kind
from genmux.domain.steps import LARGEST_SIDE
from genmux.domain.words import even, fit_pixels
from genmux.engine.ports import MediaRefused
from genmux.media.steps.canvas import Fitter
from genmux.media.steps.clips import F32, SoundReader, decoding, in_slots, look_at, sound_of
from genmux.media.steps.order import MAX_FRAMES, OpenInput, Progress, StepOrder, StepReport
from genmux.render.encode import CONTENT_TYPES, FilmWriter, open_output

_CRF: Final = 17
"""Better than a first generation is written, so that a second one does not show."""
_SLACK: Final = 64
"""Frames by which a film may be longer than its packets say."""


def join_films(
    order: StepOrder, inputs: Sequence[OpenInput], out: BinaryIO, progress: Progress
) -> StepReport:
    """Write the inputs one after the other as one film, frame by frame and with their sound in step.

    Size and rate are the first one's unless the order says a size. Where one has sound the others
    are silent. The label of the first labelled input is kept. Raises `MediaRefused`.
    """
    clips = []
    for number, open_input in enumerate(inputs, 1):
        with _named(number, len(inputs)):
            clips.append(look_at(open_input))
    first = clips[0]
    size = target_size(first.size, order)
    sound = order.sound and any(clip.sound for clip in clips)
    total = sum(max(1, round(clip.seconds * first.rate)) for clip in clips)
    if total > MAX_FRAMES:
        raise MediaRefused("too_large", f"the result would have {total} frames, more than {MAX_FRAMES}")
    label = next((clip.label for clip in clips if clip.label), "")
    with open_output(out, total + _SLACK * len(clips), label) as container:
        film = FilmWriter(container, size, first.rate, sound=sound, crf=_CRF)
        for number, (clip, open_input) in enumerate(zip(clips, inputs, strict=True), 1):
            heard = sound_of(open_input, clip) if sound else nullcontext()
            with _named(number, len(inputs)), heard as reader:
                for frame in _fitted(open_input, first.rate, size):
                    film.add(frame)
                    if sound:
                        film.add_sound(_heard(reader, film.samples_due))
                    progress(min(film.frames, total), total)
        film.finish()
    films = f"{len(clips)} films: " if len(clips) > 1 else ""
    note = f"{films}{film.frames} frames of {size[0]}x{size[1]} at {float(first.rate):.5g} per second"
    return StepReport(CONTENT_TYPES["mp4"], (note,))


@contextmanager
def _named(number: int, count: int) -> Iterator[None]:
    """Let a refusal say which of several films it is about."""
    try:
        yield
    except MediaRefused as refusal:
        if count == 1:
            raise
        raise MediaRefused(refusal.code, f"film {number} of {count}: {refusal.reason}") from refusal


def _fitted(open_input: OpenInput, rate: Fraction, size: tuple[int, int]) -> Iterator[VideoFrame]:
    """Yield the frames of a film as the joined one takes them."""
    fitter = Fitter(size)
    with decoding(open_input) as (frames, aspect):
        for frame in in_slots(frames, rate):
            yield fitter.fit(frame, aspect)


def _heard(reader: SoundReader | None, count: int) -> F32:
    return np.zeros((2, count), np.float32) if reader is None else reader.read(count)


def target_size(own: tuple[int, int], order: StepOrder) -> tuple[int, int]:
    """Return the even size of a film: as ordered, or its own. Raises `MediaRefused` for an absurd one."""
    size = order.size
    if size is None:
        size = (
            fit_pixels(order.resolution, Fraction(*own)) if order.resolution else (even(own[0]), even(own[1]))
        )
    largest = LARGEST_SIDE[Kind.VIDEO]
    if max(size) > largest:
        raise MediaRefused(
            "too_many_pixels",
            f"it would be {size[0]}x{size[1]}; give a size of at most {largest} pixels a side",
        )
    return size
