"""PullEvents and ConfirmEvents of VOD: what ended is told again and again until it is confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from genmux.testing.upstream import shapes
from genmux.testing.upstream.files import result_urls
from genmux.testing.upstream.tasks import Task, Tasks, new_hex

LENT_SECONDS: Final = 30.0
MOST: Final = 16
_LOOK_SECONDS: Final = 0.05


class Events:
    """The queue of each application: an event is lent under a handle, and comes back unconfirmed."""

    def __init__(self, tasks: Tasks, wait_seconds: float) -> None:
        self._tasks = tasks
        self._wait_seconds = wait_seconds
        self._lent_until: dict[str, float] = {}
        self._handles: dict[str, str] = {}
        self._confirmed: set[str] = set()

    async def pull(self, secret_id: str, sub_app_id: int, base: str) -> list[dict[str, Any]]:
        """Return events of an application, as soon as there are any and at the latest after the wait."""
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        while True:
            found = self._due(secret_id, sub_app_id)
            if found or asyncio.get_running_loop().time() >= deadline:
                return [self._lend(task, base) for task in found]
            await asyncio.sleep(_LOOK_SECONDS)

    def _due(self, secret_id: str, sub_app_id: int) -> list[Task]:
        now = self._tasks.now()
        ended = (t for t in self._tasks.of("vod", secret_id, sub_app_id) if t.phase(now).over)
        return [t for t in ended if t.id not in self._confirmed and self._lent_until.get(t.id, 0.0) <= now][
            :MOST
        ]

    def _lend(self, task: Task, base: str) -> dict[str, Any]:
        now = self._tasks.now()
        handle = new_hex()
        self._handles[handle] = task.id
        self._lent_until[task.id] = now + LENT_SECONDS
        phase = task.phase(now)
        return shapes.vod_event(task, phase, result_urls(task, phase, base), handle)

    def confirm(self, handles: Iterable[str]) -> bool:
        """Confirm events; return whether all of the handles are known."""
        known = [self._handles.get(handle) for handle in handles]
        self._confirmed.update(task_id for task_id in known if task_id is not None)
        return None not in known
