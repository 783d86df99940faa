"""Waiting for a task on behalf of a client, no longer than the server stays up."""

from __future__ import annotations

import re
from typing import Final

from genmux.dialects.rest_call import Call, Desk, query_refusal
from genmux.engine.ports import TaskRow

LONGEST_WAIT_SECONDS: Final = 60
SLICE_SECONDS: Final = 1.0
"""How soon a waiter notices that the server is shutting down."""
_SECONDS: Final = re.compile(r"\d{1,3}(\.\d{1,3})?", re.ASCII)


def wait_seconds(call: Call) -> float:
    """Return how long the query lets its answer wait: `wait=SECONDS`, 0 when it does not say."""
    text = call.query.get("wait", "0")
    if not _SECONDS.fullmatch(text) or float(text) > LONGEST_WAIT_SECONDS:
        raise query_refusal(
            "wait",
            f"must be 0 to {LONGEST_WAIT_SECONDS} seconds.",
            f"必须在 0 到 {LONGEST_WAIT_SECONDS} 秒之间。",
        )
    return float(text)


async def next_revision(desk: Desk, task_id: bytes, revision: int, seconds: float) -> TaskRow | None:
    """Return the task once it is past `revision` or final, or as it is after `seconds`.

    None when there is no such task any more.
    """
    until = desk.clock() + int(seconds * 1000)
    while True:
        left = max(0.0, (until - desk.clock()) / 1000)
        row = await desk.service.changed(task_id, revision, min(left, SLICE_SECONDS))
        if row is None or row.revision > revision or row.state.final:
            return row
        if desk.clock() >= until or desk.service.draining:
            return row


async def final_state(desk: Desk, row: TaskRow, seconds: float) -> None:
    """Return once the task is final, or after `seconds`."""
    until = desk.clock() + int(seconds * 1000)
    found: TaskRow | None = row
    while found is not None and not found.state.final and not desk.service.draining:
        left = (until - desk.clock()) / 1000
        if left <= 0:
            return
        found = await next_revision(desk, found.id, found.revision, left)
