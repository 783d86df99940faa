"""Films: MP4, QuickTime, WebM and Matroska, decoded to the last frame and the last sample."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from typing import Any, BinaryIO, Final

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from genmux.engine.ports import MediaFacts, MediaRefused
from genmux.media.signatures import CONTENT_TYPES, boxes_are_whole, segment_is_whole, sniff

_DEMUXERS: Final = {"mp4": "mov", "mov": "mov", "webm": "matroska", "matroska": "matroska"}
# A film may name other files to read; with no protocol allowed it gets none.
_SEALED: Final = {"protocol_whitelist": "none"}
_MAX_FRAMES: Final = 400_000
_MAX_CORRUPT_SHARE: Final = 0.05  # of the frames a decoder had to patch up
_MIN_FRAME_SHARE: Final = 0.9  # of the promised frames: an edit list may hide some
_DECODER_THREADS: Final = 2
POSTER_PIXELS: Final = 1280
"""The long side of a poster at most."""


@dataclass(slots=True)
class _Tally:
    """What decoding saw so far."""

    frames: int = 0
    corrupt: int = 0
    samples: int = 0
    first_second: float | None = None
    last_second: float = 0.0
    sizes: set[tuple[int, int]] = field(default_factory=set)
    poster: bytes = b""


def film_facts(file: BinaryIO, size: int, max_pixels: int) -> MediaFacts:
    """Decode every frame and sample of a film; return its facts with an empty hash."""
    with open_film(file, size) as (container, name):
        return _container_facts(container, name, size, max_pixels)


@contextmanager
def open_film(file: BinaryIO, size: int) -> Iterator[tuple[InputContainer, str]]:
    """Yield an opened film of `size` bytes and its format, nothing decoded yet.

    Raises `MediaRefused` for no film or half of one, also for what goes wrong while it is open.
    """
    head = file.read(64)
    file.seek(0)
    name = sniff(head)
    if name not in _DEMUXERS:
        raise MediaRefused("wrong_type", f"this is {name or 'no film'}, not MP4, QuickTime, WebM or Matroska")
    is_whole = boxes_are_whole if _DEMUXERS[name] == "mov" else segment_is_whole
    if not is_whole(file, size):
        raise MediaRefused("truncated", "the film ends before its own headers say")
    file.seek(0)
    try:
        with av.open(
            file, "r", format=_DEMUXERS[name], options=_SEALED, metadata_errors="replace"
        ) as container:
            yield container, name
    except av.error.FFmpegError as error:
        if _lacks_memory(error):
            raise MemoryError(str(error)) from error
        raise _refusal(error) from error


def _container_facts(container: InputContainer, name: str, size: int, max_pixels: int) -> MediaFacts:
    video = picture_stream(container, max_pixels)
    audio = container.streams.audio[0] if container.streams.audio else None
    declared = video.frames
    tally = _decode(container, video, audio, max_pixels)
    if not tally.frames:
        raise MediaRefused("not_decodable", "the film has no frame that can be decoded")
    if tally.corrupt > tally.frames * _MAX_CORRUPT_SHARE:
        raise MediaRefused("not_decodable", f"{tally.corrupt} of {tally.frames} frames are damaged")
    if tally.frames < declared * _MIN_FRAME_SHARE:
        raise MediaRefused("truncated", f"the film promises {declared} frames and has {tally.frames}")
    return MediaFacts(
        content_type=CONTENT_TYPES[name],
        width=video.width,
        height=video.height,
        size=size,
        sha256=b"",
        seconds=_seconds(tally, video),
        frames=tally.frames,
        audio=tally.samples > 0,
        probe=_probe(container, name, tally, size),
        poster=tally.poster,
    )


def picture_stream(container: InputContainer, max_pixels: int) -> VideoStream:
    """Return the stream that is the picture of a film, ready to decode. Raises `MediaRefused`."""
    if not container.streams.video:
        raise MediaRefused("wrong_type", "the film has no picture")
    video = container.streams.video[0]
    check_pixels(video.width, video.height, max_pixels)
    video.thread_type = "AUTO"
    video.codec_context.thread_count = _DECODER_THREADS
    return video


def _decode(
    container: InputContainer, video: VideoStream, audio: AudioStream | None, max_pixels: int
) -> _Tally:
    tally = _Tally()
    streams = [video] if audio is None else [video, audio]
    for frame in _frames(container, streams):
        if isinstance(frame, VideoFrame):
            _count(frame, tally, max_pixels)
        else:
            tally.samples += int(getattr(frame, "samples", 0))
    return tally


def _frames(container: InputContainer, streams: list[Any]) -> Iterator[Any]:
    for packet in container.demux(streams):
        yield from packet.decode()


def _count(frame: VideoFrame, tally: _Tally, max_pixels: int) -> None:
    tally.frames += 1
    if tally.frames > _MAX_FRAMES:
        raise MediaRefused("too_large", f"the film has more than {_MAX_FRAMES} frames")
    if (frame.width, frame.height) not in tally.sizes:
        check_pixels(frame.width, frame.height, max_pixels)
        tally.sizes.add((frame.width, frame.height))
    if not tally.poster:
        tally.poster = _poster(frame)
    tally.corrupt += bool(frame.is_corrupt)
    if frame.time is not None:
        first = frame.time if tally.first_second is None else tally.first_second
        tally.first_second = min(first, frame.time)
        tally.last_second = max(tally.last_second, frame.time)


def _poster(frame: VideoFrame) -> bytes:
    """Return a frame as a JPEG that is quick to load."""
    picture = frame.to_image()  # type: ignore[no-untyped-call]
    picture.thumbnail((POSTER_PIXELS, POSTER_PIXELS))
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raise `MediaRefused` for a film or frame of no size, or of too many pixels."""
    if width < 1 or height < 1:
        raise MediaRefused("not_decodable", "the film does not say how large its picture is")
    if width * height > max_pixels:
        raise MediaRefused("too_many_pixels", f"the film has {width}x{height} pixels, more than {max_pixels}")


def _seconds(tally: _Tally, video: VideoStream) -> float | None:
    """Return how long the picture runs: to the end of the last frame, not to its beginning."""
    if tally.first_second is None:
        return None
    rate = video.average_rate or video.guessed_rate
    last = float(1 / rate) if rate else 0.0
    return round(tally.last_second - tally.first_second + last, 3)


def _probe(container: InputContainer, name: str, tally: _Tally, size: int) -> dict[str, Any]:
    streams = [_stream_probe(stream) for stream in container.streams]
    video = next(item for item in streams if item["type"] == "video")
    audio = next((item for item in streams if item["type"] == "audio"), None)
    seconds = container.duration / av.time_base if container.duration else None
    return {
        "container": name,
        "video_codec": video["codec"],
        "audio_codec": audio["codec"] if audio else None,
        "bit_rate": container.bit_rate or (round(size * 8 / seconds) if seconds else None),
        "fps": video["fps"],
        "seconds": seconds,
        "corrupt_frames": tally.corrupt,
        "audio_samples": tally.samples,
        "streams": streams,
    }


def _stream_probe(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    facts: dict[str, Any] = {"type": stream.type, "codec": context.name if context else None}
    if stream.type == "video":
        facts |= {
            "profile": stream.profile,
            "width": stream.width,
            "height": stream.height,
            "pixel_format": context.pix_fmt,
            "fps": _number(stream.average_rate),
            "frames": stream.frames or None,
            "bit_rate": stream.bit_rate,
        }
    elif stream.type == "audio":
        facts |= {
            "sample_rate": stream.sample_rate,
            "channels": context.channels,
            "bit_rate": stream.bit_rate,
        }
    return facts


def _number(rate: Fraction | None) -> float | None:
    return None if rate is None else round(float(rate), 3)


def _refusal(error: av.error.FFmpegError) -> MediaRefused:
    if isinstance(error, av.error.EOFError):
        return MediaRefused("truncated", "the film ends before it is complete")
    return MediaRefused("not_decodable", f"the film cannot be decoded: {str(error)[:120]}")


def _lacks_memory(error: av.error.FFmpegError) -> bool:
    return error.errno == errno.ENOMEM
