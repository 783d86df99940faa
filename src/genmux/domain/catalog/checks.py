"""A spec held against the limits of its model: what is refused, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from genmux.domain import words
from genmux.domain.catalog import nearest, sentences
from genmux.domain.catalog.limits import Limits, short_side
from genmux.domain.catalog.sizes import fits, nearest_size
from genmux.domain.spec import GenerationSpec, Kind, Medium, Reference, Role
from genmux.domain.text import Text

RESOLUTIONS: Final = ("480P", "540P", "720P", "768P", "1K", "1080P", "2K", "4K")
"""The usual words; every model takes them all, larger ones by upscaling."""
FALLBACK_RESOLUTION: Final = {Kind.VIDEO: "720P", Kind.IMAGE: "1K"}
FALLBACK_RATIO: Final = {Kind.VIDEO: "16:9", Kind.IMAGE: "1:1"}
FALLBACK_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 600.0
"""A model without stated durations takes anything up to this; more is a slip, such as milliseconds."""
MOST_REFERENCES: Final = 16
"""A model without a stated number of reference pictures takes up to this."""
WIDEST_RATIO: Final = 10
"""A model without stated ratios takes anything from 1:10 to 10:1."""

_USUAL: Final = frozenset(RESOLUTIONS)
_4K: Final = words.SHORT_SIDES["4K"]
_COUNTED: Final = frozenset({Role.REFERENCE, Role.ASSET, Role.STYLE, Role.SUBJECT})
_DURATION: Final = Text("duration", "时长")
_RESOLUTION: Final = Text("resolution", "分辨率")
_RATIO: Final = Text("aspect ratio", "宽高比")
_COUNT: Final = Text("count", "数量")
_FORMAT: Final = Text("output format", "输出格式")
_SCENE: Final = Text("scene", "场景类型")


class Violation(NamedTuple):
    """One field that no source for the surface allows.

    `field` is a field of the spec, or a role for a reference. `nearest` is a value that would do,
    written as a wire writes it. `missing` tells a field that is needed from one that is wrong.
    """

    field: str
    text: Text
    nearest: str | None
    allowed: tuple[str, ...]
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every model of a kind on a surface; `None` and () are no limit."""

    prompt_max: int | None = None
    max_count: int | None = None
    output_formats: tuple[str, ...] = ()


@dataclass(slots=True)
class _Inputs:
    """The references of a spec, sorted by what they are for."""

    pictures: int = 0
    counted: int = 0
    first: bool = False
    last: bool = False
    base: bool = False
    film: Reference | None = None


def check(spec: GenerationSpec, limits: Limits, terms: Terms) -> tuple[Violation, ...]:
    """Return everything in the spec that is refused, in the order of the spec's fields."""
    found = [*_prompt(spec, terms)]
    if spec.references:
        inputs = _sort(spec)
        found += _frames(spec, inputs, limits)
        found += _references(spec, inputs, limits)
        filmed = inputs.film is not None
    else:
        filmed = False
        if limits.text_to_video is False and not spec.subjects and not spec.scene:
            found.append(_first_frame_missing(spec))
    if spec.duration is not None:
        found += _duration(spec, spec.duration, limits.durations_with_video if filmed else limits.durations)
    if spec.resolution is not None and spec.resolution not in _USUAL:
        found += _resolution(spec.resolution)
    if spec.aspect_ratio is not None and (limits.ratios is None or spec.aspect_ratio not in limits.ratios):
        found += _ratio(spec, spec.aspect_ratio, limits.ratios)
    found += _rest(spec, limits, terms)
    return tuple(found)


def _rest(spec: GenerationSpec, limits: Limits, terms: Terms) -> Iterator[Violation]:
    if spec.size is not None:
        yield from _size(spec, spec.size, limits)
    if spec.audio and limits.audio is False:
        yield Violation("audio", sentences.audio_refused(_model(spec)), "false", ("false",))
    if spec.count is not None:
        yield from _count(spec, spec.count, limits.max_count or terms.max_count)
    if spec.output_format is not None and terms.output_formats:
        yield from _format(spec, spec.output_format, terms.output_formats)
    if spec.scene and limits.scenes is not None and spec.scene not in limits.scenes:
        yield _listed("scene", _SCENE, spec, spec.scene, limits.scenes)


def _model(spec: GenerationSpec) -> str:
    return str(spec.model).strip() if spec.model else str(spec.kind)


def _sort(spec: GenerationSpec) -> _Inputs:
    inputs, image = _Inputs(), spec.kind is Kind.IMAGE
    for reference in spec.references:
        role = reference.role
        if reference.medium is Medium.IMAGE:
            inputs.pictures += 1
            inputs.counted += image or role in _COUNTED
        if role is Role.FIRST_FRAME:
            inputs.first = True
        elif role is Role.LAST_FRAME:
            inputs.last = True
        elif role is Role.BASE_VIDEO:
            inputs.base, inputs.film = True, reference
        elif role is Role.FEATURE_VIDEO or reference.medium is Medium.VIDEO:
            inputs.film = inputs.film or reference
    return inputs


def _prompt(spec: GenerationSpec, terms: Terms) -> Iterator[Violation]:
    if terms.prompt_max is not None and len(spec.prompt) > terms.prompt_max:
        text = sentences.too_long(len(spec.prompt), terms.prompt_max)
        yield Violation("prompt", text, None, (str(terms.prompt_max),))
    if spec.prompt.strip() or spec.references or spec.subjects or spec.scene:
        return
    if "multi_prompt" not in spec.options:  # Kling's shots carry their own prompts
        yield Violation("prompt", sentences.prompt_missing(), None, (), missing=True)


def _first_frame_missing(spec: GenerationSpec) -> Violation:
    return Violation("first_frame", sentences.first_frame_needed(_model(spec)), None, (), missing=True)


def _frames(spec: GenerationSpec, inputs: _Inputs, limits: Limits) -> Iterator[Violation]:
    if limits.text_to_video is False and not inputs.pictures and not spec.subjects and not spec.scene:
        yield _first_frame_missing(spec)
    if inputs.first and limits.image_to_video is False:
        yield Violation("first_frame", sentences.first_frame_refused(_model(spec)), None, ())
    if inputs.last:
        if not inputs.first:
            yield Violation("first_frame", sentences.first_before_last(), None, (), missing=True)
        yield from _last_frame(spec, limits)
    if inputs.base and (inputs.first or inputs.last) and limits.base_video_excludes_frames:
        yield Violation("base_video", sentences.base_video_alone(_model(spec)), None, ())


def _last_frame(spec: GenerationSpec, limits: Limits) -> Iterator[Violation]:
    floor = limits.last_frame
    if floor is None or floor is True:
        return
    if floor is False:
        yield Violation("last_frame", sentences.last_frame_refused(_model(spec)), None, ())
        return
    said = spec.resolution or limits.default_resolution or FALLBACK_RESOLUTION[spec.kind]
    word = words.parse_resolution(said)
    side = short_side(word) if word else floor
    if spec.size is not None and spec.resolution is None:
        said, side = _spell(spec.size), min(spec.size)
    if side < floor:
        text = sentences.last_frame_from(_model(spec), f"{floor}P", said)
        yield Violation("last_frame", text, f"{floor}P", (f"{floor}P",))


def _references(spec: GenerationSpec, inputs: _Inputs, limits: Limits) -> Iterator[Violation]:
    most = limits.max_references if inputs.film is None else limits.max_references_with_video
    most = MOST_REFERENCES if most is None else most
    if inputs.counted > most:
        text = sentences.too_many_references(_model(spec), inputs.counted, most)
        yield Violation("references", text, str(most), tuple(str(n) for n in range(most + 1)))
    # A scene such as motion control brings a film of its own to versions that take no other.
    if inputs.film is not None and limits.reference_video is False and not spec.scene:
        yield Violation(inputs.film.role.value, sentences.video_refused(_model(spec)), None, ())


def _duration(spec: GenerationSpec, seconds: float, stated: tuple[float, ...] | None) -> Iterator[Violation]:
    choices: tuple[str, ...] = ()
    near: str | None
    if stated is None:
        if 0 < seconds <= LONGEST_SECONDS:
            return
        near = nearest.number(LONGEST_SECONDS if seconds > 0 else FALLBACK_SECONDS)
    else:
        usable = [s for s in stated if s > 0]
        if seconds in usable:
            return
        choices, near = tuple(map(nearest.number, usable)), nearest.closest_number(seconds, usable)
    text = sentences.not_allowed(_DURATION, f"{nearest.number(seconds)} s", _model(spec), choices, near)
    yield Violation("duration", text, near, choices)


def _resolution(said: str) -> Iterator[Violation]:
    word = words.parse_resolution(said)
    if word is None or short_side(word) > _4K:
        near = nearest.closest_resolution(said, RESOLUTIONS)
        text = sentences.malformed(_RESOLUTION, said, "720P", near)
        yield Violation("resolution", text, near, RESOLUTIONS)


def _ratio(spec: GenerationSpec, said: str, stated: tuple[str, ...] | None) -> Iterator[Violation]:
    word, usual = words.parse_ratio(said), FALLBACK_RATIO[spec.kind]
    if stated is not None:
        if word in stated:
            return
        near = nearest.closest_ratio(word, stated, usual)
        text = sentences.not_allowed(_RATIO, said, _model(spec), stated, near)
    elif word is None:
        near, text = usual, sentences.malformed(_RATIO, said, usual, None)
    else:
        shape = words.ratio_value(word)
        if 1 / WIDEST_RATIO <= shape <= WIDEST_RATIO:
            return
        near = f"{WIDEST_RATIO}:1" if shape > 1 else f"1:{WIDEST_RATIO}"
        text = sentences.not_allowed(_RATIO, said, _model(spec), (), near)
    yield Violation("aspect_ratio", text, near, stated or ())


def _size(spec: GenerationSpec, size: tuple[int, int], limits: Limits) -> Iterator[Violation]:
    if not fits(size, limits.sizes):
        near = _spell(nearest_size(size, limits.sizes))
        yield Violation("size", sentences.size_refused(_spell(size), _model(spec), near), near, ())


def _count(spec: GenerationSpec, count: int, most: int | None) -> Iterator[Violation]:
    if count < 1 or (most is not None and count > most):
        near = str(1 if count < 1 else most)
        allowed = tuple(str(n) for n in range(1, most + 1)) if most else ()
        text = sentences.not_allowed(_COUNT, str(count), _model(spec), allowed, near)
        yield Violation("count", text, near, allowed)


def _format(spec: GenerationSpec, said: str, allowed: tuple[str, ...]) -> Iterator[Violation]:
    if said.lower() not in allowed:
        yield _listed("output_format", _FORMAT, spec, said, allowed)


def _listed(field: str, name: Text, spec: GenerationSpec, said: str, allowed: tuple[str, ...]) -> Violation:
    near = nearest.closest_word(said, allowed)
    return Violation(field, sentences.not_allowed(name, said, _model(spec), allowed, near), near, allowed)


def _spell(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
