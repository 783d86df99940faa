"""The caption: one or two lines of text in the lower left corner, when they are asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from genmux.render.overprint.fonts import drawable, font_for
from genmux.render.overprint.lettering import Stamp, lettered
from genmux.render.raster import F32, f32

NOT_DRAWABLE: Final = "the caption is left out: no font on this machine can draw it"
PARTLY_DRAWABLE: Final = "letters that no font on this machine can draw are left out of the caption"

LINES: Final = 2
_SIZE: Final = 25.0
_SMALLEST: Final = 9.0
_GAP: Final = 26.0
_LEADING: Final = 1.34
_WIDE: Final = 0.62  # of the picture, where it is wide
_NARROW: Final = 0.86
_SUPERSAMPLE: Final = 2
_ELLIPSIS: Final = "…"
_STAND_INS: Final = {
    **dict.fromkeys("‐‑‒–—―", "-"), **dict.fromkeys("‘’‚", "'"), **dict.fromkeys("“”„", '"'),
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i",
    "Æ": "Ae", "Œ": "Oe", "Ø": "O", "Đ": "D", "Ł": "L", "×": "x", "·": ".", "•": ".",
}  # fmt: skip
_NEVER_FIRST: Final = frozenset("，。、；：！？）》】」』”’…,.;:!?)]}%")


def caption(text: str, width: int, height: int, beside: Stamp | None) -> tuple[Stamp | None, tuple[str, ...]]:
    """The caption for a picture of this size, clear of the stamp `beside` it, and notes on what it lacks."""
    wanted = plain(text)
    shown = " ".join("".join(_shown(c) for c in wanted).split())
    if not any(c.isalnum() for c in shown):
        return None, (NOT_DRAWABLE,) if wanted else ()
    unit = min(width, height) / 720
    size, gap = max(_SMALLEST, _SIZE * unit), max(3, round(_GAP * unit))
    room = min(width - 2 * gap, width * (_WIDE if width > height else _NARROW))
    letters = _letters(balanced(shown, size, room), size)
    top = height - gap - letters.shape[0]
    if beside is not None and gap + letters.shape[1] > beside.left:
        top = min(top, beside.top - letters.shape[0])
    notes = () if all(_shown(c) for c in wanted) else (PARTLY_DRAWABLE,)
    return lettered(letters, size, gap, max(top, 0), (width, height)), notes


def plain(text: str) -> str:
    """The text on one line, without control characters and emoji."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(_kept(composed)).split())


def _shown(character: str) -> str:
    """The character, or what may stand for one that no font has: é is e; nothing where nothing may."""
    if drawable(character):
        return character
    stand_in = _STAND_INS.get(character) or unicodedata.normalize("NFKD", character)
    return "".join(c for c in stand_in if drawable(c))


def _kept(text: str) -> Iterator[str]:
    for character in text:
        kind = unicodedata.category(character)
        if character.isspace():
            yield " "
        elif kind[0] not in "CM" and kind not in ("So", "Sk") and ord(character) < 0x1F000:
            yield character


def balanced(text: str, size: float, room: float) -> list[str]:
    """The text in at most `LINES` lines no wider than `room`, as even as may be; a longer one ends in …"""
    lines = _wrapped(text, size, room)
    if len(lines) > LINES:
        last = "".join(lines[LINES - 1 :])
        return [*(line.strip() for line in lines[: LINES - 1]), _shortened(last, size, room)]
    narrow, wide = room / LINES, room
    while len(lines) > 1 and wide - narrow > size / 4:
        middle = (narrow + wide) / 2
        tried = _wrapped(text, size, middle)
        narrow, wide = (narrow, middle) if len(tried) <= len(lines) else (middle, wide)
        lines = tried if len(tried) <= len(lines) else lines
    return [line.strip() for line in lines]


def _wrapped(text: str, size: float, room: float) -> list[str]:
    lines = [""]
    for piece in _pieces(text):
        for part in [piece] if _length(piece.strip(), size) <= room else piece:
            if lines[-1] and _length((lines[-1] + part).rstrip(), size) > room:
                lines.append(part.lstrip())
            else:
                lines[-1] += part
    return lines


def _pieces(text: str) -> list[str]:
    """What a line is not broken inside of: Latin words, or one Chinese character and its punctuation."""
    pieces: list[str] = []
    for character in text:
        previous = pieces[-1][-1] if pieces else " "
        joined = character == " " or character in _NEVER_FIRST
        word = previous != " " and not (_wide(character) or _wide(previous))
        if pieces and (joined or word):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _shortened(line: str, size: float, room: float) -> str:
    ending = _ELLIPSIS if drawable(_ELLIPSIS) else "..."
    pieces = _pieces(line)
    while len(pieces) > 1 and _length("".join(pieces).rstrip() + ending, size) > room:
        pieces.pop()
    line = "".join(pieces)
    while line and _length(line.rstrip() + ending, size) > room:
        line = line[:-1]
    return line.rstrip(" ，。、；：,.;:") + ending


def _length(text: str, size: float) -> float:
    return sum(font_for(run[0], size).getlength(run) for run in _runs(text, size))


def _runs(text: str, size: float) -> list[str]:
    """The text cut where the font changes; a space goes with what precedes it."""
    fonts: list[object] = []
    for character in text:
        fonts.append(fonts[-1] if character == " " and fonts else font_for(character, size))
    pairs = groupby(zip(fonts, text, strict=True), key=lambda pair: id(pair[0]))
    return ["".join(character for _, character in run) for _, run in pairs]


def _letters(lines: list[str], size: float) -> F32:
    """The lines as coverage, the lowest one's baseline a quarter of a line above the bottom."""
    large = size * _SUPERSAMPLE
    step = round(large * _LEADING)
    width = max(_length(line, large) for line in lines)
    image = Image.new("L", (round(width) + 2 * _SUPERSAMPLE, step * len(lines)))
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        x, baseline = 0.0, step * (number + 1) - round(large * 0.28)
        for run in _runs(line, large):
            font = font_for(run[0], large)
            draw.text((x, baseline), run, font=font, fill=255, anchor="ls")
            x += font.getlength(run)
    small = (max(1, image.width // _SUPERSAMPLE), max(1, image.height // _SUPERSAMPLE))
    return f32(np.asarray(image.resize(small, Image.Resampling.LANCZOS)) / 255)
