"""Pictures and films to bytes: PNG, JPEG and WebP by Pillow, H.264 with AAC in MP4 by FFmpeg."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, BinaryIO, Final

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from genmux.render import label as labels
from genmux.render.audio import SAMPLE_RATE, audio_frame
from genmux.render.order import FPS
from genmux.render.raster import F32, U8

CONTENT_TYPES: Final = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "mp4": "video/mp4"}

# x264 writes its thread count into the stream: a fixed one keeps the bytes equal on every machine.
_THREADS: Final = 4
_CRF: Final = 21
_EXACT_QP: Final = 14
_BT709: Final = 1
_LIMITED: Final = 1


def encode_still(rgb: U8, image_format: str, label: str, out: BinaryIO) -> None:
    """Write one RGB picture; `image_format` is "png", "jpeg" or "webp"."""
    write_still(Image.fromarray(rgb), image_format, label, out)


def write_still(
    image: Image.Image, image_format: str, label: str, out: BinaryIO, profile: bytes | None = None
) -> None:
    """Write a picture as "png", "jpeg" (no transparency) or "webp", with a label unless it is ""."""
    if image_format == "png":
        info = labels.png_info(label) if label else None
        image.save(out, "PNG", compress_level=1, pnginfo=info, icc_profile=profile)
        return
    extra: dict[str, Any] = {"icc_profile": profile} if profile else {}
    if label:
        extra["exif"] = labels.exif(label)
    if image_format == "jpeg":
        image.save(out, "JPEG", quality=92, subsampling=0, comment=label.encode(), **extra)
    elif image_format == "webp":
        xmp = {"xmp": labels.xmp(label)} if label else {}
        image.save(out, "WEBP", quality=90, method=2, **extra, **xmp)
    else:
        raise ValueError(f"image format {image_format!r} is unknown; use png, jpeg or webp")


class _Bt709:
    """RGBA canvases to limited-range BT.709 4:2:0, tagged as such."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def frame(self, canvas: U8) -> av.VideoFrame:
        height, width = canvas.shape[:2]
        frame = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(canvas, format="rgba"),
            width,
            height,
            "yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
        )
        frame.colorspace, frame.color_range = _BT709, _LIMITED
        return frame


class FilmWriter:
    """An H.264 film, with AAC sound or without, that is written frame by frame."""

    def __init__(
        self,
        container: OutputContainer,
        size: tuple[int, int],
        rate: Fraction,
        *,
        sound: bool,
        exact: tuple[int, ...] = (),
        crf: int = _CRF,
    ) -> None:
        self._container = container
        self._rate = rate
        self._video = _video_stream(container, size, rate, exact, crf)
        self._audio = _audio_stream(container) if sound else None
        self.frames = 0
        self.samples = 0

    @property
    def samples_due(self) -> int:
        """How many samples are missing until the sound is as long as the picture."""
        return round(self.frames / self._rate * SAMPLE_RATE) - self.samples

    def add(self, frame: av.VideoFrame) -> None:
        """Append one frame of the film's own size, in limited-range BT.709 4:2:0."""
        frame.pts, frame.time_base = self.frames, 1 / self._rate
        self._container.mux(self._video.encode(frame))
        self.frames += 1

    def add_sound(self, samples: F32) -> None:
        """Append stereo float32 (2, samples); the film must have been begun with sound."""
        assert self._audio is not None
        if not samples.shape[1]:
            return
        frame = audio_frame(samples, self.samples)
        self._container.mux(self._audio.encode(frame))
        self.samples += samples.shape[1]

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._container.mux(self._video.encode())
        if self._audio is not None:
            self._container.mux(self._audio.encode())


def encode_film(
    frames: Iterable[U8],
    frame_count: int,
    size: tuple[int, int],
    sound: F32 | None,
    label: str,
    exact: tuple[int, ...],
    out: BinaryIO,
    each: Callable[[int], None],
) -> None:
    """Write RGBA canvases as a film at `FPS`; `out` must be seekable.

    `sound` is stereo float32 (2, samples), as long as the film, or None for no audio stream.
    `exact` lists frame numbers that are encoded nearly without loss.
    `each` is called with the number of frames encoded so far and may raise to stop.
    """
    with open_output(out, frame_count, label) as container:
        film = FilmWriter(container, size, Fraction(FPS), sound=sound is not None, exact=exact)
        converter = _Bt709()
        for canvas in frames:
            film.add(converter.frame(canvas))
            if sound is not None:
                film.add_sound(sound[:, film.samples : film.samples + film.samples_due])
            each(film.frames)
        film.finish()


@contextmanager
def open_output(out: BinaryIO, frame_count: int, label: str) -> Iterator[OutputContainer]:
    """Yield an MP4 of at most `frame_count` frames whose index comes first; a label of "" is none."""
    with av.open(out, "w", format="mp4", options=_muxing(frame_count, label)) as container:
        if label:
            container.metadata.update(labels.film_metadata(label))
        yield container


def _muxing(frame_count: int, label: str) -> dict[str, str]:
    """Options that put the index first: a reserved space, since faststart would read the output back."""
    reserved = 8192 + 96 * frame_count + 4 * len(label.encode())
    return {"movflags": "+use_metadata_tags", "moov_size": str(reserved)}


def _video_stream(
    container: OutputContainer, size: tuple[int, int], rate: Fraction, exact: tuple[int, ...], crf: int
) -> VideoStream:
    stream = container.add_stream("libx264", rate=rate)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = 1 / rate
    context = stream.codec_context
    context.time_base = 1 / rate
    context.thread_count = _THREADS
    context.gop_size = round(2 * rate)
    context.color_range, context.colorspace = _LIMITED, _BT709
    context.color_primaries, context.color_trc = _BT709, _BT709
    context.thread_type = "FRAME"
    # With mbtree x264 reads lookahead memory it never wrote, so that bytes differ from run to run.
    tuning = ["mbtree=0"]
    if exact:
        tuning.append("zones=" + "/".join(f"{n},{n},q={_EXACT_QP}" for n in exact))
    context.options = {
        "preset": "veryfast",
        "crf": str(crf),
        "profile": "high",
        "x264-params": ":".join(tuning),
    }
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
    stream.codec_context.bit_rate = 128_000
    return stream
