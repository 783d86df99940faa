"""Films: streams, colours, exact frames, motion, sound, progress."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest
from tests.render.pictures import (
    LABEL,
    Counts,
    clip,
    file_of,
    film,
    first_frame,
    last_frame,
    made,
    picture,
    psnr,
    reference,
)

from genmux.render import Cancelled, RenderInput, fit, read_label

EXACT_DB = 35.0
_DIGEST = """
import hashlib, sys
from tests.render.pictures import made, order
import cv2
cv2.setNumThreads(1)
print(hashlib.sha256(made(order(kind="video", prompt="city", audio=True, frames=6))[0]).hexdigest())
"""


@pytest.mark.parametrize("audio", [False, True])
def test_streams_duration_colours_and_metadata(audio: bool) -> None:
    data, report = made(clip(frames=30, audio=audio))
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(io.BytesIO(data), "r") as container:
        video = container.streams.video[0]
        context = video.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (video.average_rate, video.frames) == (Fraction(24), 30)
        assert (video.width, video.height) == (320, 180)
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert tuple(int(t) for t in tags) == (1, 1, 1, 1)
        assert len(container.streams.audio) == int(audio)
        assert container.duration is not None
        assert abs(container.duration / av.time_base - 30 / 24) < 0.05
        every = container.metadata | video.metadata
        assert "creation_time" not in every
        assert container.metadata["comment"] == LABEL
    assert read_label(data) == LABEL
    assert report.seconds == pytest.approx(1.25)
    assert (report.frames, report.content_type, report.mode) == (30, "video/mp4", "text_to_video")


def test_sound_is_stereo_and_at_the_promised_level() -> None:
    data, _ = made(clip(frames=72, audio=True))
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels, stream.codec_context.name) == (44100, 2, "aac")
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
    assert -24 < 20 * np.log10(np.sqrt(np.mean(sound**2))) < -17
    assert np.abs(sound).max() < 1


@pytest.mark.parametrize(
    "prompt", ["ocean", "mountains", "forest", "bamboo", "city", "space", "silk", "snowing"]
)
def test_every_family_moves(prompt: str) -> None:
    frames = film(made(clip(prompt=prompt, frames=13))[0])
    assert len(frames) == 13
    assert all(f.std() > 8 for f in frames)
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 0.8


def test_same_order_same_bytes_also_in_another_process() -> None:
    wanted = clip(prompt="city", audio=True, frames=6)
    data = made(wanted)[0]
    assert made(wanted)[0] == data
    other = subprocess.run([sys.executable, "-c", _DIGEST], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("mark", [False, True])
def test_the_first_frame_is_the_input(lake: bytes, mark: bool) -> None:
    data, report = made(
        clip(prompt="snowing", width=1280, height=720, frames=6, mark=mark, inputs=(first_frame(lake),))
    )
    frames = film(data)
    assert psnr(frames[0], fit(lake, 1280, 720)) >= EXACT_DB
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 0.3
    assert report.mode == "first_frame"


@pytest.mark.parametrize("mark", [False, True])
def test_unrelated_first_and_last_frames_dissolve_and_stay_exact(
    lake: bytes, grove: bytes, mark: bool
) -> None:
    inputs = (first_frame(lake), last_frame(grove))
    data, report = made(clip(width=1280, height=720, frames=8, mark=mark, inputs=inputs))
    frames = film(data)
    assert psnr(frames[0], fit(lake, 1280, 720)) >= EXACT_DB
    assert psnr(frames[-1], fit(grove, 1280, 720)) >= EXACT_DB
    assert report.mode == "first_last_frame"
    assert any("dissolve" in note for note in report.notes)


def test_related_frames_morph_along_the_flow(lake: bytes) -> None:
    whole = picture(lake)
    shifted = file_of(np.ascontiguousarray(whole[20:620, 60:1126]))
    inputs = (first_frame(lake), last_frame(shifted))
    data, report = made(clip(width=640, height=360, frames=9, inputs=inputs))
    assert report.notes == ()
    assert psnr(film(data)[-1], fit(shifted, 640, 360)) >= EXACT_DB


def test_a_last_frame_alone_is_where_the_film_ends(lake: bytes) -> None:
    data, report = made(clip(width=640, height=360, frames=6, inputs=(last_frame(lake),)))
    assert psnr(film(data)[-1], fit(lake, 640, 360)) >= EXACT_DB
    assert report.notes


def test_references_lend_palette_and_motif(grove: bytes, lake: bytes) -> None:
    plain = film(made(clip(prompt="ocean day", frames=3))[0])[1].astype(int)
    data, report = made(clip(prompt="ocean day", frames=3, inputs=(reference(grove), reference(lake))))
    assert report.mode == "reference_to_video"
    assert np.abs(film(data)[1].astype(int) - plain).mean() > 4


@pytest.mark.parametrize("roles", [(), (first_frame,), (first_frame, last_frame), (reference,)])
@pytest.mark.parametrize("size", [(64, 64), (64, 150), (150, 64)])
def test_one_frame_of_a_tiny_film(
    lake: bytes, roles: tuple[Callable[[bytes], RenderInput], ...], size: tuple[int, int]
) -> None:
    inputs = tuple(role(lake) for role in roles)
    data, _ = made(
        clip(prompt="", width=size[0], height=size[1], frames=1, audio=True, mark=True, inputs=inputs)
    )
    frames = film(data)
    assert [f.shape for f in frames] == [(size[1], size[0], 3)]


def test_four_k_film() -> None:
    frames = film(made(clip(prompt="space", width=3840, height=2160, frames=2))[0])
    assert [f.shape for f in frames] == [(2160, 3840, 3)] * 2


def test_camera_words_move_the_picture() -> None:
    left, right = (
        film(made(clip(prompt=f"mountains, {w}", frames=7))[0]) for w in ("pan left", "static shot")
    )
    moved, held = (np.abs(f[0].astype(int) - f[-1]).mean() for f in (left, right))
    assert moved > held


def test_colours_survive_the_film() -> None:
    bars = np.zeros((180, 320, 3), np.uint8)
    for i, colour in enumerate(((200, 40, 40), (40, 190, 60), (50, 70, 210), (220, 200, 60))):
        bars[:, i * 80 : (i + 1) * 80] = colour
    frame = film(made(clip(frames=2, inputs=(first_frame(file_of(bars)),)))[0])[0]
    centres = np.s_[90, 40::80]
    assert np.abs(frame[centres].astype(int) - bars[centres]).max() <= 4


def test_progress_counts_real_frames() -> None:
    counts = Counts()
    made(clip(frames=4), counts)
    seen = counts.seen
    assert seen == sorted(seen)
    assert [done for done, _ in seen if done] == [1, 2, 3, 4]
    assert {total for _, total in seen} == {4}


@pytest.mark.parametrize("stop_at", [0, 2])
def test_cancel(stop_at: int) -> None:
    with pytest.raises(Cancelled):
        made(clip(frames=50), lambda done, total: done < stop_at)
