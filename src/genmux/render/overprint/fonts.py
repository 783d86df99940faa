"""Fonts that can draw a character: Pillow's own for Latin, one of the system's for Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

Font = ImageFont.FreeTypeFont

# Where systems keep a font with Chinese characters; the first that can be opened is used.
SYSTEM_FONTS: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJKsc-Regular.otf",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-vf-fonts/NotoSansCJK-VF.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansSC-Regular.ttf",
    "/usr/share/fonts/noto/NotoSansSC-Regular.otf",
    "/usr/share/fonts/opentype/source-han-sans/SourceHanSansSC-Regular.otf",
    "/usr/share/fonts/adobe-source-han-sans/SourceHanSansCN-Regular.otf",
    "/usr/share/fonts/adobe-source-han-sans-cn-fonts/SourceHanSansCN-Regular.otf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/droid/DroidSansFallback.ttf",
    "/usr/share/fonts/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/msyh.ttf",
    "C:/Windows/Fonts/simhei.ttf",
    "C:/Windows/Fonts/Deng.ttf",
    "C:/Windows/Fonts/simsun.ttc",
    "/usr/local/share/fonts/NotoSansCJK-Regular.ttc",
    "/usr/local/share/fonts/NotoSansSC-Regular.otf",
)
_MISSING: Final = "\U0010fffe"
_SIZE_TO_LOOK_AT: Final = 24.0


def drawable(character: str) -> bool:
    """Whether a font here has a glyph for the character; what has none would be a box."""
    return character == " " or any(_has(path, character) for path in _paths())


def font_for(character: str, size: float) -> Font:
    """The first font that has a drawable character, at this size."""
    return next((opened(path, size) for path in _paths() if _has(path, character)), opened("", size))


@lru_cache(maxsize=64)
def opened(path: str, size: float) -> Font:
    """A font file at a size; "" is Pillow's own."""
    if path:
        return ImageFont.truetype(path, size)
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _paths() -> Iterator[str]:
    yield ""
    if system := _system_font():
        yield system


@cache
def _system_font() -> str:
    return next((path for path in SYSTEM_FONTS if _usable(path)), "")


def _usable(path: str) -> bool:
    """Whether the file is a font that has Chinese characters."""
    if not Path(path).is_file():
        return False
    try:
        return _has(path, "海")
    except OSError:
        return False


@lru_cache(maxsize=4096)
def _has(path: str, character: str) -> bool:
    """Whether the font's glyph for the character is another one than its glyph for what is missing."""
    if unicodedata.category(character)[0] == "Z":
        return False
    font = opened(path, _SIZE_TO_LOOK_AT)
    return bytes(font.getmask(character)) != bytes(font.getmask(_MISSING))
