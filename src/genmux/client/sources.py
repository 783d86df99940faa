"""Inputs as callers give them: text, bytes, files, pictures and tasks, told apart and refused by name."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable
from mimetypes import guess_type
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

from genmux.client.effects import Flow, ReadFile
from genmux.client.endpoint import FromFile, FromTask, FromUrl, Given, Order, Ref, Source
from genmux.client.reasons import reason_of
from genmux.domain.errors import InvalidInput, MissingValue
from genmux.domain.spec import Kind, Medium
from genmux.domain.text import Text

MAX_FILE_BYTES: Final = 512 * 1024 * 1024
LONGEST_SHOWN: Final = 200

HEADS: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
)
"""How each kind of file begins: where, with which bytes, and what it is. The first that fits counts."""

HEAD_BYTES: Final = 64
"""So much of a file tells what it is."""
TAKEN: Final = frozenset(kind for _, _, kind in HEADS) - {"image/avif", "image/heic"}
"""What platforms take as an input."""

_KINDS: Final = {str(kind): kind for kind in Kind}
_TEXT: Final = (b"<", b"{", b"[")
"""How pages and messages begin that a server sends instead of a file."""
_URL: Final = re.compile(r"(?:https?://|data:|sha256:[0-9a-f]{64}\Z)", re.ASCII)
_TASK: Final = re.compile(r"(?:task:|genmux://task/)([^\s#]+)(?:#(0|[1-9]\d{0,3}))?\Z", re.ASCII)
_OTHER: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://", re.ASCII)


class Picture(Protocol):
    """A picture in memory, such as PIL's `Image`; it is sent as PNG, without loss."""

    def save(self, fp: Any, format: str) -> Any:
        """Write the picture to a file object."""
        ...


class Readable(Protocol):
    """A file that is open for reading bytes."""

    def read(self) -> bytes:
        """Return everything up to its end."""
        ...


class HasRef(Protocol):
    """A task of this client."""

    @property
    def ref(self) -> Ref:
        """The task as its endpoint knows it."""
        ...


Giving: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Picture | HasRef | tuple[HasRef, int]
)
"""What an input may be given as.

A text is an http, https or data URL, `task:<id>` (with `#<n>`: its output n), or the path of a file.
A task stands for its first result, `(task, n)` for its result n.
"""


def content_type_of(data: bytes) -> str | None:
    """Return what the first bytes of a file say that it is, None where they do not tell."""
    return next((kind for at, head, kind in HEADS if data.startswith(head, at)), None)


def input_type_of(data: bytes) -> str | None:
    """Return what the first bytes of an input say that it is, None for what no platform takes."""
    kind = content_type_of(data)
    return kind if kind in TAKEN else None


def parse_source(given: Any, field: str, medium: Medium = Medium.IMAGE) -> Source:
    """Return the source that `given` is; files are not touched yet. Raises `InvalidInput` naming `field`."""
    if isinstance(given, Given | FromFile | FromUrl | FromTask):
        return given
    if isinstance(given, str):
        return _from_text(given, field, medium)
    if isinstance(given, os.PathLike):
        return _from_file(given, field)
    if isinstance(given, bytes | bytearray | memoryview):
        return by_value(bytes(given), field)
    if isinstance(given, tuple) and len(given) == 2:
        return _numbered(*given, field)
    if isinstance(getattr(given, "ref", None), Ref):
        return FromTask(given.ref)
    if callable(getattr(given, "read", None)):
        return by_value(_read(given, field), field)
    if callable(getattr(given, "save", None)):
        return by_value(_png(given, field), field)
    raise _refuse(
        field,
        f"is a {type(given).__name__}; it must be a path, a URL, bytes, an open file, a picture or a task",
        f"的类型是 {type(given).__name__}；应为路径、URL、字节、打开的文件、图片或任务",
    )


def is_one(given: Any) -> bool:
    """Return whether `given` is one input, not several; files and tasks can be iterated over as well."""
    if isinstance(given, str | bytes | bytearray | memoryview | os.PathLike):
        return True
    return any(hasattr(given, name) for name in ("ref", "read", "save")) or not isinstance(given, Iterable)


def by_value(data: Any, field: str) -> Given:
    """Return bytes as an input. Raises `InvalidInput` for what is no picture, film or sound."""
    kind = input_type_of(data) if isinstance(data, bytes) else None
    if kind is None:
        raise _refuse(
            field,
            "must be a PNG, JPEG or WebP picture, an MP4, WebM or MOV film, or WAV or MP3 sound",
            "必须是 PNG、JPEG、WebP 图片，MP4、WebM、MOV 视频，或 WAV、MP3 音频",
        )
    return Given(data, kind)


def is_medium(head: bytes, told: str, medium: str) -> bool:
    """Return whether what begins like this and came as content type `told` can be a picture or a film.

    Bytes win over what they came as; those of an unknown format must at least be no text.
    """
    kind = content_type_of(head)
    if kind is not None:
        return kind.startswith(f"{medium}/")
    page = told.startswith("text/") or told.endswith(("json", "xml", "html"))
    return not page and not head.lstrip().startswith(_TEXT)


def load(order: Order, n: int, max_bytes: int = MAX_FILE_BYTES) -> Flow[Given]:
    """Return source `n` of an order, a `Given` or a `FromFile`, by value. Raises `InvalidInput`."""
    source = order.sources[n]
    if isinstance(source, Given):
        return source
    assert isinstance(source, FromFile)
    try:
        data: bytes = yield ReadFile(source.path, max_bytes)
    except OSError as error:
        reason = reason_of(error)
        raise _refuse(
            order.fields[n],
            f"cannot be read: {_shown(source.path)}: {reason}",
            f"无法读取：{_shown(source.path)}：{reason}",
        ) from None
    return by_value(data, order.fields[n])


def _from_text(given: str, field: str, medium: Medium) -> Source:
    if match := _TASK.match(given):
        return FromTask(Ref(match[1], kind_of(match[1], medium)), None if match[2] is None else int(match[2]))
    if _URL.match(given):
        return FromUrl(given)
    if _OTHER.match(given) or not given.strip():
        raise _refuse(
            field,
            f"is {given!r}; it must be an http, https or data URL, task:<id>, or the path of a file",
            f"为 {given!r}；应为 http、https 或 data URL、task:<id> 或文件路径",
        )
    return _from_file(given, field)


def kind_of(task_id: str, medium: Medium = Medium.VIDEO) -> Kind:
    """Return what a task makes by its id where the wire says it there, else by what it is wanted for."""
    return told_kind(task_id) or (Kind.IMAGE if medium is Medium.IMAGE else Kind.VIDEO)


def told_kind(task_id: str) -> Kind | None:
    """Return what a task makes by its id, as MPS and VOD spell it; None where the id does not say."""
    word = task_id.lower()
    if "aigcimage" in word:
        return Kind.IMAGE
    return Kind.VIDEO if "aigcvideo" in word else None


def kind_of_medium(given: Any, source: Source, field: str) -> Kind:
    """Return whether an input is a picture or a film, by itself or its name. Raises `MissingValue`."""
    match source:
        case FromTask(ref):
            kind = told_kind(ref.id) if isinstance(given, str) else ref.kind
        case Given(content_type=told):
            kind = _KINDS.get(told.partition("/")[0])
        case FromFile(path):
            kind = _KINDS.get((guess_type(path.name)[0] or "").partition("/")[0])
        case FromUrl(url):
            kind = _KINDS.get(_type_of_url(url).partition("/")[0])
    if kind is None:
        raise MissingValue(
            Text(
                f"kind is missing: nothing tells whether {field} is an image or a video.",
                f"缺少 kind：无法判断 {field} 是图片还是视频。",
            ),
            field="kind",
        )
    return kind


def _type_of_url(url: str) -> str:
    if url.startswith("data:"):
        return url[len("data:") :]
    return guess_type(urlsplit(url).path)[0] or ""


def _numbered(task: Any, n: Any, field: str) -> FromTask:
    ref = getattr(task, "ref", None)
    if isinstance(ref, Ref) and isinstance(n, int) and not isinstance(n, bool) and n >= 0:
        return FromTask(ref, n)
    raise _refuse(
        field, "must be a task and the number of its result, from 0", "必须是任务及其结果的编号（从 0 开始）"
    )


def _from_file(given: str | os.PathLike[str], field: str) -> FromFile:
    try:
        path = Path(given).expanduser()
    except (RuntimeError, TypeError) as error:  # nobody's home; a path in bytes
        why = str(error).rstrip(".")
        raise _refuse(field, f"is no path: {why}", f"不是路径：{why}") from None
    if "\0" in str(path):
        raise _refuse(field, "is no path: it holds a null byte", "不是路径：含有空字节")
    return FromFile(path)


def _shown(path: Path) -> str:
    """Return a path as a message shows it: one that is no path may be a whole file in Base64."""
    text = str(path)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _read(file: Readable, field: str) -> Any:
    try:
        data: Any = file.read()
    except (OSError, ValueError) as error:  # closed, or text that is none
        raise _refuse(field, f"cannot be read: {error}", f"无法读取：{error}") from None
    if isinstance(data, str):
        raise _refuse(
            field, 'is open as text; open it with mode "rb"', '是以文本模式打开的文件；请以 "rb" 模式打开'
        )
    return data


def _png(picture: Picture, field: str) -> bytes:
    buffer = io.BytesIO()
    try:
        picture.save(buffer, "PNG")
    except (OSError, ValueError) as error:  # a mode that PNG does not have, such as CMYK
        raise _refuse(field, f"cannot be written as PNG: {error}", f"无法保存为 PNG：{error}") from None
    return buffer.getvalue()


def _refuse(field: str, en: str, zh: str) -> InvalidInput:
    return InvalidInput(Text(f"{field} {en}.", f"{field} {zh}。"), field=field)
