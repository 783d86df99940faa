"""The built-in post steps: films joined, frames taken out, media converted, on this machine."""

from __future__ import annotations

from typing import Any, Final

from genmux.domain.spec import GenerationSpec
from genmux.domain.steps import FAMILY, format_of
from genmux.providers.base import BaseProvider
from genmux.providers.seam import (
    ErrorClass,
    Finished,
    Flow,
    Forgotten,
    Output,
    Recovery,
    Refused,
    RenderReply,
    StepJob,
    Work,
)

NAME: Final = "steps"
MODELS: Final = f"*/{FAMILY}/*"
"""What a channel of this provider serves: every step and nothing else."""


class StepsProvider(BaseProvider):
    """Does every step and nothing else; losing its work costs nothing but time."""

    name = NAME
    recovery = Recovery.FREE
    needs_credential = False

    def serves(self, spec: GenerationSpec) -> bool:
        """Every step."""
        return spec.step is not None

    def submit(self, work: Work) -> Flow:
        """Have the step done on the inputs in their order."""
        job = step_job(work)
        if len(job.inputs) != len(work.spec.references):
            message = (
                "An input of the step is not held here; give a task, an upload or a result of this server."
            )
            return Refused(ErrorClass.INVALID, "InvalidInput", message, "步骤的某个输入不在本服务中。")
        reply: RenderReply = yield job
        output = Output(spool=reply.spool, content_type=reply.content_type)
        return Finished((output,), self._notes(work, reply))

    def _notes(self, work: Work, reply: RenderReply) -> dict[str, Any]:
        return {"step": work.spec.step, "notes": list(reply.notes)}

    def poll(self, work: Work) -> Flow:
        """A step is done within its submit, so there is never anything to poll."""
        yield from ()
        return Forgotten("a step is never left running")


def step_job(work: Work) -> StepJob:
    """Return the worker's job for a step's task."""
    spec = work.spec
    assert spec.step is not None
    return StepJob(
        step=spec.step,
        kind=spec.kind,
        inputs=tuple(facts.media_key for facts in work.inputs),
        size=spec.size,
        resolution=spec.resolution,
        sound=spec.audio is not False,
        image_format=format_of(spec),
    )


provider = StepsProvider()
