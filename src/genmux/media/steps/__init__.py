"""Steps: finished media made into other media; run them in a worker process only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import msgspec

from genmux.domain.spec import Kind, Step
from genmux.media.steps.films import join_films
from genmux.media.steps.order import OpenInput, Progress, StepOrder, StepReport
from genmux.media.steps.stills import convert_picture, extract_frame

__all__ = ["OpenInput", "Progress", "StepOrder", "StepReport", "perform_step", "step_order"]


def step_order(fields: dict[str, Any]) -> StepOrder:
    """Return the order that a worker was sent as plain values."""
    return msgspec.convert(fields, StepOrder)


def perform_step(
    order: StepOrder, inputs: Sequence[OpenInput], out: BinaryIO, progress: Progress
) -> StepReport:
    """Do one step and write its result to `out`, which must be seekable.

    Raises `MediaRefused` for an input that cannot be used, and whatever `progress` raises.
    """
    if order.kind is Kind.VIDEO:
        return join_films(order, inputs, out, progress)
    if order.step is Step.CONVERT:
        return convert_picture(order, inputs[0], out, progress)
    return extract_frame(order, inputs[0], out, progress)
