"""The words of messages about finished tasks: VOD's event push and fal's webhook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from genmux.dialects.exchange import WireRequest
from genmux.dialects.fal_call import WEBHOOK, Call, Desk
from genmux.dialects.fal_requests import answer_result
from genmux.dialects.vod_events import push_body
from genmux.dialects.vod_views import VodViews
from genmux.engine.ports import Clock, EventMode, HttpCall, OutboxRow, Store
from genmux.engine.service import Caller, TaskService
from genmux.wires import fal, fal_webhooks

MAX_REPLY_BYTES: Final = 64 * 1024
"""Nobody reads what a receiver answers, so it may not be long."""
BaseUrl = Callable[[], str]
"""Returns where clients reach this server: a push has no request to learn it from."""


def _post(url: str, body: bytes, headers: dict[str, str]) -> HttpCall:
    fields = {"Content-Type": "application/json", "User-Agent": "genmux", **headers}
    return HttpCall("POST", url, tuple(fields.items()), body, max_reply_bytes=MAX_REPLY_BYTES)


class VodNotice:
    """Pushes a finished task's event to its application's NotificationUrl, with Sign where it has a key."""

    def __init__(
        self,
        store: Store,
        views: VodViews,
        unseal: Callable[[bytes, str], str],
        base_url: BaseUrl,
        clock: Clock,
    ) -> None:
        self._store = store
        self._views = views
        self._unseal = unseal
        self._clock = clock
        self._base_url = base_url

    async def __call__(self, row: OutboxRow) -> HttpCall | None:
        """Return the push, None while the application pulls."""
        config = await self._store.event_config(row.tenant_id, row.sub_app_id or 0)
        detail = await self._store.detail(row.task_id)
        if detail is None or config is None or config.mode is not EventMode.PUSH:
            return None
        if not config.notification_url:
            return None
        name = sign_key_name(row.tenant_id, row.sub_app_id or 0)
        body = push_body(
            self._views,
            detail,
            base_url=self._base_url(),
            sign_key=self._unseal(config.sign_key, name) if config.sign_key else "",
            now_ms=self._clock(),
        )
        return _post(config.notification_url, body, {})


def sign_key_name(tenant_id: int, sub_app_id: int) -> str:
    """Return what a sealed SignKey is bound to, so that it opens nowhere else."""
    return f"sign-key:{tenant_id}:{sub_app_id}"


class FalNotice:
    """Posts a finished request's result to its `fal_webhook`, signed with our Ed25519 key."""

    def __init__(self, service: TaskService, desk: Desk, private_key: bytes, base_url: BaseUrl) -> None:
        self._service = service
        self._desk = desk
        self._private_key = private_key
        self._base_url = base_url

    async def __call__(self, row: OutboxRow) -> HttpCall | None:
        """Return the webhook's call, None when the task is gone or names no URL."""
        caller = Caller(row.tenant_id)
        detail = await self._service.detail(caller, row.task_id)
        url = msgspec.json.decode(detail.extra).get(WEBHOOK)
        if not url:
            return None
        request_id = fal.render_request_id(row.task_id)
        body = await self._body(caller, row, request_id)
        headers = fal_webhooks.sign(
            self._private_key,
            request_id=request_id,
            user_id=f"tenant-{row.tenant_id}",
            timestamp_seconds=self._desk.clock() // 1000,
            body=body,
        )
        return _post(url, body, headers)

    async def _body(self, caller: Caller, row: OutboxRow, request_id: str) -> bytes:
        request = WireRequest("GET", f"/requests/{request_id}", "", {}, b"", self._base_url())
        call = Call(request=request, caller=caller, language="en")
        view = await self._service.find(caller, row.task_id)
        reply = await answer_result(self._desk, call, view)
        payload = msgspec.json.decode(reply.body)
        error = None if reply.status == 200 else f"Unexpected status code: {reply.status}"
        return fal_webhooks.render_body(request_id, payload, error=error)
