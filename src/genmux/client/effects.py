"""What a flow of the client may ask its shell for, and what it is answered.

A flow is a generator: it yields one effect, is sent that effect's reply, and returns its result. It does
no I/O of its own, so the synchronous and the asynchronous shell run the same flows, and so does a test.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP exchange, signed already; answered by `Answer`.

    A call with `redirects` follows them and must carry no secret. Headers are never shown, they may be one.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout_seconds: float = 60.0
    redirects: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """Asks for the next send slot of the limit `pace`, such as `create:video`; answered by None.

    It is taken just before a call is signed, so that a signature never ages in a queue. `refused` says
    that the same call was refused for now before: all turns of the limit are given out slower for a while.
    """

    pace: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Asks to be resumed after `seconds`; answered by None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Asks for the bytes of a local file; answered by them, or `OSError` is thrown in."""

    path: Path
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Download:
    """Asks for what a URL opens to be written to `path`, whole or not at all; answered by `Downloaded`.

    `headers` are sent to the URL's own host only. What is not of the `medium` ("image" or "video"), the
    `size` in bytes or the SHA-256 (hex), as far as they are told, is thrown in as `BrokenAnswer`, and
    nothing is written.
    """

    url: str
    path: Path
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    medium: str = ""
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was written and synced: its size in bytes, its SHA-256 in hex, and the type it came as."""

    path: Path
    size: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Shows the caller how its task is doing, if it asked to be shown; answered by None."""

    news: Any


Effect: TypeAlias = Call | Turn | Pause | ReadFile | Download | Tell
Flow: TypeAlias = Generator[Effect, Any, T]


class NotSent(Exception):
    """Thrown into a flow: the call certainly never reached the other side; it may be made again."""


class Untrusted(NotSent):
    """Thrown into a flow: the other side is not who it should be, so to try again would not help."""


class AnswerLost(Exception):
    """Thrown into a flow: the call may have reached the other side, and nobody knows what it said."""


class NotServed(Exception):
    """Thrown into a flow: the URL of a download was answered with `status`; nothing was written."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


THROWN: Final = (NotSent, AnswerLost, NotServed, OSError)
"""What a shell throws into a flow; anything else ends it."""
