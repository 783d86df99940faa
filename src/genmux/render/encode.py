"""Pictures and films to bytes: PNG, JPEG and WebP by Pillow, H.264 with AAC in MP4 by FFmpeg."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import BinaryIO, Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from genmux.render import label as labels
from genmux.render.audio import SAMPLE_RATE
from genmux.render.order import FPS
from genmux.render.raster import F32, U8

CONTENT_TYPES: Final = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "mp4": "video/mp4"}

# x264 writes its thread count into the stream: a fixed one keeps the bytes equal on every machine.
_THREADS: Final = 4
_CRF: Final = 21
_EXACT_QP: Final = 14
_BT709: Final = 1
_LIMITED: Final = 1
_AUDIO_CHUNK: Final = 1024


def encode_still(rgb: U8, image_format: str, label: str, out: BinaryIO) -> None:
    """Write one RGB picture; `image_format` is "png", "jpeg" or "webp"."""
    image = Image.fromarray(rgb)
    if image_format == "png":
        image.save(out, "PNG", compress_level=1, pnginfo=labels.png_info(label))
    elif image_format == "jpeg":
        image.save(out, "JPEG", quality=92, subsampling=0, exif=labels.exif(label), comment=label.encode())
    elif image_format == "webp":
        image.save(out, "WEBP", quality=90, method=2, exif=labels.exif(label), xmp=labels.xmp(label))
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
            interpolation=Interpolation.BILINEAR,
        )
        frame.colorspace, frame.color_range = _BT709, _LIMITED
        return frame


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

    `sound` is stereo float32 (2, samples) or None for no audio stream.
    `exact` lists frame numbers that are encoded nearly without loss.
    `each` is called with the number of frames encoded so far and may raise to stop.
    """
    with av.open(out, "w", format="mp4", options=_muxing(frame_count, label)) as container:
        container.metadata.update(labels.film_metadata(label))
        video = _video_stream(container, size, exact)
        audio = None if sound is None else _SoundTrack(container, sound)
        converter = _Bt709()
        for number, canvas in enumerate(frames):
            frame = converter.frame(canvas)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
            if audio is not None:
                audio.advance(round((number + 1) / FPS * SAMPLE_RATE))
            each(number + 1)
        container.mux(video.encode())
        if audio is not None:
            audio.finish()


def _muxing(frame_count: int, label: str) -> dict[str, str]:
    """Options that put the index first: a reserved space, since faststart would read the output back."""
    reserved = 8192 + 96 * frame_count + 4 * len(label.encode())
    return {"movflags": "+use_metadata_tags", "moov_size": str(reserved)}


def _video_stream(container: OutputContainer, size: tuple[int, int], exact: tuple[int, ...]) -> VideoStream:
    stream = container.add_stream("libx264", rate=FPS)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, FPS)
    context = stream.codec_context
    context.time_base = Fraction(1, FPS)
    context.thread_count = _THREADS
    context.gop_size = 2 * FPS
    context.color_range, context.colorspace = _LIMITED, _BT709
    context.color_primaries, context.color_trc = _BT709, _BT709
    context.thread_type = "FRAME"
    # With mbtree x264 reads lookahead memory it never wrote, so that bytes differ from run to run.
    tuning = ["mbtree=0"]
    if exact:
        tuning.append("zones=" + "/".join(f"{n},{n},q={_EXACT_QP}" for n in exact))
    context.options = {
        "preset": "veryfast",
        "crf": str(_CRF),
        "profile": "high",
        "x264-params": ":".join(tuning),
    }
    return stream


class _SoundTrack:
    """The sound of a film, fed to its AAC stream in step with the frames."""

    def __init__(self, container: OutputContainer, sound: F32) -> None:
        self._container = container
        self._sound = sound
        self._stream: AudioStream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        self._stream.codec_context.bit_rate = 128_000
        self._position = 0

    def advance(self, sample: int) -> None:
        """Encode up to about `sample`, in whole chunks."""
        while self._position + _AUDIO_CHUNK <= min(sample, self._sound.shape[1]):
            self._push(_AUDIO_CHUNK)

    def finish(self) -> None:
        """Encode what is left and flush."""
        self.advance(self._sound.shape[1])
        rest = self._sound.shape[1] - self._position
        if rest:
            self._push(rest)
        self._container.mux(self._stream.encode())

    def _push(self, count: int) -> None:
        chunk = np.ascontiguousarray(self._sound[:, self._position : self._position + count])
        frame = av.AudioFrame.from_ndarray(chunk, format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = self._position, Fraction(1, SAMPLE_RATE)
        self._container.mux(self._stream.encode(frame))
        self._position += count
