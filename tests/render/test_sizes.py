"""Every size of the published table, still and moving, to the pixel and to the frame."""

from __future__ import annotations

import io

import av
import pytest
from PIL import Image
from tests.render.pictures import clip, made, order

from genmux.domain.words import frame_table

FRAMES = 3


@pytest.mark.parametrize("resolution", frame_table())
def test_stills_of_every_ratio(resolution: str) -> None:
    for ratio, (width, height) in frame_table()[resolution].items():
        data, report = made(order(prompt="silk", width=width, height=height, image_format="jpeg"))
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (width, height) == (report.width, report.height), ratio


@pytest.mark.parametrize("resolution", frame_table())
def test_films_of_every_ratio(resolution: str) -> None:
    for ratio, (width, height) in frame_table()[resolution].items():
        data, report = made(clip(prompt="silk", width=width, height=height, frames=FRAMES))
        with av.open(io.BytesIO(data), "r") as container:
            video = container.streams.video[0]
            assert (video.width, video.height, video.frames) == (width, height, FRAMES), ratio
            assert container.duration == FRAMES * 1_000_000 // 24 == round((report.seconds or 0) * 1_000_000)


@pytest.mark.parametrize("frames", [1, 24, 121, 240])
def test_films_are_as_long_as_asked_with_sound_and_without(frames: int) -> None:
    for audio in (False, True):
        data, _ = made(clip(prompt="silk", width=64, height=64, frames=frames, audio=audio))
        with av.open(io.BytesIO(data), "r") as container:
            assert container.streams.video[0].frames == frames
            for stream in container.streams:
                assert stream.duration is not None
                assert stream.time_base is not None
                assert abs(float(stream.duration * stream.time_base) - frames / 24) < 0.05
