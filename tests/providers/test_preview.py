"""The preview provider: exact sizes, recorded seeds, scripts; no rendering happens here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from genmux.domain.errors import ContentRefused, InvalidValue
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role
from genmux.providers.preview import SCRIPTED, PreviewProvider, choose_frame, choose_seed, render_jobs
from genmux.providers.script import Script, parse_script, plain_prompt
from genmux.providers.seam import (
    Account,
    ErrorClass,
    Finished,
    InputFacts,
    ModelDefaults,
    Recovery,
    Refused,
    RenderJob,
    RenderReply,
    Wait,
    Work,
)

TASK_ID = bytes(range(16))
VIDEO = ModelDefaults(5.0, "720P", "16:9", takes_ratio=True)
IMAGE = ModelDefaults(5.0, "1K", "1:1", takes_ratio=True)


def picture(role: Role, width: int, height: int, n: int = 0) -> InputFacts:
    return InputFacts(n, role, f"inputs/{n}.png", "00" * 32, width, height, "image/png")


def film(width: int, height: int) -> InputFacts:
    return InputFacts(0, Role.BASE_VIDEO, "results/0.mp4", "00" * 32, width, height, "video/mp4")


def work(defaults: ModelDefaults = VIDEO, inputs: tuple[InputFacts, ...] = (), **fields: Any) -> Work:
    fields.setdefault("kind", Kind.VIDEO)
    spec = GenerationSpec(model=ModelRef("Kling", "3.0"), **fields)
    return Work(TASK_ID, 1, "key-1", spec, inputs, None, defaults, Account(channel="preview"))


@pytest.mark.parametrize(
    ("fields", "inputs", "size"),
    [
        ({}, (), (1280, 720)),
        ({"resolution": "1080P", "aspect_ratio": "9:16"}, (), (1080, 1920)),
        ({"resolution": "4K", "aspect_ratio": "21:9"}, (), (5040, 2160)),
        ({}, (picture(Role.FIRST_FRAME, 1000, 1000),), (720, 720)),
        ({"aspect_ratio": "16:9"}, (picture(Role.FIRST_FRAME, 1000, 1000),), (1280, 720)),
        ({}, (picture(Role.REFERENCE, 1000, 1000),), (1280, 720)),
        ({}, (picture(Role.FIRST_FRAME, 8000, 100),), (1680, 720)),
        ({}, (film(640, 480),), (960, 720)),
        ({}, (film(640, 480), picture(Role.FIRST_FRAME, 1000, 1000, 1)), (720, 720)),
        ({"size": (1001, 777)}, (), (1000, 776)),
        ({"kind": Kind.IMAGE, "defaults": IMAGE}, (), (1024, 1024)),
        ({"kind": Kind.IMAGE, "defaults": IMAGE, "size": (1001, 777)}, (), (1001, 777)),
        (
            {"kind": Kind.IMAGE, "defaults": IMAGE, "resolution": "720P"},
            (picture(Role.REFERENCE, 1600, 900),),
            (1280, 720),
        ),
    ],
)
def test_sizes(fields: dict[str, Any], inputs: tuple[InputFacts, ...], size: tuple[int, int]) -> None:
    frame = choose_frame(work(inputs=inputs, **fields))
    assert (frame.width, frame.height) == size


def test_a_film_to_edit_is_where_the_new_one_begins() -> None:
    (job,) = render_jobs(work(inputs=(film(640, 480),)))
    assert job.inputs == (("first_frame", "results/0.mp4"),)
    both = (film(640, 480), picture(Role.FIRST_FRAME, 64, 64, 1))
    assert render_jobs(work(inputs=both))[0].inputs == (("first_frame", "inputs/1.png"),)


def test_where_the_model_takes_no_ratio_the_picture_wins() -> None:
    hailuo = ModelDefaults(6.0, "768P", "16:9", takes_ratio=False)
    frame = choose_frame(
        work(hailuo, (picture(Role.FIRST_FRAME, 500, 500),), resolution="768P", aspect_ratio="16:9")
    )
    assert (frame.width, frame.height, frame.why) == (768, 768, "the picture's own ratio")


def test_jobs_say_what_was_asked() -> None:
    (job,) = render_jobs(
        work(
            inputs=(picture(Role.FIRST_FRAME, 1280, 720), picture(Role.LAST_FRAME, 1280, 720, 1)),
            prompt="waves [[genmux delay=1]]",
            duration=3.0,
            audio=True,
            seed=7,
            watermark=False,
        )
    )
    assert (job.frames, job.audio, job.seed, job.mark, job.prompt) == (72, True, 7, False, "waves")
    assert job.inputs == (("first_frame", "inputs/0.png"), ("last_frame", "inputs/1.png"))
    label = json.loads(job.label)
    assert label["Label"] == "1"
    assert TASK_ID.hex() not in job.label  # or equal specs would not give equal bytes


def test_a_last_frame_alone_is_a_reference() -> None:
    (job,) = render_jobs(work(inputs=(picture(Role.LAST_FRAME, 1280, 720),)))
    assert job.inputs == (("reference", "inputs/0.png"),)


def test_count_makes_siblings_and_seed_comes_from_the_task() -> None:
    jobs = render_jobs(work(IMAGE, kind=Kind.IMAGE, count=3, output_format="jpg"))
    assert [(j.index, j.siblings) for j in jobs] == [(0, 3), (1, 3), (2, 3)]
    assert {j.seed for j in jobs} == {choose_seed(work())}
    assert {j.image_format for j in jobs} == {"jpeg"}


def test_a_seed_may_come_as_an_option() -> None:
    assert choose_seed(work(options={"seed": 11})) == 11
    assert choose_seed(work(seed=4, options={"seed": 11})) == 4
    assert choose_seed(work(options={"seed": "x"})) == choose_seed(work())


@pytest.mark.parametrize(
    ("said", "drawn"),
    [({}, ""), ({"caption": True}, "sea"), ({"caption": False}, ""), ({"caption": "Hi 海"}, "Hi 海")],
)
def test_a_caption_is_the_prompt_or_a_text(said: dict[str, Any], drawn: str) -> None:
    asked = work(prompt="sea [[genmux delay=1]]", options=said)
    PreviewProvider().check(asked.spec)
    assert render_jobs(asked)[0].caption == drawn
    assert PreviewProvider().ignored(asked.spec, ()) == ()


@pytest.mark.parametrize("caption", [1, [], {}, "x" * 201])
def test_what_is_no_caption_is_refused_by_name(caption: Any) -> None:
    with pytest.raises(InvalidValue, match="caption") as caught:
        PreviewProvider().check(GenerationSpec(kind=Kind.IMAGE, options={"caption": caption}))
    assert caught.value.field == "options"


def test_submit_renders_each_job_and_reports_what_was_understood() -> None:
    flow = PreviewProvider().submit(work(IMAGE, kind=Kind.IMAGE, count=2, prompt="sea"))
    reply = RenderReply("spool.png", "image/png", ("sea",), "text_to_image", ("note",))
    assert isinstance(next(flow), RenderJob)
    assert isinstance(flow.send(reply), RenderJob)
    with pytest.raises(StopIteration) as stop:
        flow.send(reply)
    outcome = stop.value.value
    assert isinstance(outcome, Finished)
    assert [o.spool for o in outcome.outputs] == ["spool.png"] * 2
    assert outcome.notes["understood"] == ["sea"]
    assert outcome.notes["seed"] == choose_seed(work())


@pytest.mark.parametrize(
    ("prompt", "script"),
    [
        ("a cat", Script()),
        ("a cat [[genmux delay=2.5]]", Script(delay=2.5)),
        ('[[genmux fail=Boom message="no luck today"]]', Script(fail="Boom", message="no luck today")),
        ("[[genmux fail]]", Script(fail="InternalError")),
        ("[[ genmux stuck ]]", Script(stuck=True)),
        ("[[genmux violation=true]] x", Script(violation=True)),
        ("[[other delay=2]]", Script()),
    ],
)
def test_prompt_directives(prompt: str, script: Script) -> None:
    assert parse_script(GenerationSpec(kind=Kind.IMAGE, prompt=prompt)) == script


def test_directives_are_not_painted_and_win_over_options() -> None:
    spec = GenerationSpec(
        kind=Kind.IMAGE, prompt="a cat [[genmux delay=2]]", options={"genmux": {"delay": 9, "stuck": False}}
    )
    assert parse_script(spec) == Script(delay=2.0)
    assert plain_prompt(spec.prompt) == "a cat"


@pytest.mark.parametrize(
    "option",
    [
        3,
        {"dleay": 1},
        {"delay": "soon"},
        {"delay": -1},
        {"delay": 1e9},
        {"delay": float("nan")},
        {"stuck": "maybe"},
        {"fail": 4},
    ],
)
def test_bad_scripts_are_refused_by_name(option: Any) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_script(GenerationSpec(kind=Kind.IMAGE, options={"genmux": option}))
    assert caught.value.field == "options"


def test_scripted_outcomes() -> None:
    provider = PreviewProvider()
    spec = GenerationSpec(kind=Kind.VIDEO, prompt="[[genmux violation]]")
    assert provider.variant(spec) == SCRIPTED
    assert provider.recovery is Recovery.FREE
    with pytest.raises(ContentRefused):
        provider.check(spec)
    flow = provider.submit(work(prompt="[[genmux delay=4 fail=content]]"))
    assert next(flow) == Wait(4.0)
    with pytest.raises(StopIteration) as stop:
        flow.send(None)
    assert isinstance(stop.value.value, Refused)
    assert stop.value.value.error_class is ErrorClass.CONTENT
    stuck = provider.submit(work(prompt="[[genmux stuck]]"))
    assert isinstance(next(stuck), Wait)
    assert isinstance(stuck.send(None), Wait)


def test_ignored_fields_are_named() -> None:
    spec = GenerationSpec(
        kind=Kind.VIDEO,
        enhance_prompt=True,
        references=(
            Reference(role=Role.FIRST_FRAME, source="https://a.example/x.png"),
            Reference(role=Role.BASE_VIDEO, source="https://a.example/x.mp4", medium=Medium.VIDEO),
        ),
        options={"camera_control": {}, "genmux": {}},
    )
    assert PreviewProvider().ignored(spec, ()) == ("enhance_prompt", "base_video", "options.camera_control")
    assert PreviewProvider().ignored(spec, ("EnhancePrompt",)) == ("EnhancePrompt",)
