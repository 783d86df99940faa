"""A film extended: its last frame, a generation that begins with that frame, and the two joined."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from genmux.domain.ids import new_task_id
from genmux.domain.results import TaskResult, parse_result, render_result
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, Step
from genmux.domain.steps import extended_film
from genmux.engine.admission import Draft
from genmux.engine.ports import TaskDetail

PARTS: Final = "parts"
"""The word of a timeline's first line for the tasks that exist only for this one."""


class Part(msgspec.Struct, frozen=True):
    """One task that a create becomes, with the id that it gets and what its timeline says besides."""

    task_id: bytes
    draft: Draft
    note: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Extension:
    """The three tasks of an `extend`. The film is reference number `film` of the create.

    The generation has every field that was said and numbers its references as the create does; the
    joined film is the create's answer and alone has its key, output and echo.
    """

    film: int
    frame: Part
    generation: Part
    joined: Part

    @property
    def coming(self) -> dict[bytes, Kind]:
        """What the tasks make that another of them waits for."""
        return {self.frame.task_id: Kind.IMAGE, self.generation.task_id: Kind.VIDEO}

    def place(self, field: str | None) -> str | None:
        """Return the create's name of a field that the last frame's step refuses."""
        return f"references.{self.film}" if field == "references.0" else field


def extension_of(draft: Draft) -> Extension:
    """Return the tasks of an `extend` in which `domain.steps.check_extended` finds nothing wrong."""
    spec = draft.spec
    number = extended_film(spec)
    film = replace(spec.references[number], role=Role.REFERENCE, medium=Medium.VIDEO)
    frame_id, generation_id, joined_id = (new_task_id() for _ in range(3))
    frame_source, more_source = (render_result(TaskResult(i)) for i in (frame_id, generation_id))
    first = Reference(role=Role.FIRST_FRAME, source=frame_source)
    more = Reference(role=Role.REFERENCE, source=more_source, medium=Medium.VIDEO)
    references = (*spec.references[:number], first, *spec.references[number + 1 :])
    return Extension(
        film=number,
        frame=Part(frame_id, _part(draft, _step(Step.LAST_FRAME, Kind.IMAGE, film))),
        generation=Part(
            generation_id,
            replace(
                _part(draft, replace(spec, step=None, references=references)),
                model_name=draft.model_name,
                model_version=draft.model_version,
            ),
        ),
        joined=Part(
            joined_id,
            replace(
                draft,
                spec=_step(Step.CONCATENATE, Kind.VIDEO, film, more),
                model_name=None,
                model_version=None,
                preview_ignores=(),
            ),
            {PARTS: {"last_frame": frame_source, "generation": more_source}},
        ),
    )


def _step(step: Step, kind: Kind, *references: Reference) -> GenerationSpec:
    return GenerationSpec(kind=kind, step=step, references=references)


def _part(draft: Draft, spec: GenerationSpec) -> Draft:
    """Return the create of a part, without what only the whole has."""
    return Draft(
        wire=draft.wire,
        surface=draft.surface,
        spec=spec,
        priority=draft.priority,
        sub_app_id=draft.sub_app_id,
    )


def parts_of(detail: TaskDetail) -> tuple[bytes, ...]:
    """Return the tasks that exist only for this one, each before the one that it waits for."""
    note = json.loads(detail.events[0].data) if detail.events else {}
    results = (parse_result(source) for source in reversed(note.get(PARTS, {}).values()))
    return tuple(result.task_id for result in results if result is not None)
