"""The tables, columns, checks and indexes of the database, as SQLAlchemy Core metadata.

Times are integer milliseconds since the epoch unless a column name ends in `_us` (microseconds).
States are the numbers of `TaskState`; final means 6 or more.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

HEAD: Final = "0007"
"""The Alembic revision that `metadata` describes."""

OLDEST_CODE: Final = "0005"
"""The newest revision of the release before: later migrations only add, so that its code runs on this
schema while machines are upgraded."""

metadata: Final = MetaData()

Serial: Final = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit row number; spelt INTEGER on SQLite, where only that word makes a rowid."""

Real: Final[TypeEngine[Any]] = REAL().with_variant(Double(), "postgresql")
"""A double; spelt REAL on SQLite, where every real is one."""


def _int(name: str, *, null: bool = True, default: int | None = None) -> Column[Any]:
    server_default = None if default is None else text(str(default))
    return Column(name, Integer, nullable=null, server_default=server_default)


def _small(name: str, *, null: bool = True, default: int | None = None) -> Column[Any]:
    server_default = None if default is None else text(str(default))
    return Column(name, SmallInteger, nullable=null, server_default=server_default)


def _big(name: str, *, null: bool = True) -> Column[Any]:
    return Column(name, BigInteger, nullable=null)


def _text(name: str, *, null: bool = True) -> Column[Any]:
    return Column(name, Text, nullable=null)


def _bytes(name: str, *, null: bool = True) -> Column[Any]:
    return Column(name, LargeBinary, nullable=null)


tasks: Final = Table(
    "tasks",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    _bytes("id", null=False),
    _int("tenant_id", null=False),
    _int("key_id"),
    _text("wire", null=False),
    _big("sub_app_id"),
    _text("kind", null=False),
    _text("lane", null=False),
    _small("state", null=False),
    _int("revision", null=False, default=0),
    _int("fence", null=False, default=0),
    _small("priority", null=False, default=0),
    _small("attempt", null=False, default=0),
    _int("channel_id"),
    _text("upstream_ref"),
    _small("progress"),
    _text("error"),
    _text("usage"),
    _big("due_at"),
    _text("worker_id"),
    _big("deadline_at", null=False),
    _big("source_expires_at"),
    _big("cancel_at"),
    _big("created_at", null=False),
    _big("submitted_at"),
    _big("accepted_at"),
    _big("finished_at"),
    UniqueConstraint("id", name="tasks_id"),
    CheckConstraint("state BETWEEN 0 AND 8", name="tasks_state"),
    CheckConstraint("priority BETWEEN -10 AND 10", name="tasks_priority"),
    CheckConstraint("(state >= 6) = (finished_at IS NOT NULL)", name="tasks_finished"),
    CheckConstraint("state < 6 OR (due_at IS NULL AND worker_id IS NULL)", name="tasks_at_rest"),
    CheckConstraint("state NOT IN (2,3,4,5) OR channel_id IS NOT NULL", name="tasks_channel"),
    CheckConstraint("state NOT IN (3,5) OR upstream_ref IS NOT NULL", name="tasks_upstream"),
    CheckConstraint("state <> 7 OR error IS NOT NULL", name="tasks_error"),
    sqlite_autoincrement=True,  # a pruned seq is never used again
)
"""The hot row of each task: small, because every poll rewrites it."""


def _where(name: str, condition: str, *columns: Any) -> Index:
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


_where("tasks_queue", "state = 1", tasks.c.lane, tasks.c.tenant_id, tasks.c.priority.desc(), tasks.c.seq)
_where("tasks_due", "due_at IS NOT NULL", tasks.c.channel_id, tasks.c.state, tasks.c.due_at)
# Where its statistics say that little is under way, PostgreSQL would read all of it for any one state.
Index(
    "tasks_deadline",
    tasks.c.deadline_at,
    sqlite_where=text("state < 6"),
    postgresql_where=text("finished_at IS NULL"),
)
_where("tasks_old", "finished_at IS NOT NULL", tasks.c.finished_at)
Index("tasks_list", tasks.c.tenant_id, tasks.c.seq)

task_specs: Final = Table(
    "task_specs",
    metadata,
    Column("task_seq", Serial, primary_key=True, autoincrement=False),
    _text("spec", null=False),
    _text("extra", null=False),
)
"""What was asked for, and what only its wire echoes: cold, written once."""

task_inputs: Final = Table(
    "task_inputs",
    metadata,
    _big("task_seq", null=False),
    _small("n", null=False),
    _text("role", null=False),
    _text("source", null=False),  # value | url | artifact | task | file_id
    _text("url"),
    _bytes("from_task"),
    _small("from_n"),
    _bytes("sha256"),  # set: the input is frozen
    _text("media_key"),
    _text("probe"),
    _text("error"),
    PrimaryKeyConstraint("task_seq", "n", name="task_inputs_pk"),
    sqlite_with_rowid=False,
)
"""The references of each task; a task is queued once all of them are frozen."""

_where("inputs_from", "sha256 IS NULL AND from_task IS NOT NULL", task_inputs.c.from_task)
_where("inputs_media", "media_key IS NOT NULL", task_inputs.c.media_key)

attempts: Final = Table(
    "attempts",
    metadata,
    _big("task_seq", null=False),
    _small("n", null=False),
    _text("key", null=False),
    _int("channel_id", null=False),
    _text("frozen", null=False),
    _text("upstream_ref"),
    _text("outcome"),
    _big("due_at"),  # abandoned ones are still polled
    _big("opened_at", null=False),
    _big("closed_at"),
    PrimaryKeyConstraint("task_seq", "n", name="attempts_pk"),
    UniqueConstraint("key", name="attempts_key"),
    sqlite_with_rowid=False,
)
"""Each try at one channel; the open ones are the channel's slots in use."""

_where("attempts_open", "closed_at IS NULL", attempts.c.channel_id)
_where("attempts_ref", "closed_at IS NULL", attempts.c.channel_id, attempts.c.upstream_ref)
_where("attempts_due", "due_at IS NOT NULL", attempts.c.due_at)

artifacts: Final = Table(
    "artifacts",
    metadata,
    _big("task_seq", null=False),
    _small("n", null=False),
    _text("role", null=False),
    _big("file_id"),
    _text("media_key"),  # NULL: the bytes were dropped
    _bytes("sha256"),
    _big("bytes"),
    _text("content_type"),
    _int("width"),
    _int("height"),
    Column("seconds", Real),
    _text("probe"),
    _big("expires_at"),
    PrimaryKeyConstraint("task_seq", "role", "n", name="artifacts_pk"),
    UniqueConstraint("file_id", name="artifacts_file"),
    sqlite_with_rowid=False,
)
"""The output media we hold."""

_where("artifacts_media", "media_key IS NOT NULL", artifacts.c.media_key)
_where("artifacts_expiry", "expires_at IS NOT NULL AND media_key IS NOT NULL", artifacts.c.expires_at)

events: Final = Table(
    "events",
    metadata,
    _big("task_seq", null=False),
    _int("n", null=False),
    _big("at", null=False),
    _text("kind", null=False),
    _text("data", null=False),
    PrimaryKeyConstraint("task_seq", "n", name="events_pk"),
    sqlite_with_rowid=False,
)
"""The timeline of each task; a fruitless poll writes nothing here."""

idempotency: Final = Table(
    "idempotency",
    metadata,
    _int("tenant_id", null=False),
    _text("scope", null=False),
    _text("key", null=False),
    _bytes("body_sha256", null=False),
    _bytes("task_id", null=False),
    _big("expires_at", null=False),
    PrimaryKeyConstraint("tenant_id", "scope", "key", name="idempotency_pk"),
    sqlite_with_rowid=False,
)
"""Keys that callers may send again without making a second task."""

Index("idempotency_old", idempotency.c.expires_at)

uploads: Final = Table(
    "uploads",
    metadata,
    _int("tenant_id", null=False),
    _bytes("sha256", null=False),
    _text("media_key", null=False),
    _text("probe", null=False),
    _big("expires_at", null=False),
    PrimaryKeyConstraint("tenant_id", "sha256", name="uploads_pk"),
    sqlite_with_rowid=False,
)
"""Pictures that tenants sent ahead of the tasks that use them."""

Index("uploads_old", uploads.c.expires_at)
Index("uploads_media", uploads.c.media_key)

pace: Final = Table(
    "pace",
    metadata,
    _text("name", null=False),
    _big("interval_us", null=False),
    _big("free_at_us", null=False),
    PrimaryKeyConstraint("name", name="pace_pk"),
    sqlite_with_rowid=False,
)
"""The next free send instant of each paced upstream call."""

tenants: Final = Table(
    "tenants",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _text("name", null=False),
    _big("created_at", null=False),
    UniqueConstraint("name", name="tenants_name"),
)
"""The owners of tasks."""

access_keys: Final = Table(
    "access_keys",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _int("tenant_id", null=False),
    _text("name", null=False),
    _text("secret_id", null=False),
    _bytes("sealed_secret", null=False),
    _bytes("token_sha256", null=False),
    _big("created_at", null=False),
    _big("revoked_at"),
    UniqueConstraint("secret_id", name="access_keys_secret_id"),
    UniqueConstraint("token_sha256", name="access_keys_token"),
)
"""Inbound key pairs and bearer tokens."""

channels: Final = Table(
    "channels",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _text("name", null=False),
    _text("provider", null=False),
    _text("config", null=False),
    _small("enabled", null=False),
    UniqueConstraint("name", name="channels_name"),
)
"""The configured accounts at providers."""

credentials: Final = Table(
    "credentials",
    metadata,
    _text("id", null=False),
    _bytes("sealed", null=False),
    _big("created_at", null=False),
    PrimaryKeyConstraint("id", name="credentials_pk"),
    sqlite_with_rowid=False,
)
"""Secrets for upstreams, sealed; attempts name them by id, so a rotated one stays while it is used."""

learnt: Final = Table(
    "learnt",
    metadata,
    _text("name", null=False),
    _text("data", null=False),
    _big("updated_at", null=False),
    PrimaryKeyConstraint("name", name="learnt_pk"),
    sqlite_with_rowid=False,
)
"""What was learnt of upstreams: how long generations take, how many tasks they let through."""

meta: Final = Table(
    "meta",
    metadata,
    _text("key", null=False),
    _text("value", null=False),
    PrimaryKeyConstraint("key", name="meta_pk"),
    sqlite_with_rowid=False,
)
"""Small facts about this database."""

outbox: Final = Table(
    "outbox",
    metadata,
    Column("n", Serial, primary_key=True, autoincrement=True),
    _big("task_seq", null=False),
    _bytes("task_id", null=False),
    _int("tenant_id", null=False),
    _big("sub_app_id"),
    _text("sink", null=False),  # vod | fal | webhook
    _big("created_at", null=False),
    _big("due_at", null=False),  # while it is lent: the end of the lease
    _int("tries", null=False, default=0),
    _text("handle"),  # the lease
    _big("done_at"),
    _text("last_error"),  # of a message that is done: it was given up
    UniqueConstraint("task_seq", "sink", name="outbox_once"),
    CheckConstraint("sink <> 'vod' OR sub_app_id IS NOT NULL", name="outbox_application"),
    sqlite_autoincrement=True,
)
"""Messages that a task has ended, one per task and sink, written in the transaction that ended it."""

_where("outbox_due", "done_at IS NULL AND sink <> 'vod'", outbox.c.sink, outbox.c.due_at)
_where(
    "outbox_push",
    "done_at IS NULL AND sink = 'vod'",
    outbox.c.tenant_id,
    outbox.c.sub_app_id,
    outbox.c.due_at,
)
_where(
    "outbox_pull",
    "done_at IS NULL AND sink = 'vod'",
    outbox.c.tenant_id,
    outbox.c.sub_app_id,
    outbox.c.n,
)
_where("outbox_handle", "handle IS NOT NULL", outbox.c.handle)
Index("outbox_old", outbox.c.created_at)

event_configs: Final = Table(
    "event_configs",
    metadata,
    _int("tenant_id", null=False),
    _big("sub_app_id", null=False),
    _text("mode", null=False),
    _big("updated_at", null=False),
    _text("notification_url", null=False),
    _bytes("sign_key"),
    _small("upload_switch", null=False),
    _small("delete_switch", null=False),
    _small("persistence_switch", null=False),
    PrimaryKeyConstraint("tenant_id", "sub_app_id", name="event_configs_pk"),
    CheckConstraint("mode IN ('PULL', 'PUSH')", name="event_configs_mode"),
    sqlite_with_rowid=False,
)
"""How each application wants its VOD events; without a row it pulls them."""

_where(
    "event_configs_push",
    "mode = 'PUSH' AND notification_url <> ''",
    event_configs.c.tenant_id,
    event_configs.c.sub_app_id,
)

workers: Final = Table(
    "workers",
    metadata,
    _text("id", null=False),
    _text("role", null=False),  # all | api | engine
    _text("host", null=False),
    _big("started_at", null=False),
    _big("seen_at", null=False),
    PrimaryKeyConstraint("id", name="workers_pk"),
    sqlite_with_rowid=False,
)
"""The processes that work on this database, and when each was last alive."""

permits: Final = Table(
    "permits",
    metadata,
    _text("name", null=False),
    _big("second", null=False),
    _int("used", null=False),
    _int("granted", null=False),  # by the last statement
    PrimaryKeyConstraint("name", name="permits_pk"),
    sqlite_with_rowid=False,
)
"""How many calls of one access key and action were let through in the current second, by all processes."""

tries: Final = Table(
    "tries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _bytes("mark", null=False),
    _int("number", null=False),
    _big("at", null=False),
    _text("answer"),
)
"""Creates that their clients may send again without a key, by a digest of sender and content."""

Index("tries_mark", tries.c.mark)
Index("tries_old", tries.c.at)
