"""AnyAPI's Tencent routes towards clients: create by VOD's fields, follow as in fal's queue or by query."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Protocol

import structlog

from genmux.dialects.exchange import WireReply, WireRequest
from genmux.dialects.fal import named
from genmux.dialects.fal_call import (
    REPLAYED,
    REQUEST_ID,
    Call,
    Desk,
    idempotency,
    language_of,
    priority_of,
    read_call,
    reply_json,
    reply_refusal,
    webhook_of,
    with_headers,
)
from genmux.dialects.fal_requests import WrongMethod, find_request, view_status
from genmux.domain.errors import GenmuxError, KeyReused, NotFound
from genmux.domain.ids import new_request_id
from genmux.domain.spec import Kind
from genmux.domain.text import Text
from genmux.engine.ports import IdempotencyClaim
from genmux.engine.service import Caller, Created, Draft, no_such_task
from genmux.wires import anyapi, fal, vod
from genmux.wires.tencent import WireError, refuse
from genmux.wires.vod_tasks import REPEATED_SESSION

log = structlog.get_logger(__name__)

WIRE: Final = "anyapi"
PREFIX: Final = f"/{anyapi.ROOT}/"
DETAIL: Final = "DescribeTaskDetail"
SESSION_MS: Final = 3 * 24 * 3_600_000
DEFAULT_SUB_APP_ID: Final = 1
RETRYABLE_STATUSES: Final = (429, 503)
_NO_BODY: Final = hashlib.sha256(b"").digest()


class TaskDetails(Protocol):
    """What is needed of VOD's service: it answers DescribeTaskDetail."""

    async def call(
        self, action: str, body: dict[str, Any], caller: Caller, request: WireRequest, language: str
    ) -> dict[str, Any]:
        """Return the answer's fields. Raises `WireError` or `GenmuxError`."""
        ...

    def explain(self, error: GenmuxError, action: str) -> WireError:
        """Return one of our errors in VOD's codes."""
        ...


class AnyApiDialect:
    """Answers every request whose first path segment is `tencent-vod`."""

    def __init__(self, desk: Desk, details: TaskDetails, *, sub_app_id: int = DEFAULT_SUB_APP_ID) -> None:
        """`details` answers VOD's DescribeTaskDetail; `sub_app_id` is the application of every task here."""
        self.desk = desk
        self._details = details
        self._sub_app_id = sub_app_id

    async def handle(self, request: WireRequest) -> WireReply:
        """Answer one request; never raises."""
        try:
            reply = await self._answer(request)
        except WrongMethod as wrong:
            text = Text(f"This path takes {wrong.allowed}.", f"此路径只接受 {wrong.allowed}。")
            refusal = _refusal(refuse("InvalidRequest", detail=text), request, status=405)
            reply = with_headers(refusal, ("Allow", wrong.allowed))
        except WireError as error:
            reply = _refusal(error, request)
        except GenmuxError as error:
            reply = _refused(error, request)
        except Exception:
            log.exception("request failed", method=request.method, path=request.path)
            reply = _refusal(refuse("InternalError"), request)
        return named(reply)

    def too_large(self, request: WireRequest, limit: int) -> WireReply:
        """Answer a request whose body was not read because it is over `limit` bytes."""
        return named(_refusal(refuse("RequestSizeLimitExceeded"), request))

    async def _answer(self, request: WireRequest) -> WireReply:
        found = find_request(request.path, request.method)
        if found is not None:
            handler, root, task_id = found
            return await handler(self.desk, await read_call(self.desk, request), root, task_id)
        segment, slash, text = request.path.removeprefix(PREFIX).partition("/")
        known = request.path.startswith(PREFIX)
        if known and segment in anyapi.CREATES and not slash:
            _need(request, "POST")
            return await self._create(await read_call(self.desk, request), anyapi.CREATES[segment])
        if known and segment in anyapi.QUERIES and text and "/" not in text:
            _need(request, "GET")
            return await self._query(await read_call(self.desk, request), text)
        raise NotFound(Text("There is nothing at this path.", "此路径下没有任何内容。"))

    # ------------------------------------------------------------ create

    async def _create(self, call: Call, action: str) -> WireReply:
        fields = anyapi.read_create(action, call.request.body, self._sub_app_id)
        parsed = anyapi.parse_create(action, fields)
        kind = parsed.spec.kind
        if parsed.spec.scene in vod.UNSUPPORTED_SCENES.get(kind, ()):
            raise _unsupported_scene(parsed.spec.scene or "")
        created = await self._store(call, action, fields, parsed)
        view = await self.desk.service.find(call.caller, created.task_id, kind)
        shown = await view_status(self.desk, call, anyapi.ROOT, view, logs=False)
        task_id = vod.render_task_id(kind, self._sub_app_id, created.task_id)
        headers = [(REQUEST_ID, shown.request_id), *([REPLAYED] if created.repeated else [])]
        return reply_json(anyapi.render_created(shown, task_id, new_request_id()), 200, *headers)

    async def _store(
        self, call: Call, action: str, fields: dict[str, Any], parsed: vod.ParsedCreate
    ) -> Created:
        spec, model = parsed.spec, parsed.spec.model
        keyed = idempotency(self.desk, call.request)
        draft = Draft(
            wire=WIRE,
            surface=WIRE,
            spec=spec,
            model_name=model.family if model else None,
            model_version=model.version if model else None,
            extra={**parsed.extra, **webhook_of(self.desk, call)},
            priority=parsed.priority or priority_of(call.request),
            sub_app_id=self._sub_app_id,
            permanent=parsed.permanent,
            idempotency=keyed or self._session(parsed.session_id),
            preview_ignores=vod.ignored_fields(action, fields),
        )
        try:
            created = await self.desk.service.create(call.caller, draft)
        except KeyReused:
            if keyed is not None:
                raise
            raise _repeated_session() from None
        except GenmuxError as error:
            raise _translate(error, parsed) from None
        if created.repeated and keyed is None:
            raise _repeated_session()
        return created

    def _session(self, session_id: str) -> IdempotencyClaim | None:
        """Return the claim of a `session_id`; any repeat is refused, whatever it asks for."""
        if not session_id:
            return None
        return IdempotencyClaim(
            f"vod:{self._sub_app_id}", session_id, _NO_BODY, self.desk.clock() + SESSION_MS
        )

    # ------------------------------------------------------------ query

    async def _query(self, call: Call, text: str) -> WireReply:
        """Answer VOD's DescribeTaskDetail in its envelope; fal's spelling of the id will do too."""
        task_id = fal.parse_request_id(text)
        if task_id is not None:
            row = (await self.desk.service.find(call.caller, task_id)).row
            text = vod.render_task_id(Kind(row.kind), row.sub_app_id or self._sub_app_id, task_id)
        elif vod.parse_task_id(text) is None:
            raise no_such_task()
        try:
            fields = await self._details.call(
                DETAIL, {"TaskId": text}, call.caller, call.request, call.language
            )
        except GenmuxError as error:
            raise self._details.explain(error, DETAIL) from None
        return reply_json({"Response": {**fields, "RequestId": new_request_id()}})


def _need(request: WireRequest, method: str) -> None:
    if ("GET" if request.method == "HEAD" else request.method) != method:
        raise WrongMethod(method)


def _translate(error: GenmuxError, parsed: vod.ParsedCreate) -> GenmuxError:
    """Return a refused create with the name that this wire has for the field."""
    field = error.field
    if field is None:
        return error
    head, _, number = field.partition(".")
    if head == "references" and number.isdigit():
        path = vod.reference_path(parsed, int(number))
    else:
        path = _MODEL_FIELDS.get(field) or vod.PATHS[parsed.spec.kind].get(field, field)
    error.field = anyapi.snake_path(path)
    return error


_MODEL_FIELDS: Final = {
    "model": "ModelName",
    "model.family": "ModelName",
    "model.version": "ModelVersion",
}


def _repeated_session() -> WireError:
    return refuse(
        REPEATED_SESSION,
        "SessionId",
        Text("It was used within the last three days.", "三天内曾使用过该识别码。"),
    )


def _unsupported_scene(scene: str) -> WireError:
    return refuse(
        "UnsupportedOperation",
        detail=Text(
            f"scene_type {scene} makes 3D assets, which this server does not make.",
            f"scene_type {scene} 生成 3D 资产，本服务不支持。",
        ),
    )


def _refused(error: GenmuxError, request: WireRequest) -> WireReply:
    """Return the answer that one of our errors becomes."""
    return _reply(vod.error_code(error), error.text.say(language_of(request)), error.field)


def _refusal(error: WireError, request: WireRequest, *, status: int | None = None) -> WireReply:
    """Return the answer that one of VOD's complaints becomes, its field in this wire's names."""
    message, field = error.text.say(language_of(request)), error.field
    if field:
        message = message.replace(field, anyapi.snake_path(field))
        field = anyapi.snake_path(field)
    return _reply(error.code, message, field, status)


def _reply(code: str, message: str, field: str | None, status: int | None = None) -> WireReply:
    usual, error_type = anyapi.status_of(code)
    body = anyapi.render_refusal(
        code, message, error_type=error_type, field=field, request_id=new_request_id()
    )
    return reply_refusal(body, status or usual, error_type, retryable=usual in RETRYABLE_STATUSES)
