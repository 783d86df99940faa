"""What the server and a worker say to each other: msgpack frames with a four-byte length before each."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from genmux.engine.ports import MediaFacts
from genmux.providers.seam import PictureLimits

HEADER_BYTES: Final = 4
OUT_OF_MEMORY_EXIT: Final = 77  # the exit code of a worker that could not get the memory it asked for
_MAX_FRAME_BYTES: Final = (1 << 32) - 1


# From the server to a worker. Every job carries a number; a cancel names the job it means.


class RenderWork(msgspec.Struct, frozen=True, tag="render"):
    """Make one picture or film at `path`; `order` holds the renderer's own fields."""

    number: int
    path: str
    order: dict[str, Any]
    inputs: tuple[tuple[str, bytes], ...] = ()


class StepWork(msgspec.Struct, frozen=True, tag="step"):
    """Do one step on the files at `inputs` into one at `path`; `order` holds the step's own fields."""

    number: int
    path: str
    order: dict[str, Any]
    inputs: tuple[str, ...]


class CheckWork(msgspec.Struct, frozen=True, tag="check"):
    """Decode one foreign picture."""

    number: int
    data: bytes
    max_pixels: int


class VerifyWork(msgspec.Struct, frozen=True, tag="verify"):
    """Decode one result file from start to end."""

    number: int
    path: str
    kind: str


class FitWork(msgspec.Struct, frozen=True, tag="fit"):
    """Make one picture fit what an upstream takes."""

    number: int
    data: bytes
    limits: PictureLimits


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Stop the job with this number; any other job goes on."""

    number: int


Work = RenderWork | StepWork | CheckWork | VerifyWork | FitWork
Order = Work | Cancel


# From a worker to the server. `Ready` comes once; after it, all but `Progress` end a job.


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The process has started and waits for work."""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """So far `done` steps of `total`."""

    number: int
    done: int
    total: int


class Rendered(msgspec.Struct, frozen=True, tag="rendered"):
    """The file is whole and on the disk."""

    number: int
    content_type: str
    understood: tuple[str, ...]
    mode: str
    notes: tuple[str, ...]


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """What a decode proved; `kept` is None when the bytes that were sent are the ones to keep."""

    number: int
    facts: dict[str, Any]
    kept: bytes | None = None

    def media_facts(self) -> MediaFacts:
        """Return the facts as the engine knows them."""
        return MediaFacts(**self.facts)


class Fitted(msgspec.Struct, frozen=True, tag="fitted"):
    """A picture that fits; `data` is None when it is the bytes that were sent."""

    number: int
    data: bytes | None
    content_type: str
    note: str


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """The bytes are not what they should be."""

    number: int
    code: str
    reason: str


class Stopped(msgspec.Struct, frozen=True, tag="stopped"):
    """The job ended because it was cancelled."""

    number: int


class Broken(msgspec.Struct, frozen=True, tag="broken"):
    """The job raised; the worker itself is well."""

    number: int
    reason: str


Answer = Ready | Rendered | Facts | Fitted | Refusal | Stopped | Broken
Report = Answer | Progress

_ENCODER: Final = msgspec.msgpack.Encoder()
_ORDERS: Final[msgspec.msgpack.Decoder[Order]] = msgspec.msgpack.Decoder(Order)
_REPORTS: Final[msgspec.msgpack.Decoder[Report]] = msgspec.msgpack.Decoder(Report)


def pack(message: Order | Report) -> bytes:
    """Return the frame of one message; `ValueError` when it is over 4 GiB."""
    body = _ENCODER.encode(message)
    if len(body) > _MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {len(body)} bytes is too long")
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def body_length(header: bytes) -> int:
    """Return how many bytes follow this header."""
    return int.from_bytes(header, "big")


def parse_order(body: bytes) -> Order:
    """Return what the server said; `msgspec.ValidationError` for anything else."""
    return _ORDERS.decode(body)


def parse_report(body: bytes) -> Report:
    """Return what a worker said; `msgspec.ValidationError` for anything else."""
    return _REPORTS.decode(body)
