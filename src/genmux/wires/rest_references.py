"""What a create of our own REST wire works on: references and subjects, from a body and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from genmux.domain.errors import InvalidInput
from genmux.domain.results import parse_result
from genmux.domain.spec import Kind, Medium, Reference, Role, Step, Subject
from genmux.domain.steps import medium_of
from genmux.domain.text import Text
from genmux.wires.rest_values import (
    Faults,
    missing,
    read_bool,
    read_fields,
    read_list,
    read_text,
    read_word,
    without_nothing,
)
from genmux.wires.results import NoResultError, normal_source, rest_source

MEDIUM: Final = {
    Role.BASE_VIDEO: Medium.VIDEO,
    Role.FEATURE_VIDEO: Medium.VIDEO,
    Role.AUDIO: Medium.AUDIO,
}
"""What a reference of this role is when its medium is not said; a picture otherwise."""


class Unsaid(NamedTuple):
    """What goes without saying of a reference where it stands; None where it must be said or depends."""

    role: Role | None = None
    medium: Medium | None = None

    def medium_of(self, role: Role) -> Medium:
        """Return what a reference of this role is when its medium is not said."""
        return self.medium or MEDIUM.get(role, Medium.IMAGE)


UNSAID: Final = Unsaid()
PICTURE_OF_SUBJECT: Final = Unsaid(Role.SUBJECT, Medium.IMAGE)
FILM_OF_SUBJECT: Final = Unsaid(Role.SUBJECT, Medium.VIDEO)

_SOURCES: Final = ("http://", "https://", "data:")
_UPLOAD: Final = re.compile(r"sha256:[0-9a-f]{64}")
_REFERENCE_FIELDS: Final = ("role", "source", "medium", "subject_id", "keep_sound", "text")
_SUBJECT_FIELDS: Final = ("id", "name", "voice_id", "images", "videos")


def step_unsaid(step: Step, kind: Kind) -> Unsaid:
    """Return what goes without saying of what a step works on."""
    medium = medium_of(step, kind)
    return Unsaid(Role.BASE_VIDEO if medium is None else Role.REFERENCE, medium)


@dataclass(slots=True)
class Reading:
    """One body on its way into a spec."""

    faults: Faults
    reference_paths: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- the server's half


def parse_references(value: Any, path: str, unsaid: Unsaid, reading: Reading) -> tuple[Reference, ...]:
    """Read a list of references; one at fault is left out."""
    found: list[Reference] = []

    def read(item: Any, place: str) -> None:
        found.append(_parse_reference(item, place, unsaid, reading.faults))
        reading.reference_paths.append(place)

    for n, item in enumerate(reading.faults.read(read_list, value, path) or []):
        reading.faults.read(read, item, f"{path}.{n}")
    return tuple(found)


def _parse_reference(value: Any, path: str, unsaid: Unsaid, faults: Faults) -> Reference:
    fields = read_fields(value, path, _REFERENCE_FIELDS, faults)
    if "source" not in fields:
        raise missing(f"{path}.source")
    if "role" not in fields and unsaid.role is None:
        raise missing(f"{path}.role")
    role = Role(read_word(fields.get("role", unsaid.role), f"{path}.role", tuple(Role)))
    usual = unsaid.medium_of(role)
    return Reference(
        role=role,
        source=_parse_source(fields["source"], f"{path}.source"),
        medium=Medium(read_word(fields.get("medium", usual), f"{path}.medium", tuple(Medium))),
        subject_id=_optional(fields, "subject_id", path, read_text),
        keep_sound=_optional(fields, "keep_sound", path, read_bool),
        text=_optional(fields, "text", path, read_text),
    )


def _optional(fields: dict[str, Any], name: str, path: str, read: Callable[[Any, str], Any]) -> Any:
    return read(fields[name], f"{path}.{name}") if name in fields else None


def _parse_source(value: Any, path: str) -> str:
    try:
        source = normal_source(read_text(value, path))
    except NoResultError:
        raise _no_source(path) from None
    if source.startswith(_SOURCES) or _UPLOAD.fullmatch(source) or parse_result(source):
        return source
    raise _no_source(path)


def _no_source(path: str) -> InvalidInput:
    return InvalidInput(
        Text(
            f"{path} must be an http, https or data URL, sha256:<hex> of an upload, or task:<id> for the "
            "result of a task (task:<id>#<n> for its result number n, from 0).",
            f"{path} 必须是 http、https 或 data URL，上传所得的 sha256:<hex>，或表示任务结果的 task:<任务 ID>"
            "（其编号为 n 的结果写作 task:<任务 ID>#<n>，从 0 起）。",
        ),
        field=path,
    )


def parse_subjects(value: Any, reading: Reading) -> tuple[Subject, ...]:
    """Read the subjects of a create; one at fault is left out."""

    def read(item: Any, path: str) -> Subject:
        return _parse_subject(item, path, reading)

    items = reading.faults.read(read_list, value, "subjects") or []
    found = [reading.faults.read(read, item, f"subjects.{n}") for n, item in enumerate(items)]
    return tuple(subject for subject in found if subject is not None)


def _parse_subject(value: Any, path: str, reading: Reading) -> Subject:
    fields = read_fields(value, path, _SUBJECT_FIELDS, reading.faults)
    return Subject(
        id=_optional(fields, "id", path, read_text),
        name=_optional(fields, "name", path, read_text),
        voice_id=_optional(fields, "voice_id", path, read_text),
        images=parse_references(fields.get("images", []), f"{path}.images", PICTURE_OF_SUBJECT, reading),
        videos=parse_references(fields.get("videos", []), f"{path}.videos", FILM_OF_SUBJECT, reading),
    )


# ---------------------------------------------------------------- the client's half


def render_reference(reference: Reference, unsaid: Unsaid) -> dict[str, Any]:
    """Return a reference without what goes without saying where it stands."""
    usual = unsaid.medium_of(reference.role)
    return without_nothing(
        {
            "role": None if reference.role is unsaid.role else str(reference.role),
            "source": rest_source(reference.source),
            "medium": None if reference.medium is usual else str(reference.medium),
            "subject_id": reference.subject_id,
            "keep_sound": reference.keep_sound,
            "text": reference.text,
        }
    )


def render_subject(subject: Subject) -> dict[str, Any]:
    """Return a subject with its media."""
    return without_nothing(
        {
            "id": subject.id,
            "name": subject.name,
            "voice_id": subject.voice_id,
            "images": [render_reference(r, PICTURE_OF_SUBJECT) for r in subject.images] or None,
            "videos": [render_reference(r, FILM_OF_SUBJECT) for r in subject.videos] or None,
        }
    )
