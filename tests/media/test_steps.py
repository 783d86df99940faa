"""Steps on tiny films: every frame counted and compared, sound in step, hostile films refused."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, BinaryIO, cast

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from genmux.domain.spec import Kind, Step
from genmux.engine.ports import MediaRefused
from genmux.media.steps import StepOrder, StepReport, perform_step
from genmux.render import read_label

SOUND = {"mp4": "aac", "webm": "libopus"}
LABEL = '{"Label": "1", "Procedural": true}'
U8 = NDArray[np.uint8]


def canvas(number: int, width: int = 64, height: int = 48) -> U8:
    """A picture that no other number gives: smooth, so that encoding keeps it."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    red = 60 + 150 * np.abs(np.sin(x * 3 + number))
    green = 60 + 150 * np.abs(np.cos(y * 2 + number / 2))
    return np.stack([red, green, 40 + 12.0 * (number % 16) + 0 * x], axis=-1).astype(np.uint8)


def film(
    frames: int = 10,
    first: int = 0,
    rate: int = 24,
    size: tuple[int, int] = (64, 48),
    tone: float | None = None,
    container: str = "mp4",
    codec: str = "libx264",
    label: str = "",
    black: int = 0,
    sound_rate: int = 48000,
) -> bytes:
    """A film whose frame n is `canvas(first + n)`; the first `black` are black."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options={"movflags": "+use_metadata_tags"}) as box:
        if label:
            box.metadata["AIGC"] = label
        video = cast("VideoStream", box.add_stream(codec, rate=rate, options={"crf": "4"}))
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = cast("AudioStream", box.add_stream(SOUND[container], rate=sound_rate)) if tone else None
        for n in range(frames):
            picture = canvas(first + n, *size) if n >= black else np.zeros((*size[::-1], 3), np.uint8)
            box.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        box.mux(video.encode())
        if audio is not None and tone is not None:
            box.mux(audio.encode(wave(tone, round(frames / rate * sound_rate), sound_rate)))
            box.mux(audio.encode())
    return out.getvalue()


def wave(tone: float, count: int, rate: int) -> av.AudioFrame:
    samples = 0.5 * np.sin(2 * np.pi * tone * np.arange(count) / rate)
    frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]).astype(np.float32), format="fltp")
    frame.sample_rate = rate
    return frame


def step(word: Step, *inputs: bytes, **said: Any) -> tuple[bytes, StepReport]:
    """Perform a step on bytes."""
    kind = Kind.VIDEO if word is Step.CONCATENATE or said.get("film") else Kind.IMAGE
    order = StepOrder(word, kind, said.get("size"), said.get("resolution"), said.get("sound", True),
                      said.get("image_format", "png"))  # fmt: skip
    out = io.BytesIO()
    report = perform_step(order, [opener(data) for data in inputs], out, said.get("progress", ignore))
    return out.getvalue(), report


def opener(data: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(data)


def ignore(_done: int, _total: int) -> None:
    pass


def shown(data: bytes) -> list[U8]:
    """Every frame of a film in RGB."""
    with av.open(io.BytesIO(data), "r") as box:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in box.decode(video=0)]


def heard(data: bytes) -> tuple[NDArray[np.float32], int]:
    """The left channel of a film's sound, and its rate."""
    with av.open(io.BytesIO(data), "r") as box:
        pieces = [np.asarray(frame.to_ndarray()[0], np.float32) for frame in box.decode(audio=0)]
        return np.concatenate(pieces), box.streams.audio[0].rate


def likeness(one: U8, other: U8) -> float:
    """Peak signal to noise, in dB."""
    error = float(np.mean((one.astype(float) - other.astype(float)) ** 2))
    return 99.0 if not error else float(10 * np.log10(255**2 / error))


def same_frames(got: Sequence[U8], wanted: Sequence[U8], least: float = 35) -> None:
    assert len(got) == len(wanted)
    assert min(map(likeness, got, wanted)) >= least


def test_films_are_joined_frame_by_frame() -> None:
    one, two = film(10, label=LABEL), film(7, first=30)
    data, report = step(Step.CONCATENATE, one, two)
    same_frames(shown(data), [*shown(one), *shown(two)])
    assert report.content_type == "video/mp4"
    assert read_label(data) == LABEL


def test_joining_twice_gives_the_same_bytes() -> None:
    one, two = film(6, tone=440), film(5, first=9)
    assert step(Step.CONCATENATE, one, two)[0] == step(Step.CONCATENATE, one, two)[0]


def test_the_index_comes_first_and_the_colours_are_told() -> None:
    data, _ = step(Step.CONCATENATE, film(3), film(3))
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(io.BytesIO(data), "r") as box:
        context = box.streams.video[0].codec_context
        told = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert told == (1, 1, 1, 1)
        assert "creation_time" not in box.metadata


@pytest.mark.parametrize(
    ("rate", "frames", "wanted"), [(24, 24, 24), (12, 12, 24), (30, 30, 24), (60, 30, 12)]
)
def test_other_rates_take_the_first_films(rate: int, frames: int, wanted: int) -> None:
    data, _ = step(Step.CONCATENATE, film(4), film(frames, first=4, rate=rate))
    assert len(shown(data)) == 4 + wanted


def test_a_webm_with_rounded_times_loses_no_frame() -> None:
    webm = film(20, first=4, container="webm", codec="libvpx-vp9", tone=300)
    data, _ = step(Step.CONCATENATE, film(4), webm)
    same_frames(shown(data)[4:], shown(webm))


def test_other_ratios_get_bars() -> None:
    data, _ = step(Step.CONCATENATE, film(2), film(2, first=5, size=(96, 48)))
    last = shown(data)[-1]
    assert last.shape == (48, 64, 3)
    assert last[:7].max() < 24
    assert last[-7:].max() < 24
    wide = np.asarray(Image.fromarray(canvas(6, 96, 48)).resize((64, 32), Image.Resampling.BICUBIC))
    assert likeness(last[8:40], wide) > 30


def test_a_size_that_is_said_holds_for_all() -> None:
    data, _ = step(Step.CONCATENATE, film(2), film(2), size=(128, 64))
    assert {frame.shape for frame in shown(data)} == {(64, 128, 3)}


def test_sound_stays_in_step_across_joints() -> None:
    """A tone, silence where a film has none, and another tone: each begins at its film's first frame."""
    parts = [film(12, tone=440), film(12), film(12, tone=880, sound_rate=44100)]
    sound, rate = heard(step(Step.CONCATENATE, *parts)[0])
    loud = np.abs(sound) > 0.1
    half = rate // 2
    frame = rate / 24
    assert abs(np.flatnonzero(loud[: half + half // 2])[-1] - half) < frame
    assert abs(np.flatnonzero(loud[half + half // 2 :])[0] - half // 2) < frame
    assert not loud[half + int(frame) : 2 * half - int(frame)].any()
    third = sound[2 * half + 2000 : 3 * half - 2000]
    tone = np.argmax(np.abs(np.fft.rfft(third))) * rate / len(third)
    assert abs(tone - 880) < 10


def test_a_sound_that_begins_late_or_early_is_put_in_its_place() -> None:
    for delay in (0.25, -0.25):
        sound, rate = heard(step(Step.CONVERT, shifted(film(24, tone=440), delay), film=True)[0])
        loud = np.flatnonzero(np.abs(sound) > 0.1)
        assert abs(loud[0] - max(delay, 0) * rate) < rate / 24
        assert abs(loud[-1] - (1 + min(delay, 0)) * rate) < rate / 24


def shifted(data: bytes, delay: float) -> bytes:
    """The same film with its sound later by so many seconds, or its picture."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(out, "w", format="matroska") as box:
        streams = {
            s.index: box.add_stream_from_template(s) for s in (*source.streams.video, *source.streams.audio)
        }
        for packet in source.demux():
            if packet.dts is None or packet.pts is None:
                continue
            sound = packet.stream.type == "audio"
            seconds = delay if sound and delay > 0 else -delay if not sound and delay < 0 else 0
            move = round(seconds / (packet.time_base or 1))
            packet.dts, packet.pts = packet.dts + move, packet.pts + move
            packet.stream = streams[packet.stream_index]
            box.mux(packet)
    return out.getvalue()


def test_sound_can_be_left_out() -> None:
    data, _ = step(Step.CONVERT, film(3, tone=440), film=True, sound=False)
    with av.open(io.BytesIO(data), "r") as box:
        assert not box.streams.audio


def test_the_last_frame_is_the_last() -> None:
    source = film(10, label=LABEL)
    data, report = step(Step.LAST_FRAME, source)
    same_frames([np.asarray(Image.open(io.BytesIO(data)), np.uint8)], [shown(source)[-1]], 40)
    assert (report.content_type, report.notes) == ("image/png", ("frame 10 of the film",))
    assert read_label(data) == LABEL


@pytest.mark.parametrize(("black", "number"), [(0, 1), (4, 5), (8, 1)])
def test_a_poster_is_the_first_frame_that_shows_something(black: int, number: int) -> None:
    source = film(8, black=black)
    data, report = step(Step.POSTER, source, image_format="jpeg")
    assert report.notes == (f"frame {number} of the film",)
    same_frames([np.asarray(Image.open(io.BytesIO(data)), np.uint8)], [shown(source)[number - 1]])


def test_a_film_can_be_made_smaller() -> None:
    data, _ = step(Step.CONVERT, film(4, size=(256, 192)), film=True, resolution="120P")
    assert {frame.shape for frame in shown(data)} == {(120, 160, 3)}


def picture(mode: str = "RGB", size: tuple[int, int] = (60, 40), name: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(canvas(3, *size)).convert(mode).save(out, name)
    return out.getvalue()


@pytest.mark.parametrize("image_format", ["png", "jpeg", "webp"])
def test_a_picture_changes_its_format(image_format: str) -> None:
    data, report = step(Step.CONVERT, picture(), image_format=image_format)
    image = Image.open(io.BytesIO(data))
    assert (image.format or "").lower() == image_format == report.content_type.removeprefix("image/")
    same_frames([np.asarray(image.convert("RGB"), np.uint8)], [canvas(3, 60, 40)], 30)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize(("image_format", "bars"), [("png", (0, 0, 0, 0)), ("jpeg", (0, 0, 0, 255))])
def test_a_picture_of_another_ratio_gets_bars(mode: str, image_format: str, bars: tuple[int, ...]) -> None:
    data, _ = step(Step.CONVERT, picture(mode), image_format=image_format, size=(60, 60))
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    assert image.size == (60, 60)
    assert image.getpixel((30, 2)) == bars
    assert image.getpixel((30, 30)) != bars


def test_a_turned_film_is_upright() -> None:
    out = io.BytesIO()
    with av.open(io.BytesIO(film(3)), "r") as source, av.open(out, "w", format="mp4") as box:
        stream = box.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                box.mux(packet)
    data = turned(out.getvalue())
    made, _ = step(Step.CONVERT, data, film=True)
    same_frames(shown(made), [np.rot90(frame, -1) for frame in shown(data)], 32)
    frame, _ = step(Step.LAST_FRAME, data)
    assert Image.open(io.BytesIO(frame)).size == (48, 64)


def turned(data: bytes) -> bytes:
    """Write a quarter turn clockwise into the header of the only track."""
    at = data.index(b"tkhd") + 4 + 40
    matrix = [0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30]
    return data[:at] + b"".join(value.to_bytes(4, "big", signed=True) for value in matrix) + data[at + 36 :]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (film(10)[:-200], "truncated"),
        (b"no film at all" * 10, "wrong_type"),
        (picture(), "wrong_type"),
    ],
)
def test_what_is_no_whole_film_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(MediaRefused) as refusal:
        step(Step.LAST_FRAME, data)
    assert refusal.value.code == code


def test_a_refusal_says_which_film_it_is_about() -> None:
    with pytest.raises(MediaRefused, match="film 2 of 3: the film ends before"):
        step(Step.CONCATENATE, film(2), film(9)[:-300], film(2))


def test_absurd_sizes_are_refused() -> None:
    with pytest.raises(MediaRefused, match="4096"):
        step(Step.CONVERT, film(2, size=(256, 16)), film=True, resolution="1080P")


def test_progress_may_stop_it() -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert total == 20
        if done == 5:
            raise Enough

    with pytest.raises(Enough):
        step(Step.CONCATENATE, film(10), film(10), progress=stop)


def test_a_gap_longer_than_any_film_is_refused() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as box:
        video = box.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for pts in (0, 86400 * 24):
            frame = av.VideoFrame.from_ndarray(canvas(pts), format="rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 24)
            box.mux(video.encode(frame))
        box.mux(video.encode())
    with pytest.raises(MediaRefused, match="frames"):
        step(Step.CONCATENATE, film(2), out.getvalue())
