"""The contract of the steps: what is ordered, what is reported, how one is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from genmux.domain.spec import Kind, Step

OpenInput = Callable[[], BinaryIO]
"""Opens an input anew, at its beginning; whoever opens it closes it."""
Progress = Callable[[int, int], None]
"""Hears how much is done of how much, and raises to stop."""

MAX_FRAMES: Final = 400_000
MAX_PIXELS: Final = 160_000_000


@dataclass(frozen=True, slots=True)
class StepOrder:
    """Everything that decides a step's output: equal orders and inputs give equal bytes on one install.

    `size` is the exact size of the result, `resolution` a word for one of the first input's own
    ratio; neither keeps the first input's size. `sound` False leaves a film silent.
    `image_format` is "png", "jpeg" or "webp".
    """

    step: Step
    kind: Kind
    size: tuple[int, int] | None
    resolution: str | None
    sound: bool
    image_format: str


@dataclass(frozen=True, slots=True)
class StepReport:
    """What was made; `notes` say in English how."""

    content_type: str
    notes: tuple[str, ...]
