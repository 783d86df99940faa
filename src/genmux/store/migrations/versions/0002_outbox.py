"""The outbox, and how applications want their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; tasks that ended before have nobody to tell."""
    _outbox()
    _event_configs()


def _where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column(
            "n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("task_seq", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sub_app_id", sa.BigInteger(), nullable=True),
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("task_seq", "sink", name="outbox_once"),
        sa.CheckConstraint("sink <> 'vod' OR sub_app_id IS NOT NULL", name="outbox_application"),
        sqlite_autoincrement=True,
    )
    unread = "done_at IS NULL AND sink = 'vod'"
    _where("outbox_due", "outbox", ["sink", "due_at"], "done_at IS NULL AND sink <> 'vod'")
    _where("outbox_push", "outbox", ["tenant_id", "sub_app_id", "due_at"], unread)
    _where("outbox_pull", "outbox", ["tenant_id", "sub_app_id", "n"], unread)
    _where("outbox_handle", "outbox", ["handle"], "handle IS NOT NULL")
    op.create_index("outbox_old", "outbox", ["created_at"], unique=False)


def _event_configs() -> None:
    op.create_table(
        "event_configs",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sub_app_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("notification_url", sa.Text(), nullable=False),
        sa.Column("sign_key", sa.LargeBinary(), nullable=True),
        sa.Column("upload_switch", sa.SmallInteger(), nullable=False),
        sa.Column("delete_switch", sa.SmallInteger(), nullable=False),
        sa.Column("persistence_switch", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sub_app_id", name="event_configs_pk"),
        sa.CheckConstraint("mode IN ('PULL', 'PUSH')", name="event_configs_mode"),
        sqlite_with_rowid=False,
    )
    push = "mode = 'PUSH' AND notification_url <> ''"
    _where("event_configs_push", "event_configs", ["tenant_id", "sub_app_id"], push)
