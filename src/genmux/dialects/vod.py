"""Tencent VOD (2018-07-17) towards clients: create tasks, describe and list them, hear of their end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from genmux.dialects.exchange import WireRequest
from genmux.dialects.idempotency import OWN_HEADER, claim_of
from genmux.dialects.vod_events import EventDesk, VodEvents
from genmux.dialects.vod_views import WIRE, ResultUrls, VodViews
from genmux.domain.errors import GenmuxError, InvalidInput, KeyReused
from genmux.domain.spec import encode_json
from genmux.domain.text import Text
from genmux.engine.ports import IdempotencyClaim, TaskFilter
from genmux.engine.service import Caller, Draft, TaskService, no_such_task
from genmux.wires import vod
from genmux.wires.tencent import WireError, refuse
from genmux.wires.tencent_schema import Struct
from genmux.wires.vod_list import WINDOW_MS
from genmux.wires.vod_tasks import INPUT_CODES, REPEATED_SESSION

SESSION_MS: Final = 3 * 24 * 3_600_000
"""A SessionId must be new within three days."""
MODEL_FIELDS: Final = {"model": "ModelName", "model.family": "ModelName", "model.version": "ModelVersion"}

_FILE_ID: Final = re.compile(r"[0-9]{1,18}\Z")

_Action = Callable[[dict[str, Any], Caller, WireRequest, str], Awaitable[dict[str, Any]]]


class VodService:
    """The actions of VOD that genmux serves.

    `result_urls` gives URLs that open for seven days, as the answers say they do.
    """

    version = vod.VERSION

    def __init__(self, service: TaskService, result_urls: ResultUrls, events: EventDesk) -> None:
        self._service = service
        self._views = VodViews(service, result_urls)
        self._events = VodEvents(events, service, self._views)
        self._actions: dict[str, _Action] = {
            "DescribeTaskDetail": self._detail,
            "DescribeTasks": self._list,
            "PullEvents": self._events.pull,
            "ConfirmEvents": self._events.confirm,
            "DescribeEventConfig": self._events.describe,
            "ModifyEventConfig": self._events.modify,
        }

    def schema(self, action: str) -> Struct | None:
        """Return what an action's request looks like, None for an action not served."""
        return vod.request_schema(action) if action in vod.ACTIONS else None

    def creates(self, action: str) -> bool:
        """Return whether an action makes tasks."""
        return action in vod.CREATES

    def rate_name(self, action: str) -> str:
        """Return the action's name after the service's, since MPS has some of the same."""
        return f"vod:{action}"

    async def call(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Do what the action says. Raises `WireError` or `GenmuxError`."""
        if action in vod.CREATES:
            return await self._create(action, body, caller, request)
        return await self._actions[action](body, caller, request, language)

    # ------------------------------------------------------------ create

    async def _create(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest
    ) -> dict[str, Any]:
        parsed = vod.parse_create(action, body)
        kind, scene = parsed.spec.kind, parsed.spec.scene or ""
        if scene in vod.UNSUPPORTED_SCENES[kind]:
            raise _unsupported_scene(scene)
        draft = self._draft(action, body, parsed, request)
        try:
            created = await self._service.create(caller, draft)
        except KeyReused as error:
            raise _repeated(parsed) if parsed.session_id else self.explain(error, action) from None
        except GenmuxError as error:
            raise self._translate(error, parsed) from None
        if created.repeated and parsed.session_id:
            raise _repeated(parsed)
        return vod.render_created(kind, parsed.sub_app_id, created.task_id)

    def _draft(
        self, action: str, body: dict[str, Any], parsed: vod.ParsedCreate, request: WireRequest
    ) -> Draft:
        model = parsed.spec.model
        return Draft(
            wire=WIRE,
            surface=WIRE,
            spec=parsed.spec,
            model_name=model.family if model else None,
            model_version=model.version if model else None,
            extra=parsed.extra,
            priority=parsed.priority,
            sub_app_id=parsed.sub_app_id,
            permanent=parsed.permanent,
            idempotency=self._claim(action, body, parsed, request),
            preview_ignores=vod.ignored_fields(action, body),
        )

    def _claim(
        self, action: str, body: dict[str, Any], parsed: vod.ParsedCreate, request: WireRequest
    ) -> IdempotencyClaim | None:
        """Return the claim of the SessionId, else of our own header."""
        now = self._service.clock()
        if not parsed.session_id:
            said = request.body or request.query.encode()
            return claim_of(request, now, OWN_HEADER, salt=action.encode(), body=said)
        digest = hashlib.sha256(f"{action}\n{encode_json(body)}".encode()).digest()
        return IdempotencyClaim(f"vod:{parsed.sub_app_id}", parsed.session_id, digest, now + SESSION_MS)

    def explain(self, error: GenmuxError, action: str) -> WireError:
        """Return one of our errors in VOD codes; the field is TaskId for what a describe cannot find."""
        field = "TaskId" if error.field == "task_id" else None
        return refuse(vod.error_code(error), field, error.text)

    def _translate(self, error: GenmuxError, parsed: vod.ParsedCreate) -> WireError:
        """Return a refused create in VOD codes, naming the wire's own field."""
        field, code = error.field, vod.error_code(error)
        if field is not None and field.startswith("references."):
            path = vod.reference_path(parsed, int(field.partition(".")[2]))
            if isinstance(error, InvalidInput):
                code = next((c for name, c in INPUT_CODES.items() if path.endswith(name)), code)
            return refuse(code, path, error.text)
        return refuse(code, wire_path(parsed, field) if field else None, error.text)

    # ------------------------------------------------------------ describe, list

    async def _detail(
        self, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        name = vod.parse_describe(body)
        if name is None:
            raise no_such_task()
        view = await self._service.find(caller, name.id, name.kind)
        if view.row.sub_app_id not in (None, name.sub_app_id):
            raise no_such_task()
        picture = await self._views.picture(caller, view, name.sub_app_id, request.base_url)
        return vod.render_detail(picture, language)

    async def _list(
        self, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        query = vod.parse_list(body)
        wanted = task_filter(query, self._service.clock())
        if wanted is None:
            return vod.render_list((), "")
        rows = await self._service.list_tasks(caller, wanted)
        more = len(rows) > query.limit
        page = rows[: query.limit]
        token = vod.render_scroll_token(page[-1].id) if more else ""
        return vod.render_list([await self._views.listed(caller, row) for row in page], token)


def task_filter(query: vod.TaskQuery, now: int) -> TaskFilter | None:
    """Return what to ask the store for, one row more than the page has; None if nothing can match.

    The store's times are inclusive at both ends, the wire's `Before` is not.
    """
    if query.file_id and not _FILE_ID.match(query.file_id):
        return None
    since = now - WINDOW_MS
    return TaskFilter(
        states=query.states,
        sub_app_id=query.sub_app_id,
        file_id=int(query.file_id) if query.file_id else None,
        created_after=max(since, query.created_from or since),
        created_before=_before(query.created_until),
        finished_after=query.finished_from,
        finished_before=_before(query.finished_until),
        sort=query.sort,
        ascending=query.ascending,
        cursor=query.cursor,
        limit=query.limit + 1,
    )


def _before(moment: int | None) -> int | None:
    return None if moment is None else moment - 1


def wire_path(parsed: vod.ParsedCreate, field: str) -> str:
    """Return what the wire calls a field of the spec."""
    return MODEL_FIELDS.get(field) or vod.PATHS[parsed.spec.kind].get(field, field)


def _repeated(parsed: vod.ParsedCreate) -> WireError:
    detail = Text(
        f"The SessionId {parsed.session_id} was used within the last three days.",
        f"SessionId {parsed.session_id} 在三天内已被使用。",
    )
    return refuse(REPEATED_SESSION, "SessionId", detail)


def _unsupported_scene(scene: str) -> WireError:
    return refuse(
        "UnsupportedOperation",
        detail=Text(
            f"SceneType {scene} makes 3D assets, which this server does not make.",
            f"SceneType {scene} 生成 3D 资产，本服务不支持。",
        ),
    )
