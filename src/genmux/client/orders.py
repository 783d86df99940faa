"""From the keyword arguments of a create to an order, every field refused in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, TypedDict

from genmux.client.endpoint import Order, Source
from genmux.client.model_names import ImageModel, VideoModel
from genmux.client.sources import Giving, is_one, parse_source
from genmux.domain import spec as domain
from genmux.domain.errors import InvalidValue
from genmux.domain.spec import GenerationSpec, Kind, Medium, ModelRef, OutputTarget, Role, Step
from genmux.domain.text import Text
from genmux.wires.rest_create import FIELDS, PRIORITIES
from genmux.wires.rest_references import MEDIUM, step_unsaid
from genmux.wires.rest_values import read_int, read_options, read_text, read_word, unknown_field

FRAMES: Final = {"first_frame": Role.FIRST_FRAME, "last_frame": Role.LAST_FRAME}
"""The arguments that are one reference each, by its role."""
_PLAIN: Final = frozenset({str, int, float, bool, dict})
"""The types that arguments and the REST wire have in common."""
_INPUTS: Final = (*FRAMES, "references", "subjects")
_KNOWN: Final = (*FIELDS, *_INPUTS, "priority", "output", "idempotency_key", "extra")


RoleWord: TypeAlias = Literal[
    "first_frame",
    "last_frame",
    "reference",
    "asset",
    "style",
    "subject",
    "base_video",
    "feature_video",
    "audio",
]
"""The words of `domain.spec.Role`."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An input medium and what it is for.

    `medium` goes without saying unless a role may be of several. `text` is PixVerse's name for a picture,
    `keep_sound` is for base and feature films.
    """

    source: Giving
    role: RoleWord = "reference"
    medium: Literal["image", "video", "audio"] | None = None
    text: str | None = None
    keep_sound: bool | None = None
    subject_id: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A person or thing to keep recognisable, by pictures and films of it or by an id the platform knows."""

    images: Sequence[Giving] = ()
    videos: Sequence[Giving] = ()
    id: str | None = None
    name: str | None = None
    voice_id: str | None = None


class Words(TypedDict, total=False):
    """What every create takes; None says nothing.

    `size` is (width, height) or "1280x720". `options` are words of the model that have no field of their
    own; `extra` are fields of the platform's own wire, sent as they are. `output` is a bucket for a copy
    of the result. `priority` is from -10 to 10. A create that carries an `idempotency_key` may be called
    again with the same arguments after anything: where the platform knows keys it makes one task.
    """

    negative_prompt: str | None
    enhance_prompt: bool | None
    resolution: str | None
    aspect_ratio: str | None
    size: str | tuple[int, int] | None
    count: int | None
    seed: int | None
    watermark: bool | None
    output_format: str | None
    scene: str | None
    options: Mapping[str, Any] | None
    references: Giving | Reference | Iterable[Giving | Reference] | None
    subjects: Subject | Iterable[Subject] | None
    priority: int | None
    output: str | OutputTarget | None
    idempotency_key: str | None
    extra: Mapping[str, Any] | None


class ImageWords(Words, total=False):
    """What a create of pictures takes beside its prompt."""

    model: ImageModel | str | ModelRef | None


class VideoWords(Words, total=False):
    """What a create of a film takes beside its prompt; `duration` is in seconds."""

    model: VideoModel | str | ModelRef | None
    first_frame: Giving | None
    last_frame: Giving | None
    duration: float | None
    audio: bool | None
    background_music: bool | None
    off_peak: bool | None


class StepWords(TypedDict, total=False):
    """What is said about the result of a step; each step takes what means something to it."""

    size: str | tuple[int, int] | None
    resolution: str | None
    output_format: str | None
    audio: bool | None
    priority: int | None
    output: str | OutputTarget | None
    idempotency_key: str | None
    extra: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Work:
    """A step and what it works on, by what the caller calls each."""

    step: Step
    media: Mapping[str, Any]


@dataclass(slots=True)
class _Inputs:
    """The sources of one order, as they are found."""

    sources: list[Source] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def take(self, given: Any, role: Role, path: str, **said: Any) -> domain.Reference:
        """Keep a source under the next number and return the reference to it."""
        medium = said.pop("medium", None) or MEDIUM.get(role, Medium.IMAGE)
        self.sources.append(parse_source(given, path, medium))
        self.fields.append(path)
        return domain.Reference(role=role, source=f"#{len(self.sources) - 1}", medium=medium, **said)


def read_order(kind: Kind, prompt: str, said: Mapping[str, Any], work: Work | None = None) -> Order:
    """Return what a create asks for. Raises `CallerError`s that name the argument at fault."""
    words = {name: value for name, value in said.items() if value is not None}
    plain: dict[str, Any] = {"prompt": read_text(prompt, "prompt")} if prompt else {}
    for name, value in words.items():
        if name in FIELDS:
            plain[name] = FIELDS[name].parse(value if type(value) in _PLAIN else _plain(name, value), name)
        elif name not in _KNOWN:
            raise unknown_field(name, name, _KNOWN)
    inputs = _Inputs()
    if work is not None:
        plain["step"], plain["references"] = work.step, _worked_on(work, kind, inputs)
    if not words.keys().isdisjoint(_INPUTS):
        plain["references"] = (*plain.get("references", ()), *_references(words, inputs))
        subjects = words.get("subjects", ())
        each = subjects if isinstance(subjects, Iterable) else (subjects,)
        plain["subjects"] = tuple(_subject(s, n, inputs) for n, s in enumerate(each))
    return Order(
        spec=GenerationSpec(kind=kind, **plain),
        sources=tuple(inputs.sources),
        fields=tuple(inputs.fields),
        key=read_text(words.get("idempotency_key", ""), "idempotency_key"),
        priority=read_int(words.get("priority", 0), "priority", *PRIORITIES),
        output=_output(words.get("output")),
        extra=read_options(_plain("extra", words["extra"]), "extra") if "extra" in words else {},
    )


def _worked_on(work: Work, kind: Kind, inputs: _Inputs) -> tuple[domain.Reference, ...]:
    role, medium = step_unsaid(work.step, kind)
    return tuple(
        inputs.take(given, role or Role.REFERENCE, name, medium=medium) for name, given in work.media.items()
    )


def _plain(name: str, value: Any) -> Any:
    """Return an argument as the REST wire writes it."""
    match value:
        case tuple() | list() if name == "size":
            return "x".join(map(str, value))
        case ModelRef() if name == "model":
            return {"family": value.family, "version": value.version}
        case Mapping():
            return dict(value)
        case _:
            return value


def _references(words: Mapping[str, Any], inputs: _Inputs) -> tuple[domain.Reference, ...]:
    found = [inputs.take(words[name], role, name) for name, role in FRAMES.items() if name in words]
    listed = words.get("references", ())
    each = (listed,) if isinstance(listed, Reference) or is_one(listed) else listed
    found += [_reference(item, f"references.{n}", inputs) for n, item in enumerate(each)]
    return tuple(found)


def _reference(item: Any, path: str, inputs: _Inputs) -> domain.Reference:
    if not isinstance(item, Reference):
        return inputs.take(item, Role.REFERENCE, path)
    role = Role(read_word(item.role, f"{path}.role", tuple(Role)))
    medium = item.medium and Medium(read_word(item.medium, f"{path}.medium", tuple(Medium)))
    return inputs.take(
        item.source,
        role,
        path,
        medium=medium,
        text=item.text,
        keep_sound=item.keep_sound,
        subject_id=item.subject_id,
    )


def _subject(item: Any, n: int, inputs: _Inputs) -> domain.Subject:
    path = f"subjects.{n}"
    if not isinstance(item, Subject):
        raise InvalidValue(
            Text(f"{path} must be a genmux.Subject.", f"{path} 必须是 genmux.Subject。"), field=path
        )
    media = {
        name: tuple(
            inputs.take(given, Role.SUBJECT, f"{path}.{name}.{m}", medium=medium)
            for m, given in enumerate(getattr(item, name))
        )
        for name, medium in (("images", Medium.IMAGE), ("videos", Medium.VIDEO))
    }
    return domain.Subject(id=item.id, name=item.name, voice_id=item.voice_id, **media)


def _output(said: Any) -> OutputTarget | None:
    if said is None or isinstance(said, OutputTarget):
        return said
    return OutputTarget(read_text(said, "output"), "")
