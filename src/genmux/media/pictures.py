"""Pictures: JPEG, PNG and WebP, decoded to the last pixel."""

from __future__ import annotations

import hashlib
import warnings
from io import BytesIO
from typing import Any, BinaryIO, Final

from PIL import Image

from genmux.engine.ports import MediaFacts, MediaRefused
from genmux.media.signatures import CONTENT_TYPES, sniff, whole

Image.MAX_IMAGE_PIXELS = None  # every caller states its own limit, checked before decoding

_MAX_FRAMES: Final = 2000
_ORIENTATION_TAG: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SAVE_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "jpeg": {"quality": 95, "subsampling": 0},
    "png": {"compress_level": 4},
    "webp": {"quality": 95, "method": 2, "exact": True},
}


def check_image(data: bytes, max_pixels: int) -> tuple[MediaFacts, bytes]:
    """Decode an input picture fully; return its facts and the bytes to keep.

    The bytes are the very object that was given, unless EXIF asked for a rotation: then the
    picture is written anew in its own format, upright and without EXIF. Animated pictures are
    refused, since decoders do not agree on what they show.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image, name = open_picture(BytesIO(data), data[:64], len(data), max_pixels)
        with image:
            if name != "jpeg" and getattr(image, "is_animated", False):
                raise MediaRefused("wrong_type", "the picture is animated; send one frame of it")
            load_picture(image)
            turn = _TURNS.get(_orientation(image))
            kept = data if turn is None else _saved(image.transpose(turn), name, image.info)
            size = image.size if turn is None or turn.value in (0, 1, 3) else image.size[::-1]
            return _facts(image, name, size, len(kept), hashlib.sha256(kept).digest()), kept


def picture_facts(file: BinaryIO, size: int, max_pixels: int) -> MediaFacts:
    """Decode every frame of a result picture; return its facts with an empty hash."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        head = file.read(64)
        file.seek(0)
        image, name = open_picture(file, head, size, max_pixels)
        with image:
            frames = 1 if name == "jpeg" else int(getattr(image, "n_frames", 1))
            if frames > _MAX_FRAMES:
                raise MediaRefused("too_large", f"the picture has {frames} frames")
            for n in range(frames):
                load_picture(image, n)
            return _facts(image, name, image.size, size, b"", frames)


def open_picture(file: BinaryIO, head: bytes, size: int, max_pixels: int) -> tuple[Image.Image, str]:
    """Return a picture, its pixels not decoded yet, and its format. Raises `MediaRefused`."""
    name = sniff(head)
    if name not in _SAVE_OPTIONS:
        raise MediaRefused("wrong_type", f"this is {name or 'no picture'}; send JPEG, PNG or WebP")
    if not whole(name, head, size):
        raise MediaRefused("truncated", "the picture ends before it is complete")
    try:
        image = Image.open(file, formats=[name.upper()])
    except MemoryError:
        raise
    except Exception as error:
        raise _refusal(error) from error
    pixels = image.width * image.height
    if pixels > max_pixels:
        image.close()
        raise MediaRefused(
            "too_many_pixels", f"the picture has {image.width}x{image.height} pixels, more than {max_pixels}"
        )
    return image, name


def load_picture(image: Image.Image, frame: int = 0) -> None:
    """Decode one frame to its last pixel. Raises `MediaRefused`."""
    try:
        if frame:
            image.seek(frame)
        image.load()
    except MemoryError:
        raise
    except Exception as error:  # a broken PNG is a SyntaxError, for one
        raise _refusal(error) from error


def _refusal(error: Exception) -> MediaRefused:
    if "truncated" in str(error).lower() or isinstance(error, EOFError):
        return MediaRefused("truncated", "the picture ends before it is complete")
    return MediaRefused("not_decodable", f"the picture cannot be decoded: {str(error)[:120]}")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # broken EXIF does not make a picture worse
        return 1


def _saved(image: Image.Image, name: str, info: dict[Any, Any]) -> bytes:
    out = BytesIO()
    options = dict(_SAVE_OPTIONS[name])
    if profile := info.get("icc_profile"):
        options["icc_profile"] = profile
    image.save(out, format=name, **options)
    return out.getvalue()


def _facts(
    image: Image.Image, name: str, shape: tuple[int, int], size: int, sha256: bytes, frames: int = 1
) -> MediaFacts:
    alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return MediaFacts(
        content_type=CONTENT_TYPES[name],
        width=shape[0],
        height=shape[1],
        size=size,
        sha256=sha256,
        frames=frames,
        probe={"container": name, "mode": image.mode, "alpha": alpha},
    )
