"""What our own REST wire answers beside tasks and problems; lists, keys, uploads, checks, health.

Times are RFC 3339 texts. A field that is `UNSET` is absent; one that is None is null.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from genmux.wires.rest_create import FIELDS
from genmux.wires.rest_tasks import EventStatus, TaskStatus
from genmux.wires.rest_values import read_bool, read_seconds, render_number

Time: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Value: TypeAlias = str | int | float | bool


class TaskList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tasks; `next_cursor` is null on the last one."""

    tasks: tuple[TaskStatus, ...]
    next_cursor: str | None


class EventList(msgspec.Struct, frozen=True, kw_only=True):
    """A task's timeline after some line, and where the task stands."""

    id: str
    state: str
    final: bool
    events: tuple[EventStatus, ...]


class ModelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one model; null is what nobody states."""

    model: str | dict[str, str]
    kind: str
    family: str
    version: str
    surfaces: tuple[str, ...]
    durations: tuple[float, ...] | None
    resolutions: tuple[str, ...] | None
    ratios: tuple[str, ...] | None
    max_references: int | None
    last_frame: bool | str | None
    audio: bool | None
    scenes: tuple[str, ...] | None
    max_count: int | None
    sources: tuple[str, ...]
    stable: bool
    default: bool
    served: bool


class ModelList(msgspec.Struct, frozen=True):
    """Every version of every model."""

    models: tuple[ModelStatus, ...]


class KeyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One access key, without anything secret."""

    secret_id: str
    name: str
    tenant_id: int
    created_at: Time
    revoked_at: Time | None


class KeyList(msgspec.Struct, frozen=True):
    """The access keys, revoked ones too."""

    keys: tuple[KeyStatus, ...]


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new access key; its secret and token are never told again."""

    secret_id: str
    secret_key: str
    token: str
    name: str
    tenant_id: int


class HealthStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether tasks are accepted; `tasks` counts them by state, for the operator."""

    status: str
    version: str
    time: Time
    tasks: dict[str, int] | UnsetType = UNSET


class ClockStatus(msgspec.Struct, frozen=True):
    """What the emulator's clock shows."""

    time: Time


class UploadStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that was sent ahead; `source` names it in a create until `expires_at`."""

    source: str
    content_type: str
    width: int
    height: int
    bytes: int
    expires_at: Time


class ViolationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a create would be refused for, and what would be right where that is known."""

    code: str
    field: str | None
    message: str
    nearest: Value | None = None
    allowed: tuple[Value, ...] = ()


class PlanStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a create would come to: what was said, and the model's own where nothing was said."""

    model: str | dict[str, str]
    chosen: dict[str, str]
    duration: float | None
    resolution: str | None
    aspect_ratio: str | None
    size: str | None
    channel: str | None
    provider: str | None
    ignored: tuple[str, ...]


class CheckStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a create would be accepted; `plan` is null where the body leaves nothing to plan."""

    valid: bool
    violations: tuple[ViolationStatus, ...]
    plan: PlanStatus | None


def render_value(field: str | None, word: str) -> Value:
    """Return a value of a field, written as text, as the JSON value that a create takes there."""
    parse: Any = FIELDS[field].parse if field in FIELDS else None
    if parse is read_bool and word in ("true", "false"):
        return word == "true"
    if parse is read_seconds or field in ("count", "seed", "priority"):
        try:
            return render_number(float(word)) if parse is read_seconds else int(word)
        except ValueError:
            return word
    return word
