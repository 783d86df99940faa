"""Small orders, what is made of them, and decoded pictures, for the tests of the renderer."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import Image

from genmux.render import RenderInput, RenderOrder, RenderReport, render

LABEL = '{"Label":"1","ContentProducer":"genmux","中文":"预览"}'
Picture = np.ndarray[Any, np.dtype[np.uint8]]


def order(**changes: Any) -> RenderOrder:
    """A small order; name only what matters to the test."""
    fields: dict[str, Any] = {
        "kind": "image",
        "prompt": "ocean at sunset",
        "negative_prompt": "",
        "seed": 7,
        "index": 0,
        "width": 320,
        "height": 180,
        "frames": 5,
        "audio": False,
        "image_format": "png",
        "mark": False,
        "label": LABEL,
    }
    return RenderOrder(**(fields | changes))


def clip(**changes: Any) -> RenderOrder:
    """A small order of a film."""
    return order(**({"kind": "video"} | changes))


def always(done: int, total: int) -> bool:
    """A progress callback that never stops the renderer."""
    return True


def made(
    wanted: RenderOrder, progress: Callable[[int, int], bool] = always, threads: int = 2
) -> tuple[bytes, RenderReport]:
    """The bytes and the report of an order."""
    out = io.BytesIO()
    report = render(wanted, out, progress, threads)
    return out.getvalue(), report


def picture(data: bytes) -> Picture:
    """A still as RGB."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def film(data: bytes) -> list[Picture]:
    """All frames of a film as RGB, decoded as BT.709."""
    with av.open(io.BytesIO(data), "r") as container:
        return [_rgb(frame) for frame in container.decode(video=0)]


def _rgb(frame: av.VideoFrame) -> Picture:
    """A frame as a player shows it: colour is interpolated between its samples, not repeated."""
    decoded = frame.reformat(
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND,
    )
    return np.asarray(decoded.to_ndarray(), np.uint8)


def psnr(a: Picture, b: Picture) -> float:
    """Peak signal-to-noise ratio in dB."""
    error = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def file_of(rgb: Picture, image_format: str = "PNG") -> bytes:
    """A picture as file bytes."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, image_format)
    return out.getvalue()


def scenery(prompt: str, seed: int = 3, width: int = 640, height: int = 360) -> bytes:
    """A PNG to use as an input picture."""
    return made(order(prompt=prompt, seed=seed, width=width, height=height))[0]


def first_frame(data: bytes) -> RenderInput:
    return RenderInput("first_frame", data)


def last_frame(data: bytes) -> RenderInput:
    return RenderInput("last_frame", data)


def reference(data: bytes) -> RenderInput:
    return RenderInput("reference", data)


class Counts:
    """A progress callback that remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> bool:
        self.seen.append((done, total))
        return True
