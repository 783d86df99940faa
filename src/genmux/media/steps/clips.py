"""Films as they are read: what one promises, its frames in the slots of a common rate, its sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, Final, TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from genmux.engine.ports import MediaRefused
from genmux.media.films import check_pixels, open_film, picture_stream
from genmux.media.steps.canvas import shown_size
from genmux.media.steps.order import MAX_FRAMES, MAX_PIXELS, OpenInput
from genmux.render.audio import SAMPLE_RATE
from genmux.render.label import film_label

F32: TypeAlias = NDArray[np.float32]

_USUAL_RATE: Final = Fraction(24)
_FASTEST: Final = Fraction(120)
_FINEST: Final = 1001  # the denominator of 30000/1001
_DRIFT: Final = 2048
"""Samples by which a sound's own times may differ from where it stands before it is moved."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What is known of a film before it is decoded; `seconds` is how long its picture runs.

    `size` is upright, in square pixels. `start` is the time of its first frame, in seconds as well.
    `label` is "" where it carries none.
    """

    size: tuple[int, int]
    start: Fraction
    rate: Fraction
    seconds: Fraction
    sound: bool
    label: str


@contextmanager
def opened(open_input: OpenInput) -> Iterator[InputContainer]:
    """Yield an input as an opened film. Raises `MediaRefused`."""
    with open_input() as file, open_film(file, _length(file)) as (container, _):
        yield container


def _length(file: BinaryIO) -> int:
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    return length


def look_at(open_input: OpenInput) -> Clip:
    """Return what a film is, from its headers, its packets' times and its first frame."""
    with opened(open_input) as container:
        video = picture_stream(container, MAX_PIXELS)
        rate = _rate(video)
        first = next(_decoded(container, video))
        size, start = shown_size(first, video.sample_aspect_ratio), _time(first, Fraction(0))
    with opened(open_input) as container:
        seconds = _seconds(container, picture_stream(container, MAX_PIXELS), rate)
        sound, label = bool(container.streams.audio), film_label(container) or ""
    return Clip(size, start, rate, seconds, sound, label)


def _rate(video: VideoStream) -> Fraction:
    """Return the frames per second of a film; one of a changing rate is taken at its average."""
    average = video.average_rate or _USUAL_RATE
    guessed = video.guessed_rate or average
    rate = guessed if guessed <= 2 * average else average
    return min(max(rate.limit_denominator(_FINEST), Fraction(1)), _FASTEST)


def _seconds(container: InputContainer, video: VideoStream, rate: Fraction) -> Fraction:
    """Return the time from the first frame to the end of the last, told by packets alone."""
    base = video.time_base or Fraction(1)
    first, end = None, Fraction(0)
    for packet in container.demux(video):
        if packet.pts is not None:
            begin = packet.pts * base
            first = begin if first is None else min(first, begin)
            end = max(end, begin + (packet.duration * base if packet.duration else 1 / rate))
    return end - (first or 0)


def _decoded(container: InputContainer, video: VideoStream) -> Iterator[VideoFrame]:
    """Yield every frame of a film, at least one. Raises `MediaRefused`."""
    empty = True
    for frame in container.decode(video):
        check_pixels(frame.width, frame.height, MAX_PIXELS)
        empty = False
        yield frame
    if empty:
        raise MediaRefused("not_decodable", "the film has no frame that can be decoded")


@contextmanager
def decoding(open_input: OpenInput) -> Iterator[tuple[Iterator[VideoFrame], Fraction | None]]:
    """Yield the frames of a film in the order shown, and how wide its pixels are (None: square)."""
    with opened(open_input) as container:
        video = picture_stream(container, MAX_PIXELS)
        yield _decoded(container, video), video.sample_aspect_ratio


def in_slots(frames: Iterator[VideoFrame], rate: Fraction) -> Iterator[VideoFrame]:
    """Yield one frame for every slot of a rate, the one that is shown then: dropped or repeated as needed.

    A film of that very rate is passed on frame by frame. At least one frame comes.
    """
    start, end, shown, held = Fraction(0), Fraction(0), 0, None
    for frame in frames:
        # Read at once: whoever is given a frame may date it anew.
        begin, length = _time(frame, end), _length_of(frame, rate)
        if held is None:
            start = begin
        else:
            for _ in range(shown, _slot(begin - start, rate)):
                yield held
                shown += 1
        held, end = frame, begin + length
    if held is not None:
        for _ in range(shown, max(_slot(end - start, rate), 1)):
            yield held


def _time(frame: VideoFrame, otherwise: Fraction) -> Fraction:
    """Return when a frame is shown, in seconds; a few formats do not say."""
    return otherwise if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base


def _length_of(frame: VideoFrame, rate: Fraction) -> Fraction:
    return Fraction(frame.duration * frame.time_base) if frame.duration and frame.time_base else 1 / rate


def _slot(seconds: Fraction, rate: Fraction) -> int:
    slot = int(seconds * rate + Fraction(1, 2))
    if slot > MAX_FRAMES:
        raise MediaRefused("too_large", f"the film has a gap of {float(seconds):.0f} s")
    return slot


class SoundReader:
    """The sound of one film as stereo float32, in step with its picture; silence where there is none."""

    def __init__(self, container: InputContainer, start: Fraction) -> None:
        """`start` is the time of the film's first frame, in seconds."""
        self._pieces = _placed(container, start)
        self._held: list[F32] = []
        self._have = 0  # samples held

    def read(self, count: int) -> F32:
        """Return the next `count` samples (2, count)."""
        while self._have < count:
            piece = next(self._pieces, None)
            piece = np.zeros((2, count - self._have), np.float32) if piece is None else piece
            self._held.append(piece)
            self._have += piece.shape[1]
        whole = np.concatenate(self._held, axis=1)
        self._held, self._have = [whole[:, count:]], whole.shape[1] - count
        return whole[:, :count]


def _placed(container: InputContainer, start: Fraction) -> Iterator[F32]:
    """Yield a film's samples, each where its own time puts it: later ones after silence, early ones not."""
    stands = 0
    for frame in _resampled(container):
        samples = frame.to_ndarray().astype(np.float32, copy=False)
        late = 0
        if frame.pts is not None and frame.time_base is not None:
            late = round((frame.pts * frame.time_base - start) * SAMPLE_RATE) - stands
        if stands and abs(late) <= _DRIFT:
            late = 0
        while late > 0:
            silence = np.zeros((2, min(late, SAMPLE_RATE)), np.float32)
            yield silence
            stands, late = stands + silence.shape[1], late - silence.shape[1]
        samples = samples[:, -late:]
        yield samples
        stands += samples.shape[1]


def _resampled(container: InputContainer) -> Iterator[av.AudioFrame]:
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
    for frame in container.decode(container.streams.audio[0]):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


@contextmanager
def sound_of(open_input: OpenInput, clip: Clip) -> Iterator[SoundReader | None]:
    """Yield the sound of a film, read beside its picture; None where it has none."""
    if not clip.sound:
        yield None
        return
    with opened(open_input) as container:
        yield SoundReader(container, clip.start)
