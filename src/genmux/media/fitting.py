"""Makes a picture one that an upstream takes: its format, its sides and its bytes, in that order."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final

from PIL import Image

from genmux.engine.ports import MediaRefused
from genmux.media.pictures import load_picture, open_picture
from genmux.media.signatures import CONTENT_TYPES
from genmux.providers.seam import InputBytes, PictureLimits

MAX_PIXELS: Final = 160_000_000
_FORMATS: Final = {CONTENT_TYPES[name]: name for name in ("jpeg", "png", "webp")}
_LOSSY: Final = ("jpeg", "webp")
_BEST: Final = 95
_QUALITIES: Final = {_BEST: 1.0, 90: 0.65, 80: 0.42, 70: 0.33}
"""Qualities, best first, and about how many of the best one's bytes they need."""
_WEIGHTS: Final = {"jpeg": 1.0, "webp": 0.8, "png": 3.0}
"""About how many bytes a photograph has in each format."""
_MOST_SIDE: Final = 16_383  # of a WebP
_LEAST_SIDE: Final = 64  # the long side below which a picture is no reference any more
_STEP: Final = 0.9  # sides are made this much smaller than computed: bytes do not follow pixels exactly
_WHITE: Final = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class _Try:
    """One way to write a picture: its format, long side and, where it has one, quality."""

    name: str
    side: int
    quality: int


def fit_image(data: bytes, limits: PictureLimits) -> InputBytes:
    """Return a frozen, upright picture within `limits`: the very bytes when they fit already.

    What must change is changed as little as possible: an unwanted format becomes the first wanted
    one, sides shrink to `max_side`, then quality and at last sides shrink until `max_bytes` holds.
    Equal inputs give equal bytes. Raises `MediaRefused` when no way is left, or for no picture.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image, name = open_picture(BytesIO(data), data[:64], len(data), MAX_PIXELS)
        with image:
            if _fits(image, name, len(data), limits):
                return InputBytes(data, CONTENT_TYPES[name])
            load_picture(image)
            return _fitted(image, name, len(data), limits)


def _fits(image: Image.Image, name: str, size: int, limits: PictureLimits) -> bool:
    return (
        (not limits.formats or CONTENT_TYPES[name] in limits.formats)
        and (not limits.max_side or max(image.size) <= limits.max_side)
        and (not limits.max_bytes or size <= limits.max_bytes)
    )


def _fitted(image: Image.Image, name: str, size: int, limits: PictureLimits) -> InputBytes:
    plain = plain_picture(image)
    chosen = _target(name, limits)
    squeezed = _squeezed(chosen, plain, limits)
    first = _Try(chosen, _side(image, limits), _BEST)
    # Large pictures take seconds to write, so begin with what may well fit.
    share = limits.max_bytes / _expected(first, image, name, size) if limits.max_bytes else 1.0
    attempt = _next(first, squeezed, share)
    while attempt is not None:
        data = _written(plain, image, attempt)
        if not limits.max_bytes or len(data) <= limits.max_bytes:
            note = _note(image, name, attempt, plain.mode == "RGBA")
            return InputBytes(data, CONTENT_TYPES[attempt.name], note)
        attempt = _next(attempt, squeezed, limits.max_bytes / len(data))
    raise MediaRefused("too_large", f"the picture cannot be made as small as {limits.max_bytes} bytes")


def _expected(attempt: _Try, image: Image.Image, name: str, size: int) -> float:
    """Return about how many bytes a first attempt will have."""
    return size * _WEIGHTS[attempt.name] / _WEIGHTS[name] * (attempt.side / max(image.size)) ** 2


def _next(attempt: _Try, squeezed: str, share: float) -> _Try | None:
    """Return what to try when `share` of an attempt's bytes may be had: squeeze first, then shrink."""
    if share >= 1:
        return attempt
    best = attempt.quality
    lower = [quality for quality in _QUALITIES if quality < best]
    if attempt.name != squeezed:
        share *= _WEIGHTS[attempt.name] / _WEIGHTS[squeezed]
        attempt = replace(attempt, name=squeezed)
        lower.insert(0, best)
    if squeezed in _LOSSY and lower:
        quality = next((q for q in lower if _QUALITIES[q] <= share * _QUALITIES[best]), lower[-1])
        share *= _QUALITIES[best] / _QUALITIES[quality]
        attempt = replace(attempt, quality=quality)
        if share >= 1:
            return attempt
    side = math.floor(attempt.side * math.sqrt(share) * _STEP)
    return replace(attempt, side=side) if side >= _LEAST_SIDE else None


def _side(image: Image.Image, limits: PictureLimits) -> int:
    return min(max(image.size), limits.max_side or _MOST_SIDE, _MOST_SIDE)


def _target(name: str, limits: PictureLimits) -> str:
    if not limits.formats or CONTENT_TYPES[name] in limits.formats:
        return name
    for content_type in limits.formats:
        if content_type in _FORMATS:
            return _FORMATS[content_type]
    wanted = ", ".join(limits.formats)
    raise MediaRefused("wrong_type", f"the picture cannot be converted to any of {wanted}")


def _squeezed(name: str, plain: Image.Image, limits: PictureLimits) -> str:
    """Return a format whose quality can be lowered, where one is wanted that shows the same picture."""
    if name in _LOSSY:
        return name
    allowed = [_FORMATS[item] for item in limits.formats if item in _FORMATS]
    if plain.mode == "RGBA":
        return "webp" if "webp" in allowed else name
    return next((item for item in allowed if item in _LOSSY), name if allowed else "jpeg")


def plain_picture(image: Image.Image) -> Image.Image:
    """Return the picture in grey, colour, or colour with transparency, eight bits each."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image.convert("RGBA") if "transparency" in image.info else image
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    alpha = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if alpha else "RGB")


def _written(plain: Image.Image, source: Image.Image, attempt: _Try) -> bytes:
    picture = _scaled(plain, attempt.side)
    if attempt.name == "jpeg" and picture.mode == "RGBA":
        picture = on_white(picture)
    out = BytesIO()
    picture.save(out, format=attempt.name, **_options(attempt, colour_profile(source)))
    return out.getvalue()


def _scaled(image: Image.Image, side: int) -> Image.Image:
    size = _shape(image, side)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _shape(image: Image.Image, side: int) -> tuple[int, int]:
    longest = max(image.size)
    if side >= longest:
        return image.size
    return max(1, round(image.width * side / longest)), max(1, round(image.height * side / longest))


def on_white(image: Image.Image) -> Image.Image:
    """Return a picture with transparency as it shows on white."""
    flat = Image.new("RGB", image.size, _WHITE)
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def colour_profile(source: Image.Image) -> bytes | None:
    """Return the colour profile, unless it describes colours that were converted away."""
    profile = source.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and source.mode not in ("CMYK", "YCCK", "LAB") else None


def _options(attempt: _Try, profile: bytes | None) -> dict[str, Any]:
    options: dict[str, Any] = {"icc_profile": profile} if profile else {}
    if attempt.name == "jpeg":
        return options | {"quality": attempt.quality, "subsampling": 0}
    if attempt.name == "webp":
        return options | {"quality": attempt.quality, "method": 2}
    return options


def _note(source: Image.Image, name: str, attempt: _Try, transparent: bool) -> str:
    said = []
    width, height = _shape(source, attempt.side)
    if (width, height) != source.size:
        said.append(f"scaled from {source.width}x{source.height} to {width}x{height}")
    if attempt.name != name:
        ground = " on white" if transparent and attempt.name == "jpeg" else ""
        said.append(f"converted from {name} to {attempt.name}{ground}")
    if attempt.name in _LOSSY and (attempt.quality != _BEST or not said):
        said.append(f"saved at quality {attempt.quality}")
    return " and ".join(part for part in (", ".join(said[:-1]), *said[-1:]) if part) or "saved anew"
