"""Values as fal's clients write them: numbers may come as text, and null, "" and "auto" say nothing."""

from __future__ import annotations

from typing import Any, Final

from genmux.domain.errors import InvalidInput, InvalidValue
from genmux.domain.results import parse_result
from genmux.domain.text import Text
from genmux.domain.words import parse_ratio, parse_resolution, parse_size
from genmux.wires.rest_values import read_text, refuse
from genmux.wires.results import FORM, NoResultError, normal_source

AUTO: Final = "auto"
LONGEST_SECONDS: Final = 86_400.0
LONGEST_LIST: Final = 100

PRESETS: Final = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
"""The names of `image_size`, (width, height) in pixels; `auto_2K` and its like are resolutions."""

_SOURCES: Final = ("http://", "https://", "data:")
_FLAGS: Final = {"true": True, "false": False}
_WORDS_OF_RESOLUTIONS: Final = {"0.5k": "512P"}


def as_it_is(value: Any) -> Any:
    """Return `value`."""
    return value


def read_whole(value: Any, path: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, written as a number or as its digits."""
    number = _number(value)
    if number is None or number != int(number) or not low <= number <= high:
        raise refuse(
            path, f"must be a whole number from {low} to {high}.", f"必须是 {low} 到 {high} 的整数。"
        )
    return int(number)


def _number(value: Any) -> int | float | None:
    """Return a finite number, None for what is none; digits stay exact, however many there are."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or not value.isascii() or len(value) > 32:
        return None
    try:
        return int(value)
    except ValueError:
        return _fraction(value)


def _fraction(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= LONGEST_SECONDS * 1000 else None


def read_flag(value: Any, path: str) -> bool:
    """Return true or false, be it written as a text."""
    flag = _FLAGS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise refuse(path, "must be true or false.", "必须是 true 或 false。")
    return flag


def read_duration(value: Any, path: str) -> float | None:
    """Return seconds: 5, "5" or "5s"."""
    if value == AUTO:
        return None
    number = _number(value.removesuffix("s") if isinstance(value, str) else value)
    if number is None or not 0 < number <= LONGEST_SECONDS:
        raise refuse(path, 'must be a number of seconds, such as "5".', "必须是秒数，例如 “5”。")
    return float(number)


def render_seconds(seconds: float) -> str:
    """Return a number of seconds as fal writes it: "5", not "5.0"."""
    return str(int(seconds)) if seconds.is_integer() else repr(seconds)


def read_resolution(value: Any, path: str) -> str | None:
    """Return the normal spelling of a resolution word; fal writes `720p`, `768P`, `4k` and `0.5K`."""
    text = read_text(value, path)
    if text == AUTO:
        return None
    word = _WORDS_OF_RESOLUTIONS.get(text.strip().lower()) or parse_resolution(text)
    if word is None:
        raise refuse(path, "must read like 720p, 1080p, 2K or 4K.", "的写法示例：720p、1080p、2K、4K。")
    return word


def render_resolution(word: str) -> str:
    """Return a resolution word as most of fal's models write it."""
    return word.lower() if word.endswith("P") else word


def read_ratio(value: Any, path: str) -> str | None:
    """Return the normal spelling of an aspect ratio."""
    text = read_text(value, path)
    if text == AUTO:
        return None
    word = parse_ratio(text)
    if word is None:
        raise refuse(path, "must read like 16:9, 9:16 or 1:1.", "的写法示例：16:9、9:16、1:1。")
    return word


def read_size(value: Any, path: str) -> tuple[int, int] | None:
    """Return (width, height) of a preset's name, an object or a text such as 1024x1024."""
    if isinstance(value, dict):
        sides = [read_whole(value.get(side), f"{path}.{side}", 1, 99_999) for side in ("width", "height")]
        return sides[0], sides[1]
    text = read_text(value, path)
    if text == AUTO:
        return None
    size = PRESETS.get(text) or parse_size(text)
    if size is None:
        listed = ", ".join(PRESETS)
        raise refuse(
            path,
            f'must be {{"width": …, "height": …}}, a size such as 1024x1024, or one of {listed}.',
            f'必须是 {{"width": …, "height": …}}、1024x1024 这样的尺寸，或以下之一：{listed}。',
        )
    return size


def render_size(size: tuple[int, int]) -> dict[str, int]:
    """Return a size as the object that every model with an `image_size` takes."""
    return {"width": size[0], "height": size[1]}


def read_source(value: Any, path: str) -> str:
    """Return the source that the URL of an input is."""
    try:
        source = normal_source(read_text(value, path))
    except NoResultError:
        raise InvalidInput(Text(f"{path}: {FORM.en}", f"{path}：{FORM.zh}"), field=path) from None
    if not is_source(source):
        raise InvalidInput(
            Text(f"{path} must be an http, https or data URL.", f"{path} 必须是 http、https 或 data URL。"),
            field=path,
        )
    return source


def is_source(text: str) -> bool:
    """Return whether a source can be said on this wire."""
    return text.startswith(_SOURCES) or parse_result(text) is not None


def read_items(value: Any, path: str) -> list[Any]:
    """Return a list of at most `LONGEST_LIST` items; one text alone is a list of it."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or len(items) > LONGEST_LIST:
        raise refuse(
            path,
            f"must be an array of at most {LONGEST_LIST} items.",
            f"必须是数组，最多 {LONGEST_LIST} 项。",
        )
    return items


def said_twice(path: str, other: str) -> InvalidValue:
    """Return the error for two fields that mean the same."""
    return refuse(path, f"says the same as {other}; send one of them.", f"与 {other} 含义相同，请只传其一。")
