"""What our own REST wire is asked, as types: what the parsers accept, for the description of the API.

The parsers stay the judges: they name the field at fault, which a decoder of these types does not.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from genmux.domain.spec import Kind, Medium, Role, Step
from genmux.wires.rest_create import MAX_COUNT, PRIORITIES
from genmux.wires.rest_values import INT64, LONGEST_LIST, LONGEST_SECONDS

MAX_NAME_CHARACTERS = 100
LONGEST_LEAP_SECONDS = 366 * 86_400

Seconds: TypeAlias = Annotated[float, Meta(gt=0, le=LONGEST_SECONDS)]
Priority: TypeAlias = Annotated[int, Meta(ge=PRIORITIES[0], le=PRIORITIES[1])]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_COUNT)]
Seed: TypeAlias = Annotated[int, Meta(ge=INT64[0], le=INT64[1])]
_RESULT: Final = "(task:|genmux://task/)[0-9A-Za-z_-]+(#[0-9]{1,4})?"
Source: TypeAlias = Annotated[str, Meta(pattern=f"^(https?://|data:|sha256:[0-9a-f]{{64}}$|{_RESULT}$)")]
Name: TypeAlias = Annotated[str, Meta(min_length=1)]


class ModelBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model by family and version."""

    family: str
    version: str | None = None


class ReferenceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One input medium and its role, which only an input of a step can do without."""

    source: Source
    role: Role | None = None
    medium: Medium | None = None
    subject_id: str | None = None
    keep_sound: bool | None = None
    text: str | None = None


class SubjectReferenceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One picture or film of a subject; its role goes without saying."""

    source: Source
    role: Role | None = None
    medium: Medium | None = None
    subject_id: str | None = None
    keep_sound: bool | None = None
    text: str | None = None


ReferenceList: TypeAlias = Annotated[list[ReferenceBody], Meta(max_length=LONGEST_LIST)]
SubjectReferenceList: TypeAlias = Annotated[list[SubjectReferenceBody], Meta(max_length=LONGEST_LIST)]


class SubjectBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person or thing to keep recognisable."""

    id: str | None = None
    name: str | None = None
    voice_id: str | None = None
    images: SubjectReferenceList | None = None
    videos: SubjectReferenceList | None = None


class OutputBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A configured bucket for a copy of the result."""

    bucket: Name
    region: str | None = None
    path: str | None = None


class CreateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make; null says nothing."""

    kind: Kind
    step: Step | None = None
    model: str | ModelBody | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    enhance_prompt: bool | None = None
    duration: Seconds | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    size: str | None = None
    audio: bool | None = None
    background_music: bool | None = None
    count: Count | None = None
    seed: Seed | None = None
    watermark: bool | None = None
    output_format: str | None = None
    scene: str | None = None
    off_peak: bool | None = None
    options: dict[str, Any] | None = None
    references: ReferenceList | None = None
    subjects: Annotated[list[SubjectBody], Meta(max_length=LONGEST_LIST)] | None = None
    priority: Priority | None = None
    output: OutputBody | None = None


class ResolveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a task whose outcome is unknown."""

    outcome: Literal["accepted", "not_accepted", "give_up"]
    upstream_ref: str | None = None


class KeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose access key to make."""

    name: Name
    tenant: Name | None = None


class ClockBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far to move the emulator's clock."""

    advance_seconds: Annotated[float, Meta(ge=0, le=LONGEST_LEAP_SECONDS)]
