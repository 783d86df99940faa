"""Events of VOD towards clients: pulled and confirmed here, their pushes rendered for who sends them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from genmux.dialects.exchange import WireRequest
from genmux.dialects.vod_views import NO_APPLICATION, VodViews, asked_of
from genmux.domain.errors import NotFound
from genmux.engine.ports import TaskDetail
from genmux.engine.service import Caller, TaskService, TaskView
from genmux.wires import vod
from genmux.wires.vod_events import MAX_EVENTS, PULL_SECONDS, parse_application, unknown_handle


class PulledEvent(NamedTuple):
    """One event lent to a client: which task has ended, and under which handle to confirm it."""

    handle: str
    task_id: bytes


class EventDesk(Protocol):
    """Events of finished VOD tasks, at least once, per tenant and application."""

    async def pull(
        self, caller: Caller, sub_app_id: int, limit: int, wait_seconds: float
    ) -> Sequence[PulledEvent]:
        """Lend the oldest unconfirmed events for 30 seconds, waiting for the first if there is none."""
        ...

    async def confirm(self, caller: Caller, handles: Sequence[str]) -> int:
        """End the events lent under these handles; return how many of the handles were good."""
        ...

    async def config(self, caller: Caller, sub_app_id: int) -> vod.EventConfig:
        """Return how an application wants its events, the defaults for one that never said."""
        ...

    async def set_config(self, caller: Caller, sub_app_id: int, config: vod.EventConfig) -> None:
        """Keep how an application wants its events."""
        ...


class VodEvents:
    """The four event actions."""

    def __init__(self, desk: EventDesk, service: TaskService, views: VodViews) -> None:
        self._desk = desk
        self._service = service
        self._views = views

    async def pull(
        self, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Answer PullEvents; a task that is gone by now has no event any more."""
        sub_app_id = parse_application(body)
        events = await self._desk.pull(caller, sub_app_id, MAX_EVENTS, PULL_SECONDS)
        contents: list[tuple[str, dict[str, Any]]] = []
        for event in events:
            try:
                view = await self._service.find(caller, event.task_id)
                picture = await self._views.picture(caller, view, sub_app_id, request.base_url)
            except NotFound:
                await self._desk.confirm(caller, (event.handle,))
                continue
            contents.append((event.handle, content_of(picture, language)))
        return vod.render_pulled(contents)

    async def confirm(
        self, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Answer ConfirmEvents: the good handles are confirmed even if another is not."""
        handles = vod.parse_confirm(body)
        if await self._desk.confirm(caller, handles) < len(handles):
            raise unknown_handle()
        return {}

    async def describe(
        self, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Answer DescribeEventConfig."""
        return vod.render_config(await self._desk.config(caller, parse_application(body)))

    async def modify(
        self, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Answer ModifyEventConfig: what is not said stays as it is."""
        sub_app_id = parse_application(body)
        config = vod.parse_config(body, await self._desk.config(caller, sub_app_id))
        await self._desk.set_config(caller, sub_app_id, config)
        return {}


def content_of(picture: vod.TaskPicture, language: str) -> dict[str, Any]:
    """Return the event that tells of a finished task."""
    return vod.render_content(picture.kind, vod.render_task(picture, language))


def push_body(
    views: VodViews, detail: TaskDetail, *, base_url: str, sign_key: str, now_ms: int, language: str = "zh-CN"
) -> bytes:
    """Return the body to POST to an application's NotificationUrl about a finished task."""
    view = TaskView(detail.task, detail.artifacts)
    sub_app_id = detail.task.sub_app_id or NO_APPLICATION
    picture = views.picture_of(view, asked_of(detail), sub_app_id, base_url)
    return vod.render_push(content_of(picture, language), sign_key, now_ms // 1000)
