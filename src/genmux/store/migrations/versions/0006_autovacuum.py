"""PostgreSQL cleans the busy tables by what was written, not by how much history they hold."""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BUSY: Final = ("tasks", "attempts", "outbox")
SETTINGS: Final = (
    "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000, "
    "autovacuum_analyze_scale_factor = 0.02"
)


def upgrade() -> None:
    """Set the tables' thresholds; there is nothing to do on SQLite."""
    if op.get_bind().dialect.name == "postgresql":
        for table in BUSY:
            op.execute(f"ALTER TABLE {table} SET ({SETTINGS})")
