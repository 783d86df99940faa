"""Result URLs of this server: made for wires, recognised when they come back as inputs."""

from __future__ import annotations

from dataclasses import dataclass

from genmux.domain.errors import InvalidInput
from genmux.domain.text import Text
from genmux.engine.ports import Clock
from genmux.engine.service import TaskView
from genmux.media.urls import FileUrls


@dataclass(slots=True)
class PublicBase:
    """Where clients reach this server when no request says it; known once the port is bound."""

    url: str = ""

    def __call__(self) -> str:
        return self.url


class SignedUrls:
    """URLs that die `hours` after a task's completion: the same ones at every poll."""

    def __init__(self, urls: FileUrls, hours: int, clock: Clock) -> None:
        self._urls = urls
        self._hours = hours
        self._clock = clock

    def of_task(self, base_url: str, view: TaskView) -> tuple[str, ...]:
        """Return the URL of each result, in order."""
        row = view.row
        until = (row.finished_at or row.created_at) // 1000 + self._hours * 3600
        return tuple(
            base_url + self._urls.path(row.id.hex(), a.n, a.extension, until)
            for a in view.artifacts
            if a.role == "result"
        )

    def recognise(self, url: str) -> tuple[bytes, int] | None:
        """Return (task id, artifact number) of a URL of ours. Raises `InvalidInput` when it is expired."""
        ref = self._urls.recognise(url, None)
        if ref is None:
            return None
        if ref.expires_at * 1000 <= self._clock():
            raise InvalidInput(
                Text(
                    "The URL of this server's result has expired; describe the task again.",
                    "本服务的结果 URL 已过期;请重新查询任务。",
                )
            )
        return bytes.fromhex(ref.task_hex), ref.n
