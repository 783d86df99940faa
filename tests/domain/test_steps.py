"""Every step's rules: what it takes, which fields mean something, what is refused and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role, Step, Subject
from genmux.domain.steps import RULES, check_extended, check_step, extended_film, format_of, medium_of

FILM = Reference(role=Role.REFERENCE, source="task:a", medium=Medium.VIDEO)
PICTURE = Reference(role=Role.REFERENCE, source="task:b")


def spec(step: Step, kind: Kind = Kind.VIDEO, *references: Reference, **said: Any) -> GenerationSpec:
    return GenerationSpec(kind=kind, step=step, references=references, **said)


def test_every_step_has_a_rule_or_is_taken_apart() -> None:
    assert set(Step) - RULES.keys() == {Step.EXTEND}
    for rule in RULES.values():
        assert set(rule.kinds) == rule.fields.keys()
        assert set(rule.kinds) <= rule.media.keys()


@pytest.mark.parametrize(
    "fine",
    [
        spec(Step.CONCATENATE, Kind.VIDEO, FILM, FILM, size=(1280, 720), audio=False),
        spec(Step.LAST_FRAME, Kind.IMAGE, FILM),
        spec(Step.POSTER, Kind.IMAGE, FILM, output_format="JPG"),
        spec(Step.CONVERT, Kind.IMAGE, PICTURE, size=(333, 1), output_format="webp"),
        spec(Step.CONVERT, Kind.VIDEO, FILM, resolution="720P", output_format="mp4"),
    ],
)
def test_what_is_right_is_taken(fine: GenerationSpec) -> None:
    assert check_step(fine) == ()


@pytest.mark.parametrize(
    ("wrong", "field", "nearest"),
    [
        (spec(Step.CONCATENATE, Kind.VIDEO, FILM), "references", None),
        (spec(Step.CONCATENATE, Kind.VIDEO, *[FILM] * 101), "references", None),
        (spec(Step.CONCATENATE, Kind.VIDEO, FILM, PICTURE), "references.1", "video"),
        (spec(Step.CONCATENATE, Kind.IMAGE, FILM, FILM), "kind", "video"),
        (spec(Step.LAST_FRAME, Kind.VIDEO, FILM), "kind", "image"),
        (spec(Step.POSTER, Kind.IMAGE, FILM, FILM), "references", None),
        (spec(Step.POSTER, Kind.IMAGE, FILM, size=(2, 2)), "size", None),
        (spec(Step.CONVERT, Kind.IMAGE, FILM), "references.0", "image"),
        (spec(Step.CONVERT, Kind.IMAGE, PICTURE, audio=True), "audio", None),
        (spec(Step.CONVERT, Kind.IMAGE, PICTURE, output_format="gif"), "output_format", "png"),
        (spec(Step.CONVERT, Kind.IMAGE, PICTURE, size=(9000, 5)), "size", "8192x5"),
        (spec(Step.CONVERT, Kind.VIDEO, FILM, size=(9000, 5)), "size", "4096x16"),
        (spec(Step.CONVERT, Kind.VIDEO, FILM, output_format="webm"), "output_format", "mp4"),
        (spec(Step.CONVERT, Kind.VIDEO, FILM, prompt="x"), "prompt", None),
        (spec(Step.CONVERT, Kind.VIDEO, FILM, seed=0), "seed", None),
        (spec(Step.CONVERT, Kind.VIDEO, FILM, subjects=(Subject(id="a"),)), "subjects", None),
        (spec(Step.CONVERT, Kind.VIDEO, FILM, options={"genmux": {}}), "options", None),
    ],
)
def test_what_is_wrong_is_named(wrong: GenerationSpec, field: str, nearest: str | None) -> None:
    (violation,) = check_step(wrong)
    assert (violation.field, violation.nearest) == (field, nearest)
    assert violation.text.en != violation.text.zh


@pytest.mark.parametrize(
    ("step", "kind", "said", "name"),
    [
        (Step.LAST_FRAME, Kind.IMAGE, None, "png"),
        (Step.POSTER, Kind.IMAGE, None, "jpeg"),
        (Step.POSTER, Kind.IMAGE, "JPG", "jpeg"),
        (Step.CONVERT, Kind.IMAGE, "webp", "webp"),
        (Step.CONVERT, Kind.VIDEO, None, "mp4"),
    ],
)
def test_the_format_of_a_result(step: Step, kind: Kind, said: str | None, name: str) -> None:
    assert format_of(spec(step, kind, output_format=said)) == name


def test_the_medium_goes_without_saying() -> None:
    assert medium_of(Step.LAST_FRAME, Kind.IMAGE) is Medium.VIDEO
    assert medium_of(Step.CONVERT, Kind.IMAGE) is Medium.IMAGE
    assert medium_of(Step.EXTEND, Kind.VIDEO) is None


def test_an_extension_has_one_film_among_its_references() -> None:
    style = Reference(role=Role.STYLE, source="https://a.example/s.png")
    assert check_extended(spec(Step.EXTEND, Kind.VIDEO, style, FILM)) == ()
    assert extended_film(spec(Step.EXTEND, Kind.VIDEO, style, FILM)) == 1
    first = Reference(role=Role.FIRST_FRAME, source="https://a.example/f.png")
    for wrong, field in (
        (spec(Step.EXTEND, Kind.VIDEO, style), "references"),
        (spec(Step.EXTEND, Kind.VIDEO, FILM, FILM), "references"),
        (spec(Step.EXTEND, Kind.VIDEO, FILM, first), "references"),
        (spec(Step.EXTEND, Kind.IMAGE, FILM), "kind"),
    ):
        assert [violation.field for violation in check_extended(wrong)] == [field]
