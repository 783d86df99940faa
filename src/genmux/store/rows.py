"""Stored rows as records of the port, one function per record."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, func

from genmux.domain.states import TaskState
from genmux.engine.ports import (
    ArtifactRow,
    AttemptRow,
    ChannelRow,
    EventConfig,
    EventMode,
    EventRow,
    InputRow,
    KeyRow,
    OutboxRow,
    Sink,
    TaskRow,
)
from genmux.store import schema
from genmux.store.compiled import Values

_STATES: Final = tuple(TaskState)

TASK: Final[tuple[ColumnElement[Any], ...]] = tuple(schema.tasks.c)
"""Columns of a `TaskRow`, in its order (the table has the same order)."""

_i, _t, _a, _e = schema.task_inputs.c, schema.attempts.c, schema.artifacts.c, schema.events.c
INPUT: Final = (
    *(_i.n, _i.role, _i.source, _i.url, _i.from_task, _i.from_n),
    *(_i.sha256, _i.media_key, _i.probe, _i.error),
)
ATTEMPT: Final = (
    *(_t.n, _t.key, _t.channel_id, _t.frozen, _t.upstream_ref),
    *(_t.outcome, _t.due_at, _t.opened_at, _t.closed_at),
)
ARTIFACT: Final = (
    *(_a.n, _a.role, func.coalesce(_a.media_key, ""), _a.sha256, _a.bytes, _a.content_type),
    *(_a.width, _a.height, _a.seconds, _a.probe, _a.expires_at, _a.file_id, _a.task_seq),
)
EVENT: Final = (_e.n, _e.at, _e.kind, _e.data)
KEY: Final = tuple(schema.access_keys.c)
CHANNEL: Final = tuple(schema.channels.c)
OUTBOX: Final = tuple(schema.outbox.c)
EVENT_CONFIG: Final = tuple(schema.event_configs.c)


def task(row: Values) -> TaskRow:
    """Return the record of one row of `TASK`."""
    values = list(row)
    values[8] = _STATES[row[8]]
    return TaskRow(*values)


def entry(row: Values) -> InputRow:
    """Return the record of one row of `INPUT`."""
    return InputRow(*row)


def attempt(row: Values) -> AttemptRow:
    """Return the record of one row of `ATTEMPT`."""
    return AttemptRow(*row)


def artifact(row: Values) -> ArtifactRow:
    """Return the record of one row of `ARTIFACT`; `media_key` is empty once the bytes are dropped."""
    return ArtifactRow(*row)


def event(row: Values) -> EventRow:
    """Return the record of one row of `EVENT`."""
    return EventRow(*row)


def key(row: Values) -> KeyRow:
    """Return the record of one row of `KEY`."""
    return KeyRow(*row)


def channel(row: Values) -> ChannelRow:
    """Return the record of one row of `CHANNEL`."""
    number, name, provider, config, enabled = row
    return ChannelRow(number, name, provider, config, bool(enabled))


def outbox(row: Values) -> OutboxRow:
    """Return the record of one row of `OUTBOX`."""
    values = list(row)
    values[5] = Sink(row[5])
    return OutboxRow(*values)


def event_config(row: Values) -> EventConfig:
    """Return the record of one row of `EVENT_CONFIG`."""
    tenant, sub_app, mode, updated_at, url, sign_key, *switches = row
    return EventConfig(tenant, sub_app, EventMode(mode), updated_at, url, sign_key, *map(bool, switches))
