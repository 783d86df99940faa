"""The contract of the renderer: what is ordered, what is reported, how it is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FPS: Final = 24


@dataclass(frozen=True, slots=True)
class RenderInput:
    """One input picture; `role` is "first_frame", "last_frame" or "reference".

    `data` holds JPEG, PNG or WebP bytes that the caller has already validated.
    """

    role: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """Everything that decides the output: equal orders give equal bytes on one install.

    `width` and `height` are the exact, even output size in pixels.
    `index` numbers siblings of one request from zero; every index is a different picture.
    `frames` counts film frames at `FPS` and is ignored for stills.
    `label` is written into the file's metadata whether or not `mark` is drawn.
    `caption` is text to draw into the picture; nothing is drawn where it is empty.
    """

    kind: str
    prompt: str
    negative_prompt: str
    seed: int
    index: int
    width: int
    height: int
    frames: int
    audio: bool
    image_format: str
    mark: bool
    label: str
    inputs: tuple[RenderInput, ...] = ()
    caption: str = ""

    def pictures(self, role: str) -> tuple[bytes, ...]:
        """The bytes of every input with this role, in the order given."""
        return tuple(item.data for item in self.inputs if item.role == role)


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was made; `seconds` is None and `frames` is 1 for stills.

    `understood` lists the prompt's known words as the vocabulary writes them.
    """

    width: int
    height: int
    seconds: float | None
    frames: int
    content_type: str
    understood: tuple[str, ...]
    mode: str
    notes: tuple[str, ...]


class Cancelled(Exception):
    """The progress callback returned False; what was written so far is not a usable file."""
