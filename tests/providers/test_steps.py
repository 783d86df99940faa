"""The steps' provider: one worker job per task, and nobody else does steps."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.driving import run

from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, Step
from genmux.domain.steps import model_of
from genmux.providers import anyapi, mps, openai, preview, steps, vod
from genmux.providers.seam import (
    Account,
    ErrorClass,
    Finished,
    InputFacts,
    ModelDefaults,
    Output,
    Provider,
    Recovery,
    Refused,
    RenderReply,
    StepJob,
    Work,
)
from genmux.testing.scripted import ScriptedProvider

DEFAULTS = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
OTHERS: tuple[Provider, ...] = (
    *(anyapi.provider, mps.provider, openai.provider, preview.provider, vod.provider),
    ScriptedProvider(Recovery.FREE),
)


def film(n: int = 0) -> InputFacts:
    return InputFacts(n, Role.REFERENCE, f"results/{n}.mp4", "00" * 32, 64, 48, "video/mp4")


def spec(step: Step, kind: Kind, films: int = 1, **said: Any) -> GenerationSpec:
    references = (Reference(role=Role.REFERENCE, source="task:a", medium=Medium.VIDEO),) * films
    return GenerationSpec(kind=kind, step=step, model=model_of(step), references=references, **said)


def work(asked: GenerationSpec, *inputs: InputFacts) -> Work:
    return Work(bytes(16), 1, "key-1", asked, inputs, None, DEFAULTS, Account(channel="steps"))


def test_a_step_is_one_job_of_a_worker() -> None:
    asked = spec(Step.CONCATENATE, Kind.VIDEO, 2, size=(64, 48), audio=False)
    reply = RenderReply("spool.mp4", "video/mp4", (), "concatenate", ("2 films",))
    outcome, effects = run(steps.provider.submit(work(asked, film(0), film(1))), [reply])
    assert effects == [
        StepJob(
            Step.CONCATENATE, Kind.VIDEO, ("results/0.mp4", "results/1.mp4"), (64, 48), None, False, "mp4"
        )
    ]
    assert outcome == Finished(
        (Output(spool="spool.mp4", content_type="video/mp4"),),
        {"step": Step.CONCATENATE, "notes": ["2 films"]},
    )
    assert steps.provider.recovery is Recovery.FREE


def test_an_input_that_is_not_held_fails_the_step() -> None:
    outcome, effects = run(steps.provider.submit(work(spec(Step.CONCATENATE, Kind.VIDEO, 2), film(0))))
    assert isinstance(outcome, Refused)
    assert (outcome.error_class, effects) == (ErrorClass.INVALID, [])


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: other.name)
@pytest.mark.parametrize("step", [Step.CONCATENATE, Step.LAST_FRAME])
def test_nobody_else_does_steps(other: Provider, step: Step) -> None:
    kind = Kind.IMAGE if step is Step.LAST_FRAME else Kind.VIDEO
    assert not other.serves(spec(step, kind))
    assert steps.provider.serves(spec(step, kind))
    assert not steps.provider.serves(GenerationSpec(kind=kind, prompt="x"))
