"""What was asked for, in one normalised form that every wire parses into and renders from."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec.structs import replace


class Kind(StrEnum):
    """What a task makes."""

    IMAGE = "image"
    VIDEO = "video"


class Role(StrEnum):
    """What a reference is for."""

    FIRST_FRAME = "first_frame"
    LAST_FRAME = "last_frame"
    REFERENCE = "reference"  # the plain "use these pictures" reference
    ASSET = "asset"  # GV's and PixVerse's word for a thing to show
    STYLE = "style"
    SUBJECT = "subject"
    BASE_VIDEO = "base_video"  # a film to edit
    FEATURE_VIDEO = "feature_video"  # a film to take motion or features from
    AUDIO = "audio"


class Medium(StrEnum):
    """What kind of bytes a reference is."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


class Step(StrEnum):
    """What is done with finished media instead of generating."""

    CONCATENATE = "concatenate"  # films one after the other
    LAST_FRAME = "last_frame"
    POSTER = "poster"  # a film's first frame that shows something
    CONVERT = "convert"  # another format or size
    EXTEND = "extend"  # only asked for: becomes a last frame, a generation and a concatenation


# With gc=False Python's collector does not visit a struct: no cycle goes through it, and many are kept.
class ModelRef(msgspec.Struct, frozen=True, gc=False):
    """A model family and its version, spelt as in the catalogue."""

    family: str
    version: str

    def __str__(self) -> str:
        return f"{self.family} {self.version}"


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One input medium and its role.

    `source` is a URL as the caller wrote it (`http`, `https`, `data:`), or `sha256:<hex>` once
    bytes sent by value have been frozen.
    """

    role: Role
    source: str
    medium: Medium = Medium.IMAGE
    subject_id: str | None = None  # a subject's id the upstream knows
    keep_sound: bool | None = None  # base and feature videos only
    text: str | None = None  # PixVerse's name for the picture


class Subject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person or thing to keep recognisable; its media are references of role `subject`."""

    id: str | None = None
    name: str | None = None
    voice_id: str | None = None
    images: tuple[Reference, ...] = ()
    videos: tuple[Reference, ...] = ()


class GenerationSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Everything that decides what is made; `None` means "not said", never a value.

    Durations are seconds. `resolution` and `aspect_ratio` are the words of `domain.words` in
    their normal spelling ("720P", "2K", "16:9"). `size` is (width, height) in pixels. With a `step`
    the references are what is worked on, and the model is the step's own.
    """

    kind: Kind
    step: Step | None = None
    model: ModelRef | None = None
    prompt: str = ""
    negative_prompt: str | None = None
    enhance_prompt: bool | None = None
    references: tuple[Reference, ...] = ()
    subjects: tuple[Subject, ...] = ()
    duration: float | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    size: tuple[int, int] | None = None
    audio: bool | None = None
    background_music: bool | None = None
    count: int | None = None
    seed: int | None = None
    watermark: bool | None = None
    output_format: str | None = None
    scene: str | None = None
    off_peak: bool | None = None
    options: dict[str, Any] = {}

    def all_references(self) -> tuple[Reference, ...]:
        """Return the references and the subjects' media in the order they are numbered as inputs."""
        media = [r for s in self.subjects for r in (*s.images, *s.videos)]
        return (*self.references, *media)

    def with_sources(self, sources: dict[int, str]) -> GenerationSpec:
        """Return this spec with the sources of some references, numbered as `all_references()`, replaced."""
        if not sources:
            return self
        numbers = iter(range(len(self.all_references())))

        def mend(items: tuple[Reference, ...]) -> tuple[Reference, ...]:
            return tuple(replace(r, source=sources.get(next(numbers), r.source)) for r in items)

        references = mend(self.references)
        subjects = tuple(replace(s, images=mend(s.images), videos=mend(s.videos)) for s in self.subjects)
        return replace(self, references=references, subjects=subjects)


RESULT_FIELDS: Final = frozenset(
    {
        *("model", "prompt", "negative_prompt", "references", "subjects", "duration", "resolution"),
        *("aspect_ratio", "size", "audio", "background_music", "count", "seed", "scene", "options"),
        *("watermark", "output_format", "step"),
    }
)
"""Spec fields that change the result: an upstream that cannot say one of them cannot make the task."""


class OutputTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """A bucket the caller wants the result in."""

    bucket: str
    region: str
    path: str = ""


class TaskError(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a task failed, as it is stored and shown; `code` is one of `ERROR_CODES`."""

    code: str
    message: str
    message_zh: str = ""
    upstream_code: str = ""

    def say(self, language: str) -> str:
        """Return the message in the asked language, English where there is no other."""
        return self.message_zh if self.message_zh and language.lower().startswith("zh") else self.message


ERROR_CODES = frozenset(
    {
        "content_refused",
        "input_failed",
        "invalid_value",
        "upstream_failed",
        "upstream_expired",
        "outcome_unknown",
        "source_gone",
        "output_failed",
        "no_channel",
        "deadline",
        "internal",
    }
)
"""The codes a failed task can carry."""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a successful task made, in the units platforms bill: pictures, or seconds of film."""

    images: int = 0
    seconds: float = 0.0
    resolution: str = ""
    audio: bool = False


_encode = msgspec.json.Encoder().encode
_decode_spec = msgspec.json.Decoder(GenerationSpec).decode
_decode_error = msgspec.json.Decoder(TaskError).decode
_decode_usage = msgspec.json.Decoder(Usage).decode


def encode_json(value: Any) -> str:
    """Return `value` (a struct or plain JSON value) as compact JSON text."""
    return _encode(value).decode()


def decode_spec(text: str) -> GenerationSpec:
    """Read back what `encode_json` wrote for a spec."""
    return _decode_spec(text)


def decode_error(text: str) -> TaskError:
    """Read back what `encode_json` wrote for a task error."""
    return _decode_error(text)


def decode_usage(text: str) -> Usage:
    """Read back what `encode_json` wrote for a usage record."""
    return _decode_usage(text)
