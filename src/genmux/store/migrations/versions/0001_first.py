"""Every table and index of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    _tasks()
    _task_specs()
    _task_inputs()
    _attempts()
    _artifacts()
    _events()
    _idempotency()
    _pace()
    _tenants()
    _access_keys()
    _channels()
    _meta()


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=True),
        sa.Column("wire", sa.Text(), nullable=False),
        sa.Column("sub_app_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("upstream_ref", sa.Text(), nullable=True),
        sa.Column("progress", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("usage", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("deadline_at", sa.BigInteger(), nullable=False),
        sa.Column("source_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("cancel_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("id", name="tasks_id"),
        sa.CheckConstraint("state BETWEEN 0 AND 8", name="tasks_state"),
        sa.CheckConstraint("priority BETWEEN -10 AND 10", name="tasks_priority"),
        sa.CheckConstraint("(state >= 6) = (finished_at IS NOT NULL)", name="tasks_finished"),
        sa.CheckConstraint("state < 6 OR (due_at IS NULL AND worker_id IS NULL)", name="tasks_at_rest"),
        sa.CheckConstraint("state NOT IN (2,3,4,5) OR channel_id IS NOT NULL", name="tasks_channel"),
        sa.CheckConstraint("state NOT IN (3,5) OR upstream_ref IS NOT NULL", name="tasks_upstream"),
        sa.CheckConstraint("state <> 7 OR error IS NOT NULL", name="tasks_error"),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "tasks_deadline",
        "tasks",
        ["deadline_at"],
        unique=False,
        sqlite_where=sa.text("state < 6"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(
        "tasks_due",
        "tasks",
        ["channel_id", "state", "due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("tasks_list", "tasks", ["tenant_id", "seq"], unique=False)
    op.create_index(
        "tasks_old",
        "tasks",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index(
        "tasks_queue",
        "tasks",
        ["lane", "tenant_id", sa.literal_column("priority DESC"), "seq"],
        unique=False,
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )


def _task_specs() -> None:
    op.create_table(
        "task_specs",
        sa.Column(
            "task_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_seq"),
    )


def _task_inputs() -> None:
    op.create_table(
        "task_inputs",
        sa.Column("task_seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("from_task", sa.LargeBinary(), nullable=True),
        sa.Column("from_n", sa.SmallInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("media_key", sa.Text(), nullable=True),
        sa.Column("probe", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task_seq", "n", name="task_inputs_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "inputs_from",
        "task_inputs",
        ["from_task"],
        unique=False,
        sqlite_where=sa.text("sha256 IS NULL AND from_task IS NOT NULL"),
        postgresql_where=sa.text("sha256 IS NULL AND from_task IS NOT NULL"),
    )
    op.create_index(
        "inputs_media",
        "task_inputs",
        ["media_key"],
        unique=False,
        sqlite_where=sa.text("media_key IS NOT NULL"),
        postgresql_where=sa.text("media_key IS NOT NULL"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("task_seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.Column("upstream_ref", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("task_seq", "n", name="attempts_pk"),
        sa.UniqueConstraint("key", name="attempts_key"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "attempts_due",
        "attempts",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "attempts_open",
        "attempts",
        ["channel_id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("task_seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("media_key", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.REAL().with_variant(sa.Double(), "postgresql"), nullable=True),
        sa.Column("probe", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("task_seq", "role", "n", name="artifacts_pk"),
        sa.UniqueConstraint("file_id", name="artifacts_file"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "artifacts_expiry",
        "artifacts",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL AND media_key IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL AND media_key IS NOT NULL"),
    )
    op.create_index(
        "artifacts_media",
        "artifacts",
        ["media_key"],
        unique=False,
        sqlite_where=sa.text("media_key IS NOT NULL"),
        postgresql_where=sa.text("media_key IS NOT NULL"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("task_seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_seq", "n", name="events_pk"),
        sqlite_with_rowid=False,
    )


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("task_id", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "scope", "key", name="idempotency_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("idempotency_old", "idempotency", ["expires_at"], unique=False)


def _pace() -> None:
    op.create_table(
        "pace",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("interval_us", sa.BigInteger(), nullable=False),
        sa.Column("free_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pace_pk"),
        sqlite_with_rowid=False,
    )


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="tenants_name"),
    )


def _access_keys() -> None:
    op.create_table(
        "access_keys",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_id", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_id", name="access_keys_secret_id"),
        sa.UniqueConstraint("token_sha256", name="access_keys_token"),
    )


def _channels() -> None:
    op.create_table(
        "channels",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("enabled", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="channels_name"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="meta_pk"),
        sqlite_with_rowid=False,
    )
