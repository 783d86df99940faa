"""The manifest: one record for everything that happened to a line, each durable before it is relied on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final, TypeAlias

import msgspec

from genmux.domain.spec import Kind, TaskError
from genmux.domain.text import Text

FORMAT: Final = 1
NAME: Final = "manifest.jsonl"


class Opened(msgspec.Struct, frozen=True, tag="opened", tag_field="record"):
    """A run began: which batch this is, where it is made, and the file that was read.

    Times are milliseconds since the epoch; `sha256` is that of the file's content.
    """

    at: int
    format: int
    batch: str
    endpoint: str
    file: str
    sha256: str


class Intended(msgspec.Struct, frozen=True, omit_defaults=True, tag="intended", tag_field="record"):
    """A create is about to be sent: the `tries`-th of this line, counted from 0.

    `links` are the tasks that its links stand for, in the order of its inputs.
    """

    at: int
    line: str
    name: str
    tries: int
    stem: str
    links: tuple[str, ...] = ()


class Created(msgspec.Struct, frozen=True, tag="created", tag_field="record"):
    """The create was answered with the task's id."""

    at: int
    line: str
    id: str
    kind: Kind


class Unsent(msgspec.Struct, frozen=True, tag="unsent", tag_field="record"):
    """The create that was intended certainly made nothing; it may be sent again."""

    at: int
    line: str


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="record"):
    """The create was refused, or its task ended without a result."""

    at: int
    line: str
    code: str
    message: str
    message_zh: str = ""


class SavedFile(msgspec.Struct, frozen=True):
    """One result on this disk; `path` is relative to the batch's directory."""

    path: str
    size: int  # bytes
    sha256: str


class Saved(msgspec.Struct, frozen=True, tag="saved", tag_field="record"):
    """Every result of the line's task is on this disk, whole."""

    at: int
    line: str
    files: tuple[SavedFile, ...]


class Forgiven(msgspec.Struct, frozen=True, tag="forgiven", tag_field="record"):
    """Somebody asked for the line once more, whatever has become of it; its next create has a new key."""

    at: int
    line: str


Event: TypeAlias = Intended | Created | Unsent | Failed | Saved | Forgiven
Record: TypeAlias = Opened | Event

_decode = msgspec.json.Decoder(Record).decode
_encode = msgspec.json.Encoder().encode


class Stage(Enum):
    """How far a line has come."""

    NEW = auto()
    INTENDED = auto()
    CREATED = auto()
    FAILED = auto()
    SAVED = auto()


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of a line.

    `tries` numbers the create that counts, `failures` are those since somebody last asked for the line,
    `intended_at` is when the create was first meant to be sent, `links` are the tasks that it names.
    `id` is "" for what another endpoint has made.
    """

    stage: Stage = Stage.NEW
    tries: int = 0
    failures: int = 0
    intended_at: int = 0
    stem: str = ""
    links: tuple[str, ...] = ()
    id: str = ""
    kind: Kind = Kind.IMAGE
    error: TaskError | None = None
    files: tuple[SavedFile, ...] = ()


NEW: Final = Progress()


def advance(progress: Progress, event: Event) -> Progress:
    """Return where a line stands after an event of it."""
    match event:
        case Intended():
            again = progress.stage is Stage.INTENDED and progress.tries == event.tries
            since = progress.intended_at if again else event.at
            return replace(
                progress,
                stage=Stage.INTENDED,
                tries=event.tries,
                stem=event.stem,
                intended_at=since,
                links=event.links,
            )
        case Created():
            return replace(progress, stage=Stage.CREATED, id=event.id, kind=event.kind)
        case Unsent():
            return replace(progress, stage=Stage.NEW)
        case Failed():
            error = TaskError(event.code, event.message, event.message_zh)
            return replace(progress, stage=Stage.FAILED, failures=progress.failures + 1, error=error)
        case Saved():
            return replace(progress, stage=Stage.SAVED, files=event.files)
        case Forgiven():
            return Progress(tries=progress.tries + 1, stem=progress.stem)


def leave_behind(progress: Progress) -> Progress:
    """Return where a line stands once its batch has moved to another endpoint, which has no task of it.

    What is saved stays; what is not is made anew, under a key of its own.
    """
    match progress.stage:
        case Stage.NEW:
            return progress
        case Stage.SAVED:
            return replace(progress, id="")
        case _:
            return Progress(tries=progress.tries + 1, stem=progress.stem)


@dataclass(frozen=True, slots=True)
class History:
    """A manifest that was read: its last opening, every line by its key, and the bytes that are whole."""

    opened: Opened | None = None
    lines: Mapping[str, Progress] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    whole_bytes: int = 0


class ManifestBroken(ValueError):
    """A manifest that this program cannot go on with."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def render_record(record: Record) -> bytes:
    """Return a record as a line of the manifest."""
    return _encode(record) + b"\n"


def replay(data: bytes) -> History:
    """Return what a manifest says; an unfinished last record never counted and is passed over.

    Raises `ManifestBroken` for a record elsewhere that cannot be read, or a format of another time.
    """
    *whole, _torn = data.split(b"\n")
    lines: dict[str, Progress] = {}
    names: dict[str, str] = {}
    opened: Opened | None = None
    for record in _read(whole):
        if isinstance(record, Opened):
            if opened is not None and opened.endpoint != record.endpoint:
                lines = {key: leave_behind(progress) for key, progress in lines.items()}
            opened = record
            continue
        lines[record.line] = advance(lines.get(record.line, NEW), record)
        if isinstance(record, Intended):
            names[record.line] = record.name
    if lines and opened is None:
        raise _broken(1, "the first record must be an opening")
    return History(opened, lines, names, data.rfind(b"\n") + 1)


def _read(rows: Iterable[bytes]) -> Iterable[Record]:
    for number, row in enumerate(rows, 1):
        try:
            record = _decode(row)
        except (ValueError, RecursionError) as error:
            raise _broken(number, str(error)) from None
        if isinstance(record, Opened) and record.format != FORMAT:
            raise _broken(number, f"it is of format {record.format}, and this genmux knows format {FORMAT}")
        yield record


def _broken(number: int, why: str) -> ManifestBroken:
    return ManifestBroken(
        Text(
            f"{NAME}, line {number} cannot be read: {why}.",
            f"{NAME} 第 {number} 行无法读取：{why}。",
        )
    )
