"""The task that benches of the store create."""

from __future__ import annotations

import secrets
from typing import Final

from bench.requests import create_body
from genmux.domain.states import TaskState
from genmux.engine.ports import NewEvent, NewTask

LANE: Final = "video/Kling/2.1"


def new_task(now: int) -> NewTask:
    """Return a film of one's own, due now (milliseconds)."""
    return NewTask(
        id=secrets.token_bytes(16),
        tenant_id=1,
        key_id=1,
        wire="mps",
        sub_app_id=None,
        kind="video",
        lane=LANE,
        state=TaskState.QUEUED,
        priority=0,
        deadline_at=now + 86_400_000,
        created_at=now,
        spec=create_body(0).decode(),
        extra="{}",
        events=(NewEvent("created", now, '{"wire":"mps","model":"Kling 2.1"}'),),
    )
