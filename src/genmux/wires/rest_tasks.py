"""Tasks on our own REST wire: their ids, and how they are doing."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from genmux.domain.ids import parse_hex_id
from genmux.domain.spec import Kind, Usage
from genmux.domain.states import TaskState
from genmux.wires.rest_values import parse_time, render_time

PREFIX: Final = "task_"
FINAL_WORDS: Final = frozenset(state.word for state in TaskState if state.final)


class Fault(msgspec.Struct, frozen=True):
    """Why a task failed; `upstream_code` is what the upstream called it, "" when it had no part."""

    code: str
    message: str
    upstream_code: str = ""


class ArtifactStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One result; `url` opens it until `url_expires_at`, the bytes are kept until `kept_until`."""

    n: int
    url: str
    content_type: str
    width: int
    height: int
    seconds: float | None = None
    bytes: int
    sha256: str
    url_expires_at: int | None = None
    kept_until: int | None = None


class InputStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One input medium of a task; `n` is its place among all references, those of subjects last.

    `from_task` and `from_n` name the result that it is, or waits for.
    """

    n: int
    role: str
    source: str
    url: str | None = None
    from_task: str | None = None
    from_n: int | None = None
    sha256: str | None = None
    error: str | None = None


class AttemptStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One try at one channel; no credential is ever part of it."""

    n: int
    key: str
    channel_id: int
    upstream_ref: str | None = None
    outcome: str | None = None
    opened_at: int
    closed_at: int | None = None


class EventStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a task's timeline."""

    n: int
    at: int
    kind: str
    data: dict[str, Any] = {}


class TaskStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A task as this wire shows it; times are milliseconds since the epoch, RFC 3339 on the wire.

    `progress` is per cent as reported, None while nobody reported any. `reason` says why the state
    is unknown. `spec` is a create's body; it and what follows are there only in full answers.
    """

    id: str
    kind: Kind
    model: str | None = None
    state: str
    reason: str | None = None
    wire: str
    progress: int | None = None
    created_at: int
    started_at: int | None = None
    finished_at: int | None = None
    cancel_requested_at: int | None = None
    error: Fault | None = None
    usage: Usage | None = None
    artifacts: tuple[ArtifactStatus, ...] = ()
    spec: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None
    inputs: tuple[InputStatus, ...] | None = None
    attempts: tuple[AttemptStatus, ...] | None = None
    events: tuple[EventStatus, ...] | None = None

    @property
    def final(self) -> bool:
        """True once the task will not move by itself any more."""
        return self.state in FINAL_WORDS


TIMES: Final[dict[str, tuple[str, ...]]] = {
    "": ("created_at", "started_at", "finished_at", "cancel_requested_at"),
    "artifacts": ("url_expires_at", "kept_until"),
    "attempts": ("opened_at", "closed_at"),
    "events": ("at",),
}
"""The fields that are times, by the list they stand in ("": the task itself)."""

ONLY_FULL: Final = ("spec", "extra", "inputs", "attempts", "events")


def render_task_id(task_id: bytes) -> str:
    """Return the task's id as this wire spells it: `task_<32 hex digits>`."""
    return PREFIX + task_id.hex()


def parse_task_id(text: str) -> bytes | None:
    """Return the id that `render_task_id` would spell exactly so, or None."""
    return parse_hex_id(text[len(PREFIX) :]) if text.startswith(PREFIX) else None


def render_event(event: EventStatus) -> dict[str, Any]:
    """Return one line of a timeline as a task's JSON has it."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    return {**fields, **{name: render_time(fields[name]) for name in TIMES["events"]}}


def render_task(status: TaskStatus) -> dict[str, Any]:
    """Return a task's JSON; what is only in full answers is left out where it was not read."""
    fields: dict[str, Any] = msgspec.to_builtins(status)
    for name in ONLY_FULL:
        if fields[name] is None:
            del fields[name]
    for place, names in TIMES.items():
        for item in fields.get(place) or () if place else (fields,):
            for name in names:
                item[name] = render_time(item[name])
    return fields


def parse_task(fields: dict[str, Any]) -> TaskStatus:
    """Return the task that `render_task` rendered; fields of newer servers are passed over.

    Raises `ValueError` for what is no task.
    """
    try:
        return msgspec.convert(_parsed_times(fields), TaskStatus)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"this is no task: {error}") from None


def _parsed_times(fields: dict[str, Any]) -> dict[str, Any]:
    turned = {**fields}
    for place, names in TIMES.items():
        if not place:
            turned.update({n: parse_time(turned[n]) for n in names if n in turned})
        elif turned.get(place) is not None:
            turned[place] = [
                {**item, **{n: parse_time(item[n]) for n in names if n in item}} for item in turned[place]
            ]
    return turned
