"""The wire of OpenAI's remix: an old film and a new prompt become the create of another film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from genmux.domain.results import TaskResult, render_result
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role
from genmux.wires.openai import ECHOED, Fields, ParsedCreate, missing, render_task_id, unknown
from genmux.wires.openai_rows import read_text

_REMIX: Final = ("prompt", *ECHOED)
REMIXED: Final = "remixed_from_video_id"
"""The word under which a remix keeps which film it was made of, for the echo."""


@dataclass(frozen=True, slots=True)
class Remixed:
    """The film that a remix is made of: what was asked of it, and the words it was asked in."""

    task_id: bytes
    spec: GenerationSpec
    extra: Mapping[str, Any]


def parse_remix(fields: Fields, film: Remixed) -> ParsedCreate:
    """Return what a remix asks for: all that was asked of the old film, but its prompt and inputs.

    The old film itself is the only input: it shows what it was made from. `client.videos.remix` of
    the `openai` package 3.52 sends a prompt and nothing else. Raises `CallerError`.
    """
    for name in fields:
        if name not in _REMIX:
            raise unknown(name)
    if "prompt" not in fields:
        raise missing("prompt")
    base = Reference(
        role=Role.BASE_VIDEO, source=render_result(TaskResult(film.task_id)), medium=Medium.VIDEO
    )
    spec, model = film.spec, film.spec.model
    if spec.step is not None:  # a film that was joined or converted has no model to make another
        spec, model = GenerationSpec(kind=Kind.VIDEO), None
    prompt = read_text(fields["prompt"], "prompt")
    extra: dict[str, Any] = {name: read_text(fields[name], name) for name in ECHOED if name in fields}
    if model is not None and film.extra.get("model"):
        extra["model"] = film.extra["model"]
    return ParsedCreate(
        spec=replace(spec, prompt=prompt, references=(base,), subjects=()),
        model_name=model.family if model else None,
        model_version=(model.version or None) if model else None,
        extra={**extra, REMIXED: render_task_id(film.task_id)},
        inputs=("video_id",),
    )
