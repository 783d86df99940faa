"""Pictures made of a film, or of a picture: a last frame, a poster, another format or size."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import BinaryIO, Final

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from genmux.domain.spec import Kind, Step
from genmux.domain.steps import LARGEST_SIDE
from genmux.domain.words import fit_pixels
from genmux.engine.ports import MediaRefused
from genmux.media.fitting import colour_profile, on_white, plain_picture
from genmux.media.pictures import load_picture, open_picture
from genmux.media.steps.canvas import contained, rgb
from genmux.media.steps.clips import decoding, opened
from genmux.media.steps.order import MAX_PIXELS, OpenInput, Progress, StepOrder, StepReport
from genmux.render.encode import CONTENT_TYPES, encode_still, write_still
from genmux.render.label import film_label, picture_label

_BLACK_LUMA: Final = 32
"""A frame shows something once a hundredth of it is brighter than this (of 255)."""
_SHARE: Final = 0.01


def extract_frame(order: StepOrder, open_input: OpenInput, out: BinaryIO, progress: Progress) -> StepReport:
    """Write one frame of a film at its own size, with the film's label. Raises `MediaRefused`.

    The last one that can be decoded, or for a poster the first that is not black; the first of all
    where every one is.
    """
    with opened(open_input) as container:
        label = film_label(container) or ""
    with decoding(open_input) as (frames, aspect):
        told = _told(frames, progress)
        number, frame = _poster(told) if order.step is Step.POSTER else _last(told)
        picture = rgb(frame, aspect)
    encode_still(picture, order.image_format, label, out)
    progress(1, 1)
    return StepReport(CONTENT_TYPES[order.image_format], (f"frame {number} of the film",))


def _told(frames: Iterator[VideoFrame], progress: Progress) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the frames with their numbers from one; nobody knows how many there will be."""
    for number, frame in enumerate(frames, 1):
        progress(0, 1)
        yield number, frame


def _last(frames: Iterator[tuple[int, VideoFrame]]) -> tuple[int, VideoFrame]:
    (last,) = deque(frames, maxlen=1)
    return last


def _poster(frames: Iterator[tuple[int, VideoFrame]]) -> tuple[int, VideoFrame]:
    first = next(frames)
    return next((one for one in chain([first], frames) if _shows(one[1])), first)


def _shows(frame: VideoFrame) -> bool:
    grey = frame.reformat(format="gray").to_ndarray()
    return bool(np.mean(grey > _BLACK_LUMA) > _SHARE)


def convert_picture(order: StepOrder, open_input: OpenInput, out: BinaryIO, progress: Progress) -> StepReport:
    """Write a picture in another format, or whole within another size, with its label and colours kept.

    What its ratio leaves free is transparent, or black in a JPEG. Raises `MediaRefused`.
    """
    with warnings.catch_warnings(), open_input() as file:
        warnings.simplefilter("ignore")
        head = file.read(64)
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        source, name = open_picture(file, head, length, MAX_PIXELS)
        with source:
            load_picture(source)
            label = picture_label(source) or ""
            profile = colour_profile(source)
            picture = plain_picture(ImageOps.exif_transpose(source))
    if order.image_format == "jpeg" and picture.mode == "RGBA":
        picture = on_white(picture)
    picture = _sized(picture, order)
    write_still(picture, order.image_format, label, out, profile)
    progress(1, 1)
    note = f"from {name} of {source.width}x{source.height} to {order.image_format} of "
    return StepReport(CONTENT_TYPES[order.image_format], (f"{note}{picture.width}x{picture.height}",))


def _sized(picture: Image.Image, order: StepOrder) -> Image.Image:
    own = picture.size
    size = order.size
    if size is None:
        size = fit_pixels(order.resolution, Fraction(*own)) if order.resolution else own
    largest = LARGEST_SIDE[Kind.IMAGE]
    if max(size) > largest and size != own:
        raise MediaRefused(
            "too_many_pixels", f"it would be {size[0]}x{size[1]}; at most {largest} pixels a side are made"
        )
    if size == own:
        return picture
    inner = contained(own, size)
    scaled = picture.resize(inner, Image.Resampling.LANCZOS)
    if inner == size:
        return scaled
    bars = order.image_format != "jpeg"
    ground = Image.new("RGBA", size) if bars else Image.new(scaled.mode, size)
    ground.paste(scaled, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return ground
