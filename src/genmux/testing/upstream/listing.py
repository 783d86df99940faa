"""DescribeTasks of VOD: filters, order and pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from genmux.testing.upstream import shapes
from genmux.testing.upstream.tasks import Task, Tasks, new_hex


class Pages:
    """Lists the tasks of an application; a scroll token holds the listing as it was when it began."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._rest: dict[str, list[Task]] = {}

    def page(self, secret_id: str, body: dict[str, Any], limit: int) -> dict[str, Any]:
        """Return the answer to DescribeTasks."""
        token = body.get("ScrollToken", "")
        found = self._rest.pop(token, []) if token else self._select(secret_id, body)
        shown, rest = found[:limit], found[limit:]
        following = ""
        if rest:
            following = new_hex()
            self._rest[following] = rest
        now = self._tasks.now()
        lines = [shapes.vod_line(task, task.phase(now), now) for task in shown]
        return {"ScrollToken": following, "TaskSet": lines}

    def _select(self, secret_id: str, body: dict[str, Any]) -> list[Task]:
        now = self._tasks.now()
        found = [
            task
            for task in self._tasks.of("vod", secret_id, body.get("SubAppId", 0))
            if _matches(task, body, now)
        ]
        sort = body.get("Sort") or {}
        by_end = sort.get("Field") == "FinishTime"
        found.sort(key=lambda task: task.ends if by_end else task.created, reverse=sort.get("Order") != "Asc")
        return found


def _matches(task: Task, body: dict[str, Any], now: float) -> bool:
    phase = task.phase(now)
    wanted = body.get("Status")
    if wanted and shapes.VOD_STATUS[phase] != wanted:
        return False
    if not _within(task.created, body.get("CreateTime")):
        return False
    return body.get("FinishTime") is None or (phase.over and _within(task.ends, body["FinishTime"]))


def _within(moment: float, wanted: dict[str, str] | None) -> bool:
    """Return whether a moment, in whole seconds as the list shows it, lies in the wanted span."""
    if not wanted:
        return True
    after, before = (_seconds(wanted.get(name)) for name in ("After", "Before"))
    shown = int(moment)
    return (after is None or shown >= after) and (before is None or shown <= before)


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None
