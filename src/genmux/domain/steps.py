"""Steps: what each takes, which fields mean something to it, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from genmux.domain.catalog import Violation
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, Reference, Role, Step
from genmux.domain.text import Text
from genmux.domain.words import even

FAMILY: Final = "genmux"
"""The model family of steps: `genmux concatenate`, …"""
PICTURE_FORMATS: Final = ("png", "jpeg", "webp")
FILM_FORMATS: Final = ("mp4",)
LARGEST_SIDE: Final = {Kind.IMAGE: 8192, Kind.VIDEO: 4096}
MOST_FILMS: Final = 100
_FORMATS: Final = {Kind.IMAGE: PICTURE_FORMATS, Kind.VIDEO: FILM_FORMATS}
_SPELLINGS: Final = {"jpg": "jpeg"}
_ALWAYS: Final = frozenset({"kind", "step", "model", "references"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One step: what it makes, of how many inputs of which medium, told by which fields."""

    kinds: tuple[Kind, ...]
    media: dict[Kind, Medium]
    least: int
    most: int
    fields: dict[Kind, tuple[str, ...]]


_FILM: Final = {Kind.IMAGE: Medium.VIDEO, Kind.VIDEO: Medium.VIDEO}
_OWN: Final = {Kind.IMAGE: Medium.IMAGE, Kind.VIDEO: Medium.VIDEO}
_FRAME: Final = Rule((Kind.IMAGE,), _FILM, 1, 1, {Kind.IMAGE: ("output_format",)})
_FILM_ROLES: Final = (Role.BASE_VIDEO, Role.REFERENCE)
_FILM_FIELDS: Final = ("size", "resolution", "audio", "output_format")

RULES: Final[dict[Step, Rule]] = {
    Step.CONCATENATE: Rule((Kind.VIDEO,), _FILM, 2, MOST_FILMS, {Kind.VIDEO: _FILM_FIELDS}),
    Step.LAST_FRAME: _FRAME,
    Step.POSTER: _FRAME,
    Step.CONVERT: Rule(
        (Kind.IMAGE, Kind.VIDEO),
        _OWN,
        1,
        1,
        {Kind.IMAGE: ("size", "resolution", "output_format"), Kind.VIDEO: _FILM_FIELDS},
    ),
}
"""Every step that a task can be; `extend` is no task but three of them."""


def model_of(step: Step) -> ModelRef:
    """Return what stands for the model in a step's task."""
    return ModelRef(FAMILY, step.value)


def medium_of(step: Step, kind: Kind) -> Medium | None:
    """Return what a step's inputs are when nobody says; None for `extend`, whose roles say it."""
    return RULES[step].media.get(kind, Medium.VIDEO) if step in RULES else None


def format_of(spec: GenerationSpec) -> str:
    """Return the format of a step's result: "png", "jpeg", "webp" or "mp4"."""
    if spec.kind is Kind.VIDEO:
        return FILM_FORMATS[0]
    unsaid = "jpeg" if spec.step is Step.POSTER else "png"
    word = (spec.output_format or unsaid).lower()
    return _SPELLINGS.get(word, word)


def check_step(spec: GenerationSpec) -> tuple[Violation, ...]:
    """Return everything in a step's spec that is refused; `extend` is checked by its parts."""
    assert spec.step is not None
    rule = RULES[spec.step]
    if spec.kind not in rule.kinds:
        return (_wrong_kind(spec.step, spec.kind, rule.kinds[0]),)
    fields = rule.fields[spec.kind]
    found = [*_inputs(spec, rule), *_meaningless(spec, fields)]
    if spec.output_format is not None and "output_format" in fields:
        found += _format(spec)
    if spec.size is not None and "size" in fields:
        found += _size(spec, spec.size)
    return tuple(found)


def check_extended(spec: GenerationSpec) -> tuple[Violation, ...]:
    """Return what keeps an `extend` from being taken apart; its generation is checked as one."""
    if spec.kind is not Kind.VIDEO:
        return (_wrong_kind(Step.EXTEND, spec.kind, Kind.VIDEO),)
    if any(r.role is Role.FIRST_FRAME for r in spec.references):
        return (_first_frame_taken(),)
    films = _films(spec)
    return () if len(films) == 1 else (_wrong_number(Step.EXTEND, len(films), 1, 1, Medium.VIDEO),)


def extended_film(spec: GenerationSpec) -> int:
    """Return which reference of an `extend` is the film."""
    return _films(spec)[0]


def _films(spec: GenerationSpec) -> list[int]:
    return [n for n, r in enumerate(spec.references) if r.medium is Medium.VIDEO and r.role in _FILM_ROLES]


def _wrong_kind(step: Step, kind: Kind, right: Kind) -> Violation:
    text = Text(
        f"{step} makes no {kind}; its kind is {right}.", f"{step} 不生成 {kind}；其 kind 应为 {right}。"
    )
    return Violation("kind", text, right, (right,))


def _inputs(spec: GenerationSpec, rule: Rule) -> Iterator[Violation]:
    assert spec.step is not None
    medium, count = rule.media[spec.kind], len(spec.references)
    if not rule.least <= count <= rule.most:
        yield _wrong_number(spec.step, count, rule.least, rule.most, medium)
    for n, reference in enumerate(spec.references):
        if reference.medium is not medium:
            yield _wrong_medium(spec.step, n, reference, medium)


def _wrong_number(step: Step, count: int, least: int, most: int, medium: Medium) -> Violation:
    wanted = str(least) if least == most else f"{least} to {most}"
    noun = {Medium.VIDEO: ("film", "个视频"), Medium.IMAGE: ("picture", "张图片")}[medium]
    plural = "" if most == 1 else "s"
    text = Text(
        f"{step} takes {wanted} {noun[0]}{plural} as references; the number given is {count}.",
        f"{step} 的 references 应为 {wanted.replace(' to ', ' 至 ')}{noun[1]}，实际为 {count}。",
    )
    return Violation("references", text, None, (), missing=count < least)


def _wrong_medium(step: Step, n: int, reference: Reference, medium: Medium) -> Violation:
    text = Text(
        f"references.{n} is of medium {reference.medium}; {step} takes medium {medium}.",
        f"references.{n} 的 medium 为 {reference.medium}；{step} 需要 {medium}。",
    )
    return Violation(f"references.{n}", text, medium, (medium,))


def _first_frame_taken() -> Violation:
    text = Text(
        "extend starts from the film's last frame; leave out the reference of role first_frame.",
        "extend 以视频的最后一帧开始；请去掉 first_frame 参考。",
    )
    return Violation("references", text, None, ())


def _meaningless(spec: GenerationSpec, fields: tuple[str, ...]) -> Iterator[Violation]:
    allowed = ", ".join(fields)
    for name in spec.__struct_fields__:
        if name in _ALWAYS or name in fields or getattr(spec, name) in (None, "", (), {}):
            continue
        text = Text(
            f"{name} means nothing to the step {spec.step}; it takes {allowed}.",
            f"步骤 {spec.step} 不使用 {name}；可用字段：{allowed}。",
        )
        yield Violation(name, text, None, fields)


def _format(spec: GenerationSpec) -> Iterator[Violation]:
    allowed, word = _FORMATS[spec.kind], (spec.output_format or "").lower()
    if _SPELLINGS.get(word, word) in allowed:
        return
    listed = ", ".join(allowed)
    text = Text(
        f"output_format {word} cannot be written; it is one of {listed}.",
        f"output_format {word} 不可用；可选值：{listed}。",
    )
    yield Violation("output_format", text, allowed[0], allowed)


def _size(spec: GenerationSpec, size: tuple[int, int]) -> Iterator[Violation]:
    film = spec.kind is Kind.VIDEO
    least, most = 16 if film else 1, LARGEST_SIDE[spec.kind]
    near = tuple(min(max(even(side) if film else side, least), most) for side in size)
    if near == size:
        return
    right = f"{near[0]}x{near[1]}"
    sides = f"{'even ' if film else ''}sides from {least} to {most} pixels"
    text = Text(
        f"size {size[0]}x{size[1]} cannot be made: it takes {sides}; the nearest is {right}.",
        f"size {size[0]}x{size[1]} 不可用：边长须为 {least} 至 {most} 像素"
        f"{'的偶数' if film else ''}，最接近的是 {right}。",
    )
    yield Violation("size", text, right, ())
